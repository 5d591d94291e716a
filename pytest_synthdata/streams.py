"""Tables as streams of Spark's: what comes next, and which rows a micro-batch has.

An offset is how many rows have come. It says of which table, too, so that a query that is started again with other
options does not go on in other data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.order.batches import PERIODS, period_starts
from pytest_synthdata.columns.order.choosing import Order, order_of
from pytest_synthdata.columns.order.ordered import Ordered
from pytest_synthdata.data_source import number_of, ranges_of, table_of
from pytest_synthdata.errors import SynthDataError, nearest
from pytest_synthdata.files.contents import parents_in_words

if TYPE_CHECKING:
    from pytest_synthdata.table import Table

_ROWS = 100_000  # of a micro-batch


@dataclass
class TableStream:
    """The rows of a table, as they come.

    Args:
        options: those of the data source.
        clock: gives the seconds that pass.
    """

    options: Mapping[str, str]
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._began: tuple[float, int] | None = None
        self._all_now = False
        _ = self.batch, self.rate  # which say what is wrong with them

    @cached_property
    def table(self) -> Table:
        """The table."""
        return table_of(self.options)

    @cached_property
    def order(self) -> Order | None:
        """How the rows come; None for the order of their numbers."""
        column = self.options.get("column")
        try:
            return order_of(self.table.view, column, scan=isinstance(self.batch, str))  # as `Table.in_batches`
        except SynthDataError:
            if column is not None or isinstance(self.batch, str):
                raise
            return None

    @cached_property
    def batch(self) -> int | str:
        """What a micro-batch has at most: so many rows, or those of a period."""
        given = self.options.get("batch", str(_ROWS))
        if given.lower() in PERIODS:
            return given.lower()
        if given.replace("_", "").isdecimal() and int(given.replace("_", "")):
            return int(given.replace("_", ""))
        raise SynthDataError(f"option 'batch' is {given!r}; it is a number of rows, or {nearest(given, PERIODS)}")

    @cached_property
    def rate(self) -> int | None:
        """How many rows come in a second; None for all at once."""
        rate = number_of(self.options, "rate")
        if rate is not None and rate < 1:
            raise SynthDataError(f"option 'rate' is {rate}; it is a number of rows in a second, from 1")
        return rate

    @cached_property
    def num_rows(self) -> int:
        """How many rows come in all."""
        return self.table.num_rows if self.order is None else self.order.num_rows

    @cached_property
    def identity(self) -> str:
        """What decides which rows come when."""
        if self.order is None:
            return f"{self.table.name}, seed {self.table.view.seed}"
        clock = self.options.get("column") or "its order of time"
        parents = parents_in_words(self.table.bound)
        return f"{self.table.name}, seed {self.table.view.seed}, {self.num_rows:,} rows by {clock}{parents}"

    def offset(self, rows: int) -> dict[str, Any]:
        """The offset after so many rows."""
        return {"rows": rows, "of": self.identity}

    def come_all_now(self) -> None:
        """Let all rows be there at once, whatever the rate."""
        self._all_now = True

    def latest(self, start: Mapping[str, Any], most: int | str | None) -> dict[str, Any]:
        """The offset up to which a micro-batch may go.

        Args:
            start: the offset where it begins.
            most: its number of rows, or its period; None for all that are there.
        """
        first = self._rows(start)
        end = self._arrived(first)
        if isinstance(most, int):
            end = min(end, first + most)
        elif most is not None and first < self.num_rows:
            assert self.order is not None  # noqa: S101 - a period needs one
            now = self.order.time_of(first)
            last = self.order.rank(int(period_starts(now, now + 1, most)[-1]))
            # A period comes as a whole, when its last row is there.
            end = last if last <= end else first
        return self.offset(max(first, end))

    def _arrived(self, first: int) -> int:
        if self.rate is None or self._all_now:
            return self.num_rows
        if self._began is None:
            self._began = self.clock(), first
        since, before = self._began
        return min(self.num_rows, before + int((self.clock() - since) * self.rate))

    def partitions(self, start: Mapping[str, Any], end: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The arguments, for each partition of a micro-batch, of the function that makes the rows."""
        first, last = self._rows(start), self._rows(end)
        if first == last:
            return []
        ranges = ranges_of(self.options, first, last)
        if self.order is None or isinstance(self.order, Ordered):
            return list(ranges)
        return [(self.order.numbers(*ends),) for ends in ranges]

    def _rows(self, offset: Mapping[str, Any]) -> int:
        if offset.get("of") != self.identity or offset["rows"] > self.num_rows:
            raise SynthDataError(
                f"the checkpoint is of another table: {offset.get('of')}; this query asks for {self.identity}. Start "
                "it with the options that it had, or with another checkpoint"
            )
        return int(offset["rows"])


__all__ = ["TableStream"]
