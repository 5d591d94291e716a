"""The types that Spark gives to arithmetic and to values of several types, in ANSI mode.

Rules: Spark SQL reference, "ANSI compliance"; for decimals, `DecimalPrecision` with precision loss allowed.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import is_number, is_temporal

_MOST_DIGITS = 38
_LEAST_SCALE = 6  # digits of a fraction that are kept where there is no room for all
_INTEGERS = (pa.int8(), pa.int16(), pa.int32(), pa.int64())
_DIGITS = {pa.int8(): 3, pa.int16(): 5, pa.int32(): 10, pa.int64(): 20}


def decimal_of(type_: pa.DataType) -> pa.DataType:
    """The decimals that hold all values of a type of whole numbers."""
    return pa.decimal128(_DIGITS[type_], 0) if type_ in _DIGITS else type_


def bounded(precision: int, scale: int) -> pa.DataType:
    """Decimals of at most 38 digits, which lose digits of their fraction where they have more."""
    if precision > _MOST_DIGITS:
        scale = max(_MOST_DIGITS - (precision - scale), min(scale, _LEAST_SCALE))
        precision = _MOST_DIGITS
    return pa.decimal128(precision, scale)


def decimal_result(function: str, left: pa.DataType, right: pa.DataType) -> pa.DataType:
    """The type of a sum, difference, product, quotient or remainder of decimals."""
    (p1, s1), (p2, s2) = (left.precision, left.scale), (right.precision, right.scale)
    if function == "multiply":
        return bounded(p1 + p2 + 1, s1 + s2)
    if function == "divide":
        scale = max(_LEAST_SCALE, s1 + p2 + 1)
        return bounded(p1 - s1 + s2 + scale, scale)
    if function == "remainder":
        scale = max(s1, s2)
        return bounded(min(p1 - s1, p2 - s2) + scale, scale)
    scale = max(s1, s2)
    return bounded(max(p1 - s1, p2 - s2) + scale + 1, scale)


def common_number(left: pa.DataType, right: pa.DataType) -> pa.DataType:
    """The type in which two numbers meet."""
    if left == right:
        return left
    if pa.types.is_decimal(left) or pa.types.is_decimal(right):
        if pa.types.is_floating(left) or pa.types.is_floating(right):
            return pa.float64()
        one, other = decimal_of(left), decimal_of(right)
        scale = max(one.scale, other.scale)
        return bounded(max(one.precision - one.scale, other.precision - other.scale) + scale, scale)
    if pa.types.is_floating(left) or pa.types.is_floating(right):
        return pa.float64()
    if left in _INTEGERS and right in _INTEGERS:
        return max(left, right, key=_INTEGERS.index)
    raise TypeError(f"no type of Spark holds both {left} and {right}")


def common(types: Sequence[pa.DataType]) -> pa.DataType:
    """The type in which values of several types meet, as in `coalesce` and `greatest`."""
    distinct = list(dict.fromkeys(type_ for type_ in types if not pa.types.is_null(type_)))
    if not distinct:
        return pa.null()
    found = distinct[0]
    for other in distinct[1:]:
        if is_number(found) and is_number(other):
            found = common_number(found, other)
        elif all(is_temporal(one) for one in (found, other)):
            zoned = next((one for one in (found, other) if getattr(one, "tz", None)), None)
            found = zoned or (found if pa.types.is_timestamp(found) else other)
        else:
            raise TypeError(f"no type holds both {found} and {other}; cast one of them")
    return found


__all__ = ["bounded", "common", "common_number", "decimal_of", "decimal_result"]
