"""The law that a column of numbers most likely follows.

Each candidate is fitted by maximum likelihood, and the one with the least Bayesian information criterion is taken
(Schwarz 1978, "Estimating the dimension of a model"): k ln(n) - 2 ln(L) for k parameters and n values. Values that are
rounded lie on a resolution; a density times the resolution's step is then the probability of a value, so that
continuous laws and lists of shares compare.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.numbers.distributions import (
    Exponential,
    LogNormal,
    Normal,
    Pareto,
    Poisson,
    Uniform,
)
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles

Numbers = npt.NDArray[np.float64]

MOST_CATEGORIES = 50
ROWS_A_CATEGORY = 3  # at least, or it is not a category
MOST_DIGITS = 6
_LARGE = 2.0**63  # from which on numbers are not integers of 64 bits
_POINTS = 20  # parts of equal share in a list of quantiles
_ROWS_A_PART = 25
_SPIKE = 0.05  # the share of a value that stands out from all others
_SPREAD = 12  # different values that these others have at least


@dataclass(frozen=True)
class Fit:
    """A fitted law.

    Args:
        generator: gives such numbers, unrounded.
        criterion: the Bayesian information criterion: less is better.
    """

    generator: Generator
    criterion: float


@dataclass(frozen=True)
class Resolution:
    """What the values are multiples of.

    Args:
        digits: how many decimal digits they have; None where they are not rounded.
        least: that their type can hold.
        most: that their type can hold.
    """

    digits: int | None
    least: float = -math.inf
    most: float = math.inf

    @property
    def step(self) -> float:
        """The distance between neighbours; 1 where there are none."""
        return 1.0 if self.digits is None else 10.0**-self.digits


def resolution_of(values: Numbers) -> Resolution:
    """The least number of decimal digits that holds all values."""
    if np.abs(values).max(initial=0) >= _LARGE:  # all such are whole
        return Resolution(None)
    for digits in range(MOST_DIGITS + 1):
        scale = 10.0**digits
        if np.array_equal(np.rint(values * scale) / scale, values):
            return Resolution(digits)
    return Resolution(None)


def inflated_value(values: Numbers) -> float | None:
    """A value that so many rows have that no law of the others explains it, such as 0; None where there is none."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= _SPREAD:
        return None
    first, second = np.sort(counts)[:-3:-1]
    value = float(distinct[counts.argmax()])
    stands_out = first > _SPIKE * len(values) and first > 5 * second
    return value if stands_out and value in (distinct[0], distinct[-1]) else None


def fit(values: Numbers, resolution: Resolution, categories: list[Any] | None = None) -> Fit:
    """The best law of some numbers.

    Args:
        values: at least one, none of them NaN.
        resolution: what they are multiples of.
        categories: what the sorted different values are to be called in a list of shares; none by default.
    """
    if values[0] == values.max() == values.min():
        value = categories[0] if categories else values[0].item()
        return Fit(Constant(value), math.log(len(values)))
    with np.errstate(all="ignore"):  # of numbers as large or as small as there are, some laws cannot be told
        candidates = [one for one in _candidates(values, resolution, categories) if math.isfinite(one.criterion)]
    return min(candidates, key=lambda one: one.criterion)


def _candidates(values: Numbers, resolution: Resolution, categories: list[Any] | None) -> Iterator[Fit]:
    n, low, high = len(values), float(values.min()), float(values.max())
    unit = float(np.abs(values).max())  # of which squares and sums stay in the range of numbers
    mean, step = float((values / unit).mean()) * unit, resolution.step

    def rated(generator: Generator, likelihood: float, parameters: int) -> Fit:
        return Fit(generator, parameters * math.log(n) - 2 * (likelihood + n * math.log(step)))

    distinct, counts = np.unique(values, return_counts=True)
    if resolution.digits is not None and is_few(len(distinct), n):
        likelihood = float((counts * np.log(counts / n)).sum())
        shares = rounded_shares(counts, n)
        names = categories or distinct.tolist()
        # Both the values and their shares are taken from the data.
        yield Fit(
            Categorical(dict(zip(names, shares, strict=True))), (2 * len(distinct) - 1) * math.log(n) - 2 * likelihood
        )
    if resolution.digits == 0 and low >= 0:
        from scipy.stats import poisson

        yield Fit(Poisson(significant(mean)), math.log(n) - 2 * float(poisson.logpmf(values, mean).sum()))
    spread = float((values / unit).std())
    likelihood = -n / 2 * math.log(2 * math.pi * math.e) - n * (math.log(spread) + math.log(unit))
    yield rated(Normal(significant(mean), significant(spread * unit)), likelihood, 2)
    yield rated(Uniform(low, high), -n * math.log(high - low + step * (resolution.digits is not None)), 2)
    if low >= 0 and mean > 0:
        yield rated(Exponential(significant(mean)), -n * math.log(mean) - n, 1)
    if low > 0:
        logs = np.log(values)
        spread = float(logs.std())
        if spread > 0:
            likelihood = -n / 2 * math.log(2 * math.pi * math.e * spread**2) - float(logs.sum())
            yield rated(LogNormal(significant(float(logs.mean())), significant(spread)), likelihood, 2)
            a = 1 / float((logs - math.log(low)).mean())
            likelihood = n * math.log(a) + n * a * math.log(low) - (a + 1) * float(logs.sum())
            yield rated((Pareto(significant(a)) + 1) * significant(low), likelihood, 2)
    yield from _quantiles(values, rated, step if resolution.digits is not None else 0.0)


def _quantiles(values: Numbers, rated: Any, step: float) -> Iterator[Fit]:
    n = len(values)
    if n < _POINTS * _ROWS_A_PART:
        return
    points = np.quantile(values, np.linspace(0, 1, _POINTS + 1))
    if not math.isfinite(points[-1] - points[0]):
        return
    widths = np.maximum(np.diff(points), max(step, 1e-12 * (points[-1] - points[0])))
    which = np.clip(np.searchsorted(points, values, side="right") - 1, 0, _POINTS - 1)
    likelihood = float(-np.log(_POINTS * widths[which]).sum())
    yield rated(Quantiles([significant(point) for point in points.tolist()]), likelihood, _POINTS + 1)


def is_few(distinct: int, count: int) -> bool:
    """Whether so many different values among so many are a list to choose from."""
    return distinct <= MOST_CATEGORIES and distinct * ROWS_A_CATEGORY <= count


def rounded_shares(counts: Any, total: int) -> list[float]:
    """Counts as shares that sum to 1, with the digits that so many rows can tell.

    >>> rounded_shares([601, 299, 100], 1_000)
    [0.601, 0.299, 0.1]
    """
    digits = min(max(math.ceil(math.log10(max(total, 1)) / 2) + 1, 2), MOST_DIGITS)
    while any(round(float(count) / total, digits) == 0 for count in counts) and digits < MOST_DIGITS:
        digits += 1
    shares = [max(round(float(count) / total, digits), 10.0**-digits) for count in counts]
    largest = shares.index(max(shares))
    shares[largest] = round(1 - math.fsum(share for number, share in enumerate(shares) if number != largest), digits)
    return shares


def significant(value: float, digits: int = 4) -> float:
    """A number with so many significant digits.

    >>> significant(0.0123456), significant(98765.4)
    (0.01235, 98770)
    """
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < _LARGE else rounded


__all__ = ["Fit", "Resolution", "fit", "inflated_value", "is_few", "resolution_of", "rounded_shares", "significant"]
