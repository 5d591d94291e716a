"""What lies along the sides of a plot: the numbers or days from one end to the other, and the ticks among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.report.letters import fitted, text_width

Floats = npt.NDArray[np.float64]
Ticks = Sequence[tuple[float, str]]
FONT = 10  # pixels
_GAP = 8.0  # between texts
_MOST_TICKS = 8
_MOST_DIGITS = 9  # beyond the first three


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
    for most in (6,) if room is None else (9, 6, 5, 4, 3, 2):
        ticks = _exact(_round_numbers(low, high, most, whole), show)
        if room is None or sum(text_width(text, FONT) + _GAP for _, text in ticks) <= room:
            break
    return Axis(low, high, ticks, title, has_grid=has_grid)


def names_axis(names: Sequence[str], room: float) -> Axis:
    """An axis of names from the top to the bottom, around 0, 1, 2 and so on.

    Args:
        names: the names.
        room: how wide they may be, in pixels; what is longer is cut, at a place where different names stay different.
    """
    texts = [fitted(name, FONT, room) for name in names]
    if len(set(texts)) < len(set(names)):
        texts = [fitted(name, FONT, room, with_end=True) for name in names]
    return Axis(len(names) - 0.5, -0.5, tuple(enumerate(texts)), is_strong=True)


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
        if limit <= abs(value) < 1e12:  # noqa: PLR2004
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
    from matplotlib.ticker import MaxNLocator

    locator = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], integer=whole)
    slack = 1e-9 * (high - low)
    return [float(tick) for tick in locator.tick_values(low, high) if low - slack <= tick <= high + slack]


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
    """Days, or starts of months or years, between two."""
    from matplotlib import dates

    untyped: Any = dates
    locator = untyped.AutoDateLocator(minticks=3, maxticks=_MOST_TICKS)
    ticks = [float(tick) for tick in locator.tick_values(*untyped.num2date([low, high])) if low <= tick <= high]
    formatter = untyped.ConciseDateFormatter(locator, show_offset=False)
    return tuple(zip(ticks, formatter.format_ticks(ticks), strict=True))


__all__ = ["FONT", "Axis", "Floats", "axis_of", "compact", "date_axis", "log_axis", "names_axis", "percent"]
