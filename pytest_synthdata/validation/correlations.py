"""Correlations that a table declares, looked at by ranks: beside those of rows that the declaration makes anew."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.ranks import ranks
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.cells import Reader
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.validation.measures import as_numbers, check
from pytest_synthdata.validation.results import Check
from pytest_synthdata.validation.rows import Rows, UnreadableError
from pytest_synthdata.validation.statistics import normal_p

CORRELATIONS = "Meta.correlations"
_MOST = 1 << 18  # rows whose ranks are compared
_FRESH = 1 << 15  # rows that are made anew
_FAR = 1 << 40  # beyond every table, where rows follow the same laws
_FEW = 30
_LARGEST = 1 - 1e-9

Numbers = npt.NDArray[np.float64]


class CorrelationMeasure:
    """The rank correlation of two columns.

    What it should be is not computed from the declared number, which is that of normal scores: rounding, bounds, nulls
    and few categories make it another, and so does a condition. It is that of rows which the same declaration makes
    elsewhere. Their difference is judged by the variance of Fisher's z of a rank correlation, (1 + ρ²/2) / (n - 3)
    (Bonett and Wright 2000, "Sample size requirements for estimating Pearson, Kendall and Spearman correlations").
    """

    name = CORRELATIONS

    def __init__(self, bound: BoundTable, pair: tuple[str, str]) -> None:
        self.bound, self.pair = bound, pair
        self.rows = 0
        self.unchecked: str | None = None
        self._pieces: list[tuple[Numbers, Numbers]] = []

    def add(self, rows: Rows) -> None:
        """Keep a batch's numbers."""
        if self.rows >= _MOST or self.unchecked:
            return
        try:
            self._pieces.append(self._numbers(rows))
        except UnreadableError as error:
            self.unchecked = str(error)
        self.rows += rows.count

    def _numbers(self, rows: Any) -> tuple[Numbers, Numbers]:
        one, other = (self._of(name, rows) for name in self.pair)
        known = np.isfinite(one) & np.isfinite(other)
        return one[known], other[known]

    def _of(self, name: str, rows: Reader | Rows) -> Numbers:
        array = to_arrow(rows.read(name), self.bound.type_of(name))
        if pa.types.is_string(array.type):  # categories go along in the order in which they are declared
            listed = [value for value in self.bound.scope(name).domain(name) or () if value is not None]
            array = pc.index_in(array, value_set=arrow_array(listed, array.type))
        known = to_numpy(pc.is_valid(array)).astype(np.bool_)
        found = np.full(len(array), np.nan)
        found[known] = as_numbers(array.drop_null())
        return found

    def checks(self) -> Iterator[Check]:
        """What there is to say."""
        if self.unchecked or not self._pieces:
            return
        one, other = (np.concatenate(parts) for parts in zip(*self._pieces, strict=True))
        try:
            expected = self._numbers(self.bound.at(np.arange(_FAR, _FAR + _FRESH, dtype=np.uint64)))
        except SynthDataError as error:
            self.unchecked = f"rows beyond the table cannot be made: {error}"
            return
        if min(len(one), len(expected[0])) < _FEW:
            return
        measured, declared = rank_correlation(one, other), rank_correlation(*expected)
        if measured is None or declared is None:
            return
        variance = (1 + declared**2 / 2) * (1 / (len(one) - 3) + 1 / (len(expected[0]) - 3))
        z = (_fisher(measured) - _fisher(declared)) / math.sqrt(variance)
        names = ", ".join(self.pair)
        finding = ("rank correlation", names, declared, measured, len(one), normal_p(z), ())
        yield check(self.bound.plan.table, CORRELATIONS, "", finding)


def rank_correlation(one: Numbers, other: Numbers) -> float | None:
    """Spearman's correlation, equal numbers with their mean rank; None where one of both is the same in every row."""
    first, second = (rank - rank.mean() for rank in (ranks(one), ranks(other)))
    scale = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / scale if scale > 0 else None


def _fisher(correlation: float) -> float:
    return math.atanh(max(-_LARGEST, min(_LARGEST, correlation)))


__all__ = ["CORRELATIONS", "CorrelationMeasure", "rank_correlation"]
