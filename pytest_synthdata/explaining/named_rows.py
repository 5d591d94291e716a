"""Rows by the names that people have for them: a number, or a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_scalar
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.tables.table_view import BATCH, TableView
from pytest_synthdata.errors import ArgumentError

_MOST = 10_000_000  # rows that are looked through for a key that is not a `Key`


def row_number(view: TableView, row: Any, otherwise: Callable[[str], int | None] = lambda _: None) -> int:
    """The number of a row that is named by its number, an integer, or by its key, a text.

    Args:
        view: the table.
        row: the name.
        otherwise: the row of a text that is no row's key.

    Raises:
        SynthDataError: for what is neither, and for a key that no row has.
    """
    if isinstance(row, (int, np.integer)) and not isinstance(row, bool):
        return int(row)
    found = row_of_key(view, row) if isinstance(row, str) else None
    if found is None and isinstance(row, str):
        found = otherwise(row)
    if found is None:
        raise ArgumentError(f"{view.name}: {row!r} is not a row: give {_names(view)}")
    return found


def row_of_key(view: TableView, text: str) -> int | None:
    """The number of the row whose key is written so; None where the table has no key of one column, and no such row."""
    name = view.bound.plan.key
    if name is None:
        return None
    key = unwrapped(view.bound.plan.columns[name])
    return key.row_of(text) if isinstance(key, Key) else _first_with(view, name, text)


def _first_with(view: TableView, name: str, text: str) -> int | None:
    """The first row of a table that has a text, or what is written like it, in a column."""
    bound = view.bound
    for start in range(0, min(bound.num_rows, _MOST), BATCH):
        rows = np.arange(start, min(start + BATCH, bound.num_rows), dtype=np.uint64)
        keys = to_arrow(bound.at(rows).read(name), bound.type_of(name)).cast(pa.string())
        if (found := pc.index(keys, arrow_scalar(text)).as_py()) >= 0:
            return start + int(found)
    return None


def _names(view: TableView) -> str:
    """How rows of a table can be named."""
    bound = view.bound
    if bound.plan.key is None or not bound.num_rows:
        parts = ", ".join(bound.plan.key_columns)
        return "its number, from 0" + (f", as its key has several columns ({parts})" if parts else "")
    first = bound.record_batch(np.zeros(1, np.uint64))
    shown = f", such as {first.column(bound.plan.key)[0]}" if bound.plan.key in first.schema.names else ""
    return f"a number from 0 or a key{shown}"


__all__ = ["row_number", "row_of_key"]
