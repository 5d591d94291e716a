"""The distribution that a column of numbers most likely follows.

Each candidate is fitted by maximum likelihood, and the one with the least Bayesian information criterion is taken
(Schwarz 1978, "Estimating the dimension of a model"): k ln(n) - 2 ln(L) for k parameters and n values. Of values that
are rounded, L is the product of their probabilities, which are areas under the density; so continuous distributions
and counts compare. Where no distribution comes near that of the values, quantiles describe them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
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
from pytest_synthdata.infer.values.quantile_fit import plain, quantiles_of, tolerance_for

Numbers = npt.NDArray[np.float64]
Function = Callable[[Numbers], Numbers]

MOST_CATEGORIES = 50
ROWS_A_CATEGORY = 3  # at least, or it is not a category
MOST_DIGITS = 6
SHORT = 12  # so many different values are a list, whatever distribution they look like
_LARGE = 2.0**63  # from which on numbers are not integers of 64 bits
_SPREAD = 2_000  # parts of a standard deviation that parameters are rounded to
_LOOKED_AT = 200_000  # values that parameters are estimated from
_FIRST = 1_000  # values whose digits are looked at before those of all are
_DENSE = 0.5  # of the grid between the least and the greatest, from which values are no list of codes
_NEAR, _NEAREST = 1.3, 0.025  # how far a distribution may be off: over the root of the rows, and of few of them
_LEAST = 1e-300
_FINEST, _KEPT = 12, 20  # digits of shares, and the part of the largest that rounding may change


@dataclass(frozen=True)
class Candidate:
    """A fitted distribution.

    Args:
        generator: gives such numbers, unrounded.
        below: its distribution function.
        parameters: how many numbers it takes.
    """

    generator: Generator
    below: Function
    parameters: int


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
    def step(self) -> float | None:
        """The distance between neighbours; None where there is none."""
        return None if self.digits is None else 10.0**-self.digits


def resolution_of(values: Numbers) -> Resolution:
    """The least number of decimal digits that holds all values."""
    if np.abs(values).max(initial=0) >= _LARGE:  # all such are whole
        return Resolution(None)
    few = values[:_FIRST]
    for digits in range(MOST_DIGITS + 1):
        if _has_digits(few, digits) and _has_digits(values, digits):
            return Resolution(digits)
    return Resolution(None)


def _has_digits(values: Numbers, digits: int) -> bool:
    scale = 10.0**digits
    return np.array_equal(np.rint(values * scale) / scale, values)


def fit(
    values: Numbers,
    resolution: Resolution,
    names: Callable[[Numbers], list[Any]] = lambda distinct: distinct.tolist(),
    tolerance: float = 0.01,
    most: int = MOST_CATEGORIES,
) -> Generator:
    """The generator of some numbers, not yet rounded.

    Args:
        values: at least one, none of them NaN.
        resolution: what they are multiples of.
        names: what different values are to be called in a list of shares.
        tolerance: how far the shares of quantiles may be off.
        most: how many values may be listed, where there are more than a few.
    """
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) == 1:
        return Constant(names(distinct)[0])
    if is_list(distinct, len(values), resolution):
        shares = rounded_shares(counts.tolist(), len(values))
        listed = Categorical(dict(zip(names(distinct), shares, strict=True)))
        if len(distinct) <= SHORT or (len(distinct) <= most and not _is_dense(distinct, resolution)):
            return listed
    with np.errstate(all="ignore"):  # of numbers as large or as small as there are, some cannot be told
        found = _parametric(values, distinct, counts, resolution)
        if found is not None:
            return found
        if not math.isfinite(distinct[-1] - distinct[0]):
            return Uniform(float(distinct[0]), float(distinct[-1]))
        tolerance = tolerance_for(len(values), tolerance)
        return Quantiles(quantiles_of(values, resolution.step, tolerance))


def is_list(distinct: Numbers, count: int, resolution: Resolution) -> bool:
    """Whether numbers are a list to choose from."""
    return (resolution.digits is not None or len(distinct) <= SHORT) and is_few(len(distinct), count)


def _is_dense(distinct: Numbers, resolution: Resolution) -> bool:
    if resolution.step is None:
        return False
    return len(distinct) >= _DENSE * ((distinct[-1] - distinct[0]) / resolution.step + 1)


def _parametric(
    values: Numbers, distinct: Numbers, counts: npt.NDArray[np.int64], resolution: Resolution
) -> Generator | None:
    """The best of the distributions that have a name; None where none is near enough."""
    if len(values) > _LOOKED_AT:
        distinct, counts = np.unique(values[:: len(values) // _LOOKED_AT + 1], return_counts=True)
    count = int(counts.sum())
    step = resolution.step
    measured = np.cumsum(counts) / count
    best: tuple[float, Generator] | None = None
    for one in _candidates(distinct, counts, resolution):
        half = 0.0 if step is None or isinstance(one.generator, Poisson) else step / 2
        upper = np.array(one.below(distinct + half))
        before = np.array(one.below(distinct - (1.0 if isinstance(one.generator, Poisson) else half)))
        upper[-1], before[0] = 1.0, 0.0  # what lies beyond is moved to the ends
        middle = measured - counts / count / 2 if step is None else measured
        off = float(np.abs(upper - middle).max())
        if step is None:
            off = max(off, float(np.abs(upper - measured).max()) - 1 / count)
            shares = _density(one.below, distinct)
        else:
            shares = upper - before
        criterion = one.parameters * math.log(count) - 2 * float(counts @ np.log(np.maximum(shares, _LEAST)))
        is_near = off <= min(max(_NEAR / math.sqrt(count), 0.002), _NEAREST)
        if is_near and math.isfinite(criterion) and (best is None or criterion < best[0]):
            best = criterion, one.generator
    return None if best is None else best[1]


def _density(below: Function, distinct: Numbers) -> Numbers:
    """The density at some numbers, but for a factor that all distributions share."""
    width = np.maximum(np.abs(distinct) * 1e-6, (distinct[-1] - distinct[0]) * 1e-9)
    return np.asarray((below(distinct + width) - below(distinct - width)) / (2 * width))


def _candidates(distinct: Numbers, counts: npt.NDArray[np.int64], resolution: Resolution) -> Iterator[Candidate]:
    from scipy.special import ndtr, pdtr

    n, low, high = int(counts.sum()), float(distinct[0]), float(distinct[-1])
    unit = max(abs(low), abs(high))  # of which squares and sums stay in the range of numbers
    scaled = distinct / unit
    mean = float(counts @ scaled) / n * unit
    spread = math.sqrt(float(counts @ (scaled - mean / unit) ** 2) / n) * unit
    step = resolution.step or 0.0
    if resolution.digits == 0 and low >= 0:
        lam = significant(mean)
        yield Candidate(Poisson(lam), lambda x: np.where(x < 0, 0.0, pdtr(np.floor(np.maximum(x, 0)), lam)), 1)
    loc, scale = plain(mean, spread / _SPREAD), significant(spread)
    if scale > 0:
        yield Candidate(Normal(loc, scale), lambda x: ndtr((x - loc) / scale), 2)
    first, last = low - step / 2, high + step / 2
    yield Candidate(Uniform(low, high), lambda x: np.clip((x - first) / (last - first), 0, 1), 2)
    if low >= 0 and mean > 0:
        rate = significant(mean)
        yield Candidate(Exponential(rate), lambda x: -np.expm1(-np.maximum(x, 0) / rate), 1)
    if low > 0:
        logs = np.log(distinct)
        middle = float(counts @ logs) / n
        width = math.sqrt(float(counts @ (logs - middle) ** 2) / n)
        if width > 0:
            mu, sigma = plain(middle, width / _SPREAD), significant(width)
            yield Candidate(LogNormal(mu, sigma), lambda x: ndtr((np.log(np.maximum(x, _LEAST)) - mu) / sigma), 2)
            a, scale_ = significant(1 / (middle - math.log(low))), significant(low)
            yield Candidate((Pareto(a) + 1) * scale_, lambda x: -np.expm1(-a * np.log(np.maximum(x / scale_, 1))), 2)


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
    while True:
        shares = [max(round(float(count) / total, digits), 10.0**-digits) for count in counts]
        largest = shares.index(max(shares))
        rest = round(1 - math.fsum(share for number, share in enumerate(shares) if number != largest), digits)
        # What rounding adds up to over many shares must not be taken from the largest.
        if digits == _FINEST or abs(rest - shares[largest]) <= shares[largest] / _KEPT:
            break
        digits += 1
    shares[largest] = rest
    return shares


def significant(value: float, digits: int = 4) -> float:
    """A number with so many significant digits.

    >>> significant(0.0123456), significant(98765.4)
    (0.01235, 98770)
    """
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < _LARGE else rounded


__all__ = ["Resolution", "fit", "is_few", "is_list", "resolution_of", "rounded_shares", "significant"]
