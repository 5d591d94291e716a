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
from pytest_synthdata.columns.time.calendar import OFFICE_HOURS, time_of_day
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.errors import DeclarationError


@dataclass(frozen=True, init=False)
class Times(Generator):
    """A time between two days, both included: every day alike, the hours of the day by their weights.

    Unlike a `Timeline`'s, the times are in no order and say nothing about the number of rows.

    Args:
        start: the first day, as ISO text or date, or relative (``"-2y"``) to the anchor.
        end: the last day.
        anchor: the day that relative ones count from.
        hours: 24 weights for the hours of the day; office hours where not given.

    Values are timestamps in UTC at whole seconds.

    >>> Times("2024-01-01", "2024-12-31")
    Times('2024-01-01', '2024-12-31')
    """

    start: str | dt.date
    end: str | dt.date
    anchor: str | dt.date | None
    hours: tuple[float, ...]

    def __init__(
        self,
        start: str | dt.date,
        end: str | dt.date,
        *,
        anchor: str | dt.date | None = None,
        hours: Sequence[float] | None = None,
    ) -> None:
        fields = {"start": start, "end": end, "anchor": anchor, "hours": tuple(hours or OFFICE_HOURS)}
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        anchor = "" if self.anchor is None else f", anchor={self.anchor!r}"
        hours = "" if self.hours == OFFICE_HOURS else f", hours={list(self.hours)}"
        return f"Times({self.start!r}, {self.end!r}{anchor}{hours})"

    def values(self, cells: Cells) -> Values:
        days = self._dates().values(cells)
        seconds = time_of_day(cells.substream("hour").uniform(), self.hours)
        times = np.asarray(days).astype("datetime64[s]") + seconds.astype("timedelta64[s]")
        return pa.array(times.astype("datetime64[us]")).cast(TIMESTAMP)

    def _dates(self) -> Dates:
        return Dates(self.start, self.end, self.anchor)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return TIMESTAMP

    def check(self, scope: Scope) -> None:
        self._dates().check(scope)
        weights = [weight for weight in self.hours if isinstance(weight, (int, float, np.number)) and weight >= 0]
        if len(weights) != 24 or len(self.hours) != 24 or sum(weights) == 0:  # noqa: PLR2004
            raise DeclarationError(f"{scope.place}: {self!r}: hours has 24 weights ≥ 0, not all of them 0")

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        first, last = self._dates()._days_or_error(scope)
        return dt.datetime.combine(first, dt.time()), dt.datetime.combine(last, dt.time(23, 59, 59))


__all__ = ["Times"]
