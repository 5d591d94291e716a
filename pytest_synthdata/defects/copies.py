"""Which rows are copied, and where their copies stand: counted block by block, found again when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.cells import Reader
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.defects.kinds.duplicates import Duplicates
from pytest_synthdata.defects.planting import Planting

_BLOCK = 1 << 20  # rows that are looked through to find the copies among them


@dataclass(frozen=True)
class Copies:
    """The copies of a table's rows: one kind's after the other's, each in the order of their originals.

    Memory grows with the number of blocks, not of rows.

    Args:
        planting: the table's defects.
        kinds: the places of the kinds that copy rows.
        ends: for each of them and each block, how many copies there are up to its end.
    """

    planting: Planting
    kinds: tuple[int, ...]
    ends: tuple[npt.NDArray[np.int64], ...]

    @classmethod
    def of(cls, planting: Planting) -> Copies:
        """The copies, counted in one pass over the rows' random bits."""
        kinds = tuple(number for number, kind in enumerate(planting.kinds) if isinstance(kind, Duplicates))
        copies = cls(planting, kinds, ())
        blocks = range(-(-planting.bound.num_rows // _BLOCK))
        ends = tuple(
            np.cumsum([len(copies._originals(kind, block)) for block in blocks], dtype=np.int64) for kind in kinds
        )
        return cls(planting, kinds, ends)

    @cached_property
    def count(self) -> int:
        """How many copies there are."""
        return sum(self._counts)

    @property
    def _counts(self) -> list[int]:
        return [int(ends[-1]) if len(ends) else 0 for ends in self.ends]

    def originals(self, row_numbers: Bits) -> tuple[Bits, npt.NDArray[np.int64] | None]:
        """The clean rows that some rows are, or are copies of; and the kind of each copy, None where there is none.

        Args:
            row_numbers: below the table's number of rows and copies, in any order.
        """
        total = np.uint64(self.planting.bound.num_rows)
        index = np.flatnonzero(row_numbers >= total)
        if not len(index):
            return row_numbers, None
        rows, copied_by = row_numbers.copy(), np.full(len(row_numbers), -1, np.int64)
        place = (row_numbers[index] - total).astype(np.int64)
        for kind, ends, count in zip(self.kinds, self.ends, self._counts, strict=True):
            own = np.flatnonzero((place >= 0) & (place < count))
            if len(own):
                rows[index[own]] = self._located(kind, ends, place[own])
                copied_by[index[own]] = kind
            place = place - count
            place[own] = -1
        return rows, copied_by

    def _located(self, kind: int, ends: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> Bits:
        """The originals of copies by their places among all of their kind."""
        found = np.empty(len(places), np.uint64)
        blocks = np.searchsorted(ends, places, side="right")
        for block in np.unique(blocks):
            index = np.flatnonzero(blocks == block)
            before = int(ends[block - 1]) if block else 0
            found[index] = self._originals(kind, int(block))[places[index] - before]
        return found

    def _originals(self, kind: int, block: int) -> Bits:
        """The rows of a block that are copied, in ascending order."""
        start = block * _BLOCK
        rows = np.arange(start, min(start + _BLOCK, self.planting.bound.num_rows), dtype=np.uint64)

        def look(index: npt.NDArray[np.intp]) -> Reader:
            return self.planting.bound.at(rows[index])

        return rows[self.planting.drawn(kind, rows, look)]


__all__ = ["Copies"]
