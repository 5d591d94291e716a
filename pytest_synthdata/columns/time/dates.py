"""Dates between two days, each day alike; the two may be columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy, without
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.numbering import Numbered, numbered
from pytest_synthdata.columns.generators.quotas import check_alone, places
from pytest_synthdata.columns.time.events import parse_date
from pytest_synthdata.errors import DeclarationError, GenerationError

Day: TypeAlias = Any  # text or date, or a column or expression that gives one for each row


@dataclass(frozen=True)
class Dates(Generator):
    """A date between two days, both included, every day alike.

    Args:
        start: the first day, as ISO text or date, relative (``"-2y"``) to the anchor, or a column or expression:
            ``Dates(col("signup_on"), "2024-12-31")``.
        end: the last day.
        anchor: the day that relative ones count from.
        exactly: whether all days come equally often, but for one row: every day is there where there are as many rows.
            Such dates belong to the number of rows.

    >>> from pytest_synthdata import Dataset, Dates, TableFactory
    >>> class VisitFactory(TableFactory):
    ...     day = Dates("2024-01-01", "2024-12-31")
    >>> Dataset({VisitFactory: 3}).visits.to_arrow()["day"].cast("string").to_pylist()
    ['2024-09-06', '2024-11-10', '2024-04-14']
    """

    start: Day
    end: Day
    anchor: str | dt.date | None = None
    exactly: bool = False

    def __repr__(self) -> str:
        anchor = "" if self.anchor is None else f", anchor={self.anchor!r}"
        return f"Dates({self.start!r}, {self.end!r}{anchor}{', exactly=True' if self.exactly else ''})"

    @property
    def pinned(self) -> bool:  # type: ignore[override]
        return self.exactly

    def values(self, cells: Cells) -> Values:
        if not self.is_fixed:
            return self._between(cells)
        first, last = self._days()
        count = (last - first).days + 1
        if self.exactly:
            number, rows = places(cells)
            days = (number * np.uint64(count) // np.uint64(rows)).astype("timedelta64[D]")
        else:
            days = np.floor(cells.uniform() * count).astype("timedelta64[D]")
        return np.datetime64(first, "D") + days

    @property
    def is_fixed(self) -> bool:
        """Whether the range is the same in every row."""
        return not isinstance(self.start, Generator) and not isinstance(self.end, Generator)

    def _between(self, cells: Cells) -> Values:
        first, null = self._end("start", cells)
        last, other_null = self._end("end", cells)
        null |= other_null
        inverted = (first > last) & ~null
        if inverted.any():
            row = int(np.flatnonzero(inverted)[0])
            start, end = (np.datetime64(int(day[row]), "D") for day in (first, last))
            raise GenerationError(
                f"{cells.place}: {self!r}: in row {cells.rows[row]} the range is inverted: {start} is after {end}; "
                "F.least(…) and F.greatest(…) keep its ends in order"
            )
        days = first + np.floor(cells.uniform() * (last - first + 1)).astype(np.int64)
        made = days.astype("datetime64[D]")
        return without(made, null) if null.any() else made

    def _end(self, name: str, cells: Cells) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """The days since 1970 of one end of the range, and the rows where it is null."""
        end = getattr(self, name)
        if not isinstance(end, Generator):
            day = (parse_date(end, self.anchor) - dt.date(1970, 1, 1)).days
            return np.full(len(cells.rows), day), np.zeros(len(cells.rows), np.bool_)
        array = to_arrow(end.values(cells.substream(f"parameter {name}")))
        if pa.types.is_timestamp(array.type):
            array = array.cast(pa.timestamp("us"))
        days = array.cast(pa.date32(), safe=False).cast(pa.int32())
        return to_numpy(without_nulls(days, 0)).astype(np.int64), np.array(to_numpy(pc.is_null(days)), np.bool_)

    def _days(self) -> tuple[dt.date, dt.date]:
        return parse_date(self.start, self.anchor), parse_date(self.end, self.anchor)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.date32()

    def check(self, scope: Scope) -> None:
        if self.exactly:
            check_alone(self, scope)
            if not self.is_fixed:
                raise DeclarationError(f"{scope.place}: {self!r}: exactly needs a range that is the same in every row")
        for end in (self.start, self.end):
            type_ = end.type(scope) if isinstance(end, Generator) else pa.date32()
            if type_ is not None and not is_temporal(type_):
                raise DeclarationError(f"{scope.place}: {self!r}: its ends are dates, and {end!r} is {type_}")
        if self.is_fixed:
            first, last = self._days_or_error(scope)
            check_range(first, last, self, scope, is_inverted=first > last)
        elif (bounds := self.bounds(scope)) is not None:
            first, last = bounds
            check_range(first, last, self, scope, is_inverted=first > last)

    def _days_or_error(self, scope: Scope) -> tuple[dt.date, dt.date]:
        try:
            return self._days()
        except DeclarationError as error:
            raise self._refused(scope, error) from None

    def _refused(self, scope: Scope, error: DeclarationError) -> DeclarationError:
        hint = column_hint((self.start, self.end), scope, "col({!r})")
        return DeclarationError(f"{scope.place}: {self!r}: {error}{hint}")

    def bounds(self, scope: Scope) -> tuple[dt.date, dt.date] | None:
        if self.is_fixed:
            return self._days_or_error(scope)
        first, last = (self._bounds_of(end, scope) for end in (self.start, self.end))
        return None if first is None or last is None else (first[0], last[1])

    def _bounds_of(self, end: Day, scope: Scope) -> tuple[dt.date, dt.date] | None:
        if not isinstance(end, Generator):
            try:
                day = parse_date(end, self.anchor)
            except DeclarationError as error:
                raise self._refused(scope, error) from None
            return day, day
        bounds = end.bounds(scope)
        if bounds is None or not all(isinstance(day, dt.date) for day in bounds):
            return None
        first, last = (day.date() if isinstance(day, dt.datetime) else day for day in bounds)
        return first, last


@numbered.register(Dates)
def _(generator: Dates, scope: Scope) -> Numbered | None:
    if not generator.is_fixed:
        return None
    first, last = generator._days_or_error(scope)
    return Numbered((last - first).days + 1, lambda numbers: np.datetime64(first, "D") + numbers.astype("m8[D]"))


def column_hint(ends: Iterable[Any], scope: Scope, how: str) -> str:
    """What to write where an end that is not a date is the name of a column; nothing where none is.

    Args:
        ends: of a range.
        scope: the columns that there are.
        how: to write it, with a place for the name.
    """
    for end in ends:
        if isinstance(end, str):
            with suppress(DeclarationError):
                scope.column(end)
                return f"; for the column, write {how.format(end)}"
    return ""


def check_range(first: Any, last: Any, what: Any, scope: Scope, *, is_inverted: bool) -> None:
    """Raise `DeclarationError` for a range that ends before it begins."""
    if is_inverted:
        raise DeclarationError(f"{scope.place}: {what!r}: the range is inverted: {first} is after {last}")


__all__ = ["Dates", "check_range", "column_hint"]
