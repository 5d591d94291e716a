"""Functions that treat nulls in their own way: the first value that there is, the least and the greatest of several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_scalar, null_of, without_nulls
from pytest_synthdata.columns.expressions.arithmetic import as_type
from pytest_synthdata.columns.expressions.spark_types import common


def in_common_type(arrays: Sequence[pa.Array]) -> list[pa.Array]:
    """Arrays in the type in which their values meet."""
    target = common([array.type for array in arrays])
    naive = pa.timestamp("us")
    if pa.types.is_timestamp(target):
        return [array.cast(naive).cast(target) if array.type != target else array for array in arrays]
    return [as_type(array, target) if pa.types.is_floating(target) else array.cast(target) for array in arrays]


def _coalesce(*arrays: pa.Array) -> pa.Array:
    return pc.coalesce(*in_common_type(arrays))


def _extreme(name: str) -> Callable[..., pa.Array]:
    def of(*arrays: pa.Array) -> pa.Array:
        first, *others = in_common_type(arrays)
        for other in others:
            first = _chosen(name, first, other)
        return first

    return of


def _chosen(name: str, left: pa.Array, right: pa.Array) -> pa.Array:
    """The lesser or greater of two values, the other where one is null; as in Spark, NaN is above all numbers."""
    if pa.types.is_string(left.type) or pa.types.is_binary(left.type) or pa.types.is_boolean(left.type):
        before = pc.less(left, right) if not pa.types.is_boolean(left.type) else pc.and_(pc.invert(left), right)
        takes_left = pc.or_kleene(before if name == "least" else pc.invert(before), pc.is_null(right))
        return pc.if_else(without_nulls(pc.and_kleene(takes_left, pc.is_valid(left)), False), left, right)
    if pa.types.is_timestamp(left.type):
        naive = pa.timestamp("us")
        return (
            _chosen(name, left.cast(naive), right.cast(naive)).cast(left.type)
            if left.type.tz
            else _element_wise(name, left, right)
        )
    made = _element_wise(name, left, right)
    if name == "greatest" and pa.types.is_floating(left.type):
        either = pc.or_(without_nulls(pc.is_nan(left), False), without_nulls(pc.is_nan(right), False))
        made = pc.if_else(either, arrow_scalar(float("nan"), left.type), made)
    return made


def _element_wise(name: str, left: pa.Array, right: pa.Array) -> pa.Array:
    function = pc.min_element_wise if name == "least" else pc.max_element_wise
    return function(left, right, skip_nulls=True)


def _nullif(value: pa.Array, other: pa.Array) -> pa.Array:
    one, two = in_common_type((value, other))
    return pc.if_else(without_nulls(pc.equal(one, two), False), null_of(value.type), value)


NULLS: Mapping[str, Callable[..., Any]] = {
    "coalesce": _coalesce,
    "greatest": _extreme("greatest"),
    "isnotnull": pc.is_valid,
    "isnull": pc.is_null,
    "least": _extreme("least"),
    "nullif": _nullif,
}

__all__ = ["NULLS", "in_common_type"]
