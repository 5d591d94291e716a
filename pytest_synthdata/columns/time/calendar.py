"""Timelines on which events happen more and less often."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.random import Floats, Stream
from pytest_synthdata.columns.time.dates import check_range
from pytest_synthdata.columns.time.events import Event, begin_of, end_of, parse_date, parse_time
from pytest_synthdata.columns.time.parts import PartialDays
from pytest_synthdata.columns.time.zones import local_days, zone_of
from pytest_synthdata.errors import DeclarationError

_DAYS_A_YEAR = 365.25
_SECONDS_AN_HOUR = 3600.0
_FIRST_WEEKEND_DAY = 5
_QUIETEST_DAY = 0.05  # of its usual volume: noise never silences a day

# The share of a day's events in each hour: quiet nights, a morning peak, a dip at noon, a long afternoon.
OFFICE_HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 17, 14, 16, 18, 18, 16, 13, 9, 7, 5, 4, 3, 2)
_LISTS = {
    "events": "events=[Event('2024-10-15', '2024-10-25', 3.0)]",
    "hours": "24 weights, from the hour after midnight on: hours=[0, 0, …]",
    "season": "12 multipliers from January to December, or those of some months: season={12: 1.5}",
    "weekdays": "7 multipliers, from Monday to Sunday: weekdays=[1, 1, 1, 1, 1, 0.4, 0.2]",
}


def time_of_day(elapsed: Floats, hours: Sequence[float]) -> npt.NDArray[np.int64]:
    """The seconds since midnight when a share of a day's events has happened, by the weights of its hours."""
    rhythm = np.concatenate([[0.0], np.cumsum(hours)])
    hour = np.interp(elapsed, rhythm / rhythm[-1], np.arange(25.0))
    return np.minimum(np.floor(hour * _SECONDS_AN_HOUR), 24 * _SECONDS_AN_HOUR - 1).astype(np.int64)


def instants(period: Timeline, day: npt.NDArray[Any], elapsed: Floats) -> pa.Array:
    """The times at which a share of the events of some days, counted from the period's first, has happened."""
    first, last = period.span()
    seconds = time_of_day(elapsed, period.hours)
    if period.tz is None:
        times = np.datetime64(first, "s") + (day * 86_400 + seconds).astype("m8[s]")
    else:
        local = local_days(period.tz, first, last)
        times = local.instants(day.astype(np.int64) + local.first, elapsed, period.hours, seconds).astype("M8[s]")
    parts = period.parts()
    for cut in np.flatnonzero(parts.are_cut()) if parts else ():
        index = np.flatnonzero(day == cut)
        if len(index) and parts:
            times[index] = parts.seconds(int(cut), elapsed[index]).astype("M8[s]")
    return arrow_array(times.astype("datetime64[us]")).cast(TIMESTAMP)


def ends_of(period: Timeline) -> tuple[dt.datetime, dt.datetime]:
    """The first and the last second of a period, in UTC without a zone."""
    begin, end = period.seconds()
    first, last = (np.datetime64(second, "s").item() for second in (begin, end - 1))
    return first, last


@dataclass(frozen=True, init=False)
class Timeline(Generator):
    """When things happen: row numbers laid along an intensity over time, so that ids grow with time.

    Row i of n happens where the expected number of events reaches (i + jitter) / n of the period's total, so
    the whole period is covered whatever the number of rows: with fewer rows each day has fewer.

    Args:
        start: the first day, or a time on it, such as ``"2024-01-01 08:00"``.
        end: the last day or second, included.
        daily: events expected on a plain weekday, 1 by default; stated, it gives the table a natural number of rows.
        weekend: the share of that on Saturdays and Sundays.
        weekdays: instead, a multiplier for each weekday from Monday to Sunday.
        season: a multiplier for each month, ``{12: 1.5}`` or a sequence of 12; absent months have 1.
        trend: relative growth a year, linear: 0.2 is a fifth more after a year.
        events: spikes and drops, of days or of hours.
        noise: standard deviation of a day's multiplier around 1.
        hours: 24 weights for the hours of the day; defaults to office hours.
        tz: the time zone of the days and hours, and of times without one, such as ``"Europe/Berlin"``: hours that its
            clocks skip have no events, hours that come twice have theirs twice. Defaults to UTC.

    Values are timestamps in UTC at whole seconds.

    >>> from pytest_synthdata import Dataset, Event, TableFactory, Timeline
    >>> incident = Event("2024-10-15", "2024-10-25", 3.0)
    >>> class CallFactory(TableFactory):
    ...     at = Timeline("2024-01-01", "2024-12-31", daily=25, weekend=0.6, events=[incident])
    >>> calls = Dataset({CallFactory: None}).calls  # as many rows as the timeline expects
    >>> calls.num_rows
    8620
    >>> calls.to_arrow(stop=2)["at"].cast("string").to_pylist()
    ['2024-01-01 06:05:13.000000Z', '2024-01-01 07:21:34.000000Z']
    """

    start: str | dt.date
    end: str | dt.date
    daily: float
    weekend: float
    season: tuple[float, ...]
    trend: float
    events: tuple[Event, ...]
    noise: float
    hours: tuple[float, ...]
    weekdays: tuple[float, ...] | None
    tz: str | None
    is_daily_stated: bool = field(init=False, repr=False, compare=False)

    pinned = True

    def __init__(
        self,
        start: str | dt.date,
        end: str | dt.date,
        *,
        daily: float | None = None,
        weekend: float = 1.0,
        season: Mapping[int, float] | Sequence[float] | None = None,
        trend: float = 0.0,
        events: Sequence[Event] = (),
        noise: float = 0.0,
        hours: Sequence[float] | None = None,
        weekdays: Sequence[float] | None = None,
        tz: str | None = None,
    ) -> None:
        months: tuple[float, ...]
        if isinstance(season, Mapping):
            unknown = [month for month in season if month not in range(1, 13)]
            if unknown:
                raise DeclarationError(f"Timeline: season has month {unknown[0]!r}; months are 1 to 12")
            months = tuple(season.get(month, 1.0) for month in range(1, 13))
        else:
            months = (1.0,) * 12 if season is None else _several("season", season)
        fields = {
            "start": start,
            "end": end,
            "daily": 1.0 if daily is None else daily,
            "weekend": weekend,
            "season": months,
            "trend": trend,
            "events": _several("events", events),
            "noise": noise,
            "hours": OFFICE_HOURS if hours is None else _several("hours", hours),
            "weekdays": None if weekdays is None else _several("weekdays", weekdays),
            "tz": tz,
            "is_daily_stated": daily is not None,
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def values(self, cells: Cells) -> Values:
        cumulative = _cumulative(self, cells.stream)
        count = max(cells.reader.bound.num_rows, 1)
        # Sequences of a factory may run past the table's end; they begin the period anew.
        position = (cells.rows % np.uint64(count)).astype(np.float64) + cells.uniform()
        volume = np.minimum(position * (cumulative[-1] / count), np.nextafter(cumulative[-1], 0.0))
        day = np.minimum(np.searchsorted(cumulative, volume, side="right") - 1, len(cumulative) - 2)
        elapsed = (volume - cumulative[day]) / (cumulative[day + 1] - cumulative[day])
        return instants(self, day, elapsed)

    def span(self) -> tuple[dt.date, dt.date]:
        """The first and the last day of the period, those of which it has a part included."""
        zone = self._zone()
        return parse_date(self.start, zone=zone), parse_date(self.end, zone=zone)

    def seconds(self) -> tuple[int, int]:
        """The period's first second, and the one after its last, since 1970."""
        zone = self._zone()
        return begin_of(self.start, zone), end_of(self.end, zone)

    def zone(self) -> str:
        return self.tz or "UTC"

    def _zone(self) -> dt.tzinfo:
        return dt.timezone.utc if self.tz is None else zone_of(self.tz)

    def days(self) -> npt.NDArray[np.datetime64]:
        """The days of the period, datetime64[D]."""
        first, last = self.span()
        return np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + np.timedelta64(1, "D"))

    def intensity(self) -> Floats:
        """The events expected on each day, without noise."""
        days = self.days()
        weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        month = days.astype("datetime64[M]").astype(np.int64) % 12
        if self.weekdays is None:
            volume = self.daily * np.where(weekday >= _FIRST_WEEKEND_DAY, self.weekend, 1.0)
        else:
            volume = self.daily * np.array(self.weekdays, np.float64)[weekday]
        volume *= np.array(self.season)[month]
        volume *= 1 + self.trend * np.arange(len(days)) / _DAYS_A_YEAR
        for event in self.events:
            if event.has_hours:
                continue
            start, end = event.days()
            volume[(days >= np.datetime64(start)) & (days <= np.datetime64(end))] *= event.multiplier
        parts = self.parts()
        return volume if parts is None else volume * parts.shares()

    def parts(self) -> PartialDays | None:
        """What of the days counts by how much; None for a period and events of whole days."""
        return _parts(self)

    def hour_shares(self) -> Floats:
        """The shares of the period's events in each hour of the clock."""
        shares = np.array(self.hours, np.float64) / math.fsum(self.hours)
        parts = self.parts()
        if parts is None and self.tz is None:
            return shares
        if parts is None:
            parts = PartialDays.of(local_days(self.tz, *self.span()), self.hours, self.seconds(), ())
        # Of a day on which the clocks are changed, an hour is left out or comes twice.
        volume, own = self.intensity(), parts.are_cut() | parts.days.are_odd()
        found = shares * volume[~own].sum()
        for day in np.flatnonzero(own):
            found = found + volume[day] * parts.by_hour(int(day))
        return np.asarray(found / found.sum())

    def expected(self) -> int:
        """The number of events that the period is expected to have."""
        return round(float(self.intensity().sum()))

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return TIMESTAMP

    def _check_kinds(self, place: str) -> None:
        for event in self.events:
            if not isinstance(event, Event):
                raise DeclarationError(
                    f"{place}: {event!r} is not an event; write Event('2024-10-15', '2024-10-25', 3.0)"
                )
        numbers = (self.daily, self.weekend, self.trend, self.noise, *self.season, *self.hours, *(self.weekdays or ()))
        for number in (*numbers, *(event.multiplier for event in self.events)):
            if isinstance(number, bool) or not isinstance(number, (int, float, np.number)):
                raise DeclarationError(f"{place}: {number!r} is not a number")

    def check(self, scope: Scope) -> None:
        place = f"{scope.place}: Timeline"
        self._check_kinds(place)
        try:
            zone = zone_of(self.tz or "UTC")
            period = self.seconds()
            spans = [event.seconds(zone) for event in self.events]
        except (DeclarationError, OverflowError) as error:
            raise DeclarationError(f"{place}: {error}") from None
        check_range(self.start, self.end, self, scope, is_inverted=period[0] >= period[1])
        if self.weekdays is not None and (len(self.weekdays) != 7 or self.weekend != 1):  # noqa: PLR2004
            raise DeclarationError(f"{place}: weekdays has 7 multipliers, from Monday to Sunday, and replaces weekend")
        if len(self.season) != 12 or len(self.hours) != 24:  # noqa: PLR2004
            raise DeclarationError(f"{place}: season has 12 months and hours has 24 weights")
        factors = (
            self.daily,
            self.weekend,
            *self.season,
            *self.hours,
            *(self.weekdays or ()),
            *(event.multiplier for event in self.events),
        )
        if any(not factor >= 0 for factor in factors) or sum(self.hours) == 0:
            raise DeclarationError(f"{place}: daily, weekend, season, hours and multipliers must not be negative")
        if not 0 <= self.noise < 1:
            raise DeclarationError(f"{place}: noise={self.noise} is the standard deviation around 1: from 0 to below 1")
        for (start, end), event in zip(spans, self.events, strict=True):
            check_range(event.start, event.end, event, scope, is_inverted=start >= end)
            if end <= period[0] or start >= period[1]:
                raise DeclarationError(f"{place}: {event} lies outside of {self.start} to {self.end}")
        intensity = self.intensity()
        if intensity.min() < 0 or intensity.sum() <= 0:
            raise DeclarationError(
                f"{place}: the volume is negative on some day, or 0 on all: check trend and daily, and hours"
            )

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        return ends_of(self)


def _several(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    """What an argument lists."""
    if isinstance(values, (str, Mapping)) or not isinstance(values, Iterable):
        raise DeclarationError(f"Timeline: {name}={values!r} lists nothing; write {_LISTS[name]}")
    return tuple(values)


@lru_cache(maxsize=64)
def _parts(timeline: Timeline) -> PartialDays | None:
    events = [event for event in timeline.events if event.has_hours]
    if not events and parse_time(timeline.start) is None and parse_time(timeline.end) is None:
        return None
    zone = zone_of(timeline.tz or "UTC")
    spans = [(event.seconds(zone), event.multiplier) for event in events]
    return PartialDays.of(local_days(timeline.tz or "UTC", *timeline.span()), timeline.hours, timeline.seconds(), spans)


@lru_cache(maxsize=64)
def _cumulative(timeline: Timeline, stream: Stream) -> Floats:
    """The events expected up to the beginning of each day, and up to the end of the last."""
    from pytest_synthdata.columns.special_functions import ndtri

    volume = timeline.intensity()
    if timeline.noise:
        days = timeline.days().astype(np.int64).astype(np.uint64)
        volume *= np.maximum(1 + timeline.noise * ndtri(stream.child("noise").uniform(days)), _QUIETEST_DAY)
    return np.concatenate([[0.0], np.cumsum(volume)])
