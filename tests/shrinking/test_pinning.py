"""Pinning finds the rows that a failure needs one after the other, in few runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pytest_synthdata.shrinking.pinning import pin, shortest_failing


class Needles:
    """Runs of a test that fails where all of some rows are there."""

    def __init__(self, *rows: int) -> None:
        self.needed = set(rows)
        self.count = 0

    def fails(self, rows: Any) -> bool:
        self.count += 1
        return self.needed <= set(rows.tolist())


@pytest.mark.parametrize("needles", [(5,), (5, 40), (5, 40, 77), (0, 99), (98, 99)])
def test_what_is_pinned_is_what_is_needed(needles: tuple[int, ...]) -> None:
    runs: Any = Needles(*needles)
    assert pin(runs, np.arange(100)).tolist() == list(needles)
    # Each needle takes a few growing steps and a bisection of 100 rows, and there is one look at the end.
    assert runs.count <= 1 + len(needles) * 14
    assert pin(runs, np.arange(1, 5)) is None


@pytest.mark.parametrize(("has_pinned", "first"), [(False, 1), (True, 4)])
def test_the_first_look_is_at_one_row_and_once_some_are_pinned_at_a_few(has_pinned: bool, first: int) -> None:
    asked: list[int] = []

    def fails(count: int) -> bool:
        asked.append(count)
        return count >= 37

    assert shortest_failing(fails, 100, has_pinned=has_pinned) == 37
    assert asked[:2] == [0, first]
    asked.clear()
    assert shortest_failing(fails, 100) == 37
    assert asked[:2] == [0, 1]


@pytest.mark.parametrize("needed", [0, 1, 2, 3, 63, 64, 99, 100])
def test_one_row_less_passes(needed: int) -> None:
    assert shortest_failing(lambda count: count >= needed, 100) == needed
    assert shortest_failing(lambda count: count > 100, 100) is None
