"""Local time: days of a time zone, whose clocks are put forward and back, as instants of UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.random import Floats
from pytest_synthdata.errors import DeclarationError, nearest

Seconds = npt.NDArray[np.int64]

_DAY, _HOUR = 86_400, 3_600
_SLOT = 900  # clocks are put forward and back by multiples of this
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class LocalDays:
    """Some days of a time zone.

    Args:
        first: the first day, counted from 1970-01-01.
        midnights: the instants at which the days begin, and at which the last one ends, in seconds since 1970.
        changes: the instants from which on the clocks differ from UTC by …
        offsets: … so many seconds.
    """

    first: int
    midnights: Seconds
    changes: Seconds
    offsets: Seconds

    def local(self, instants: Seconds) -> Seconds:
        """What the clocks show at some instants, in seconds since 1970."""
        return instants + self.offsets[np.maximum(np.searchsorted(self.changes, instants, side="right") - 1, 0)]

    def instants(self, days: Seconds, elapsed: Floats, hours: Sequence[float], plain: Seconds) -> Seconds:
        """The instants at which a share of each day's events has happened.

        Hours that are left out have no events, hours that come twice have theirs twice.

        Args:
            days: counted from 1970-01-01.
            elapsed: the shares.
            hours: the weights of the hours that the clocks show.
            plain: the seconds since midnight on days of 24 hours.
        """
        number = days - self.first
        made = self.midnights[number] + plain
        for odd in np.unique(number[self.are_odd()[number]]):
            index = np.flatnonzero(number == odd)
            slots = np.arange(self.midnights[odd], self.midnights[odd + 1], _SLOT)
            weights = np.array(hours, np.float64)[self.local(slots) // _HOUR % 24]
            rhythm = np.concatenate([[0.0], np.cumsum(weights)])
            if rhythm[-1] == 0:
                continue
            ends = np.append(slots, self.midnights[odd + 1]).astype(np.float64)
            seconds = np.floor(np.interp(elapsed[index], rhythm / rhythm[-1], ends)).astype(np.int64)
            made[index] = np.minimum(seconds, self.midnights[odd + 1] - 1)
        return made

    def rhythm(self, number: int, hours: Sequence[float], cuts: Seconds) -> tuple[Seconds, Floats]:
        """The instants at which a day's quarters of an hour begin, cut at some others, and the weights of these parts.

        Args:
            number: of the day, counted from the first.
            hours: the weights of the hours that the clocks show.
            cuts: further instants; those of other days are left out.
        """
        begin, end = self.midnights[number], self.midnights[number + 1]
        inside = cuts[(cuts > begin) & (cuts < end)]
        instants = np.unique(np.concatenate([np.arange(begin, end, _SLOT), inside, [end]]))
        weights = np.array(hours, np.float64)[self.local(instants[:-1]) // _HOUR % 24]
        return instants, weights * np.diff(instants)

    def are_odd(self) -> npt.NDArray[np.bool_]:
        """The days on which the clocks are changed."""
        change = np.searchsorted(self.changes, self.midnights, side="right")
        return np.asarray((change[1:] != change[:-1]) | (np.diff(self.midnights) != _DAY))


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        DeclarationError: for a name that the time zone database does not have.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        hint = nearest(str(name), available_timezones()) if available_timezones() else "pip install tzdata"
        raise DeclarationError(f"{name!r} is not a time zone: {hint}") from None


@lru_cache(maxsize=32)
def local_days(name: str, first: dt.date, last: dt.date) -> LocalDays:
    """The days of a time zone from one to another, the last included."""
    zone = zone_of(name)
    count = (last - first).days + 2
    days = [first + dt.timedelta(days=number) for number in range(count)]
    midnights = [int(dt.datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) for day in days]

    def offset(instant: int) -> int:
        found = dt.datetime.fromtimestamp(instant, zone).utcoffset()
        return 0 if found is None else int(found.total_seconds())

    changes, offsets = [midnights[0] - 2 * _DAY], [offset(midnights[0] - 2 * _DAY)]
    for end in range(midnights[0] - _DAY, midnights[-1] + 2 * _DAY, _DAY):
        if offset(end) == offsets[-1]:
            continue
        low, high = end - _DAY, end
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
        changes.append(high)
        offsets.append(offset(end))
    arrays = (np.array(one, np.int64) for one in (midnights, changes, offsets))
    return LocalDays((first - _EPOCH).days, *arrays)


__all__ = ["LocalDays", "local_days", "zone_of"]
