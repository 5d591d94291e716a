"""The parts of a curve in which numbers are counted, and how likely each is: the same for all data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_synthdata.validation.declared.steps import Floats
from pytest_synthdata.validation.statistics import Piecewise

if TYPE_CHECKING:
    from pytest_synthdata.validation.declared.expectations import Curve

QUARTILES = (0.25, 0.5, 0.75)
_PARTS = 256  # of equal probability
_TAILS = (1e-4, 1e-3)


@dataclass(frozen=True, eq=False)
class CurveParts:
    """Where a curve is cut into parts, which are equally likely as far as its numbers lie close enough.

    Args:
        edges: the greatest number of each part but the last.
        cuts: between the edges and what comes next.
        below: the probability of each part's greatest number or less.
        likely: the probability of each part.
        support: the curve's least and greatest number.
        quartiles: the curve's.
    """

    edges: Floats
    cuts: Floats
    below: Floats
    likely: Floats
    support: tuple[float, float]
    quartiles: Floats

    @classmethod
    def of(cls, curve: Curve) -> CurveParts:
        """The parts of a curve."""
        tails = np.array(_TAILS)
        shares = np.sort(np.concatenate([tails, np.arange(1, _PARTS) / _PARTS, 1 - tails]))
        if isinstance(curve.base, Piecewise) and curve.base.is_coarse:
            shares = np.array(curve.base.shares[1:-1])
        with np.errstate(all="ignore"):
            edges = curve.ppf(shares)
            edges = np.unique(edges[np.isfinite(edges)])
            below = np.concatenate([curve.cdf(edges), [1.0]])
            support, quartiles = curve.support(), curve.ppf(np.array(QUARTILES))
        # Rounded numbers are told apart between the steps of their grid: 0.3 has neighbours that print alike.
        cuts = edges if curve.digits is None else edges + 0.25 * 10.0**-curve.digits
        return cls(edges, cuts, below, np.diff(below, prepend=0.0), support, quartiles)


__all__ = ["QUARTILES", "CurveParts"]
