"""Arrow arrays of lists of Python's plain values, one class of values in each list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import TOLD_APART
from pytest_synthdata.columns.arrow.of_numpy import from_numpy, validity

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - of times without a zone
_EPOCH_UTC = _EPOCH.replace(tzinfo=dt.timezone.utc)
_MICROSECOND = dt.timedelta(microseconds=1)
_INT64, _INT32 = np.iinfo(np.int64), np.iinfo(np.int32)
_TICKS = {"s": 1_000_000, "ms": 1_000}  # microseconds
_WITHOUT_PARTS = frozenset({bool, int, float, str, bytes, Decimal, dt.date, dt.datetime, type(None)})
_MOST_DIGITS = 38  # of a decimal
_INSTANT, _DURATION = pa.timestamp("us"), pa.duration("us")


def from_list(values: Sequence[Any], type_: pa.DataType | None, *, from_pandas: bool = False) -> pa.Array | None:
    """As `pyarrow.array` makes of a list; nothing where only that can."""
    kinds = {value.__class__ for value in values}
    if from_pandas:
        if not kinds <= _WITHOUT_PARTS:
            return None
        values = [None if value != value else value for value in values]  # noqa: PLR0124 - not-a-number
        kinds = {value.__class__ for value in values}
    has_nulls = type(None) in kinds
    kinds.discard(type(None))
    if not kinds:
        return pa.nulls(len(values), type_)
    mask = np.array([value is None for value in values], np.bool_) if has_nulls else None
    if kinds == {int, float}:
        return _floats(values, mask) if type_ is None or pa.types.is_float64(type_) else None
    if len(kinds) > 1:
        return None
    (kind,) = kinds
    if issubclass(kind, np.number | np.bool_):
        return from_numpy(np.array(values), None) if type_ is None and not has_nulls else None
    make = _OF_KIND.get(kind)
    return None if make is None else make(values, mask, type_)


def _truths(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    if type_ is not None and not pa.types.is_boolean(type_):
        return None
    return from_numpy(np.array([value or False for value in values], np.bool_), mask)


def _floats(values: Sequence[Any], mask: Any, type_: pa.DataType | None = None) -> pa.Array | None:
    if type_ is not None and not (pa.types.is_float64(type_) or pa.types.is_float32(type_)):
        return None
    if any(value.__class__ is int and abs(value) > TOLD_APART for value in values):
        return None
    return from_numpy(np.array([0.0 if value is None else value for value in values], np.float64), mask)


def _integers(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    if type_ is not None and pa.types.is_float64(type_):
        return _floats(values, mask)
    if type_ is not None and pa.types.is_decimal(type_):
        return _decimals(values, mask, type_)
    numbers = [value or 0 for value in values]
    if min(numbers) < _INT64.min or max(numbers) > _INT64.max:
        return None
    made = _of_ticks(numbers, mask)
    if type_ is None or pa.types.is_integer(type_):
        return made
    if pa.types.is_date32(type_):
        return made.cast(pa.int32())
    return made if pa.types.is_timestamp(type_) or pa.types.is_duration(type_) else None


def _of_ticks(numbers: list[int], mask: Any) -> pa.Array:
    cells = np.array(numbers, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(cells), [validity(mask), pa.py_buffer(cells)])


def _days(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    if type_ is not None and not pa.types.is_date32(type_):
        return None
    first = _EPOCH.date()
    return from_numpy(np.array([0 if value is None else (value - first).days for value in values], "M8[D]"), mask)


def _instants(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    if type_ is None:
        zones = {value.tzinfo for value in values if value is not None}
        if len(zones) > 1:
            return None
        (zone,) = zones
        if not (zone is None or zone is dt.timezone.utc or isinstance(zone, ZoneInfo)):
            return None
        type_ = _INSTANT if zone is None else pa.timestamp("us", str(zone))
    elif not pa.types.is_timestamp(type_):
        return None
    ticks = [
        0 if value is None else (value - (_EPOCH_UTC if value.tzinfo else _EPOCH)) // _MICROSECOND for value in values
    ]
    if any(tick % _TICKS.get(type_.unit, 1) for tick in ticks):
        return None
    made = _of_ticks(ticks, mask).cast(pa.timestamp("us", type_.tz))
    return made if type_.unit == "us" else made.cast(type_)


def _durations(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    if type_ not in {None, _DURATION}:
        return None
    return _of_ticks([0 if value is None else value // _MICROSECOND for value in values], mask).cast(_DURATION)


def _decimals(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    """Decimals, or integers as such, as those of a type; by default of the narrowest that holds all of them."""
    if type_ is None:
        parts = [value.as_tuple() for value in values if value is not None]
        if not all(isinstance(part.exponent, int) for part in parts):  # infinite, or not a number
            return None
        scale = max(max(-part.exponent, 0) for part in parts)
        whole = max(max(len(part.digits) + part.exponent, 0) for part in parts)
        if not 0 < scale + whole <= _MOST_DIGITS:
            return None
        type_ = pa.decimal128(scale + whole, scale)
    elif not pa.types.is_decimal128(type_):
        return None
    texts = _texts([None if value is None else str(value) for value in values], mask, None)
    try:
        return None if texts is None else texts.cast(type_)
    except pa.ArrowInvalid:
        return None


def _texts(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    if type_ is not None and not pa.types.is_string(type_):
        return None
    return _of_bytes([b"" if value is None else value.encode() for value in values], mask, pa.string())


def _bytes(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    if type_ is not None and not pa.types.is_binary(type_):
        return None
    return _of_bytes([value or b"" for value in values], mask, pa.binary())


def _of_bytes(cells: list[bytes], mask: Any, type_: pa.DataType) -> pa.Array | None:
    offsets = np.zeros(len(cells) + 1, np.int64)
    np.cumsum([len(cell) for cell in cells], out=offsets[1:])
    if offsets[-1] > _INT32.max:
        return None
    buffers = [validity(mask), pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(b"".join(cells))]
    return pa.Array.from_buffers(type_, len(cells), buffers)


def _lists(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    if type_ is not None and not pa.types.is_list(type_):
        return None
    offsets = np.zeros(len(values) + 1, np.int32)
    np.cumsum([len(value or ()) for value in values], out=offsets[1:])
    items = _nested([item for value in values for item in value or ()], None if type_ is None else type_.value_type)
    made = pa.list_(items.type) if type_ is None else type_
    return pa.Array.from_buffers(made, len(values), [validity(mask), pa.py_buffer(offsets)], children=[items])


def _nested(values: Sequence[Any], type_: pa.DataType | None) -> pa.Array:
    made = from_list(values, type_)
    if made is None:
        return pa.array(values, type_)
    return made if type_ is None or made.type == type_ else made.cast(type_)


def _structs(values: Sequence[Any], mask: Any, type_: pa.DataType | None) -> pa.Array | None:
    if type_ is not None and not pa.types.is_struct(type_):
        return None
    rows = [value or {} for value in values]
    names = dict.fromkeys(name for row in rows for name in row)
    if not all(isinstance(name, str) for name in names):
        return None
    fields = dict.fromkeys(names) if type_ is None else {field.name: field.type for field in type_}
    columns = [_nested([row.get(name) for row in rows], field) for name, field in fields.items()]
    if not columns or len(columns) != (len(names) if type_ is None else type_.num_fields):
        return None
    made = (
        pa.struct([(name, column.type) for name, column in zip(names, columns, strict=True)])
        if type_ is None
        else type_
    )
    return pa.Array.from_buffers(made, len(values), [validity(mask)], children=columns)


# What makes an array of values of one class, null where the mask is set; nothing where only `pyarrow.array` can.
_OF_KIND: dict[type, Callable[[Sequence[Any], Any, pa.DataType | None], pa.Array | None]] = {
    bool: _truths,
    float: _floats,
    int: _integers,
    dt.date: _days,
    dt.datetime: _instants,
    dt.timedelta: _durations,
    Decimal: _decimals,
    str: _texts,
    bytes: _bytes,
    list: _lists,
    dict: _structs,
}


__all__ = ["from_list"]
