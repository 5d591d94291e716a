"""Rows of which some columns have other values than those that are declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pytest_synthdata.columns.tables.part import Derived
from pytest_synthdata.columns.tables.table_view import TableView

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.random import Bits


@dataclass(frozen=True)
class ReplacedColumns(Derived):
    """A view with other values in some columns.

    Args:
        view: the rows.
        values: by column, a value for each of the view's rows, of the column's type.
    """

    view: TableView
    values: Mapping[str, pa.Array] = field(repr=False, compare=False)

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        batch = self.view.record_batch(row_numbers)
        index = np.searchsorted(self.view.row_numbers(0, self.view.num_rows), row_numbers)
        for name, values in self.values.items():
            batch = batch.set_column(batch.schema.get_field_index(name), self.schema.field(name), values.take(index))
        return batch


__all__ = ["ReplacedColumns"]
