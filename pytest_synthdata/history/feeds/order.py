"""The order of time of a feed, by which its periods and batches are found."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pytest_synthdata.columns.order.views import RowRange
from pytest_synthdata.columns.tables.table_view import TableView

if TYPE_CHECKING:
    from pytest_synthdata.columns.versions.occurrences import Instants


class InOrder(TableView, Protocol):
    """A feed whose rows are in the order of their times."""

    @property
    def starts(self) -> list[int]:
        """For each piece, an instant before which none of its rows and of those after it comes; ascending."""

    def rows_before(self, number: int) -> int:
        """How many rows the pieces before this one have."""

    def times_in(self, number: int) -> Instants:
        """When each row of a piece comes, ascending."""


@dataclass(frozen=True)
class FeedOrder:
    """How the rows of a feed come.

    Args:
        view: the feed.
    """

    view: InOrder

    @property
    def num_rows(self) -> int:
        """How many rows come."""
        return self.view.num_rows

    @property
    def span(self) -> tuple[int, int] | None:
        """When the first row comes and when the last, in microseconds since 1970; None where there are none."""
        return (self.time_of(0), self.time_of(self.num_rows - 1)) if self.num_rows else None

    def rank(self, time: int) -> int:
        """How many rows come before an instant."""
        starts = self.view.starts
        last = bisect_left(starts, time)
        if not last:
            return 0
        first = bisect_left(starts, starts[last - 1])  # of several pieces of one time, each may have some
        some = (int(np.searchsorted(self.view.times_in(number), time)) for number in range(first, last))
        return self.view.rows_before(first) + sum(some)

    def time_of(self, rank: int) -> int:
        """When the row of a rank comes."""
        low, high = 0, len(self.view.starts) - 1
        while low < high:  # the last piece that begins at the rank or before
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.view.rows_before(middle) <= rank else (low, middle - 1)
        return int(self.view.times_in(low)[rank - self.view.rows_before(low)])

    def rows(self, first: int, last: int) -> RowRange:
        """The rows of the ranks from ``first`` to before ``last``."""
        return RowRange(self.view, first, last)


__all__ = ["FeedOrder", "InOrder"]
