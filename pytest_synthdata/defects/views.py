"""From a view of dirty rows to its clean rows and its labels, whichever rows were taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_synthdata.columns.tables.part import Part, whole_of
from pytest_synthdata.columns.tables.subset import Subset
from pytest_synthdata.defects.dirty_table import DirtyTable
from pytest_synthdata.defects.kind import Kind
from pytest_synthdata.defects.label_table import LabelTable
from pytest_synthdata.errors import DeclarationError, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.columns.tables.table_view import TableView


def kinds_by_table(defects: Mapping[Any, Any], tables: Collection[str]) -> dict[str, tuple[Kind, ...]]:
    """The kinds of defects that a user gives, by table's name.

    Args:
        defects: lists of kinds; a table is named by its name or its factory.
        tables: the names of the tables that there are.

    Raises:
        DeclarationError: for a table that is not there, and for what is not a list of kinds.
    """
    if not isinstance(defects, Mapping):
        raise DeclarationError(f"defects={defects!r}; give kinds by table: {{OrderFactory: [Missing('amount', 0.01)]}}")
    found: dict[str, tuple[Kind, ...]] = {}
    for table, kinds in defects.items():
        name = str(table if isinstance(table, str) else getattr(getattr(table, "_meta", None), "table", table))
        if name not in tables:
            raise DeclarationError(f"defects: no table {name!r} in this dataset: {nearest(name, tables)}")
        if name in found:
            raise DeclarationError(f"defects: the table {name!r} is named twice; give one list of kinds")
        listed = [kinds] if isinstance(kinds, Kind) else kinds
        if not isinstance(listed, (list, tuple)):
            raise DeclarationError(f"defects: {name!r} has {kinds!r}; give a list: [Missing('amount', 0.01)]")
        found[name] = tuple(listed)
    return {name: kinds for name, kinds in found.items() if kinds}


def with_kinds(bound: BoundTable, kinds: Sequence[Kind]) -> TableView:
    """A table with some kinds of defects; itself, where there are none.

    Raises:
        DeclarationError: for a kind that the table cannot have.
    """
    return DirtyTable.of(bound, kinds) if kinds else bound


def dirty_table(view: TableView) -> DirtyTable | None:
    """The dirty table whose rows a view shows; None where its rows are clean."""
    whole = whole_of(view)
    return whole if isinstance(whole, DirtyTable) else None


def kinds_of(view: TableView) -> tuple[Kind, ...]:
    """The kinds of defects that were planted in a view's table."""
    dirty = dirty_table(view)
    return () if dirty is None else dirty.kinds


def clean_view(view: TableView) -> TableView:
    """The same rows without their defects; originals only, for copies that were taken."""
    dirty = dirty_table(view)
    if dirty is None:
        return view
    if not isinstance(view, Part):
        return dirty.bound
    return Subset(dirty.bound, np.unique(view.origins(view.row_numbers(0, view.num_rows))))


def label_view(view: TableView, key: Sequence[str]) -> LabelTable:
    """The labels of a view's rows; none where they are clean.

    Args:
        view: the rows.
        key: the columns of the table's key.
    """
    dirty = dirty_table(view)
    visible = view.bound.plan.visible
    shown = tuple(name for name in key if name in visible)
    return LabelTable(DirtyTable(view.bound, ()) if dirty is None else dirty, shown, view)


__all__ = ["clean_view", "dirty_table", "kinds_by_table", "kinds_of", "label_view", "with_kinds"]
