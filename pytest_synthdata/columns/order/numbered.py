"""Rows that have no times: they come in the order of their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from pytest_synthdata.columns.order.views import rows_between
from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView


@dataclass(frozen=True)
class Numbered:
    """A view whose rows come by their numbers: in batches of so many, and in no periods.

    Args:
        view: the rows.
    """

    view: TableView

    @property
    def num_rows(self) -> int:
        """How many rows come."""
        return self.view.num_rows

    @property
    def span(self) -> None:
        """When the first row comes and when the last: nothing says so."""
        return

    def rank(self, time: int) -> NoReturn:
        """Raise `SynthDataError`: no row comes before or after an instant."""
        del time
        raise SynthDataError(f"{self.view.name}: it has no column of dates or times, so no period of it can be taken")

    def time_of(self, rank: int) -> int:
        """Raise `SynthDataError`: no row comes at an instant."""
        return self.rank(rank)

    def rows(self, first: int, last: int) -> TableView:
        """The rows of the ranks from ``first`` to before ``last``."""
        return rows_between(self.view, first, last)


__all__ = ["Numbered"]
