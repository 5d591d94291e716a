"""Correlated columns: a Gaussian copula, in which each column keeps its own distribution.

Each column draws a normal score of its own; the scores are mixed by the Cholesky factor of the correlation matrix, and
the mixed scores turned back into uniforms, which the columns' inverse CDFs take (Nelsen 2006, "An introduction to
copulas", 2.9). The given numbers are the correlations of the scores; Spearman's of continuous columns is 6/π asin(r/2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from pytest_synthdata.columns.random import Bits, Floats, Stream

Pairs: TypeAlias = Mapping[tuple[str, str], float]
Loadings: TypeAlias = Mapping[str, tuple[tuple[float, str], ...]]

_ENDS = 2.0**-53, 1 - 2.0**-53


@dataclass(frozen=True)
class CorrelatedStream(Stream):
    """Random numbers of a column that go along with those of others.

    Args:
        parts: the streams of the scores that are mixed, each with its weight; the squares of the weights sum to 1.
    """

    parts: tuple[tuple[float, Stream], ...] = field(default=(), kw_only=True)

    def uniform(self, rows: Bits) -> Floats:
        from pytest_synthdata.columns.special_functions import ndtr, ndtri

        score = np.zeros(len(rows))
        for weight, stream in self.parts:
            score += weight * ndtri(stream.uniform(rows))
        return np.clip(ndtr(score), *_ENDS)

    def bits(self, rows: Bits) -> Bits:
        return (self.uniform(rows) * 2.0**64).astype(np.uint64)


def matrix(pairs: Pairs, names: Sequence[str]) -> list[list[float]]:
    """The correlation matrix of some columns; pairs that are not given are uncorrelated."""
    given = {**{(one, other): float(value) for (one, other), value in pairs.items()}}
    given |= {(other, one): value for (one, other), value in given.items()}
    return [[1.0 if one == other else given.get((one, other), 0.0) for other in names] for one in names]


def cholesky(correlations: Sequence[Sequence[float]]) -> list[list[float]] | None:
    """The lower triangular factor; None where the matrix is not positive definite.

    By plain arithmetic: the last bits of LAPACK's differ between processors.
    """
    factor: list[list[float]] = []
    for row, given in enumerate(correlations):
        made: list[float] = []
        for column in range(row + 1):
            rest = given[column] - math.fsum(
                made[k] * (factor[column] if column < row else made)[k] for k in range(column)
            )
            if column == row:
                if rest <= _SMALLEST:
                    return None
                made.append(math.sqrt(rest))
            else:
                made.append(rest / factor[column][column])
        factor.append(made)
    return factor


_SMALLEST = 1e-10


def loadings(pairs: Pairs, columns: Sequence[str]) -> Loadings:
    """For each correlated column but the first, the columns whose scores it mixes, and their weights."""
    names = [name for name in columns if any(name in pair for pair in pairs)]
    factor = cholesky(matrix(pairs, names))
    if factor is None:
        return {}
    found = {}
    for row, name in zip(factor, names, strict=True):
        parts = tuple((weight, other) for weight, other in zip(row, names, strict=False) if weight != 0)
        if len(parts) > 1:
            found[name] = parts
    return found


def nearest(pairs: Pairs, names: Sequence[str]) -> dict[tuple[str, str], float]:
    """The nearest correlations that can be, to two digits (Higham 2002, "Computing the nearest correlation matrix").

    >>> found = nearest({("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}, ["a", "b", "c"])
    >>> {pair: round(value, 1) for pair, value in found.items()}
    {('a', 'b'): 0.5, ('b', 'c'): 0.5, ('a', 'c'): -0.5}
    """
    current: Any = np.array(matrix(pairs, names))
    correction = np.zeros_like(current)
    for _ in range(200):
        shifted = current - correction
        values, vectors = np.linalg.eigh(shifted)
        projected = (vectors * np.maximum(values, 1e-3)) @ vectors.T
        correction = projected - shifted
        current = projected.copy()
        np.fill_diagonal(current, 1.0)
    # Rounded towards 0, and a little nearer to no correlation at all where that is what it takes.
    for shrink in np.linspace(1, 0, 101):
        rounded = {
            (one, other): math.trunc(100 * shrink * current[names.index(one), names.index(other)]) / 100
            for one, other in pairs
        }
        if cholesky(matrix(rounded, names)) is not None:
            return rounded
    return dict.fromkeys(pairs, 0.0)


__all__ = ["CorrelatedStream", "Loadings", "Pairs", "loadings", "matrix", "nearest"]
