"""Children counted from their parents: those of row 0 come first, then those of row 1, and so on.

What is held of it is one sum for each block of parents; the counts within a block are made again when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope, Table
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.errors import DeclarationError, GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Stream

Numbers: TypeAlias = npt.NDArray[np.int64]
Count: TypeAlias = Callable[[Bits], Numbers]

_BITS = 12
BLOCK = 1 << _BITS  # parents for which one sum is held: 8 bytes for 4,096, 200 kB for 10^8
_MOST_KEPT = 256  # blocks whose counts are kept: 8 MB
_CHILDREN_AT_ONCE = 1 << 20  # whose rows are looked up together
_AT_ONCE = 64  # blocks whose counts are made at once


@dataclass(frozen=True)
class FanOut:
    """How many children the parents have.

    Args:
        ends: for each block of parents, how many children they and those before them have.
        recent: the counts of the parents in the blocks that were asked for last.
    """

    ends: Numbers
    recent: dict[int, Numbers] = field(default_factory=dict, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {"ends": self.ends, "recent": {}}

    @property
    def num_rows(self) -> int:
        """How many children there are."""
        return int(self.ends[-1]) if len(self.ends) else 0

    @classmethod
    def of(cls, count: Count, num_parents: int) -> FanOut:
        """Count the children of all parents, in one pass that holds a block's."""
        ends, total = [np.zeros(0, np.int64)], 0
        for first in range(0, num_parents, BLOCK * _AT_ONCE):
            last = min(first + BLOCK * _AT_ONCE, num_parents)
            counts = count(np.arange(first, last, dtype=np.uint64))
            ends.append(total + np.cumsum(np.add.reduceat(counts, np.arange(0, last - first, BLOCK))))
            total = int(ends[-1][-1])
        return cls(np.concatenate(ends))

    def children(self, parent: int, count: Count, num_parents: int) -> tuple[int, int]:
        """The first child row of a parent, which may be beyond the last, and how many it has."""
        block = min(parent // BLOCK, len(self.ends))
        first = num_parents if parent >= num_parents else block * BLOCK
        before = self.num_rows if parent >= num_parents else int(self.ends[block - 1]) if block else 0
        counts = count(np.arange(first, parent + 1, dtype=np.uint64))
        return before + int(counts[:-1].sum()), int(counts[-1])

    def spans(self, parents: Numbers, count: Count, num_parents: int) -> tuple[Numbers, Numbers]:
        """The number of each parent's first child, counted from parent to parent, and how many it has."""
        first, counts = np.empty(len(parents), np.int64), np.empty(len(parents), np.int64)
        beyond = parents >= num_parents
        for position in np.flatnonzero(beyond):
            first[position], counts[position] = self.children(int(parents[position]), count, num_parents)
        block = np.where(beyond, -1, parents >> _BITS) if beyond.any() else parents >> _BITS
        for some in _pieces(_distinct(block[block >= 0])):
            where = np.flatnonzero((block >= some[0]) & (block <= some[-1]))
            _, of_each, within = self._within(some, count, num_parents)
            follow = some[-1] - some[0] == len(some) - 1
            of_block = block[where] - some[0] if follow else np.searchsorted(some, block[where])
            at = (of_block << _BITS) | (parents[where] & (BLOCK - 1))
            counts[where], first[where] = of_each[at], within[at] - of_each[at]
        return first, counts

    def _counts(self, blocks: Numbers, numbers: Numbers, count: Count) -> Numbers:
        """The children of the parents of some blocks; those of the last blocks are kept, as each column asks anew."""
        known = {block: self.recent.get(block) for block in blocks.tolist()}  # other threads may clear what is kept
        new = [block for block, counts in known.items() if counts is None]
        if new:
            fresh = numbers if len(new) == len(blocks) else numbers[np.isin(numbers // BLOCK, new)]
            made = count(fresh.astype(np.uint64))
            known |= {
                block: made[start : start + BLOCK] for block, start in zip(new, range(0, len(made), BLOCK), strict=True)
            }
            if len(self.recent) + len(new) > _MOST_KEPT:
                self.recent.clear()
            self.recent.update({block: counts for block, counts in known.items() if counts is not None})
        return np.concatenate([counts for counts in known.values() if counts is not None])

    def locate(self, rows: Bits, count: Count, num_parents: int) -> tuple[Numbers, Numbers]:
        """The parent of each child row, and which of its children it is, from 0."""
        wanted = rows.astype(np.int64)
        if len(wanted) > 1 and wanted[-1] - wanted[0] == len(wanted) - 1 and (np.diff(wanted) == 1).all():
            first, last = np.searchsorted(self.ends, wanted[[0, -1]], side="right")
            if last - first < _AT_ONCE:
                blocks = np.arange(first, last + 1)
                return self._in_a_row(int(wanted[0]), int(wanted[-1]) + 1, blocks, count, num_parents)
        block = np.searchsorted(self.ends, wanted, side="right")
        blocks = _distinct(block)
        order = None if len(blocks) <= _AT_ONCE else np.argsort(block, kind="stable")
        parents, ordinals = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
        done = 0
        for some in _pieces(blocks):
            stop = len(rows) if order is None else int(np.searchsorted(block, some[-1], side="right", sorter=order))
            which = slice(None) if order is None else order[done:stop]
            parents[which], ordinals[which] = self._locate(wanted[which], some, count, num_parents)
            done = stop
        return parents, ordinals

    def _in_a_row(
        self, start: int, stop: int, blocks: Numbers, count: Count, num_parents: int
    ) -> tuple[Numbers, Numbers]:
        """As `locate`, of rows that follow one another: parents, each as often as it has children."""
        numbers, counts, within = self._within(blocks, count, num_parents)
        low, high = np.searchsorted(within, [start, stop - 1], side="right")
        some = slice(low, high + 1)
        begins = within[some] - counts[some]
        shown = np.minimum(within[some], stop) - np.maximum(begins, start)
        return np.repeat(numbers[some], shown), np.arange(start, stop) - np.repeat(begins, shown)

    def _locate(self, rows: Numbers, blocks: Numbers, count: Count, num_parents: int) -> tuple[Numbers, Numbers]:
        numbers, counts, within = self._within(blocks, count, num_parents)
        at = np.searchsorted(within, rows, side="right")
        return numbers[at], rows - (within[at] - counts[at])

    def _within(self, blocks: Numbers, count: Count, num_parents: int) -> tuple[Numbers, Numbers, Numbers]:
        """The parents of some blocks, how many children each has, and how many it and all before it have."""
        numbers = (blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        if blocks[-1] == len(self.ends) - 1:
            numbers = numbers[numbers < num_parents]
        counts = self._counts(blocks, numbers, count)
        before = np.where(blocks > 0, self.ends[blocks - 1], 0)
        starts = np.arange(0, len(numbers), BLOCK)
        within = np.cumsum(counts)
        # The sums within the blocks run on; each block goes on from its own beginning.
        sizes = np.diff(np.append(starts, len(numbers)))
        within += np.repeat(before - np.concatenate([[0], within[starts[1:] - 1]]), sizes)
        return numbers, counts, within


def _distinct(blocks: Numbers) -> Numbers:
    """All that there are, ascending; quick for rows that follow one another."""
    starts = np.append(True, blocks[1:] != blocks[:-1])[: len(blocks)]
    return np.unique(blocks[starts])


def _pieces(blocks: Numbers) -> Iterator[Numbers]:
    for start in range(0, len(blocks), _AT_ONCE):
        yield blocks[start : start + _AT_ONCE]


def counter(generator: Generator, parent: Table, stream: Stream, place: str) -> Count:
    """A function that gives the number of children of some parents."""

    def count(parents: Bits) -> Numbers:
        with own_code(place):
            values = to_arrow(generator.values(Cells(parent.at(parents), stream, place)))
        counts = np.asarray(to_numpy(without_nulls(values, 0)), np.int64)
        if len(counts) and counts.min() < 0:
            raise GenerationError(
                f"{place}: per_parent gave row {parents[counts.argmin()]} of {parent.plan.table!r} "
                f"{counts.min()} children; add .clip(0, None)"
            )
        return counts

    return count


@dataclass(frozen=True)
class Ordinal(Generator):
    """Which of its parent's children a row is: 1, 2, 3 … for each parent, in the order of time beside a `Timeline`.

    Args:
        reference: the `ForeignKey` with ``per_parent``.
        start: the number of the first child.

    >>> Ordinal("order")
    Ordinal(reference='order', start=1)
    """

    pinned = True

    reference: str
    start: int = 1

    def values(self, cells: Cells) -> Values:
        bound = cells.reader.bound
        reference = bound.plan.references[self.reference]
        parents, numbers = reference.counted(bound, cells.rows)
        if reference.spread(bound) is not None:
            numbers = _in_time(reference, bound, parents, cells.rows)
        return numbers + self.start

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.int64()

    def check(self, scope: Scope) -> None:
        scope.column(self.reference)
        fan_out_key = scope.plan.fan_out_key
        if fan_out_key is None or fan_out_key.name != self.reference:
            raise DeclarationError(
                f"{scope.place}: {self!r}: {self.reference!r} is not a ForeignKey with per_parent; write per_parent= "
                "there, or a RelatedFactoryList in the factory that it refers to"
            )
        if isinstance(self.start, bool) or not isinstance(self.start, int):
            raise DeclarationError(f"{scope.place}: {self!r}: start must be an integer")


def _in_time(reference: Any, bound: Table, parents: Numbers, rows: Bits) -> Numbers:
    """How many of their parent's children come before some rows, in a table whose rows are in the order of time."""
    each, which = np.unique(parents, return_inverse=True)
    first, counts = reference.spans(bound, each.astype(np.uint64))
    before, places, width = np.zeros(len(rows), np.int64), np.argsort(which, kind="stable"), np.uint64(bound.num_rows)
    ends = np.cumsum(counts)
    done = 0
    while done < len(each):
        # So many parents at once as have no more than so many children, but one at least.
        stop = max(int(np.searchsorted(ends, (ends[done - 1] if done else 0) + _CHILDREN_AT_ONCE, "right")), done + 1)
        owner = np.repeat(np.arange(stop - done), counts[done:stop])
        starts = np.cumsum(counts[done:stop]) - counts[done:stop]
        number = np.arange(len(owner)) - starts[owner] + first[done:stop][owner]
        siblings = np.sort(owner.astype(np.uint64) * width + reference.rows_of(bound, number.astype(np.uint64)))
        some = places[np.searchsorted(which, done, sorter=places) : np.searchsorted(which, stop, sorter=places)]
        mine = which[some] - done
        before[some] = np.searchsorted(siblings, mine.astype(np.uint64) * width + rows[some]) - starts[mine]
        done = stop
    return before


__all__ = ["BLOCK", "Count", "FanOut", "Ordinal", "counter"]
