"""A row's siblings up to itself: the rows of the same parent, in the order that `Ordinal` numbers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_synthdata.columns.arrow.values import Index, Values, join, take, to_arrow
from pytest_synthdata.columns.cells import Cells, Table
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.references.family import Family, family_of
from pytest_synthdata.columns.references.fan_out import Numbers


@dataclass(frozen=True)
class Earlier:
    """Some rows, and all siblings before them.

    Args:
        family: the rows parent by parent, each parent's in their order, to the last that was asked for.
        mine: where the rows that were asked for stand among them.
    """

    family: Family
    mine: Index

    @classmethod
    def of(cls, bound: Table, rows: Bits, reference: str) -> Earlier:
        """The siblings of some rows of a table, by the foreign key that counts the rows."""
        key = bound.plan.references[reference]
        parents, _ = key.counted(bound, rows)
        each, which = np.unique(parents, return_inverse=True)
        whole = family_of(bound, reference, each.astype(np.uint64))
        all_rows, owners = whole.rows, whole.parents
        if key.spread(bound) is not None:  # the rows are in the order of time, and so are each parent's
            order = np.lexsort((all_rows, owners))
            all_rows, owners = all_rows[order], owners[order]
        last = np.zeros(len(each), np.uint64)
        np.maximum.at(last, which, rows)
        before = all_rows <= last[owners]
        all_rows, owners = all_rows[before], owners[before]
        counts: Numbers = np.bincount(owners, minlength=len(each))
        return cls(Family(all_rows, owners, counts), _positions(all_rows, rows))

    def values(self, generator: Generator, cells: Cells) -> Values:
        """What a generator gives for all of them: the cells' own rows as they are read, others as they are declared."""
        rows = self.family.rows
        are_own = np.isin(rows, cells.rows)
        own = generator.values(cells)
        if are_own.all():
            return take(own, _positions(cells.rows, rows))
        others = Cells(cells.reader.bound.at(rows[~are_own]), cells.stream, cells.place)
        index = np.empty(len(rows), np.int64)
        index[are_own] = _positions(cells.rows, rows[are_own])
        index[~are_own] = len(cells.rows) + np.arange(len(others.rows))
        return take(_joined(own, generator.values(others)), index)


def _positions(rows: Bits, wanted: Bits) -> Index:
    """Where some of the rows stand."""
    order = np.argsort(rows, kind="stable")
    found: Any = order[np.searchsorted(rows, wanted, sorter=order)]
    return found


def _joined(first: Values, second: Values) -> Values:
    if type(first) is not type(second):
        first, second = to_arrow(first), to_arrow(second)
    return join([first, second])


__all__ = ["Earlier"]
