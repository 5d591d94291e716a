"""Values outside what a column declares: a number or a time beyond its range, a text that is not in its list."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of, without_nulls
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.modifiers import NotNull, Nullable
from pytest_synthdata.defects.kind import Kind, wrong_type
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_UNKNOWN = ("UNKNOWN", "N/A", "other", "TBD", "-", "0")
_FAR = 1_000_000  # times too large, where no range is declared
_EPOCH = dt.date(1970, 1, 1)
_FIRST_DAY, _LAST_DAY = (dt.date(1, 1, 1) - _EPOCH).days, (dt.date(9999, 12, 31) - _EPOCH).days
_DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True)
class OutOfRange(Kind):
    """A value outside the declared range: mirrored at one of its ends, such as a negative amount.

    A text that is not in the list of a `Categorical`. A number without a declared range becomes a million times too
    large. Nulls are passed over.

    Args:
        column: numbers, dates, times, or texts whose values the declaration lists.
        rate: the share of the rows, from 0 to 1.
        low: the least allowed number, in place of the declared one.
        high: the greatest.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> from pytest_synthdata import Dataset
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dirty = Dataset({OrderFactory: 100}, defects={OrderFactory: [OutOfRange("amount", exactly=1)]})
    >>> dirty.defects["orders"].to_arrow().to_pylist()[0]["dirty"].startswith("-")
    True
    """

    column: str
    rate: float | None = None
    low: float | None = None
    high: float | None = None

    def check_type(self, bound: BoundTable, column: str, type_: pa.DataType) -> None:
        test = pa.types
        if test.is_string(type_):
            if not self._domain(bound):
                raise DeclarationError(
                    f"{bound.name}.{column}: {self.title} of texts needs a column that lists its values, such as a "
                    "Categorical; Malformed, Nasty or Typos change other texts"
                )
        elif not (is_number(type_) or test.is_date32(type_) or test.is_timestamp(type_)):
            raise wrong_type(bound, column, type_, self, "numbers, dates, times or a list of texts")
        if not is_number(type_) and (self.low, self.high) != (None, None):
            raise DeclarationError(f"{bound.name}.{column}: {self.title}: low= and high= are for numbers")

        for name, end in (("low", self.low), ("high", self.high)):
            if end is not None and _finite(end) is None:
                raise DeclarationError(f"{bound.name}.{column}: {self.title}: {name}={end!r} is not a finite number")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise DeclarationError(
                f"{bound.name}.{column}: {self.title}: low={self.low!r} is greater than high={self.high!r}"
            )

    def _domain(self, bound: BoundTable) -> Sequence[Any] | None:
        return bound.scope(self.column).domain(self.column)

    def _range(self, bound: BoundTable, type_: pa.DataType) -> tuple[Any, Any]:
        """The ends of the range, in the numbers that the column's values are made of; None where there is none."""
        low, high = declared_range(bound, self.column) or (None, None)
        if is_number(type_):
            low, high = (_finite(end) for end in (low, high))
            return (low if self.low is None else self.low), (high if self.high is None else self.high)
        return _ticks(low, type_), _ticks(high, type_)

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        array = clean[0]
        if pa.types.is_string(array.type):
            return [self._unlisted(cells, array, frozenset(self._domain(bound) or ()))]
        low, high = self._range(bound, array.type)
        upwards = _upwards(cells, low, high)
        if pa.types.is_decimal(array.type):
            return [_decimals(array, upwards, low, high)]
        null = to_numpy(array.is_null())
        numbers = to_numpy(_as_numbers(array))
        moved = _mirrored(numbers, upwards, low, high)
        return [_from_numbers(moved, array, null)]

    def _unlisted(self, cells: Cells, clean: pa.Array, listed: frozenset[Any]) -> pa.Array:
        picks = cells.bits().tolist()
        return arrow_array(
            [_unlisted(value, pick, listed) for value, pick in zip(python_of(clean), picks, strict=True)], pa.string()
        )


def declared_range(bound: BoundTable, column: str) -> tuple[Any, Any] | None:
    """The least and the greatest value that a column declares, whether or not it may be null."""
    generator = bound.plan.columns[column]
    while isinstance(generator, (Nullable, NotNull)):
        generator = generator.generator
    return generator.bounds(bound.scope(column))


def _unlisted(value: str | None, pick: int, listed: frozenset[Any]) -> str | None:
    if value is None:
        return None
    options = [one for one in (*_UNKNOWN, value.upper(), f"{value} ", f"{value}?") if one not in listed]
    return options[pick % len(options)]


def _finite(end: Any) -> Any:
    if isinstance(end, bool) or not isinstance(end, (int, float, Decimal, np.number)):
        return None
    return end if math.isfinite(end) else None


def _ticks(end: Any, type_: pa.DataType) -> int | None:
    """A date or time as the days or microseconds that a column counts."""
    if not isinstance(end, dt.date):
        return None
    days = (dt.date(end.year, end.month, end.day) - _EPOCH).days
    if pa.types.is_date(type_):
        return days
    if not isinstance(end, dt.datetime):
        return days * _DAY
    return days * _DAY + (end.hour * 3600 + end.minute * 60 + end.second) * 1_000_000 + end.microsecond


def _upwards(cells: Cells, low: Any, high: Any) -> npt.NDArray[np.bool_]:
    """Whether each value leaves the range at its upper end."""
    if high is None:
        return np.zeros(len(cells.rows), np.bool_)
    if low is None:
        return np.ones(len(cells.rows), np.bool_)
    return cells.uniform() < 0.5  # noqa: PLR2004 - a coin


def _mirrored(numbers: npt.NDArray[Any], upwards: npt.NDArray[np.bool_], low: Any, high: Any) -> npt.NDArray[Any]:
    """Numbers on the other side of an end, as far from it as they were, and at least 1."""
    if low is None and high is None:
        return (np.abs(numbers.astype(np.float64)) + 1) * _FAR
    wide = numbers.astype(np.float64) if numbers.dtype.kind == "f" else numbers.astype(np.int64)
    below = wide if low is None else low - np.maximum(wide - low, 1)
    above = wide if high is None else high + np.maximum(high - wide, 1)
    return np.where(upwards, above, below)


def _as_numbers(array: pa.Array) -> pa.Array:
    if pa.types.is_date(array.type):
        array = array.cast(pa.int32())
    elif pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    return without_nulls(array, 0)


def _from_numbers(numbers: npt.NDArray[Any], like: pa.Array, null: npt.NDArray[np.bool_]) -> pa.Array:
    """Numbers in a column's type, at the nearest that it can hold."""
    type_ = like.type
    if pa.types.is_floating(type_):
        return arrow_array(numbers.astype(np.float64), mask=null).cast(type_)
    if pa.types.is_integer(type_):
        limits = np.iinfo(str(type_))
        return arrow_array(_within(numbers, limits.min, min(limits.max, 2**63 - 1)), pa.int64(), mask=null).cast(type_)
    if pa.types.is_date(type_):
        return arrow_array(_within(numbers, _FIRST_DAY, _LAST_DAY).astype(np.int32), mask=null).cast(type_)
    return arrow_array(_within(numbers, _FIRST_DAY * _DAY, (_LAST_DAY + 1) * _DAY - 1), mask=null).cast(type_)


def _within(numbers: npt.NDArray[Any], low: int, high: int) -> npt.NDArray[np.int64]:
    if numbers.dtype.kind == "f":
        # Just below 2^63 no float is an integer that an int64 holds.
        numbers = np.clip(numbers, -(2**62), 2**62).astype(np.int64)
    # The last microsecond of the year 9999 is not a float.
    return np.clip(numbers, low, high).astype(np.int64)


def _decimals(array: pa.Array, upwards: npt.NDArray[np.bool_], low: Any, high: Any) -> pa.Array:
    type_ = array.type
    most = (Decimal(10) ** type_.precision - 1).scaleb(-type_.scale)
    unit = Decimal(1).scaleb(-type_.scale)

    def moved(value: Decimal | None, *, up: bool) -> Decimal | None:
        if value is None:
            return None
        if low is None and high is None:
            return min(most, (abs(value) + 1) * _FAR)
        end = Decimal(str(high if up else low))
        away = max(abs(value - end), Decimal(1)) if abs(end) + 1 < most else unit
        return max(-most, min(most, end + away if up else end - away)).quantize(unit)

    pairs = zip(python_of(array), upwards.tolist(), strict=True)
    return arrow_array([moved(value, up=up) for value, up in pairs], type_)


__all__ = ["OutOfRange"]
