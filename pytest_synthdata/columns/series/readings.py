"""When the readings of a series are taken: every so often, from a start to an end that each parent has of its own."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.arrow.values import Values, to_arrow
from pytest_synthdata.columns.cells import Cells, Scope, Table
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.order.instants import filled_microseconds
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.time.events import parse_date, parse_time
from pytest_synthdata.errors import DeclarationError

Numbers = npt.NDArray[np.int64]

_UNITS = {"ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000}
_EVERY = re.compile(r"(\d+)\s*(ms|s|min|h|d|w)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
DAY = 86_400_000_000  # microseconds
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, init=False, eq=False)
class Readings(Generator):
    """How many readings a parent has, for the ``per_parent`` of a table of readings.

    Args:
        every: the time between two readings: ``"15min"``, ``"1h"``, ``"30s"``, ``"1d"``.
        start: when the first is taken: a date or a time as text, or a column of the parent.
        end: the last day, included, or the time before which the last is taken; or a column of the parent.
        jitter: up to which share of ``every`` a reading comes late, from 0 (regular) to 1.

    Raises:
        DeclarationError: when the table is used: for what is not an interval, a date or a time.

    >>> Readings("15min", start="2024-01-01", end="2024-12-31")
    Readings('15min')
    """

    every: str
    start: Generator
    end: Generator
    jitter: float

    def __init__(
        self,
        every: str,
        *,
        start: str | dt.date | Generator,
        end: str | dt.date | Generator,
        jitter: float = 0.0,
    ) -> None:
        values = {"every": every, "start": _moment(start), "end": _moment(end), "jitter": jitter}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"Readings({self.every!r})"

    @property
    def interval(self) -> int:
        """The microseconds between two readings."""
        found = _EVERY.fullmatch(self.every) if isinstance(self.every, str) else None
        if found is None or int(found[1]) == 0:
            raise DeclarationError(f"{self.every!r} is not an interval; write '15min', '1h', '30s' or '1d'")
        return int(found[1]) * _UNITS[found[2]]

    def values(self, cells: Cells) -> Values:
        starts = self.starts(cells)
        values = to_arrow(self.end.values(cells.substream("end")))
        ends = filled_microseconds(values, _NEVER) + (DAY if pa.types.is_date(values.type) else 0)
        known = (starts != _NEVER) & (ends >= starts)
        return np.where(known, -(-(ends - np.where(known, starts, ends)) // self.interval), 0)

    def starts(self, cells: Cells) -> Numbers:
        """When each parent's first reading is taken, in microseconds."""
        return filled_microseconds(to_arrow(self.start.values(cells.substream("start"))), _NEVER)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.int64()

    def check(self, scope: Scope) -> None:
        try:
            _ = self.interval
        except DeclarationError as error:
            raise DeclarationError(f"{scope.place}: Readings: every={error}") from None
        if isinstance(self.jitter, bool) or not isinstance(self.jitter, (int, float)) or not 0 <= self.jitter <= 1:
            raise DeclarationError(f"{scope.place}: {self!r}: jitter={self.jitter!r}; it lies between 0 and 1")
        for name, moment in (("start", self.start), ("end", self.end)):
            type_ = moment.type(scope)
            if type_ is not None and not is_temporal(type_):
                raise DeclarationError(f"{scope.place}: {self!r}: {name}={moment!r} is {type_}, not a date or a time")

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        return 0, float("inf")


@dataclass(frozen=True)
class Moments:
    """Of some readings: whose they are, which of theirs, and when they are taken.

    Args:
        parents: the parents' row numbers.
        ordinals: which of its parent's readings each is, from 0.
        distinct: the parents, each once.
        which: the position of each reading's parent among these.
        times: in microseconds since 1970.
        elapsed: since the parent's first reading.
    """

    parents: Numbers
    ordinals: Numbers
    distinct: Bits
    which: Numbers
    times: Numbers
    elapsed: Numbers


def moments(bound: Table, rows: Bits) -> Moments:
    """When some rows of a table of readings are taken."""
    key = bound.plan.fan_out_key
    readings = key.per_parent
    parents, ordinals = key.counted(bound, rows)
    distinct, which = np.unique(parents, return_inverse=True)
    stream, place = bound.stream(key.name), f"{bound.plan.table}.{key.name}"
    numbers = distinct.astype(np.uint64)
    starts = readings.starts(Cells(bound.parent(key.name).at(numbers), stream.child("per_parent"), place))
    elapsed = ordinals * readings.interval
    if readings.jitter:
        late = stream.child("jitter").uniform(rows) * (readings.jitter * readings.interval)
        elapsed = elapsed + late.astype(np.int64)
    return Moments(parents, ordinals, numbers, which, starts[which] + elapsed, elapsed)


@dataclass(frozen=True)
class ReadingTime(Generator):
    """When a reading is taken, in a table whose `ForeignKey` has ``per_parent=Readings(…)``.

    >>> ReadingTime()
    ReadingTime()
    """

    def values(self, cells: Cells) -> Values:
        times = moments(cells.reader.bound, cells.rows).times
        return arrow_array(times).cast(pa.timestamp("us")).cast(TIMESTAMP)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return TIMESTAMP

    def reads(self) -> Iterator[str]:
        yield from ()

    def check(self, scope: Scope) -> None:
        require_readings(self, scope)


def require_readings(generator: Generator, scope: Scope) -> None:
    """Raise `DeclarationError` in a table that does not count readings."""
    key = scope.plan.fan_out_key
    if key is None or not isinstance(key.per_parent, Readings):
        raise DeclarationError(
            f"{scope.place}: {generator!r}: the table has no readings; refer to what is measured by "
            "ForeignKey(…, per_parent=Readings('15min', start='2024-01-01', end='2024-12-31'))"
        )


def _moment(value: Any) -> Generator:
    if isinstance(value, Generator):
        return value
    if isinstance(value, str):
        if not _DATE.match(value):
            return Column(value)
        return Constant(parse_time(value) or parse_date(value))
    return Constant(value)


__all__ = ["DAY", "Moments", "ReadingTime", "Readings", "moments", "require_readings"]
