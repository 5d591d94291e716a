"""What the file system refuses, such as a full disk, in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_synthdata.errors import SynthDataError

_OF_DELTA = ("deltalake", "_internal")  # whose errors are not the system's, but quote them
_NUMBER = re.compile(r"\(os error (\d+)\)|\[errno (\d+)\]", re.IGNORECASE)


@contextmanager
def told_in_a_line(what: str, target: Path) -> Iterator[None]:
    """Within it, what the file system refuses is an error of ours that says why.

    Args:
        what: what is done, such as ``"writing orders"``.
        target: where.

    Raises:
        SynthDataError: for whatever the system says.
    """
    try:
        yield
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        raise SynthDataError(f"{what}: {target}: {reason}; nothing of it is left") from None


def _reason(error: Exception) -> str | None:
    """What the system says; None for errors of others."""
    if isinstance(error, OSError):
        found = _NUMBER.search(str(error))
        number = error.errno or (int(found[1] or found[2]) if found else None)
        return os.strerror(number) if number is not None else str(error)
    if type(error).__module__.startswith(_OF_DELTA):
        found = _NUMBER.search(str(error))
        return os.strerror(int(found[1] or found[2])) if found else None
    return None


__all__ = ["told_in_a_line"]
