"""Arithmetic of dates, times and the intervals between them, as in Spark.

An interval of whole days (Spark's ``INTERVAL DAY``) is a duration in seconds, any other one in microseconds (``INTERVAL
DAY TO SECOND``): a date plus the former is a date, plus the latter a timestamp.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_scalar, null_of
from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.types import TIMESTAMP

WHOLE_DAYS = pa.duration("s")
INTERVAL = pa.duration("us")
_DAY = 86_400
_SECONDS = {"days": _DAY, "hours": 3_600, "minutes": 60, "seconds": 1}
MICROSECONDS = {unit: seconds * 1_000_000 for unit, seconds in _SECONDS.items()}  # of each function of intervals


def is_time(type_: pa.DataType) -> bool:
    """Whether a type is one of dates, times or intervals."""
    return is_temporal(type_) or pa.types.is_duration(type_)


def arithmetic(function: str, left: pa.Array, right: pa.Array) -> pa.Array:
    """A date or time moved by an interval, the interval between two, or intervals added and multiplied.

    Raises:
        TypeError: for types that Spark cannot calculate with.
    """
    kinds = (_kind(left.type), _kind(right.type))
    if function in ("add", "multiply") and (function, *kinds) not in _CASES:
        left, right, kinds = right, left, kinds[::-1]
    made = _CASES.get((function, *kinds))
    if made is None:
        hint = "a date takes whole days, days(…) takes fractions" if "date" in kinds else "write days(…) or hours(…)"
        raise TypeError(f"cannot {function} {left.type} and {right.type}; {hint}, or cast one of them")
    return made(function, left, right)


def _kind(type_: pa.DataType) -> str:
    test = pa.types
    if test.is_date(type_):
        return "date"
    if test.is_timestamp(type_):
        return "time"
    if test.is_duration(type_):
        return "interval"
    if test.is_integer(type_):
        return "integer"
    return "number" if test.is_floating(type_) or test.is_decimal(type_) else "other"


def _days(dates: pa.Array) -> pa.Array:
    return dates.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())


def _naive(times: pa.Array) -> pa.Array:
    return times.cast(pa.timestamp("us"))


def _moved_days(function: str, dates: pa.Array, count: pa.Array) -> pa.Array:
    count = count.cast(pa.int64())
    moved = pc.add_checked(_days(dates), count) if function == "add" else pc.subtract_checked(_days(dates), count)
    return moved.cast(pa.int32()).cast(pa.date32())


def _moved(function: str, times: pa.Array, interval: pa.Array) -> pa.Array:
    if pa.types.is_date(times.type):
        if interval.type == WHOLE_DAYS:
            return _moved_days(function, times, pc.divide(interval.cast(pa.int64()), arrow_scalar(_DAY)))
        times = _naive(times).cast(TIMESTAMP)
    type_ = pa.timestamp("us", times.type.tz)
    return getattr(pc, f"{function}_checked")(_naive(times), interval.cast(INTERVAL)).cast(type_)


def _between(function: str, left: pa.Array, right: pa.Array) -> pa.Array:
    del function
    if pa.types.is_date(left.type) and pa.types.is_date(right.type):
        return pc.multiply(pc.subtract(_days(left), _days(right)), arrow_scalar(_DAY)).cast(WHOLE_DAYS)
    return pc.subtract(_naive(left), _naive(right))


def _together(function: str, left: pa.Array, right: pa.Array) -> pa.Array:
    type_ = WHOLE_DAYS if left.type == right.type == WHOLE_DAYS else INTERVAL
    return getattr(pc, function)(left.cast(type_), right.cast(type_))


def _microseconds(interval: pa.Array) -> pa.Array:
    return interval.cast(INTERVAL).cast(pa.int64())


def _ratio(function: str, dividend: pa.Array, divisor: pa.Array) -> pa.Array:
    del function
    return _quotient(*(_microseconds(interval).cast(pa.float64(), safe=False) for interval in (dividend, divisor)))


def _scaled(function: str, interval: pa.Array, factor: pa.Array) -> pa.Array:
    if function == "multiply" and pa.types.is_integer(factor.type):
        return pc.multiply_checked(_microseconds(interval), factor.cast(pa.int64())).cast(INTERVAL)
    numbers = _microseconds(interval).cast(pa.float64(), safe=False)
    factors = factor.cast(pa.float64(), safe=False)
    made = pc.multiply(numbers, factors) if function == "multiply" else _quotient(numbers, factors)
    return rounded_interval(made)


def _quotient(numbers: pa.Array, divisors: pa.Array) -> pa.Array:
    return pc.divide(numbers, pc.if_else(pc.equal(divisors, arrow_scalar(0.0)), null_of(pa.float64()), divisors))


_CASES: dict[tuple[str, str, str], Callable[[str, pa.Array, pa.Array], pa.Array]] = {
    **{("subtract", one, other): _between for one in ("date", "time") for other in ("date", "time")},
    **{(function, "date", "integer"): _moved_days for function in ("add", "subtract")},
    **{(function, one, "interval"): _moved for function in ("add", "subtract") for one in ("date", "time")},
    **{(function, "interval", "interval"): _together for function in ("add", "subtract")},
    ("divide", "interval", "interval"): _ratio,
    **{(function, "interval", one): _scaled for function in ("multiply", "divide") for one in ("integer", "number")},
}


def rounded_interval(microseconds: pa.Array) -> pa.Array:
    """Intervals of whole microseconds, half a one away from zero."""
    return pc.round(microseconds, round_mode="half_towards_infinity").cast(pa.int64()).cast(INTERVAL)


def interval_of(numbers: pa.Array, unit: str) -> pa.Array:
    """Intervals of numbers of days, hours, minutes or seconds."""
    seconds = _SECONDS[unit]
    if pa.types.is_integer(numbers.type):
        counted = pc.multiply_checked(numbers.cast(pa.int64()), arrow_scalar(seconds))
        if unit == "days":
            return counted.cast(WHOLE_DAYS)
        return pc.multiply_checked(counted, arrow_scalar(1_000_000)).cast(INTERVAL)
    if not (pa.types.is_floating(numbers.type) or pa.types.is_decimal(numbers.type) or pa.types.is_null(numbers.type)):
        raise TypeError(f"{unit}(…) takes a number, and this is {numbers.type}")
    return rounded_interval(pc.multiply(numbers.cast(pa.float64()), arrow_scalar(seconds * 1e6)))


__all__ = ["INTERVAL", "MICROSECONDS", "WHOLE_DAYS", "arithmetic", "interval_of", "is_time", "rounded_interval"]
