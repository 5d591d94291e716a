"""Tests and distribution functions, by the functions of `scipy.special` that `scipy.stats` itself calls.

Importing `scipy.stats` takes ten times as long as validating 35,000 rows; so it is left to those who declare a
`Distribution`. Each of these is tested against its counterpart there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.generators.numbers.distributions import (
    Exponential,
    LogNormal,
    Normal,
    Pareto,
    Poisson,
    Uniform,
)
from pytest_synthdata.columns.generators.numbers.parameters import ParametricDistribution

Floats = npt.NDArray[np.float64]
_MANY = 2_000  # rows from which the limit is within 5 % of the exact probability, down to 1 in a million
_LEAST_EXPECTED = 5.0  # rows in a cell of a chi-square test (Cochran 1954, "Some methods for strengthening the tests")


def normal_p(z: float) -> float:
    """How likely a standard normal number lies as far from 0, to either side."""
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def binomial_p(count: int, total: int, share: float) -> float:
    """How likely a count of so many trials is, or one as far off: twice the smaller tail of the binomial law."""
    from scipy.special import bdtr, bdtrc

    share = min(share, 1.0)
    upper = 1.0 if count == 0 else float(bdtrc(count - 1, total, share))
    return min(1.0, 2 * min(float(bdtr(count, total, share)), upper))


def distance_p(distance: float, count: int) -> float:
    """How likely an empirical distribution function is so far from the true one: Kolmogorov and Smirnov's test.

    Of few rows, twice the exact probability for one side (Smirnov 1939), which is the same where it matters but takes
    time in proportion to the rows; of many, Kolmogorov's limit (1933). Neither is ever too small.
    """
    from scipy.special import kolmogorov, smirnov

    if count > _MANY:
        return float(kolmogorov(distance * math.sqrt(count)))
    return min(1.0, 2 * float(smirnov(count, min(distance, 1.0))))


def sum_of_squares_p(statistic: float, degrees: int) -> float:
    """How likely a sum of so many squared standard normal numbers is as great."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees, statistic)) if degrees > 0 else 1.0


def chi_square_p(counts: npt.NDArray[Any], likely: npt.NDArray[Any]) -> float:
    """Pearson's test of counts whose probabilities are declared; neighbours that are too rare go together."""
    total = counts.sum()
    cells: list[tuple[float, float]] = [(0.0, 0.0)]
    for count, expected in zip(counts.tolist(), (likely * total).tolist(), strict=True):
        if cells[-1][1] >= _LEAST_EXPECTED:
            cells.append((0.0, 0.0))
        cells[-1] = cells[-1][0] + count, cells[-1][1] + expected
    if len(cells) > 1 and cells[-1][1] < _LEAST_EXPECTED:
        last = cells.pop()
        cells[-1] = cells[-1][0] + last[0], cells[-1][1] + last[1]
    observed, expectation = np.array(cells).T
    expectation = expectation * observed.sum() / max(expectation.sum(), 1e-300)
    if (expectation <= 0).any():
        return 1.0 if observed.sum() == 0 else float(np.array_equal(observed, expectation))
    return sum_of_squares_p(float(((observed - expectation) ** 2 / expectation).sum()), len(cells) - 1)


def _normal(x: Any, loc: float, scale: float) -> Any:
    from scipy.special import ndtr

    return ndtr((x - loc) / scale)


def _log_normal(x: Any, mean: float, sigma: float) -> Any:
    return np.where(x > 0, _normal(np.log(np.maximum(x, 1e-300)), mean, sigma), 0.0)


def _pareto(x: Any, a: float) -> Any:
    return -np.expm1(-a * np.log1p(np.maximum(x, 0.0)))


def _exponential(x: Any, scale: float) -> Any:
    return -np.expm1(-np.maximum(x, 0.0) / scale)


def _uniform(x: Any, low: float, high: float) -> Any:
    return np.clip((x - low) / (high - low), 0.0, 1.0)


_CDF: dict[type[ParametricDistribution], Callable[..., Any]] = {
    Normal: _normal,
    LogNormal: _log_normal,
    Pareto: _pareto,
    Exponential: _exponential,
    Uniform: _uniform,
}


def _poisson(x: Any, lam: Any) -> Any:
    from scipy.special import pdtr

    return np.where(np.asarray(x) < 0, 0.0, pdtr(np.floor(np.maximum(x, 0)), lam))


def cumulative(kind: type[ParametricDistribution]) -> Callable[..., Any]:
    """The distribution function of a class of distributions, of numbers and parameters or arrays of them."""
    return _poisson if kind is Poisson else _CDF[kind]


def is_known(law: ParametricDistribution) -> bool:
    """Whether a distribution's function is known."""
    return isinstance(law, Poisson) or type(law) in _CDF


@dataclass(frozen=True)
class Continuous:
    """A distribution of this package as `scipy.stats` would freeze it."""

    law: ParametricDistribution

    def cdf(self, x: Any) -> Any:
        return _CDF[type(self.law)](np.asarray(x, np.float64), *self.law.parameters())

    def ppf(self, q: Any) -> Any:
        with np.errstate(all="ignore"):
            return type(self.law).inverse(np.array(q, np.float64), *self.law.parameters())

    def support(self) -> tuple[float, float]:
        low, high = self.ppf([0.0, 1.0])
        return float(low), float(high)


@dataclass(frozen=True)
class Counting:
    """The Poisson law."""

    lam: float

    def cdf(self, x: Any) -> Any:
        return _poisson(x, self.lam)

    def ppf(self, q: Any) -> Any:
        spread = 12 * math.sqrt(self.lam) + 40
        numbers = np.arange(max(0, math.floor(self.lam - spread)), math.ceil(self.lam + spread))
        return np.searchsorted(self.cdf(numbers), q) + numbers[0]

    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


@dataclass(frozen=True)
class Whole:
    """Whole numbers from one to another, each as likely."""

    first: int
    last: int

    def cdf(self, x: Any) -> Any:
        return np.clip((np.floor(x) - self.first + 1) / (self.last - self.first + 1), 0.0, 1.0)

    def ppf(self, q: Any) -> Any:
        number = np.ceil(np.asarray(q) * (self.last - self.first + 1) - 1e-9) - 1
        return np.clip(self.first + number, self.first, self.last)

    def support(self) -> tuple[float, float]:
        return self.first, self.last


@dataclass(frozen=True)
class Piecewise:
    """Numbers evenly spread between neighbours of an ascending list, of which each lies above a share of all.

    Args:
        ends: the list.
        shares: of all that lie below.
        is_coarse: whether only the shares between neighbours are meant, not how the numbers lie there.
    """

    ends: tuple[float, ...]
    shares: tuple[float, ...]
    is_coarse: bool = False

    def cdf(self, x: Any) -> Any:
        return np.interp(x, self.ends, self.shares)

    def ppf(self, q: Any) -> Any:
        return np.interp(q, self.shares, self.ends)

    def support(self) -> tuple[float, float]:
        return self.ends[0], self.ends[-1]


def frozen(law: ParametricDistribution) -> Continuous | Counting | None:
    """The distribution of a law of this package; None for a law that somebody else wrote."""
    if isinstance(law, Poisson):
        return Counting(law.lam)
    return Continuous(law) if type(law) in _CDF else None


__all__ = [
    "Piecewise",
    "Whole",
    "binomial_p",
    "chi_square_p",
    "cumulative",
    "distance_p",
    "frozen",
    "is_known",
    "normal_p",
    "sum_of_squares_p",
]
