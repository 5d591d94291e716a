"""Timelines: the volume of days, weekdays, months, hours and events against the declared intensity."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.expressions.patterns import WEEKDAYS
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.columns.time.zones import local_days, zone_of
from pytest_synthdata.validation.declared.expectations import TimelineExpectation
from pytest_synthdata.validation.measures import Finding, ViolationCounter, as_numbers
from pytest_synthdata.validation.results import Days
from pytest_synthdata.validation.rows import Rows
from pytest_synthdata.validation.statistics import chi_square_p, normal_p, sum_of_squares_p

Floats = npt.NDArray[np.float64]
_AROUND = 28  # days before and after an event with which it is compared
_LEAST_A_DAY = 10.0  # rows expected of a period for its count to be as good as normal
_DAYS_A_YEAR = 365.25
_TREND_STEP = 0.1


class MomentsMeasure:
    """Rows by day, and by hour of the day."""

    def __init__(self, law: TimelineExpectation, column: str) -> None:
        self.timeline: Timeline = law.timeline
        self.with_hours: bool = law.hours
        self.column: str = column
        first, _ = self.timeline.span()
        self.first: int = int(np.datetime64(first, "D").astype(np.int64))
        self.days: npt.NDArray[np.int64] = np.zeros(len(self.timeline.days()), np.int64)
        self.zone: dt.tzinfo = zone_of(self.timeline.tz or "UTC")
        # Of events that begin or end within a day, the rows in them.
        self.during: dict[Event, int] = {event: 0 for event in self.timeline.events if event.has_hours}
        self.hours: npt.NDArray[np.int64] = np.zeros(24, np.int64)
        self.outside: ViolationCounter = ViolationCounter()

    def add(self, values: Values, numbers: npt.NDArray[Any], rows: Rows) -> None:
        moments = as_numbers(values)
        outside = np.zeros(len(moments), np.bool_)
        if self.timeline.parts() is not None:
            seconds = np.floor(moments * 86_400 + 1e-3)
            begin, end = self.timeline.seconds()
            outside = (seconds < begin) | (seconds >= end)
            for event in self.during:
                begin, end = event.seconds(self.zone)
                self.during[event] += int(((seconds >= begin) & (seconds < end)).sum())
        moments = by_the_clock(moments, self.timeline)
        day = np.floor(moments).astype(np.int64) - self.first
        inside = (day >= 0) & (day < len(self.days)) & ~outside
        self.outside.add(~inside, numbers, rows)
        self.days += np.bincount(day[inside], minlength=len(self.days))
        hour = np.minimum(np.floor((moments - np.floor(moments)) * 24 + 1e-6), 23).astype(np.int64)
        self.hours += np.bincount(hour, minlength=24)

    def volume(self) -> Days:
        """The rows of each day, declared and measured."""
        expected = _shares(self.timeline.intensity()) * self.days.sum()
        spans = [(event.days(self.zone), event.multiplier) for event in self.timeline.events]
        events = [(start.isoformat(), end.isoformat(), multiplier) for (start, end), multiplier in spans]
        return Days(
            self.column, self.timeline.span()[0].isoformat(), tuple(self.days.tolist()),
            tuple(expected.tolist()), tuple(events),
        )  # fmt: skip

    def checks(self) -> Iterator[Finding]:
        period = f"{self.timeline.start} … {self.timeline.end}"
        yield self.outside.finding("outside of the period", period, int(self.days.sum()) + self.outside.count)
        total = int(self.days.sum())
        if not total:
            return
        likely = _shares(self.timeline.intensity())
        everything = np.ones(len(likely), np.bool_)
        weekday = (self.timeline.days().astype(np.int64) + 3) % 7
        yield from self._groups("weekday", likely, weekday, list(WEEKDAYS))
        months, month = np.unique(self.timeline.days().astype("datetime64[M]"), return_inverse=True)
        yield from self._groups("month", likely, month, [str(name) for name in months])
        yield from self._trend(likely, everything)
        for event in self.timeline.events:
            yield from self._hours_of(event) if event.has_hours else self._event(event, likely)
        yield from self._each_day(likely)
        if self.with_hours:
            shares = self.timeline.hour_shares()
            gap = np.abs(self.hours / self.hours.sum() - shares)
            worst = int(gap.argmax())
            yield (
                "hours", f"{worst:02d}:00 is farthest off", float(shares[worst]),
                float(self.hours[worst] / self.hours.sum()), total, chi_square_p(self.hours, shares), (),
            )  # fmt: skip

    def _groups(self, kind: str, likely: Floats, group: npt.NDArray[Any], names: list[str]) -> Iterator[Finding]:
        total = int(self.days.sum())
        everything = np.ones(len(likely), np.bool_)
        present = np.unique(group)
        for number in present if len(present) > 1 else ():
            inside = group == number
            share = float(likely[inside].sum())
            if total * min(share, 1 - share) >= _LEAST_A_DAY:
                measured = float(self.days[inside].sum() / total)
                yield kind, names[number], share, measured, total, self._p(inside.astype(float), likely, everything), ()
            elif share == 0:
                yield kind, names[number], 0.0, float(self.days[inside].sum()), total, None, ()

    def _trend(self, likely: Floats, everything: npt.NDArray[np.bool_]) -> Iterator[Finding]:
        years = np.arange(len(likely)) / _DAYS_A_YEAR
        growth = 1 + self.timeline.trend * years
        if len(likely) < 2 * _AROUND or self.days.sum() * likely.min(initial=1, where=likely > 0) <= 0:
            return
        weights = years - float(likely @ years)
        level = np.divide(likely, growth, out=np.zeros_like(likely), where=growth > 0)
        more = _shares(level * (growth + _TREND_STEP * years))
        slope = float((more - likely) @ weights) / _TREND_STEP
        measured = self.timeline.trend + float(self.days / self.days.sum() @ weights) / slope
        p_value = self._p(weights, likely, everything)
        yield "trend", "growth a year", float(self.timeline.trend), measured, int(self.days.sum()), p_value, ()

    def _event(self, event: Event, likely: Floats) -> Iterator[Finding]:
        days = self.timeline.days()
        spans = [np.array([np.datetime64(day, "D") for day in other.days(self.zone)]) for other in self.timeline.events]
        first, last = (np.datetime64(day, "D") for day in event.days())
        inside = (days >= first) & (days <= last)
        near = (days >= first - _AROUND) & (days <= last + _AROUND)
        others = np.any([(days >= start) & (days <= end) for start, end in spans], axis=0)
        around = near & ~others
        window = inside | around
        if event.multiplier <= 0:
            rule = ViolationCounter()
            rule.count = int(self.days[inside].sum())
            yield rule.finding("event", f"rows in {first} … {last}", int(self.days[window].sum()))
            return
        usual = likely / event.multiplier
        expected = float(usual[inside].sum()) / float(likely[around].sum() or 1)
        counted = int(self.days[window].sum())
        inner = float(likely[inside].sum() / likely[window].sum())
        if not around.any() or counted * min(inner, 1 - inner) < _LEAST_A_DAY:
            return
        measured = float(self.days[inside].sum() / max(self.days[around].sum(), 1) / expected)
        p_value = self._p(inside.astype(float), likely, window)
        yield "event", f"multiplier {first} … {last}", float(event.multiplier), measured, counted, p_value, ()

    def _hours_of(self, event: Event) -> Iterator[Finding]:
        """An event that begins or ends within a day, against the rest of the period."""
        total, counted = int(self.days.sum()), self.during[event]
        others = tuple(other for other in self.timeline.events if other is not event)
        without = replace(self.timeline, events=others).intensity()
        silent = replace(self.timeline, events=(*others, replace(event, multiplier=0.0))).intensity()
        usual, rest = float((without - silent).sum()), float(silent.sum())
        inner = event.multiplier * usual / (event.multiplier * usual + rest)
        period = f"{event.start} … {event.end}"
        if event.multiplier <= 0:
            rule = ViolationCounter()
            rule.count = counted
            yield rule.finding("event", f"rows in {period}", total)
            return
        if total * min(inner, 1 - inner) < _LEAST_A_DAY:
            return
        measured = counted / max(total - counted, 1) * rest / usual
        noise = self.timeline.noise**2 * inner**2
        p_value = normal_p((counted / total - inner) / math.sqrt(inner * (1 - inner) / total + noise))
        yield "event", f"multiplier {period}", float(event.multiplier), measured, total, p_value, ()

    def _each_day(self, likely: Floats) -> Iterator[Finding]:
        size = max(1, int(np.ceil(_LEAST_A_DAY / max(float(np.median(likely)) * self.days.sum(), 1e-9))))
        if size > len(likely) // 2:
            return
        starts = np.arange(0, len(likely), size)
        counts = np.add.reduceat(self.days, starts)
        expected = np.add.reduceat(likely, starts) * self.days.sum()
        noise = self.timeline.noise**2 * np.add.reduceat((likely * self.days.sum()) ** 2, starts)
        good = expected >= _LEAST_A_DAY / 2
        z = (counts[good] - expected[good]) / np.sqrt(expected[good] + noise[good])
        if not len(z):
            return
        worst = int(np.abs(z).argmax())
        at = starts[good][worst]
        unit = "day" if size == 1 else f"{size} days"
        yield (
            "daily volume", f"the {unit} from {self.timeline.days()[at]} farthest off", float(expected[good][worst]),
            int(counts[good][worst]), int(self.days.sum()), sum_of_squares_p(float(z @ z), len(z) - 1), (),
        )  # fmt: skip

    def _p(self, weights: Floats, likely: Floats, window: npt.NDArray[np.bool_]) -> float:
        """How likely the mean of the days' weights is: days' counts are multinomial, and noise moves each day."""
        shares, counts, weights = _shares(likely[window]), self.days[window], weights[window]
        total = counts.sum()
        if not total:
            return 0.0
        around = (weights - shares @ weights) ** 2
        variance = shares @ around / total + self.timeline.noise**2 * (shares**2 @ around)
        z = (counts / total @ weights - shares @ weights) / np.sqrt(max(variance, 1e-300))
        return normal_p(float(z))


def by_the_clock(moments: Floats, timeline: Timeline) -> Floats:
    """Instants, in days since 1970, as the clocks of a timeline's time zone show them."""
    if timeline.tz is None:
        return moments
    local = local_days(timeline.tz, *timeline.span()).local(np.rint(moments * 86_400).astype(np.int64))
    return np.asarray(local / 86_400, np.float64)


def _shares(volume: Floats) -> Floats:
    return np.asarray(volume / volume.sum(), np.float64)


__all__ = ["MomentsMeasure", "by_the_clock"]
