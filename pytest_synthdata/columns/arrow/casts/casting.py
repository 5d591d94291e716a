"""Casts between types of columns as Spark's ANSI mode does them, also of what is nested."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar, numpy_of, without_nulls
from pytest_synthdata.columns.arrow.casts.floats import floats_of_decimals
from pytest_synthdata.columns.arrow.casts.parsing import parse
from pytest_synthdata.columns.arrow.casts.printing import as_text
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import Values, as_decimal, to_arrow, to_numpy

_SECOND = 1_000_000  # microseconds


def cast(values: Values, target: pa.DataType) -> Values:
    """Values in another type.

    A number loses its fraction on its way to an integer; times are seconds since 1970 as numbers, and texts are read
    and written as Spark does; a struct becomes a map of its fields; the parts of nested values are cast each by
    itself.

    Raises:
        pa.ArrowInvalid, pa.ArrowNotImplementedError: where Arrow knows no way, or a value does not fit.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and pa.types.is_integer(target):
        return _without_fractions(values, target)
    if isinstance(values, pa.DictionaryArray) and len(values.dictionary) < len(values):
        with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):  # perhaps a value that does not occur
            categories = _cast(values.dictionary, target)
            if not categories.null_count:
                return pa.DictionaryArray.from_arrays(values.indices, categories, safe=False)
    return _cast(to_arrow(values), target)


def _without_fractions(numbers: npt.NDArray[Any], target: pa.DataType) -> npt.NDArray[Any]:
    whole, limits = np.trunc(numbers), np.iinfo(str(target))  # NumPy names integers as Arrow does
    for end in (whole.min(initial=0), whole.max(initial=0)):
        # Python compares its own numbers exactly; NaN is within no limits.
        if not limits.min <= float(end) <= limits.max:
            hint = ".clip(…)" if target == pa.int64() else "cast to bigint, or .clip(…)"
            raise pa.ArrowInvalid(f"{float(end):g} does not fit into {target}: {hint}")
    return whole.astype(limits.dtype)


def _cast(array: pa.Array, target: pa.DataType) -> pa.Array:
    source, test = array.type, pa.types
    if source == target:
        return array
    if test.is_nested(source) or test.is_nested(target):
        return _nested(array, target)
    if _is_text(source) and not _is_text(target) and not test.is_binary(target):
        return parse(array.cast(pa.string()), target)
    if _is_text(target):
        return as_text(array, target)
    if is_number(target):
        if source == pa.duration("s"):  # an interval of whole days, as the difference of two dates
            array = pc.divide(array.cast(pa.int64()), arrow_scalar(86_400))
        return _number(array, target)
    if test.is_time(target) and test.is_integer(source):  # the units of the type since midnight
        return array.cast(pa.int32() if test.is_time32(target) else pa.int64()).cast(target)
    if test.is_temporal(target) and not test.is_duration(target):
        return _time(array, target)
    if test.is_boolean(target) and test.is_decimal(source):
        return pc.not_equal(array, arrow_scalar(0, source))
    return array.cast(target)


def _nested(array: pa.Array, target: pa.DataType) -> pa.Array:
    source, test = array.type, pa.types
    if test.is_struct(source) and test.is_map(target):
        return _as_map(array, target)
    if test.is_struct(source) and test.is_struct(target) and [f.name for f in source] == [f.name for f in target]:
        fields = [_cast(array.field(number), field.type) for number, field in enumerate(target)]
        return pa.StructArray.from_arrays(fields, fields=list(target), mask=array.is_null())
    if test.is_list(source) and test.is_list(target):
        flat = _cast(array.flatten(), target.value_type)
        lengths = np.diff(numpy_of(array.offsets)) if not array.null_count else without_nulls(array.value_lengths(), 0)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return pa.ListArray.from_arrays(arrow_array(offsets), flat, type=target, mask=array.is_null())
    return array.cast(target)


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _no_way(source: pa.DataType, target: pa.DataType) -> pa.ArrowNotImplementedError:
    return pa.ArrowNotImplementedError(f"Spark does not cast {source} to {target}")


def _number(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Numbers, truths and times as numbers."""
    source, test = array.type, pa.types
    if test.is_date(source):
        raise _no_way(source, target)
    if test.is_timestamp(source):
        return _seconds(array, target)
    if test.is_integer(target) and test.is_floating(source):
        return arrow_array(_without_fractions(to_numpy(without_nulls(array, 0)), target), mask=_null_mask(array))
    if test.is_integer(target) and test.is_decimal(source):
        whole = pc.round(array, ndigits=0, round_mode="towards_zero")
        return whole.cast(pa.decimal128(38, 0)).cast(pa.int64()).cast(target)
    if test.is_decimal(target):
        return as_decimal(array.cast(pa.int8()) if test.is_boolean(source) else array, target)
    if test.is_decimal(source):
        return floats_of_decimals(array, target)
    return array.cast(target, safe=not (test.is_integer(source) and test.is_floating(target)))


def _seconds(times: pa.Array, target: pa.DataType) -> pa.Array:
    """Seconds since 1970."""
    if times.type.tz is None:
        raise _no_way(times.type, target)
    ticks = times.cast(pa.timestamp("us", times.type.tz)).cast(pa.int64())
    if pa.types.is_integer(target):
        return arrow_array(to_numpy(without_nulls(ticks, 0)) // _SECOND, mask=_null_mask(times)).cast(target)
    if pa.types.is_decimal(target):  # a millionth of an integer is the same digits with another scale
        return as_decimal(_with_point(ticks.cast(pa.decimal128(38, 0)), 6), target)
    return pc.divide(ticks.cast(pa.float64(), safe=False), arrow_scalar(float(_SECOND))).cast(target)


def _null_mask(array: pa.Array) -> npt.NDArray[np.bool_] | None:
    return to_numpy(array.is_null()) if array.null_count else None


def _with_point(decimals: pa.Array, digits: int) -> pa.Array:
    """The digits of decimals with so many of them after the point."""
    return pa.Array.from_buffers(pa.decimal128(38, digits), len(decimals), decimals.buffers(), offset=decimals.offset)


def _time(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Numbers, dates and times as dates and times."""
    source, test = array.type, pa.types
    if test.is_null(source):
        return array.cast(target)
    if is_number(source) or test.is_boolean(source):
        if not test.is_timestamp(target) or target.tz is None or test.is_boolean(source):
            raise _no_way(source, target)
        if test.is_integer(source):
            ticks = pc.multiply_checked(array.cast(pa.int64()), arrow_scalar(_SECOND))
        elif test.is_floating(source):
            ticks = _number(pc.multiply(array.cast(pa.float64()), arrow_scalar(float(_SECOND))), pa.int64())
        else:
            # The same digits without the point are so many millionths.
            ticks = _with_point(as_decimal(array, pa.decimal128(38, 6)), 0).cast(pa.int64())
        return ticks.cast(pa.timestamp("us", target.tz)).cast(target)
    if test.is_date(source) and test.is_timestamp(target):
        return array.cast(pa.timestamp(target.unit)).cast(target)
    return array.cast(target, safe=not test.is_date(target))


def _as_map(array: pa.Array, target: pa.DataType) -> pa.Array:
    """A struct's fields as the entries of a map; fields that are null are not in it."""
    names = [field.name for field in array.type]
    items = [_cast(array.field(number), target.item_type) for number in range(len(names))]
    count = len(array)
    valid = np.array([numpy_of(item.is_valid()) for item in items]).reshape(len(names), count)
    present = valid.T.ravel()
    order = np.arange(len(names) * count).reshape(len(names), count).T.ravel()[present]
    keys = arrow_array(names).cast(target.key_type).take(arrow_array(order // max(count, 1)))
    flat = pa.concat_arrays(items) if items else arrow_array([], target.item_type)
    offsets = np.concatenate([[0], np.cumsum(valid.sum(axis=0))]).astype(np.int32)
    return pa.MapArray.from_arrays(arrow_array(offsets), keys, flat.take(arrow_array(order)), type=target)


__all__ = ["cast"]
