"""Values without what is odd in them: whole numbers, noon, plain letters; and the least: zero, midnight, one letter."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, numpy_of, python_of, without_nulls
from pytest_synthdata.columns.arrow.kinds import is_number

_LETTER = "a"
_ODD = re.compile(r"[^A-Za-z0-9@._:/+ -]+")
_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_MIDDLE_OF_MONTH = 15
_EPOCH = dt.date(1970, 1, 1)

Change = Callable[[pa.Array], "pa.Array | None"]  # None: values of this type stay


def plain(values: pa.Array, usual: Any) -> pa.Array | None:
    """The same values without what is odd in them; None where nothing is.

    Numbers are rounded to whole ones, times moved to noon (UTC, where they are instants), dates to the middle of
    their month; texts keep plain ASCII letters, digits and a few signs.

    Args:
        values: a column.
        usual: the value that takes the place of nulls; None where there is none.
    """
    return _changed(values, usual, _plain)


def least(values: pa.Array, usual: Any) -> pa.Array | None:
    """Zero in place of all numbers, 1970-01-01 of dates, midnight of times, one letter of texts; else as `plain`."""
    return _changed(values, usual, _least)


def _changed(values: pa.Array, usual: Any, change: Change) -> pa.Array | None:
    """Values that are changed, nulls among them; None where nothing changes."""
    try:
        filled = values if usual is None else without_nulls(values, usual)
        found = change(filled)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ArithmeticError, ValueError):
        return None  # the type has no such value: a decimal without a whole part, a year that is none
    found = filled if found is None else found
    return None if are_same(found, values) else found


def are_same(one: pa.Array, other: pa.Array) -> bool:
    """Whether all values are written alike: of two NaN, they are."""
    return list(map(repr, python_of(one))) == list(map(repr, python_of(other)))


def _plain(values: pa.Array) -> pa.Array | None:
    type_, test = values.type, pa.types
    if test.is_floating(type_):
        return _each(values, lambda number: float(round(number)) if math.isfinite(number) else 1.0)
    if test.is_decimal(type_):
        return _each(values, Decimal.to_integral_value)
    if test.is_timestamp(type_):
        return _at(values, _DAY[type_.unit] // 2)
    if test.is_date32(type_):
        return _each(values, lambda day: day.replace(day=_MIDDLE_OF_MONTH))
    return _each(values, _plain_text) if _is_text(type_) else None


def _least(values: pa.Array) -> pa.Array | None:
    type_, test = values.type, pa.types
    if is_number(type_):
        return _each(values, lambda _: 0)
    if test.is_timestamp(type_):
        return _at(values, 0)
    if test.is_date32(type_):
        return _each(values, lambda _: _EPOCH)
    return _each(values, lambda _: _LETTER) if _is_text(type_) else None


def _each(values: pa.Array, change: Callable[[Any], Any]) -> pa.Array:
    return arrow_array([None if value is None else change(value) for value in python_of(values)], values.type)


def _at(values: pa.Array, ticks: int) -> pa.Array:
    """Times at so many ticks after midnight of their day."""
    day = _DAY[values.type.unit]
    numbers = numpy_of(without_nulls(values.cast(pa.int64()), 0))
    mask = numpy_of(values.is_null())
    return arrow_array(numbers // day * day + ticks, pa.int64(), mask=mask).cast(values.type)


def _plain_text(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(_ODD.sub("", letters).split()) or _LETTER


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


__all__ = ["are_same", "least", "plain"]
