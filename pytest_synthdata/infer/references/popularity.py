"""How unlike the rows of a table are in how often they are referred to, as a distribution with one number.

References are picked in proportion to their parents' popularity, so that the number of a parent's children is a mixture
of Poisson distributions. Its likelihood decides: the counts alone would take the chance of the picks for popularity.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.numbers.distributions import Exponential, LogNormal, Pareto
from pytest_synthdata.infer.values.fitting import significant

Floats = npt.NDArray[np.float64]

_FEWEST = 50  # parents
_PARTS = 100  # of the parents, in which they are alike
_STEPS = 30  # that are tried of each parameter
_EXPONENTS, _SIGMAS = (0.8, 12.0), (0.3, 3.0)
_FACTORS = np.geomspace(0.5, 2, 9).tolist()  # of the mean
_MORE = 3.0  # parents, at most, with more children than any has: that there are none is as likely as 1 in 20
_LIKELY = 4  # distributions that are tried with them
_LEAST = 1e-300  # of a probability
_NEAR = 0.04  # how far off the shares of parents with at most so many children may be
_KOLMOGOROV = 1.63  # or of few parents: the distance, by the root of their number, that chance exceeds in one of 100


def popularity(children: Floats) -> Generator | None:
    """The weights by which parents are picked to get such numbers of children; None where no distribution comes near.

    Args:
        children: how many each parent has.
    """
    if len(children) < _FEWEST or not children.any():
        return None
    counts, many = np.unique(children, return_counts=True)
    tails, shares = _parts(len(children))

    def fitted(quantiles: Floats, factor: float = 1.0) -> tuple[float, float, float]:
        """The likelihood of the numbers of children, how far off their shares are, and how many would have more."""
        means = quantiles / (shares @ quantiles) * children.mean() * factor
        below, exactly = _expected(counts, means, shares)
        off = np.abs(np.cumsum(many) / len(children) - below).max()
        likelihood = float(many @ np.log(np.maximum(exactly, _LEAST)))
        return likelihood, float(off), float(1 - below[-1]) * len(children)

    likely = sorted(_laws(tails), key=lambda pair: -fitted(pair[1])[0])[:_LIKELY]
    # The mean of so many parents of a heavy tail is seldom the distribution's.
    tried = [(*fitted(quantiles, factor), law) for law, quantiles in likely for factor in _FACTORS]
    _, off, more, law = max(tried, key=lambda one: one[0])
    is_near = off <= max(_NEAR, _KOLMOGOROV / np.sqrt(len(children))) and more <= _MORE
    return law if is_near else None


def _parts(count: int) -> tuple[Floats, Floats]:
    """Parts of so many parents: the share of those that are more popular, and that of each part.

    The most popular are in parts of their own.
    """
    edges = np.unique(np.concatenate([np.linspace(0, 1, _PARTS + 1), np.geomspace(1 / count, 1, _PARTS)]))
    return (edges[1:] + edges[:-1]) / 2, np.diff(edges)


def _laws(tails: Floats) -> Iterator[tuple[Generator, Floats]]:
    """Distributions with their quantiles."""
    from scipy.special import ndtri

    yield Exponential(1), -np.log(tails)
    for a in np.geomspace(*_EXPONENTS, _STEPS).tolist():
        exponent = significant(a, 2)
        yield Pareto(exponent), tails ** (-1 / exponent) - 1
    for sigma in np.geomspace(*_SIGMAS, _STEPS).tolist():
        scale = significant(sigma, 2)
        yield LogNormal(0, scale), np.exp(-scale * ndtri(tails))


def _expected(counts: Floats, means: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """The share of parents with at most so many children, and with exactly so many."""
    from scipy.special import gammaln, pdtr, xlogy

    exactly = np.exp(xlogy(counts[:, None], means) - means - gammaln(counts + 1)[:, None])
    return pdtr(counts[:, None], means) @ shares, exactly @ shares


__all__ = ["popularity"]
