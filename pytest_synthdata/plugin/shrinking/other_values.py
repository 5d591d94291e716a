"""Other values for the columns of a few rows, of the kinds in which a test may pass."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.defects.kinds.orphans import key_columns
from pytest_synthdata.history.evolution import changing_columns
from pytest_synthdata.plugin.failures.reasons import ANYTHING
from pytest_synthdata.shrinking.plain import are_same, least, plain
from pytest_synthdata.shrinking.replacing import apart, constant, draws, usual

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.dataset import Dataset, Table

_POOL = 500  # rows whose values are tried in place of others

Columns: TypeAlias = "Mapping[str, pa.Array]"
Values: TypeAlias = "dict[str, dict[str, pa.Array]]"  # by table and column


@dataclass(frozen=True)
class KindOfValues:
    """Other values for some columns.

    Args:
        values: by table and column, one for each row.
        is_made_up: whether no row may have such values.
    """

    values: Values
    is_made_up: bool


class OtherValues:
    """Other values for the columns of parts of a dataset.

    Args:
        whole: the dataset.
    """

    def __init__(self, whole: Dataset) -> None:
        self._whole = whole
        self._pools: dict[str, Columns] = {}

    def kinds(self, taken: Dataset, tables: Collection[str]) -> Sequence[KindOfValues]:
        """Other values for some tables of a part, by kind. Columns of which a kind has no other values are left out.

        Values of other rows, several times; one value in all rows, or two where there is one; the same without planted
        defects and what else is odd in them; zero, midnight and one letter. Of the last two kinds, references get keys
        that there are, and keys stay.
        """
        chosen = [table for table in taken if table.num_rows and table.name in tables]
        clean = taken.clean if taken.defects else taken
        drawn = {table.name: self._drawn(table) for table in chosen}
        times = max((len(some) for columns in drawn.values() for some in columns.values()), default=0)
        varied: list[Values] = [
            {
                table: {name: some[time] for name, some in columns.items() if time < len(some)}
                for table, columns in drawn.items()
            }
            for time in range(times)
        ]
        alike: Values = {table.name: self._alike(table) for table in chosen}
        kinds = [KindOfValues(values, is_made_up=False) for values in (*varied[:1], alike, *varied[1:])]
        for change in (plain, least):
            values = {table.name: self._made_up(table, taken, clean[table.name], change) for table in chosen}
            kinds.append(KindOfValues(values, is_made_up=True))
        return kinds

    def own(self, taken: Dataset, tables: Collection[str]) -> Values:
        """The values of some tables of a part, but for columns that have defects: in their place, none would be.

        Columns that change over time keep their values, which are others in each state of a row.
        """
        clean = taken.clean if taken.defects else taken
        found: Values = {}
        for table in taken:
            if table.num_rows and table.name in tables:
                rows = combined(table.to_arrow())
                undone = _undone(table, clean[table.name], rows)
                changing = changing_columns(table.bound)
                found[table.name] = {
                    name: values
                    for name, values in rows.items()
                    if name not in changing and are_same(undone.get(name, values), values)
                }
        return found

    def _drawn(self, table: Table) -> dict[str, list[pa.Array]]:
        pool = self._pool(table)
        return {name: draws(values, pool[name]) for name, values in combined(table.to_arrow()).items()}

    def _alike(self, table: Table) -> dict[str, pa.Array]:
        """One value in all rows, but for the key; where they have one, another one in the first row."""
        key, pool = table.bound.plan.key, self._pool(table)
        columns = {name: values for name, values in combined(table.to_arrow()).items() if name != key}
        return _known({name: constant(values) or apart(values, pool[name]) for name, values in columns.items()})

    def _made_up(
        self, table: Table, taken: Dataset, clean: Table, change: Callable[[pa.Array, Any], pa.Array | None]
    ) -> dict[str, pa.Array]:
        rows, pool, plan = combined(table.to_arrow()), self._pool(table), table.bound.plan
        undone = _undone(table, clean, rows)
        references = _references(table, taken)
        keys = {*plan.key_columns, plan.key}
        found: dict[str, pa.Array | None] = {}
        for name, values in rows.items():
            right = undone.get(name, values)
            if name in references:
                made = _existing(values, right, references[name])
            elif name in keys:
                made = right
            else:
                made = change(right, usual(pool[name]) if right.null_count else None)
                made = right if made is None else made
            found[name] = None if made is None or are_same(made, values) else made
        return _known(found)

    def _pool(self, table: Table) -> Columns:
        """Columns of the whole table's first rows; of a small one, with more rows as they are declared."""
        if table.name not in self._pools:
            own = self._whole[table.name].to_arrow(0, _POOL)
            self._pools[table.name] = _extended(combined(own), table.bound)
        return self._pools[table.name]


def _extended(columns: Columns, bound: BoundTable) -> Columns:
    """Columns, with those of the rows that a larger table would have: a few rows do not have all values."""
    if bound.num_rows >= _POOL or bound.fan_out is not None:
        return columns
    larger = replace(bound, num_rows=_POOL, cache={})
    try:
        more = combined(pa.Table.from_batches([larger.batch(bound.num_rows, _POOL)]))
    except ANYTHING:  # a table may not have more rows, and a user's function may raise anything
        return columns
    return {
        name: pa.concat_arrays([values, more[name]]) if name in more and more[name].type == values.type else values
        for name, values in columns.items()
    }


def _undone(table: Table, clean: Table, rows: Columns) -> Columns:
    """The clean values of columns that have not changed their type."""
    if clean is table:
        return {}
    numbers = clean.row_numbers
    origins = table.view.origins(table.row_numbers)
    index = np.minimum(np.searchsorted(numbers, origins), max(len(numbers) - 1, 0))
    if not len(numbers) or not np.array_equal(numbers[index], origins):
        return {}
    columns = combined(clean.to_arrow())
    return {
        name: values.take(arrow_array(index.astype(np.int64)))
        for name, values in columns.items()
        if name in rows and values.type == rows[name].type
    }


def _references(table: Table, taken: Dataset) -> dict[str, list[Any]]:
    """The keys that there are for each column that refers to another row."""
    found: dict[str, list[Any]] = {}
    for reference in table.bound.plan.references:
        parent = table.bound.parent(reference)
        if parent.plan.key is None or parent.name not in taken.tables:
            continue
        rows = taken[parent.name].to_arrow()
        if parent.plan.key in rows.column_names and rows.num_rows:
            keys = python_of(rows[parent.plan.key])
            found.update(dict.fromkeys(key_columns(table.bound, reference), keys))
    return found


def _existing(values: pa.Array, clean: pa.Array, keys: Sequence[Any]) -> pa.Array | None:
    """References that lead nowhere lead where they should, or else to the first row that there is."""
    known = frozenset(keys)
    chosen = [
        next((key for key in (value, right) if key in known), keys[0])
        for value, right in zip(python_of(values), python_of(clean), strict=True)
    ]
    try:
        return arrow_array(chosen, values.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # the key is of another type than what refers to it
        return None


def _known(found: Mapping[str, pa.Array | None]) -> dict[str, pa.Array]:
    return {name: values for name, values in found.items() if values is not None}


def combined(table: pa.Table) -> dict[str, pa.Array]:
    """Each column in one piece."""
    return {
        name: pa.concat_arrays(column.chunks) for name, column in zip(table.column_names, table.columns, strict=True)
    }


__all__ = ["KindOfValues", "OtherValues"]
