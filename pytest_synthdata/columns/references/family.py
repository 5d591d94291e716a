"""The children of some parents' rows: where they stand in their table, and sums over each parent's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.arrow.kinds import TOLD_APART
from pytest_synthdata.columns.cells import Table
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.references.fan_out import Numbers


@dataclass(frozen=True)
class Family:
    """Some parents' children.

    Args:
        rows: the children, those of the first parent first, each parent's in their order.
        parents: for each of them, the position of its parent.
        counts: how many children each parent has.
    """

    rows: Bits
    parents: Numbers
    counts: Numbers

    @property
    def ordinals(self) -> Numbers:
        """Which of its parent's children each is, from 0."""
        return np.arange(len(self.rows)) - np.repeat(self.starts, self.counts)

    @property
    def starts(self) -> Numbers:
        """The position of each parent's first child."""
        return np.cumsum(self.counts) - self.counts


def family_of(child: Table, reference: str, parents: Bits) -> Family:
    """The children of some parents, given by their row numbers in any order."""
    first, counts = child.plan.references[reference].spans(child, parents)
    starts = np.cumsum(counts) - counts
    numbers = np.arange(int(counts.sum())) + np.repeat(first - starts, counts)
    rows = child.plan.references[reference].rows_of(child, numbers.astype(np.uint64))
    return Family(rows, np.repeat(np.arange(len(parents)), counts), counts)


def reduced(function: np.ufunc, values: npt.NDArray[Any], family: Family) -> npt.NDArray[Any]:
    """A function of each parent's values; 0 where there are none."""
    out = np.zeros(len(family.counts), values.dtype)
    filled = family.counts > 0
    if filled.any():
        out[filled] = function.reduceat(values, family.starts[filled])
    return out


def running_totals(numbers: npt.NDArray[Any], counts: Numbers) -> npt.NDArray[Any]:
    """The sums of each of successive groups of whole numbers up to each number.

    They may run over between groups: differences are right all the same.
    """
    sums, filled = np.cumsum(numbers), counts > 0
    first = (np.cumsum(counts) - counts)[filled]
    return sums - np.repeat(sums[first] - numbers[first], counts[filled])


def sums_of_floats(values: npt.NDArray[np.float64], family: Family, digits: int | None) -> npt.NDArray[np.float64]:
    """The sum of each parent's values, exact where they have a declared number of digits after the point."""
    if digits is not None:
        # What was declared in cents is summed in cents: 0.1 + 0.2 is 0.3.
        scaled = np.rint(values * 10.0**digits)
        sums = reduced(np.add, scaled, family) / 10.0**digits
        if np.abs(scaled).sum() < TOLD_APART:
            return sums
        # Each parent by itself: its sum must not depend on which others are made with it.
        return np.where(reduced(np.add, np.abs(scaled), family) < TOLD_APART, sums, _compensated(values, family))
    return _compensated(values, family)


def running_sums_of_floats(
    values: npt.NDArray[np.float64], family: Family, digits: int | None
) -> npt.NDArray[np.float64]:
    """The sums of each parent's values up to each: exact where these have a declared number of digits after the point.

    Others are added up one after the other, as a loop over a parent's rows would.
    """
    if not len(values):
        return values
    sums = _one_after_the_other(values, family)
    if digits is None:
        return sums
    scaled = np.rint(values * 10.0**digits)
    is_exact = _one_after_the_other(np.abs(scaled), family) < TOLD_APART
    return np.where(is_exact, _one_after_the_other(scaled, family) / 10.0**digits, sums)


def _one_after_the_other(values: npt.NDArray[np.float64], family: Family) -> npt.NDArray[np.float64]:
    """Running sums of each parent's values, the same bits whichever way they are added up."""
    sums, filled = values.copy(), np.flatnonzero(family.counts)
    starts, counts = family.starts[filled], family.counts[filled]
    if len(filled) <= int(counts.max()):  # few parents with many children
        for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
            np.cumsum(values[start : start + count], out=sums[start : start + count])
        return sums
    for ordinal in range(1, int(counts.max())):
        at = starts[counts > ordinal] + ordinal
        sums[at] += sums[at - 1]
    return sums


def _compensated(values: npt.NDArray[np.float64], family: Family) -> npt.NDArray[np.float64]:
    """Sums with their rounding errors added up beside them (Neumaier 1974), child by child of all parents at once."""
    total, error = np.zeros(len(family.counts)), np.zeros(len(family.counts))
    starts: Numbers = family.starts
    for ordinal in range(int(family.counts.max(initial=0))):
        some = np.flatnonzero(family.counts > ordinal)
        added, before = values[starts[some] + ordinal], total[some]
        after = before + added
        larger = np.abs(before) >= np.abs(added)
        error[some] += np.where(larger, (before - after) + added, (added - after) + before)
        total[some] = after
    return total + error


__all__ = ["Family", "family_of", "reduced", "running_sums_of_floats", "running_totals", "sums_of_floats"]
