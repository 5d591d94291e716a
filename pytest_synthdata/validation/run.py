"""The validation of tables: each in one pass over its batches, parents before their children."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.subset import is_part, of_the_past
from pytest_synthdata.errors import SynthDataError, describe, nearest
from pytest_synthdata.sources import Source, source_of
from pytest_synthdata.validation.columns import ColumnMeasure
from pytest_synthdata.validation.correlations import CorrelationMeasure
from pytest_synthdata.validation.declared.uniqueness import is_unique, key_of
from pytest_synthdata.validation.families import FamilyMeasures, totals_of
from pytest_synthdata.validation.inside import parts_of_column
from pytest_synthdata.validation.keys.forms import together
from pytest_synthdata.validation.keys.measure import KeyMeasure
from pytest_synthdata.validation.measures import check
from pytest_synthdata.validation.redelivered import Redeliveries
from pytest_synthdata.validation.references.spread import CHILDREN, ReferenceMeasure
from pytest_synthdata.validation.results import FALSE_ALARMS, Check, TableResult, Validation, adjust_p_values
from pytest_synthdata.validation.rows import Parent, ParentCollector, Rows, key_column, looked_up_key
from pytest_synthdata.validation.rules import rules_of
from pytest_synthdata.validation.series.values import series_read
from pytest_synthdata.validation.timelines import MomentsMeasure

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.table_view import TableView


def validate(
    tables: Mapping[str, TableView],
    data: Mapping[str, Any] | None = None,
    *,
    parents: Mapping[str, Any] | None = None,
    false_alarms: float = FALSE_ALARMS,
) -> Validation:
    """Check data against what is declared of some tables.

    Args:
        tables: what is declared, by name, parents first; their rows are made where ``data`` has none.
        data: by table, what to look at in place of the table's own rows: a path, a pandas or Spark DataFrame, an
            Arrow table. Only these tables are then checked.
        parents: by table, data that the checked tables refer to. Where given, no rows are made: what
            needs a parent that is neither here nor in ``data`` stays unchecked, and says so.
        false_alarms: the greatest probability with which any check fails of data that is as declared.

    Raises:
        SynthDataError: for a table that is not among them, and for data that cannot be read.
    """
    _require_probability(false_alarms)
    given = {**(parents or {}), **(data or {})}
    for name in given:
        if name not in tables:
            raise SynthDataError(f"validate: no table {name!r} in this dataset: {nearest(name, tables)}")
    begin = time.perf_counter()
    wanted = list(tables) if data is None else list(data)
    partial = {name for name, view in tables.items() if is_part(view)}
    wanted_columns = looked_up_by(tables[name].bound for name in wanted)
    results: list[TableResult] = []
    at_hand: dict[str, Parent] = {}
    for name, table in tables.items():
        looked_up = wanted_columns.get(name, [])
        if name not in wanted and not looked_up:
            continue
        own = name not in given
        view = table if own else None
        if own and parents is not None:
            continue
        rows = table if own else given[name]
        source = source_of(rows, f"validate {name}")
        if name in wanted and (before := _of_itself(table.bound, rows, view)) is not None:
            at_hand[name] = before
        keeper = ParentCollector(table.bound, looked_up)
        result = _pass(table.bound, source, at_hand, keeper, view, measured=name in wanted)
        if (parent := keeper.parent()) is not None:
            at_hand[name] = parent
        if result is not None:
            if partial & {name, *table.bound.all_parents()}:
                result = without_shares(result, table.bound.num_rows if name in partial else None)
            past = of_the_past(table) if own else frozenset()
            results.append(_without_columns(result, past, "it follows what other columns were before"))
    seconds = time.perf_counter() - begin
    return Validation(
        adjust_p_values(results, false_alarms),
        next((view.seed for view in tables.values()), None) if data is None else None,
        false_alarms,
        seconds,
    )


def _require_probability(false_alarms: Any) -> None:
    if isinstance(false_alarms, bool) or not isinstance(false_alarms, (int, float)) or not 0 < false_alarms < 1:
        raise SynthDataError(
            f"validate: false_alarms={describe(false_alarms)}: a probability between 0 and 1, such as 0.001: how often "
            "data that is as declared may fail"
        )


def looked_up_by(children: Iterable[BoundTable]) -> dict[str, list[str]]:
    """By table, the columns that its children look up: its key, what they condition on, what weighs it."""
    found: dict[str, dict[str, None]] = {}

    def visit(bound: BoundTable, names: Iterable[str]) -> None:
        for reference, generator in bound.plan.references.items():
            if generator.self_referential:
                continue
            parent = bound.parents[generator.parent.table]
            read = [name.removeprefix(f"{reference}.") for name in names if name.startswith(f"{reference}.")]
            weights = [name for one in generator.of_parent() for name in one.reads()]
            totals = [name for name, _ in totals_of(parent, bound.plan.table)]
            looked_up = (*looked_up_key(parent.plan), *read, *weights, *series_read(bound.plan, reference), *totals)
            wanted = [name for name in looked_up if name]
            found.setdefault(parent.plan.table, {}).update(dict.fromkeys(wanted))
            visit(parent, wanted)

    for child in children:
        visit(child, list(_reads(child.plan)))
    return {table: list(names) for table, names in found.items()}


def _of_itself(bound: BoundTable, data: Any, view: TableView | None) -> Parent | None:
    """What a table that refers to its own rows looks up of them: they are read once before, where that can be done."""
    plan = bound.plan
    names = [name for name, reference in plan.references.items() if reference.self_referential]
    if not names or isinstance(data, pa.RecordBatchReader):
        return None
    reads = {name.removeprefix(f"{one}.").partition(".")[0] for one in names for name in _reads(plan)}
    keys = {str(key_column(plan, name)) for name in names}
    keeper = ParentCollector(bound, sorted(({*looked_up_key(plan)} | keys | reads) & {*plan.visible}))
    source = source_of(data, f"validate {plan.table}")
    start = 0
    for columns in _batches(bound, source, view)[0]:
        rows = Rows(bound, columns, start, row_numbers=_row_numbers(view, start, columns))
        keeper.add(rows)
        start += rows.count
    parent = keeper.parent()
    if parent is not None:
        parent.rows.refer(dict.fromkeys(names, parent))
    return parent


def _reads(plan: Plan) -> Iterator[str]:
    if plan.where is not None:
        yield from plan.where.reads()
    for generator in plan.columns.values():
        yield from generator.reads()
        if isinstance(generator, ForeignKeyColumn) and generator.where is not None:
            yield from generator.where.reads()


def _batches(
    bound: BoundTable, source: Source, view: TableView | None
) -> tuple[Iterator[Mapping[str, pa.Array]], Redeliveries | None]:
    """The rows of a table as they were first delivered, and what is known of the second deliveries of others' data."""
    batches = source.in_types(bound.schema, bound.plan.table)
    if view is not None:
        return batches, None
    again = Redeliveries(bound.plan, source.schema.names)
    return again.without(batches), again


def _pass(
    bound: BoundTable,
    source: Source,
    parents: Mapping[str, Parent],
    keeper: ParentCollector,
    view: TableView | None,
    *,
    measured: bool,
) -> TableResult | None:
    """One pass over a table's rows."""
    looked_up = {
        name: parents[reference.parent.table]
        for name, reference in bound.plan.references.items()
        if reference.parent.table in parents
    }
    measures = TableMeasures(bound, source.schema, looked_up) if measured else None
    start, seconds = 0, 0.0
    arrays, again = _batches(bound, source, view)
    while True:
        begin = time.perf_counter()
        columns = next(arrays, None)
        seconds += time.perf_counter() - begin
        if columns is None:
            break
        rows = Rows(bound, columns, start, looked_up, _row_numbers(view, start, columns))
        keeper.add(rows)
        if measures is not None:
            measures.add(rows, columns)
        start += rows.count
    if measures is None:
        return None
    result = measures.result(start, seconds, view)
    return result if again is None else _with_redelivered(result, again)


def _with_redelivered(result: TableResult, again: Redeliveries) -> TableResult:
    """A result of the rows that were first delivered; examples are numbers of rows of the data, which has more."""
    checks = (replace(one, examples=tuple(map(again.place, one.examples))) for one in result.checks)
    return replace(result, checks=(*checks, *again.checks()))


def _row_numbers(view: TableView | None, start: int, columns: Mapping[str, pa.Array]) -> Bits | None:
    """The declared rows that a batch of a table's own is made from."""
    if view is None:
        return None
    return view.origins(view.row_numbers(start, start + len(next(iter(columns.values()), ()))))


def without_shares(result: TableResult, some_of: int | None) -> TableResult:
    """The checks that hold of any rows: what each row must meet, not how many of them are like this or that.

    Args:
        result: all checks.
        some_of: how many rows the table has of which these were taken; None where all were.
    """
    kept = tuple(check for check in result.checks if check.p_value is None and not check.kind.startswith(CHILDREN))
    return replace(result, checks=kept, days=(), some_of=some_of, shares_unchecked=True)


def _without_columns(result: TableResult, columns: Collection[str], why: str) -> TableResult:
    """The checks of other columns than these."""
    if not columns:
        return result
    kept = tuple(check for check in result.checks if check.column not in columns)
    left_out = {check.column: why for check in result.checks if check.column in columns}
    return replace(result, checks=kept, unchecked={**result.unchecked, **left_out})


class TableMeasures:
    """All that is counted of a table.

    Args:
        bound: the table's declarations.
        schema: the columns that the data has.
        parents: what references look up, by the reference's name.
    """

    def __init__(self, bound: BoundTable, schema: pa.Schema, parents: Mapping[str, Parent]) -> None:
        plan = bound.plan
        self.bound: BoundTable = bound
        self.missing: list[str] = [name for name in plan.visible if name not in schema.names]
        present = [name for name in plan.visible if name in schema.names]
        keys = {reference: key_column(plan, reference) for reference in plan.references}
        self.columns: list[ColumnMeasure] = [
            ColumnMeasure(bound, name) for name in present if name not in keys.values()
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
        self.families: FamilyMeasures = FamilyMeasures(bound, parents, set(present))
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
        """The checks, not yet decided; examples by their row numbers in the table's own rows, else by their places."""
        unchecked = {column.name: column.unchecked for column in self.columns if column.unchecked}
        unchecked |= {rule.name: rule.unchecked for rule in self.rules if rule.unchecked}
        unchecked |= {one.name: one.unchecked for one in self.references if one.unchecked}
        keys = {key.column for key in self.keys if key.form is not None}
        # Of rows that changed after they were drawn, nothing is declared.
        correlated = [each for one in self.correlations if view is None or view is self.bound for each in one.checks()]
        unchecked |= {one.name: one.unchecked for one in self.correlations if one.unchecked}
        unchecked |= {name: why for name, why in self.families.unchecked().items() if name in unchecked}
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
            tuple(_numbered(check, view) for check in (*self._checks(), *correlated)),
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
            for finding in reference.checks():
                if finding[5] is not None and reference.name in self.bound.plan.redrawn:
                    continue  # Meta.where changes how often parents are referred to
                yield check(table, reference.name, "", finding)
        for column in self.columns:
            yield from column.checks()
        for rule in (*self.rules, *self.parts):
            yield from rule.checks()
        for name, finding in self.families.checks():
            yield check(table, name, "", finding)


def _numbered(check: Check, view: TableView | None) -> Check:
    """A check whose examples are row numbers of the whole table."""
    if view is None or check.kind.startswith(CHILDREN):  # whose examples are parents
        return check
    return replace(check, examples=tuple(int(view.row_numbers(at, at + 1)[0]) for at in check.examples))


def _why_unlooked(reference: ForeignKeyColumn) -> str:
    table = reference.parent.table
    if reference.self_referential:
        return f"it refers to rows of {table} itself, which can be read only once"
    return f"the rows of {table} are not at hand"


__all__ = ["TableMeasures", "validate"]
