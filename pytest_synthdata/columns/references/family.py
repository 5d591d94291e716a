"""The children of some parents' rows: where they stand in their table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_synthdata.columns.cells import Table
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.references.fan_out import Numbers


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


__all__ = ["Family", "family_of"]
