"""A distribution by its quantiles: for data that no law describes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.errors import DeclarationError


@dataclass(frozen=True, init=False)
class Quantiles(Generator):
    """Numbers that are as often between any two neighbours of a list of quantiles, evenly spread between them.

    Args:
        quantiles: the least value, the values below which equal shares of all lie, the greatest value: 5 numbers
            are the quartiles, 11 the deciles.

    >>> Quantiles([0, 10, 100])
    Quantiles([0, 10, 100])
    """

    quantiles: tuple[float, ...]

    def __init__(self, quantiles: Sequence[float]) -> None:
        object.__setattr__(self, "quantiles", tuple(quantiles))

    def __repr__(self) -> str:
        return f"Quantiles({list(self.quantiles)})"

    def values(self, cells: Cells) -> Values:
        return np.interp(cells.uniform() * (len(self.quantiles) - 1), np.arange(len(self.quantiles)), self.quantiles)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.float64()

    def check(self, scope: Scope) -> None:
        if len(self.quantiles) < 2:  # noqa: PLR2004
            raise DeclarationError(f"{scope.place}: {self!r}: give at least the least and the greatest value")
        if any(isinstance(one, bool) or not isinstance(one, (int, float, np.number)) for one in self.quantiles):
            raise DeclarationError(f"{scope.place}: {self!r}: quantiles are numbers")
        if any(not low <= high for low, high in zip(self.quantiles, self.quantiles[1:], strict=False)):
            raise DeclarationError(f"{scope.place}: {self!r}: quantiles ascend")

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        return self.quantiles[0], self.quantiles[-1]


__all__ = ["Quantiles"]
