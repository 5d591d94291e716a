"""Poisson counts by inverse CDF: the least count whose CDF reaches each uniform."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.random import Floats

Counts = npt.NDArray[np.int64]

_FEW = 64  # expectations for which a table of counts each is quicker than searching row by row
_TABULATED = 1e5  # expectations up to which a table of counts is quick


def counts_of_one(uniform: Floats, lam: float) -> Counts:
    """Counts of one expectation.

    The CDF is tabulated where a uniform of 52 bits can fall: 10 standard deviations and some to each side.
    """
    from pytest_synthdata.columns.special_functions import pdtr

    if lam > _TABULATED:
        return _searched(uniform, np.full(len(uniform), lam))
    spread = 10 * math.sqrt(lam) + 20
    first = max(0, math.floor(lam - spread))
    cdf = pdtr(np.arange(first, math.ceil(lam + spread)), lam)
    return np.searchsorted(cdf, uniform, side="left") + first


def counts(uniform: Floats, lam: Floats) -> Counts:
    """Counts of an expectation each."""
    from pytest_synthdata.columns.special_functions import pdtr, pdtrik

    if (great := lam > _TABULATED).any():
        found = np.empty(len(lam), np.int64)
        found[great] = _searched(uniform[great], lam[great])
        found[~great] = counts(uniform[~great], lam[~great])
        return found
    different = np.unique(lam)
    if len(different) <= _FEW:
        few = np.zeros(len(lam), np.int64)
        for one in different:
            index = np.flatnonzero(lam == one)
            few[index] = counts_of_one(uniform[index], float(one))
        return few
    # The inverse of the CDF between the counts is near enough to be put right by steps of one.
    count = np.where(lam > 0, np.ceil(np.nan_to_num(pdtrik(uniform, np.where(lam > 0, lam, 1.0)))), 0.0)
    count = np.maximum(count, 0.0)
    while (above := (count > 0) & (pdtr(count - 1, lam) >= uniform)).any():
        count[above] -= 1
    while (below := (lam > 0) & (pdtr(count, lam) < uniform)).any():
        count[below] += 1
    return count.astype(np.int64)


def _searched(uniform: Floats, lam: Floats) -> Counts:
    """Counts of great expectations, for which a table would have millions of counts: by halving."""
    from pytest_synthdata.columns.special_functions import pdtr

    spread = 10 * np.sqrt(lam) + 20
    low, high = np.floor(lam - spread), np.ceil(lam + spread)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        reached = pdtr(middle, lam) >= uniform
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high.astype(np.int64)


__all__ = ["counts", "counts_of_one"]
