"""Which relations are there, and which ones chance may have given: tests, and how many of the found may be false."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Name = TypeVar("Name", bound=Hashable)

_SPEARMAN = 1.06  # of the variance of Fisher's z of rank correlations, beside that of Pearson's
_MOST = 0.999_999
_FEWEST = 4  # rows of a table of counts


def p_of_none(correlation: float, count: int) -> float:
    """The probability that so many rows of independent columns have a rank correlation as large.

    The ranks' permutations make its variance 1 / (n - 1), ties or not (Kendall 1948, "Rank Correlation Methods").

    >>> round(p_of_none(0.2, 101), 4)
    0.0455
    """
    return math.erfc(abs(correlation) * math.sqrt(max(count - 1, 0) / 2))


def p_of_same(one: float, other: float, count: int, other_count: int) -> float:
    """The probability that two samples of one distribution have rank correlations as far apart.

    Fisher's z of a rank correlation has a variance of 1.06 / (n - 3) (Fieller, Hartley and Pearson 1957, "Tests for
    rank correlation coefficients").
    """
    apart = math.atanh(max(min(one, _MOST), -_MOST)) - math.atanh(max(min(other, _MOST), -_MOST))
    variance = _SPEARMAN / max(count - 3, 1) + _SPEARMAN / max(other_count - 3, 1)
    return math.erfc(abs(apart) / math.sqrt(2 * variance))


def p_of_independence(*tables: npt.NDArray[np.int64]) -> float:
    """The probability that columns which have nothing to do with each other give tables of counts as uneven.

    Pearson's statistic by the mean and variance that it has over all permutations of the rows, which hold for sparse
    tables, too (Dawson 1954, "A simplified expression for the variance of the chi-square function on a contingency
    table"), and the gamma distribution that has both.

    Args:
        tables: rows by one column's values, columns by the other's; several for the values of a third.

    >>> round(p_of_independence(np.array([[30, 20], [20, 30]])), 2)
    0.05
    """
    from scipy.special import gammaincc

    found = [moments for moments in map(_chi_square, tables) if moments is not None]
    statistic, mean, variance = (math.fsum(one) for one in zip(*found, strict=True)) if found else (0.0, 0.0, 0.0)
    return float(gammaincc(mean**2 / variance, statistic * mean / variance)) if variance > 0 else 1.0


def _chi_square(table: npt.NDArray[np.int64]) -> tuple[float, float, float] | None:
    """Pearson's statistic of a table, its mean and its variance; None where nothing can vary."""
    counts = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(np.float64)
    total = float(counts.sum())
    if total < _FEWEST or min(counts.shape) < 2:  # noqa: PLR2004
        return None
    sides = counts.sum(axis=1), counts.sum(axis=0)
    statistic = total * max(float((counts**2 / np.outer(*sides)).sum()) - 1, 0.0)
    free = [(len(side) - 1) * (total - len(side)) / (total - 1) for side in sides]
    rare = [(total * float((1 / side).sum()) - len(side) ** 2) / (total - 2) for side in sides]
    variance = 2 * total / (total - 3) * (free[0] - rare[0]) * (free[1] - rare[1])
    variance += total**2 / (total - 1) * rare[0] * rare[1]
    return statistic, total * (len(sides[0]) - 1) * (len(sides[1]) - 1) / (total - 1), variance


def discoveries(p_values: Mapping[Name, float], false_share: float) -> set[Name]:
    """What is there, so that on average at most a share of it is not (Benjamini and Hochberg 1995).

    Args:
        p_values: of each that may be there.
        false_share: of what is returned, how much may be false.

    >>> sorted(discoveries({"a": 0.001, "b": 0.02, "c": 0.3, "d": 0.9}, 0.05))
    ['a', 'b']
    """
    ordered = sorted(p_values, key=lambda name: p_values[name])
    passing = [place for place, name in enumerate(ordered, 1) if p_values[name] <= false_share * place / len(ordered)]
    return set(ordered[: max(passing, default=0)])


__all__ = ["discoveries", "p_of_independence", "p_of_none", "p_of_same"]
