"""Functions of dates and times, as Spark has them with the session's time zone UTC."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, null_of, without_nulls
from pytest_synthdata.columns.arrow.casts.casting import cast
from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.expressions.intervals import arithmetic, interval_of
from pytest_synthdata.columns.expressions.patterns import format_times, parse_times

_DAY = 86_400
_THURSDAY = 3  # 1970-01-01, counted from Monday


def as_dates(array: pa.Array, name: str) -> pa.Array:
    """Dates; the days of times, and what texts say."""
    if pa.types.is_date(array.type) or pa.types.is_null(array.type):
        return array.cast(pa.date32())
    if pa.types.is_timestamp(array.type):
        return array.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)
    if pa.types.is_string(array.type):
        return to_arrow(cast(array, pa.date32()))
    raise TypeError(f"{name} takes dates, and these are {array.type}")


def as_times(array: pa.Array, name: str) -> pa.Array:
    """Times without their zone; the midnights of dates, and what texts say."""
    if pa.types.is_string(array.type):
        array = to_arrow(cast(array, TIMESTAMP))
    if is_temporal(array.type) or pa.types.is_null(array.type):
        return array.cast(pa.timestamp("us"))
    raise TypeError(f"{name} takes dates or times, and these are {array.type}")


def _part(name: str, function: Callable[[pa.Array], pa.Array]) -> Callable[[pa.Array], pa.Array]:
    return lambda array: function(as_times(array, name)).cast(pa.int32())


def _date_add(name: str) -> Callable[[pa.Array, pa.Array], pa.Array]:
    function = "add" if name == "date_add" else "subtract"

    def of(dates: pa.Array, days: pa.Array) -> pa.Array:
        if not pa.types.is_integer(days.type) and not pa.types.is_null(days.type):
            raise TypeError(f"{name} takes a whole number of days, and these are {days.type}; add .cast('int')")
        return arithmetic(function, as_dates(dates, name), days.cast(pa.int64()))

    return of


def _datediff(end: pa.Array, start: pa.Array) -> pa.Array:
    last, first = (as_dates(array, "datediff").cast(pa.int32()) for array in (end, start))
    return pc.subtract_checked(last, first)


def _months(array: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], pa.Array]:
    """Months since 1970, the day of the month from 0, and which are null."""
    days = to_numpy(without_nulls(array.cast(pa.int32()), 0)).astype("M8[D]")
    months = days.astype("M8[M]")
    return months.astype(np.int64), (days - months).astype(np.int64), pc.is_null(array)


def _add_months(dates: pa.Array, count: pa.Array) -> pa.Array:
    dates = as_dates(dates, "add_months")
    months, day, null = _months(dates)
    moved = months + to_numpy(without_nulls(count.cast(pa.int64()), 0))
    first = moved.astype("M8[M]").astype("M8[D]")
    length = ((moved + 1).astype("M8[M]").astype("M8[D]") - first).astype(np.int64)
    return _dates(first + np.minimum(day, length - 1).astype("m8[D]"), pc.or_(null, pc.is_null(count)))


def _last_day(dates: pa.Array) -> pa.Array:
    months, _, null = _months(as_dates(dates, "last_day"))
    return _dates((months + 1).astype("M8[M]").astype("M8[D]") - np.timedelta64(1, "D"), null)


def _dates(days: npt.NDArray[Any], null: pa.Array) -> pa.Array:
    made = arrow_array(days.astype("M8[D]").astype(np.int32)).cast(pa.date32())
    return pc.if_else(null, null_of(pa.date32()), made)


_UNITS = {
    **dict.fromkeys(("year", "yyyy", "yy"), "Y"),
    "quarter": "quarter",
    **dict.fromkeys(("month", "mon", "mm"), "M"),
    "week": "week",
    **dict.fromkeys(("day", "dd"), "D"),
    "hour": "h",
    "minute": "m",
    "second": "s",
    "millisecond": "ms",
    "microsecond": "us",
}
_UNITS_OF_DATES = ("Y", "quarter", "M", "week")


def unit_of(name: str, *, dates: bool) -> str:
    """The unit that a name stands for in `date_trunc`, or in `trunc` of dates."""
    known = {word: unit for word, unit in _UNITS.items() if not dates or unit in _UNITS_OF_DATES}
    if not isinstance(name, str) or name.lower() not in known:
        raise TypeError(f"{name!r} is not a unit; write one of {', '.join(known)}")
    return known[name.lower()]


def _truncated(times: npt.NDArray[np.datetime64], unit: str) -> npt.NDArray[np.datetime64]:
    if unit == "quarter":
        months = times.astype("M8[M]").astype(np.int64)
        return (months // 3 * 3).astype("M8[M]")
    if unit == "week":
        days = times.astype("M8[D]").astype(np.int64)
        return (days - (days + _THURSDAY) % 7).astype("M8[D]")
    return times.astype(f"M8[{unit}]")


def _date_trunc(array: pa.Array, unit: str) -> pa.Array:
    times = as_times(array, "date_trunc")
    made = _truncated(to_numpy(without_nulls(times, 0)), unit_of(unit, dates=False))
    cut = pc.if_else(pc.is_null(times), null_of(times.type), arrow_array(made.astype("M8[us]")))
    return cut.cast(TIMESTAMP)  # also of times without a zone, as in Spark


def _trunc(array: pa.Array, unit: str) -> pa.Array:
    dates = as_dates(array, "trunc")
    days = to_numpy(without_nulls(dates.cast(pa.int32()), 0)).astype("M8[D]")
    return _dates(_truncated(days, unit_of(unit, dates=True)).astype("M8[D]"), pc.is_null(dates))


def _to_date(array: pa.Array, pattern: str | None = None) -> pa.Array:
    if pattern is None or not pa.types.is_string(array.type):
        return as_dates(array, "to_date")
    return parse_times(array, pattern).cast(pa.date32(), safe=False)


def _to_timestamp(array: pa.Array, pattern: str | None = None) -> pa.Array:
    if pattern is None or not pa.types.is_string(array.type):
        return as_times(array, "to_timestamp").cast(TIMESTAMP)
    return parse_times(array, pattern).cast(TIMESTAMP)


def _date_format(array: pa.Array, pattern: str) -> pa.Array:
    return format_times(as_times(array, "date_format"), pattern)


def _interval(unit: str) -> Callable[[pa.Array], pa.Array]:
    return lambda numbers: interval_of(numbers, unit)


TIME: Mapping[str, Callable[..., Any]] = {
    "add_months": _add_months,
    "date_add": _date_add("date_add"),
    "date_format": _date_format,
    "date_sub": _date_add("date_sub"),
    "date_trunc": _date_trunc,
    "datediff": _datediff,
    "dayofmonth": _part("dayofmonth", pc.day),
    "dayofweek": _part("dayofweek", lambda times: pc.day_of_week(times, count_from_zero=False, week_start=7)),
    "dayofyear": _part("dayofyear", pc.day_of_year),
    "days": _interval("days"),
    "hour": _part("hour", pc.hour),
    "hours": _interval("hours"),
    "last_day": _last_day,
    "minute": _part("minute", pc.minute),
    "minutes": _interval("minutes"),
    "month": _part("month", pc.month),
    "quarter": _part("quarter", pc.quarter),
    "second": _part("second", pc.second),
    "seconds": _interval("seconds"),
    "to_date": _to_date,
    "to_timestamp": _to_timestamp,
    "trunc": _trunc,
    "weekday": _part("weekday", lambda times: pc.day_of_week(times, count_from_zero=True, week_start=1)),
    "weekofyear": _part("weekofyear", pc.iso_week),
    "year": _part("year", pc.year),
}

__all__ = ["TIME", "as_dates", "as_times"]
