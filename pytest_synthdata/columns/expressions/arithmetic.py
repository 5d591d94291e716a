"""``+ - * / // %`` of Arrow arrays, with the types and the rounding of Spark's ANSI mode.

One thing is milder than there: what is divided by 0 is null, as in Spark's ``try_divide``.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar, null_of, without_nulls
from pytest_synthdata.columns.arrow.casts.floats import floats_of_decimals
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions import intervals
from pytest_synthdata.columns.expressions.spark_types import common_number, decimal_of, decimal_result

FUNCTIONS = ("add", "subtract", "multiply", "divide", "floor_divide", "remainder")
_CHECKED = {"add": pc.add_checked, "subtract": pc.subtract_checked, "multiply": pc.multiply_checked}


def arithmetic(function: str, left: pa.Array, right: pa.Array) -> pa.Array:
    """A sum, difference, product, quotient, whole quotient or remainder.

    Raises:
        TypeError: for types that Spark cannot calculate with.
        pa.ArrowInvalid: where a result does not fit its type.
    """
    if pa.types.is_null(left.type) or pa.types.is_null(right.type):
        left, right = (
            one.cast(other.type) if pa.types.is_null(one.type) else one for one, other in ((left, right), (right, left))
        )
    if intervals.is_time(left.type) or intervals.is_time(right.type):
        return intervals.arithmetic(function, left, right)
    if not (is_number(left.type) and is_number(right.type)):
        raise TypeError(_explain(function, left.type, right.type))
    if function in ("divide", "floor_divide", "remainder"):
        right = pc.if_else(_is_zero(right), null_of(right.type), right)
    if any(pa.types.is_decimal(type_) for type_ in (left.type, right.type)) and not any(
        pa.types.is_floating(type_) for type_ in (left.type, right.type)
    ):
        return _decimal(function, left, right)
    if function == "divide":
        return pc.divide(as_type(left, pa.float64()), as_type(right, pa.float64()))
    target = common_number(left.type, right.type)
    left, right = as_type(left, target), as_type(right, target)
    if function in _CHECKED:
        return _CHECKED[function](left, right)
    return _quotient(function, left, right)


def as_type(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Numbers in the type in which they meet others."""
    if pa.types.is_decimal(array.type) and pa.types.is_floating(target):
        return floats_of_decimals(array, target)
    return array.cast(target, safe=False)


def _explain(function: str, left: pa.DataType, right: pa.DataType) -> str:
    if pa.types.is_string(left) or pa.types.is_string(right):
        if function == "add":
            return f"+ adds numbers, and these are {left} and {right}: join texts by concat(…) of the module functions"
        return f"cannot {function} {left} and {right}; cast the text to a number"
    return f"cannot {function} {left} and {right}; cast one of them"


def _is_zero(array: pa.Array) -> pa.Array:
    return pc.equal(array, arrow_scalar(Decimal(0), array.type) if pa.types.is_decimal(array.type) else arrow_scalar(0))


def _quotient(function: str, left: pa.Array, right: pa.Array) -> pa.Array:
    """What remains of a division towards zero, or how often the divisor goes into the dividend."""
    if function == "floor_divide" and pa.types.is_integer(left.type):
        return pc.divide(left.cast(pa.int64()), right.cast(pa.int64()))
    null = to_numpy(pc.or_(pc.is_null(left), pc.is_null(right)))
    dividend, divisor = to_numpy(without_nulls(left, 0)), to_numpy(without_nulls(right, 1))
    with np.errstate(over="ignore", invalid="ignore"):  # infinite, or not a number, as in Spark
        if function == "remainder":
            return arrow_array(np.fmod(dividend, divisor), left.type, mask=null)
        whole = arrow_array(np.trunc(np.where(null, 0, dividend / divisor)))
    return pc.if_else(arrow_array(null), null_of(pa.int64()), whole.cast(pa.int64()))


def _decimal(function: str, left: pa.Array, right: pa.Array) -> pa.Array:
    left, right = (array.cast(decimal_of(array.type)) for array in (left, right))
    if function == "floor_divide":
        return arrow_array(_objects(function, left, right, pa.decimal128(38, 0)), pa.decimal128(38, 0)).cast(pa.int64())
    target = decimal_result(function, left.type, right.type)
    if function in _EXACT and target.precision < _MOST_DIGITS:
        return _EXACT[function](left, right)
    return arrow_array(_objects(function, left, right, target), target)


def _objects(function: str, left: pa.Array, right: pa.Array, target: pa.DataType) -> list[Decimal | None]:
    """What Arrow does not calculate as Spark does, number by number, rounded half up."""
    unit = Decimal(1).scaleb(-target.scale)
    pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
    made = (None if one is None or other is None else _PYTHON[function](one, other) for one, other in pairs)
    return [None if number is None else number.quantize(unit, ROUND_HALF_UP, _WIDE) for number in made]


_MOST_DIGITS = 38
_WIDE = Context(prec=120)  # more than the digits of any product
_EXACT = {"add": pc.add, "subtract": pc.subtract, "multiply": pc.multiply}
_PYTHON: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "add": _WIDE.add,
    "subtract": _WIDE.subtract,
    "multiply": _WIDE.multiply,
    "divide": _WIDE.divide,
    "floor_divide": _WIDE.divide_int,
    "remainder": _WIDE.remainder,
}

__all__ = ["FUNCTIONS", "arithmetic", "as_type"]
