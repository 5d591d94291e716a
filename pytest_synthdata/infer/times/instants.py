"""Dates and times as numbers, and their ends."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy

DAY = 86_400  # seconds


def least(values: pa.Array) -> dt.datetime:
    """The first of some dates or times, by UTC."""
    return _datetime(pc.min(values).as_py())


def greatest(values: pa.Array) -> dt.datetime:
    """The last of some dates or times, by UTC."""
    return _datetime(pc.max(values).as_py())


def _datetime(value: Any) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc) if value.tzinfo else value
    return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001


def seconds_of(values: pa.Array) -> npt.NDArray[np.int64]:
    """Seconds since 1970."""
    return values.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy() // 1_000_000


def micros_of(values: pa.Array) -> npt.NDArray[np.int64]:
    """Microseconds since 1970."""
    return to_numpy(values.cast(pa.timestamp("us")).cast(pa.int64())).astype(np.int64)


def plain_times(values: pa.Array) -> pa.Array:
    """Dates as days and times as ticks since 1970; all else as it is."""
    if pa.types.is_date(values.type):
        return values.cast(pa.int32())
    return values.cast(pa.int64()) if pa.types.is_timestamp(values.type) else values


def floats_of(values: pa.Array) -> npt.NDArray[np.float64]:
    """Numbers, truths, dates and times as floats, NaN where null."""
    numbers = plain_times(values).cast(pa.float64(), safe=False)
    return to_numpy(numbers.fill_null(np.nan)).astype(np.float64)


__all__ = ["DAY", "floats_of", "greatest", "least", "micros_of", "plain_times", "seconds_of"]
