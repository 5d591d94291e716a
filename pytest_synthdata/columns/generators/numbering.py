"""All values that a column can have, by number, where they can be counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.casts.casting import cast
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Scope
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.errors import DeclarationError


class Countable(Protocol):
    """What is asked of a generator here."""

    @property
    def evenly_spread(self) -> bool:
        """Whether it gives every number between its bounds, each as often as any other."""

    def type(self, scope: Scope) -> pa.DataType | None:
        """The Arrow type of the values."""

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        """All values that can come out, where they can be listed."""

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        """The least and the greatest of them, where they are known."""


@dataclass(frozen=True)
class Numbered:
    """All values that a column can have, by number.

    Args:
        count: how many there are.
        at: gives the values of some numbers below ``count``; no two numbers have the same.
    """

    count: int
    at: Callable[[Bits], Values]


@singledispatch
def numbered(generator: Countable, scope: Scope) -> Numbered | None:
    """All values of a generator, by number; None where they cannot be counted."""
    values = generator.domain(scope)
    if not values:
        return None
    if None in values:
        raise DeclarationError(
            f"{scope.place}: .unique(): {generator!r} has nulls, of which there would be none; write .unique().nulls(p)"
        )
    array = arrow_array(list(dict.fromkeys(values)), generator.type(scope))
    return Numbered(len(array), lambda numbers: array.take(arrow_array(numbers)))


def even_ends(generator: Countable, scope: Scope) -> tuple[float, float] | None:
    """The ends of the numbers that a generator gives, if it gives every one between them as often."""
    return generator.bounds(scope) if generator.evenly_spread else None


def without_fractions(low: float, high: float, target: pa.DataType) -> Numbered:
    """What a cast to an integer leaves of the numbers between two ends, without these."""
    first = math.floor(low) + (low < 0)
    last = math.ceil(high) - (high > 0)
    return Numbered(last - first + 1, lambda numbers: cast(numbers.astype(np.int64) + first, target))


__all__ = ["Countable", "Numbered", "even_ends", "numbered", "without_fractions"]
