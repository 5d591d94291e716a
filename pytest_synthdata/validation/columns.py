"""One column: its cells by condition, each given to the measure of its law."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import Values, take, to_arrow, to_numpy
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Column, Operation
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import Nullable
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.by_row.curves import RowCurveMeasure
from pytest_synthdata.validation.by_row.ranges import MovedMeasure, RowRangeMeasure
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.describe import describe, moved_by
from pytest_synthdata.validation.declared.expectations import (
    Fork,
    Formula,
    Leaf,
    Moved,
    Node,
    Selected,
    Shares,
    TimelineExpectation,
    Unknown,
)
from pytest_synthdata.validation.declared.nulls import may_be_null
from pytest_synthdata.validation.declared.row_laws import RowCurve, RowRange
from pytest_synthdata.validation.declared.trees import conditioned, leaves, map_leaves, without_row_curves
from pytest_synthdata.validation.measures import (
    CurveMeasure,
    Finding,
    FormulaMeasure,
    Measure,
    SelectedMeasure,
    SharesMeasure,
    ViolationCounter,
    check,
)
from pytest_synthdata.validation.results import Check
from pytest_synthdata.validation.rows import Rows, UnreadableError
from pytest_synthdata.validation.statistics import binomial_p, normal_p
from pytest_synthdata.validation.timelines import MomentsMeasure

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Scope
    from pytest_synthdata.columns.generators.base import Generator
    from pytest_synthdata.columns.scope import ColumnScope

Which = npt.NDArray[np.int64]


def law_of_column(bound: BoundTable, name: str) -> Node:
    """The laws of a column; another name of a hidden column has that column's."""
    generator = bound.plan.columns[name]
    while isinstance(generator, Column) and generator.name in bound.plan.hidden:
        name, generator = generator.name, bound.plan.columns[generator.name]
        if isinstance(generator, ForeignKeyColumn):
            return Leaf(Unknown("a row number"), None)
    scope, are_dates = bound.scope(name), pa.types.is_date(bound.type_of(name))
    return scope.known(("law", name, are_dates), lambda: _law(generator, scope, are_dates))


def _law(generator: Generator, scope: ColumnScope, are_dates: bool) -> Node:
    """The laws of a column, as its declaration has them."""
    name, plan = scope.name, scope.plan
    node = without_nulls(describe(generator), generator, scope)
    if are_dates:
        node = map_leaves(node, _in_days)
    if name in plan.redrawn:
        return conditioned(node)
    if any(name in pair for pair in plan.correlations):
        return without_row_curves(node)  # what decides the parameters goes along with the number
    return node


def without_nulls(node: Node, generator: Any, scope: Scope) -> Node:
    """The laws of a column, without nulls where its declaration leaves none."""
    if isinstance(generator, Nullable):
        share = float(generator.share)
        inner = without_nulls(describe(generator.generator), generator.generator, scope)
        if any(leaf.nulls is None for leaf in leaves(node)) and all(leaf.nulls == 0 for leaf in leaves(inner)):
            return map_leaves(node, lambda leaf: leaf if isinstance(leaf.law, Formula) else replace(leaf, nulls=share))
        return node
    if may_be_null(generator, scope):
        return node
    return map_leaves(node, lambda leaf: replace(leaf, nulls=0.0) if leaf.nulls is None else leaf)


def _in_days(leaf: Leaf) -> Node:
    """The law of a date to which a number of days is added."""
    if not isinstance(leaf.law, RowRange) or not isinstance(leaf.law.generator, Operation):
        return leaf
    moved = moved_by(leaf.law.generator, "days")
    return leaf if moved is None else map_leaves(moved, lambda inner: replace(inner, label=leaf.label))


class ColumnMeasure:
    """What is counted of a column, or of what is inside of its values.

    Args:
        table: the table's name.
        name: the column's, or the path from it on.
        node: what is declared.
        type_: of the values.
    """

    def __init__(self, table: str, name: str, node: Node, type_: pa.DataType) -> None:
        self.table: str = table
        self.name: str = name
        self.node: Node = node
        self.leaves: list[Leaf] = leaves(node)
        self.measures: list[Measure | None] = [measure_of(leaf, table, name, type_) for leaf in self.leaves]
        self.nulls: npt.NDArray[np.int64] = np.zeros(len(self.leaves), np.int64)
        self.totals: npt.NDArray[np.int64] = np.zeros(len(self.leaves), np.int64)
        self.null_rules: list[ViolationCounter] = [ViolationCounter() for _ in self.leaves]
        self.beside_nulls: list[ViolationCounter] = [ViolationCounter() for _ in self.leaves]
        self.unchecked: str | None = next(filter(None, map(_why_unchecked, self.leaves)), None)

    def add(self, rows: Rows, values: Values | None = None) -> None:
        """Count a batch: the column, or these values, one of each row."""
        try:
            which = leaf_of(self.node, rows, self.name)
        except UnreadableError as error:
            self.unchecked = str(error)
            return
        values = rows.read(self.name) if values is None else values
        alone = isinstance(self.node, Leaf)
        for number, measure in enumerate(self.measures):
            index = np.arange(rows.count) if alone else np.flatnonzero(which == number)
            if len(index):
                self._add_leaf(number, measure, values if alone else take(values, index), index, rows)

    def _add_leaf(self, number: int, measure: Measure | None, cells: Values, index: Which, rows: Rows) -> None:
        if self.leaves[number].follows:
            try:
                free = ~self._are_null(self.leaves[number], rows)[index]
            except UnreadableError as error:
                self.unchecked = str(error)
                return
            if not free.all():
                there = np.asarray(to_numpy(to_arrow(cells).is_valid()), np.bool_)
                self.beside_nulls[number].add(~free & there, index, rows)
                cells, index = take(cells, np.flatnonzero(free)), index[free]
                if not len(index):
                    return
        self.totals[number] += len(index)
        compare = isinstance(self.leaves[number].law, Formula)
        if isinstance(cells, pa.Array) and cells.null_count and not compare:
            null = np.asarray(to_numpy(pc.is_null(to_arrow(cells))), np.bool_)
            self.nulls[number] += int(null.sum())
            if self.leaves[number].nulls == 0:
                self.null_rules[number].add(null, index, rows)
            cells, index = cells.drop_null(), index[~null]
        if measure is None or not len(index):
            return
        try:
            measure.add(cells, index, rows)
        except UnreadableError as error:
            self.unchecked = str(error)
            self.measures[number] = None
        if isinstance(measure, RowRangeMeasure):
            self.unchecked = measure.unchecked

    def _are_null(self, leaf: Leaf, rows: Rows) -> npt.NDArray[np.bool_]:
        """The rows in which something is null that the cell follows from."""
        found = np.zeros(rows.count, np.bool_)
        for one in leaf.follows:
            found |= np.asarray(to_numpy(to_arrow(rows.evaluate(one, self.name)).is_null()), np.bool_)
        return found

    def checks(self) -> Iterator[Check]:
        """What there is to say of the column."""
        for number, leaf in enumerate(self.leaves):
            if leaf.nulls is not None and not isinstance(leaf.law, Formula) and self.totals[number]:
                yield check(self.table, self.name, leaf.label, self._null_finding(number, leaf.nulls))
        for leaf, beside in zip(self.leaves, self.beside_nulls, strict=True):
            if beside.count:
                about = "what it follows from is null"
                yield check(self.table, self.name, leaf.label, beside.finding("values", about, beside.count))
        for leaf, measure in zip(self.leaves, self.measures, strict=True):
            if measure is not None:
                for finding in measure.checks():
                    yield check(self.table, self.name, leaf.label, finding)
        yield from self._overall()

    def _null_finding(self, number: int, share: float) -> Finding:
        total = int(self.totals[number])
        if share == 0:
            return self.null_rules[number].finding("nulls", "", total)
        count = int(self.nulls[number])
        return (
            "nulls",
            "",
            share,
            count / total,
            total,
            binomial_p(count, total, share),
            (),
        )

    def _overall(self) -> Iterator[Check]:
        """The shares of all rows together, which the conditions' shares make."""
        counted = [measure for measure in self.measures if isinstance(measure, SharesMeasure)]
        if len(counted) < 2 or len(counted) < len(self.measures):  # noqa: PLR2004
            return
        sizes = [measure.counts.total() for measure in counted]
        rows = sum(sizes)
        for value in dict.fromkeys(value for measure in counted for value in measure.declared):
            shares = [measure.declared.get(value, 0.0) for measure in counted]
            expected = sum(size * share for size, share in zip(sizes, shares, strict=True))
            variance = sum(size * share * (1 - share) for size, share in zip(sizes, shares, strict=True))
            count = sum(measure.counts[value] for measure in counted)
            if variance < 10:  # noqa: PLR2004 - too few for the normal law
                continue
            p_value = normal_p((count - expected) / variance**0.5)
            finding = ("share", str(value), expected / rows, count / rows, rows, p_value, ())
            yield check(self.table, self.name, "", finding)


def _why_unchecked(leaf: Leaf) -> str | None:
    return leaf.law.reason if isinstance(leaf.law, (Selected, Unknown)) else None


def measure_of(leaf: Leaf, table: str, name: str, type_: pa.DataType) -> Measure | None:
    """What counts the cells of a law; None where there is nothing to check them against."""
    law = leaf.law
    if isinstance(law, Curve):
        return CurveMeasure(law)
    if isinstance(law, RowCurve):
        return RowCurveMeasure(law, table, name)
    if isinstance(law, RowRange):
        return RowRangeMeasure(law, name)
    if isinstance(law, Selected):
        chosen = measure_of(replace(leaf, law=law.law), table, name, type_)
        return None if chosen is None else SelectedMeasure(chosen)
    if isinstance(law, Moved):
        intervals = measure_of(replace(leaf, law=law.law), table, name, pa.float64())
        return None if intervals is None else MovedMeasure(law, name, intervals)
    if isinstance(law, Shares):
        return SharesMeasure(law, type_)
    if isinstance(law, Formula):
        return FormulaMeasure(law, name)
    return MomentsMeasure(law, name) if isinstance(law, TimelineExpectation) else None


def leaf_of(node: Node, rows: Rows, name: str) -> Which:
    """For each row the number of the leaf that its cell has the law of; -1 where none is declared."""
    if isinstance(node, Leaf):
        return np.zeros(rows.count, np.int64)
    branch = branch_of(node, rows, name)
    result = np.full(rows.count, -1, np.int64)
    first = 0
    for number, child in enumerate(node.branches):
        mine = branch == number
        result[mine] = first + leaf_of(child, rows, name)[mine] if isinstance(child, Fork) else first
        first += len(leaves(child))
    return result


def branch_of(fork: Fork, rows: Rows, name: str) -> Which:
    """For each row the number of the branch that it takes."""
    split = fork.split
    if isinstance(split, When):
        return split.cases(rows.count, lambda number: rows.evaluate(split.conditions[number], name)).astype(np.int64)
    assert isinstance(split, Given)  # noqa: S101
    return split.interval(rows.read(split.columns[0])) if split.is_binned else split.cases(rows.read).astype(np.int64)


__all__ = ["ColumnMeasure", "branch_of", "law_of_column", "leaf_of", "measure_of", "without_nulls"]
