"""What happens to the rows of a table between two instants: who is born, what is updated, who is deleted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.fingerprint import row_hashes
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.versions.occurrences import NEVER
from pytest_synthdata.history.evolution import Evolution, evolution_of
from pytest_synthdata.history.state import State

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.columns.versions.occurrences import Instants
    from pytest_synthdata.history.lives import Life

INSERT, UPDATE, DELETE = 0, 1, 2
_AT_ONCE = 1 << 18  # rows that are looked through together
_NOTHING = (np.zeros(0, np.uint64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Happenings:
    """What happened to rows, in the order of time, then of rows.

    Args:
        rows: row numbers.
        times: microseconds since 1970.
        kinds: INSERT, UPDATE or DELETE.
    """

    rows: Bits
    times: Instants
    kinds: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Happenings:
        """Some of them."""
        return Happenings(self.rows[index], self.times[index], self.kinds[index])


class Chronicle:
    """What happens to the rows of a table.

    Args:
        bound: a table that changes.
    """

    def __init__(self, bound: BoundTable) -> None:
        self.bound = bound

    @cached_property
    def evolution(self) -> Evolution:
        """How the table changes."""
        return evolution_of(self.bound)

    def between(self, start: int, stop: int, first: int, last: int) -> Happenings:
        """What happens from ``start`` to ``stop``, both included, to the rows from ``first`` to before ``last``."""
        return self._with_effect(self.candidates(start, stop, first, last))

    def candidates(self, start: int, stop: int, first: int, last: int) -> Happenings:
        """The same, and updates that leave every cell as it was."""
        lives = self.evolution.lives
        start, stop = max(start, lives.start), min(stop, lives.end)
        if start > stop or first >= last:
            return _sorted([], [], [])
        rows, times, kinds = [], [], []

        def add(kind: int, some: Bits, when: Instants) -> None:
            rows.append(some)
            times.append(when)
            kinds.append(np.full(len(some), kind, np.int8))

        for births, deaths, moves in self._lives(start, stop, first, last):
            add(INSERT, *births)
            add(DELETE, *deaths)
            add(UPDATE, *moves)
        for occurrences in self.evolution.updates.values():
            some, when = occurrences.between(start, stop, first, last)
            life = lives.of(some)
            happens = (life.birth < when) & (when < life.death)
            add(UPDATE, some[happens], when[happens])
        return _sorted(rows, times, kinds)

    @property
    def per_day(self) -> float:
        """How much is expected to happen to a row in a day."""
        rates = [occurrences.rate for occurrences in self.evolution.updates.values()]
        history = self.evolution.lives.history
        return (math.fsum(rates) + (0 if history is None else float(history.deletes)) + 1) / 365.25  # and a birth

    def _lives(self, start: int, stop: int, first: int, last: int) -> Iterator[tuple[tuple[Bits, Instants], ...]]:
        """Rows that are born, that are deleted and that move, with the times."""
        lives = self.evolution.lives
        history = lives.history
        if not lives.follows:
            if history is not None and isinstance(history.births, Timeline):
                yield self._born_in_order(start, stop, first, last), _NOTHING, _NOTHING
            elif start <= lives.start:
                born: Bits = np.arange(first, last, dtype=np.uint64)
                yield (born, np.full(len(born), lives.start, np.int64)), _NOTHING, _NOTHING
            if lives.deletes is not None:
                some, when = lives.deletes.between(start, stop, first, last)
                first_time = lives.of(some).death == when
                yield _NOTHING, (some[first_time], when[first_time]), _NOTHING
            return
        for begin in range(first, last, _AT_ONCE):
            some = np.arange(begin, min(begin + _AT_ONCE, last), dtype=np.uint64)
            life = lives.of(some)
            new = np.flatnonzero((life.birth >= start) & (life.birth <= stop))
            dead = np.flatnonzero((life.death >= start) & (life.death <= stop))
            yield (some[new], life.birth[new]), (some[dead], life.death[dead]), _moves(some, life, start, stop)

    def _born_in_order(self, start: int, stop: int, first: int, last: int) -> tuple[Bits, Instants]:
        """The rows that are born from ``start`` to ``stop``, in a table whose rows are in the order of their births."""
        low, high = self._first_born(start, first, last), self._first_born(stop + 1, first, last)
        rows = np.arange(low, high, dtype=np.uint64)
        return rows, self.evolution.lives.of(rows).birth

    def _first_born(self, when: int, first: int, last: int) -> int:
        """The first row that is born at a time or later, by halving."""
        while first < last:
            middle = (first + last) // 2
            if int(self.evolution.lives.of(np.array([middle], np.uint64)).birth[0]) < when:
                first = middle + 1
            else:
                last = middle
        return first

    def _with_effect(self, found: Happenings) -> Happenings:
        """Without updates that leave every cell as it was."""
        updates = np.flatnonzero(found.kinds == UPDATE)
        if not len(updates):
            return found
        kept = np.ones(len(found), np.bool_)
        for begin in range(0, len(updates), _AT_ONCE):
            some = updates[begin : begin + _AT_ONCE]
            rows, times = found.rows[some], found.times[some]
            kept[some] = self.differ(State(self.bound, rows, times - 1), State(self.bound, rows, times))
        return found.take(kept)

    def differ(self, before: State, after: State) -> npt.NDArray[np.bool_]:
        """Whether rows have other values in two states."""
        names = self.evolution.visible
        if not names:
            return np.zeros(len(before.rows), np.bool_)
        hashes = []
        for state in (before, after):
            arrays = [to_arrow(state.read(name), self.bound.type_of(name)) for name in names]
            hashes.append(row_hashes(pa.RecordBatch.from_arrays(arrays, names=names)))
        return np.asarray(hashes[0] != hashes[1], np.bool_)


def _moves(rows: Bits, life: Life, start: int, stop: int) -> tuple[Bits, Instants]:
    """Rows that come to refer to another row while they live."""
    some, when = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for hops in life.hops.values():
        for hop in hops:
            lives = (hop.since > life.birth[hop.index]) & (hop.since < life.death[hop.index])
            inside = lives & (hop.since >= start) & (hop.since <= stop) & (life.birth[hop.index] != NEVER)
            some.append(rows[hop.index[inside]])
            when.append(hop.since[inside])
    return np.concatenate(some), np.concatenate(when)


def _sorted(rows: list[Bits], times: list[Instants], kinds: list[npt.NDArray[np.int8]]) -> Happenings:
    """In the order of time, then of rows; updates of one row at one instant are one."""
    if not rows:
        return Happenings(*_NOTHING, np.zeros(0, np.int8))
    found = Happenings(np.concatenate(rows), np.concatenate(times), np.concatenate(kinds))
    found = found.take(np.lexsort((found.kinds, found.rows, found.times)))
    again = np.zeros(len(found), np.bool_)
    again[1:] = (found.rows[1:] == found.rows[:-1]) & (found.times[1:] == found.times[:-1])
    return found.take(~again)


__all__ = ["DELETE", "INSERT", "UPDATE", "Chronicle", "Happenings"]
