"""What can be read of the children of some rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_synthdata.columns.batch import Batch
from pytest_synthdata.columns.cells import Reader, Table
from pytest_synthdata.columns.generators.base import is_vectorised
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.references.family import Family, family_of

if TYPE_CHECKING:
    from pytest_synthdata.columns.plan import ChildTable


class ChildBatch(Batch):
    """The children of a reader's rows, parent by parent; what they read of their parents is what the reader has.

    Args:
        bound: the children's table.
        rows: their row numbers.
        reference: the foreign key that leads to the parents.
        parents: the parents' rows, one for each child.
    """

    def __init__(self, bound: Table, rows: Bits, reference: str, parents: Reader) -> None:
        super().__init__(bound, rows)
        self._known[reference] = parents.rows.astype(np.int64)
        columns: Any = bound.plan.columns.values()
        if all(map(is_vectorised, columns)):
            # Functions of single rows ask for objects, which only a batch of the parents' own can give.
            related: Any = parents
            self._related[reference] = related


def read_children(reader: Reader, child: Table, declared: ChildTable) -> tuple[Family, ChildBatch]:
    """The children of a reader's rows."""
    family = family_of(child, declared.reference, reader.rows)
    return family, ChildBatch(child, family.rows, declared.reference, reader.take(family.parents))


__all__ = ["ChildBatch", "read_children"]
