"""`ChangedSchema`: rows as they are delivered under other schemas than the declared one, as a view that sinks take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.casting import cast
from pytest_synthdata.columns.tables.part import Derived, Part
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.defects.kind import typed
from pytest_synthdata.defects.schemas.change import SchemaChange, ShownColumn
from pytest_synthdata.defects.schemas.periods import Period, States, period_of
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits

_MOST_STATES = 256


@dataclass(frozen=True)
class ChangedSchema(Derived):
    """A view under a schema that was changed, for all of its rows or for those of a period.

    Where several schemas hold, the view shows all their columns, as a reader does that merges schemas: null where a
    row's own schema has no such column. `rows_by_schema` gives those of one schema each.

    Args:
        view: the rows under the declared schema.
        changes: in the order of their declaration; of several that hold for a column the last one counts.
    """

    view: TableView
    changes: tuple[SchemaChange, ...]

    @classmethod
    def of(cls, view: TableView, changes: Sequence[SchemaChange]) -> ChangedSchema:
        """A view with some changes of its schema.

        Raises:
            DeclarationError: for changes that the table cannot have.
        """
        for change in changes:
            change.check(view.bound)
        changed = cls(view, tuple(changes))
        _ = changed.schema
        return changed

    def __getstate__(self) -> dict[str, Any]:
        return {"view": self.view, "changes": self.changes}

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """When each change holds."""
        return tuple(period_of(self.bound, change) for change in self.changes)

    @cached_property
    def states(self) -> States:
        """The combinations of changes, each a schema."""
        return States(self.bound, self.periods)

    @cached_property
    def shown(self) -> list[list[ShownColumn]]:
        """The columns of each state."""
        states = self.states.active
        if len(states) > _MOST_STATES:
            raise DeclarationError(f"{self.name}: the changes make {len(states)} schemas; {_MOST_STATES} are possible")
        return [self._shown(active) for active in states]

    def _shown(self, active: frozenset[int]) -> list[ShownColumn]:
        columns = [ShownColumn(one.name, one.type, one.nullable, one.name) for one in self.view.schema]
        for number in sorted(active):
            columns = self.changes[number].shown(columns, self.bound)
        twice = [name for name, count in Counter(column.name for column in columns).items() if count > 1]
        if twice:
            raise DeclarationError(f"{self.name}: the changes of the schema make two columns {twice[0]!r}")
        if not columns:
            raise DeclarationError(f"{self.name}: the changes of the schema leave no column")
        return columns

    @cached_property
    def schema(self) -> pa.Schema:
        """The schema that holds the rows of all states."""
        found: dict[str, list[ShownColumn]] = {}
        for columns in self.shown:
            for column in columns:
                found.setdefault(column.name, []).append(column)
        return pa.schema(
            [
                pa.field(
                    name,
                    common_type([column.type for column in columns]),
                    nullable=len(columns) < len(self.shown) or any(column.nullable for column in columns),
                )
                for name, columns in found.items()
            ]
        )

    def other_names(self) -> dict[str, str]:
        """By each other name that a declared column has in some schema, its declared one."""
        return {
            column.name: column.origin
            for columns in self.shown
            for column in columns
            if column.origin is not None and column.renamed_by is not None
        }

    def states_of(self, row_numbers: Bits) -> npt.NDArray[np.int64]:
        """The state of each of some rows."""
        return self.states.of(row_numbers, self.origins(row_numbers))

    def schema_of(self, state: int) -> pa.Schema:
        """The schema of a state."""
        return pa.schema([pa.field(one.name, one.type, nullable=one.nullable) for one in self.shown[state]])

    def in_state(self, row_numbers: Bits, state: int) -> pa.RecordBatch:
        """Rows under the schema of a state."""
        batch, rows = self.view.record_batch(row_numbers), self.origins(row_numbers)
        arrays = [self._array(column, batch, rows) for column in self.shown[state]]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema_of(state))

    def _array(self, column: ShownColumn, batch: pa.RecordBatch, rows: Bits) -> pa.Array:
        values = None if column.origin is None else batch.column(column.origin)
        return values if column.changed_by is None else column.changed_by.filled(values, self.bound, rows)

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order, under the merged schema."""
        states = self.states_of(row_numbers) if len(self.shown) > 1 else np.zeros(len(row_numbers), np.int64)
        present = np.unique(states).tolist() or [0]
        pieces = [self.in_state(row_numbers[states == state], state) for state in present]
        arrays = [self._merged(field, pieces) for field in self.schema]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        if len(present) == 1:
            return batch
        back = np.empty(len(row_numbers), np.int64)
        back[np.argsort(states, kind="stable")] = np.arange(len(row_numbers))
        return batch.take(pa.array(back))

    def _merged(self, field: pa.Field, pieces: Sequence[pa.RecordBatch]) -> pa.Array:
        arrays = [
            typed(cast(piece.column(field.name), field.type), field.type)
            if field.name in piece.schema.names
            else pa.nulls(piece.num_rows, field.type)
            for piece in pieces
        ]
        return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)

    def rows_by_schema(self, row_numbers: Bits) -> list[TableView]:
        """Some rows by the schema that they have, each part under its own; none where all have the same."""
        if len(self.shown) == 1:
            return []
        states = self.states_of(row_numbers)
        return [OneSchema(self, state, row_numbers[states == state]) for state in np.unique(states).tolist()]


@dataclass(frozen=True)
class OneSchema(Part):
    """Rows that have one schema, under it.

    Args:
        whole: all schemas.
        state: the one.
        chosen: the rows' numbers, in their order.
    """

    whole: ChangedSchema
    state: int
    chosen: Bits = field(repr=False, compare=False)

    @property
    def schema(self) -> pa.Schema:
        """These rows' schema."""
        return self.whole.schema_of(self.state)

    @property
    def num_rows(self) -> int:
        """How many rows have it."""
        return len(self.chosen)

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows at some positions."""
        return self.chosen[start:stop]

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        return self.whole.in_state(row_numbers, self.state)


def common_type(types: Sequence[pa.DataType]) -> pa.DataType:
    """A type that holds the values of several: the widest of numbers or of times, else text."""
    if len(set(types)) == 1:
        return types[0]
    try:
        schemas = [pa.schema([pa.field("", type_)]) for type_ in types]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.string()


__all__ = ["ChangedSchema", "OneSchema", "common_type"]
