"""A feed of a table whose schema changes: each message has the schema of its time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.tables.merged import Merged
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.history.dirt import ToldSchemas
from pytest_synthdata.history.feeds.change_feed import Feed
from pytest_synthdata.history.feeds.delayed import DelayedFeed
from pytest_synthdata.history.feeds.order import FeedOrder

if TYPE_CHECKING:
    import numpy.typing as npt

    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.versions.occurrences import Instants


@dataclass(frozen=True)
class ChangedFeed(Merged):
    """What happens to rows, each message under the schema of the time at which it happens, not of its arrival.

    Args:
        view: the feed, with all that any of the schemas tells.
        table: the table that it tells of, under its schemas.
        schemas: all schemas of the table.
        first: the number of the one that holds at the feed's start.
        last: of that at its end.
    """

    view: Feed | DelayedFeed
    table: TableView
    schemas: ToldSchemas
    first: int
    last: int

    @classmethod
    def of(cls, view: Feed | DelayedFeed, table: TableView, schemas: ToldSchemas, ends: tuple[int, int]) -> ChangedFeed:
        """A feed from one instant to another under the schemas of its time."""
        first, last = schemas.states_at(np.array(ends)).tolist()
        return cls(view, table, schemas, first, last)

    @property
    def num_states(self) -> int:
        """How many schemas the feed goes through."""
        return self.last - self.first + 1

    @cached_property
    def schema(self) -> pa.Schema:
        """The schema that holds the messages of all schemas."""
        return self._around(self.schemas.fields(range(self.first, self.last + 1)))

    def schema_of(self, state: int) -> pa.Schema:
        """The schema of a state."""
        return self._around(self.schemas.fields([self.first + state]))

    def _around(self, fields: list[pa.Field]) -> pa.Schema:
        """The schema of messages about rows that have some columns."""
        row, told = [one.with_nullable(True) for one in fields], list(self.view.schema)
        if not self.view.nested:
            return pa.schema([*row, *told[len(self.view.row_schema) :]])
        return pa.schema([one.with_type(pa.struct(row)) if one.name in self.view.nested else one for one in told])

    def states_of(self, row_numbers: Bits) -> npt.NDArray[np.int64]:
        """The state of each of some messages."""
        return self.schemas.states_at(self.view.told_at(row_numbers)) - self.first

    def in_state(self, row_numbers: Bits, state: int) -> pa.RecordBatch:
        """Messages under the schema of a state."""
        batch, rows = self.view.gathered(row_numbers)
        schema, size = self.schema_of(state), len(self.view.row_schema)
        if self.view.nested:
            arrays = [
                self._struct(batch.column(one.name), rows, state, one.type)
                if one.name in self.view.nested
                else batch.column(one.name)
                for one in schema
            ]
        else:
            row = pa.RecordBatch.from_arrays(batch.columns[:size], schema=self.view.row_schema)
            arrays = [*self.schemas.reshaped(row, rows, self.first + state), *batch.columns[size:]]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _struct(self, column: pa.StructArray, rows: Bits, state: int, type_: pa.DataType) -> pa.StructArray:
        row = pa.RecordBatch.from_arrays(column.flatten(), names=self.view.row_schema.names)
        arrays = self.schemas.reshaped(row, rows, self.first + state)
        return pa.StructArray.from_arrays(arrays, fields=list(type_), mask=column.is_null())

    @property
    def starts(self) -> list[int]:
        """For each piece, an instant before which none of its messages and of those after it comes; ascending."""
        return self.view.starts

    def rows_before(self, number: int) -> int:
        """How many messages the pieces before this one have."""
        return self.view.rows_before(number)

    def times_in(self, number: int) -> Instants:
        """When each message of a piece comes, ascending."""
        return self.view.times_in(number)

    def own_order(self) -> FeedOrder:
        """How the messages come: as those of the feed do."""
        return FeedOrder(self)


__all__ = ["ChangedFeed"]
