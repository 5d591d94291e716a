"""Rows whose times are in no order of theirs: all are looked at, and a window of them is held at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pytest_synthdata.columns.order.clock import ArrivalClock, Clock
from pytest_synthdata.columns.order.views import Arrivals

if TYPE_CHECKING:
    import numpy.typing as npt

    from pytest_synthdata.columns.order.instants import Micros
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.table_view import TableView

_BLOCK = 1 << 17  # positions whose times are made at once
_WINDOW = 1 << 21  # rows whose times and numbers are held
_BINS = 1 << 12  # into which a span of time that holds more is cut


@dataclass(frozen=True)
class Blocks:
    """What is known of blocks of a view's rows: when each one's first and last come, and how many do."""

    first: Micros
    last: Micros
    count: npt.NDArray[np.int64]


@dataclass
class Scanned:
    """A view whose rows come in another order than they lie, some of them twice.

    Two passes over the times of all rows, or more where these are very uneven, tell how many come when. Rows of a
    period are then found in the blocks that have any; those of a window around it are held.

    Args:
        view: the rows.
        clock: their times.
    """

    view: TableView
    clock: Clock
    _held: tuple[int, Micros, Bits] | None = field(default=None, repr=False)

    @property
    def num_rows(self) -> int:
        """How many rows come, those among them that come again."""
        return int(self.blocks.count.sum())

    @property
    def span(self) -> tuple[int, int] | None:
        """When the first row comes and when the last, in microseconds since 1970; None where there are none."""
        if not self.num_rows:
            return None
        return int(self.blocks.first.min()), int(self.blocks.last.max())

    def rank(self, time: int) -> int:
        """How many rows come before an instant."""
        starts, before = self.windows
        number = int(np.searchsorted(starts, time, side="right")) - 1
        if number < 0:
            return 0
        if number >= len(starts) - 1:
            return self.num_rows
        times, _ = self._window(number)
        return int(before[number]) + int(np.searchsorted(times, time))

    def time_of(self, rank: int) -> int:
        """When the row of a rank comes."""
        number = self._window_of(rank)
        return int(self._window(number)[0][rank - int(self.windows[1][number])])

    def rows(self, first: int, last: int) -> Arrivals:
        """The rows of the ranks from ``first`` to before ``last``, in the order in which they come."""
        return Arrivals(self.view, self.numbers(first, last))

    def numbers(self, first: int, last: int) -> Bits:
        """The numbers of the rows of these ranks."""
        pieces, before = [], self.windows[1]
        while first < last:
            number = self._window_of(first)
            base, end = int(before[number]), min(last, int(before[number + 1]))
            pieces.append(self._window(number)[1][first - base : end - base])
            first = end
        return np.concatenate(pieces) if pieces else np.zeros(0, np.uint64)

    @cached_property
    def blocks(self) -> Blocks:
        """When the rows of each block come."""
        found = [(times.min(), times.max(), len(times)) for _, times, _ in self._scan()]
        first, last, count = (
            np.array(column, np.int64) for column in (zip(*found, strict=True) if found else [()] * 3)
        )
        return Blocks(first, last, count)

    @cached_property
    def windows(self) -> tuple[Micros, npt.NDArray[np.int64]]:
        """Where windows begin and the last one ends, and how many rows come before each of these instants."""
        span = self.span
        if span is None:
            return np.zeros(1, np.int64), np.zeros(1, np.int64)
        edges = np.array([span[0], span[1] + 1])
        counts = np.array([self.num_rows])
        while len(wide := np.flatnonzero((counts > _WINDOW) & (np.diff(edges) > 1))):
            edges = np.unique(np.concatenate([edges, *(_between(edges[bin_], edges[bin_ + 1]) for bin_ in wide)]))
            counts = self._counts(edges)
        before = np.concatenate([[0], np.cumsum(counts)])
        kept = [0]
        for edge in range(1, len(edges)):
            if before[edge] - before[kept[-1]] > _WINDOW and edge - 1 > kept[-1]:
                kept.append(edge - 1)
        kept.append(len(edges) - 1)
        return edges[kept], before[kept]

    def _counts(self, edges: Micros) -> npt.NDArray[np.int64]:
        counts = np.zeros(len(edges) - 1, np.int64)
        for _, times, _ in self._scan():
            counts += np.bincount(np.searchsorted(edges, times, side="right") - 1, minlength=len(counts))
        return counts

    def _window_of(self, rank: int) -> int:
        return int(np.searchsorted(self.windows[1], rank, side="right")) - 1

    def _window(self, number: int) -> tuple[Micros, Bits]:
        """The times and numbers of a window's rows, in the order in which they come."""
        if self._held is None or self._held[0] != number:
            self._held = None  # before the next is made
            start, stop = self.windows[0][number : number + 2]
            chosen = np.flatnonzero((self.blocks.first < stop) & (self.blocks.last >= start))
            times, numbers = [], []
            for _, some, rows in self._scan(chosen):
                index = np.flatnonzero((some >= start) & (some < stop))
                times.append(some[index])
                numbers.append(rows[index])
            found = np.concatenate(times)
            order = np.argsort(found, kind="stable")
            self._held = number, found[order], np.concatenate(numbers)[order]
        return self._held[1:]

    def _scan(self, blocks: npt.NDArray[np.intp] | None = None) -> Iterator[tuple[int, Micros, Bits]]:
        """The times of the rows of some blocks, or all, and their numbers; nothing of blocks without rows."""
        total = self.view.num_rows
        for block in range(-(-total // _BLOCK)) if blocks is None else blocks.tolist():
            numbers = self.view.row_numbers(block * _BLOCK, min((block + 1) * _BLOCK, total))
            rows = self.view.origins(numbers)
            times = self.clock.times(rows)
            if isinstance(self.clock, ArrivalClock) and self.clock.arrival.redelivered:
                again = np.flatnonzero(self.clock.is_redelivered(rows))
                times = np.concatenate([times, self.clock.times_again(rows[again])])
                numbers = np.concatenate([numbers, numbers[again]])
            yield block, times, numbers


def _between(start: int, stop: int) -> Micros:
    """Instants that cut a span of time into equal bins, as far as there are whole microseconds."""
    return np.unique(np.linspace(start, stop, min(_BINS, int(stop - start)) + 1).astype(np.int64))


__all__ = ["Scanned"]
