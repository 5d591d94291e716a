"""The second way to few rows, also where more rows may pass: leave out halves, quarters, …, at last row by row."""

from __future__ import annotations

import numpy as np

from pytest_synthdata.shrinking.runs import Positions, Runs, without

_FEW = 12  # rows that are left out one by one at once
_ALONE = 4  # parts that are tried alone: where a failure is not monotone, a part may fail where all but it passes
_FINE = 8  # parts from which it is given up where none can be left out
_MOST_ROOTS = 200  # rows that are looked at one by one
_MOST_NEEDS = 512  # rows whose dependants are found, to be left out with them


def halve(runs: Runs, rows: Positions) -> Positions:
    """Fewer rows, on which the test fails, until no eighth, or no smaller part of one size, can be left out.

    Raises:
        Stopped: where time is up.
    """
    parts = 2
    while len(rows) > _FEW and parts <= len(rows):
        pieces = np.array_split(rows, parts)
        alone = next((piece for piece in pieces if runs.fails(piece)), None) if parts <= _ALONE else None
        if alone is not None:
            rows, parts = alone, 2
            continue
        before = len(rows)
        for piece in reversed(pieces):
            rest = without(rows, piece)
            if runs.fails(rest):
                rows = rest
        if len(rows) == before and parts >= _FINE:
            break
        # What went makes the same parts larger in proportion: halve them once more, from what is left.
        parts = max(2, round(parts * len(rows) / before)) * 2
    return rows


def one_by_one(runs: Runs, rows: Positions) -> Positions:
    """Rows of which none can be left out, alone or with all that depend on it.

    Raises:
        Stopped: where time is up.
    """
    rows = runs.close(rows)
    while True:
        before = rows
        rows = _leave_out(runs, rows)
        if len(rows) == len(before):
            return rows


def _leave_out(runs: Runs, rows: Positions) -> Positions:
    """One pass over the rows: more at a time, as long as that succeeds."""
    pending = [int(row) for row in rows]
    size = 1
    while pending:
        some = [row for row in pending[-size:] if row in rows]
        if not some:
            del pending[-size:]
            continue
        rest = _independent(runs, rows, some)
        if runs.fails(rest):
            rows = rest
            del pending[-size:]
            size *= 2
        elif size > 1:
            size = 1
        else:
            pending.pop()
    return rows


def _independent(runs: Runs, rows: Positions, some: list[int]) -> Positions:
    """The rows that need none of some."""
    if len(rows) > _MOST_NEEDS:
        return runs.close(without(rows, np.array(sorted(some), np.int64)))
    left_out = set(some)
    kept = [row for row in rows.tolist() if left_out.isdisjoint(runs.needs(row))]
    return np.array(kept, np.int64)


def roots(runs: Runs, rows: Positions) -> Positions:
    """As few of some closed rows as have the others closed: what has to be asked for; of many, whole tables of them.

    Where one of several rows is enough, it is one that the report names.
    """
    asked = rows
    for some in _apart(runs, rows):
        fewer = without(asked, some)
        if len(runs.close(fewer)) == len(rows):
            asked = fewer
    return asked


def _apart(runs: Runs, rows: Positions) -> list[Positions]:
    """What is left out at once: each takes a closure, and a search that time or an interrupt has ended is to end."""
    if len(rows) > _MOST_ROOTS:
        return runs.subject.of_each_table(rows)
    told = runs.subject.told(rows)
    return [np.array([row], np.int64) for row in (*without(rows, told).tolist(), *told.tolist())]


__all__ = ["halve", "one_by_one", "roots"]
