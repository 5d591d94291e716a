"""Parquet files: what a column is written as follows from its type and from how often its values repeat.

Measured on orders and tickets (`benchmarks/sinks.py encoding`): texts that repeat stay the dictionaries that they are
made as; numbers and times of which most are new are compressed by Snappy, which takes half the time of Zstandard on
them; those that repeat in ascending order, as children's references to one parent after the other, are a third of the
size and of the time without a dictionary; statistics of texts take a sixth of the writing and help nobody who reads a
whole column.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import numpy_of
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.batch import BATCH
from pytest_synthdata.columns.tables.schemas import files_of
from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView

_SAMPLE = 16_384  # rows looked at to see whether a column's values repeat
_REPEATS = 4  # times, on average, in the sample
_SCHEMA = b"ARROW:schema"


def parquet_batches(view: TableView, start: int, stop: int) -> Iterator[pa.RecordBatch]:
    """Rows for `write_parquet`: columns that are made as dictionaries are left so, where the view can."""
    coded: Any = getattr(view, "coded_batches", view.batches)
    yield from coded(start, stop, BATCH)


def write_part(view: TableView, start: int, stop: int, path: Path, options: Mapping[str, Any]) -> list[Path]:
    """Write some rows to a file, or to one for each schema that they have; gives the files."""
    files = []
    for piece, first, last, file in files_of(view, start, stop, path):
        write_parquet(piece, parquet_batches(piece, first, last), file, options)
        files.append(file)
    return files


def write_parquet(
    view: TableView, batches: Iterable[pa.RecordBatch], path: Path, options: Mapping[str, Any] | None = None
) -> None:
    """A Parquet file; batches are encoded as they come.

    Args:
        view: the rows.
        batches: the same; columns may be dictionaries.
        path: the file.
        options: arguments of `pyarrow.parquet.ParquetWriter` that go before ours, and ``row_group_size``, the most
            rows of a row group.

    Raises:
        SynthDataError: for options that the writer does not take.
    """
    import pyarrow.parquet as pq

    own = dict(options or {})
    row_group_size = own.pop("row_group_size", BATCH)
    batches = iter(batches)
    first = next(batches, None)
    form = _form(view.schema, first)
    first = None if first is None else _as(first, form)
    settings = {**_settings(form, first), "store_decimal_as_integer": True, **own, "store_schema": False}
    try:
        writer = pq.ParquetWriter(path, form, **settings)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise SynthDataError(f"parquet={dict(options or {})!r}: {error}") from None
    with writer:
        rows = (_as(batch, form) for batch in chain([first] if first is not None else [], batches))
        for group in _groups(rows, form, row_group_size):
            writer.write_table(group, row_group_size)
        # Readers get the types that are declared, not the dictionaries that were written.
        declared = view.schema.remove_metadata()
        writer.add_key_value_metadata({_SCHEMA: base64.b64encode(declared.serialize().to_pybytes())})


def _form(declared: pa.Schema, first: pa.RecordBatch | None) -> pa.Schema:
    """The schema that is written: dictionaries where the first batch has some that pay."""
    if first is None:
        return declared
    fields = []
    for field, array in zip(declared, first.columns, strict=True):
        pays = isinstance(array, pa.DictionaryArray) and _REPEATS * len(array.dictionary) < first.num_rows
        fields.append(field.with_type(array.type) if pays else field)
    return pa.schema(fields)


def _as(batch: pa.RecordBatch, form: pa.Schema) -> pa.RecordBatch:
    if batch.schema.equals(form):
        return batch
    return pa.RecordBatch.from_arrays(
        [_column(array, field.type) for array, field in zip(batch.columns, form, strict=True)], schema=form
    )


def _column(array: pa.Array, type_: pa.DataType) -> pa.Array:
    if array.type == type_:
        return array
    if pa.types.is_dictionary(type_):
        return (array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()).cast(type_)
    return to_arrow(array, type_)


def _groups(batches: Iterator[pa.RecordBatch], form: pa.Schema, most: int) -> Iterator[pa.Table]:
    """Row groups, of several batches where they have so many rows."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if held and sum(one.num_rows for one in held) + batch.num_rows > most:
            yield pa.Table.from_batches(held, form)
            held = []
        held.append(batch)
    yield pa.Table.from_batches(held, form)


def _settings(form: pa.Schema, first: pa.RecordBatch | None) -> dict[str, Any]:
    nothing = pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in form], schema=form)
    sample = nothing if first is None else first.slice(0, _SAMPLE)
    repeating = _repeating(sample)
    coded = [name for name in repeating if not _is_ascending(sample.column(name))]
    compression = {}
    for field in form:
        fixed = pa.types.is_primitive(field.type) or pa.types.is_decimal(field.type)
        if not pa.types.is_nested(field.type):  # their parts have names of their own
            compression[field.name] = "snappy" if fixed and field.name not in repeating else "zstd"
    if len(compression) < len(form) or any("." in name for name in compression):
        return {"compression": "zstd", "use_dictionary": coded}
    texts = [field.name for field in form if not pa.types.is_primitive(field.type)]
    statistics = [name for name in form.names if name not in texts]
    return {"compression": compression, "use_dictionary": coded, "write_statistics": statistics or False}


def _is_ascending(array: pa.Array) -> bool:
    """Whether numbers or times never go down."""
    if not (pa.types.is_integer(array.type) or pa.types.is_temporal(array.type)) or array.null_count:
        return False
    numbers = numpy_of(array)
    return bool((numbers[1:] >= numbers[:-1]).all())


def _repeating(sample: pa.RecordBatch) -> list[str]:
    """The columns whose values repeat: not keys and measures, of which most are new."""
    return [
        name
        for name, array in zip(sample.schema.names, sample.columns, strict=True)
        if isinstance(array, pa.DictionaryArray)
        or (not pa.types.is_nested(array.type) and _REPEATS * pc.count_distinct(array).as_py() < sample.num_rows)
    ]


__all__ = ["parquet_batches", "write_parquet", "write_part"]
