"""Some rows of a table, with the cells, keys and order that they have in the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_synthdata.columns.table_view import BATCH, TableView

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.bound_table import BoundTable
    from pytest_synthdata.columns.random import Bits


@dataclass(frozen=True)
class Subset:
    """Rows chosen from a view by their numbers.

    Args:
        whole: the view that they are chosen from.
        chosen: their numbers, in ascending order, none twice.
    """

    whole: TableView
    chosen: Bits = field(repr=False, compare=False)

    @classmethod
    def of(cls, view: TableView, chosen: Bits) -> Subset:
        """A subset of a view; a subset's subset is one of the whole view."""
        return cls(view.whole if isinstance(view, Subset) else view, chosen)

    @property
    def bound(self) -> BoundTable:
        """What is declared, all rows of it."""
        return self.whole.bound

    @property
    def name(self) -> str:
        """The table's name."""
        return self.whole.name

    @property
    def seed(self) -> int:
        """The dataset's seed."""
        return self.whole.seed

    @property
    def schema(self) -> pa.Schema:
        """The whole view's Arrow schema."""
        return self.whole.schema

    @property
    def num_rows(self) -> int:
        """How many rows were chosen."""
        return len(self.chosen)

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the chosen rows from the ``start``-th to before the ``stop``-th."""
        return self.chosen[start:stop]

    def origins(self, row_numbers: Bits) -> Bits:
        """The declared rows that these are made from."""
        return self.whole.origins(row_numbers)

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        return self.whole.record_batch(row_numbers)

    def batch(self, start: int, stop: int) -> pa.RecordBatch:
        """The chosen rows from the ``start``-th to before the ``stop``-th."""
        return self.whole.record_batch(self.chosen[start:stop])

    def batches(self, start: int, stop: int, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The same in batches of at most ``size`` rows."""
        for first in range(start, stop, size):
            yield self.batch(first, min(first + size, stop))

    def __getstate__(self) -> dict[str, Any]:
        return {"whole": self.whole, "chosen": np.ascontiguousarray(self.chosen)}  # a slice's base stays here


__all__ = ["Subset"]
