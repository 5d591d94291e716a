"""Rows by position, for views that say which numbers they show and make rows by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_synthdata.columns.batch import BATCH

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.random import Bits


class ByPosition:
    """The part of a `TableView` that follows from `row_numbers` and `record_batch`."""

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows at the positions from ``start`` to before ``stop``."""
        raise NotImplementedError

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        raise NotImplementedError

    def batch(self, start: int, stop: int) -> pa.RecordBatch:
        """The rows at the positions from ``start`` to before ``stop``."""
        return self.record_batch(self.row_numbers(start, stop))

    def batches(self, start: int, stop: int, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The same in batches of at most ``size`` rows."""
        for first in range(start, stop, size):
            yield self.batch(first, min(first + size, stop))


__all__ = ["ByPosition"]
