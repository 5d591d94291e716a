"""The validation of tables: each in one pass over its batches, parents before their children."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.subset import is_part, of_the_past
from pytest_synthdata.errors import SynthDataError, describe, nearest
from pytest_synthdata.sources import Source, source_of
from pytest_synthdata.validation.families import totals_of
from pytest_synthdata.validation.redelivered import Redeliveries
from pytest_synthdata.validation.references.spread import CHILDREN
from pytest_synthdata.validation.results import FALSE_ALARMS, TableResult, Validation, adjust_p_values
from pytest_synthdata.validation.rows import Parent, ParentCollector, Rows, key_column, looked_up_key
from pytest_synthdata.validation.series.values import series_read
from pytest_synthdata.validation.table_measures import TableMeasures

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


__all__ = ["validate"]
