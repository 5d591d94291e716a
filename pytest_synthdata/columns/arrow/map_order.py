"""Maps with their keys in one order: two that differ in nothing else are the same."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.columns.arrow.kinds import has_maps


def with_ordered_maps(array: pa.Array) -> pa.Array:
    """Values whose maps, at any depth, have their keys in ascending order; others as they are.

    >>> maps = pa.array([[("b", 1), ("a", 2)]], pa.map_(pa.string(), pa.int64()))
    >>> with_ordered_maps(maps).to_pylist()
    [[('a', 2), ('b', 1)]]
    """
    if not has_maps(array.type):
        return array
    return arrow_array([_ordered(value, array.type) for value in python_of(array)], array.type)


def _ordered(value: Any, type_: pa.DataType) -> Any:
    if value is None or not has_maps(type_):
        return value
    if pa.types.is_map(type_):
        pairs = value.items() if isinstance(value, dict) else value
        return sorted(((key, _ordered(item, type_.item_type)) for key, item in pairs), key=lambda pair: repr(pair[0]))
    if pa.types.is_struct(type_):
        return {field.name: _ordered(value[field.name], field.type) for field in type_}
    return [_ordered(item, type_.value_type) for item in value]


__all__ = ["with_ordered_maps"]
