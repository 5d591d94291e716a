"""Feeds: what happens in a table, as Delta's change data feed, Debezium or Lakeflow's AUTO CDC tell it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar
from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.versions.occurrences import DAY, Instants
from pytest_synthdata.history.feeds.order import FeedOrder
from pytest_synthdata.history.feeds.pieces import Pieces, joined
from pytest_synthdata.history.happenings import DELETE, INSERT, UPDATE, Happenings

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits

_EXPECTED = 1 << 17  # changes that a piece is expected to have
_ROWS = 1 << 18  # rows that are born at the start, a piece
_SHORTEST = 60_000_000  # microseconds of a piece

SOURCE = pa.struct(
    [
        *(("connector", pa.string()), ("name", pa.string()), ("ts_ms", pa.int64()), ("snapshot", pa.string())),
        *(("db", pa.string()), ("table", pa.string()), ("sequence", pa.int64())),
    ]
)


@dataclass(frozen=True)
class Feed(Pieces):
    """What happens to the rows of a table from ``start`` to ``stop``, both included.

    Args:
        bound: the table.
        start: microseconds since 1970.
        stop: as above.
    """

    start: int
    stop: int
    _known: dict[int, int] = field(default_factory=dict, repr=False, compare=False)

    suffix = "changes"
    #: The columns beside the table's own.
    own: ClassVar[pa.Schema] = pa.schema([])
    #: The columns that hold a row each; none where its columns are the feed's.
    nested: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def schema(self) -> pa.Schema:
        return pa.schema([*(one.with_nullable(True) for one in self.row_schema), *self.own])

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_known": {}}

    @cached_property
    def spans(self) -> tuple[tuple[int, int, int, int], ...]:
        """The pieces: from which instant to which, both included, and from which row to before which."""
        raise NotImplementedError

    @property
    def num_pieces(self) -> int:
        return len(self.spans)

    def candidates(self, number: int) -> Happenings:
        """What happens in a piece, perhaps to no effect."""
        return self.chronicle.candidates(*self.spans[number])

    def ends(self, times: Instants) -> tuple[Instants, Instants]:
        """The instants before and after what happens at some times."""
        return times - 1, times

    def told_of(self, number: int) -> tuple[Bits, Instants]:
        """The rows that a piece tells of, and when what it tells happened."""
        found = self.candidates(number)
        kept, _, _ = self.chronicle.have_effect(found, *self.ends(found.times))
        return found.rows[kept], found.times[kept]

    def count(self, number: int) -> int:
        if number not in self._known:
            found = self.candidates(number)
            kept, _, _ = self.chronicle.have_effect(found, *self.ends(found.times))
            self._known[number] = self.rows_of(found.kinds[kept])
        return self._known[number]

    def rows_of(self, kinds: npt.NDArray[np.int8]) -> int:
        """How many rows tell of what happens."""
        return len(kinds)

    @property
    def starts(self) -> list[int]:
        """For each piece, the instant from which on its changes happen."""
        return [start for start, _, _, _ in self.spans]

    def times_in(self, number: int) -> Instants:
        """When each row of a piece comes, ascending."""
        return self.once("times", number, lambda one: self.told_of(one)[1])

    def told_at(self, row_numbers: Bits) -> Instants:
        """When what some rows tell happened."""
        pieces = np.searchsorted(self._ends, row_numbers.astype(np.int64), side="right")
        times = np.zeros(len(row_numbers), np.int64)
        for number in np.unique(pieces).tolist():
            own = pieces == number
            times[own] = self.times_in(number)[row_numbers[own].astype(np.int64) - self.rows_before(number)]
        return times

    def own_order(self) -> FeedOrder:
        """How the rows come: as they happen."""
        return FeedOrder(self)

    def piece(self, number: int) -> tuple[pa.RecordBatch, Bits]:
        found = self.candidates(number)
        kept, old, new = self.chronicle.have_effect(found, *self.ends(found.times))
        found = found.take(kept)
        return self.told(found, self.shown(old), self.shown(new))

    def _after_births(self, width: int) -> tuple[int, int, list[Span]]:
        """What is left of the feed's period after a history's first instants, and the pieces of these.

        Args:
            width: how many microseconds these are: many rows may be born at once.
        """
        lives = self.chronicle.evolution.lives
        start, stop = max(self.start, lives.start), min(self.stop, lives.end)
        if start > lives.start or start > stop:
            return start, stop, []
        end = min(start + width - 1, stop)
        return end + 1, stop, _in_blocks(start, end, self.bound.num_rows, _ROWS)

    def told(self, found: Happenings, old: pa.RecordBatch, new: pa.RecordBatch) -> tuple[pa.RecordBatch, Bits]:
        """What happened as this feed tells it.

        Args:
            found: what happened.
            old: the rows before it, but for inserts.
            new: the rows after it, but for deletes.
        """
        raise NotImplementedError


Span: TypeAlias = "tuple[int, int, int, int]"


def _in_blocks(start: int, stop: int, num_rows: int, size: int) -> list[Span]:
    return [(start, stop, first, min(first + size, num_rows)) for first in range(0, num_rows, size)]


@dataclass(frozen=True)
class EventFeed(Feed):
    """Each change on its own, in the order of time; those of one instant in the order of rows."""

    @cached_property
    def spans(self) -> tuple[tuple[int, int, int, int], ...]:
        num_rows = self.bound.num_rows
        start, stop, spans = self._after_births(1)
        width = max(int(DAY * _EXPECTED / (self.chronicle.per_day * max(num_rows, 1))), _SHORTEST)
        spans += [(first, min(first + width - 1, stop), 0, num_rows) for first in range(start, stop + 1, width)]
        return tuple(spans)


@dataclass(frozen=True)
class AutoCdcFeed(EventFeed):
    """Rows with what was done to them, and in which order: what Lakeflow's AUTO CDC takes."""

    own: ClassVar[pa.Schema] = pa.schema([pa.field("operation", pa.string()), pa.field("sequence", pa.int64())])

    def told(self, found: Happenings, old: pa.RecordBatch, new: pa.RecordBatch) -> tuple[pa.RecordBatch, Bits]:
        gone, there = np.flatnonzero(found.kinds == DELETE), np.flatnonzero(found.kinds != DELETE)
        old = old.filter(arrow_array(found.kinds[found.kinds != INSERT] == DELETE))
        batch = joined([new, old], self.row_schema).take(arrow_array(np.argsort(np.concatenate([there, gone]))))
        names = arrow_array(["INSERT", "UPDATE", "DELETE"]).take(arrow_array(found.kinds))
        arrays = [*batch.columns, names, arrow_array(found.times)]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema), found.rows


@dataclass(frozen=True)
class DebeziumFeed(EventFeed):
    """Debezium's envelopes: the row before and after, where the change comes from, what was done and when."""

    nested: ClassVar[tuple[str, ...]] = ("before", "after")

    @cached_property
    def schema(self) -> pa.Schema:
        row = pa.struct([one.with_nullable(True) for one in self.row_schema])
        return pa.schema(
            [("before", row), ("after", row), ("source", SOURCE), ("op", pa.string()), ("ts_ms", pa.int64())]
        )

    def told(self, found: Happenings, old: pa.RecordBatch, new: pa.RecordBatch) -> tuple[pa.RecordBatch, Bits]:
        row = self.schema.field("before").type
        before, after = _structs(old, found.kinds != INSERT, row), _structs(new, found.kinds != DELETE, row)
        initial = (found.kinds == INSERT) & (found.times == self.chronicle.evolution.lives.start)
        operation = np.where(initial, 3, found.kinds)
        milliseconds = arrow_array(found.times // 1_000)

        def same(value: str) -> pa.Array:
            return pa.repeat(arrow_scalar(value), len(found))

        source = pa.StructArray.from_arrays(
            [
                *(same("synthdata"), same("synthdata"), milliseconds),
                arrow_array(["false", "true"]).take(arrow_array(initial.astype(np.int8))),
                *(same("synthdata"), same(self.bound.name), arrow_array(found.times)),
            ],
            fields=list(SOURCE),
        )
        names = arrow_array(["c", "u", "d", "r"]).take(arrow_array(operation))
        arrays = [before, after, source, names, milliseconds]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema), found.rows


def _structs(rows: pa.RecordBatch, has: npt.NDArray[np.bool_], row: pa.DataType) -> pa.StructArray:
    """Rows as structs where there are some, null elsewhere."""
    place = np.full(len(has), -1, np.int64)
    place[has] = np.arange(rows.num_rows)
    return pa.StructArray.from_arrays(rows.columns, fields=list(row)).take(arrow_array(place, mask=~has))


@dataclass(frozen=True)
class DeltaFeed(Feed):
    """Delta's change data feed: what each commit does to each row, with the rows before and after.

    A commit holds all that happens in a period, so that a row is in it once at most, as a `MERGE` leaves it.

    Args:
        period: the microseconds of a commit. Commit 0 is that of the history's start.
    """

    period: int = DAY

    own: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("_change_type", pa.string()),
            pa.field("_commit_version", pa.int64()),
            pa.field("_commit_timestamp", TIMESTAMP),
        ]
    )

    @cached_property
    def spans(self) -> tuple[tuple[int, int, int, int], ...]:
        num_rows = self.bound.num_rows
        lives = self.chronicle.evolution.lives
        start, stop, spans = self._after_births(self._end_of(0) + 1 - lives.start)
        commits = int(_EXPECTED / (self.chronicle.per_day * self.period / DAY * max(num_rows, 1)))
        at_once = num_rows if commits else int(_EXPECTED / (self.chronicle.per_day * self.period / DAY))
        while start <= stop:
            end = min(self._end_of(self.commit(start) + max(commits, 1) - 1), stop)
            spans += _in_blocks(start, end, num_rows, max(at_once, 1))
            start = end + 1
        return tuple(spans)

    def commit(self, when: Any) -> Any:
        """The number of the commit that holds what happens at a time."""
        return (when - self._begin) // self.period

    @property
    def commit_times(self) -> list[int]:
        """When each commit up to the end of the feed is made, in microseconds, though nothing should happen in it."""
        return [min(self._end_of(number), self.stop) for number in range(self.commit(self.stop) + 1)]

    def _end_of(self, commit: Any) -> Any:
        return self._begin + (commit + 1) * self.period - 1

    @property
    def _begin(self) -> int:
        """When the first commit begins: with the day of the history's start, or with its hour."""
        start = self.chronicle.evolution.lives.start
        return start - start % min(self.period, DAY)

    def ends(self, times: Instants) -> tuple[Instants, Instants]:
        """The instant before the commits that hold some times, and their last, as far as this feed goes."""
        last = np.minimum(self._end_of(self.commit(times)), self.stop)
        return np.maximum(self._end_of(self.commit(times) - 1), self.start - 1), last

    def candidates(self, number: int) -> Happenings:
        """What each commit does to each row in all, in the order of commits, then of rows."""
        found = super().candidates(number)
        commits = self.commit(found.times)
        is_one = len(commits) and commits[0] == commits[-1]  # they are in the order of time
        order = np.argsort(found.rows) if is_one else np.lexsort((found.rows, commits))
        rows, commits = found.rows[order], commits[order]
        once = np.ones(len(rows), np.bool_)
        once[1:] = (rows[1:] != rows[:-1]) | (commits[1:] != commits[:-1])
        found = found.take(order[once])
        before, after = self.ends(found.times)
        was, is_there = found.life.is_on(before), found.life.is_on(after)
        kinds = np.where(was, np.where(is_there, UPDATE, DELETE), INSERT).astype(np.int8)
        return replace(found, kinds=kinds).take(was | is_there)

    def rows_of(self, kinds: npt.NDArray[np.int8]) -> int:
        return len(kinds) + int((kinds == UPDATE).sum())

    def times_in(self, number: int) -> Instants:
        return self.once("times", number, self._times_in)

    def _times_in(self, number: int) -> Instants:
        found = self.candidates(number)
        kept, _, _ = self.chronicle.have_effect(found, *self.ends(found.times))
        found = found.take(kept)
        return np.repeat(self.ends(found.times)[1], np.where(found.kinds == UPDATE, 2, 1))

    def told(self, found: Happenings, old: pa.RecordBatch, new: pa.RecordBatch) -> tuple[pa.RecordBatch, Bits]:
        before, after = np.flatnonzero(found.kinds != INSERT), np.flatnonzero(found.kinds != DELETE)
        which = np.concatenate([before, after])
        kinds = np.concatenate([found.kinds[before] + 2, found.kinds[after]])
        names = arrow_array(["insert", "update_postimage", None, "update_preimage", "delete"])
        arrays = [
            *joined([old, new], self.row_schema).columns,
            names.take(arrow_array(kinds)),
            arrow_array(self.commit(found.times)[which]),
            arrow_array(self.ends(found.times)[1][which]).cast(TIMESTAMP),
        ]
        order = np.argsort(which, kind="stable")
        made = pa.RecordBatch.from_arrays(arrays, schema=self.schema).take(arrow_array(order))
        return made, found.rows[which[order]]


__all__ = ["AutoCdcFeed", "DebeziumFeed", "DeltaFeed", "EventFeed", "Feed"]
