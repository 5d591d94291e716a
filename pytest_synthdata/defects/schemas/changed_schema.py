"""`ChangedSchema`: rows as they are delivered under other schemas than the declared one, as a view that sinks take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.tables.merged import Merged
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.defects.schemas.change import SchemaChange, ShownColumn, columns_under, merged_fields
from pytest_synthdata.defects.schemas.in_time import SchemasInTime
from pytest_synthdata.defects.schemas.periods import Period, States, period_of
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Reader
    from pytest_synthdata.columns.random import Bits

_MOST_STATES = 256


@dataclass(frozen=True)
class ChangedSchema(Merged):
    """A view under a schema that was changed, for all of its rows or for those of a period.

    Args:
        view: the rows under the declared schema.
        changes: in the order of their declaration; of several that hold for a column the last one counts.
        instant: the time at which the rows are shown, in microseconds since 1970; None for those first declared.
    """

    view: TableView
    changes: tuple[SchemaChange, ...]
    instant: int | None = None

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
        return {"view": self.view, "changes": self.changes, "instant": self.instant}

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """When each change holds."""
        return tuple(period_of(self.bound, change, self.instant) for change in self.changes)

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
        return [columns_under(self.view, [self.changes[number] for number in sorted(active)]) for active in states]

    @property
    def num_states(self) -> int:
        """How many schemas there are."""
        return len(self.shown)

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
        return column.changed_by.filled(values, self.bound, self.reader(rows))

    def in_time(self) -> SchemasInTime:
        """The same changes for what happens to the rows, by the time at which it does.

        Raises:
            DeclarationError: for changes from a row on.
        """
        return SchemasInTime.of(self.view, self.changes)

    def at_time(self, rows: TableView, instant: int) -> ChangedSchema:
        """Rows as they are at a time, under the schema that then holds.

        Args:
            rows: as they are then.
            instant: the time, in microseconds since 1970.
        """
        return replace(self, view=rows, instant=instant)

    def reader(self, row_numbers: Bits) -> Reader:
        """The rows without defects, to be read by column."""
        read: Callable[[Bits], Reader] = getattr(self.view, "reader", self.bound.at)
        return read(row_numbers)

    @property
    def is_unfair(self) -> bool:
        """Whether shares and distributions of these rows are not those declared."""
        return bool(getattr(self.view, "is_unfair", False))

    @property
    def of_the_past(self) -> frozenset[str]:
        """The columns that follow what other columns once were."""
        found: frozenset[str] = getattr(self.view, "of_the_past", frozenset())
        return found

    def without_dirt(self) -> TableView:
        """The rows without any defect, under the declared schema."""
        clean: Callable[[], TableView] = getattr(self.view, "without_dirt", lambda: self.bound)
        return clean()


__all__ = ["ChangedSchema"]
