"""Runs of a test on parts of its data: each part once, counted, as long as there is time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.distinct import distinct

# Positions of rows in the order in which they are searched: sorted, each once.
Positions: TypeAlias = npt.NDArray[np.int64]
NONE: Positions = np.empty(0, np.int64)


class Outcome(Enum):
    """How a run of the test ended, compared with the failure that is searched for."""

    SAME = "same"
    PASSED = "passed"
    OTHER = "other"


@dataclass(frozen=True)
class Replacement:
    """Other values of one kind for the columns of some rows.

    Args:
        columns: those that it has other values for, table by table.
        attempt: runs the test on the rows with these values in some of the columns.
        is_made_up: whether no row may have such values, so that another failure on them says nothing.
    """

    columns: Sequence[str]
    attempt: Callable[[frozenset[str]], Outcome]
    is_made_up: bool = False


class Subject(Protocol):
    """A failing test and the rows that it can be run on."""

    def close(self, rows: Positions) -> Positions:
        """Rows with all that they need."""

    def attempt(self, rows: Positions) -> Outcome:
        """Run the test on some rows, which are closed."""

    def attempt_replaced(self, rows: Positions) -> Outcome:
        """Run the test on some rows, with their own values put in the place of these."""

    def of_each_table(self, rows: Positions) -> list[Positions]:
        """Rows by their tables, those that others refer to first."""

    def told(self, rows: Positions) -> Positions:
        """Of some rows, those that a report of the failure names."""

    def replacements(self, rows: Positions) -> Sequence[Replacement]:
        """Other values for the columns of these rows: one kind of them after the other."""


class Stopped(Exception):  # noqa: N818 - it is not an error
    """The search ends here, with the best so far.

    Args:
        interrupted: whether someone ended it; else time was up.
    """

    def __init__(self, *, interrupted: bool) -> None:
        super().__init__()
        self.interrupted = interrupted


class Runs:
    """Runs a test on parts of its data, each part once.

    Args:
        subject: the test.
        is_over: whether no further run may begin.
        on_run: is called after each run with this object.
    """

    def __init__(
        self,
        subject: Subject,
        is_over: Callable[[], bool] = lambda: False,
        on_run: Callable[[Runs], None] = lambda _: None,
    ) -> None:
        self.subject = subject
        self._is_over = is_over
        self._on_run = on_run
        self._known: dict[bytes, Outcome] = {}
        self._needs: dict[int, list[int]] = {}
        self.count: int = 0
        self.best: Positions | None = None
        self.has_passed: bool = False  # on some rows, not on none at all
        self.fails_on_none: bool = False

    def close(self, rows: Positions) -> Positions:
        """Rows with all that they need, sorted."""
        return self.subject.close(rows) if len(rows) else rows

    def needs(self, row: int) -> list[int]:
        """One row with all that it refers to."""
        if row not in self._needs:
            self._needs[row] = self.close(np.array([row], np.int64)).tolist()
        return self._needs[row]

    def ask_for_rows(self) -> None:
        """From here on, no rows at all are not a part on which the test fails, though it does."""
        self.fails_on_none, self.best = True, None

    def fails(self, rows: Positions) -> bool:
        """Whether the test fails in the same way on some rows and what they refer to.

        Raises:
            Stopped: where time is up, or someone interrupts.
        """
        rows = self.close(rows)
        if self._outcome(rows) is not Outcome.SAME or (self.fails_on_none and not len(rows)):
            return False
        if self.best is None or len(rows) < len(self.best):
            self.best = rows
        return True

    def passes(self, rows: Positions) -> bool:
        """Whether the test passes on some rows and what they refer to; raises as ``fails`` does."""
        return self._outcome(self.close(rows)) is Outcome.PASSED

    def _outcome(self, rows: Positions) -> Outcome:
        key = digest(rows)
        if key not in self._known:
            self._known[key] = self.run(rows)
        return self._known[key]

    def run(self, rows: Positions) -> Outcome:
        """Run the test on closed rows, whether it ran on them before or not; raises as ``fails`` does."""
        outcome = self.counted(lambda: self.subject.attempt(rows))
        self.has_passed = self.has_passed or (outcome is Outcome.PASSED and len(rows) > 0)
        return outcome

    def counted(self, attempt: Callable[[], Outcome]) -> Outcome:
        """One more run, of whatever kind; raises as ``fails`` does."""
        if self._is_over():
            raise Stopped(interrupted=False)
        self.count += 1
        try:
            outcome = attempt()
        except KeyboardInterrupt:
            raise Stopped(interrupted=True) from None
        self._on_run(self)
        return outcome


def digest(rows: Positions) -> bytes:
    """What rows are told from others by."""
    return blake2b(rows.tobytes(), digest_size=16).digest()


def union(one: Positions, other: Positions) -> Positions:
    """The rows of both."""
    return distinct(one, other)


def without(rows: Positions, others: Positions) -> Positions:
    """The rows that are not among the others."""
    return np.setdiff1d(rows, others, assume_unique=True)


__all__ = ["NONE", "Outcome", "Positions", "Replacement", "Runs", "Stopped", "Subject", "digest", "union", "without"]
