"""Functions of numbers, in Spark's types: what `floor` and `ceil` give is a bigint, of decimals a decimal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_scalar
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.expressions.arithmetic import arithmetic, as_type
from pytest_synthdata.columns.expressions.spark_types import bounded


def _number(array: pa.Array, name: str) -> pa.Array:
    if pa.types.is_null(array.type):
        return array.cast(pa.float64())
    if not is_number(array.type):
        raise TypeError(f"{name} takes numbers, and these are {array.type}")
    return array


def _abs(array: pa.Array) -> pa.Array:
    return pc.abs_checked(_number(array, "abs"))


def _whole(name: str, function: Callable[[pa.Array], pa.Array]) -> Callable[[pa.Array], pa.Array]:
    def of(array: pa.Array) -> pa.Array:
        array = _number(array, name)
        if pa.types.is_integer(array.type):
            return array.cast(pa.int64())
        if not pa.types.is_decimal(array.type):
            return function(array).cast(pa.int64())
        if array.type.scale == 0:
            return array
        target = bounded(array.type.precision - array.type.scale + 1, 0)
        return function(array.cast(pa.decimal128(min(array.type.precision + 1, 38), array.type.scale))).cast(target)

    return of


def _sqrt(array: pa.Array) -> pa.Array:
    return pc.sqrt(as_type(_number(array, "sqrt"), pa.float64()))


def _negative(array: pa.Array) -> pa.Array:
    if pa.types.is_duration(array.type):
        return pc.negate_checked(array.cast(pa.int64())).cast(array.type)
    return pc.negate_checked(_number(array, "-"))


def _pmod(dividend: pa.Array, divisor: pa.Array) -> pa.Array:
    """The remainder that has no sign, as that of a clock."""
    rest = arithmetic("remainder", dividend, divisor)
    again = arithmetic("remainder", arithmetic("add", rest, divisor).cast(rest.type), divisor).cast(rest.type)
    zero = arrow_scalar(Decimal(0) if pa.types.is_decimal(rest.type) else 0, rest.type)
    return pc.if_else(pc.less(rest, zero), again, rest)


MATH: Mapping[str, Callable[..., Any]] = {
    "abs": _abs,
    "ceil": _whole("ceil", pc.ceil),
    "floor": _whole("floor", pc.floor),
    "negative": _negative,
    "pmod": _pmod,
    "sqrt": _sqrt,
}

__all__ = ["MATH"]
