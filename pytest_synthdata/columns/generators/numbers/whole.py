"""Whole numbers between two, and truth values: what dice and coins give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values, without
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator, mix
from pytest_synthdata.columns.generators.numbering import Numbered, numbered
from pytest_synthdata.columns.generators.numbers.parameters import (
    Parameter,
    ParametricDistribution,
    parameter_bounds,
    row_parameters,
)
from pytest_synthdata.columns.random import Bits, multiply_high
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from typing_extensions import Self

_FEW = 2**32 - 1  # numbers, up to which half of the product's words are 0
_LEAST, _MOST = -(2**63), 2**63 - 1


@dataclass(frozen=True)
class Integers(ParametricDistribution):
    """Whole numbers between two, both included, each as likely as any other; bigint.

    Args:
        low: the least number, or a column or expression that gives it.
        high: the greatest one.

    >>> from pytest_synthdata import Dataset, Integers, TableFactory
    >>> class RollFactory(TableFactory):
    ...     eyes = Integers(1, 6)
    >>> Dataset({RollFactory: 5}, seed=1).rolls.to_arrow()["eyes"].to_pylist()
    [1, 4, 6, 3, 3]
    """

    low: Parameter
    high: Parameter

    requirement: ClassVar[str] = "low is above high"

    def values(self, cells: Cells) -> Values:
        if self.is_fixed:
            return between(cells.bits(), np.int64(self.low), np.int64(self.high))
        (low, high), null = row_parameters(self, cells)
        values = between(cells.bits(), np.asarray(low).astype(np.int64), np.asarray(high).astype(np.int64))
        return values if null is None else without(values, null)

    @staticmethod
    def valid(*parameters: Any) -> Any:
        return np.asarray(parameters[0]) <= parameters[1]

    @classmethod
    def mixture(cls, branches: Sequence[Self], which: npt.NDArray[Any], cells: Cells) -> Values:
        return mix(branches, which, cells)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.int64()

    def check(self, scope: Scope) -> None:
        super().check(scope)
        for end in (self.low, self.high):
            if isinstance(end, Generator):
                type_ = end.type(scope)
                if type_ is not None and not pa.types.is_integer(type_):
                    raise DeclarationError(f"{scope.place}: {self!r}: {end!r} is {type_}; add .cast('bigint')")
            elif not isinstance(end, (int, np.integer)) or not _LEAST <= end <= _MOST:
                raise DeclarationError(f"{scope.place}: {self!r}: its ends are whole numbers of 64 bits, not {end!r}")

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        low, high = (parameter_bounds(end, scope) for end in (self.low, self.high))
        return None if low is None or high is None else (low[0], high[1])


def between(bits: Bits, low: Any, high: Any) -> npt.NDArray[np.int64]:
    """Whole numbers from random words: the upper half of the product of word and count, which grows with the word."""
    first = np.atleast_1d(low).view(np.uint64)  # of arrays, NumPy lets them wrap around
    count = np.atleast_1d(high).view(np.uint64) - first + np.uint64(1)  # 0 stands for 2^64
    if len(count) == 1 and 0 < count[0] <= _FEW:
        return (multiply_high(bits, int(count[0])) + first).view(np.int64)
    mask, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    high_bits, low_bits = bits >> half, bits & mask
    high_count, low_count = count >> half, count & mask
    middle = high_bits * low_count + ((low_bits * low_count) >> half)
    carried = (middle & mask) + low_bits * high_count
    product = high_bits * high_count + (middle >> half) + (carried >> half)
    return (np.where(count == 0, bits, product) + first).astype(np.uint64).view(np.int64)


@numbered.register(Integers)
def _(generator: Integers, scope: Scope) -> Numbered | None:
    del scope
    if not generator.is_fixed:
        return None
    low = int(generator.low)
    return Numbered(int(generator.high) - low + 1, lambda numbers: numbers.astype(np.int64) + low)


@dataclass(frozen=True)
class Boolean(ParametricDistribution):
    """True with a probability, else False.

    Args:
        p: the probability, from 0 to 1, or a column or expression that gives it.

    >>> from pytest_synthdata import Boolean, Dataset, TableFactory
    >>> class VisitFactory(TableFactory):
    ...     returned = Boolean(0.3)
    >>> Dataset({VisitFactory: 4}, seed=1).visits.to_arrow()["returned"].to_pylist()
    [False, True, False, False]
    """

    p: Parameter = 0.5

    requirement: ClassVar[str] = "p must lie between 0 and 1"

    @staticmethod
    def inverse(uniform: Any, *parameters: Any) -> npt.NDArray[np.bool_]:
        return np.asarray(uniform < parameters[0])

    @staticmethod
    def valid(*parameters: Any) -> Any:
        return (np.asarray(parameters[0]) >= 0) & (np.asarray(parameters[0]) <= 1)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.bool_()

    def domain(self, scope: Scope) -> Sequence[Any]:
        del scope
        if self.is_fixed and self.p in (0, 1):
            return (bool(self.p),)
        return (True, False)

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        values = self.domain(scope)
        return min(values), max(values)


__all__ = ["Boolean", "Integers", "between"]
