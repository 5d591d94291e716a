"""Rows that lie in the order of time: any period's are found by a search over row numbers, without making the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_synthdata.columns.order.views import rows_between
from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pytest_synthdata.columns.order.clock import ReadClock
    from pytest_synthdata.columns.order.instants import Micros
    from pytest_synthdata.columns.tables.table_view import TableView

_PROBES = 256  # rows that one step of the search looks at: four steps for 10^9 rows
_NEAR = 512  # rows on both sides of a cut that are looked at where nothing but values tells the order
_RUNS, _RUN = 64, 16  # where these are looked at before: so many stretches of so many rows


@dataclass(frozen=True)
class Ordered:
    """A view whose rows are in the order of their times.

    Args:
        view: the rows; they are declared ones, in ascending order.
        clock: their times.
        is_sure: whether the declaration says so, as a `Timeline` does; else the values are looked at.
    """

    view: TableView
    clock: ReadClock
    is_sure: bool

    @property
    def num_rows(self) -> int:
        """How many rows come."""
        return self.view.num_rows

    @property
    def span(self) -> tuple[int, int] | None:
        """When the first row comes and when the last, in microseconds since 1970; None where there are none."""
        if not self.num_rows:
            return None
        first, last = self._times(np.array([0, self.num_rows - 1])).tolist()
        return first, last

    def rank(self, time: int) -> int:
        """How many rows come before an instant.

        Raises:
            SynthDataError: where the rows around it are in another order.
        """
        low, high = 0, self.num_rows  # all before low come before it, none from high on
        while low < high:
            probes = np.unique(np.linspace(low, high - 1, min(_PROBES, high - low)).astype(np.int64))
            # The first that does not come before it: cuts keep the order of their times whatever that of the rows is.
            reached = np.flatnonzero(self._times(probes) >= time)
            if len(reached):
                high = int(probes[reached[0]])
                low = int(probes[reached[0] - 1]) + 1 if reached[0] else low
            else:
                low = int(probes[-1]) + 1
        if not self.is_sure:
            self._require_order(low, time)
        return low

    def time_of(self, rank: int) -> int:
        """When the row of a rank comes."""
        return int(self._times(np.array([rank]))[0])

    def rows(self, first: int, last: int) -> TableView:
        """The rows of the ranks from ``first`` to before ``last``."""
        return rows_between(self.view, first, last)

    def looks_ordered(self) -> bool:
        """Whether no row among many that are looked at, near each other and far apart, comes before an earlier one."""
        starts = np.unique(np.linspace(0, max(self.num_rows - _RUN, 0), _RUNS).astype(np.int64))
        positions = np.unique((starts[:, None] + np.arange(_RUN)).ravel())
        times = self._times(positions[positions < self.num_rows])
        return bool((times[1:] >= times[:-1]).all())

    def _times(self, positions: npt.NDArray[np.int64]) -> Micros:
        numbers = np.concatenate([self.view.row_numbers(position, position + 1) for position in positions.tolist()])
        return self.clock.times(self.view.origins(numbers))

    def _require_order(self, cut: int, time: int) -> None:
        first, last = max(cut - _NEAR, 0), min(cut + _NEAR, self.num_rows)
        times = self.clock.times(self.view.origins(self.view.row_numbers(first, last)))
        if (times[: cut - first] >= time).any() or (times[cut - first :] < time).any():
            raise SynthDataError(
                f"{self.view.name}: its rows are not in the order of {self.clock.column!r} around row {cut}; write "
                f"Meta.arrival = {self.clock.column!r}, with which every row is looked at"
            )


__all__ = ["Ordered"]
