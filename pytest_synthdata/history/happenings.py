"""What happens to the rows of a table between two instants: who is born, what is updated, who is deleted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.fingerprint import row_hashes
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.versions.occurrences import NEVER
from pytest_synthdata.history.evolution import Evolution, evolution_of
from pytest_synthdata.history.state import State

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Reader
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.columns.versions.occurrences import Instants
    from pytest_synthdata.history.life import Life

Index = npt.NDArray[np.intp]

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
        life: the lives of the rows.
    """

    rows: Bits
    times: Instants
    kinds: npt.NDArray[np.int8]
    life: Life

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Happenings:
        """Some of them."""
        index = np.flatnonzero(index) if index.dtype == np.bool_ else index
        return Happenings(self.rows[index], self.times[index], self.kinds[index], self.life.take(index))


class Chronicle:
    """What happens to the rows of a table.

    Args:
        bound: a table that changes.
        chosen: the rows to tell of, ascending; None for all.
    """

    def __init__(self, bound: BoundTable, chosen: Bits | None = None) -> None:
        self.bound = bound
        self.chosen = chosen

    @cached_property
    def evolution(self) -> Evolution:
        """How the table changes."""
        return evolution_of(self.bound)

    def between(self, start: int, stop: int, first: int, last: int) -> Happenings:
        """What happens from ``start`` to ``stop``, both included, to the rows from ``first`` to before ``last``."""
        found = self.candidates(start, stop, first, last)
        return found.take(self.have_effect(found, found.times - 1, found.times)[0])

    def candidates(self, start: int, stop: int, first: int, last: int) -> Happenings:
        """The same, and updates that leave every cell as it was."""
        lives = self.evolution.lives
        start, stop = max(start, lives.start), min(stop, lives.end)
        rows, times, kinds = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int8)]

        def add(kind: int, some: Bits, when: Instants) -> None:
            rows.append(some)
            times.append(when)
            kinds.append(np.full(len(some), kind, np.int8))

        if start <= stop and first < last:
            for births, deaths, moves in self._lives(start, stop, first, last):
                add(INSERT, *births)
                add(DELETE, *deaths)
                add(UPDATE, *moves)
            for occurrences in self.evolution.updates.values():
                add(UPDATE, *occurrences.between(start, stop, first, last))
        return self._sorted(np.concatenate(rows), np.concatenate(times), np.concatenate(kinds))

    def _sorted(self, rows: Bits, times: Instants, kinds: npt.NDArray[np.int8]) -> Happenings:
        """What happens to rows while they live, in the order of time, then of rows; of one row at an instant once."""
        if self.chosen is not None:
            mine = np.isin(rows, self.chosen)
            rows, times, kinds = rows[mine], times[mine], kinds[mine]
        order = np.argsort(times)
        if (times[order[1:]] == times[order[:-1]]).any():
            order = np.lexsort((kinds, rows, times))
        rows, times, kinds = rows[order], times[order], kinds[order]
        life = self.evolution.lives.of(rows)
        happens = ((kinds == INSERT) & (life.birth == times)) | ((kinds == DELETE) & (life.death == times))
        happens |= (kinds == UPDATE) & (life.birth < times) & (times < life.death)
        happens[1:] &= (rows[1:] != rows[:-1]) | (times[1:] != times[:-1])
        return Happenings(rows, times, kinds, life).take(happens)

    def have_effect(self, found: Happenings, before: Instants, after: Instants) -> tuple[Index, State, State]:
        """Where something changes, and there the rows before that, but for inserts, and after it, but for deletes."""
        begun = State(self.bound, found.rows, before, found.life)
        states = begun, begun.later(after)
        old, new = (
            state.part(np.flatnonzero(found.kinds != kind))
            for state, kind in zip(states, (INSERT, DELETE), strict=True)
        )
        in_old, in_new = (np.flatnonzero(found.kinds[found.kinds != kind] == UPDATE) for kind in (INSERT, DELETE))
        differ = self.differ(old.take(in_old), new.take(in_new))
        kept = np.ones(len(found), np.bool_)
        kept[found.kinds == UPDATE] = differ
        if differ.all():
            return np.arange(len(found)), old, new
        return (
            np.flatnonzero(kept),
            old.part(np.flatnonzero(kept[found.kinds != INSERT])),
            new.part(np.flatnonzero(kept[found.kinds != DELETE])),
        )

    def differ(self, before: Reader, after: Reader) -> npt.NDArray[np.bool_]:
        """Whether rows have other values in two states."""
        differ = np.zeros(len(before.rows), np.bool_)
        for name in self.evolution.visible:
            differ |= unequal(before.read(name), after.read(name), self.bound.type_of(name))
        return differ

    @property
    def per_day(self) -> float:
        """How much is expected to happen to a row in a day."""
        rates = [occurrences.rate for occurrences in self.evolution.updates.values()]
        history = self.evolution.lives.history
        rates += [4.0 for _ in self.evolution.lived]  # steps of a life, about
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
                yield _NOTHING, lives.deletes.between(start, stop, first, last), _NOTHING
            return
        for begin in range(first, last, _AT_ONCE):
            some = np.arange(begin, min(begin + _AT_ONCE, last), dtype=np.uint64)
            life = lives.of(some)
            new = np.flatnonzero((life.birth >= start) & (life.birth <= stop))
            dead = np.flatnonzero((life.death >= start) & (life.death <= stop))
            for name in self.evolution.lived:
                yield _NOTHING, _NOTHING, self._steps(name, some, start, stop)
            yield (some[new], life.birth[new]), (some[dead], life.death[dead]), _moves(some, life, start, stop)

    def _steps(self, name: str, rows: Bits, start: int, stop: int) -> tuple[Bits, Instants]:
        """When the lives of some rows come to other states."""
        life: Any = self.bound.plan.columns[name]
        cells = Cells(self.bound.at(rows), self.bound.stream(name), f"{self.bound.plan.table}.{name}")
        until = np.full(len(rows), stop)
        lived = life.live(cells, until)
        index, times = np.repeat(np.arange(len(rows)), lived.steps), lived.events()[1]
        inside = times >= start
        return rows[index[inside]], times[inside]

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


def unequal(one: Values, other: Values, type_: pa.DataType) -> npt.NDArray[np.bool_]:
    """Whether the values of a column differ, bit by bit; two nulls do not."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.dtype == other.dtype != object:
        if one.dtype.kind == "f":
            one, other = one.view(f"i{one.dtype.itemsize}"), other.view(f"i{other.dtype.itemsize}")
        return np.asarray(one != other, np.bool_)
    arrays = [to_arrow(values, type_) for values in (one, other)]
    if pa.types.is_nested(type_) or pa.types.is_floating(type_):
        hashes = [row_hashes(pa.RecordBatch.from_arrays([array], names=["value"])) for array in arrays]
        return np.asarray(hashes[0] != hashes[1], np.bool_)
    null = [np.asarray(to_numpy(pc.is_null(array)), np.bool_) for array in arrays]
    differ = np.asarray(to_numpy(without_nulls(pc.not_equal(*arrays), False)), np.bool_)
    return np.asarray(differ | (null[0] != null[1]), np.bool_)


__all__ = ["DELETE", "INSERT", "UPDATE", "Chronicle", "Happenings"]
