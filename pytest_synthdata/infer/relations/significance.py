"""Which correlations are there, and which ones chance may have given: tests, and how many of the found may be false."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)

_SPEARMAN = 1.06  # of the variance of Fisher's z of rank correlations, beside that of Pearson's
_MOST = 0.999_999


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


__all__ = ["discoveries", "p_of_none", "p_of_same"]
