"""`Arrival`: when the rows of a table reach whoever reads it, which may be later than what they tell of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar
from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.errors import DeclarationError, GenerationError

ARRIVAL = "Meta.arrival"
_HOUR = 3_600_000_000  # in microseconds


@dataclass(frozen=True, init=False, eq=False)
class Arrival:
    """When rows arrive, for ``Meta.arrival``: the time that they tell of, and a delay.

    Batches, streams and periods of the table (`Table.between`) then come in the order of arrival. A row that is on time
    is never out of order: it comes after all rows that are earlier and on time.

    Args:
        time: the column, or the expression, of the time that a row tells of.
        delay: how much later it arrives: ``hours(Exponential(2))``, or any other interval. Rows arrive at once by
            default.
        late: the share of the rows that are delayed, from 0 to 1; all by default.
        redelivered: the share of the rows that arrive a second time, unchanged.
        again: how much later they do, after the first time; defaults to another ``delay``.

    Raises:
        DeclarationError: when the table is used: for what is not a time, an interval or a share.

    >>> from pytest_synthdata import Arrival, Dataset, Exponential, TableFactory, Timeline, hours
    >>> class CallFactory(TableFactory):
    ...     class Meta:
    ...         arrival = Arrival("at", hours(Exponential(2)), late=0.1, redelivered=0.01)
    ...     at = Timeline("2024-01-01", "2024-12-31", daily=25)
    >>> calls = Dataset({CallFactory: None}).calls
    >>> times = calls.between("2024-06-01", "2024-06-02").to_arrow()["at"].to_pylist()
    >>> times == sorted(times)  # some have come late
    False
    """

    time: Generator
    delay: Generator | None
    late: float
    redelivered: float
    again: Generator | None

    def __init__(
        self,
        time: str | Generator,
        delay: Generator | None = None,
        *,
        late: float = 1.0,
        redelivered: float = 0.0,
        again: Generator | None = None,
    ) -> None:
        values = {
            "time": Column(time) if isinstance(time, str) else time,
            "delay": delay,
            "late": late,
            "redelivered": redelivered,
            "again": again,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, declared: Any) -> Arrival | None:
        """What ``Meta.arrival`` says: a column's name, an expression, or an `Arrival`."""
        if declared is None or isinstance(declared, Arrival):
            return declared
        return cls(declared)

    @property
    def delay_again(self) -> Generator | None:
        """How much later a row arrives again, where it does."""
        return self.delay if self.again is None else self.again

    def times(self, cells: Cells) -> pa.Array:
        """When rows arrive, in microseconds since 1970; null where that is not known."""
        with own_code(cells.place):
            arrived = _micros(to_arrow(self.time.values(cells)))
            if self.delay is None:
                return arrived
            delay = _micros(to_arrow(self.delay.values(cells.substream("delay"))))
        if self.late < 1:
            delay = pc.if_else(arrow_array(cells.substream("late").uniform() < self.late), delay, arrow_scalar(0))
        require_forward(delay, cells.place, "delay")
        return pc.add(arrived, delay)

    def is_redelivered(self, cells: Cells) -> npt.NDArray[np.bool_]:
        """Which rows arrive a second time."""
        return cells.substream("redelivered").uniform() < self.redelivered

    def delays_again(self, cells: Cells) -> pa.Array:
        """How much later rows that arrive again do so, in microseconds."""
        assert self.delay_again is not None  # noqa: S101 - checked
        delays = _micros(to_arrow(self.delay_again.values(cells.substream("again"))))
        require_forward(delays, cells.place, "delay" if self.again is None else "again")
        return delays

    def check(self, table: str, scope: Scope) -> None:
        """Raise `DeclarationError` for what can never be."""
        place = f"{table}: {ARRIVAL}"
        for name in ("late", "redelivered"):
            share = getattr(self, name)
            if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
                raise DeclarationError(f"{place}: {name}={share!r}; it is a share of the rows, from 0 to 1")
        if self.redelivered and self.delay_again is None:
            raise DeclarationError(f"{place}: rows that are redelivered need a delay; give again=hours(Exponential(6))")
        type_ = _type_of(self.time, place, scope)
        if type_ is not None and not is_temporal(type_):
            raise DeclarationError(f"{place}: {self.time!r} is {type_}, not a date or a time")
        for delay in (self.delay, self.again):
            type_ = None if delay is None else _type_of(delay, place, scope)
            if type_ is not None and not pa.types.is_duration(type_):
                raise DeclarationError(f"{place}: {delay!r} is {type_}, not an interval; write hours({delay!r})")


def require_forward(delays: pa.Array, place: str, argument: str) -> None:
    """Raise `GenerationError` for a delay, in microseconds, by which something would arrive before it happens."""
    least = pc.min(delays).as_py()
    if least is not None and least < 0:
        raise GenerationError(
            f"{place}: {argument}= is {least / _HOUR:g} hours for some rows, which would arrive before they happen; "
            "let none be below 0: hours(Normal(2, 1).clip(0))"
        )


def _type_of(part: Any, place: str, scope: Scope) -> pa.DataType | None:
    if not isinstance(part, Generator):
        raise DeclarationError(
            f"{place}: {part!r} is neither a column nor an interval; write Arrival('ordered_at', hours(Exponential(2)))"
        )
    for name in part.reads():
        scope.column(name)
    part.check(scope)
    return part.type(scope)


def _micros(array: pa.Array) -> pa.Array:
    if pa.types.is_duration(array.type):
        return array.cast(pa.duration("us")).cast(pa.int64())
    if pa.types.is_date(array.type):
        array = array.cast(pa.timestamp("s"))
    return array.cast(pa.timestamp("us", array.type.tz), safe=False).cast(pa.int64())


__all__ = ["ARRIVAL", "Arrival", "require_forward"]
