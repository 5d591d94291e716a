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
from pytest_synthdata.columns.time.calendar import OFFICE_HOURS, ends_of, instants
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.zones import zone_of
from pytest_synthdata.errors import DeclarationError


@dataclass(frozen=True, init=False)
class Times(Generator):
    """A time between two days, both included: every day alike, the hours of the day by their weights.

    Unlike a `Timeline`'s, the times are in no order and say nothing about the number of rows.

    Args:
        start: the first day, as ISO text or date, or relative (``"-2y"``) to the anchor.
        end: the last day.
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
        first, last = self._dates()._days()
        day = (np.asarray(self._dates().values(cells)) - np.datetime64(first, "D")).astype(np.int64)
        return instants((first, last), day, cells.substream("hour").uniform(), self.hours, self.tz)

    def _dates(self) -> Dates:
        return Dates(self.start, self.end, self.anchor)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return TIMESTAMP

    def check(self, scope: Scope) -> None:
        self._dates().check(scope)
        if any(isinstance(end, Generator) for end in (self.start, self.end)):
            raise DeclarationError(f"{scope.place}: {self!r}: its ends are dates; use Dates(…) + hours(…) for columns")
        try:
            zone_of(self.tz or "UTC")
        except DeclarationError as error:
            raise DeclarationError(f"{scope.place}: {self!r}: {error}") from None
        weights = [weight for weight in self.hours if isinstance(weight, (int, float, np.number)) and weight >= 0]
        if len(weights) != 24 or len(self.hours) != 24 or sum(weights) == 0:  # noqa: PLR2004
            raise DeclarationError(f"{scope.place}: {self!r}: hours has 24 weights ≥ 0, not all of them 0")

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        first, last = self._dates()._days_or_error(scope)
        return ends_of(first, last, self.tz)


__all__ = ["Times"]
