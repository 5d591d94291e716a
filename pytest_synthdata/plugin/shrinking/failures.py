"""Failures of tests: where in the project's own files they are, and which strings they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from pytest_synthdata.plugin.failures.own_files import is_own

_MOST_STRINGS = 20_000  # that are looked at in one failure
_DEEPEST = 3  # containers in containers
_MOST_ROWS = 200  # of a pandas DataFrame


@dataclass(frozen=True)
class Failure:
    """What makes two failures the same: the exception's type, and the innermost line of the project's own files.

    Messages are not compared: they hold numbers, which are others on other data.
    """

    type: type[BaseException]
    file: str
    line: int

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The failure that an exception is."""
        file, line = "", 0
        for frame, number in _frames(error.__traceback__):
            if is_own(frame.f_code.co_filename):
                file, line = frame.f_code.co_filename, number
        return cls(type(error), file, line)


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def message_of(error: BaseException) -> str:
    """What an exception says."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception of a user's may have any __str__
        return ""


def strings_in(error: BaseException) -> Iterator[str]:
    """Strings in the variables of the project's own functions that an exception came through, the innermost first."""
    frames = [frame for frame, _ in _frames(error.__traceback__) if is_own(frame.f_code.co_filename)]
    left = [_MOST_STRINGS]
    for frame in reversed(frames):
        for value in list(frame.f_locals.values()):
            yield from _strings(value, _DEEPEST, left)


def _strings(value: Any, depth: int, left: list[int]) -> Iterator[str]:
    """Only of plain containers: nothing of a user's is called."""
    if left[0] <= 0:
        return
    if isinstance(value, str):
        left[0] -= 1
        yield value
    elif depth == 0:
        return
    elif isinstance(value, Mapping) and type(value).__module__ in ("builtins", "collections"):
        for key, one in list(value.items()):
            yield from _strings(key, depth - 1, left)
            yield from _strings(one, depth - 1, left)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for one in list(value):
            yield from _strings(one, depth - 1, left)
    elif type(value).__name__ == "DataFrame" and type(value).__module__.startswith("pandas"):
        yield from _strings(value.head(_MOST_ROWS).to_dict("list"), depth, left)


__all__ = ["Failure", "message_of", "strings_in"]
