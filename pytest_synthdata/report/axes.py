"""What lies along the sides of a plot: the numbers or days from one end to the other, and the ticks among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.report.letters import fitted, text_width

Floats = npt.NDArray[np.float64]
Ticks = Sequence[tuple[float, str]]
FONT = 10  # pixels, as in the style sheet
_GAP = 8.0  # between texts
_MOST_TICKS = 8
_MOST_DIGITS = 9  # beyond the first three
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What ticks of dates may be, for how many days at most, and how many of them apart: days, months, years.
_UNITS = (
    ("D", 300, (1, 2, 3, 7, 14)),
    ("M", 2_000, (1, 2, 3, 4, 6)),
    ("Y", np.inf, tuple(factor * 10**power for power in range(7) for factor in (1, 2, 5))),
)


@dataclass(frozen=True)
class Axis:
    """One side of a plot, from the left to the right or from the bottom to the top.

    Args:
        low: the number at the left or at the bottom.
        high: the number at the other end; it may be the lesser one.
        ticks: numbers, and what stands beside them.
        title: what stands beside all of them.
        logarithmic: whether equal ratios have equal lengths.
        has_grid: whether each tick has a line through the plot.
        is_strong: whether its texts are as dark as those of the page: names, not numbers.
        is_slanted: whether its texts are, for those that are too long to stand side by side.
    """

    low: float
    high: float
    ticks: Ticks = ()
    title: str = ""
    logarithmic: bool = False
    has_grid: bool = False
    is_strong: bool = False
    is_slanted: bool = False

    def share(self, values: Any) -> Floats:
        """How far along the axis numbers are, from 0 to 1; those beyond an end are at it."""
        low, high, values = self.low, self.high, np.asarray(values, np.float64)
        if self.logarithmic:
            low, high, values = np.log(low), np.log(high), np.log(np.maximum(values, low))
        return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0))


def axis_of(
    low: float,
    high: float,
    show: Callable[[float, int], str],
    *,
    room: float | None = None,
    whole: bool = False,
    title: str = "",
    has_grid: bool = False,
) -> Axis:
    """An axis of numbers with round ones as ticks.

    Args:
        low: its least number.
        high: its greatest number.
        show: a number as text, with more digits the greater the second argument is.
        room: how much the texts may take side by side, in pixels; None for those that stand above one another.
        whole: whether ticks are integers.
        title: what stands beside all of them.
        has_grid: whether each tick has a line through the plot.
    """
    ticks: Ticks = ()
    for most in (6,) if room is None else (8, 6, 5, 4, 3, 2):
        ticks = _exact(_round_numbers(low, high, most, whole), show)
        if room is None or sum(text_width(text, FONT) + _GAP for _, text in ticks) <= room:
            break
    return Axis(low, high, ticks, title, has_grid=has_grid)


def names_axis(names: Sequence[str], room: float) -> Axis:
    """An axis of names from the top to the bottom, around 0, 1, 2 and so on.

    Args:
        names: the names.
        room: how wide they may be, in pixels; what is longer is cut.
    """
    ticks = tuple((place, fitted(name, FONT, room)) for place, name in enumerate(names))
    return Axis(len(names) - 0.5, -0.5, ticks, is_strong=True)


def log_axis(low: float, high: float) -> Axis:
    """An axis of positive numbers on a logarithmic scale."""
    ticks = tuple((tick, compact(tick)) for tick in _log_ticks(low, high))
    return Axis(low, high, ticks, "logarithmic scale", logarithmic=True)


def date_axis(low: float, high: float) -> Axis:
    """An axis of days since 1970."""
    return Axis(low, high, _date_ticks(low, high))


def compact(value: float, more: int = 0) -> str:
    """A number in few letters: 1.2k, 3M."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.{3 + more}g}{unit}"
    return f"{value:.{3 + more}g}"


def percent(value: float, more: int = 0) -> str:
    """A share in few letters: 12.5%."""
    return f"{100 * value:.{3 + more}g}%"


def _exact(ticks: Sequence[float], show: Callable[[float, int], str]) -> Ticks:
    """Each tick with its text, in as many digits as it takes until more tell nothing new."""
    exact = [show(tick, _MOST_DIGITS) for tick in ticks]
    more = next(more for more in range(_MOST_DIGITS + 1) if [show(tick, more) for tick in ticks] == exact)
    return tuple((tick, show(tick, more)) for tick in ticks)


def _round_numbers(low: float, high: float, most: int, whole: bool) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten, in at most so many steps."""
    least = (high - low) / most
    power = 10.0 ** np.floor(np.log10(least))
    steps = [factor * power for factor in (1, 2, 2.5, 5, 10)]
    step = next(step for step in [*steps, 1.0] if step >= least * (1 - 1e-9) and not (whole and step % 1))
    return [float(number * step) for number in range(_up(low / step), _down(high / step) + 1)]


def _up(value: float) -> int:
    return int(np.ceil(value - 1e-9))


def _down(value: float) -> int:
    return int(np.floor(value + 1e-9))


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, at most eight, and never fewer than two."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for digits in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        ticks = [digit * 10.0**power for power in powers for digit in digits]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= _MOST_TICKS:
            break
    else:
        ticks = ticks[:: int(np.ceil(len(ticks) / _MOST_TICKS))]
    return ticks if len(ticks) > 1 else [low * 1.02, high / 1.02]


def _date_ticks(low: float, high: float) -> Ticks:
    """Days between two, at most eight: starts of months or years where there is no room for more."""
    first, last = np.datetime64(_up(low), "D"), np.datetime64(_down(high), "D")
    for unit, longest, steps in _UNITS:
        if high - low > longest:
            continue
        starts = np.arange(first.astype(f"M8[{unit}]"), last.astype(f"M8[{unit}]") + 1)
        days = starts.astype("M8[D]")
        for every in steps:
            chosen = (days >= first) & (days <= last) & _is_regular(starts, unit, every)
            if chosen.sum() <= _MOST_TICKS:
                places = days[chosen].astype(np.int64).astype(np.float64).tolist()
                return tuple(zip(places, _date_texts(days[chosen], unit), strict=True))
    return ()


def _is_regular(starts: Any, unit: str, every: int) -> Any:
    """Which days of their months, months or years are so many from one another."""
    if unit == "D":
        day = (starts - starts.astype("M8[M]")).astype(np.int64)  # from 0
        return (day % every == 0) & (day <= 31 - every)  # the end of a month is near the next one's start
    return (starts.astype(np.int64) + (1970 if unit == "Y" else 0)) % every == 0


def _date_texts(days: Any, unit: str) -> Iterator[str]:
    """What each day is called: the start of a month by its name, and the start of a year by its number."""
    for number, day in enumerate(days):
        year = int(day.astype("M8[Y]").astype(np.int64)) + 1970
        month = int(day.astype("M8[M]").astype(np.int64)) % 12
        of_month = int((day - day.astype("M8[M]")).astype(np.int64)) + 1
        if of_month > 1:
            yield str(of_month) if number else f"{_MONTHS[month]} {of_month}"
        else:
            yield str(year) if month == 0 and unit != "D" else _MONTHS[month]


__all__ = ["FONT", "Axis", "Floats", "axis_of", "compact", "date_axis", "log_axis", "names_axis", "percent"]
