"""Columns that follow the rows before: running sums and previous values, looked at again parent by parent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, null_of, without_nulls
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.random import Stream
from pytest_synthdata.columns.references.decimals import running_sums, unscaled
from pytest_synthdata.columns.references.family import Family, running_sums_of_floats, running_totals
from pytest_synthdata.columns.references.fan_out import Ordinal
from pytest_synthdata.columns.siblings.running import OfSiblings, RunningSum
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.measures import Finding, ViolationCounter
from pytest_synthdata.validation.rows import Rows

Bools = npt.NDArray[np.bool_]

_CLOSE = 1e-6  # relative, for sums of floats that somebody else added up in another order
_DIGITS = 38


class RunningMeasure:
    """A column that follows the rows before, computed again from the rows that are seen.

    Rows are taken in the order of their `Ordinal`, where it is known, else in the order in which they come. Of a parent
    whose rows are numbered wrongly, those are wrong that are so in either order.

    Args:
        name: the column.
        declared: what it is declared as.
        reference: the foreign key that leads to the rows' parents.
        bound: the table.
        whole: whether all rows are there; else they are looked at as far as none is missing.
    """

    def __init__(self, name: str, declared: OfSiblings, reference: str, bound: BoundTable, *, whole: bool) -> None:
        self.name, self.declared, self.reference, self.bound, self.whole = name, declared, reference, bound, whole
        columns = bound.plan.columns
        self.ordinal = next((one for one in bound.plan.visible if isinstance(columns[one], Ordinal)), None)
        self.knows_order = True
        self._pieces: list[tuple[Any, Any, pa.Array, pa.Array]] = []

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        numbers: Any = self._ordinals(rows)
        read = to_arrow(rows.evaluate(self.declared.of, self.name))
        self._pieces.append((rows.positions(self.reference), numbers, read, to_arrow(rows.read(self.name))))

    def _ordinals(self, rows: Rows) -> Any:
        """Which of their parent's children rows are, from 0; where nothing tells, their places in the data."""
        if self.ordinal is not None and rows.has(self.ordinal):
            declared: Any = self.bound.plan.columns[self.ordinal]
            return to_numpy(without_nulls(to_arrow(rows.read(self.ordinal)), 0)).astype(np.int64) - declared.start
        if rows.declared_rows is not None:
            cells = Cells(self.bound.at(rows.declared_rows), Stream(()), f"{self.bound.plan.table}.{self.name}")
            return to_numpy(Ordinal(self.reference, 0).values(cells))
        self.knows_order = False
        return rows.rows.astype(np.int64)

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        if not self._pieces:
            return
        parents, numbers = (np.concatenate(parts) for parts in list(zip(*self._pieces, strict=True))[:2])
        read, found = (pa.chunked_array([piece[at] for piece in self._pieces]).combine_chunks().take for at in (2, 3))
        wrong, missing = self._in_order(parents, numbers, read, found)
        if self.knows_order:
            if not self.whole:
                wrong &= missing == 0
            elif missing.any():
                wrong &= self._in_order(parents, np.arange(len(parents)), read, found)[0] | (missing == 0)
        counter = ViolationCounter()
        counter.add(wrong, np.arange(len(wrong)))
        yield counter.finding("does not follow the rows before", f"{self.declared!r}", len(wrong))

    def _in_order(self, parents: Any, numbers: Any, read: Any, found: Any) -> tuple[Bools, Any]:
        """By row, whether it does not follow from those with lesser numbers, and how many of these are missing."""
        order = np.lexsort((numbers, parents))
        order = order[parents[order] >= 0]
        owners, which = np.unique(parents[order], return_inverse=True)
        family = Family(order.astype(np.uint64), which, np.bincount(which, minlength=len(owners)))
        index = arrow_array(order)
        wrong, gaps = np.zeros(len(parents), np.bool_), np.zeros(len(parents), np.int64)
        wrong[order] = self._wrong(read(index), found(index), family)
        gaps[order] = running_totals((numbers[order] != family.ordinals).astype(np.int64), family.counts)
        return wrong, gaps

    def _wrong(self, read: pa.Array, found: pa.Array, family: Family) -> npt.NDArray[np.bool_]:
        if not isinstance(self.declared, RunningSum):
            before = read.take(arrow_array(np.maximum(np.arange(len(read)) - 1, 0)))
            expected = pc.if_else(arrow_array(family.ordinals == 0), null_of(read.type), before)
            return _differ(expected, found)
        if pa.types.is_decimal(found.type):
            scale = found.type.scale
            low, high = running_sums(
                unscaled(without_nulls(read, 0).cast(pa.decimal128(_DIGITS, scale))), family.counts
            )
            declared = unscaled(without_nulls(found, 0).cast(pa.decimal128(_DIGITS, scale)))
            return np.asarray((declared[:, 0] != low) | (declared[:, 1] != high), np.bool_)
        values = to_numpy(without_nulls(read, 0)).astype(np.float64)
        expected = running_sums_of_floats(values, family, None)
        size = running_sums_of_floats(np.abs(values), family, None)
        return np.abs(to_numpy(without_nulls(found, 0)).astype(np.float64) - expected) > _CLOSE * np.maximum(size, 1)


def _differ(expected: pa.Array, found: pa.Array) -> npt.NDArray[np.bool_]:
    if expected.type != found.type:
        found = found.cast(expected.type)
    same = without_nulls(pc.equal(expected, found), False)
    both_null = pc.and_(pc.is_null(expected), pc.is_null(found))
    return ~np.asarray(to_numpy(pc.or_(same, both_null)), np.bool_)


__all__ = ["RunningMeasure"]
