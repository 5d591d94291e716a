"""The truth about a changed schema: what was changed for how many rows, and which cells differ by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.casts.json_text import cast_or_json
from pytest_synthdata.columns.tables.table_view import BATCH
from pytest_synthdata.defects.kind import typed
from pytest_synthdata.defects.planting import Hit, Look, hit_of
from pytest_synthdata.defects.schemas.change import SchemaChange, ShownColumn
from pytest_synthdata.defects.schemas.changed_schema import ChangedSchema
from pytest_synthdata.defects.schemas.columns import MissingColumn

if TYPE_CHECKING:
    import numpy.typing as npt

    from pytest_synthdata.columns.cells import Reader
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.table_view import TableView

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("kind", "column", "clean", "dirty", "since", "until", "on")]
    + [("rows", pa.int64())]
)


def schema_truth(view: TableView, changed: ChangedSchema | None) -> pa.Table:
    """The changes of a view's schema: a row for each.

    Columns: ``kind``; ``column``, null for an order of columns; ``clean`` and ``dirty``, what was before and is now: a
    type, name, format or order; ``since``, ``until`` and ``on``, as declared; ``rows``, how many of the view's rows
    have it.

    Args:
        view: the rows.
        changed: how their schema is changed; None where it is not.
    """
    if changed is None:
        return pa.Table.from_batches([], SCHEMA)
    counts, rows = rows_by_state(view, changed), []
    for number, change in enumerate(changed.changes):
        column, clean, dirty = change.truth(view.bound)
        having = [state for state, active in enumerate(changed.states.active) if number in active]
        ends = [None if end is None else str(end) for end in (change.since, change.until)]
        on = changed.periods[number].axis
        rows.append([change.label, column, clean, dirty, *ends, on, int(counts[having].sum())])
    arrays = [
        arrow_array(list(values), field.type) for values, field in zip(zip(*rows, strict=True), SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def rows_by_state(view: TableView, changed: ChangedSchema) -> npt.NDArray[np.int64]:
    """How many rows of a view come under each schema."""
    counts = np.zeros(len(changed.shown), np.int64)
    if len(counts) == 1:
        counts[0] = view.num_rows
        return counts
    for start in range(0, view.num_rows, BATCH):
        numbers = view.row_numbers(start, min(start + BATCH, view.num_rows))
        counts += np.bincount(changed.states_of(numbers), minlength=len(counts))
    return counts


def schema_hits(changed: ChangedSchema, numbers: Bits, look: Look, *, before: list[Hit], first: int) -> list[Hit]:
    """The changed cells of some rows, with those that differ by a change of the schema for a part of the table.

    Args:
        changed: the schemas.
        numbers: the rows' numbers.
        look: reads clean rows at some positions.
        before: the cells that have other defects.
        first: the number of the first change among all kinds.
    """
    if len(changed.shown) == 1:
        shown = {column.origin for column in changed.shown[0]}
        return [hit for hit in before if hit.column in shown]
    states = changed.states_of(numbers)
    found: list[Hit] = []
    for state in np.unique(states).tolist():
        index = np.flatnonzero(states == state)
        for cause, origin, column in _causes(changed, state):
            number = first + changed.changes.index(cause)
            if column is None:  # there is no cell that another defect could be in
                before = [_outside(hit, index) if hit.column == origin else hit for hit in before]
                free = index
            else:
                free = _free(index, [hit.index for hit in before if hit.column == origin])
            if len(free):
                clean, dirty = _cells(changed, cause, origin, column, look(free))
                found.append(hit_of(number, origin, clean, dirty, free))
    return [hit for hit in (*before, *found) if len(hit.index)]


def _causes(changed: ChangedSchema, state: int) -> Iterator[tuple[SchemaChange, str, ShownColumn | None]]:
    """The changes for a part of the table that make cells of a state differ, with the column's declared name."""
    partial = [
        changed.changes[number] for number in sorted(changed.states.active[state]) if not changed.periods[number].whole
    ]
    shown = {column.known_as: column for column in changed.shown[state]}
    for column in shown.values():
        cause = column.renamed_by or column.changed_by
        if any(cause is one for one in partial) and cause is not None:
            yield cause, column.known_as, column
    for one in partial:
        if isinstance(one, MissingColumn) and one.column not in shown:
            yield one, one.column, None


def _cells(
    changed: ChangedSchema, cause: SchemaChange, origin: str, column: ShownColumn | None, reader: Reader
) -> tuple[pa.Array, pa.Array]:
    """What cells hold under the declared schema, and what they hold in the merged one."""
    bound = changed.bound
    if column is not None and column.origin is None:
        made = cause.filled(None, bound, reader)
        return pa.nulls(len(made), made.type), made
    declared = typed(reader.read(origin), bound.type_of(origin))
    if column is None or column.renamed_by is cause:
        return declared, pa.nulls(len(declared), declared.type)
    type_ = changed.schema.field(column.name).type
    return cast_or_json(declared, type_), cast_or_json(cause.filled(declared, bound, reader), type_)


def _free(index: npt.NDArray[np.intp], taken: list[npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    return np.setdiff1d(index, np.concatenate(taken), assume_unique=False) if taken else index


def _outside(hit: Hit, index: npt.NDArray[np.intp]) -> Hit:
    """The cells of a hit that are not at some positions."""
    kept = ~np.isin(hit.index, index)
    mask = arrow_array(kept)
    return Hit(hit.kind, hit.column, hit.index[kept], hit.clean.filter(mask), hit.dirty.filter(mask))


__all__ = ["rows_by_state", "schema_hits", "schema_truth"]
