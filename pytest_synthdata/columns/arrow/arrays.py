"""Arrow arrays from NumPy's and from lists without pandas, which `pyarrow.array` imports wherever it is installed.

The import takes longer than making the tables of most tests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - of times without a zone
_MICROSECOND = dt.timedelta(microseconds=1)
_INT64, _INT32 = np.iinfo(np.int64), np.iinfo(np.int32)
_NUMPY_NAMES = {"float": "float32", "double": "float64"}


def arrow_array(values: Any, type: pa.DataType | None = None, mask: Any = None) -> pa.Array:  # noqa: A002
    """As `pyarrow.array`: numbers, truth values, dates and times of NumPy, and lists of these and of texts.

    All else is given to `pyarrow.array` itself.

    Args:
        values: one-dimensional.
        type: the type; by default the one that the values have.
        mask: where the result is null, for NumPy's arrays.
    """
    if isinstance(values, np.ndarray):
        made = _from_numpy(values, mask)
    elif isinstance(values, (list, tuple)) and mask is None:
        made = _from_list(values, type)
    else:
        made = None
    if made is None:
        return pa.array(values, type, mask=mask)
    return made if type is None or made.type == type else made.cast(type)


def arrow_scalar(value: Any, type: pa.DataType | None = None) -> pa.Scalar:  # noqa: A002
    """As `pyarrow.scalar`."""
    if value.__class__ is str and (type is None or pa.types.is_string(type)):
        return _text(value)
    return arrow_array([value], type)[0]


@lru_cache(256)
def _text(value: str) -> pa.Scalar:
    """A text that is compared with or joined to each batch of rows."""
    return arrow_array([value])[0]


def null_of(type_: pa.DataType) -> pa.Scalar:
    """The null of a type."""
    return pa.nulls(1, type_)[0]


def numpy_of(array: pa.Array) -> npt.NDArray[Any]:
    """As ``array.to_numpy(zero_copy_only=False)``, without a copy where there are numbers without nulls."""
    type_ = array.type
    if pa.types.is_boolean(type_):
        if array.null_count:
            return np.array(array.to_pylist(), object)
        bits = np.frombuffer(array.buffers()[1] or b"", np.uint8)
        return np.unpackbits(bits, count=array.offset + len(array), bitorder="little")[array.offset :].view(np.bool_)
    if pa.types.is_date32(type_):
        stored: np.dtype[Any] = np.dtype(np.int32)
        seen: np.dtype[Any] = np.dtype("M8[D]")
    elif pa.types.is_timestamp(type_) or pa.types.is_duration(type_):
        kind = "M" if pa.types.is_timestamp(type_) else "m"
        stored, seen = np.dtype(np.int64), np.dtype(f"{kind}8[{type_.unit}]")
    elif pa.types.is_integer(type_) or pa.types.is_float32(type_) or pa.types.is_float64(type_):
        stored = seen = np.dtype(_NUMPY_NAMES.get(str(type_), str(type_)))
    else:
        return np.asarray(array.to_numpy(zero_copy_only=False))
    buffer, start = array.buffers()[1], array.offset * stored.itemsize
    cells = np.frombuffer(buffer, stored, len(array), start) if len(array) else np.zeros(0, stored)
    cells = cells.astype(seen) if seen.kind in "Mm" else cells
    if array.null_count:
        null = numpy_of(array.is_null())
        cells = cells.astype(np.float64) if seen.kind in "iu" else cells.copy()
        cells[null] = np.array("NaT", seen) if seen.kind in "Mm" else np.nan
    return cells


def without_nulls(array: pa.Array, value: Any) -> pa.Array:
    """The array with a value in place of nulls."""
    return pc.fill_null(array, arrow_scalar(value, array.type)) if array.null_count else array


def concatenated(*texts: pa.Array | str) -> pa.Array:
    """Texts joined row by row; a plain text stands in every row, and null where one of them is."""
    columns = [arrow_scalar(text) if isinstance(text, str) else text for text in texts]
    return pc.binary_join_element_wise(*columns, arrow_scalar(""))


def _from_numpy(values: npt.NDArray[Any], mask: Any) -> pa.Array | None:
    kind = values.dtype.kind
    if values.ndim != 1 or not values.dtype.isnative or kind not in "biufM":
        return None
    if kind == "M":
        unit, count = np.datetime_data(values.dtype)
        if count != 1 or unit not in {"D", "s", "ms", "us", "ns"}:
            return None
        type_ = pa.date32() if unit == "D" else pa.timestamp(unit)
        ticks = values.view(np.int64)
        if len(ticks) and ticks.min() == _INT64.min:  # stands for no time
            absent = ticks == _INT64.min
            mask = absent if mask is None else mask | absent
        values = ticks
        if unit == "D":
            present = ticks if mask is None else ticks[~mask]
            if len(present) and not (_INT32.min <= present.min() and present.max() <= _INT32.max):
                return None
            values = ticks.astype(np.int32)
    elif values.dtype.itemsize > 8:  # noqa: PLR2004 - of a long double
        return None
    else:
        type_ = pa.bool_() if kind == "b" else pa.from_numpy_dtype(values.dtype)
    nulls = 0 if mask is None else int(np.count_nonzero(mask))
    valid = pa.py_buffer(np.packbits(~np.asarray(mask, np.bool_), bitorder="little")) if nulls else None
    cells = np.packbits(values, bitorder="little") if kind == "b" else np.ascontiguousarray(values)
    return pa.Array.from_buffers(type_, len(values), [valid, pa.py_buffer(cells)], nulls)


def _from_list(values: Sequence[Any], type_: pa.DataType | None) -> pa.Array | None:
    kinds = {value.__class__ for value in values}
    has_nulls = type(None) in kinds
    kinds.discard(type(None))
    if not kinds:
        return pa.nulls(len(values), type_)
    if len(kinds) > 1:
        return None
    (kind,) = kinds
    mask = np.array([value is None for value in values], np.bool_) if has_nulls else None
    if kind is str:
        return _texts(values, mask) if type_ is None or pa.types.is_string(type_) else None
    if type_ is not None and not _NATURAL.get(kind, lambda _: False)(type_):
        return None
    if kind is bool or kind is float:
        return _from_numpy(np.array([0 if value is None else value for value in values], kind), mask)
    if kind is int:
        numbers = [value or 0 for value in values]
        if min(numbers) < _INT64.min or max(numbers) > _INT64.max:
            return None
        return _from_numpy(np.array(numbers, np.int64), mask)
    if kind is dt.date:
        days = [0 if value is None else (value - _EPOCH.date()).days for value in values]
        return _from_numpy(np.array(days, "M8[D]"), mask)
    if kind is dt.datetime and not any(value.tzinfo for value in values if value is not None):
        ticks = [0 if value is None else (value - _EPOCH) // _MICROSECOND for value in values]
        return _from_numpy(np.array(ticks, "M8[us]"), mask)
    return None


# The types that lists of a class are made in without a loss, by one cast at most.
_NATURAL = {
    bool: pa.types.is_boolean,
    float: pa.types.is_float64,
    int: pa.types.is_integer,
    dt.date: pa.types.is_date32,
    dt.datetime: lambda type_: type_ == pa.timestamp("us"),
}


def _texts(values: Sequence[Any], mask: Any) -> pa.Array:
    encoded = [b"" if value is None else value.encode() for value in values]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    nulls = 0 if mask is None else int(np.count_nonzero(mask))
    valid = pa.py_buffer(np.packbits(~mask, bitorder="little")) if nulls else None
    cells = pa.py_buffer(b"".join(encoded))
    if offsets[-1] > _INT32.max:
        return pa.array(values, pa.string())
    return pa.Array.from_buffers(
        pa.string(), len(values), [valid, pa.py_buffer(offsets.astype(np.int32)), cells], nulls
    )


__all__ = ["arrow_array", "arrow_scalar", "concatenated", "null_of", "numpy_of", "without_nulls"]
