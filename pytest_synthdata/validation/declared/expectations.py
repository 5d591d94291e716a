"""The law of a cell, as statistics sees it: a curve of numbers, shares of values, a formula, or nothing known."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.validation.declared.curve_parts import CurveParts
from pytest_synthdata.validation.declared.row_laws import RowCurve, RowRange
from pytest_synthdata.validation.declared.steps import HAIR, Floats, Step, digits_of


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


@dataclass(frozen=True)
class Shares:
    """Values that can be listed, each with its probability."""

    probabilities: dict[Any, float]
    name: str = ""

    def map(self, function: Callable[[list[Any]], list[Any]]) -> Shares:
        """The same with other values."""
        merged: dict[Any, float] = {}
        values = function(list(self.probabilities))
        for value, share in zip(values, self.probabilities.values(), strict=True):
            merged[value] = merged.get(value, 0.0) + share
        return replace(self, probabilities=merged)


@dataclass(frozen=True)
class Formula:
    """What follows from other columns of the row, and is computed again.

    Args:
        generator: what computes it.
        lost: the probability that a value is null instead; None where it is not known.
    """

    generator: Generator
    lost: float | None = 0.0


@dataclass(frozen=True)
class TimelineExpectation:
    """Times along a timeline."""

    timeline: Timeline
    hours: bool = True


@dataclass(frozen=True)
class Selected:
    """Values of a law of which each may come out, but not as often as it says.

    Args:
        law: what they are chosen from.
        reason: why how often they come is not checked; empty where there is nothing to check.
    """

    law: Law
    reason: str


@dataclass(frozen=True)
class Unknown:
    """What cannot be checked, and why."""

    reason: str


@dataclass(frozen=True)
class Moved:
    """Dates and times that lie a random interval after or before others of the row.

    Args:
        generator: the whole declaration.
        base: what they are moved from; follows from other columns of the row.
        sign: 1 for later ones, -1 for earlier ones.
        unit: what the interval is counted in, such as ``days``.
        law: the law of the number of units.
    """

    generator: Generator
    base: Generator
    sign: int
    unit: str
    law: Law


Law = Curve | RowCurve | RowRange | Moved | Shares | Formula | TimelineExpectation | Selected | Unknown


@dataclass(frozen=True)
class Leaf:
    """Cells of one law.

    Args:
        law: the law.
        nulls: the probability of null; None where it is not known.
        label: the condition that the cells meet, in words; empty where it is not a condition.
        follows: what follows from other columns of the row, each null where the cell is null for it; the probability
            is of the rows where none is.
    """

    law: Law
    nulls: float | None = 0.0
    label: str = ""
    follows: tuple[Generator, ...] = ()


@dataclass(frozen=True)
class Fork:
    """Cells whose law depends on other columns.

    Args:
        split: the `Given` or `When` that decides.
        branches: what it decides between.
    """

    split: Generator
    branches: tuple[Node, ...] = field(default=())


Node = Leaf | Fork

__all__ = [
    "Curve",
    "Fork",
    "Formula",
    "Law",
    "Leaf",
    "Mirrored",
    "Moved",
    "Node",
    "Selected",
    "Shares",
    "TimelineExpectation",
    "Unknown",
]  # fmt: skip
