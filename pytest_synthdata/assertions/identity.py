"""Which rows of a dirty table those of a frame are: by its key, and by the cells that tell rows of one key apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, numpy_of
from pytest_synthdata.columns.arrow.fingerprint import row_hashes
from pytest_synthdata.columns.arrow.map_order import with_ordered_maps
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.defects.differences import as_mask
from pytest_synthdata.defects.label_table import LabelTable, label_key
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.sources import source_of
from pytest_synthdata.sources.source import Source, in_type

_PLAIN = {
    *("string", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "date"),
    *("timestamp", "timestamp_ntz"),
}  # Spark's types of which a cell is read


@dataclass(frozen=True)
class MarkedRows:
    """The rows of a dirty table, and which are labelled.

    Args:
        labels: the labels of the kinds that count.
        numbers: the rows' numbers.
        hashes: what identifies each row, as a hash.
        is_wanted: which rows have a label of the kinds that count.
        is_other: which rows have labels of other kinds only.
    """

    labels: pa.Table
    numbers: npt.NDArray[np.int64]
    hashes: Bits
    is_wanted: npt.NDArray[np.bool_]
    is_other: npt.NDArray[np.bool_]


def identified(frame: Any, view: LabelTable, kinds: frozenset[str]) -> tuple[MarkedRows, Bits]:
    """The rows of a dirty table, and a hash for each row of a frame: that of the row of the table that it is.

    Args:
        frame: data in any form.
        view: the table's labels.
        kinds: those that count.

    Raises:
        SynthDataError: for a frame without the columns that identify a row.
    """
    if not view.key:
        names = view.labelled.schema.names
        source = source_of(_narrowed(frame, names), "assert_caught")
        names = [name for name in names if name in source.schema.names]
        caught = [hashes for hashes, _ in _hashed(source, view, names)]
        return _marked(view, kinds, names), np.concatenate([np.zeros(0, np.uint64), *caught])
    rows = _marked(view, kinds, view.key)
    alike = _RowsOfOneKey.of(rows, view)
    delivered = {} if view.changed is None else view.changed.other_names()
    source = source_of(_narrowed(frame, [*view.key, *delivered], alike.cells), "assert_caught")
    pieces, cells = [np.zeros(0, np.uint64)], alike.of_frame(source.schema.names)
    for hashes, batch in _hashed(source, view, view.key):
        pieces.append(hashes)
        cells.add(hashes, batch)
    own, theirs = alike.told_apart(cells)
    caught_hashes = np.concatenate(pieces)
    caught_hashes[np.isin(caught_hashes, alike.keys)] = theirs
    rows.hashes[alike.index] = own
    return rows, caught_hashes


def nth_of_equal(hashes: Bits) -> npt.NDArray[np.int64]:
    """Of each row, how many rows before it have its hash."""
    order = np.argsort(hashes, kind="stable")
    ranks = np.empty(len(hashes), np.int64)
    ranks[order] = np.arange(len(hashes)) - np.searchsorted(hashes[order], hashes[order], side="left")
    return ranks


def _marked(view: LabelTable, kinds: frozenset[str], names: Sequence[str]) -> MarkedRows:
    nothing = pa.Table.from_batches([], view.schema)
    pieces = [MarkedRows(nothing, *(np.zeros(0, type_) for type_ in ("i8", "u8", "?", "?")))]
    for labels, rows in view.marked():
        numbers, labelled = numpy_of(rows.column(0)), numpy_of(labels.column(0))
        of_kinds = as_mask(pc.is_in(labels.column("kind"), arrow_array(sorted(kinds), pa.string())))
        is_wanted = np.isin(numbers, labelled[of_kinds])
        pieces.append(
            MarkedRows(
                pa.Table.from_batches([labels.filter(arrow_array(of_kinds))]),
                numbers,
                row_hashes(rows.select(list(map(label_key, names)))),
                is_wanted,
                np.isin(numbers, labelled) & ~is_wanted,
            )
        )
    return MarkedRows(
        pa.concat_tables([piece.labels for piece in pieces]),
        *(
            np.concatenate([getattr(piece, name) for piece in pieces])
            for name in ("numbers", "hashes", "is_wanted", "is_other")
        ),
    )


@dataclass
class _CellsOfFrame:
    """The rows of a frame that have a key of several rows of the table, by their cells.

    Args:
        keys: the keys' hashes.
        schema: the columns that are read, and their types.
        table: the table's name.
    """

    keys: Bits
    schema: pa.Schema
    table: str
    _found: list[Bits] = field(default_factory=lambda: [np.zeros(0, np.uint64)])
    _cells: dict[str, list[Bits]] = field(default_factory=dict)

    def add(self, hashes: Bits, batch: pa.RecordBatch) -> None:
        """Read the rows of a batch, whose keys have these hashes."""
        index = np.flatnonzero(np.isin(hashes, self.keys))
        rows = batch.take(arrow_array(index))
        self._found.append(hashes[index])
        for field_ in self.schema:
            cells = self._read(hashes[index], rows.column(field_.name), field_)
            if cells is None:
                self.schema = self.schema.remove(self.schema.get_field_index(field_.name))
            else:
                self._cells.setdefault(field_.name, []).append(cells)

    def _read(self, keys: Bits, column: pa.Array, field_: pa.Field) -> Bits | None:
        """A column's cells; None where the pipeline made it another type, so that it tells nothing."""
        try:
            return _paired(keys, in_type(column, field_, self.table), field_.name)
        except SynthDataError:
            return None

    def whole(self) -> tuple[Bits, dict[str, Bits]]:
        """The key's hash of each row, and each column's cells."""
        cells = {name: np.concatenate(self._cells[name]) for name in self.schema.names if name in self._cells}
        return np.concatenate(self._found), cells


@dataclass(frozen=True)
class _RowsOfOneKey:
    """Rows of a table that share their keys with others, at least one of each key labelled.

    Args:
        index: where they are among the table's rows.
        keys: their keys' hashes.
        cells: hashes of key and cell, of each column in which rows of one key differ.
        schema: the types of these columns.
        table: the table's name.
    """

    index: npt.NDArray[np.intp]
    keys: Bits
    cells: Mapping[str, Bits]
    schema: pa.Schema
    table: str

    @classmethod
    def of(cls, rows: MarkedRows, view: LabelTable) -> _RowsOfOneKey:
        """Those of some rows."""
        near = np.flatnonzero(np.isin(rows.hashes, rows.hashes[rows.is_wanted]))
        _, back, counts = np.unique(rows.hashes[near], return_inverse=True, return_counts=True)
        index = near[counts[back] > 1]
        keys = rows.hashes[index]
        batch = view.labelled.record_batch(rows.numbers[index].astype(np.uint64))
        keys_there = len(distinct(keys))
        cells = {name: _paired(keys, batch.column(name), name) for name in batch.schema.names if name not in view.key}
        cells = {name: words for name, words in cells.items() if len(distinct(words)) > keys_there}
        return cls(index, keys, cells, pa.schema([batch.schema.field(name) for name in cells]), view.dirty.name)

    def of_frame(self, names: Sequence[str]) -> _CellsOfFrame:
        """What is to be read of a frame that has these columns."""
        return _CellsOfFrame(self.keys, pa.schema([one for one in self.schema if one.name in names]), self.table)

    def told_apart(self, frame: _CellsOfFrame) -> tuple[Bits, Bits]:
        """Hashes of these rows, and of those of the frame that have one of their keys.

        A cell that no row of its key has was changed by the pipeline: for this key, its column tells nothing. So do
        all cells of a key where a row of the frame has each from some row, but all from none.
        """
        keys, cells = frame.whole()
        own, theirs = self.keys.copy(), keys.copy()
        for name, words in cells.items():
            unknown = keys[~np.isin(words, self.cells[name])]
            own += np.where(np.isin(self.keys, unknown), np.uint64(0), self.cells[name])
            theirs += np.where(np.isin(keys, unknown), np.uint64(0), words)
        mixed = keys[~np.isin(theirs, own)]
        return np.where(np.isin(self.keys, mixed), self.keys, own), np.where(np.isin(keys, mixed), keys, theirs)


def _paired(keys: Bits, cells: pa.Array, name: str) -> Bits:
    """A word for each pair of a key and a cell."""
    return row_hashes(pa.RecordBatch.from_arrays([arrow_array(keys), with_ordered_maps(cells)], names=["", name]))


def _hashed(source: Source, view: LabelTable, names: Sequence[str]) -> Iterator[tuple[Bits, pa.RecordBatch]]:
    """The batches of a frame, and a hash of the columns that identify a row for each of their rows."""
    declared = view.dirty.schema if view.key else view.labelled.schema
    delivered = {} if view.changed is None or not view.key else view.changed.other_names()
    present = source.schema.names
    if not present and not any(batch.num_rows for batch in source.batches):  # what collecting no rows gives
        return
    missing = [name for name in names if name not in present and not _others(name, delivered, present)]
    if missing or not names:
        raise SynthDataError(
            f"assert_caught: the frame has no column {(missing or declared.names)[0]!r}, by which rows of "
            f"{view.dirty.name} are found; keep it in what the pipeline throws out"
        )
    for batch in source.batches:
        arrays = [_identifying(batch, declared.field(name), delivered, view) for name in names]
        yield row_hashes(pa.RecordBatch.from_arrays(arrays, names=list(map(label_key, names)))), batch


def _others(name: str, delivered: Mapping[str, str], present: Sequence[str]) -> list[str]:
    """The other names of a column under which a frame may have it."""
    return [other for other, declared in delivered.items() if declared == name and other in present]


def _identifying(batch: pa.RecordBatch, field_: pa.Field, delivered: Mapping[str, str], view: LabelTable) -> pa.Array:
    """A column of the key, in whichever of the names that it is delivered with a row has it."""
    present = batch.schema.names
    found = [name for name in (field_.name, *_others(field_.name, delivered, present)) if name in present]
    arrays = [in_type(batch.column(name), field_, view.dirty.name) for name in found]
    return arrays[0] if len(arrays) == 1 else pc.coalesce(*arrays)


def _narrowed(frame: Any, names: Sequence[str], others: Sequence[str] | Mapping[str, Any] = ()) -> Any:
    """Of a Spark DataFrame, the columns that identify a row: others need not be read, and may be of any type."""
    if not hasattr(frame, "mapInArrow"):
        return frame
    plain = {name for name, type_ in frame.dtypes if type_.partition("(")[0] in _PLAIN}
    present = [name for name in frame.columns if name in names or (name in others and name in plain)]
    return frame.select([f"`{name.replace('`', '``')}`" for name in present]) if present else frame


__all__ = ["MarkedRows", "identified", "nth_of_equal"]
