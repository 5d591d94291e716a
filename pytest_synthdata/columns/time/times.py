"""Times in no order, for columns beside the one that a table is ordered by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.time.calendar import OFFICE_HOURS, Timeline, ends_of, instants
from pytest_synthdata.columns.time.dates import Dates, check_range, column_hint
from pytest_synthdata.columns.time.events import parse_date, parse_time
from pytest_synthdata.columns.time.zones import zone_of
from pytest_synthdata.errors import DeclarationError


@dataclass(frozen=True, init=False)
class Times(Generator):
    """A time between two days or times, both included: every day alike, the hours of the day by their weights.

    Unlike a `Timeline`'s, the times are in no order and say nothing about the number of rows.

    Args:
        start: the first day, as ISO text or date, or relative (``"-2y"``) to the anchor; or a time on it.
        end: the last day, or the last second, such as ``"2024-03-01 10:00"``.
        anchor: the day that relative ones count from.
        hours: 24 weights for the hours of the day; defaults to office hours.
        tz: the time zone of the days and hours, as for a `Timeline`; defaults to UTC.

    Values are timestamps in UTC at whole seconds.

    >>> Times("2024-01-01", "2024-12-31")
    Times('2024-01-01', '2024-12-31')
    """

    start: str | dt.date
    end: str | dt.date
    anchor: str | dt.date | None
    hours: tuple[float, ...]
    tz: str | None

    def __init__(
        self,
        start: str | dt.date,
        end: str | dt.date,
        *,
        anchor: str | dt.date | None = None,
        hours: Sequence[float] | None = None,
        tz: str | None = None,
    ) -> None:
        fields = {"start": start, "end": end, "anchor": anchor, "hours": tuple(hours or OFFICE_HOURS), "tz": tz}
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        anchor = "" if self.anchor is None else f", anchor={self.anchor!r}"
        hours = "" if self.hours == OFFICE_HOURS else f", hours={list(self.hours)}"
        tz = "" if self.tz is None else f", tz={self.tz!r}"
        return f"Times({self.start!r}, {self.end!r}{anchor}{hours}{tz})"

    def values(self, cells: Cells) -> Values:
        elapsed = cells.substream("hour").uniform()
        timeline = self.timeline()
        parts = timeline.parts()
        if parts is None:
            first, _ = timeline.span()
            day = (np.asarray(self._dates().values(cells)) - np.datetime64(first, "D")).astype(np.int64)
        else:
            # Every day alike, and those at the ends by as much of them as there is.
            volume = np.concatenate([[0.0], np.cumsum(parts.shares())])
            reached = np.minimum(cells.uniform() * volume[-1], np.nextafter(volume[-1], 0.0))
            day = np.searchsorted(volume, reached, side="right") - 1
        return instants(timeline, day, elapsed)

    def timeline(self) -> Timeline:
        """A timeline of the same period, days and hours."""
        ends = (end if parse_time(end) else parse_date(end, self.anchor) for end in (self.start, self.end))
        return Timeline(*ends, hours=self.hours, tz=self.tz)

    def _dates(self) -> Dates:
        return Dates(self.start, self.end, self.anchor)

    def zone(self) -> str:
        return self.tz or "UTC"

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return TIMESTAMP

    def check(self, scope: Scope) -> None:
        if any(isinstance(end, Generator) for end in (self.start, self.end)):
            raise DeclarationError(f"{scope.place}: {self!r}: its ends are dates; use Dates(…) + hours(…) for columns")
        try:
            zone_of(self.tz or "UTC")
        except DeclarationError as error:
            raise DeclarationError(f"{scope.place}: {self!r}: {error}") from None
        weights = [weight for weight in self.hours if isinstance(weight, (int, float, np.number)) and weight >= 0]
        if len(weights) != 24 or len(self.hours) != 24 or sum(weights) == 0:  # noqa: PLR2004
            raise DeclarationError(f"{scope.place}: {self!r}: hours has 24 weights ≥ 0, not all of them 0")
        begin, end = self._seconds(scope)
        check_range(self.start, self.end, self, scope, is_inverted=begin >= end)
        if not self.timeline().intensity().any():
            raise DeclarationError(f"{scope.place}: {self!r}: its hours leave no time in the period")

    def _seconds(self, scope: Scope) -> tuple[int, int]:
        try:
            return self.timeline().seconds()
        except (DeclarationError, OverflowError) as error:
            hint = column_hint((self.start, self.end), scope, "Dates(col({!r}), …) + hours(…)")
            raise DeclarationError(f"{scope.place}: {self!r}: {error}{hint}") from None

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        self._seconds(scope)
        return ends_of(self.timeline())


__all__ = ["Times"]
