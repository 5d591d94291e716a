"""What Arrow and NumPy make of operands: arithmetic of floats, comparisons of dates and texts, membership of lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar, null_of
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.expressions.arithmetic import arithmetic, as_type

COMPARISONS = {
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
}
LOGIC = {"and_kleene", "or_kleene", "invert", "is_null", "is_valid", "is_in"}
_ARITHMETIC = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "floor_divide": "//",
    "remainder": "%",
}
SYMBOLS = {**COMPARISONS, **_ARITHMETIC, "and_kleene": "&", "or_kleene": "|"}
_TESTS = {"is_null": "is_null", "is_valid": "is_not_null"}
FLOAT_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.true_divide,
}


def as_text(function: str, operands: Sequence[str]) -> str:
    """What is computed of operands, as it is written in Python."""
    if symbol := SYMBOLS.get(function):
        return f"({operands[0]} {symbol} {operands[1]})"
    if function == "invert":
        return f"(~{operands[0]})"
    if function == "is_in":
        return f"{operands[0]}.isin({operands[1][1:-1]})"
    if function in _TESTS:
        return f"{operands[0]}.{_TESTS[function]}()"
    return f"{function}({', '.join(operands)})"


def float_result(function: str, arguments: list[Values]) -> npt.NDArray[Any] | None:
    """The result of floats without nulls, which NumPy calculates alike and faster; None where they are not such."""
    left, right = arguments
    if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
        return None
    if {left.dtype.kind, right.dtype.kind} not in ({"f"}, {"f", "i"}) or np.result_type(left, right) != np.float64:
        return None
    if function == "divide" and not np.all(right):
        return None
    with np.errstate(over="ignore", invalid="ignore"):  # infinite, or not a number, as in Spark
        return np.asarray(FLOAT_FUNCTIONS[function](left, right))


def computed(function: str, arrays: list[pa.Array], written: Sequence[int | None]) -> pa.Array:
    """The result of a function.

    Args:
        function: its name.
        arrays: what it takes.
        written: for each of them, the whole number that is written there, if one is.
    """
    if function in _ARITHMETIC:
        if any(pa.types.is_decimal(array.type) for array in arrays):
            arrays = [_digits_only(array, number) for array, number in zip(arrays, written, strict=True)]
        return arithmetic(function, *arrays)
    types = [array.type for array in arrays]
    if function in COMPARISONS and any(map(pa.types.is_floating, types)) and all(map(is_number, types)):
        return _floats_compared(function, *(as_type(array, pa.float64()) for array in arrays))
    return pc.call_function(function, _comparable(arrays))


def _floats_compared(function: str, left: pa.Array, right: pa.Array) -> pa.Array:
    """A comparison in which not-a-number equals itself and is greater than all else, as Spark has it."""
    odd = [pc.is_nan(left), pc.is_nan(right)]
    found = pc.call_function(function, [left, right])
    if not any(pc.any(one).as_py() for one in odd):
        return found
    return pc.if_else(pc.or_(*odd), pc.call_function(function, [one.cast(pa.int8()) for one in odd]), found)


def is_in(array: pa.Array, listed: list[Any]) -> pa.Array:
    """Whether values are in a list; null for null, and for what is not in a list that has a null."""
    values = arrow_array(listed, type=array.type)
    if pa.types.is_floating(array.type):  # 0 is in the list also where it is -0.0
        array, values = (pc.add(one, arrow_scalar(0.0, one.type)) for one in (array, values))
    found = pc.is_in(array, value_set=values.drop_null())
    unknown = pc.invert(found) if values.null_count else pc.is_null(array)
    return pc.if_else(unknown, null_of(pa.bool_()), found)


def _digits_only(array: pa.Array, number: int | None) -> pa.Array:
    """A whole number that is written beside decimals, as a decimal of just its digits."""
    if number is None:
        return array
    return array.cast(pa.decimal128(20, 0)).cast(pa.decimal128(len(str(abs(number))), 0))


def decided(function: str, bounds: tuple[Any, Any], other: tuple[Any, Any]) -> bool | None:
    """True or False where the ranges of both sides decide a comparison for every row, else None."""
    (low, high), (other_low, other_high) = map(_instant, bounds), map(_instant, other)
    try:
        match function:
            case "less_equal":
                return True if high <= other_low else (False if low > other_high else None)
            case "less":
                return True if high < other_low else (False if low >= other_high else None)
            case "greater_equal":
                return True if low >= other_high else (False if high < other_low else None)
            case "greater":
                return True if low > other_high else (False if high <= other_low else None)
    except TypeError:
        return None
    return None


def _instant(value: Any) -> Any:
    """Dates as the midnight that begins them, all times naive UTC, so that they compare."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return value


def _comparable(arrays: list[pa.Array]) -> list[pa.Array]:
    """Give dates, times and their texts one type, as Spark does when it compares them."""
    times = [array.type for array in arrays if pa.types.is_timestamp(array.type)]
    if not times and not any(pa.types.is_date(array.type) for array in arrays):
        return arrays
    if not times and all(pa.types.is_date(array.type) or pa.types.is_string(array.type) for array in arrays):
        if any(pa.types.is_string(array.type) for array in arrays):
            return [array.cast(pa.date32()) for array in arrays]
        return arrays
    zoned = next((type_ for type_ in times if type_.tz), None)
    target = zoned or (times[0] if times else pa.timestamp("us"))
    naive = pa.timestamp(target.unit)
    return [
        array
        if array.type == target
        else (array if pa.types.is_duration(array.type) else array.cast(naive).cast(target))
        for array in arrays
    ]


__all__ = [
    "COMPARISONS",
    "FLOAT_FUNCTIONS",
    "LOGIC",
    "SYMBOLS",
    "as_text",
    "computed",
    "decided",
    "float_result",
    "is_in",
]
