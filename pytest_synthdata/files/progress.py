"""A progress bar in the terminal: of rows that are written, of bytes that are sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """A bar that is drawn; threads may share it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def begin(self, what: str) -> None:
        """Say what is being worked on."""
        self._progress.update(self._task, description=what)

    def expect(self, amount: int) -> None:
        """So much more is to be done."""
        total = self._progress.tasks[self._task].total or 0
        self._progress.update(self._task, total=total + amount)

    def advance(self, amount: int) -> None:
        """So much has been done."""
        self._progress.advance(self._task, amount)


@contextmanager
def progress_bar(unit: Literal["rows", "bytes"]) -> Iterator[Bar]:
    """A bar on the standard error, gone at the end; nothing is drawn where that is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    amount = MofNCompleteColumn() if unit == "rows" else DownloadColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress, progress.add_task("", total=None))


__all__ = ["Bar", "progress_bar"]
