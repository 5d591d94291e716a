"""The validation of tables: each in one pass over its batches, parents before their children."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.subset import is_part, of_the_past
from pytest_synthdata.errors import ArgumentError, SynthDataError, describe, nearest
from pytest_synthdata.sources import Source, source_of
from pytest_synthdata.validation.redelivered import Redeliveries
from pytest_synthdata.validation.references.spread import CHILDREN
from pytest_synthdata.validation.results import FALSE_ALARMS, Check, TableResult, Validation, adjust_p_values
from pytest_synthdata.validation.rows import Parent, ParentCollector, Rows, key_column, looked_up_key
from pytest_synthdata.validation.series.values import series_read
from pytest_synthdata.validation.table_measures import TableMeasures
from pytest_synthdata.validation.together.totals import totals_of

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.table_view import TableView

Numbering: TypeAlias = "Callable[[int], int]"  # the number of a row, by its place among those that were looked at


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
            raise ArgumentError(f"validate: no table {name!r} in this dataset: {nearest(name, tables)}")
    begin = time.perf_counter()
    wanted = list(tables) if data is None else list(data)
    partial = {name for name, view in tables.items() if is_part(view)}
    wanted_columns = looked_up_by(tables[name].bound for name in wanted)
    results: list[TableResult] = []
    numberings: dict[str, Numbering] = {}
    at_hand: dict[str, Parent] = {}
    for name, table in tables.items():
        wanted_here = wanted_columns.get(name, [])
        if name not in wanted and not wanted_here:
            continue
        own = name not in given
        view = table if own else None
        if own and parents is not None:
            continue
        rows = table if own else given[name]
        source = source_of(rows, f"validate {name}")
        if name in wanted and (before := _of_itself(table.bound, rows, view)) is not None:
            at_hand[name] = before
        keeper = ParentCollector(table.bound, wanted_here)
        whole = not partial & {name, *table.bound.all_parents()}
        looked_up = _looked_up(table.bound, at_hand)
        measures = TableMeasures(table.bound, source.schema, looked_up, whole=whole) if name in wanted else None
        result, numberings[name] = _pass(source, looked_up, keeper, view, measures)
        if (parent := keeper.parent()) is not None:
            at_hand[name] = parent
        if result is not None and not whole:
            result = without_shares(result, table.bound.num_rows if name in partial else None)
        results += [] if result is None else [result]
    results = [
        _without_columns(one, frozenset() if one.table in given else of_the_past(tables[one.table]))
        for one in in_their_tables(results)
    ]
    seconds = time.perf_counter() - begin
    return Validation(
        adjust_p_values([_numbered(one, numberings) for one in results], false_alarms),
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


def _looked_up(bound: BoundTable, at_hand: Mapping[str, Parent]) -> dict[str, Parent]:
    """The parents that references can look up, by the reference's name."""
    return {
        name: at_hand[reference.parent.table]
        for name, reference in bound.plan.references.items()
        if reference.parent.table in at_hand
    }


def _pass(
    source: Source,
    looked_up: Mapping[str, Parent],
    keeper: ParentCollector,
    view: TableView | None,
    measures: TableMeasures | None,
) -> tuple[TableResult | None, Numbering]:
    """One pass over a table's rows: its checks, where they are asked for, and the numbers of its rows by place."""
    bound = keeper.bound
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
    result = None if measures is None else measures.result(start, seconds, view)
    if again is None:
        return result, lambda at: int(view.row_numbers(at, at + 1)[0]) if view is not None else at
    if result is not None:
        result = replace(result, checks=(*result.checks, *again.checks()))
    return result, again.place


def in_their_tables(results: Iterable[TableResult]) -> list[TableResult]:
    """Results with each check at the table whose column it is of: a parent's totals are found beside its children."""
    found = {one.table: one for one in results}
    for result in list(found.values()):
        others = [check for check in result.checks if check.table != result.table and check.table in found]
        if others:
            found[result.table] = replace(result, checks=tuple(one for one in result.checks if one not in others))
        for check in others:
            its = found[check.table]
            unchecked = {name: why for name, why in its.unchecked.items() if name != check.column}
            found[check.table] = replace(its, checks=(*its.checks, check), unchecked=unchecked)
    return list(found.values())


def _numbered(result: TableResult, numberings: Mapping[str, Numbering]) -> TableResult:
    """A result whose examples are row numbers of whole tables, or places in data that has rows a second time."""

    def numbered(check: Check) -> Check:
        numbering = numberings[check.examples_of or check.table]
        return replace(check, examples=tuple(map(numbering, check.examples))) if check.examples else check

    return replace(result, checks=tuple(map(numbered, result.checks)))


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


def _without_columns(result: TableResult, columns: Collection[str]) -> TableResult:
    """The checks of other columns than these, which follow what others were before."""
    if not columns:
        return result
    of_them = [check for check in result.checks if {check.column, check.column.partition(".")[0]}.intersection(columns)]
    kept = tuple(check for check in result.checks if check not in of_them)
    why = "it follows what other columns were before"
    left_out = {check.column: why for check in of_them}
    return replace(result, checks=kept, unchecked={**result.unchecked, **left_out})


__all__ = ["validate"]
