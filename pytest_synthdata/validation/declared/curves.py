"""Curves of numbers, and the parts in which numbers are counted: the same for all data."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from pytest_synthdata.validation.declared.steps import HAIR, Floats, Step, digits_of
from pytest_synthdata.validation.statistics import Piecewise

QUARTILES = (0.25, 0.5, 0.75)
_PARTS = 256  # of equal probability
_TAILS = (1e-4, 1e-3)


class Frozen(Protocol):
    """The part of a frozen `scipy.stats` distribution that is needed here."""

    def cdf(self, x: Any) -> Any: ...
    def ppf(self, q: Any) -> Any: ...
    def support(self) -> tuple[Any, Any]: ...


@dataclass(frozen=True)
class Curve:
    """Numbers with a known distribution function. Dates are days since 1970.

    Args:
        base: the distribution that is drawn from.
        steps: what is done to the numbers then.
        name: the declaration, for people.
        dates: whether the numbers are days.
    """

    base: Frozen
    steps: tuple[Step, ...] = ()
    name: str = ""
    dates: bool = False

    def then(self, step: Step) -> Curve:
        """The same with one more step."""
        return replace(self, steps=(*self.steps, step))

    def cdf(self, t: Any) -> Floats:
        """The probability of t or less."""
        t = np.asarray(t, np.float64)
        for step in reversed(self.steps):
            t = step.back(t)
        return np.asarray(self.base.cdf(t), np.float64)

    def ppf(self, q: Any) -> Floats:
        """The number that a share q of all is no greater than."""
        x = np.asarray(self.base.ppf(q), np.float64)
        for step in self.steps:
            x = step.forward(x)
        return x

    def support(self) -> tuple[float, float]:
        """The least and the greatest number."""
        ends = np.array(self.base.support(), np.float64)
        for step in self.steps:
            ends = step.forward(ends)
        return float(ends[0]), float(ends[1])

    @property
    def digits(self) -> int | None:
        """To how many decimal digits the numbers are rounded, if they are."""
        return digits_of(self.steps)

    @cached_property
    def parts(self) -> CurveParts:
        """The parts in which its numbers are counted."""
        return CurveParts.of(self)

    def show(self, value: float) -> Any:
        """A number as what it stands for."""
        if not self.dates or not math.isfinite(value):
            return float(value)
        return (dt.date(1970, 1, 1) + dt.timedelta(days=math.floor(value))).isoformat()


@dataclass(frozen=True)
class Mirrored:
    """The negative of what a curve gives."""

    curve: Curve

    def cdf(self, x: Any) -> Any:
        return 1 - self.curve.cdf(-np.asarray(x, np.float64) - HAIR)

    def ppf(self, q: Any) -> Any:
        return -self.curve.ppf(1 - np.asarray(q, np.float64))

    def support(self) -> tuple[float, float]:
        low, high = self.curve.support()
        return -high, -low


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


__all__ = ["QUARTILES", "Curve", "CurveParts", "Frozen", "Mirrored"]
