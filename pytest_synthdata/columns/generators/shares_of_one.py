"""Shares that add up to 1, such as percentages of a budget: a struct of named ones, or an array."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.errors import DeclarationError

_MOST_DIGITS = 15  # a float has no more


@dataclass(frozen=True, init=False)
class Shares(Generator):
    """Random shares that add up to 1, by a Dirichlet distribution whose parts are all 1: any division is as likely.

    Counted in their last digit they add up exactly; added as floats, to the last bit or so.

    Args:
        parts: how many, as an array; or their names, as a struct, whose fields are columns such as ``mix.rent``.
        digits: the digits of each share; 4 are hundredths of a percent.

    >>> from pytest_synthdata import Dataset, Shares, TableFactory
    >>> class BudgetFactory(TableFactory):
    ...     mix = Shares(["rent", "food", "other"], digits=2)
    >>> Dataset({BudgetFactory: 1}, seed=1).budgets.to_arrow()["mix"].to_pylist()
    [{'rent': 0.2, 'food': 0.71, 'other': 0.09}]
    """

    parts: int | tuple[str, ...]
    digits: int

    def __init__(self, parts: int | Sequence[str], digits: int = 4) -> None:
        object.__setattr__(self, "parts", parts if isinstance(parts, (int, str)) else tuple(parts))
        object.__setattr__(self, "digits", digits)

    def __repr__(self) -> str:
        return f"Shares({self.parts if isinstance(self.parts, int) else list(self.parts)}, digits={self.digits})"

    def values(self, cells: Cells) -> Values:
        shares = self._shares(cells)
        if isinstance(self.parts, int):
            offsets = np.arange(len(cells.rows) + 1, dtype=np.int32) * self.parts
            return pa.ListArray.from_arrays(arrow_array(offsets), arrow_array(shares.ravel()))
        columns = [arrow_array(np.ascontiguousarray(shares[:, number])) for number in range(len(self.parts))]
        return pa.StructArray.from_arrays(columns, names=list(self.parts))

    def _shares(self, cells: Cells) -> npt.NDArray[np.float64]:
        from pytest_synthdata.columns.special_functions import log1p

        count = self._count()
        words = [cells.substream("part", str(number)).uniform() for number in range(count)]
        weights = np.stack([-log1p(-word) for word in words], axis=1)
        total = np.zeros(len(cells.rows))
        for number in range(count):
            total += weights[:, number]
        whole = 10**self.digits
        exact = weights / total[:, None] * whole
        units = np.floor(exact)
        # The units that rounding down leaves over go to the largest remainders.
        missing = whole - units.sum(axis=1)
        order = np.argsort(-(exact - units), axis=1, kind="stable")
        rank = np.argsort(order, axis=1, kind="stable")
        return np.asarray((units + (rank < missing[:, None])) / whole)

    def _count(self) -> int:
        return self.parts if isinstance(self.parts, int) else len(self.parts)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        if isinstance(self.parts, int):
            return pa.list_(pa.float64())
        return pa.struct([(name, pa.float64()) for name in self.parts])

    def check(self, scope: Scope) -> None:
        if isinstance(self.parts, (bool, str)) or self._count() < 1:
            raise DeclarationError(f"{scope.place}: Shares({self.parts!r}): give the number of shares, or their names")
        names = self.parts if isinstance(self.parts, tuple) else ()
        if len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
            raise DeclarationError(f"{scope.place}: {self!r}: the names are texts, none of them twice")
        if isinstance(self.digits, bool) or not isinstance(self.digits, int) or not 0 < self.digits <= _MOST_DIGITS:
            raise DeclarationError(f"{scope.place}: {self!r}: digits is a number from 1 to {_MOST_DIGITS}")
        if self._count() > 10**self.digits:
            least = math.ceil(math.log10(self._count()))
            raise DeclarationError(f"{scope.place}: {self!r}: so many shares need {least} digits")


__all__ = ["Shares"]
