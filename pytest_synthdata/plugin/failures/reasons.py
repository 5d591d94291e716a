"""What a report says where a part of it cannot be made: the reason, in one line, and nothing is raised."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_synthdata.plugin.failures.own_files import is_own

# What a user's functions may raise, and ours on their data; an interrupt and the end of the run pass.
ANYTHING = (Exception, pytest.fail.Exception, pytest.skip.Exception)


def reason(error: BaseException) -> str:
    """What an error says, in one line."""
    from pytest_synthdata.errors import SynthDataError

    try:
        text = str(error).strip().partition("\n")[0]
    except Exception:  # noqa: BLE001 - an exception of a user's may have any __str__
        text = ""
    if isinstance(error, SynthDataError):
        return text
    return f"{type(error).__name__}{': ' * bool(text)}{text}"


def text_or_reason(what: str, make: Callable[[], str]) -> str:
    """A text for a report, or why it cannot be made.

    Args:
        what: how the reason begins.
        make: gives the text.
    """
    try:
        return make()
    except ANYTHING as error:
        return f"{what}: {reason(error)}"


def leave_our_frames_out(error: pytest.ExceptionInfo[BaseException]) -> None:
    """Of an error that this package raises on purpose, show where the project's code met it, and what it says."""
    from pytest_synthdata.errors import SynthDataError

    if not isinstance(error.value, SynthDataError):
        return
    left, last = error.value.__traceback__, None
    while left is not None:
        if is_own(left.tb_frame.f_code.co_filename):
            last = left
        left = left.tb_next
    if last is not None:
        last.tb_next = None


__all__ = ["ANYTHING", "leave_our_frames_out", "reason", "text_or_reason"]
