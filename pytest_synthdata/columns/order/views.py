"""Views of consecutive rows and of rows in the order of arrival: what a period of a table shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_synthdata.columns.tables.part import Part
from pytest_synthdata.columns.tables.subset import Subset
from pytest_synthdata.columns.tables.table_view import TableView

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits


@dataclass(frozen=True)
class RowRange(Part):
    """Consecutive rows of a view; it takes no more memory the more there are.

    Args:
        whole: the view.
        first: the position of the first row.
        last: the position after the last row.
    """

    whole: TableView
    first: int
    last: int

    @property
    def num_rows(self) -> int:
        """How many rows are shown."""
        return self.last - self.first

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows from the ``start``-th to before the ``stop``-th."""
        return self.whole.row_numbers(min(self.first + start, self.last), min(self.first + stop, self.last))


@dataclass(frozen=True)
class Arrivals(Part):
    """Rows of a view in the order in which they arrive; one that is redelivered is there twice.

    Args:
        whole: the view.
        arrived: the numbers of its rows, in that order.
    """

    whole: TableView
    arrived: Bits = field(repr=False, compare=False)

    @property
    def num_rows(self) -> int:
        """How many rows arrive."""
        return len(self.arrived)

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows from the ``start``-th to before the ``stop``-th that arrives."""
        return self.arrived[start:stop]

    def __getstate__(self) -> dict[str, Any]:
        return {"whole": self.whole, "arrived": np.ascontiguousarray(self.arrived)}  # a slice's base stays here


def rows_between(view: TableView, first: int, last: int) -> TableView:
    """The rows at the positions from ``first`` to before ``last`` of a view."""
    if isinstance(view, Subset):
        return Subset.of(view, view.chosen[first:last])
    if isinstance(view, RowRange):
        return RowRange(view.whole, view.first + first, view.first + last)
    return RowRange(view, first, last)


__all__ = ["Arrivals", "RowRange", "rows_between"]
