"""Rows under several schemas, which are shown merged into one, and those of one schema each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.casts.json_text import cast_or_json
from pytest_synthdata.columns.tables.part import Derived, Part
from pytest_synthdata.columns.tables.table_view import TableView

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits


class Merged(Derived):
    """A view of rows that have several schemas, its states.

    The view shows all their columns, as a reader does that merges schemas: null where a row's own schema has no such
    column. `rows_by_schema` gives those of one schema each.
    """

    @property
    def num_states(self) -> int:
        """How many schemas there are."""
        raise NotImplementedError

    def states_of(self, row_numbers: Bits) -> npt.NDArray[np.int64]:
        """The state of each of some rows."""
        raise NotImplementedError

    def schema_of(self, state: int) -> pa.Schema:
        """The schema of a state."""
        raise NotImplementedError

    def in_state(self, row_numbers: Bits, state: int) -> pa.RecordBatch:
        """Rows under the schema of a state."""
        raise NotImplementedError

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order, under the merged schema."""
        states = self.states_of(row_numbers) if self.num_states > 1 else np.zeros(len(row_numbers), np.int64)
        present = np.unique(states).tolist() or [0]
        pieces = [self.in_state(row_numbers[states == state], state) for state in present]
        arrays = [_joined(column, pieces) for column in self.schema]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        if len(present) == 1:
            return batch
        back = np.empty(len(row_numbers), np.int64)
        back[np.argsort(states, kind="stable")] = np.arange(len(row_numbers))
        return batch.take(arrow_array(back))

    def rows_by_schema(self, row_numbers: Bits) -> list[TableView]:
        """Some rows by the schema that they have, each part under its own; none where all have the same."""
        if self.num_states == 1:
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

    whole: Merged
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


def _joined(column: pa.Field, pieces: Sequence[pa.RecordBatch]) -> pa.Array:
    arrays = [
        _fitted(piece.column(column.name), column.type)
        if column.name in piece.schema.names
        else pa.nulls(piece.num_rows, column.type)
        for piece in pieces
    ]
    return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)


def _fitted(array: pa.Array, type_: pa.DataType) -> pa.Array:
    """An array in a type that holds its values; a struct's fields are found by their names, null where it lacks one."""
    if array.type == type_:
        return array
    if not pa.types.is_struct(type_):
        return cast_or_json(array, type_)
    own = {one.name: place for place, one in enumerate(array.type)}
    fields = [
        _fitted(array.field(own[one.name]), one.type) if one.name in own else pa.nulls(len(array), one.type)
        for one in type_
    ]
    return pa.StructArray.from_arrays(fields, fields=list(type_), mask=array.is_null())


__all__ = ["Merged", "OneSchema"]
