"""Instants as whole microseconds since 1970, in UTC: of what a user writes, and of what a column holds."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.errors import ArgumentError

Micros: TypeAlias = "npt.NDArray[np.int64]"
Moment: TypeAlias = "str | dt.date | dt.datetime"

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - UTC without a zone
_MICROSECOND = dt.timedelta(microseconds=1)


def instant(value: Any, what: str) -> int:
    """A date (its midnight) or a time in microseconds since 1970; a time without a zone is in UTC.

    Args:
        value: a date, a time, or ISO text of either.
        what: what it is given for, for messages.

    Raises:
        SynthDataError: for anything else.

    >>> instant("1970-01-02", "start"), instant("1970-01-01T01:00+01:00", "start")
    (86400000000, 0)
    """
    moment = value
    if isinstance(value, str):
        try:
            moment = dt.datetime.fromisoformat(f"{value[:-1]}+00:00" if value.endswith("Z") else value)
        except ValueError:
            moment = None
    elif isinstance(value, np.datetime64):
        moment = value.astype("datetime64[us]").item()
    if isinstance(moment, dt.date) and not isinstance(moment, dt.datetime):
        moment = dt.datetime.combine(moment, dt.time())
    if not isinstance(moment, dt.datetime):
        raise ArgumentError(f"{what}={value!r} is not a date or a time; write '2024-06-01' or '2024-06-01T08:00'")
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.timezone.utc).replace(tzinfo=None)
    return (moment - _EPOCH) // _MICROSECOND


def as_datetime(microseconds: int) -> dt.datetime:
    """An instant as a time in UTC without a zone.

    >>> as_datetime(86_400_000_000)
    datetime.datetime(1970, 1, 2, 0, 0)
    """
    return _EPOCH + microseconds * _MICROSECOND


def microseconds(array: pa.Array) -> Micros:
    """Dates and times, none of them null, in microseconds since 1970."""
    if pa.types.is_date(array.type):
        array = array.cast(pa.timestamp("s"))
    return np.asarray(to_numpy(array.cast(pa.timestamp("us", array.type.tz), safe=False).cast(pa.int64())), np.int64)


def filled_microseconds(array: pa.Array, missing: int) -> Micros:
    """Dates and times in microseconds since 1970, nulls as a number of their own.

    Raises:
        pyarrow.ArrowInvalid: for times that lie between two microseconds.
    """
    if pa.types.is_date(array.type):
        array = array.cast(pa.timestamp("s"))
    numbers = array.cast(pa.timestamp("us", array.type.tz)).cast(pa.int64())
    return np.asarray(to_numpy(without_nulls(numbers, missing)), np.int64)


__all__ = ["Micros", "Moment", "as_datetime", "filled_microseconds", "instant", "microseconds"]
