"""Casts between types of columns, as Spark does them: also of what is nested."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values, as_decimal, to_arrow, to_numpy


def cast(values: Values, target: pa.DataType) -> Values:
    """Values in another type.

    A number loses its fraction on its way to an integer; a struct becomes a map of its fields; the parts of nested
    values are cast each by itself.

    Raises:
        pa.ArrowInvalid, pa.ArrowNotImplementedError: where Arrow knows no way, or a value does not fit.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and pa.types.is_integer(target):
        return _without_fractions(values, target)
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
    if test.is_timestamp(target) and test.is_date(source):
        return array.cast(pa.timestamp(target.unit)).cast(target)
    if test.is_floating(source) and test.is_integer(target):
        numbers = _without_fractions(to_numpy(array.fill_null(0)), target)
        return pa.array(numbers, mask=to_numpy(array.is_null()) if array.null_count else None)
    if test.is_struct(source) and test.is_map(target):
        return _as_map(array, target)
    if test.is_struct(source) and test.is_struct(target) and [f.name for f in source] == [f.name for f in target]:
        fields = [_cast(array.field(number), field.type) for number, field in enumerate(target)]
        return pa.StructArray.from_arrays(fields, fields=list(target), mask=array.is_null())
    if test.is_list(source) and test.is_list(target):
        flat = _cast(array.flatten(), target.value_type)
        lengths = np.diff(array.offsets.to_numpy()) if not array.null_count else array.value_lengths().fill_null(0)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), flat, type=target, mask=array.is_null())
    return as_decimal(array, target) if test.is_decimal(target) else array.cast(target)


def _as_map(array: pa.Array, target: pa.DataType) -> pa.Array:
    """A struct's fields as the entries of a map; fields that are null are not in it."""
    names = [field.name for field in array.type]
    items = [_cast(array.field(number), target.item_type) for number in range(len(names))]
    count = len(array)
    valid = np.array([item.is_valid().to_numpy(zero_copy_only=False) for item in items]).reshape(len(names), count)
    present = valid.T.ravel()
    order = np.arange(len(names) * count).reshape(len(names), count).T.ravel()[present]
    keys = pa.array(names).cast(target.key_type).take(pa.array(order // max(count, 1)))
    flat = pa.concat_arrays(items) if items else pa.array([], target.item_type)
    offsets = np.concatenate([[0], np.cumsum(valid.sum(axis=0))]).astype(np.int32)
    return pa.MapArray.from_arrays(pa.array(offsets), keys, flat.take(pa.array(order)), type=target)


__all__ = ["cast"]
