"""The whole search: what the failure names, shortest beginnings, parts, row by row, columns, and a confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from pytest_synthdata.shrinking.columns import columns_that_matter
from pytest_synthdata.shrinking.pinning import pin
from pytest_synthdata.shrinking.removal import halve, one_by_one, roots
from pytest_synthdata.shrinking.runs import NONE, Outcome, Positions, Runs, Stopped

_CONFIRMATIONS = 2  # more runs on the rows that are left, beside the one with the same values in their place


class Verdict(Enum):
    """What the search found."""

    MINIMAL = "minimal"  # no row can be left out
    TIME = "time"  # the best until time was up
    INTERRUPTED = "interrupted"  # the best until someone ended it
    EMPTY = "empty"  # the test fails on no rows at all, and on all others that were tried
    ANY_ROWS = "any rows"  # there are no few rows on which the test passes, and it does not pass on none
    FLAKY = "flaky"  # the test does not always fail on the same rows
    GONE = "gone"  # the test did not fail on all rows again


@dataclass(frozen=True)
class Shrunk:
    """The least data found on which a test fails.

    Args:
        verdict: how the search ended.
        rows: closed over what they refer to; None where no part of the data was found to fail.
        asked: of these, the rows that bring the others with them.
        runs: how many times the test ran.
        row_runs: how many of them were for the rows.
        columns: those that matter; None where none is known.
        are_all_columns: whether all that was to be tried of the columns was tried.
        are_columns_bound: whether the test ends otherwise where the values of columns are replaced by the same ones,
            so that nothing is known of them.
        is_minimal: whether no row can be left out, also where the search ended before all was known of the columns.
        fails_on_none: whether the test fails in the same way on no rows at all, which are then not counted as a result.
    """

    verdict: Verdict
    rows: Positions | None
    asked: Positions
    runs: int
    row_runs: int
    columns: tuple[str, ...] | None = None
    are_all_columns: bool = False
    are_columns_bound: bool = False
    is_minimal: bool = False
    fails_on_none: bool = False


def shrink(runs: Runs, rows: Positions, *, hints: Sequence[Positions] = (), probes: Sequence[Positions] = ()) -> Shrunk:
    """Search for the least of some rows on which a test fails.

    Args:
        runs: runs the test.
        rows: all rows that may matter, relatives side by side.
        hints: rows that are likely to be enough, the likeliest first.
        probes: a few rows of different kinds. A test that passes on none of them, nor on any other part, does not
            depend on which rows it gets.
    """
    return replace(_shrink(runs, rows, hints, probes), fails_on_none=runs.fails_on_none)


def _shrink(runs: Runs, rows: Positions, hints: Sequence[Positions], probes: Sequence[Positions]) -> Shrunk:
    try:
        verdict, found = _shrink_rows(runs, rows, hints, probes)
    except Stopped as stop:
        return _best(runs, stop)
    shrunk = Shrunk(verdict, found, roots(runs, found) if found is not None else NONE, runs.count, runs.count)
    if verdict is not Verdict.MINIMAL or found is None:
        return shrunk
    shrunk = replace(shrunk, is_minimal=True)
    try:
        shrunk = _with_columns(runs, found, shrunk)
    except Stopped as stop:
        # That no row can be left out is known: only a confirmation is not.
        shrunk = _ended(shrunk, stop)
    return replace(shrunk, runs=runs.count)


def _with_columns(runs: Runs, rows: Positions, shrunk: Shrunk) -> Shrunk:
    """What is known of the columns, where the test fails on some rows every time."""
    flaky = replace(shrunk, verdict=Verdict.FLAKY, is_minimal=False)
    replaced = partial(runs.subject.attempt_replaced, rows)
    if runs.counted(replaced) is not Outcome.SAME:
        is_bound = _fails_again(runs, rows) and runs.counted(replaced) is not Outcome.SAME
        return replace(shrunk, are_columns_bound=True) if is_bound else flaky
    columns = columns_that_matter(runs, rows)
    if not columns.is_steady:
        return flaky
    if columns.stop is not None:
        return _ended(replace(shrunk, columns=columns.names or None), columns.stop)
    known = replace(shrunk, columns=columns.names, are_all_columns=True)
    try:
        return known if _fails_again(runs, rows) else flaky
    except Stopped as stop:
        return _ended(known, stop)


def _fails_again(runs: Runs, rows: Positions) -> bool:
    return all(runs.run(rows) is Outcome.SAME for _ in range(_CONFIRMATIONS))


def _ended(shrunk: Shrunk, stop: Stopped) -> Shrunk:
    return replace(shrunk, verdict=Verdict.INTERRUPTED) if stop.interrupted else shrunk


def _shrink_rows(
    runs: Runs, rows: Positions, hints: Sequence[Positions], probes: Sequence[Positions]
) -> tuple[Verdict, Positions | None]:
    if runs.fails(NONE):
        # A maximum of nothing, or a sum, is on the same line as one of all rows. Is there a part that passes?
        runs.ask_for_rows()
        if not any(map(runs.passes, (*probes, *hints))):
            return Verdict.EMPTY, NONE
    start = next((hint for hint in hints if len(hint) and runs.fails(hint)), rows)
    kept = pin(runs, start)
    if kept is None:
        return Verdict.GONE, None
    kept = one_by_one(runs, halve(runs, kept))
    # What passes on none at all, or has no smaller part, needs its rows.
    if runs.passes(NONE) or runs.has_passed or len(kept) == len(runs.close(rows)):
        return Verdict.MINIMAL, kept
    return Verdict.MINIMAL if any(map(runs.passes, probes)) else Verdict.ANY_ROWS, kept


def _best(runs: Runs, stop: Stopped) -> Shrunk:
    if runs.fails_on_none and not runs.has_passed:
        return Shrunk(Verdict.EMPTY, NONE, NONE, runs.count, runs.count)
    verdict = Verdict.INTERRUPTED if stop.interrupted else Verdict.TIME
    asked = roots(runs, runs.best) if runs.best is not None else NONE
    return Shrunk(verdict, runs.best, asked, runs.count, runs.count)


__all__ = ["Shrunk", "Verdict", "shrink"]
