"""A column of dates or times: a timeline where rows are in their order, else days between the first and the last."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.times import Times
from pytest_synthdata.infer.naming import words
from pytest_synthdata.infer.times.instants import DAY, greatest, least, micros_of, seconds_of
from pytest_synthdata.infer.times.timelines import timeline, usual_hours
from pytest_synthdata.infer.values.fitting import SHORT, is_few, rounded_shares
from pytest_synthdata.infer.values.meanings import DAYS, YEAR, ColumnName
from pytest_synthdata.infer.values.quantile_fit import quantiles_of, tolerance_for
from pytest_synthdata.infer.values.series import regular_series

_FEWEST = 100  # rows of a timeline
_SHORTEST = 14  # days of a timeline
_OFF = 0.03
_FIRST = 1_000  # times that are looked at before all are
_STEPS = {
    **{f"{number}d": number * 86_400_000_000 for number in (1,)},
    **{f"{number}h": number * 3_600_000_000 for number in (12, 6, 4, 3, 2, 1)},
    **{f"{number}min": number * 60_000_000 for number in (30, 20, 15, 10, 5, 2, 1)},
    **{f"{number}s": number * 1_000_000 for number in (30, 15, 10, 5, 1)},
    "1ms": 1_000,
}  # fmt: skip
_SECOND, _COARSE = 1_000_000, 60_000_000
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001
_ORDERS = ({"created", "at"}, {"timestamp"}, {"ts"}, {"event", "time"}, {"occurred", "at"}, {"logged", "at"})


def moment(column: ColumnName, type_: pa.DataType, values: pa.Array | None, *, may_order: bool) -> Generator:
    """The generator of a column of dates or times.

    Args:
        column: its name.
        type_: a date or a timestamp.
        values: its values without nulls, in the order of rows; None or none where only the schema is known.
        may_order: whether the table may be ordered by it: no other column orders it yet.
    """
    if values is None or not len(values):
        return _by_name(column, type_, may_order=may_order)
    first, last = (pc_end(values).date() for pc_end in (least, greatest))
    if first == last and pa.types.is_date(type_):
        return Constant(first)
    if may_order and (regular := regular_series(values)) is not None:
        return regular
    seconds = seconds_of(values)
    is_ordered = bool((np.diff(seconds) >= 0).all())
    step = _step_of(micros_of(values)) or 0
    on_days = not pa.types.is_date(type_) and step >= DAY * 1_000_000 and _first_is_midnight(values)
    on_grid = not pa.types.is_date(type_) and step >= _COARSE and not on_days
    if may_order and is_ordered and not on_grid and len(values) >= _FEWEST and (last - first).days >= _SHORTEST:
        found = timeline(seconds, first, last, is_midnight=on_days)
        if found is not None:
            return found.cast("date") if on_days else found
    return spread_out(values)


def _first_is_midnight(values: pa.Array) -> bool:
    """Whether the first of some times is a midnight, by UTC."""
    return bool(micros_of(values.slice(0, 1))[0] % (DAY * 1_000_000) == 0)


def spread_out(values: pa.Array) -> Generator:
    """The generator of dates or times in no order: a list, any day alike, or quantiles.

    Args:
        values: at least one, none of them null.
    """
    is_date = pa.types.is_date(values.type)
    micros = micros_of(values)
    distinct, counts = np.unique(micros, return_counts=True)
    step = _step_of(micros)
    if len(distinct) == 1 or (
        is_few(len(distinct), len(values)) and (len(distinct) <= SHORT or not _is_dense(distinct))
    ):
        names = [
            one if is_date or one.tzinfo is None else one.astimezone(dt.timezone.utc)
            for one in sorted(values.unique().to_pylist())
        ]
        shares = rounded_shares(counts.tolist(), len(values))
        return Categorical(dict(zip(names, shares, strict=True))) if len(names) > 1 else Constant(names[0])
    first, last = least(values), greatest(values)
    ends = first.date().isoformat(), last.date().isoformat()
    days = micros // (DAY * 1_000_000)
    is_even = _is_even(days)
    if is_even and (is_date or not (micros % (DAY * 1_000_000)).any()):
        return Dates(*ends)
    if is_even and (step is None or step <= _SECOND):
        return Times(*ends, hours=usual_hours(micros // 1_000_000))
    unit = DAY * 1_000_000 if is_date else 1
    scale = 1 if is_date else step or 1
    found = quantiles_of((micros // unit).astype(np.float64), float(scale), tolerance_for(len(values)))
    if len(found) == 2 and step in (None, _SECOND, DAY * 1_000_000):  # noqa: PLR2004 - nearly even
        is_day = is_date or step == DAY * 1_000_000
        return Dates(*ends) if is_day else Times(*ends, hours=usual_hours(micros // 1_000_000))
    points = {share: _written(point, unit, is_date=is_date) for share, point in found.items()}
    named = _name_of(step) if not is_date and step not in (None, _SECOND) else None
    return Quantiles(points, named) if named else Quantiles(points)


def is_spread(generator: Generator) -> bool:
    """Whether dates or times stand in no order of the rows."""
    return isinstance(unwrapped(generator), (Dates, Times, Quantiles))


def _written(point: Any, unit: int, *, is_date: bool) -> Any:
    """A number of days or microseconds as ISO text, or a pair of them."""
    if isinstance(point, tuple):
        return tuple(_written(one, unit, is_date=is_date) for one in point)
    made = _EPOCH + dt.timedelta(microseconds=int(point) * unit)
    return made.date().isoformat() if is_date else made.isoformat(" ")


def _step_of(micros: npt.NDArray[np.int64]) -> int | None:
    """The coarsest grid that all times lie on, counted from the first; None for microseconds."""
    apart = micros - micros.min()
    few = apart[:_FIRST]
    return next((step for step in _STEPS.values() if not (few % step).any() and not (apart % step).any()), None)


def _name_of(step: int | None) -> str | None:
    return next((name for name, micros in _STEPS.items() if micros == step), "1us")


def _is_dense(distinct: npt.NDArray[np.int64]) -> bool:
    """Whether there are times on most places of their grid, or on most days."""
    step = max(_step_of(distinct) or 1, DAY * 1_000_000)
    return len(distinct) >= ((distinct[-1] - distinct[0]) / step + 1) / 2


def _is_even(days: npt.NDArray[np.int64]) -> bool:
    """Whether every day is alike, as far as so many can tell."""
    ordered = np.sort(days - days.min())
    places = np.arange(1, len(days) + 1) / len(days)
    last = np.append(ordered[1:] != ordered[:-1], True)
    off = np.abs((ordered + 1) / (ordered[-1] + 1) - places)[last].max()
    return bool(off <= min(0.9 / len(days) ** 0.5, _OFF))


def _by_name(column: ColumnName, type_: pa.DataType, *, may_order: bool) -> Generator:
    found = column.find(DAYS)
    if isinstance(found, Dates):
        return found if pa.types.is_date(type_) else Times(found.start, found.end)
    if pa.types.is_date(type_):
        return Dates(*YEAR)
    is_order = any(order <= set(words(column.name)) for order in _ORDERS)
    return Timeline(*YEAR, daily=3, weekend=0.6) if may_order and is_order else Times(*YEAR)


__all__ = ["is_spread", "moment", "spread_out"]
