"""All that is counted of a table in the one pass over its batches, and the checks that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.columns import ColumnMeasure, law_of_column
from pytest_synthdata.validation.correlations import CorrelationMeasure
from pytest_synthdata.validation.declared.uniqueness import is_unique, key_of
from pytest_synthdata.validation.inside import parts_of_column
from pytest_synthdata.validation.keys.forms import together
from pytest_synthdata.validation.keys.measure import KeyMeasure
from pytest_synthdata.validation.references.spread import ReferenceMeasure
from pytest_synthdata.validation.results import Check, TableResult
from pytest_synthdata.validation.rows import Parent, Rows, key_column
from pytest_synthdata.validation.rules import rules_of
from pytest_synthdata.validation.timelines import MomentsMeasure
from pytest_synthdata.validation.together.families import FamilyMeasures

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView


class TableMeasures:
    """All that is counted of a table.

    Args:
        bound: the table's declarations.
        schema: the columns that the data has.
        parents: what references look up, by the reference's name.
        whole: whether all rows of the table and of those that it refers to are there.
    """

    def __init__(self, bound: BoundTable, schema: pa.Schema, parents: Mapping[str, Parent], *, whole: bool) -> None:
        plan = bound.plan
        self.bound: BoundTable = bound
        self.missing: list[str] = [name for name in plan.visible if name not in schema.names]
        present = [name for name in plan.visible if name in schema.names]
        keys = {reference: key_column(plan, reference) for reference in plan.references}
        self.columns: list[ColumnMeasure] = [
            ColumnMeasure(plan.table, name, law_of_column(bound, name), bound.type_of(name))
            for name in present
            if name not in keys.values()
        ]
        self.keys: list[KeyMeasure] = [
            KeyMeasure(plan.table, name, key_of(plan.columns[name]), bound.type_of(name))
            for name in present
            if name == plan.key or is_unique(plan.columns[name], bound.scope(name))
        ]
        self.whole_key: tuple[str, ...] = tuple(plan.key_columns) if len(plan.key_columns) > 1 else ()
        if self.whole_key and set(self.whole_key) <= set(present):
            self.keys.append(KeyMeasure(plan.table, ", ".join(self.whole_key)))
        self.references: list[ReferenceMeasure] = [
            ReferenceMeasure(bound, name, parents) for name, key in keys.items() if key in present and name in parents
        ]
        self.rules = rules_of(bound, present, parents)
        self.parts = [part for name in present for part in parts_of_column(bound, name)]
        self.correlations: list[CorrelationMeasure] = [CorrelationMeasure(bound, pair) for pair in plan.correlations]
        self.families: FamilyMeasures = FamilyMeasures(bound, parents, set(present), whole=whole)
        self.unlooked: dict[str, str] = {
            str(key or name): _why_unlooked(plan.references[name]) for name, key in keys.items() if name not in parents
        }

    @np.errstate(all="ignore")  # the data may hold numbers with which nothing can be computed
    def add(self, rows: Rows, columns: Mapping[str, pa.Array]) -> None:
        """Count a batch."""
        for key in self.keys:
            array = columns.get(key.column)
            key.add(together([columns[name] for name in self.whole_key]) if array is None else array, rows.start)
        for reference in self.references:
            reference.add(rows)
        for column in self.columns:
            column.add(rows)
        for rule in (*self.rules, *self.parts):
            rule.add(rows)
        for correlation in self.correlations:
            correlation.add(rows)
        self.families.add(rows)

    def result(self, rows: int, seconds: float, view: TableView | None = None) -> TableResult:
        """The checks, not yet decided; examples by their places in the data."""
        unchecked = {column.name: column.unchecked for column in self.columns if column.unchecked}
        unchecked |= {rule.name: rule.unchecked for rule in self.rules if rule.unchecked}
        unchecked |= {one.name: one.unchecked for one in self.references if one.unchecked}
        keys = {key.column for key in self.keys if key.form is not None}
        # Of rows that changed after they were drawn, nothing is declared.
        correlated = [each for one in self.correlations if view is None or view is self.bound for each in one.checks()]
        unchecked |= {one.name: one.unchecked for one in self.correlations if one.unchecked}
        for (table, name), why in self.families.unchecked().items():
            if table == self.bound.plan.table and unchecked.pop(name, None) is not None and why is not None:
                unchecked[name] = why
        days = [
            measure.volume()
            for column in self.columns
            for measure in column.measures
            if isinstance(measure, MomentsMeasure)
        ]
        return TableResult(
            self.bound.plan.table,
            rows,
            seconds,
            (*self._checks(), *correlated),
            {name: reason for name, reason in (self.unlooked | unchecked).items() if name not in keys},
            tuple(days),
        )

    def _checks(self) -> Iterator[Check]:
        table = self.bound.plan.table
        for name in self.missing:
            yield Check(table, name, "missing column", "", "", "there", "missing", 0, passed=False)
        for key in self.keys:
            yield from key.checks()
        for reference in self.references:
            for one in reference.checks():
                # Meta.where changes how often parents are referred to.
                if one.p_value is None or reference.name not in self.bound.plan.redrawn:
                    yield one
        for column in self.columns:
            yield from column.checks()
        for rule in (*self.rules, *self.parts):
            yield from rule.checks()
        yield from self.families.checks()


def _why_unlooked(reference: ForeignKeyColumn) -> str:
    table = reference.parent.table
    if reference.self_referential:
        return f"it refers to rows of {table} itself, which can be read only once"
    return f"the rows of {table} are not at hand"


__all__ = ["TableMeasures"]
