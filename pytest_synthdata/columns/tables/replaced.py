"""Rows of which some columns have other values than those that are declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.tables.part import Part
from pytest_synthdata.columns.tables.table_view import TableView

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits


@dataclass(frozen=True)
class ReplacedColumns(Part):
    """All rows of a view, with other values in some columns.

    Args:
        whole: the rows.
        values: by column, a value for each of the rows, of the column's type.
    """

    whole: TableView
    values: Mapping[str, pa.Array] = field(repr=False, compare=False)

    @property
    def num_rows(self) -> int:
        """As many as there were."""
        return self.whole.num_rows

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows from the ``start``-th to before the ``stop``-th."""
        return self.whole.row_numbers(start, stop)

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        return self.put(self.whole.record_batch(row_numbers), row_numbers)

    def put(self, batch: pa.RecordBatch, row_numbers: Bits) -> pa.RecordBatch:
        """The values in a batch that holds the rows with these numbers, in whichever state.

        A column that has another type there keeps its values.
        """
        index = np.searchsorted(self._numbers, row_numbers)
        for name, values in self.values.items():
            place = batch.schema.get_field_index(name)
            if place >= 0 and batch.schema.field(place).type == values.type:
                batch = batch.set_column(place, batch.schema.field(place), values.take(arrow_array(index)))
        return batch

    @property
    def _numbers(self) -> Bits:
        return self.whole.row_numbers(0, self.num_rows)

    def in_part(self, part: TableView) -> ReplacedColumns:
        """Some of these rows, under another schema, with the same values."""
        return self._on(part, np.searchsorted(self._numbers, part.row_numbers(0, part.num_rows)))

    def in_origins(self, clean: TableView) -> ReplacedColumns:
        """The declared rows that these are made from, with the same values: of several copies, the first one's."""
        origins = self.origins(self._numbers)
        order = np.argsort(origins, kind="stable")
        return self._on(clean, order[np.searchsorted(origins[order], clean.row_numbers(0, clean.num_rows))])

    def _on(self, view: TableView, index: np.ndarray) -> ReplacedColumns:
        types = {column.name: column.type for column in view.schema}
        kept = {name: values for name, values in self.values.items() if types.get(name) == values.type}
        return ReplacedColumns(view, {name: values.take(arrow_array(index)) for name, values in kept.items()})


__all__ = ["ReplacedColumns"]
