"""`Versions`: all versions of each row, as a slowly changing dimension of type 2 holds them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.versions.occurrences import DAY
from pytest_synthdata.history.feeds.pieces import Pieces
from pytest_synthdata.history.happenings import DELETE, Happenings
from pytest_synthdata.history.state import State

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits

_EXPECTED = 1 << 17  # versions that a piece is expected to have

VALIDITY = pa.schema(
    [pa.field("valid_from", TIMESTAMP), pa.field("valid_to", TIMESTAMP), pa.field("is_current", pa.bool_())]
)


@dataclass(frozen=True)
class Versions(Pieces):
    """The versions of each row in the order of time, row after row.

    A version is valid from ``valid_from``, included, to before ``valid_to``; null where it still is at the end.
    """

    suffix = "versions"

    @cached_property
    def schema(self) -> pa.Schema:
        return pa.schema([*self.bound.schema, *VALIDITY])

    @cached_property
    def _rows_at_once(self) -> int:
        lives = self.chronicle.evolution.lives
        days = (lives.end - lives.start) / DAY
        return max(int(_EXPECTED / (1 + days * self.chronicle.per_day)), 1)

    @property
    def num_pieces(self) -> int:
        return -(-self.bound.num_rows // self._rows_at_once)

    def count(self, number: int) -> int:
        return int((self._of_rows(number).kinds != DELETE).sum())

    def _of_rows(self, number: int) -> Happenings:
        """All that happens to some rows, row after row."""
        first, lives = number * self._rows_at_once, self.chronicle.evolution.lives
        last = min(first + self._rows_at_once, self.bound.num_rows)
        found = self.chronicle.between(lives.start, lives.end, first, last)
        return found.take(np.lexsort((found.times, found.rows)))

    def piece(self, number: int) -> tuple[pa.RecordBatch, Bits]:
        found = self._of_rows(number)
        begins = np.flatnonzero(found.kinds != DELETE)
        ends = np.zeros(len(found), np.int64)
        is_open = np.ones(len(found), np.bool_)
        is_open[:-1] = found.rows[1:] != found.rows[:-1]
        ends[:-1] = found.times[1:]
        begun = found.take(begins)
        rows, times = begun.rows, begun.times
        batch = self.shown(State(self.bound, rows, times, begun.life))
        current = is_open[begins]
        arrays = [
            *batch.columns,
            arrow_array(times).cast(TIMESTAMP),
            arrow_array(ends[begins], mask=current).cast(TIMESTAMP),
            arrow_array(current),
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema), rows


__all__ = ["VALIDITY", "Versions"]
