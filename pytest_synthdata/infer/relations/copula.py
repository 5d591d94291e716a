"""How well a Gaussian copula describes two columns: what their correlation leaves to be said of them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pytest_synthdata.infer.relations.deciders import Codes

_POINTS = 16  # at which the scores of one category are looked at
_LEAST = 1e-9
_MOST = 0.99


def likelihood(codes: Codes, decided: Codes) -> float:
    """The Bayesian information criterion of a column's codes under their rank correlation with those of another.

    Args:
        codes: of the column, in its order.
        decided: of the other, in its order; -1 for null.
    """
    from scipy.special import ndtr, ndtri

    known = decided >= 0
    mine, theirs = codes[known], decided[known]
    size, others = int(codes.max()) + 1, int(theirs.max(initial=0)) + 1
    table = np.bincount(theirs * size + mine, minlength=size * others).reshape(others, size)
    alone = np.bincount(codes[~known], minlength=size)
    count = len(codes)
    of_all = np.bincount(codes, minlength=size) / count
    ends = ndtri(np.clip(np.concatenate([[0.0], np.cumsum(of_all)]), _LEAST, 1 - _LEAST))
    shares = np.concatenate([[0.0], np.cumsum(table.sum(axis=1)) / max(len(mine), 1)])
    middles = (np.arange(_POINTS) + 0.5) / _POINTS
    scores = ndtri(np.clip(shares[:-1, None] + np.diff(shares)[:, None] * middles, _LEAST, 1 - _LEAST))

    def predicted(r: float) -> npt.NDArray[np.float64]:
        """The share of each code of the column, by the codes of the other."""
        below = ndtr((ends[None, None, :] - r * scores[:, :, None]) / math.sqrt(1 - r * r)).mean(axis=1)
        below[:, 0], below[:, -1] = 0.0, 1.0
        return np.maximum(np.diff(below, axis=1), _LEAST)

    # The correlation of the scores that fits best, by golden section: the likelihood has one hill.
    low, high = -_MOST, _MOST
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(12):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if (table * np.log(predicted(a))).sum() >= (table * np.log(predicted(b))).sum():
            high = b
        else:
            low = a
    log_likelihood = float((table * np.log(predicted((low + high) / 2))).sum())
    seen = of_all > 0
    log_likelihood += float((alone[seen] * np.log(of_all[seen])).sum())
    return int(seen.sum()) * math.log(count) - 2 * log_likelihood


__all__ = ["likelihood"]
