"""`State`: rows as they are at a time: a pure function of the versions that their updated columns have by then.

A column that is updated for the n-th time draws from a substream named by its version; all else of the row is
evaluated as it is declared, on what the updated columns now say. So a row meets its declarations at any time.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.arrow.values import Values, scatter
from pytest_synthdata.columns.attempts import Settled
from pytest_synthdata.columns.batch import Batch, Selection
from pytest_synthdata.columns.cells import Cells, Reader
from pytest_synthdata.columns.correlation import CorrelatedStream
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.random import Bits, Stream
from pytest_synthdata.columns.versions.occurrences import NEVER, Instants
from pytest_synthdata.history.evolution import Evolution, evolution_of
from pytest_synthdata.history.moving import moved

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.history.life import Life

Index = npt.NDArray[np.intp]
_FEW = 4  # kinds of versions, for each row, that are counted rather than sorted


class State(Batch):
    """Some rows, each at a time of its own.

    Args:
        bound: their table.
        rows: row numbers, in any order; a row may come at several times.
        times: microseconds since 1970.
        life: the rows' lives, where they are known.
    """

    bound: BoundTable
    attempt: int | None = None  # at the table's condition; None for the one that meets it
    is_birth = False  # whether each row's time is that of its birth

    def __init__(self, bound: BoundTable, rows: Bits, times: Instants, life: Life | None = None) -> None:
        super().__init__(bound, rows)
        self.times = times
        if life is not None:
            self.life = life
        self._versions: dict[str, Instants] = {}
        self.as_declared: Reader = bound.at(rows)

    @cached_property
    def evolution(self) -> Evolution:
        """How the table changes."""
        return evolution_of(self.bound)

    @cached_property
    def life(self) -> Life:
        """The rows' lives."""
        return self.evolution.lives.of(self.rows)

    @cached_property
    def at_birth(self) -> Reader:
        """The same rows as they were born."""
        born = State(self.bound, self.rows, np.where(self.life.birth == NEVER, self.times, self.life.birth), self.life)
        born.as_declared, born.is_birth = self.as_declared, True
        return born

    def version(self, column: str) -> Instants:
        """How often a column has been updated by each row's time."""
        group = self.evolution.group_of[column]
        key = group[0]
        if key not in self._versions:
            since = np.minimum(self.life.birth, self.times)
            self._versions[key] = self.evolution.updates[group].count(self.rows, since, self.times)
        return self._versions[key]

    def updated_at(self, column: str) -> Instants:
        """When a column was last updated by each row's time; its birth where it never was."""
        occurrences = self.evolution.updates[self.evolution.group_of[column]]
        return occurrences.last(self.rows, np.minimum(self.life.birth, self.times), self.times)

    def later(self, times: Instants) -> State:
        """The same rows at later times."""
        state = State(self.bound, self.rows, times, self.life)
        state.as_declared, state.at_birth = self.as_declared, self.at_birth
        for group, occurrences in self.evolution.updates.items():
            since = np.maximum(np.minimum(self.life.birth, times), self.times)
            more = occurrences.count(self.rows, since, np.maximum(times, since))
            state._versions[group[0]] = self.version(group[0]) + more
        return state

    def part(self, index: Index) -> State:
        """Some of the rows, at the same times."""
        state = State(self.bound, self.rows[index], self.times[index], self.life.take(index))
        state.as_declared, state.at_birth = self.as_declared.take(index), self.at_birth.take(index)
        state._versions = {column: numbers[index] for column, numbers in self._versions.items()}
        return state

    def _make(self, name: str) -> Values:
        if "." in name and name not in self.bound.plan.columns:
            return super()._make(name)
        if name not in self.evolution.changing:
            return self.as_declared.read(name)
        if not self.is_birth and name in self.evolution.kept_since_birth:
            return self.at_birth.read(name)
        if self.attempt is None and name in self.bound.plan.redrawn:
            return self.settled.read(name)
        return self.generate(name)

    @cached_property
    def settled(self) -> Settled:
        where = self.bound.plan.where
        assert where is not None  # noqa: S101
        for name in self.bound.plan.redrawn - self.evolution.changing:
            self.as_declared.read(name)  # settled before the rest is
        if not self.is_birth:
            for name in self.evolution.kept_since_birth:
                self.at_birth.read(name)
        for column in self.evolution.group_of:
            self.version(column)
        return Settled(self.bound, where, self.rows, self._attempt, np.arange(len(self.rows)))

    def _attempt(self, positions: Any, number: int) -> State:
        # The share of rows that meet the condition is measured on others than these.
        return StateAttempt(self, positions % np.asarray(max(len(self.rows), 1), positions.dtype), number)

    def stream(self, name: str) -> Stream:
        return self.bound.stream(name, self.attempt or 0)

    def generate(self, name: str) -> Values:
        if name in self.evolution.moving:
            return self.current_parents(name)[0]
        if name in self.evolution.lived:
            life: Any = self.bound.plan.columns[name]
            cells = Cells(self.as_declared, self.bound.stream(name), f"{self.bound.plan.table}.{name}")
            return life.known_at(cells, self.times)
        if self.evolution.updated_by(name):
            return moved(self, name)
        return super().generate(name)

    def of_version(self, name: str, index: Index, stream: Stream) -> Values:
        """A column's values by its declaration, of the rows at some positions, from other random bits."""
        place = f"{self.bound.plan.table}.{name}"
        with own_code(place):
            return self.bound.plan.columns[name].values(Cells(Selection(self, index), stream, place))

    def redrawn(self, name: str, versions: dict[str, Instants]) -> Values:
        """A column as its versions, and those of the columns that it is correlated with, draw it."""
        code, most = np.zeros(len(self.rows), np.int64), 1
        for numbers in versions.values():
            code += numbers * most
            most *= int(numbers.max(initial=0)) + 1
        pieces: list[tuple[Index, Values]] = []
        for number in np.flatnonzero(np.bincount(code)) if most <= _FEW * (len(code) + 1) else np.unique(code):
            index = np.flatnonzero(code == number)
            known = {column: int(numbers[index[0]]) for column, numbers in versions.items()}
            pieces.append((index, self.of_version(name, index, self.versioned(name, known))))
        if not pieces:
            return self.of_version(name, np.zeros(0, np.intp), self.stream(name))
        return pieces[0][1] if len(pieces) == 1 else scatter(pieces, len(self.rows))

    def versioned(self, name: str, versions: dict[str, int]) -> Stream:
        """The random bits of a column at a version."""
        mixed = self.bound.plan.loadings.get(name)
        own = self._own(name, versions.get(name, 0))
        if mixed is None:
            return own
        parts = tuple((weight, self._own(other, versions.get(other, 0))) for weight, other in mixed)
        return CorrelatedStream(own.names, parts=parts)

    def _own(self, name: str, version: int) -> Stream:
        stream = self.bound.own_stream(name, self.attempt or 0)
        return stream.child("version", str(version)) if version else stream

    def related(self, name: str) -> Batch:
        """The parents' rows as they were when each row came to refer to them."""
        lives = self.evolution.lives.parents.get(name)
        if lives is None:
            return super().related(name)
        if name not in self._related:
            parents, since = self.current_parents(name)
            self._related[name] = State(lives.bound, np.maximum(parents, 0).astype(np.uint64), since)
        return self._related[name]

    def current_parents(self, name: str) -> tuple[npt.NDArray[np.int64], Instants]:
        """The row that each row refers to at its time, -1 for none, and since when."""
        picks = np.array(self.as_declared.read(name), np.int64)
        since = np.where(self.life.birth == NEVER, self.evolution.lives.start, self.life.birth)
        for hop in self.life.hops.get(name, ()):
            past = hop.since <= self.times[hop.index]
            index = hop.index[past]
            picks[index], since[index] = hop.parents[past], hop.since[past]
        return picks, since


class StateAttempt(State):
    """Rows as one of their attempts at the table's condition has them at their times.

    Args:
        state: the rows, and perhaps others.
        positions: theirs among those.
        number: the attempt's.
    """

    def __init__(self, state: State, positions: Any, number: int) -> None:
        super().__init__(state.bound, state.rows[positions], state.times[positions])
        self.attempt = number
        self._state, self._positions = state, positions
        self.as_declared, self.is_birth = state.as_declared.take(positions), state.is_birth
        if not state.is_birth:
            self.at_birth = state.at_birth.take(positions)

    def version(self, column: str) -> Instants:
        return self._state.version(column)[self._positions]

    def current_parents(self, name: str) -> tuple[npt.NDArray[np.int64], Instants]:
        parents, since = self._state.current_parents(name)
        return parents[self._positions], since[self._positions]


__all__ = ["State"]
