"""What code on Databricks gave, and the files that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_synthdata.errors import ArgumentError, SynthDataError


@dataclass(frozen=True)
class ExecutionResult:
    """How code on Databricks ended.

    Args:
        success: whether it ran to its end.
        output: what it printed or gave; tables as lines of values with tabs between them.
        error: what went wrong, where something did.
        page: the address of the run's page, where it has one.
    """

    success: bool
    output: str = ""
    error: str | None = None
    page: str | None = None


def script(file_path: str | Path | None) -> str:
    """The text of a file of code.

    Raises:
        SynthDataError: for a file that is not there, cannot be read or holds no code.
    """
    if file_path is None:
        raise SynthDataError("no file to run: file_path='scripts/generate.py'")
    path = Path(file_path)
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        raise ArgumentError(f"{path.absolute()} {reason}; nothing was sent to Databricks") from None
    if not text.strip():
        raise SynthDataError(f"{path.absolute()} is empty; nothing was sent to Databricks")
    return text


def seconds(value: float, name: str) -> float:
    """A time limit, which is a positive number of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise SynthDataError(f"{name} is {value!r}; it is a positive number of seconds")
    return float(value)


__all__ = ["ExecutionResult", "script", "seconds"]
