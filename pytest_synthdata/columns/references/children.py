"""The children of some parents' rows: where they stand in their table, and what can be read of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_synthdata.columns.batch import Batch
from pytest_synthdata.columns.cells import Reader, Table
from pytest_synthdata.columns.generators.base import is_vectorised
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.references.fan_out import Numbers

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


@dataclass(frozen=True)
class Family:
    """Some parents' children.

    Args:
        rows: the children, those of the first parent first, each parent's in their order.
        parents: for each of them, the position of its parent.
        counts: how many children each parent has.
    """

    rows: Bits
    parents: Numbers
    counts: Numbers

    @property
    def ordinals(self) -> Numbers:
        """Which of its parent's children each is, from 0."""
        return np.arange(len(self.rows)) - np.repeat(self.starts, self.counts)

    @property
    def starts(self) -> Numbers:
        """The position of each parent's first child."""
        return np.cumsum(self.counts) - self.counts


def family_of(child: Table, reference: str, parents: Bits) -> Family:
    """The children of some parents, given by their row numbers in any order."""
    first, counts = child.plan.references[reference].spans(child, parents)
    starts = np.cumsum(counts) - counts
    numbers = np.arange(int(counts.sum())) + np.repeat(first - starts, counts)
    rows = child.plan.references[reference].rows_of(child, numbers.astype(np.uint64))
    return Family(rows, np.repeat(np.arange(len(parents)), counts), counts)


def read_children(reader: Reader, child: Table, declared: ChildTable) -> tuple[Family, ChildBatch]:
    """The children of a reader's rows."""
    family = family_of(child, declared.reference, reader.rows)
    return family, ChildBatch(child, family.rows, declared.reference, reader.take(family.parents))


__all__ = ["ChildBatch", "Family", "family_of", "read_children"]
