"""Dates and times of which each row has the next: every month, day, business day or hour."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.infer.times.instants import DAY, least, micros_of

_FEWEST = 12
_USUAL = 0.93  # of the days, at least, follow the last business day: the others follow a holiday
_LENGTHS = {"hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 1_000_000}


def regular_series(values: pa.Array) -> Generator | None:
    """The generator of dates or times of which each row has the next: every month, day, business day or hour."""
    micros = micros_of(values)
    if len(micros) < _FEWEST or (np.diff(micros) <= 0).any():
        return None
    is_date = pa.types.is_date(values.type)
    start: Any = least(values)
    number = Key("{}").cast("int")
    first = Constant(start.date() if is_date or not (micros % (DAY * 1_000_000)).any() else start)
    gaps = np.diff(micros)
    if gaps.min() == gaps.max() and (not is_date or gaps[0] % (DAY * 1_000_000) == 0):
        step = int(gaps[0])
        if step % (DAY * 1_000_000) == 0:
            apart = step // (DAY * 1_000_000)
            return Call("date_add", (first, number if apart == 1 else number * apart))
        unit = next(unit for unit in ("hours", "minutes", "seconds") if step % _LENGTHS[unit] == 0 or unit == "seconds")
        count = step / _LENGTHS[unit]
        interval = Call(unit, (number if count == 1 else number * (int(count) if count.is_integer() else count),))
        return Constant(start.replace(tzinfo=dt.timezone.utc)) + interval
    days = micros.astype("datetime64[us]").astype("datetime64[D]")
    if (micros % (DAY * 1_000_000)).any():
        return None
    by_months = _by_months(days, first, number)
    return _by_business_days(days, number) if by_months is None else by_months


def _by_months(days: npt.NDArray[np.datetime64], first: Constant, number: Generator) -> Generator | None:
    months = days.astype("datetime64[M]")
    gaps = np.unique(np.diff(months.astype(np.int64)))
    if len(gaps) != 1:
        return None
    moved = Call("add_months", (first, number if gaps[0] == 1 else number * int(gaps[0])))
    if len(np.unique(days - months)) == 1:
        return moved
    is_end = ((days + 1).astype("datetime64[M]") > months).all()
    return Call("last_day", (moved,)) if is_end else None


def _by_business_days(days: npt.NDArray[np.datetime64], number: Generator) -> Generator | None:
    weekdays = (days.astype(np.int64) + 3) % 7
    gaps = np.diff(days.astype(np.int64))
    usual = (gaps == 1) | ((gaps == 3) & (weekdays[:-1] == 4))  # noqa: PLR2004 - over a weekend
    if (weekdays >= 5).any() or usual.mean() < _USUAL:  # noqa: PLR2004
        return None
    monday = Constant((days[0] - int(weekdays[0])).astype(object))
    shifted = number + int(weekdays[0]) if weekdays[0] else number
    return Call("date_add", (monday, (shifted // 5 * 7 + shifted % 5).cast("int")))


__all__ = ["regular_series"]
