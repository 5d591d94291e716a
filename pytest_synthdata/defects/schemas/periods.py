"""For which rows a change holds: from a row or a time on, until another; and the states that several changes make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar, without_nulls
from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.defects.kind import require_column, typed
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.defects.schemas.change import SchemaChange

_NEVER = np.iinfo(np.int64).min  # where a null time stands: before all others


@dataclass(frozen=True)
class Period:
    """Rows from a place on and before another one.

    Args:
        axis: the column of times that is compared; None for the rows' numbers.
        since: the first place, None for the beginning. Times are days or ticks as the column has them.
        until: the first place after it, None for the end.
        never: whether it is no row.
    """

    axis: str | None = None
    since: int | None = None
    until: int | None = None
    never: bool = field(default=False, kw_only=True)

    @property
    def whole(self) -> bool:
        """Whether it is all rows."""
        return self.since is None and self.until is None and not self.never

    def holds_at(self, place: int) -> bool:
        """Whether a place is in it."""
        return (
            not self.never
            and (self.since is None or place >= self.since)
            and (self.until is None or place < self.until)
        )


def period_of(bound: BoundTable, change: SchemaChange, instant: int | None = None) -> Period:
    """The period for which a change of the schema is declared.

    Args:
        bound: the table.
        change: the change.
        instant: where rows are shown as they are at a time, that time: dates and times are compared with it.

    Raises:
        DeclarationError: for what is not a place in this table, and where no column of times is meant.
    """
    title, since, until, on = change.title, change.since, change.until, change.on
    place = f"{bound.name}: {title}"
    given = [end for end in (since, until) if end is not None]
    if not given:
        if on is not None:
            raise DeclarationError(f"{place}: on={on!r} goes with since= or until=")
        return Period()
    numbers = [_is_number(end) for end in given]
    if all(numbers):
        if on is not None:
            raise DeclarationError(f"{place}: on={on!r} goes with dates or times; row numbers are compared as they are")
        first, last = (None if end is None else int(end) for end in (since, until))
        period = Period(None, first, last)
    elif any(numbers):
        raise DeclarationError(f"{place}: since={since!r}, until={until!r}: give two row numbers, or two times")
    else:
        period = _by_times(bound, change, place, instant)
    _require_order(period, change, place)
    if period.axis is None and any(end is not None and end < 0 for end in (period.since, period.until)):
        raise DeclarationError(f"{place}: since={since!r}, until={until!r}: rows are numbered from 0")
    return period


def _by_times(bound: BoundTable, change: SchemaChange, place: str, instant: int | None) -> Period:
    """The rows with dates or times from one to another; all or none of them where there is one time for all."""
    axis = None if instant is not None else change.on or change.usual_times() or _time_column(bound, place)
    if axis is None:
        then = _first_told(bound) if instant is None else instant
        return Period(never=not period_in_time(bound, change).holds_at(_NEVER if then is None else then))
    require_column(bound, axis, change.title)
    type_ = bound.type_of(axis)
    if not is_temporal(type_):
        raise DeclarationError(
            f"{bound.name}.{axis}: {change.title} compares dates or times, and the column is {type_}"
        )
    since, until = (None if end is None else _ticks(end, type_, place) for end in (change.since, change.until))
    return Period(axis, since, until)


def _require_order(period: Period, change: SchemaChange, place: str) -> None:
    if period.since is not None and period.until is not None and period.since >= period.until:
        raise DeclarationError(f"{place}: since={change.since!r} is not before until={change.until!r}")


def _is_number(end: Any) -> bool:
    return isinstance(end, (int, np.integer)) and not isinstance(end, bool)


def period_in_time(bound: BoundTable, change: SchemaChange) -> Period:
    """When a change of the schema holds for what happens to the rows, in microseconds since 1970.

    Raises:
        DeclarationError: for a change from a row on.
    """
    place, ends = f"{bound.name}: {change.title}", (change.since, change.until)
    if any(_is_number(end) for end in ends):
        raise DeclarationError(
            f"{place}: since={change.since!r}, until={change.until!r}: what happens to the rows of a table is told in "
            "the order of time; give dates or times, such as since='2024-06-01'"
        )
    since, until = (None if end is None else _ticks(end, pa.timestamp("us"), place) for end in ends)
    period = Period(None, since, until)
    _require_order(period, change, place)
    return period


def _first_told(bound: BoundTable) -> int | None:
    """When the rows of a table that changes are first told of; None for one that does not change."""
    if bound.plan.history is not None:
        return _ticks(bound.plan.history.start, pa.timestamp("us"), bound.name)
    others = [name for name, one in bound.plan.references.items() if not one.self_referential]
    found = [told for name in others if (told := _first_told(bound.parent(name))) is not None]
    return min(found, default=None)


def _time_column(bound: BoundTable, place: str) -> str | None:
    """The column that says when a row is from: the only one of a `Timeline`, else the only one of dates or times.

    Of a table that changes, else that of births; None where it has none.
    """
    types = {name: bound.type_of(name) for name in bound.plan.visible}
    times = [name for name, type_ in types.items() if is_temporal(type_)]
    lines = [name for name in times if isinstance(bound.plan.columns[name], Timeline)]
    for found in (lines, times):
        if len(found) == 1:
            return found[0]
    if _first_told(bound) is not None:
        births = None if bound.plan.history is None else bound.plan.history.births
        return births if births in times else None
    if not times:
        raise DeclarationError(f"{place}: the table has no dates or times; give row numbers as since= and until=")
    raise DeclarationError(
        f"{place}: since= could be compared with any of {', '.join(times)}; name one: on={times[0]!r}"
    )


def _ticks(end: Any, type_: pa.DataType, place: str) -> int:
    """A date or time as a column of a type has it. Without a time zone it is UTC."""
    try:
        if isinstance(end, str):
            end = dt.datetime.fromisoformat(end.replace("Z", "+00:00"))
        if not isinstance(end, dt.datetime):
            end = dt.datetime.combine(end, dt.time())
    except (TypeError, ValueError):
        raise DeclarationError(
            f"{place}: {end!r} is not a row number, a date or a time; write one, or a text such as '2024-06-01'"
        ) from None
    moment = end.astimezone(dt.timezone.utc) if end.tzinfo else end.replace(tzinfo=dt.timezone.utc)
    micros = arrow_scalar(moment, pa.timestamp("us", "UTC"))
    return _as_ticks(arrow_array([micros.as_py().replace(tzinfo=None)], pa.timestamp("us")), type_)


def _as_ticks(array: pa.Array, type_: pa.DataType) -> int:
    if pa.types.is_date(type_):
        return int(array.cast(pa.date32(), safe=False).cast(pa.int32())[0].as_py())
    return int(array.cast(pa.timestamp(type_.unit)).cast(pa.int64())[0].as_py())


@dataclass(frozen=True)
class States:
    """The combinations of changes that rows can have, numbered, in the order of rows and times.

    Args:
        bound: the table.
        periods: when each change holds.
    """

    bound: BoundTable
    periods: tuple[Period, ...]

    @cached_property
    def _axes(self) -> dict[str | None, npt.NDArray[np.int64]]:
        """Where something changes, by what is compared."""
        cuts: dict[str | None, set[int]] = {}
        for period in self.periods:
            ends = {end for end in (period.since, period.until) if end is not None}
            if ends:
                cuts.setdefault(period.axis, set()).update(ends)
        return {axis: np.array(sorted(found), np.int64) for axis, found in cuts.items()}

    @cached_property
    def active(self) -> list[frozenset[int]]:
        """The changes that hold in each state, by their places among the periods."""
        return [self._active(places) for places in product(*(range(len(cuts) + 1) for cuts in self._axes.values()))]

    def _active(self, places: Sequence[int]) -> frozenset[int]:
        at = {
            axis: int(cuts[place - 1]) if place else _NEVER
            for (axis, cuts), place in zip(self._axes.items(), places, strict=True)
        }
        return frozenset(
            number
            for number, period in enumerate(self.periods)
            if period.whole or period.holds_at(at.get(period.axis, _NEVER))
        )

    def of(self, numbers: Bits, origins: Bits) -> npt.NDArray[np.int64]:
        """The state of each of some rows.

        Args:
            numbers: of the rows.
            origins: the declared rows that they are made from, whose clean times are compared.
        """
        found = np.zeros(len(numbers), np.int64)
        reader = self.bound.at(origins)
        for axis, cuts in self._axes.items():
            places = numbers.astype(np.int64) if axis is None else self._times(reader.read(axis), axis)
            found = found * (len(cuts) + 1) + np.searchsorted(cuts, places, side="right")
        return found

    def at(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The state at some times, where all changes hold by time alone."""
        cuts = self._axes.get(None, np.zeros(0, np.int64))
        return np.searchsorted(cuts, times, side="right").astype(np.int64)

    def _times(self, values: Any, axis: str) -> npt.NDArray[np.int64]:
        array = typed(values, self.bound.type_of(axis))
        ticks = array.cast(pa.int32() if pa.types.is_date32(array.type) else pa.int64()).cast(pa.int64())
        return np.asarray(to_numpy(without_nulls(ticks, _NEVER)), np.int64)


__all__ = ["Period", "States", "period_in_time", "period_of"]
