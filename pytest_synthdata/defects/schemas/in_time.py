"""The schemas under which it is told what happens to rows: a change holds for what happens in its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.tables.part import Derived
from pytest_synthdata.defects.dirty_table import DirtyTable
from pytest_synthdata.defects.schemas.change import ShownColumn, columns_under, merged_fields
from pytest_synthdata.defects.schemas.columns import AddedColumn
from pytest_synthdata.defects.schemas.periods import States, period_in_time

if TYPE_CHECKING:
    from pytest_synthdata.columns.batch import Batch
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.table_view import TableView
    from pytest_synthdata.defects.schemas.change import SchemaChange


@dataclass(frozen=True)
class SchemasInTime(Derived):
    """The schemas of what is told of a table's rows, numbered in the order of time.

    Rows are first told under all of them: the declared columns with their defects, and behind these, under names that
    nobody can declare, what each added column holds as the row then is. Then each is given the schema of its time.

    Args:
        view: the rows under the declared schema.
        changes: of their schema.
    """

    view: TableView
    changes: tuple[SchemaChange, ...]

    @classmethod
    def of(cls, view: TableView, changes: tuple[SchemaChange, ...]) -> SchemasInTime:
        """The schemas of what is told of a table's rows.

        Raises:
            DeclarationError: for changes from a row on.
        """
        schemas = cls(view, changes)
        _ = schemas._shown
        return schemas

    def __getstate__(self) -> dict[str, Any]:
        return {"view": self.view, "changes": self.changes}

    @cached_property
    def _states(self) -> States:
        return States(self.bound, tuple(period_in_time(self.bound, change) for change in self.changes))

    @cached_property
    def _shown(self) -> list[list[ShownColumn]]:
        return [
            columns_under(self.view, [self.changes[number] for number in sorted(active)])
            for active in self._states.active
        ]

    @cached_property
    def _added(self) -> dict[AddedColumn, str]:
        changes = [change for change in self.changes if isinstance(change, AddedColumn)]
        return {change: f"\0{number}" for number, change in enumerate(changes)}

    @cached_property
    def told(self) -> pa.Schema:
        """The columns of rows as `altered` gives them."""
        added = [pa.field(name, change.value_type(self.bound)) for change, name in self._added.items()]
        return pa.schema([*self.bound.schema, *added])

    def altered(self, clean: pa.RecordBatch, rows: Batch) -> pa.RecordBatch:
        """Rows with their defects and with what each added column holds.

        Args:
            clean: the rows.
            rows: the same, to be read by column.
        """
        shown = self.view.altered(clean, rows) if isinstance(self.view, DirtyTable) else clean
        added = [change.filled(None, self.bound, rows) for change in self._added]
        return pa.RecordBatch.from_arrays([*shown.columns, *added], schema=self.told)

    def require_no_copies(self) -> None:
        """Raise `SynthDataError` where rows are added, too."""
        if isinstance(self.view, DirtyTable):
            self.view.require_no_copies()

    def states_at(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The number of the schema that holds at some times, in microseconds since 1970."""
        return self._states.at(times)

    def fields(self, states: Sequence[int]) -> list[pa.Field]:
        """The columns of rows under a schema, or those that hold the rows of several."""
        return merged_fields([self._shown[state] for state in states])

    def reshaped(self, batch: pa.RecordBatch, numbers: Bits, state: int) -> list[pa.Array]:
        """Rows under a schema.

        Args:
            batch: the rows as `altered` gives them.
            numbers: which rows of the table they are.
            state: the schema's number.
        """
        return [self._array(column, batch, numbers) for column in self._shown[state]]

    def _array(self, column: ShownColumn, batch: pa.RecordBatch, numbers: Bits) -> pa.Array:
        change = column.changed_by
        if isinstance(change, AddedColumn):
            return batch.column(self._added[change])
        values = batch.column(column.origin)
        return values if change is None else change.filled(values, self.bound, self.bound.at(numbers))


__all__ = ["SchemasInTime"]
