"""`Batches`: the rows of a table by hour, day, week or month, or so many at a time, as incremental jobs get them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import numpy as np

from pytest_synthdata.columns.order.instants import as_datetime, instant
from pytest_synthdata.errors import ArgumentError, argument, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.order.choosing import BatchOrder
    from pytest_synthdata.columns.order.instants import Micros
    from pytest_synthdata.columns.tables.table_view import TableView

Made = TypeVar("Made")
Other = TypeVar("Other")

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
_MONDAY = 4 * _DAY  # the first one after 1970-01-01, a Thursday
_LENGTHS = {"hour": (_HOUR, 0), "day": (_DAY, 0), "week": (7 * _DAY, _MONDAY)}
_MOST_PERIODS = 1 << 22  # more come of a delay without bounds, and of a mistake
PERIODS = (*_LENGTHS, "month")


@dataclass(frozen=True, eq=False)
class Batches(Sequence[Made], Generic[Made]):
    """Batches of rows in the order of time, each made when it is asked for. One after the other, they are the whole.

    Args:
        order: how the rows come.
        first: the rank of the first row.
        last: the rank after the last row.
        by: the period of a batch, or how many rows it has.
        edges: where the periods begin, and where the last one ends; none where batches have so many rows.
        make: what is made of a batch's rows.
    """

    order: BatchOrder
    first: int
    last: int
    by: str | int
    edges: Micros = field(repr=False)
    make: Callable[[TableView], Made] = field(repr=False)

    @property
    def size(self) -> int:
        """How many rows a batch has; 0 where periods say."""
        return 0 if isinstance(self.by, str) else self.by

    @property
    def column(self) -> str | None:
        """The column by which rows come, as in `column_of`."""
        return column_of(self.order)

    def __len__(self) -> int:
        return -(-(self.last - self.first) // self.size) if self.size else max(len(self.edges) - 1, 0)

    @overload
    def __getitem__(self, number: int) -> Made: ...
    @overload
    def __getitem__(self, number: slice) -> list[Made]: ...
    def __getitem__(self, number: int | slice) -> Made | list[Made]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        return self.make(self.order.rows(*self.ranks(number % len(self))))

    def __iter__(self) -> Iterator[Made]:
        return (self[number] for number in range(len(self)))

    def ranks(self, number: int) -> tuple[int, int]:
        """The rank of a batch's first row, and that after its last."""
        if self.size:
            start = self.first + number * self.size
            return start, min(start + self.size, self.last)
        first, last = (self.order.rank(int(edge)) for edge in self.edges[number : number + 2])
        return first, last

    @property
    def starts(self) -> list[dt.datetime]:
        """When each batch's period begins, in UTC; of batches of so many rows, when the first row comes."""
        if self.size:
            return [as_datetime(self.order.time_of(self.ranks(number)[0])) for number in range(len(self))]
        return [as_datetime(int(edge)) for edge in self.edges[:-1]]

    def items(self) -> Iterator[tuple[dt.datetime, Made]]:
        """When each batch begins, and the batch."""
        return zip(self.starts, self, strict=True)

    def map(self, function: Callable[[Made], Other]) -> Batches[Other]:
        """The same batches, each as a function makes it."""
        return Batches(self.order, self.first, self.last, self.by, self.edges, lambda rows: function(self.make(rows)))

    def with_all_before(self, time: int) -> Batches[Made]:
        """The same, but that one batch has all rows that come before the period in which an instant lies."""
        if self.size or not len(self.edges):
            return self
        begin = period_starts(time, time + 1, str(self.by))[0]
        kept = (self.edges >= begin) | (self.edges == self.edges[0]) | (self.edges == self.edges[-1])
        return replace(self, edges=self.edges[kept])


def column_of(order: BatchOrder) -> str | None:
    """The column by which rows come; None where something else says when they do, such as their arrival."""
    return getattr(getattr(order, "clock", None), "column", None)


def period_ranks(order: BatchOrder, start: Any, stop: Any) -> tuple[int, int]:
    """The ranks of the rows that come from an instant to before another; None for no limit.

    Raises:
        SynthDataError: for what is not an instant, and for a period that ends before it begins.
    """
    first, last = (
        None if value is None else instant(value, name) for name, value in (("start", start), ("stop", stop))
    )
    if first is not None and last is not None and first > last:
        raise ArgumentError(
            f"{order.view.name}: the period is inverted: {argument(start=start)} is after {argument(stop=stop)}"
        )
    return 0 if first is None else order.rank(first), order.num_rows if last is None else order.rank(last)


def batches_of(
    order: BatchOrder, by: str | int, start: Any, stop: Any, make: Callable[[TableView], Made]
) -> Batches[Made]:
    """The batches of a table.

    Args:
        order: how its rows come.
        by: ``"hour"``, ``"day"``, ``"week"`` (from Monday), ``"month"``, or a number of rows.
        start: the instant from which they come; None for the first row's period.
        stop: that before which they come; None for the last row's period.
        make: what is made of a batch's rows.

    Raises:
        SynthDataError: for what is none of these.
    """
    name = order.view.name
    if isinstance(by, bool) or not isinstance(by, (str, int, np.integer)) or (not isinstance(by, str) and by < 1):
        raise ArgumentError(f"{name}: {argument(by=by)}; it is 'hour', 'day', 'week', 'month', or a number of rows")
    first, last = period_ranks(order, start, stop)
    if not isinstance(by, str):
        return Batches(order, first, max(first, last), int(by), np.zeros(0, np.int64), make)
    if by not in PERIODS:
        raise ArgumentError(f"{name}: {argument(by=by)}: {nearest(by, PERIODS)}")
    return Batches(order, first, last, by, _edges(order, by, start, stop), make)


def _edges(order: BatchOrder, by: str, start: Any, stop: Any) -> Micros:
    span = order.span
    begin = instant(start, "start") if start is not None else span and span[0]
    end = instant(stop, "stop") if stop is not None else span and span[1] + 1
    if begin is None or end is None or begin >= end:
        return np.zeros(0, np.int64)
    if (end - begin) // _LENGTHS.get(by, (28 * _DAY, 0))[0] > _MOST_PERIODS:
        raise ArgumentError(
            f"{order.view.name}: {argument(by=by)}: its rows come for {(end - begin) // _DAY:,} days; give "
            f"{argument(stop='2024-12-31')}, or longer periods"
        )
    edges = period_starts(begin, end, by)
    if stop is not None:
        edges = np.append(edges[edges < end], end)
    return edges if start is None else np.append(begin, edges[edges > begin])


def period_starts(begin: int, end: int, by: str) -> Micros:
    """The beginnings of periods, from the last that is not after an instant to the first that is not before another.

    >>> period_starts(1, 86_400_000_000, "day").tolist()
    [0, 86400000000]
    """
    if by == "month":
        months = np.array([begin, end - 1]).astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        return np.arange(months[0], months[1] + 2).astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)
    length, origin = _LENGTHS[by]
    first, last = (begin - origin) // length, -((origin - end) // length)
    return np.arange(first, last + 1) * length + origin


__all__ = ["PERIODS", "Batches", "batches_of", "column_of", "period_ranks", "period_starts"]
