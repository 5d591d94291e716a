"""`Snapshot`: a table as it is at a time, as a view that every sink takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.tables.positions import ByPosition
from pytest_synthdata.history.evolution import Evolution, evolution_of
from pytest_synthdata.history.state import State

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.history.dirt import Alteration

_BLOCK = 1 << 18  # rows whose lives are looked at together


@dataclass(frozen=True)
class Snapshot(ByPosition):
    """The rows of a table that are there at a time, as they are then; each has its number in the table.

    Args:
        bound: a table that changes.
        when: microseconds since 1970.
        dirt: the defects of the rows; None where they have none.
    """

    bound: BoundTable
    when: int
    dirt: Alteration | None = None

    @property
    def name(self) -> str:
        """The table's name."""
        return self.bound.name

    @property
    def seed(self) -> int:
        """The dataset's seed."""
        return self.bound.seed

    @property
    def schema(self) -> pa.Schema:
        """The table's Arrow schema."""
        return self.bound.schema

    @cached_property
    def evolution(self) -> Evolution:
        """How the table changes."""
        return evolution_of(self.bound)

    @property
    def is_unfair(self) -> bool:
        """Whether shares and distributions of these rows are not those declared."""
        return not self.evolution.is_drawn_as_declared

    @property
    def of_the_past(self) -> frozenset[str]:
        """The columns that follow what other columns once were."""
        return self.evolution.of_the_past

    @property
    def _is_whole(self) -> bool:
        """Whether no row is missing."""
        return self.evolution.lives.is_settled and self.when >= self.evolution.lives.start

    @cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        """How many rows there are up to the end of each block of the table's."""
        blocks = range(-(-self.bound.num_rows // _BLOCK))
        return np.cumsum([len(self._living(block)) for block in blocks], dtype=np.int64)

    def _living(self, block: int) -> Bits:
        """The rows of a block that are there."""
        rows = np.arange(block * _BLOCK, min((block + 1) * _BLOCK, self.bound.num_rows), dtype=np.uint64)
        return rows[self.evolution.lives.of(rows).is_on(self.when)]

    def __getstate__(self) -> dict[str, Any]:
        # Elsewhere the rows are not counted again.
        counted = {} if self._is_whole else {"_ends": self._ends}
        return {"bound": self.bound, "when": self.when, "dirt": self.dirt, **counted}

    @property
    def num_rows(self) -> int:
        """How many rows are there."""
        if self._is_whole:
            return self.bound.num_rows
        return int(self._ends[-1]) if len(self._ends) else 0

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows from the ``start``-th to before the ``stop``-th that is there."""
        if self._is_whole:
            return np.arange(start, stop, dtype=np.uint64)
        found = [np.zeros(0, np.uint64)]
        for block in range(int(np.searchsorted(self._ends, start, side="right")), len(self._ends)):
            before = int(self._ends[block - 1]) if block else 0
            if before >= stop:
                break
            found.append(self._living(block)[max(start - before, 0) : stop - before])
        return np.concatenate(found)

    def origins(self, row_numbers: Bits) -> Bits:
        """The same rows: all are declared."""
        return row_numbers

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        rows = self.reader(row_numbers)
        clean = self.bound.visible(rows)
        return clean if self.dirt is None else self.dirt.altered(clean, rows)

    def reader(self, row_numbers: Bits) -> State:
        """The same without defects, to be read by column."""
        return State(self.bound, row_numbers, np.full(len(row_numbers), self.when))

    def without_dirt(self) -> Snapshot:
        """The rows without their defects."""
        return replace(self, dirt=None)


__all__ = ["Snapshot"]
