"""From a view of dirty rows to its clean rows and its labels, whichever rows were taken, under whichever schema."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_scalar, python_of, without_nulls
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.tables.part import Part, whole_of
from pytest_synthdata.columns.tables.replaced import ReplacedColumns
from pytest_synthdata.columns.tables.subset import Subset, chosen_rows
from pytest_synthdata.defects.dirty_table import DirtyTable
from pytest_synthdata.defects.kind import Kind
from pytest_synthdata.defects.label_table import LabelTable
from pytest_synthdata.defects.schemas.change import SchemaChange
from pytest_synthdata.defects.schemas.changed_schema import ChangedSchema
from pytest_synthdata.defects.schemas.labels import rows_by_state, schema_truth
from pytest_synthdata.errors import DeclarationError, SynthDataError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.columns.tables.table_view import TableView


Planted: TypeAlias = "Kind | SchemaChange"


def kinds_by_table(defects: Mapping[Any, Any], tables: Collection[str]) -> dict[str, tuple[Planted, ...]]:
    """The kinds of defects that a user gives, by table's name.

    Args:
        defects: lists of kinds; a table is named by its name or its factory.
        tables: the names of the tables that there are.

    Raises:
        DeclarationError: for a table that is not there, and for what is not a list of kinds.
    """
    if not isinstance(defects, Mapping):
        raise DeclarationError(f"defects={defects!r}; give kinds by table: {{OrderFactory: [Missing('amount', 0.01)]}}")
    found: dict[str, tuple[Planted, ...]] = {}
    for table, kinds in defects.items():
        name = str(table if isinstance(table, str) else getattr(getattr(table, "_meta", None), "table", table))
        if name not in tables:
            raise DeclarationError(f"defects: no table {name!r} in this dataset: {nearest(name, tables)}")
        if name in found:
            raise DeclarationError(f"defects: the table {name!r} is named twice; give one list of kinds")
        listed = [kinds] if isinstance(kinds, (Kind, SchemaChange)) else kinds
        if not isinstance(listed, (list, tuple)):
            raise DeclarationError(f"defects: {name!r} has {kinds!r}; give a list: [Missing('amount', 0.01)]")
        found[name] = tuple(listed)
    return {name: kinds for name, kinds in found.items() if kinds}


def with_kinds(bound: BoundTable, kinds: Sequence[Planted]) -> TableView:
    """A table with some kinds of defects; itself, where there are none.

    Raises:
        DeclarationError: for a kind that the table cannot have.
    """
    changes = [kind for kind in kinds if isinstance(kind, SchemaChange)]
    others = [kind for kind in kinds if not isinstance(kind, SchemaChange)]
    view: TableView = DirtyTable.of(bound, others) if others else bound
    if not changes:
        return view
    changed = ChangedSchema.of(view, changes)
    for kind in others:
        for name in kind.targets(bound):
            if not any(column.origin == name for columns in changed.shown for column in columns):
                raise DeclarationError(
                    f"{bound.name}: {kind.title} cannot be: a change of the schema takes {name!r} away from every row"
                )
    return changed


def changed_schema(view: TableView) -> ChangedSchema | None:
    """How the schema of a view's rows is changed; None where it is the declared one."""
    whole = whole_of(view)
    return whole if isinstance(whole, ChangedSchema) else None


def dirty_table(view: TableView) -> DirtyTable | None:
    """The dirty table whose rows a view shows; None where no cell of them is dirty."""
    changed = changed_schema(view)
    whole: Any = whole_of(view) if changed is None else changed.view
    whole = getattr(whole, "dirt", whole)  # of a table as it is at a time
    return whole if isinstance(whole, DirtyTable) else None


def kinds_of(view: TableView) -> tuple[Planted, ...]:
    """The kinds of defects that were planted in a view's table."""
    dirty, changed = dirty_table(view), changed_schema(view)
    return (*(() if dirty is None else dirty.kinds), *(() if changed is None else changed.changes))


def clean_view(view: TableView) -> TableView:
    """The same rows without their defects; originals only, for copies that were taken."""
    if not kinds_of(view):
        return view
    whole: Any = whole_of(view)
    clean: TableView = whole.without_dirt() if hasattr(whole, "without_dirt") else view.bound
    if not isinstance(view, Part):
        return clean
    rows = Subset(clean, distinct(view.origins(view.row_numbers(0, view.num_rows))))
    return view.in_origins(rows) if isinstance(view, ReplacedColumns) else rows


def declared_columns(view: TableView) -> TableView:
    """The same rows under the declared schema, with what else is dirty in them."""
    changed = changed_schema(view)
    if changed is None:
        return view
    return Subset(changed.view, view.row_numbers(0, view.num_rows)) if isinstance(view, Part) else changed.view


def label_view(view: TableView, key: Sequence[str]) -> LabelTable:
    """The labels of a view's rows; none where they are clean.

    Args:
        view: the rows.
        key: the columns of the table's key.
    """
    dirty, changed = dirty_table(view), changed_schema(view)
    visible = set(view.bound.plan.visible)
    if changed is not None:
        visible &= {str(column.origin) for columns in changed.shown for column in columns}
    shown = tuple(name for name in key if name in visible)
    return LabelTable(DirtyTable(view.bound, ()) if dirty is None else dirty, shown, view, changed)


def row_of_dirty_key(view: TableView, text: str) -> int | None:
    """The first row whose key a defect has made this text; None where there is none."""
    if not kinds_of(view):
        return None
    key = str(view.bound.plan.key)
    for batch in label_view(view, ()).scan():
        is_key = pc.and_(pc.equal(batch["column"], arrow_scalar(key)), pc.equal(batch["dirty"], arrow_scalar(text)))
        if (found := pc.index(without_nulls(is_key, False), arrow_scalar(True)).as_py()) >= 0:
            return int(batch["row"][found].as_py())
    return None


def cell_defects(view: TableView, row: int, column: str) -> list[str]:
    """The labels of the defects that a cell has, that of its column's schema among them; none for what is not a row."""
    if not kinds_of(view):
        return []
    try:
        one = Subset.of(view, chosen_rows(view, [row]))
    except SynthDataError:
        return []
    changes = [] if (changed := changed_schema(view)) is None else python_of(schema_truth(one, changed))
    found = [change["kind"] for change in changes if change["rows"] and change["column"] == column]
    for batch in label_view(one, ()).scan():
        found += [label["kind"] for label in python_of(batch) if label["column"] == column]
    return list(dict.fromkeys(found))


def delivered_schemas(view: TableView) -> list[tuple[pa.Schema, int]]:
    """The schemas under which rows of a view come, other than the declared one, each with its number of rows."""
    changed = changed_schema(view)
    if changed is None:
        return []
    counts = rows_by_state(view, changed).tolist()
    found = [(changed.schema_of(state), count) for state, count in enumerate(counts) if count]
    return [(schema, count) for schema, count in found if schema != view.bound.schema]


def schema_labels(view: TableView) -> pa.Table:
    """What was changed in the schema of a view's rows."""
    return schema_truth(view, changed_schema(view))


__all__ = [
    "Planted",
    "cell_defects",
    "changed_schema",
    "clean_view",
    "declared_columns",
    "delivered_schemas",
    "dirty_table",
    "kinds_by_table",
    "kinds_of",
    "label_view",
    "schema_labels",
    "with_kinds",
]
