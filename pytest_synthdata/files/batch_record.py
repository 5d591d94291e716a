"""What the batches in a folder are of: kept in the folder, so that a run goes on in the same data or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_synthdata.columns.order.batches import period_starts
from pytest_synthdata.columns.order.instants import Micros, as_datetime
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.files.contents import SAMPLE, Contents
from pytest_synthdata.files.periods import written_at_once

if TYPE_CHECKING:
    from pytest_synthdata.columns.order.batches import Batches
    from pytest_synthdata.columns.tables.table_view import TableView

BATCHES = "_batches"  # which streams pass over


@dataclass(frozen=True)
class BatchRecord(Contents):
    """The batches that a run writes, or has begun to.

    Args:
        by: the period of a batch, or how many rows it has.
        order: the column by which rows come, or what else says when they do.
        start: when the first batch begins, in microseconds since 1970, or the rank of its first row.
        stop: when the last one ends, or the rank after its last row.
    """

    by: str | int
    order: str
    start: int
    stop: int

    @classmethod
    def of(cls, batches: Batches[TableView], format_: str) -> BatchRecord:
        """What says which batches these are."""
        order, edges = batches.order, batches.edges
        start, stop = (batches.first, batches.last) if batches.size or not len(edges) else (edges[0], edges[-1])
        first = order.rows(batches.first, min(batches.first + SAMPLE, order.num_rows))
        return cls(
            **cls.facts(order.view, order.num_rows, format_, first),
            by=batches.by,
            order=batches.column or "arrival",
            start=int(start),
            stop=int(stop),
        )

    @classmethod
    def read(cls, folder: Path) -> BatchRecord | None:
        """What a folder says of itself; None where it says nothing."""
        file = folder / BATCHES
        if not file.is_file():
            return None
        try:
            return cls(**json.loads(file.read_text("utf-8")))
        except (ValueError, TypeError):
            raise SynthDataError(f"{file} is not of this version; write to another folder") from None

    def write(self, folder: Path) -> None:
        """Say it, in one step."""
        written_at_once(folder / BATCHES, json.dumps(asdict(self)))

    def difference(self, other: Contents) -> str | None:
        found = super().difference(other)
        if found is not None or not isinstance(other, BatchRecord):
            return found
        if self.by != other.by:
            return f"was written by {_size(self.by)}; this run asks for {_size(other.by)}"
        if self.order != other.order:
            return f"was written in the order of {self.order}; this run asks for that of {other.order}"
        if self.start != other.start:
            return f"was written from {self._place(self.start)} on; this run begins with {self._place(other.start)}"
        return self.difference_of_rows(other)

    def require_same_ends(self, other: BatchRecord, folder: Path, is_there: Callable[[int], bool]) -> None:
        """Raise `SynthDataError` where a batch that is there does not end where another run would end it.

        Args:
            other: what another run writes.
            folder: the folder.
            is_there: whether a batch is.
        """
        here, there = other._ends(), self._ends()
        both = min(len(here), len(there))
        for number in np.flatnonzero(here[:both] != there[:both]).tolist():
            if is_there(number):
                raise SynthDataError(
                    f"{folder} has a last batch that ends at {self._place(there[number])}; this run ends it at "
                    f"{self._place(here[number])}: nothing is added; write to another folder"
                )

    def _ends(self) -> Micros:
        """Where each batch ends."""
        if self.start >= self.stop:
            return np.zeros(0, np.int64)
        if isinstance(self.by, str):
            return np.minimum(period_starts(self.start, self.stop, self.by)[1:], self.stop)
        return np.minimum(np.arange(self.start, self.stop, self.by) + self.by, self.stop)

    def _place(self, place: Any) -> str:
        if isinstance(self.by, str):
            return as_datetime(int(place)).isoformat().removesuffix("T00:00:00")
        return f"row {place:,}"


def _size(by: str | int) -> str:
    return by if isinstance(by, str) else f"{by:,} rows"


__all__ = ["BATCHES", "BatchRecord"]
