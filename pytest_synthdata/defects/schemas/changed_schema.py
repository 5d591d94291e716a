"""`ChangedSchema`: rows as they are delivered under other schemas than the declared one, as a view that sinks take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.tables.merged import Merged
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.defects.schemas.change import SchemaChange, ShownColumn, merged_fields
from pytest_synthdata.defects.schemas.in_time import SchemasInTime
from pytest_synthdata.defects.schemas.periods import Period, States, period_of
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits

_MOST_STATES = 256


@dataclass(frozen=True)
class ChangedSchema(Merged):
    """A view under a schema that was changed, for all of its rows or for those of a period.

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
        return [self.columns_under(active) for active in states]

    @property
    def num_states(self) -> int:
        """How many schemas there are."""
        return len(self.shown)

    def columns_under(self, active: frozenset[int]) -> list[ShownColumn]:
        """The columns that rows have under some changes, by their places among all."""
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
        return pa.schema(merged_fields(self.shown))

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
        if column.changed_by is None:
            return values
        return column.changed_by.filled(values, self.bound, self.bound.at(rows))

    def in_time(self) -> SchemasInTime:
        """The same changes for what happens to the rows, by the time at which it does.

        Raises:
            DeclarationError: for changes from a row on.
        """
        return SchemasInTime.of(self)


__all__ = ["ChangedSchema"]
