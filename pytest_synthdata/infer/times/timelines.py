"""Rows in the order of time as a timeline: weekends, months, hours, spikes and noise."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.time.calendar import OFFICE_HOURS, Timeline
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.infer.times.instants import DAY
from pytest_synthdata.infer.values.fitting import significant

_SURE = 6.0  # standard deviations
_SPIKE, _DROP = 1.6, 0.5  # times a usual day's volume
_BUSY = 5  # rows a day from which single days can be told apart
_LEAST_NOISE = 0.05
_DOUBT = 0.001
_MIDNIGHT = (1.0, *[0.0] * 23)
_MONTHS = 12
_OFF = 0.03

Counts = npt.NDArray[np.float64]


def usual_hours(seconds: npt.NDArray[np.int64]) -> tuple[float, ...] | None:
    """The weights of the hours; None where they are office hours."""
    from scipy.special import chdtrc

    counts = np.bincount(seconds % DAY // 3_600, minlength=24)
    usual = np.array(OFFICE_HOURS, np.float64)
    if not counts.any():
        return None
    expected = usual / usual.sum() * counts.sum()
    if chdtrc(len(usual) - 1, float(((counts - expected) ** 2 / expected).sum())) > _DOUBT:
        return None
    return tuple(int(count) for count in np.rint(counts / counts.max() * 100))


def timeline(
    seconds: npt.NDArray[np.int64], first: dt.date, last: dt.date, *, is_midnight: bool = False
) -> Timeline | None:
    """The timeline of times in their order; None where no timeline comes near them.

    Args:
        seconds: since 1970.
        first: the first day.
        last: the last day.
        is_midnight: whether the times are midnights, rather than days.
    """
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + np.timedelta64(1, "D"))
    counts = np.bincount(seconds // DAY - days[0].astype(np.int64), minlength=len(days)).astype(np.float64)
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
    has_hours = bool((seconds % DAY).any())
    return Timeline(
        first.isoformat(),
        last.isoformat(),
        daily=significant(daily, 3),
        weekend=round(weekend, 2),
        season=season,
        events=events,
        noise=_noise(counts[usual], expected[usual]),
        hours=usual_hours(seconds) if has_hours else _MIDNIGHT if is_midnight else None,
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


__all__ = ["timeline", "usual_hours"]
