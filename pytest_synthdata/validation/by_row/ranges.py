"""What is random, but only in a range that other columns of the row decide: an end after its start, a gross price."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.expressions.computing import computed
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.intervals import MICROSECONDS
from pytest_synthdata.columns.expressions.operators import FUNCTIONS, Call, Operation, operand_array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, NotNull, Nullable, Rounded, Unique
from pytest_synthdata.validation.declared.condition_texts import describe_condition
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.describe import describe
from pytest_synthdata.validation.declared.expectations import Moved, Shares
from pytest_synthdata.validation.declared.formulas import is_formula, short_name
from pytest_synthdata.validation.declared.row_laws import RowRange
from pytest_synthdata.validation.declared.trees import leaves
from pytest_synthdata.validation.measures import Finding, Measure, ViolationCounter, as_numbers
from pytest_synthdata.validation.rows import Rows

Ends = tuple["pa.Array | None", "pa.Array | None"]
_CLOSE = 1e-9  # relative, of what somebody else computed in another order
_EPOCH = dt.date(1970, 1, 1)


class RowRangeMeasure:
    """Values by the range that the other columns of their rows leave them."""

    def __init__(self, law: RowRange, name: str) -> None:
        self.generator, self.name = law.generator, name
        self.rows = 0
        self.is_bounded = False
        self.outside = ViolationCounter()

    @property
    def unchecked(self) -> str:
        """What is not looked at, in words."""
        what = "only the range of each row is checked" if self.is_bounded else "any value may come out"
        return f"{short_name(self.generator)}: {what}"

    def add(self, values: Values, numbers: npt.NDArray[Any], rows: Rows) -> None:
        """Count some cells, none of them null, at these positions of the rows."""
        low, high = ends_of(self.generator, rows, self.name)
        if low is None and high is None:
            return
        self.is_bounded = True
        self.rows += len(numbers)
        x = as_numbers(values)
        broken = np.zeros(len(x), np.bool_)
        for end, sign in ((low, 1), (high, -1)):
            if end is not None:
                limit = as_numbers(end)[np.asarray(numbers)]
                broken |= sign * (x - limit) < -_CLOSE * np.maximum(np.abs(limit), 1)
        self.outside.add(broken, numbers, rows)

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        if self.is_bounded:
            yield self.outside.finding("outside of the range", "of its row", self.rows)


class MovedMeasure:
    """Dates and times by the interval between them and what they are moved from."""

    def __init__(self, law: Moved, name: str, intervals: Measure) -> None:
        self.law, self.name, self.intervals = law, name, intervals
        self.about = f"{law.unit} {'after' if law.sign > 0 else 'before'} {describe_condition(law.base)}"

    def add(self, values: Values, numbers: npt.NDArray[Any], rows: Rows) -> None:
        """Count some cells, none of them null, at these positions of the rows."""
        base = _in_full(rows.evaluate(self.law.base, self.name), rows.count)
        apart = pc.subtract(_microseconds(to_arrow(values)), _microseconds(base.take(arrow_array(numbers))))
        known = np.flatnonzero(to_numpy(apart.is_valid()))
        units = self.law.sign * to_numpy(apart.drop_null()).astype(np.float64) / MICROSECONDS[self.law.unit]
        self.intervals.add(units, np.asarray(numbers)[known], rows)

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        for kind, subject, *rest in self.intervals.checks():
            yield (kind, self._about(subject), *rest)

    def _about(self, subject: str) -> str:
        return f"{subject}{' ' if '…' in subject else ', '}{self.about}".removeprefix(", ")


def _microseconds(times: pa.Array) -> pa.Array:
    """Dates and times as microseconds since 1970."""
    zone = times.type.tz if pa.types.is_timestamp(times.type) else None
    return times.cast(pa.timestamp("us", zone)).cast(pa.int64())


def _in_full(values: Values, count: int) -> pa.Array:
    array = to_arrow(values)
    return array if len(array) == count else array.take(arrow_array(np.zeros(count, np.int64)))


def ends_of(generator: Generator, rows: Rows, name: str) -> Ends:
    """The least and the greatest value of each row; None where there is no end, or none is known."""
    try:
        return _ends(generator, rows, name)
    except (TypeError, pa.ArrowException, OverflowError):  # an end that its type does not hold
        return None, None


def _ends(generator: Any, rows: Rows, name: str) -> Ends:
    if is_formula(generator):
        known = _in_full(rows.evaluate(generator, name), rows.count)
        return known, known
    if isinstance(generator, (Nullable, NotNull, Unique)):
        return _ends(generator.generator, rows, name)
    if isinstance(generator, (Rounded, Clipped, Cast)):
        return _modified(generator, rows, name)
    if isinstance(generator, Call) and generator.function in MICROSECONDS:
        low, high = (end and FUNCTIONS[generator.function](end) for end in _ends(generator.operands[0], rows, name))
        return low, high
    if isinstance(generator, Operation):
        return _combined(generator, rows, name)
    if isinstance(generator, (Given, When)):
        lows, highs = zip(*(_ends(branch, rows, name) for branch in generator.branches), strict=True)
        return _widest(lows, pc.min_element_wise), _widest(highs, pc.max_element_wise)
    return _supported(generator, rows, name)


def _widest(ends: Sequence[pa.Array | None], choose: Any) -> pa.Array | None:
    known = [end for end in ends if end is not None]
    return choose(*known) if len(known) == len(ends) else None


def _modified(generator: Rounded | Clipped | Cast, rows: Rows, name: str) -> Ends:
    low, high = _ends(generator.generator, rows, name)
    if isinstance(generator, Cast):
        target, test = arrow_type(generator.target), pa.types
        rising = (test.is_temporal, test.is_integer, test.is_floating, test.is_decimal)
        if not any(is_kind(target) for is_kind in rising):
            return None, None
    if isinstance(generator, Clipped):
        type_ = generator.type(rows.bound.scope(name)) or pa.float64()
        least, most = generator.ends(type_)
        low = _repeated(least, type_, rows.count) if low is None and least is not None else low
        high = _repeated(most, type_, rows.count) if high is None and most is not None else high
    return tuple(None if end is None else to_arrow(generator.of(end)) for end in (low, high))  # type: ignore[return-value]


def _combined(generator: Operation, rows: Rows, name: str) -> Ends:
    """Of sums and differences, and of products of what is never negative."""
    if generator.function not in ("add", "subtract", "multiply"):
        return None, None
    sides = [_ends(operand, rows, name) for operand in generator.operands]
    written = [
        one.value if isinstance(one, Constant) and type(one.value) is int else None for one in generator.operands
    ]
    for place, operand in enumerate(generator.operands):
        if isinstance(operand, Constant):  # in the type that it has beside a column
            known = _in_full(operand_array(operand, rows.cells(name)), rows.count)
            sides[place] = (known, known)
    if generator.function == "multiply" and not all(_is_positive(low) for low, _ in sides):
        return None, None
    (low, high), (other_low, other_high) = sides
    if generator.function == "subtract":
        other_low, other_high = other_high, other_low

    def made(left: pa.Array | None, right: pa.Array | None) -> pa.Array | None:
        return None if left is None or right is None else computed(generator.function, [left, right], written)

    return made(low, other_low), made(high, other_high)


def _is_positive(low: pa.Array | None) -> bool:
    return low is not None and (pc.min(as_numbers(low)).as_py() or 0) >= 0


def _supported(generator: Generator, rows: Rows, name: str) -> Ends:
    """The ends of what does not depend on other columns, by its law."""
    found: list[tuple[Any, Any]] = []
    for leaf in leaves(describe(generator)):
        if isinstance(leaf.law, Curve):
            low, high = leaf.law.support()
            days = leaf.law.dates
            found.append(tuple(_as_day(end) if days and math.isfinite(end) else end for end in (low, high)))  # type: ignore[arg-type]
        elif isinstance(leaf.law, Shares) and all(isinstance(one, (int, float)) for one in leaf.law.probabilities):
            found.append((min(leaf.law.probabilities), max(leaf.law.probabilities)))
        else:
            return None, None
    type_ = generator.type(rows.bound.scope(name)) or pa.float64()
    low, high = min(low for low, _ in found), max(high for _, high in found)
    return _repeated(low, type_, rows.count), _repeated(high, type_, rows.count)


def _as_day(number: float) -> dt.date:
    return _EPOCH + dt.timedelta(days=math.floor(number))


def _repeated(end: Any, type_: pa.DataType, count: int) -> pa.Array | None:
    if isinstance(end, float) and not math.isfinite(end):
        return None
    return arrow_array([end]).cast(type_).take(arrow_array(np.zeros(count, np.int64)))


__all__ = ["MovedMeasure", "RowRangeMeasure", "ends_of"]
