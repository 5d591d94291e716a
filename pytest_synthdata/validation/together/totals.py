"""Amounts that parents and their children have together: totals of the children, and shares of a parent's amount."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of, without_nulls
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.references.aggregates import Aggregate, Count, Sum
from pytest_synthdata.columns.references.decimals import unscaled
from pytest_synthdata.columns.references.family import Family
from pytest_synthdata.columns.references.shares import Share
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.measures import Finding, ViolationCounter, unequal
from pytest_synthdata.validation.rows import Parent, Rows

Numbers = npt.NDArray[np.int64]

_CLOSE = 1e-6  # relative, for sums of floats that somebody else added up in another order


class TotalMeasure:
    """A parent's `Sum` or `Count`, added up again from the children that are seen; its rows are the parent's.

    Args:
        name: the total's column in the parent's table.
        aggregate: how it is declared.
        reference: the children's foreign key.
        parent: the parents' rows.
    """

    def __init__(self, name: str, aggregate: Aggregate, reference: str, parent: Parent) -> None:
        self.name, self.aggregate, self.reference, self.parent = name, aggregate, reference, parent
        type_ = parent.bound.type_of(name)
        self.scale = type_.scale if pa.types.is_decimal(type_) else None
        exact = self.scale is not None or pa.types.is_integer(type_)
        self.sums = np.zeros(parent.rows.count, np.int64 if exact else np.float64)

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        positions = rows.positions(self.reference)
        counted = (positions >= 0) & _meets(self.aggregate, rows, self.name)
        values: Any = np.ones(rows.count, np.int64)
        if self.aggregate.column:
            column = to_arrow(rows.read(self.aggregate.column))
            counted &= ~np.asarray(to_numpy(pc.is_null(column)), np.bool_)
            if isinstance(self.aggregate, Sum):
                values = self._numbers(column)
        np.add.at(self.sums, positions[counted], values[counted])

    def _numbers(self, column: pa.Array) -> Any:
        if self.scale is None:
            return to_numpy(without_nulls(column, 0)).astype(self.sums.dtype)
        words = unscaled(without_nulls(column, 0).cast(pa.decimal128(38, self.scale)))
        return words[:, 0].view(np.int64).copy()  # sums of up to 18 digits

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        declared = to_arrow(self.parent.rows.read(self.name))
        numbers = self._numbers(declared)
        if self.sums.dtype == np.float64:
            wrong = np.abs(numbers - self.sums) > _CLOSE * np.maximum(np.abs(self.sums), 1)
        else:
            wrong = numbers != self.sums
        yield _not_its_total(self.aggregate, wrong, lambda at: (_cell(declared, at), self._shown(at)))

    def _shown(self, at: int) -> Any:
        number = self.sums[at].item()
        return number if self.scale is None else Decimal(number).scaleb(-self.scale)


class AggregateMeasure:
    """A parent's `Min`, `Max` or `Mean`, computed again from the children that are seen; its rows are the parent's."""

    def __init__(self, name: str, aggregate: Aggregate, reference: str, parent: Parent) -> None:
        self.name, self.aggregate, self.reference, self.parent = name, aggregate, reference, parent
        self._pieces: list[tuple[Numbers, pa.Array]] = []

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        column, positions = to_arrow(rows.read(self.aggregate.column)), rows.positions(self.reference)
        counted = (positions >= 0) & np.asarray(to_numpy(pc.is_valid(column)), np.bool_)
        counted &= _meets(self.aggregate, rows, self.name)
        self._pieces.append((positions[counted], column.filter(arrow_array(counted))))

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        if not self._pieces:
            return
        declared = to_arrow(self.parent.rows.read(self.name))
        positions = np.concatenate([positions for positions, _ in self._pieces])
        order = np.argsort(positions, kind="stable")
        column = pa.chunked_array([column for _, column in self._pieces]).combine_chunks().take(arrow_array(order))
        counts = np.bincount(positions, minlength=len(declared))
        family = Family(order.astype(np.uint64), positions[order], counts)
        found = to_arrow(self.aggregate.of(column, family, self.parent.bound.scope(self.name)))
        found = found.cast(declared.type) if found.type != declared.type else found
        wrong = unequal(declared, found, _CLOSE)
        yield _not_its_total(self.aggregate, wrong, lambda at: (_cell(declared, at), _cell(found, at)))


class ShareMeasure:
    """Children's shares that do not add up to their parent's amount; its rows are the first of such children."""

    def __init__(self, name: str, share: Share, parent: Parent, bound: BoundTable) -> None:
        self.name, self.share, self.parent = name, share, parent
        self.unit = 10.0 ** -share.decimal_places(bound.scope(name))
        self.sums = np.zeros(parent.rows.count, np.float64)
        self.counts = np.zeros(parent.rows.count, np.int64)
        self.first = np.full(parent.rows.count, np.iinfo(np.int64).max)

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        positions, values = rows.positions(self.share.reference), to_arrow(rows.read(self.name))
        known = positions >= 0
        numbers = np.asarray(to_numpy(without_nulls(values.cast(pa.float64()), 0.0)), np.float64)
        np.add.at(self.sums, positions[known], numbers[known])
        np.add.at(self.counts, positions[known], 1)
        np.minimum.at(self.first, positions[known], np.flatnonzero(known) + rows.start)

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        amounts = to_arrow(self.parent.rows.read(self.share.path.partition(".")[2]), pa.float64())
        some = (self.counts > 0) & np.asarray(to_numpy(pc.is_valid(amounts)), np.bool_)
        wanted = np.asarray(to_numpy(without_nulls(amounts, 0.0)), np.float64)
        # What floats lose of thousands of cents is far less than one.
        wrong = some & (np.abs(wanted - self.sums) > np.maximum(self.unit / 2, np.abs(wanted) * 1e-12))
        counter, subject = ViolationCounter(), self.share.path
        counter.add(wrong, self.first)
        if wrong.any():
            at = int(wrong.argmax())
            subject += f": the first add up to {self.sums[at]:.12g}, not {wanted[at]:.12g}"
        yield counter.finding("shares of another amount", subject, int(some.sum()))


def _meets(aggregate: Aggregate, rows: Rows, name: str) -> npt.NDArray[np.bool_]:
    """The children that a total counts."""
    if aggregate.where is None:
        return np.ones(rows.count, np.bool_)
    met = to_arrow(rows.evaluate(aggregate.where, name))
    return np.asarray(to_numpy(without_nulls(met, False)), np.bool_)


def _cell(array: pa.Array, at: int) -> Any:
    return python_of(array.slice(at, 1))[0]


def _not_its_total(aggregate: Aggregate, wrong: npt.NDArray[np.bool_], shown: Any) -> Finding:
    """Parents that say another total than that of their children; `shown` gives both of one of them."""
    counter, subject = ViolationCounter(), f"of {aggregate.path}"
    counter.add(wrong, np.arange(len(wrong)))
    if counter.count:
        subject += ": the first is {}, not {}".format(*shown(counter.examples[0]))
    return counter.finding("not the total", subject, len(wrong))


def totals_of(parent: BoundTable, child: str) -> Iterator[tuple[str, Aggregate]]:
    """The visible totals that a table has of the rows of another."""
    for name in parent.plan.visible:
        column = parent.plan.columns[name]
        if isinstance(column, Aggregate) and parent.plan.children[column.children_name].plan.table == child:
            yield name, column


def total_measure(name: str, aggregate: Aggregate, reference: str, parent: Parent) -> TotalMeasure | AggregateMeasure:
    """What looks at a total."""
    kind = TotalMeasure if isinstance(aggregate, (Sum, Count)) else AggregateMeasure
    return kind(name, aggregate, reference, parent)


__all__ = ["AggregateMeasure", "ShareMeasure", "TotalMeasure", "total_measure", "totals_of"]
