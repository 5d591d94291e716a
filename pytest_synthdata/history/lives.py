"""Lives: when each row of a table is born and when it is deleted, within the lives of the rows that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.lives.steps import Steps, step_times
from pytest_synthdata.columns.order.instants import filled_microseconds
from pytest_synthdata.columns.random import Bits, Stream
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.versions.occurrences import NEVER, Instants, Occurrences
from pytest_synthdata.history.instants import first_instant, last_instant
from pytest_synthdata.history.life import Hop, KnownLives, Life

if TYPE_CHECKING:
    from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_HELD = 1 << 20  # rows whose lives are held: 16 MB
_MOST_TRIES = 64  # picks of another parent


class Lives:
    """The lives of a table's rows.

    Args:
        bound: the table; it has a history, or refers, near or far, to a table that has.
        parents: by reference, the lives of the rows that it points to; for references to tables that change.
    """

    def __init__(self, bound: BoundTable, parents: Mapping[str, Lives]) -> None:
        self.bound = bound
        self.history: Any = bound.plan.history
        self.parents: dict[str, Lives] = dict(parents)
        for name, reference in bound.plan.references.items():
            if reference.self_referential and self.history is not None:
                self.parents[name] = self

    @cached_property
    def start(self) -> int:
        """The first instant of the period."""
        if self.history is not None:
            return first_instant(self.history.start)
        return min(lives.start for lives in self.parents.values())

    @cached_property
    def end(self) -> int:
        """The last instant of the period."""
        if self.history is not None:
            return last_instant(self.history.end)
        return max(lives.end for lives in self.parents.values())

    @cached_property
    def deletes(self) -> Occurrences | None:
        """What deletes rows by itself."""
        if self.history is None or not self.history.deletes:
            return None
        return Occurrences(self.stream("delete"), float(self.history.deletes))

    def stream(self, *names: str) -> Stream:
        """Random bits of what happens to the table's rows."""
        return Stream((str(self.bound.seed), self.bound.plan.table, "version", *names))

    @cached_property
    def steps(self) -> ForeignKeyColumn | None:
        """The reference whose rows live through the steps that this table's rows are, each born as it happens.

        None for other tables, where ``births=`` says more, and where the steps are totalled: all are there then.
        """
        key = self.bound.plan.fan_out_key
        if key is None or not isinstance(key.per_parent, Steps) or key.name not in self.parents:
            return None
        if self.history is not None and self.history.births is not None:
            return None
        history = self.parents[key.name].history
        if history is None or key.per_parent.life not in history.lives or self._is_totalled:
            return None
        return key

    @property
    def _is_totalled(self) -> bool:
        """Whether a table sums up this one's rows as they are declared."""
        tables = [child.plan.table for one in self.bound.parents.values() for child in one.plan.children.values()]
        return self.bound.plan.table in tables

    @cached_property
    def others(self) -> dict[str, Lives]:
        """The references to rows that may not be there from the start to the end."""
        return {
            name: lives
            for name, lives in self.parents.items()
            if lives is self or not (lives.is_settled and lives.start <= self.start)
        }

    @cached_property
    def is_settled(self) -> bool:
        """Whether all rows are there from the start to the end."""
        has_births = self.history is not None and self.history.births is not None
        others = [name for name, lives in self.others.items() if lives is not self]
        return not has_births and self.steps is None and self.deletes is None and not others

    @cached_property
    def follows(self) -> bool:
        """Whether only the rows themselves, one by one, tell who is born or deleted at a time."""
        births = None if self.history is None else self.history.births
        if self.steps is not None or (self.history is not None and self.history.lives):
            return True
        return isinstance(births, str) or any(not (self.is_settled and lives is self) for lives in self.others.values())

    def of(self, rows: Bits) -> Life:
        """The lives of some rows, in any order."""
        if self.is_settled:
            return Life(np.full(len(rows), self.start), np.full(len(rows), NEVER, np.int64))
        held = self._held(len(rows))
        if held is None:
            return self._lived(rows)
        return held.take(rows.astype(np.int64))

    def _held(self, count: int) -> Life | None:
        """The lives of all rows, where it pays to hold them."""
        num_rows = self.bound.num_rows
        key = ("lives held",)
        if key not in self.bound.cache and (num_rows > _HELD or num_rows > 8 * max(count, 256)):
            return None
        return self.bound.cached(key, lambda: self._lived(np.arange(num_rows, dtype=np.uint64)))

    def _lived(self, rows: Bits) -> Life:
        above = self._above(rows)
        life = self._within_parents(rows, above)
        for name in self._own:
            if self.history.moves(name):
                reader = self.bound.at(rows)
                index, picks = _referring(reader.read(name))
                hops, _ = self._moved(name, reader, index, above.of(picks).death, life.birth)
                life = replace(life, hops={**life.hops, name: hops})
        return life

    @cached_property
    def _own(self) -> tuple[str, ...]:
        """The references to rows of the same table, each of which is before the row that refers to it."""
        return tuple(name for name, lives in self.parents.items() if lives is self)

    def _above(self, rows: Bits) -> KnownLives:
        """The lives of the rows of the same table that rows refer to, near and far."""
        generations = []
        while len(rows := self._referred_to(rows)):
            generations.append(rows)
        known = KnownLives(*(np.zeros(0, np.int64) for _ in range(3)))
        for generation in reversed(generations):
            # One that is above several is in several generations; the first has all that are above it.
            new = np.setdiff1d(generation, known.rows, assume_unique=True)
            known = known.and_of(new, self._within_parents(new.astype(np.uint64), known))
        return known

    def _referred_to(self, rows: Bits) -> Bits:
        """The rows of the same table that rows refer to, each once."""
        reader = self.bound.at(rows)
        found = (_referring(reader.read(name))[1] for name in self._own)
        return distinct(np.zeros(0, np.int64), *found).astype(np.uint64)

    def _within_parents(self, rows: Bits, above: KnownLives) -> Life:
        """The lives of some rows, and their moves to rows of other tables.

        Args:
            rows: row numbers.
            above: the lives of the rows of the same table that these refer to.
        """
        reader = self.bound.at(rows)
        birth = self._own_birth(reader)
        death = np.full(len(rows), NEVER, np.int64)
        hops: dict[str, tuple[Hop, ...]] = {}
        parents: dict[str, tuple[npt.NDArray[np.intp], Life]] = {}
        for name, lives in self.others.items():
            index, picks = _referring(reader.read(name))
            if not len(index):
                continue
            life = above.of(picks) if lives is self else lives.of(picks.astype(np.uint64))
            birth[index] = np.maximum(birth[index], life.birth)
            parents[name] = index, life
        for name, (index, life) in parents.items():
            ends = life.death
            if self.history is not None and self.history.moves(name):
                if name in self._own:
                    continue  # such a row can always refer to none, and lives on
                hops[name], ends = self._moved(name, reader, index, ends, birth)
            death[index] = np.minimum(death[index], ends)
        if self.deletes is not None:
            death = np.minimum(death, self.deletes.first(rows, np.minimum(birth, self.end), self.end))
        never = (birth > self.end) | (death <= birth)
        death[death > self.end] = NEVER
        birth[never] = death[never] = NEVER
        return Life(birth, death, hops)

    def _own_birth(self, reader: Any) -> Instants:
        births = None if self.history is None else self.history.births
        if self.steps is not None:
            return np.maximum(step_times(self.bound, self.steps, reader.rows), self.start)
        if births is None:
            return np.full(len(reader.rows), self.start)
        values = births.values(self._timeline_cells(reader)) if isinstance(births, Timeline) else reader.read(births)
        return np.maximum(filled_microseconds(to_arrow(values), self.start), self.start)

    def _timeline_cells(self, reader: Any) -> Cells:
        return Cells(reader, self.stream("birth"), f"{self.bound.plan.table}: Meta.history")

    def _moved(
        self, name: str, reader: Any, index: npt.NDArray[np.intp], ends: Instants, birth: Instants
    ) -> tuple[tuple[Hop, ...], Instants]:
        """The moves of some rows whose parents are deleted, and when the last parent of each is.

        A row goes to the first of further picks of its reference that is there when it has to move. Where none of the
        rows before it is there, it refers to none, as the first row of the table does.
        """
        reference, lives = self.bound.plan.references[name], self.parents[name]
        stream, place = self.bound.stream(name), f"{self.bound.plan.table}.{name}"
        ends = ends.copy()
        # One that is gone before the row is born is never referred to.
        leaves = np.maximum(ends, birth[index])
        hops: list[Hop] = []
        going = np.flatnonzero((ends <= self.end) & (birth[index] <= self.end))
        for number in range(1, _MOST_TRIES + 1):
            if not len(going):
                break
            cells = Cells(reader.take(index[going]), stream.child("version", str(number)), place)
            tried = np.asarray(to_numpy(reference.values(cells)), np.int64)
            known = np.flatnonzero(tried >= 0)
            if not len(known):
                continue
            candidates = tried[known].astype(np.uint64)
            is_own = lives is self
            life = self._within_parents(candidates, self._above(candidates)) if is_own else lives.of(candidates)
            when = leaves[going[known]]
            fits = life.is_on(when)
            moved = going[known[fits]]
            hops.append(Hop(index[moved], when[fits], tried[known[fits]]))
            ends[moved] = leaves[moved] = life.death[fits]
            settled = moved[ends[moved] > self.end]
            going = np.setdiff1d(going, settled, assume_unique=True)
        if lives is self:
            hops.append(Hop(index[going], leaves[going], np.full(len(going), -1)))
            ends[going] = NEVER
        return tuple(hop for hop in hops if len(hop.index)), ends


def _referring(picks: Values) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """The positions of the rows that refer to another one, and the numbers of these."""
    numbers = np.asarray(to_numpy(picks), np.int64)
    index = np.flatnonzero(numbers >= 0)
    return index, numbers[index]


def lives_of(bound: BoundTable) -> Lives | None:
    """The lives of a table's rows; None where neither it nor any table that it refers to has a history."""

    def make() -> Lives | None:
        near = {
            name: lives_of(bound.parent(name))
            for name, reference in bound.plan.references.items()
            if not reference.self_referential
        }
        parents = {name: lives for name, lives in near.items() if lives is not None}
        return Lives(bound, parents) if parents or bound.plan.history is not None else None

    return bound.cached(("lives",), make)


__all__ = ["Lives", "lives_of"]
