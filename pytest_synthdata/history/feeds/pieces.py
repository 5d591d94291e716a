"""A view whose rows come in pieces, each found on its own: what happened, day by day or row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.tables.table_view import BATCH
from pytest_synthdata.history.happenings import Chronicle

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.history.dirt import Alteration
    from pytest_synthdata.history.state import State

Made = TypeVar("Made")


@dataclass(frozen=True)
class Pieces:
    """Rows about the rows of a table that changes, piece after piece; none is made before it is asked for.

    Args:
        bound: the table.
        chosen: the rows that this tells of, ascending; None for all.
        dirt: the defects of the rows; None where they have none.
    """

    bound: BoundTable
    chosen: Bits | None = field(default=None, repr=False, compare=False, kw_only=True)
    dirt: Alteration | None = field(default=None, repr=False, kw_only=True)
    _last: dict[str, tuple[int, Any]] = field(default_factory=dict, init=False, repr=False, compare=False, kw_only=True)

    suffix = ""

    @property
    def num_pieces(self) -> int:
        """How many pieces there are."""
        raise NotImplementedError

    def count(self, number: int) -> int:
        """How many rows a piece has."""
        raise NotImplementedError

    def piece(self, number: int) -> tuple[pa.RecordBatch, Bits]:
        """A piece, and the table's row that each of its rows is about."""
        raise NotImplementedError

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema."""
        raise NotImplementedError

    @cached_property
    def chronicle(self) -> Chronicle:
        """What happens to the table's rows."""
        return Chronicle(self.bound, self.chosen)

    @property
    def row_schema(self) -> pa.Schema:
        """The columns of rows as `shown` gives them."""
        schema: pa.Schema = self.bound.schema if self.dirt is None else self.dirt.told
        return schema

    def shown(self, rows: State) -> pa.RecordBatch:
        """Rows as they are told, with their defects."""
        clean = self.bound.visible(rows)
        return clean if self.dirt is None else self.dirt.altered(clean, rows)

    @property
    def name(self) -> str:
        """The table's name, and what this says of it."""
        return f"{self.bound.name}_{self.suffix}"

    @property
    def seed(self) -> int:
        """The dataset's seed."""
        return self.bound.seed

    @cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        """How many rows there are up to the end of each piece."""
        return np.cumsum([self.count(number) for number in range(self.num_pieces)], dtype=np.int64)

    @property
    def num_rows(self) -> int:
        """How many rows there are: what happens is looked for once."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def rows_before(self, number: int) -> int:
        """How many rows the pieces before this one have."""
        return int(self._ends[number - 1]) if number else 0

    def __getstate__(self) -> dict[str, Any]:
        # Elsewhere nothing is counted again.
        state = {part.name: getattr(self, part.name) for part in fields(self)}
        return {**state, "_ends": self._ends, "_last": {}}

    def scan(self) -> Iterator[pa.RecordBatch]:
        """All rows, piece by piece; nothing is counted before."""
        for number in range(self.num_pieces):
            batch = self.piece(number)[0]
            if batch.num_rows:
                yield batch

    def _kept(self, number: int) -> tuple[pa.RecordBatch, Bits]:
        """A piece; the last one that was asked for is kept."""
        return self.once("piece", number, self.piece)

    def once(self, what: str, number: int, make: Callable[[int], Made]) -> Made:
        """What was made of a piece; of the last piece that was asked for it is kept."""
        if self._last.get(what, (-1,))[0] != number:
            self._last[what] = number, make(number)
        made: Made = self._last[what][1]
        return made

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers from ``start`` to before ``stop``."""
        return np.arange(start, stop, dtype=np.uint64)

    def origins(self, row_numbers: Bits) -> Bits:
        """The table's rows that these are about."""
        return self.gathered(row_numbers)[1]

    def batch(self, start: int, stop: int) -> pa.RecordBatch:
        """The rows from ``start`` to before ``stop``."""
        batches = []
        for number in range(int(np.searchsorted(self._ends, start, side="right")), len(self._ends)):
            before = int(self._ends[number - 1]) if number else 0
            if before >= stop:
                break
            if before < self._ends[number]:
                batches.append(self._kept(number)[0].slice(max(start - before, 0), stop - max(start, before)))
        return joined(batches, self.schema)

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        return self.gathered(row_numbers)[0]

    def gathered(self, row_numbers: Bits) -> tuple[pa.RecordBatch, Bits]:
        """The rows with these numbers, in this order, and the table's rows that they are about."""
        numbers = row_numbers.astype(np.int64)
        of_piece = np.searchsorted(self._ends, numbers, side="right")
        batches, rows, order = [], [np.zeros(0, np.uint64)], [np.zeros(0, np.intp)]
        for number in np.unique(of_piece).tolist():
            index = np.flatnonzero(of_piece == number)
            before = int(self._ends[number - 1]) if number else 0
            batch, origins = self._kept(number)
            batches.append(batch.take(arrow_array(numbers[index] - before)))
            rows.append(origins[numbers[index] - before])
            order.append(index)
        back = np.argsort(np.concatenate(order))
        return joined(batches, self.schema).take(arrow_array(back)), np.concatenate(rows)[back]

    def batches(self, start: int, stop: int, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The rows from ``start`` to before ``stop`` in batches of at most ``size``."""
        first = int(np.searchsorted(self._ends, start, side="right"))
        for number in range(first, len(self._ends)):
            before = int(self._ends[number - 1]) if number else 0
            if before >= stop:
                break
            if before == self._ends[number]:
                continue
            batch = self._kept(number)[0].slice(max(start - before, 0), stop - max(start, before))
            for begin in range(0, batch.num_rows, size):
                yield batch.slice(begin, size)


def joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Batches end to end."""
    if len(batches) == 1:
        return batches[0]
    arrays = [
        pa.concat_arrays([batch.column(place) for batch in batches]) if batches else arrow_array([], field.type)
        for place, field in enumerate(schema)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


__all__ = ["Pieces", "joined"]
