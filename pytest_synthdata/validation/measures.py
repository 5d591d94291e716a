"""What is counted of the cells of one law, batch by batch, and the checks that follow from the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of, without_nulls
from pytest_synthdata.columns.arrow.map_order import with_ordered_maps
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.validation.declared.curves import QUARTILES, Curve
from pytest_synthdata.validation.declared.expectations import Formula, Shares
from pytest_synthdata.validation.results import Check
from pytest_synthdata.validation.statistics import binomial_p, chi_square_p, distance_p, normal_p

if TYPE_CHECKING:
    from pytest_synthdata.validation.rows import Rows

EXAMPLES = 5
_LOOKED_AT = 1_000  # of a batch, for the first rows: several items may be of one
_FEW = 30  # from so many values the mean of their ranks is as good as normal
_LIST = 40  # up to so many distinct values of a counting law are compared one by one
_SECONDS_A_DAY = 86_400e6


class Measure(Protocol):
    """Counts of the cells of one law."""

    def add(self, values: Values, numbers: npt.NDArray[Any], rows: Rows) -> None:
        """Count some cells, none of them null, at these positions of the rows."""

    def checks(self) -> Iterator[tuple[str, str, Any, Any, int, float | None, tuple[int, ...]]]:
        """Kind, subject, declared, measured, number of rows, p-value, and examples of rows that break a rule."""


Finding = tuple[str, str, Any, Any, int, "float | None", tuple[int, ...]]


class ViolationCounter:
    """Something that no row may do: how often it was done, and where first."""

    def __init__(self) -> None:
        self.count: int = 0
        self.examples: list[int] = []

    def add(self, broken: npt.NDArray[np.bool_], numbers: npt.NDArray[Any], rows: Rows | None = None) -> None:
        """Count the rows that broke it, at these positions of the rows; without rows, of the data."""
        found = np.flatnonzero(broken)
        if len(found):
            self.count += len(found)
            if len(self.examples) < EXAMPLES:
                index = np.asarray(numbers)[found[:_LOOKED_AT]]
                places = index if rows is None else rows.places(index)
                self.examples = list(dict.fromkeys([*self.examples, *places.tolist()]))[:EXAMPLES]

    def finding(self, kind: str, subject: str, rows: int) -> Finding:
        """It as a check."""
        return kind, subject, 0, self.count, rows, None, tuple(self.examples)


class CurveMeasure:
    """Numbers, counted in parts that the declared law makes equally likely: enough for shape, place and spread."""

    def __init__(self, curve: Curve) -> None:
        self.curve = curve
        self.counts: npt.NDArray[np.int64] = np.zeros(len(curve.parts.likely), np.int64)
        self.outside: ViolationCounter = ViolationCounter()
        self.unrounded: ViolationCounter = ViolationCounter()
        self.low: float = np.inf
        self.high: float = -np.inf

    def add(self, values: Values, numbers: npt.NDArray[Any], rows: Rows) -> None:
        numbers_here = as_numbers(values)
        # What is not a number, or infinite, has no place in a distribution; it is outside of every range.
        known = np.isfinite(numbers_here)
        x = numbers_here[known]
        if not known.all():
            self.outside.add(~known, numbers, rows)
            numbers = np.asarray(numbers)[known]
        if not len(x):
            return
        self.counts += np.bincount(np.searchsorted(self.curve.parts.cuts, x, side="left"), minlength=len(self.counts))
        low, high = float(x.min()), float(x.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        least, most = self.curve.parts.support
        margin = 1e-9 * max([1.0, *(abs(end) for end in (least, most) if np.isfinite(end))])
        if not (low >= least - margin and high <= most + margin):
            self.outside.add(~((x >= least - margin) & (x <= most + margin)), numbers, rows)
        if self.curve.digits is not None and not self.curve.dates:
            scaled = x * 10.0**self.curve.digits
            slack = np.maximum(1e-4, np.abs(scaled) * 1e-12)
            self.unrounded.add(np.abs(scaled - np.rint(scaled)) > slack, numbers, rows)

    def checks(self) -> Iterator[Finding]:
        count, curve, parts = int(self.counts.sum()), self.curve, self.curve.parts
        if any(np.isfinite(parts.support)) or self.outside.count:
            least, most = (curve.show(end) for end in parts.support)
            yield self.outside.finding("outside of the range", f"{_end(least)} … {_end(most)}", count)
        if curve.digits is not None and not curve.dates:
            yield self.unrounded.finding("not rounded", f"to {curve.digits} digits", count)
        if not count:
            return
        below, likely = parts.below, parts.likely
        measured = np.cumsum(self.counts) / count
        if len(parts.edges) < _LIST:
            gap, p_value = float(np.abs(self.counts / count - likely).max()), chi_square_p(self.counts, likely)
        else:
            gap = float(np.abs(measured - below).max())
            p_value = distance_p(gap, count)
        yield "shape", "", curve.name, f"{gap:.2%} off", count, p_value, ()
        if count < _FEW:
            return
        # The middle of the part of the law that each number falls into is uniform by declaration, whatever the law.
        middle = below - likely / 2
        for kind, score in (("median", middle - 0.5), ("spread", np.abs(middle - 0.5))):
            mean = float(likely @ score)
            variance = float(likely @ (score - mean) ** 2)
            if variance > 0:
                z = (float(self.counts @ score) / count - mean) / np.sqrt(variance / count)
                yield kind, *self._quantiles(kind, measured), count, normal_p(z), ()

    def _quantiles(self, kind: str, measured: npt.NDArray[Any]) -> tuple[str, Any, Any]:
        parts = self.curve.parts
        declared = parts.quartiles
        # The lowest number stands below the first edge, the highest above the last.
        found = np.interp(QUARTILES, np.append(0.0, measured), np.concatenate([[self.low], parts.edges, [self.high]]))
        if kind == "median":
            return "", self.curve.show(declared[1]), self.curve.show(found[1])
        return "middle half", float(declared[2] - declared[0]), float(found[2] - found[0])


class SharesMeasure:
    """Listed values, counted."""

    def __init__(self, shares: Shares, type_: pa.DataType) -> None:
        self.declared: dict[Any, float] = shares.map(
            lambda values: python_of(comparable(to_arrow(arrow_array(values), type_)))
        ).probabilities
        self.type = type_
        self.counts: Counter[Any] = Counter()
        self.unexpected: ViolationCounter = ViolationCounter()

    def add(self, values: Values, numbers: npt.NDArray[Any], rows: Rows) -> None:
        coded: Any = values
        if not isinstance(values, pa.DictionaryArray) or pa.types.is_nested(values.type.value_type):
            coded = comparable(to_arrow(values)).dictionary_encode()
        found = python_of(coded.dictionary)
        codes = to_numpy(coded.indices)
        for value, count in zip(found, np.bincount(codes, minlength=len(found)).tolist(), strict=True):
            self.counts[value] += count
        strange = np.array([value not in self.declared for value in found], np.bool_)
        if strange.any():
            self.unexpected.add(strange[codes], numbers, rows)

    def checks(self) -> Iterator[Finding]:
        total = self.counts.total()
        strange = sorted(str(value) for value, count in self.counts.items() if count and value not in self.declared)
        yield self.unexpected.finding("other values", ", ".join(strange[:EXAMPLES]), total)
        if not total:
            return
        for value, share in self.declared.items():
            count = self.counts[value]
            p_value = binomial_p(count, total, share)
            yield "share", str(value), float(share), count / total, total, p_value, ()


class SelectedMeasure:
    """What single rows say of values that a condition chose among; how often each comes out says nothing."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure

    def add(self, values: Values, numbers: npt.NDArray[Any], rows: Rows) -> None:
        self.measure.add(values, numbers, rows)

    def checks(self) -> Iterator[Finding]:
        yield from (finding for finding in self.measure.checks() if finding[5] is None)


class FormulaMeasure:
    """Cells that follow from others, computed again and compared one by one."""

    def __init__(self, formula: Formula, name: str) -> None:
        self.generator: Generator = formula.generator
        self.lost: float | None = formula.lost
        self.name: str = name
        self.rows: int = 0
        self.due: int = 0
        self.missing: int = 0
        self.different: ViolationCounter = ViolationCounter()
        self.seen: list[tuple[str, str]] = []

    def add(self, values: Values, numbers: npt.NDArray[Any], rows: Rows) -> None:
        array = to_arrow(values)
        expected = to_arrow(rows.evaluate(self.generator, self.name))
        if len(expected) != len(array):
            expected = expected.take(arrow_array(numbers))
        expected = expected.cast(array.type, safe=False) if expected.type != array.type else expected
        self.rows += len(array)
        broken = unequal(array, expected)
        if self.lost != 0:
            null, due = (np.asarray(to_numpy(known), np.bool_) for known in (array.is_null(), expected.is_valid()))
            self.due += int(due.sum())
            self.missing += int((due & null).sum())
            broken &= ~null
        if not self.seen:
            first = arrow_array(np.flatnonzero(broken)[:1])
            pairs = zip(python_of(expected.take(first)), python_of(array.take(first)), strict=True)
            self.seen = [(str(wanted), str(found)) for wanted, found in pairs]
        self.different.add(broken, numbers, rows)

    def checks(self) -> Iterator[Finding]:
        shown = f"the first is {self.seen[0][1]}, not {self.seen[0][0]}" if self.seen else ""
        yield self.different.finding("not as computed", shown, self.rows)
        if self.lost and self.due:
            p_value = binomial_p(self.missing, self.due, self.lost)
            yield "nulls", "", self.lost, self.missing / self.due, self.due, p_value, ()


def unequal(array: pa.Array, expected: pa.Array, tolerance: float = 1e-9) -> npt.NDArray[np.bool_]:
    """Whether values differ, floats by more than a relative tolerance; null is equal to null."""
    if pa.types.is_floating(array.type):
        left, right = (to_numpy(side).astype(np.float64) for side in (array, expected))
        return ~np.isclose(left, right, rtol=tolerance, atol=1e-12, equal_nan=True)
    array, expected = comparable(array), comparable(expected)
    same = without_nulls(pc.equal(array, expected), False)
    both = pc.and_(pc.is_null(array), pc.is_null(expected))
    return np.asarray(to_numpy(pc.invert(pc.or_(same, both))), np.bool_)


def comparable(array: pa.Array) -> pa.Array:
    """Values that can be compared and counted: nested ones as text."""
    if not pa.types.is_nested(array.type):
        return array
    values = python_of(with_ordered_maps(array))
    return arrow_array([None if value is None else repr(value) for value in values], pa.string())


def as_numbers(values: Values) -> npt.NDArray[np.float64]:
    """Numbers as floats; dates and times as days since 1970, times of day in their own unit."""
    array: Any = values
    if isinstance(values, pa.Array):
        array = to_arrow(values)
        if pa.types.is_date(array.type):
            array = array.cast(pa.date32()).cast(pa.int32())
        elif pa.types.is_timestamp(array.type):
            micros = array.cast(pa.timestamp("us", array.type.tz)).cast(pa.int64())
            return to_numpy(micros).astype(np.float64) / _SECONDS_A_DAY
        elif pa.types.is_time(array.type):
            array = array.cast(pa.int32() if pa.types.is_time32(array.type) else pa.int64())
        array = to_numpy(array)
    return np.asarray(array, np.float64)


def _end(value: Any) -> str:
    if isinstance(value, float):
        return {np.inf: "∞", -np.inf: "-∞"}.get(value, f"{value:g}")
    return str(value)


def check(table: str, column: str, label: str, finding: Finding) -> Check:
    """A finding as a check of a column under a condition."""
    kind, subject, declared, measured, rows, p_value, examples = finding
    passed = p_value is not None or not measured
    return Check(table, column, kind, subject, label, declared, measured, rows, p_value, None, passed, examples)


__all__ = [
    "CurveMeasure",
    "Finding",
    "FormulaMeasure",
    "Measure",
    "SelectedMeasure",
    "SharesMeasure",
    "ViolationCounter",
    "as_numbers",
    "check",
    "unequal",
]  # fmt: skip
