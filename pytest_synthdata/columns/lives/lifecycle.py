"""Lives: each row goes from state to state, at times of its own, up to a date."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.arrow.values import Values, categorical, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.base import Generator, literal, require_numbers
from pytest_synthdata.columns.lives.fields import fields_scope
from pytest_synthdata.columns.lives.history import NEVER, History, Numbers, present
from pytest_synthdata.columns.lives.states import Branching, require_states
from pytest_synthdata.columns.order.instants import filled_microseconds
from pytest_synthdata.columns.time.events import parse_date, parse_time
from pytest_synthdata.errors import DeclarationError, GenerationError

UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
_MICROSECONDS = 1_000_000
_WHOLE_DAYS = ("days", "weeks")
_DAY = 86_400 * _MICROSECONDS
_FOR_EVER = np.iinfo(np.int64).max
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, init=False, eq=False)
class Lifecycle(Generator):
    """The life of a row: the states that it goes through, and when it comes to each.

    ``life = Lifecycle(…)`` puts no column into the table. What others read of it: ``col("life.state")``, where the row
    is in the end; ``life.at``, since when; ``life.number``, how many states it has been in; and for each state
    ``life.paid_at``, when it last came there, null if never. `Step` gives the same lives as a table of events.

    Args:
        first: the state that each row begins with.
        transitions: by state, what may come next: ``{"paid": 0.92, "cancelled": 0.08}``, shares as numbers or as
            expressions on the row's columns; or a `Given` with such shares as its branches. What is missing from 1
            stays where it is. A state without an entry is the end.
        start: the column with the time at which the first state begins, or a generator of such times.
        after: by state, how long it takes to come there from the state before, a distribution or a number in
            ``unit``; by ``(before, state)`` for one way only. By default, at once. `clip` sets the shortest and
            the longest time.
        unit: of the times in ``after``: ``seconds``, ``minutes``, ``hours``, ``days`` or ``weeks``.
        until: the last day that is known, or a time, or a column with one: what comes later has not happened.
        at_most: how many times a row can come to the same state, or that by state: the bound of loops.

    Times are timestamps; where ``start`` is a date and ``unit`` days or weeks, they are dates.

    Raises:
        DeclarationError: when the table is used: for shares that sum to more than 1, states that no row comes to,
            and a start that is not a time.

    >>> Lifecycle("placed", {"placed": {"paid": 0.9, "cancelled": 0.1}}, start="ordered_at").states
    ('placed', 'paid', 'cancelled')
    """

    first: str
    branchings: tuple[Branching, ...]
    start: Generator
    waits: tuple[tuple[Any, Generator], ...]
    unit: str
    until: Any
    at_most: tuple[tuple[str, int], ...] | int

    def __init__(
        self,
        first: str,
        transitions: Mapping[str, Any],
        *,
        start: str | Generator,
        after: Mapping[str | tuple[str, str], Any] | None = None,
        unit: str = "hours",
        until: str | dt.date | Generator | None = None,
        at_most: int | Mapping[str, int] = 3,
    ) -> None:
        branchings = tuple(Branching.of(state, declared) for state, declared in transitions.items())
        is_column = isinstance(until, str) and not _DATE.match(until)
        bounds = tuple(at_most.items()) if isinstance(at_most, Mapping) else at_most
        values = {
            "first": first,
            "branchings": branchings,
            "start": Column(start) if isinstance(start, str) else start,
            "waits": tuple((where, literal(wait)) for where, wait in (after or {}).items()),
            "unit": unit,
            "until": Column(str(until)) if is_column else until,
            "at_most": bounds,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"Lifecycle({self.first!r}, {len(self.states)} states)"

    @property
    def states(self) -> tuple[str, ...]:
        """All states, the first one first."""
        named = [self.first, *(one.state for one in self.branchings)]
        for branching in self.branchings:
            named.extend(branching.targets)
        return tuple(dict.fromkeys(named))

    def children(self) -> Iterator[Generator]:
        yield self.start
        yield from (wait for _, wait in self.waits)
        for branching in self.branchings:
            yield from branching.children()
        if isinstance(self.until, Generator):
            yield self.until

    def values(self, cells: Cells) -> Values:
        return self.known_at(cells, None)

    def known_at(self, cells: Cells, until: Numbers | None) -> Values:
        """The lives as they are known at times in microseconds since 1970, one a row; None for all of them."""
        history = self.live(cells, until)
        type_ = self.time_type(cells.reader.bound.scope(""))
        number = arrow_array(history.steps, mask=history.state < 0)
        arrays = [self.state_names(history.state), as_times(history.time, type_), number]
        arrays += [as_times(history.last_times(code), type_) for code in range(len(self.states))]
        return pa.StructArray.from_arrays(arrays, names=self.field_names())

    def field_names(self) -> list[str]:
        """What can be read of a life."""
        return ["state", "at", "number", *(f"{re.sub(r'[^0-9A-Za-z_]', '_', state)}_at" for state in self.states)]

    def state_names(self, codes: Numbers) -> pa.Array:
        """States by their numbers; null for -1."""
        if (codes >= 0).all():
            return categorical(codes.astype(np.int32), arrow_array(self.states, pa.string()))
        known = np.where(codes < 0, len(self.states), codes).astype(np.int32)
        return categorical(known, arrow_array([*self.states, None], pa.string()))  # codes themselves are never null

    def live(self, cells: Cells, until: Numbers | None = None) -> History:
        """The lives of some rows, up to times in microseconds since 1970 that are included, where these are given."""
        states = self.states
        history, end = History(len(cells.rows), len(states)), self._ends(cells)
        if until is not None:
            end = np.minimum(end, until + 1)
        begin = filled_microseconds(to_arrow(self.start.values(cells.substream("start"))), NEVER)
        going = np.flatnonzero((begin != NEVER) & (begin < end))
        history.move(going, np.zeros(len(going), np.int64), begin[going])
        by_state = {one.state: one for one in self.branchings}
        while len(going):
            moved = []
            for code in present(history.state[going]):
                branching = by_state.get(states[code])
                if branching is not None:
                    here = going[history.state[going] == code]
                    moved.append(self._leave(branching, here, history, cells, end))
            moves = [move for move in moved if len(move[0])]
            if not moves:
                break
            rows, targets, times = (np.concatenate(parts) for parts in zip(*moves, strict=True))
            order = np.argsort(rows)
            going = rows[order]
            history.move(going, targets[order], times[order])
        return history

    def _leave(
        self, branching: Branching, here: Numbers, history: History, cells: Cells, end: Numbers
    ) -> tuple[Numbers, Numbers, Numbers]:
        """Those of some rows in a state that go on before their end: where to, and when."""
        states = self.states
        code = states.index(branching.state)
        most = np.array([self._most(target) for target in branching.targets])
        targets = np.array([states.index(target) for target in branching.targets])
        chosen = np.empty(len(here), np.int64)
        visit = history.visits[here, code]
        for number in present(visit):  # each stay in a state decides anew
            index = np.flatnonzero(visit == number)
            stay = cells.take(here[index]).substream("from", branching.state, str(number))
            is_open = history.visits[here[index]][:, targets] < most
            chosen[index] = branching.choose(stay, is_open)
        here, chosen = here[chosen >= 0], targets[chosen[chosen >= 0]]
        times = history.time[here].copy()
        for target in present(chosen):
            wait = self._wait(branching.state, states[target])
            for number in present(history.visits[here, target]) if wait is not None else ():
                index = np.flatnonzero((chosen == target) & (history.visits[here, target] == number))
                if wait is not None and len(index):
                    some = cells.take(here[index]).substream("after", branching.state, states[target], str(number))
                    times[index] += self._duration(wait, some)
        in_time = times < end[here]
        return here[in_time], chosen[in_time], times[in_time]

    def _duration(self, wait: Generator, cells: Cells) -> Numbers:
        values = to_numpy(to_arrow(wait.values(cells), pa.float64()))
        if len(values) and not np.nanmin(values) >= 0:
            raise GenerationError(f"{cells.place}: {wait!r} gave {np.nanmin(values)} {self.unit}; add .clip(0, None)")
        return np.rint(np.nan_to_num(values) * (UNITS[self.unit] * _MICROSECONDS)).astype(np.int64)

    def _wait(self, before: str, state: str) -> Generator | None:
        waits = dict(self.waits)
        return waits.get((before, state), waits.get(state))

    def _most(self, state: str) -> int:
        return self.at_most if isinstance(self.at_most, int) else dict(self.at_most).get(state, 3)

    def _ends(self, cells: Cells) -> Numbers:
        """The first microsecond that is not known any more."""
        if self.until is None:
            return np.full(len(cells.rows), _FOR_EVER, np.int64)
        if isinstance(self.until, Generator):
            values = self.until.values(cells.substream("until"))
            times, days = filled_microseconds(to_arrow(values), NEVER), pa.types.is_date(to_arrow(values).type)
            return np.where(times == NEVER, _FOR_EVER, times + (_DAY if days else 1))
        return np.full(len(cells.rows), _end_of(self.until), np.int64)

    def time_type(self, scope: Scope) -> pa.DataType:
        """The type of its times."""
        type_ = self.start.type(scope)
        if type_ is not None and pa.types.is_date(type_) and self.unit in _WHOLE_DAYS:
            return pa.date32()
        return pa.timestamp("us") if type_ is not None and pa.types.is_timestamp(type_) and not type_.tz else TIMESTAMP

    def type(self, scope: Scope) -> pa.DataType:
        time = self.time_type(scope)
        types = [pa.string(), time, pa.int64(), *([time] * len(self.states))]
        return pa.struct(list(zip(self.field_names(), types, strict=True)))

    def inside(self, scope: Scope) -> Any:
        return fields_scope(self.type(scope), scope, {"state": self.states})

    def check(self, scope: Scope) -> None:
        place = f"{scope.place}: Lifecycle"
        if self.unit not in UNITS:
            raise DeclarationError(f"{place}: unit={self.unit!r}; write one of {', '.join(UNITS)}")
        type_ = self.start.type(scope)
        if type_ is not None and not is_temporal(type_):
            raise DeclarationError(f"{place}: start={self.start!r} is {type_}, not a date or a time")
        if not isinstance(self.until, Generator) and self.until is not None:
            _end_of(self.until)
        named = [(f"after[{where!r}]", one) for where, _ in self.waits for one in _as_states(where)]
        bounds = self.at_most if isinstance(self.at_most, tuple) else ()
        require_states(iter([*named, *(("at_most", state) for state, _ in bounds)]), self.states, scope.place)
        reached = {self.first, *(target for one in self.branchings for target in one.targets)}
        require_states((("transitions", one.state) for one in self.branchings), tuple(reached), scope.place)
        for branching in self.branchings:
            branching.check(scope)
        for where, wait in self.waits:
            require_numbers(wait, scope, f"after[{where!r}]")
            low = wait.bounds(scope)
            if low is not None and low[0] < 0:
                raise DeclarationError(f"{place}: after[{where!r}] can be {low[0]}; add .clip(0, None)")


def _as_states(where: Any) -> tuple[Any, ...]:
    return where if isinstance(where, tuple) else (where,)


def _end_of(until: str | dt.date) -> int:
    if (time := parse_time(until)) is not None:
        moment = time.astimezone(dt.timezone.utc).replace(tzinfo=None) if time.tzinfo else time
        return int(np.datetime64(moment, "us").astype(np.int64)) + 1
    return int(np.datetime64(parse_date(until), "D").astype(np.int64) + 1) * _DAY


def as_times(microseconds: Numbers, type_: pa.DataType) -> pa.Array:
    """Times of a type; null for those that have not come."""
    mask: npt.NDArray[np.bool_] | None = microseconds == NEVER
    if mask is not None and not mask.any():
        mask = None
    if pa.types.is_date(type_):
        return arrow_array((microseconds // _DAY).astype(np.int32), mask=mask).cast(pa.date32())
    return arrow_array(microseconds, mask=mask).cast(pa.timestamp("us")).cast(type_)


__all__ = ["UNITS", "Lifecycle", "as_times"]
