"""`LabelTable`: the truth about a dirty table: one row for each changed cell and each added row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, numpy_of
from pytest_synthdata.columns.cells import Reader
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.tables.part import whole_of
from pytest_synthdata.columns.tables.positions import ByPosition
from pytest_synthdata.columns.tables.replaced import ReplacedColumns
from pytest_synthdata.defects.differences import as_text
from pytest_synthdata.defects.dirty_table import DirtyTable, put
from pytest_synthdata.defects.kind import typed
from pytest_synthdata.defects.schemas.columns import RenamedColumn
from pytest_synthdata.defects.schemas.labels import schema_hits

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.columns.tables.table_view import TableView
    from pytest_synthdata.defects.kind import Kind
    from pytest_synthdata.defects.planting import Hit
    from pytest_synthdata.defects.schemas.change import SchemaChange
    from pytest_synthdata.defects.schemas.changed_schema import ChangedSchema

_BLOCK = 1 << 18  # rows of the dirty table whose labels are made at once
_OWN = ("row", "kind", "column", "clean", "dirty")


@dataclass(frozen=True)
class LabelTable(ByPosition):
    """The defects of a dirty table, in the order of its rows, without making that table.

    Columns: ``row``, the row's number; the table's key as the dirty row has it; ``kind``; ``column``, null for a row
    that was added; ``clean`` and ``dirty``, both as text.

    Args:
        dirty: the table.
        key: the columns of its key.
        shown: the view whose rows are labelled, where that is not all of the table.
        changed: how their schema is changed, None where it is not.
    """

    dirty: DirtyTable
    key: tuple[str, ...]
    shown: TableView | None = field(default=None, compare=False)
    changed: ChangedSchema | None = None

    @property
    def bound(self) -> BoundTable:
        """The clean table."""
        return self.dirty.bound

    @property
    def name(self) -> str:
        """The table's name with ``_defects``."""
        return f"{self.dirty.name}_defects"

    @property
    def seed(self) -> int:
        """The dataset's seed."""
        return self.dirty.seed

    @property
    def labelled(self) -> TableView:
        """The view whose rows are labelled."""
        return self.dirty if self.shown is None else self.shown

    @property
    def kinds(self) -> tuple[Kind | SchemaChange, ...]:
        """The kinds of defects that cells and rows may have."""
        return (*self.dirty.kinds, *(() if self.changed is None else self.changed.changes))

    @cached_property
    def schema(self) -> pa.Schema:
        """The labels' Arrow schema."""
        keys = [pa.field(label_key(name), self.bound.type_of(name)) for name in self.key]
        row, *others = (pa.field(name, pa.int64() if name == "row" else pa.string()) for name in _OWN)
        return pa.schema([row, *keys, *others])

    @cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        """How many labels there are up to the end of each block of rows."""
        blocks = range(-(-self.labelled.num_rows // _BLOCK))
        return np.cumsum([self._count(block) for block in blocks], dtype=np.int64)

    @property
    def num_rows(self) -> int:
        """How many labels there are: every row's random bits are looked at once."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getstate__(self) -> dict[str, Any]:
        # Elsewhere the labels are not counted again.
        state = {"dirty": self.dirty, "key": self.key, "shown": self.shown, "changed": self.changed}
        return {**state, "_ends": self._ends}

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers from ``start`` to before ``stop``."""
        return np.arange(start, stop, dtype=np.uint64)

    def origins(self, row_numbers: Bits) -> Bits:
        """The clean rows that labels are about."""
        rows = numpy_of(self.record_batch(row_numbers).column(0)).astype(np.uint64)
        return self.dirty.origins(rows)

    def batch(self, start: int, stop: int) -> pa.RecordBatch:
        """The labels from ``start`` to before ``stop``."""
        first, last = np.searchsorted(self._ends, [start, max(start, stop - 1)], side="right")
        pieces = []
        for block in range(int(first), min(int(last), len(self._ends) - 1) + 1):
            before = int(self._ends[block - 1]) if block else 0
            pieces.append(self._labels(block).slice(max(start - before, 0), max(stop, start) - max(start, before)))
        return self._joined(pieces)

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The labels with these numbers, in this order."""
        numbers = row_numbers.astype(np.int64)
        blocks = np.searchsorted(self._ends, numbers, side="right")
        pieces, order = [], []
        for block in np.unique(blocks):
            index = np.flatnonzero(blocks == block)
            before = int(self._ends[block - 1]) if block else 0
            pieces.append(self._labels(int(block)).take(arrow_array(numbers[index] - before)))
            order.append(index)
        back = np.argsort(np.concatenate(order)) if order else np.zeros(0, np.int64)
        return self._joined(pieces).take(arrow_array(back))

    def scan(self) -> Iterator[pa.RecordBatch]:
        """All labels, a batch for each block of rows; nothing is counted before."""
        for block in range(-(-self.labelled.num_rows // _BLOCK)):
            yield self._labels(block)

    def marked(self) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """Block by block, the labels, and every row's number with what identifies it: its key, else all its cells."""
        for block in range(-(-self.labelled.num_rows // _BLOCK)):
            numbers, rows, _, hits, look = self._found(block)
            row = arrow_array(numbers.astype(np.int64))
            if self.key:
                keys = list(self._keys(block, np.arange(len(rows)), hits, look))
                identity = pa.RecordBatch.from_arrays([row, *keys], names=["row", *map(label_key, self.key)])
            else:
                batch = self.labelled.record_batch(numbers)
                identity = pa.RecordBatch.from_arrays(
                    [row, *batch.columns], names=["row", *map(label_key, batch.schema.names)]
                )
            yield self._labels(block), identity

    def _joined(self, batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
        if len(batches) == 1:
            return batches[0]
        arrays = [
            pa.concat_arrays([batch.column(place) for batch in batches]) if batches else arrow_array([], field_.type)
            for place, field_ in enumerate(self.schema)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _count(self, block: int) -> int:
        _, _, copied_by, hits, _ = self._found(block)
        added = 0 if copied_by is None else int((copied_by >= 0).sum())
        return added + sum(len(hit.index) for hit in hits)

    def _found(self, block: int) -> tuple[Bits, Bits, npt.NDArray[np.int64] | None, list[Hit], Any]:
        view = self.labelled
        numbers = view.row_numbers(block * _BLOCK, min((block + 1) * _BLOCK, view.num_rows))
        rows, copied_by = self.dirty.copies.originals(numbers)
        read = getattr(whole_of(view), "reader", self.bound.at)  # as they are at a time

        def look(index: npt.NDArray[np.intp]) -> Reader:
            found: Reader = read(rows[index])
            return found

        hits = self.dirty.hits(rows, copied_by, look)
        if self.changed is not None:
            hits = schema_hits(self.changed, numbers, look, before=hits, first=len(self.dirty.kinds))
        for name, values in self._replaced(block).items():
            hits = [hit if hit.column != name else _still_there(hit, values) for hit in hits]
        return numbers, rows, copied_by, hits, look

    def _replaced(self, block: int) -> Mapping[str, pa.Array]:
        """The columns whose values are others, in a block of rows."""
        values = self.shown.values if isinstance(self.shown, ReplacedColumns) else {}
        return {name: array.slice(block * _BLOCK, _BLOCK) for name, array in values.items()}

    def _labels(self, block: int) -> pa.RecordBatch:
        """The labels of a block of rows."""
        numbers, rows, copied_by, hits, look = self._found(block)
        added = np.zeros(0, np.intp) if copied_by is None else np.flatnonzero(copied_by >= 0)
        index = np.concatenate([added, *(hit.index for hit in hits)])
        kinds = [np.zeros(0, np.int64) if copied_by is None else copied_by[added]]
        kinds += [np.full(len(hit.index), hit.kind) for hit in hits]
        order = np.argsort(index, kind="stable")
        nothing = pa.nulls(len(added), pa.string())
        originals = arrow_array([f"copy of row {row}" for row in rows[added].tolist()], pa.string())
        labels = arrow_array([kind.label for kind in self.kinds], pa.string())
        columns = arrow_array([hit.column for hit in hits], pa.string())
        which = np.repeat(np.arange(len(hits)), [len(hit.index) for hit in hits])
        arrays = [
            arrow_array(numbers[index].astype(np.int64)),
            *self._keys(block, index, hits, look),
            labels.take(arrow_array(np.concatenate(kinds))),
            pa.concat_arrays([nothing, columns.take(arrow_array(which))]),
            pa.concat_arrays([nothing, *(as_text(hit.clean) for hit in hits)]),
            pa.concat_arrays([originals, *(as_text(hit.dirty) for hit in hits)]),
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema).take(arrow_array(order))

    def _keys(self, block: int, index: npt.NDArray[np.intp], hits: Sequence[Hit], look: Any) -> Iterator[pa.Array]:
        """The key that each of some rows has in the dirty table."""
        own, back = np.unique(index, return_inverse=True)
        replaced = self._replaced(block)
        for name in self.key:
            type_ = self.bound.type_of(name)
            if not len(own):
                yield arrow_array([], type_)
                continue
            if name in replaced and replaced[name].type == type_:
                yield replaced[name].take(arrow_array(index))
                continue
            keys = typed(look(own).read(name), type_)
            for hit in hits:
                # A key under another name or in another form is the same key.
                if hit.column == name and hit.dirty.type == type_ and not self._is_renamed(hit):
                    keys = put(keys, np.searchsorted(own, hit.index), [hit.dirty])
            yield keys.take(arrow_array(back))

    def _is_renamed(self, hit: Hit) -> bool:
        return isinstance(self.kinds[hit.kind], RenamedColumn)


def _still_there(hit: Hit, values: pa.Array) -> Hit:
    """The cells of a hit that are still dirty, after some of them have got other values."""
    found, dirty = (as_text(one).to_pylist() for one in (values.take(arrow_array(hit.index)), hit.dirty))
    index = np.flatnonzero(np.array([one == other for one, other in zip(found, dirty, strict=True)], np.bool_))
    rows = arrow_array(index)
    return replace(hit, index=hit.index[index], clean=hit.clean.take(rows), dirty=hit.dirty.take(rows))


def label_key(name: str) -> str:
    """What a column of a table's key is called among labels: its own name, unless that is one of theirs."""
    return f"key_{name}" if name in _OWN else name


__all__ = ["LabelTable", "label_key"]
