"""The items of arrays of keys: the rows that a reference would pick, and their keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values, without
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator


@dataclass(frozen=True)
class KeyOf(Generator):
    """The key of a row that a reference would pick with the random bits of these cells: an item of an array.

    Args:
        reference: the name of the reference, which says how to pick.
        key: the parent's key.
    """

    reference: str
    key: str

    def values(self, cells: Cells) -> Values:
        bound = cells.reader.bound
        picks = np.asarray(bound.plan.references[self.reference].values(cells))
        keys = bound.parent(self.reference).at(np.maximum(picks, 0).astype(np.uint64), scattered=True).read(self.key)
        return keys if not (picks < 0).any() else without(keys, picks < 0)

    def reads(self) -> Iterator[str]:
        yield f"{self.reference}.{self.key}"

    def type(self, scope: Scope) -> pa.DataType | None:
        return scope.type(f"{self.reference}.{self.key}")


@dataclass(frozen=True)
class PickOf(Generator):
    """The number of the row whose key `KeyOf` gives, -1 for none.

    Args:
        reference: the name of the reference, which says how to pick.
    """

    reference: str

    def values(self, cells: Cells) -> Values:
        return cells.reader.bound.plan.references[self.reference].values(cells)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.int64()


__all__ = ["KeyOf", "PickOf"]
