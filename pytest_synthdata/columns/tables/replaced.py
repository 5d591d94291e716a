"""Rows of which some columns have other values than those that are declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pytest_synthdata.columns.tables.table_view import BATCH, TableView

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable


@dataclass(frozen=True)
class ReplacedColumns:
    """A view with other values in some columns.

    Args:
        view: the rows.
        values: by column, a value for each of the view's rows, of the column's type.
    """

    view: TableView
    values: Mapping[str, pa.Array] = field(repr=False, compare=False)

    @property
    def bound(self) -> BoundTable:
        """What is declared."""
        return self.view.bound

    @property
    def name(self) -> str:
        """The table's name."""
        return self.view.name

    @property
    def seed(self) -> int:
        """The dataset's seed."""
        return self.view.seed

    @property
    def schema(self) -> pa.Schema:
        """The view's Arrow schema."""
        return self.view.schema

    @property
    def num_rows(self) -> int:
        """How many rows are shown."""
        return self.view.num_rows

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows at some positions."""
        return self.view.row_numbers(start, stop)

    def origins(self, row_numbers: Bits) -> Bits:
        """The declared rows that these are made from."""
        return self.view.origins(row_numbers)

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        batch = self.view.record_batch(row_numbers)
        index = np.searchsorted(self.view.row_numbers(0, self.view.num_rows), row_numbers)
        for name, values in self.values.items():
            batch = batch.set_column(batch.schema.get_field_index(name), self.schema.field(name), values.take(index))
        return batch

    def batch(self, start: int, stop: int) -> pa.RecordBatch:
        """The rows at the positions from ``start`` to before ``stop``."""
        return self.record_batch(self.row_numbers(start, stop))

    def batches(self, start: int, stop: int, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The same in batches of at most ``size`` rows."""
        for first in range(start, stop, size):
            yield self.batch(first, min(first + size, stop))


__all__ = ["ReplacedColumns"]
