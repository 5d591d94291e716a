"""What views that show a part of another view's rows have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_synthdata.columns.tables.table_view import BATCH, TableView

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable


class Part:
    """Some rows of a view: `whole` is that view; which rows they are, subclasses say."""

    whole: TableView

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
        """How many rows are shown."""
        raise NotImplementedError

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows from the ``start``-th to before the ``stop``-th."""
        raise NotImplementedError

    def origins(self, row_numbers: Bits) -> Bits:
        """The declared rows that these are made from."""
        return self.whole.origins(row_numbers)

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        return self.whole.record_batch(row_numbers)

    def batch(self, start: int, stop: int) -> pa.RecordBatch:
        """The rows from the ``start``-th to before the ``stop``-th."""
        return self.record_batch(self.row_numbers(start, stop))

    def batches(self, start: int, stop: int, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The same in batches of at most ``size`` rows."""
        for first in range(start, stop, size):
            yield self.batch(first, min(first + size, stop))


def whole_of(view: TableView) -> TableView:
    """The view whose rows a part shows; a view that is not a part is its own whole."""
    return whole_of(view.whole) if isinstance(view, Part) else view


__all__ = ["Part", "whole_of"]
