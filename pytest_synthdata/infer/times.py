"""A column of dates or times: a timeline where rows are in their order, else days between the first and the last."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.columns.time.calendar import OFFICE_HOURS, Timeline
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.columns.time.times import Times
from pytest_synthdata.infer.fitting import SHORT, Resolution, is_few, rounded_shares, significant
from pytest_synthdata.infer.meanings import DAYS, YEAR, ColumnName
from pytest_synthdata.infer.naming import words
from pytest_synthdata.infer.quantile_fit import quantiles_of, tolerance_for

_FEWEST = 100  # rows of a timeline
_SHORTEST = 14  # days of a timeline
_SURE = 6.0  # standard deviations
_DAY = 86_400
_SPIKE, _DROP = 1.6, 0.5  # times a usual day's volume
_BUSY = 5  # rows a day from which single days can be told apart
_LEAST_NOISE = 0.05
_DOUBT = 0.001
_MONTHS = 12
_FEWEST_REGULAR = 12
_USUAL = 0.93  # of the days, at least, follow the last business day: the others follow a holiday
_OFF = 0.03
_STEPS = {
    **{f"{number}d": number * 86_400_000_000 for number in (1,)},
    **{f"{number}h": number * 3_600_000_000 for number in (12, 6, 4, 3, 2, 1)},
    **{f"{number}min": number * 60_000_000 for number in (30, 20, 15, 10, 5, 2, 1)},
    **{f"{number}s": number * 1_000_000 for number in (30, 15, 10, 5, 1)},
    "1ms": 1_000,
}  # fmt: skip
_LENGTHS = {"hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 1_000_000}
_SECOND, _COARSE = 1_000_000, 60_000_000
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001
_ORDERS = ({"created", "at"}, {"timestamp"}, {"ts"}, {"event", "time"}, {"occurred", "at"}, {"logged", "at"})

Counts = npt.NDArray[np.float64]


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
    first, last = (pc_end(values).date() for pc_end in (_least, _greatest))
    if first == last and pa.types.is_date(type_):
        return Constant(first)
    if may_order and (regular := regular_series(values)) is not None:
        return regular
    seconds = _seconds(values)
    is_ordered = bool((np.diff(seconds) >= 0).all())
    on_grid = not pa.types.is_date(type_) and (_step_of(_micros(values)) or 0) >= _COARSE
    if may_order and is_ordered and not on_grid and len(values) >= _FEWEST and (last - first).days >= _SHORTEST:
        found = _timeline(seconds, first, last)
        if found is not None:
            return found
    return spread_out(values)


def spread_out(values: pa.Array) -> Generator:
    """The generator of dates or times in no order: a list, any day alike, or quantiles.

    Args:
        values: at least one, none of them null.
    """
    is_date = pa.types.is_date(values.type)
    micros = _micros(values)
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
    first, last = _least(values), _greatest(values)
    ends = first.date().isoformat(), last.date().isoformat()
    days = micros // (_DAY * 1_000_000)
    is_even = _is_even(days)
    if is_even and (is_date or not (micros % (_DAY * 1_000_000)).any()):
        return Dates(*ends)
    if is_even and (step is None or step <= _SECOND):
        return Times(*ends, hours=_hours(micros // 1_000_000))
    unit = _DAY * 1_000_000 if is_date else 1
    scale = 1 if is_date else step or 1
    found = quantiles_of((micros // unit).astype(np.float64), float(scale), tolerance_for(len(values)))
    points = {share: _written(point, unit, is_date=is_date) for share, point in found.items()}
    named = _name_of(step) if not is_date and step not in (None, _SECOND) else None
    return Quantiles(points, named) if named else Quantiles(points)


def span(type_: pa.DataType, values: pa.Array | None) -> Generator:
    """The generator of times of day and of durations: numbers of their unit."""
    from pytest_synthdata.infer.numbers import law

    if values is None or not len(values):
        return Constant(None)
    width = pa.int32() if pa.types.is_time32(type_) else pa.int64()
    numbers = to_numpy(values.cast(width)).astype(np.float64)
    return law(numbers, Resolution(0)).cast(width)


def _written(point: Any, unit: int, *, is_date: bool) -> Any:
    """A number of days or microseconds as ISO text, or a pair of them."""
    if isinstance(point, tuple):
        return tuple(_written(one, unit, is_date=is_date) for one in point)
    made = _EPOCH + dt.timedelta(microseconds=int(point) * unit)
    return made.date().isoformat() if is_date else made.isoformat(" ")


def _micros(values: pa.Array) -> npt.NDArray[np.int64]:
    """Microseconds since 1970."""
    return to_numpy(values.cast(pa.timestamp("us")).cast(pa.int64())).astype(np.int64)


def _step_of(micros: npt.NDArray[np.int64]) -> int | None:
    """The coarsest grid that all times lie on, counted from the first; None for microseconds."""
    apart = micros - micros.min()
    return next((step for step in _STEPS.values() if not (apart % step).any()), None)


def _name_of(step: int | None) -> str | None:
    return next((name for name, micros in _STEPS.items() if micros == step), "1us")


def _is_dense(distinct: npt.NDArray[np.int64]) -> bool:
    """Whether there are times on most places of their grid, or on most days."""
    step = max(_step_of(distinct) or 1, _DAY * 1_000_000)
    return len(distinct) >= ((distinct[-1] - distinct[0]) / step + 1) / 2


def _is_even(days: npt.NDArray[np.int64]) -> bool:
    """Whether every day is alike, as far as so many can tell."""
    ordered = np.sort(days - days.min())
    places = np.arange(1, len(days) + 1) / len(days)
    last = np.append(ordered[1:] != ordered[:-1], True)
    off = np.abs((ordered + 1) / (ordered[-1] + 1) - places)[last].max()
    return bool(off <= min(0.9 / len(days) ** 0.5, _OFF))


def regular_series(values: pa.Array) -> Generator | None:
    """The generator of dates or times of which each row has the next: every month, day, business day or hour."""
    micros = _micros(values)
    if len(micros) < _FEWEST_REGULAR or (np.diff(micros) <= 0).any():
        return None
    is_date = pa.types.is_date(values.type)
    start: Any = _least(values)
    number = Key("{}").cast("int")
    first = Constant(start.date() if is_date or not (micros % (_DAY * 1_000_000)).any() else start)
    gaps = np.diff(micros)
    if gaps.min() == gaps.max() and (not is_date or gaps[0] % (_DAY * 1_000_000) == 0):
        step = int(gaps[0])
        if step % (_DAY * 1_000_000) == 0:
            apart = step // (_DAY * 1_000_000)
            return Call("date_add", (first, number if apart == 1 else number * apart))
        unit = next(unit for unit in ("hours", "minutes", "seconds") if step % _LENGTHS[unit] == 0 or unit == "seconds")
        count = step / _LENGTHS[unit]
        interval = Call(unit, (number if count == 1 else number * (int(count) if count.is_integer() else count),))
        return Constant(start.replace(tzinfo=dt.timezone.utc)) + interval
    days = micros.astype("datetime64[us]").astype("datetime64[D]")
    if (micros % (_DAY * 1_000_000)).any():
        return None
    by_months = _by_months(days, first, number)
    return _by_business_days(days, number) if by_months is None else by_months


def _by_months(days: npt.NDArray[np.datetime64], first: Constant, number: Generator) -> Generator | None:
    months = days.astype("datetime64[M]")
    gaps = np.unique(np.diff(months.astype(np.int64)))
    if len(gaps) != 1:
        return None
    moved = Call("add_months", (first, number if gaps[0] == 1 else number * int(gaps[0])))
    if len(np.unique(days - months)) == 1:
        return moved
    is_end = ((days + 1).astype("datetime64[M]") > months).all()
    return Call("last_day", (moved,)) if is_end else None


def _by_business_days(days: npt.NDArray[np.datetime64], number: Generator) -> Generator | None:
    weekdays = (days.astype(np.int64) + 3) % 7
    gaps = np.diff(days.astype(np.int64))
    usual = (gaps == 1) | ((gaps == 3) & (weekdays[:-1] == 4))  # noqa: PLR2004 - over a weekend
    if (weekdays >= 5).any() or usual.mean() < _USUAL:  # noqa: PLR2004
        return None
    monday = Constant((days[0] - int(weekdays[0])).astype(object))
    shifted = number + int(weekdays[0]) if weekdays[0] else number
    return Call("date_add", (monday, (shifted // 5 * 7 + shifted % 5).cast("int")))


def _least(values: pa.Array) -> dt.datetime:
    return _datetime(pc.min(values).as_py())


def _greatest(values: pa.Array) -> dt.datetime:
    return _datetime(pc.max(values).as_py())


def _datetime(value: Any) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc) if value.tzinfo else value
    return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001


def _seconds(values: pa.Array) -> npt.NDArray[np.int64]:
    """Seconds since 1970."""
    return values.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy() // 1_000_000


def _by_name(column: ColumnName, type_: pa.DataType, *, may_order: bool) -> Generator:
    found = column.find(DAYS)
    if isinstance(found, Dates):
        return found if pa.types.is_date(type_) else Times(found.start, found.end)
    if pa.types.is_date(type_):
        return Dates(*YEAR)
    is_order = any(order <= set(words(column.name)) for order in _ORDERS)
    return Timeline(*YEAR, daily=3, weekend=0.6) if may_order and is_order else Times(*YEAR)


def _hours(seconds: npt.NDArray[np.int64]) -> tuple[float, ...] | None:
    """The weights of the hours; None where they are office hours."""
    from scipy.stats import chisquare

    counts = np.bincount(seconds % _DAY // 3_600, minlength=24)
    usual = np.array(OFFICE_HOURS, np.float64)
    if not counts.any() or chisquare(counts, usual / usual.sum() * counts.sum()).pvalue > _DOUBT:
        return None
    return tuple(int(count) for count in np.rint(counts / counts.max() * 100))


def _timeline(seconds: npt.NDArray[np.int64], first: dt.date, last: dt.date) -> Timeline | None:
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + np.timedelta64(1, "D"))
    counts = np.bincount(seconds // _DAY - days[0].astype(np.int64), minlength=len(days)).astype(np.float64)
    is_weekend = (days.astype(np.int64) + 3) % 7 >= 5  # noqa: PLR2004 - 1970-01-01 was a Thursday
    daily, weekend = _week(counts, is_weekend)
    expected = daily * np.where(is_weekend, weekend, 1.0)
    events: list[Event] = []
    usual = np.ones(len(days), bool)
    if daily >= _BUSY and expected.min() > 0:
        for start, stop in _runs(counts / expected):
            seen, due = float(counts[start:stop].sum()), float(expected[start:stop].sum())
            if abs(seen - due) > _SURE * due**0.5 and stop - start < len(days) / 4:
                events.append(Event(str(days[start]), str(days[stop - 1]), round(seen / due, 1)))
                usual[start:stop] = False
        daily, weekend = _week(np.where(usual, counts, np.nan), is_weekend)
    season = _season(counts, daily * np.where(is_weekend, weekend, 1.0), days, usual)
    if _is_off(counts, daily * np.where(is_weekend, weekend, 1.0), days, season, events):
        return None
    has_hours = bool((seconds % _DAY).any())
    return Timeline(
        first.isoformat(),
        last.isoformat(),
        daily=significant(daily, 3),
        weekend=round(weekend, 2),
        season=season,
        events=events,
        noise=_noise(counts[usual], expected[usual]),
        hours=_hours(seconds) if has_hours else None,
    )


def _is_off(
    counts: Counts,
    expected: Counts,
    days: npt.NDArray[np.datetime64],
    season: dict[int, float] | None,
    events: list[Event],
) -> bool:
    """Whether a timeline is too far from the rows that it was found in."""
    months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    volume = expected * np.array([(season or {}).get(int(month), 1.0) for month in months])
    for event in events:
        volume[(days >= np.datetime64(str(event.start))) & (days <= np.datetime64(str(event.end)))] *= event.multiplier
    if not volume.sum() > 0:
        return True
    off = np.abs(np.cumsum(volume) / volume.sum() - np.cumsum(counts) / counts.sum()).max()
    return bool(off > max(_OFF, 1 / counts.sum() ** 0.5))


def _week(counts: Counts, is_weekend: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """A weekday's usual volume, and the share of it on weekends, 1 where they do not differ for sure."""
    seen = ~np.isnan(counts)
    work, rest = counts[seen & ~is_weekend], counts[seen & is_weekend]
    middle = np.median(work)
    work = work[work <= 1.5 * middle] if middle >= _BUSY else work  # without spikes
    if len(rest) < 2:  # noqa: PLR2004
        return float(work.mean()), 1.0
    off = np.median(rest) if middle >= _BUSY else rest.mean()
    rest = rest[rest <= 1.5 * off] if middle >= _BUSY else rest
    error = (work.mean() / len(work) + rest.mean() / len(rest)) ** 0.5
    if abs(work.mean() - rest.mean()) <= 3 * max(error, 1e-9):
        together = np.concatenate([work, rest])
        return float(together.mean()), 1.0
    return float(work.mean()), float(rest.mean() / work.mean())


def _runs(ratios: Counts) -> list[tuple[int, int]]:
    """Where at least two days in a row are far above what is usual, or far below."""
    found = []
    for unusual in (ratios >= _SPIKE, ratios <= _DROP):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], unusual.astype(np.int8), [0]])))
        found += [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2) if stop - start > 1]
    return sorted(found)


def _season(
    counts: Counts, expected: Counts, days: npt.NDArray[np.datetime64], usual: npt.NDArray[np.bool_]
) -> dict[int, float] | None:
    """The months whose volume differs for sure, of a period that has all of them."""
    months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    if len(set(months.tolist())) < _MONTHS or not expected.all():
        return None
    ratios = counts / expected
    spread = float(ratios[usual].std())
    season = {}
    for month in range(1, 13):
        mine = ratios[usual & (months == month)]
        if len(mine) and abs(mine.mean() - 1) > 4 * spread / len(mine) ** 0.5:
            season[month] = round(float(mine.mean()), 2)
    return season or None


def _noise(counts: Counts, expected: Counts) -> float:
    """What days vary beyond chance."""
    if not len(counts) or not expected.min() > 0 or expected.mean() < _BUSY:
        return 0.0
    beyond = float((counts / expected).var() - (1 / expected).mean())
    noise = round(max(beyond, 0.0) ** 0.5, 2)
    return min(noise, 0.9) if noise >= _LEAST_NOISE else 0.0


__all__ = ["moment", "regular_series", "span", "spread_out"]
