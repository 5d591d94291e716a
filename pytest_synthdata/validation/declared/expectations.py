"""The law of a cell, as statistics sees it: a curve of numbers, shares of values, a formula, or nothing known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.row_laws import RowCurve, RowRange


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
    "Fork",
    "Formula",
    "Law",
    "Leaf",
    "Moved",
    "Node",
    "Selected",
    "Shares",
    "TimelineExpectation",
    "Unknown",
]  # fmt: skip
