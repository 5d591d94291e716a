"""Casts between types of columns, as Spark does them: also of what is nested."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.values import Values, to_arrow


def cast(values: Values, target: pa.DataType) -> Values:
    """Values in another type.

    A number loses its fraction on its way to an integer; a struct becomes a map of its fields; the parts of nested
    values are cast each by itself.

    Raises:
        pa.ArrowInvalid, pa.ArrowNotImplementedError: where Arrow knows no way.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and pa.types.is_integer(target):
        return np.trunc(values).astype(str(target))  # NumPy names integers as Arrow does
    return _cast(to_arrow(values), target)


def _cast(array: pa.Array, target: pa.DataType) -> pa.Array:
    source, test = array.type, pa.types
    if source == target:
        return array
    if test.is_timestamp(target) and test.is_date(source):
        return array.cast(pa.timestamp(target.unit)).cast(target)
    if test.is_floating(source) and test.is_integer(target):
        return array.cast(target, safe=False)
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
    return _as_decimal(array, target) if test.is_decimal(target) else array.cast(target)


def _as_decimal(array: pa.Array, target: pa.DataType) -> pa.Array:
    if pa.types.is_floating(array.type) or (pa.types.is_decimal(array.type) and array.type.scale > target.scale):
        # A float that prints as 12.34 is meant as 12.34: round half to even at the declared scale, don't fail.
        array = pc.round(array, ndigits=target.scale)
    if not pa.types.is_string(array.type):
        array = array.cast(pa.decimal128(38, target.scale))
    return array.cast(target)


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
