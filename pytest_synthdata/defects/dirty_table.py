"""`DirtyTable`: a table with its defects, as a view that every sink takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, null_of
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.tables.positions import ByPosition
from pytest_synthdata.defects.copies import Copies
from pytest_synthdata.defects.kind import Kind, typed
from pytest_synthdata.defects.kinds.duplicates import Duplicates
from pytest_synthdata.defects.planting import Hit, Look, Planting, hit_of
from pytest_synthdata.errors import SynthDataError, advise_call

if TYPE_CHECKING:
    from pytest_synthdata.columns.batch import Batch
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_TWICE = "changes(…, delay=hours(Exponential(2)), redelivered=0.01)"


@dataclass(frozen=True)
class DirtyTable(ByPosition):
    """A bound table whose rows have defects, followed by copies of some of them.

    A row has the number that it has in the clean table; copies have the numbers after those.

    Args:
        bound: the clean table.
        kinds: the defects.
    """

    bound: BoundTable
    kinds: tuple[Kind, ...]

    @classmethod
    def of(cls, bound: BoundTable, kinds: Sequence[Kind]) -> DirtyTable:
        """A table with some kinds of defects.

        Raises:
            DeclarationError: for a kind that the table cannot have.
        """
        table = cls(bound, tuple(kinds))
        table.planting.check()
        return table

    @cached_property
    def planting(self) -> Planting:
        """Where the defects are."""
        return Planting(self.bound, self.kinds)

    @cached_property
    def copies(self) -> Copies:
        """The rows that come twice."""
        return Copies.of(self.planting)

    def __getstate__(self) -> dict[str, Any]:
        # Elsewhere nothing is chosen or counted again that takes all rows to be.
        self.planting.prepare()
        return {"bound": self.bound, "kinds": self.kinds, "planting": self.planting, "copies": self.copies}

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
        """The clean table's Arrow schema."""
        return self.bound.schema

    @property
    def num_rows(self) -> int:
        """How many rows there are, copies among them."""
        return self.bound.num_rows + self.copies.count

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers from ``start`` to before ``stop``."""
        return np.arange(start, stop, dtype=np.uint64)

    def origins(self, row_numbers: Bits) -> Bits:
        """The clean rows that these are made from."""
        return self.copies.originals(row_numbers)[0]

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        rows, copied_by = self.copies.originals(row_numbers)
        batch = self.bound.at(rows)
        clean = self.bound.visible(batch)
        hits = self.hits(rows, copied_by, batch.take)
        return replaced(clean, hits) if hits else clean

    @property
    def told(self) -> pa.Schema:
        """The columns of rows as `altered` gives them."""
        return self.schema

    def altered(self, clean: pa.RecordBatch, rows: Batch) -> pa.RecordBatch:
        """Rows with their defects, whatever their cells hold at a time.

        Args:
            clean: the rows.
            rows: the same, to be read by column.
        """
        hits = self.hits(rows.rows, None, rows.take)
        return replaced(clean, hits) if hits else clean

    def require_no_copies(self) -> None:
        """Raise `SynthDataError` where rows are added, too."""
        if any(isinstance(kind, Duplicates) for kind in self.kinds):
            raise SynthDataError(
                f"{self.name}: Duplicates adds rows, which a history does not tell; leave out the kind"
                f"{advise_call(': {}', 'dataset.clean')}"
                f"{advise_call(', or let changes come twice: {}', _TWICE)}"
            )

    def hits(self, rows: Bits, copied_by: npt.NDArray[np.int64] | None, look: Look) -> list[Hit]:
        """The changed cells of some rows.

        Args:
            rows: numbers of clean rows.
            copied_by: the kind that each row is a copy by, -1 for those that are none; None where no row is one.
            look: reads clean rows at some positions.
        """
        hits = self.planting.hits(rows, look)
        if copied_by is None:
            return hits
        for number, kind in enumerate(self.kinds):
            if isinstance(kind, Duplicates) and kind.changing:
                index = np.flatnonzero(copied_by == number)
                hits = [*hits, *self._near(number, kind, index, look, hits)]
        return hits

    def _near(
        self, number: int, kind: Duplicates, index: npt.NDArray[np.intp], look: Look, before: list[Hit]
    ) -> Iterator[Hit]:
        """What copies differ in, but for cells that have another defect."""
        for column in kind.targets(self.bound):
            taken = [hit.index for hit in before if hit.column == column]
            free = np.setdiff1d(index, np.concatenate(taken), assume_unique=True) if taken else index
            if not len(free):
                continue
            reader = look(free)
            clean = typed(reader.read(column), self.bound.type_of(column))
            stream = self.planting.streams[number].child("value", column)
            hit = hit_of(number, column, clean, kind.changed(clean, Cells(reader, stream, self.name)), free)
            if len(hit.index):
                yield hit


def replaced(clean: pa.RecordBatch, hits: Sequence[Hit]) -> pa.RecordBatch:
    """A batch with its changed cells."""
    arrays = list(clean.columns)
    for column in dict.fromkeys(hit.column for hit in hits):
        place = clean.schema.get_field_index(column)
        own = [hit for hit in hits if hit.column == column]
        arrays[place] = put(arrays[place], np.concatenate([hit.index for hit in own]), [hit.dirty for hit in own])
    return pa.RecordBatch.from_arrays(arrays, schema=clean.schema)


def put(array: pa.Array, index: npt.NDArray[np.intp], values: Sequence[pa.Array]) -> pa.Array:
    """An array with other values at some positions."""
    type_, new = array.type, pa.concat_arrays(values)
    if new.null_count == len(new):
        mask = np.zeros(len(array), np.bool_)
        mask[index] = True
        return pc.if_else(arrow_array(mask), null_of(type_), array)
    if pa.types.is_primitive(type_) and not pa.types.is_boolean(type_):
        mask, order = np.zeros(len(array), np.bool_), np.argsort(index)
        mask[index] = True
        return pc.replace_with_mask(array, arrow_array(mask), new.take(arrow_array(order)))
    # Texts and what is nested are gathered: Arrow replaces them one by one.
    origin = np.arange(len(array))
    origin[index] = len(array) + np.arange(len(index))
    return pa.concat_arrays([array, new]).take(arrow_array(origin))


__all__ = ["DirtyTable", "put", "replaced"]
