"""A feed in the order of arrival: some changes come late, and some come twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, without_nulls
from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.order.arrival import require_forward
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.scope import ColumnScope
from pytest_synthdata.errors import DeclarationError
from pytest_synthdata.history.feeds.change_feed import EventFeed
from pytest_synthdata.history.feeds.order import FeedOrder
from pytest_synthdata.history.feeds.pieces import Pieces
from pytest_synthdata.history.lives import lives_of

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.versions.occurrences import Instants

_AT_ONCE = 1 << 17  # deliveries that are told together
_FEW = 64  # delays that are tried at once
_ARRIVED = "arrived_at"


@dataclass(frozen=True)
class Delays:
    """How late changes arrive.

    Args:
        delay: how much later than they happen.
        late: the share of the changes that are delayed.
        redelivered: the share that arrives a second time.
        again: how much later they do, after the first time; defaults to another ``delay``.
    """

    delay: Generator | None = None
    late: float = 1.0
    redelivered: float = 0.0
    again: Generator | None = None

    @property
    def delay_again(self) -> Generator | None:
        """How much later a change arrives again, where it does."""
        return self.delay if self.again is None else self.again

    def check(self, scope: ColumnScope) -> None:
        """Raise `DeclarationError` for what can never be."""
        place = f"{scope.plan.table}.changes"
        for name in ("late", "redelivered"):
            share = getattr(self, name)
            if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
                raise DeclarationError(f"{place}: {name}={share!r}; it is a share of the changes, from 0 to 1")
        for delay in (self.delay, self.delay_again):
            if not isinstance(delay, Generator) or list(delay.reads()) or not _is_interval(delay.type(scope)):
                raise DeclarationError(f"{place}: {delay!r} is not an interval; write delay=hours(Exponential(2))")


@dataclass(frozen=True)
class DelayedFeed(Pieces):
    """The changes of another feed as they arrive, with the time of it.

    What is held is 16 bytes for each change.

    Args:
        feed: the changes in the order in which they happen.
        delays: how late they arrive.
    """

    feed: EventFeed
    delays: Delays

    suffix = "changes"

    @cached_property
    def schema(self) -> pa.Schema:
        return self.feed.schema.append(pa.field(_ARRIVED, TIMESTAMP))

    def __getstate__(self) -> dict[str, object]:
        return {**super().__getstate__(), "_deliveries": self._deliveries}

    @cached_property
    def _deliveries(self) -> tuple[Instants, Bits]:
        """When each delivery arrives, in order, and which of the feed's changes it is."""
        arrivals, numbers = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
        position = 0
        for piece in range(self.feed.num_pieces):
            rows, times = self.feed.told_of(piece)
            of_piece = np.arange(position, position + len(rows), dtype=np.uint64)
            first, again, index = self._arrivals(rows, times)
            arrivals += [first, again]
            numbers += [of_piece, of_piece[index]]
            position += len(rows)
        arrived, which = np.concatenate(arrivals), np.concatenate(numbers)
        order = np.lexsort((which, arrived))
        return arrived[order], which[order]

    def check_some(self) -> None:
        """Draw a few delays, so that one that can never be is refused before any change is asked for."""
        rows = np.arange(min(_FEW, self.bound.num_rows), dtype=np.uint64)
        self._arrivals(rows, np.zeros(len(rows), np.int64))

    def _arrivals(self, rows: Bits, times: Instants) -> tuple[Instants, Instants, npt.NDArray[np.intp]]:
        """When some changes arrive; and when some of them do so again, and which."""
        lives = lives_of(self.bound)
        assert lives is not None  # noqa: S101 - it has a feed
        stream = lives.stream("arrival")
        # Each change has an address of its own: its row and its time.
        reader = self.bound.at(stream.bits(rows) ^ times.astype(np.uint64))
        cells = Cells(reader, stream, f"{self.bound.name}.changes")
        delay = _microseconds(self.delays.delay, cells.substream("delay"), "delay")
        if self.delays.late < 1:
            delay = np.where(cells.substream("late").uniform() < self.delays.late, delay, 0)
        index = np.flatnonzero(cells.substream("redelivered").uniform() < self.delays.redelivered)
        argument = "delay" if self.delays.again is None else "again"
        more = _microseconds(self.delays.delay_again, cells.take(index).substream("again"), argument)
        return times + delay, (times + delay)[index] + more, index

    @property
    def num_pieces(self) -> int:
        return -(-len(self._deliveries[0]) // _AT_ONCE)

    def count(self, number: int) -> int:
        return min(len(self._deliveries[0]) - number * _AT_ONCE, _AT_ONCE)

    @property
    def starts(self) -> list[int]:
        """For each piece, when its first change arrives."""
        return [int(time) for time in self._deliveries[0][::_AT_ONCE]]

    def times_in(self, number: int) -> Instants:
        """When each row of a piece arrives, ascending."""
        return self._deliveries[0][number * _AT_ONCE : (number + 1) * _AT_ONCE]

    @property
    def nested(self) -> tuple[str, ...]:
        """The columns that hold a row each."""
        return self.feed.nested

    @property
    def row_schema(self) -> pa.Schema:
        """The columns of rows as the feed tells them."""
        return self.feed.row_schema

    def told_at(self, row_numbers: Bits) -> Instants:
        """When what some rows tell happened, however late they arrive."""
        return self.feed.told_at(self._deliveries[1][row_numbers.astype(np.int64)])

    def own_order(self) -> FeedOrder:
        """How the rows come: as they arrive."""
        return FeedOrder(self)

    def piece(self, number: int) -> tuple[pa.RecordBatch, Bits]:
        some = slice(number * _AT_ONCE, (number + 1) * _AT_ONCE)
        arrived, which = self._deliveries[0][some], self._deliveries[1][some]
        batch, rows = self.feed.gathered(which)
        columns = [*batch.columns, arrow_array(arrived).cast(TIMESTAMP)]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema), rows


def _is_interval(type_: pa.DataType | None) -> bool:
    return type_ is not None and pa.types.is_duration(type_)


def _microseconds(delay: Generator | None, cells: Cells, argument: str) -> Instants:
    assert delay is not None  # noqa: S101 - checked
    with own_code(f"{cells.place}: {argument}"):
        values = to_arrow(delay.values(cells)).cast(pa.duration("us")).cast(pa.int64())
    require_forward(values, cells.place, argument)
    return np.asarray(to_numpy(without_nulls(values, 0)), np.int64)


__all__ = ["DelayedFeed", "Delays"]
