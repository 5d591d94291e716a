"""The whole search: what the failure names, shortest beginnings, parts, row by row, columns, and a confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from pytest_synthdata.shrinking.columns import columns_that_matter
from pytest_synthdata.shrinking.pinning import pin
from pytest_synthdata.shrinking.removal import halve, one_by_one, roots
from pytest_synthdata.shrinking.runs import NONE, Outcome, Positions, Runs, Stopped

_CONFIRMATIONS = 2


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
        columns: those that matter; None where that is not known.
        is_minimal: whether no row can be left out, also where the search ended before all was known of the columns.
        fails_on_none: whether the test fails in the same way on no rows at all, which are then not counted as a result.
    """

    verdict: Verdict
    rows: Positions | None
    asked: Positions
    runs: int
    row_runs: int
    columns: tuple[str, ...] | None = None
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
        is_confirmed = runs.run(found) is Outcome.SAME
        columns = columns_that_matter(runs, found) if is_confirmed else None
        is_confirmed = is_confirmed and all(runs.run(found) is Outcome.SAME for _ in range(1, _CONFIRMATIONS))
    except Stopped as stop:
        # That no row can be left out is known: only a confirmation, or a column, is not.
        verdict = Verdict.INTERRUPTED if stop.interrupted else Verdict.MINIMAL
        return replace(shrunk, verdict=verdict, runs=runs.count)
    if not is_confirmed:
        return replace(shrunk, verdict=Verdict.FLAKY, runs=runs.count, is_minimal=False)
    return replace(shrunk, columns=tuple(columns or ()), runs=runs.count)


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
