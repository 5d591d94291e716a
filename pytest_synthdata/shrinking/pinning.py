"""The first way to few rows: the shortest failing beginning ends with a necessary row; keep it, and look for the next.

It needs about log2(rows) runs for each row that is necessary, where a test that fails on some rows fails on more. Each
next row is looked for near those that are kept first: in an order that has relatives side by side, it is often there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isqrt

import numpy as np

from pytest_synthdata.shrinking.runs import NONE, Positions, Runs, union

_GROWTH = 32
_NEAR_GROWTH = 16  # once a row is pinned, others are near it, or anywhere
_FIRST = 4  # rows near those that are pinned
_WIDE = 4  # a range whose ends are so far apart is parted by their ratio, others in the middle
_MOST_STUCK = 3  # rows pinned in a row that made nothing shorter: the failure wants all of them


def pin(runs: Runs, rows: Positions) -> Positions | None:
    """Few of some rows on which the test still fails; None where it does not even fail on all of them.

    Raises:
        Stopped: where time is up.
    """
    pinned, rest, stuck = NONE, rows, 0
    while True:
        near = _nearest_first(rest, pinned)
        fails = partial(_fails_with, runs, pinned, near)
        count = shortest_failing(fails, len(near), has_pinned=len(pinned) > 0)
        if count is None:
            return None
        if count == 0:
            return pinned
        stuck = stuck + 1 if count == len(near) else 0
        pinned, rest = union(pinned, near[count - 1 : count]), np.sort(near[: count - 1])
        if stuck == _MOST_STUCK:
            return union(pinned, rest)


def _fails_with(runs: Runs, pinned: Positions, others: Positions, count: int) -> bool:
    return runs.fails(union(pinned, others[:count]))


def shortest_failing(fails: Callable[[int], bool], most: int, *, has_pinned: bool = False) -> int | None:
    """A number of rows that fails, while one row less passes; 0 where none are needed. None where ``most`` passes."""
    if fails(0):
        return 0
    start, growth = (_FIRST, _NEAR_GROWTH) if has_pinned else (1, _GROWTH)
    passing, failing = 0, min(start, most)
    while not fails(failing):
        if failing == most:
            return None
        passing, failing = failing, min(failing * growth, most)
    while failing - passing > 1:
        middle = _between(passing, failing)
        if fails(middle):
            failing = middle
        else:
            passing = middle
    return failing


def _between(passing: int, failing: int) -> int:
    """Where to part a range: what fails is as likely among the first rows of its order as among ten times as many."""
    if passing and failing > _WIDE * passing:
        return max(passing + 1, isqrt(passing * failing))
    return (passing + failing) // 2


def _nearest_first(rows: Positions, pinned: Positions) -> Positions:
    """Rows by their distance in the order from the next pinned one."""
    if not len(pinned):
        return rows
    after = np.searchsorted(pinned, rows)
    below = rows - pinned[np.maximum(after - 1, 0)]
    above = pinned[np.minimum(after, len(pinned) - 1)] - rows
    distance = np.minimum(np.where(after > 0, below, above), np.where(after < len(pinned), above, below))
    return rows[np.argsort(distance, kind="stable")]


__all__ = ["pin", "shortest_failing"]
