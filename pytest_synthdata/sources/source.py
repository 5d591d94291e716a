"""Rows that can be read in batches, in the types that are declared for their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.tables.table_view import BATCH
from pytest_synthdata.declarations.wording import type_name
from pytest_synthdata.errors import SynthDataError

POINT = b"point"  # in a batch's metadata: what stands before the decimals of its numbers, where these are texts
_OFFSET = r":\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)\s*$"


@dataclass(frozen=True)
class Source:
    """Rows that can be read in batches.

    Args:
        schema: as the data has it.
        batches: the rows; read once.
    """

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]

    def in_types(self, declared: pa.Schema, table: str) -> Iterator[dict[str, pa.Array]]:
        """The declared columns that the data has, batch by batch, in their declared types.

        Raises:
            SynthDataError: for values that their column's type cannot hold.
        """
        for whole in self.batches:
            point = (whole.schema.metadata or {}).get(POINT, b".").decode()
            for start in range(0, whole.num_rows, BATCH):
                batch = whole.slice(start, BATCH)
                yield {
                    field.name: in_type(batch.column(field.name), field, table, point)
                    for field in declared
                    if field.name in batch.schema.names
                }


def in_type(array: pa.Array, field: pa.Field, table: str, point: str = ".") -> pa.Array:
    """A column in its declared type; texts in every form in which a column of that type is inferred from them.

    Args:
        array: the column.
        field: its name and its declared type.
        table: its table's name.
        point: what stands before the decimals of a number that is written as text.
    """
    try:
        return _converted(array, field.type, point)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SynthDataError(
            f"{table}.{field.name}: the data is {type_name(array.type)}, which cannot be read as the declared "
            f"{type_name(field.type)}: {error}"
        ) from None


def _converted(array: pa.Array, target: pa.DataType, point: str) -> pa.Array:
    array = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    if array.type == target:
        return array
    if pa.types.is_nested(target) and pa.types.is_nested(array.type):
        return _converted_inside(array, target, point)
    if pa.types.is_string(array.type) and not pa.types.is_nested(target):
        return _read(array, target, point)
    if pa.types.is_timestamp(array.type) and pa.types.is_timestamp(target):
        # Without a time zone it is UTC, as everything here.
        return array.cast(pa.timestamp(target.unit, array.type.tz)).cast(target)
    if pa.types.is_timestamp(array.type) and pa.types.is_date(target):
        return array.cast(pa.timestamp(array.type.unit)).cast(target, safe=False)
    if pa.types.is_date(array.type) and pa.types.is_timestamp(target):
        return array.cast(pa.timestamp(target.unit)).cast(target)
    return array.cast(target)


def _converted_inside(array: pa.Array, target: pa.DataType, point: str) -> pa.Array:
    """Structs, lists and maps, whose parts are read as columns are; a JSON object is a struct or a map."""
    test = pa.types
    if test.is_struct(array.type) and test.is_map(target):
        return _as_map(array, target, point)
    null = array.is_null()
    if test.is_struct(array.type) and test.is_struct(target):
        there = {field.name for field in array.type}
        if there >= {field.name for field in target}:
            parts = [_converted(pc.struct_field(array, field.name), field.type, point) for field in target]
            return pa.StructArray.from_arrays(parts, fields=list(target), mask=null)
    if test.is_list(array.type) and test.is_map(target) and _holds_entries(array.type.value_type):
        parts = array.flatten().cast(pa.struct([target.key_field, target.item_field])).flatten()
        return pa.MapArray.from_arrays(_offsets(pc.list_value_length(array)), *parts, target, mask=null)
    if test.is_list(array.type) and test.is_list(target):
        items = _converted(array.flatten(), target.value_type, point)
        return pa.ListArray.from_arrays(_offsets(pc.list_value_length(array)), items, target, mask=null)
    return array.cast(target)


def _holds_entries(item: pa.DataType) -> bool:
    """Whether lists of such items are maps: of keys and values, as Polars has them, or of nothing."""
    return pa.types.is_null(item) or (pa.types.is_struct(item) and [field.name for field in item] == ["key", "value"])


def _as_map(array: pa.Array, target: pa.MapType, point: str) -> pa.Array:
    """Objects as maps. Arrow's JSON gives each object the keys of all: one without a value is not there."""
    names = [field.name for field in array.type]
    columns = [_converted(pc.struct_field(array, name), target.item_type, point) for name in names]
    there = np.array([to_numpy(column.is_valid()) for column in columns], np.bool_).reshape(len(names), len(array)).T
    keys = pa.array(np.tile(np.arange(len(names)), len(array))[there.ravel()])
    order = np.arange(len(names) * len(array)).reshape(len(names), len(array)).T.ravel()[there.ravel()]
    items = pa.concat_arrays(columns).take(pa.array(order)) if columns else pa.array([], target.item_type)
    offsets = _offsets(pa.array(there.sum(axis=1)))
    known = pa.array(names, pa.string()).cast(target.key_type).take(keys)
    return pc.if_else(array.is_valid(), pa.MapArray.from_arrays(offsets, known, items, target), pa.scalar(None, target))


def _offsets(lengths: pa.Array) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(to_numpy(lengths.fill_null(0)))]).astype(np.int32))


def _read(texts: pa.Array, target: pa.DataType, point: str) -> pa.Array:
    """Texts as what they say."""
    test = pa.types
    if test.is_binary(target) or test.is_large_string(target) or test.is_string_view(target):
        return texts.cast(target)
    try:
        return _plainly_read(texts, target, point)
    except pa.ArrowInvalid:  # CSV is read with spaces around values, and with any number of digits of a second
        texts = pc.utf8_trim_whitespace(texts)
        if test.is_timestamp(target) or test.is_time(target):
            texts = pc.replace_substring_regex(texts, r"(:\d\d\.\d{6})\d+", r"\1")
        return _plainly_read(texts, target, point)


def _plainly_read(texts: pa.Array, target: pa.DataType, point: str) -> pa.Array:
    test = pa.types
    if test.is_timestamp(target):
        return _read_times(texts, target)
    if test.is_time(target):
        times = pc.binary_join_element_wise("1970-01-01", texts, " ").cast(pa.timestamp("us"))
        return times.cast(pa.time64("us")).cast(target)
    if point != "." and (test.is_floating(target) or test.is_decimal(target)):
        texts = pc.replace_substring(texts, point, ".")
    return texts.cast(target)


def _read_times(texts: pa.Array, target: pa.DataType) -> pa.Array:
    """Dates and times, each with an offset from UTC or without; without one they are UTC, as everything here."""
    has_offset = pc.match_substring_regex(texts, _OFFSET)
    if not pc.any(has_offset).as_py():
        return texts.cast(pa.timestamp(target.unit)).cast(target)
    nothing = pa.scalar(None, pa.string())
    there = pc.if_else(has_offset, texts, nothing).cast(pa.timestamp(target.unit, "UTC"))
    here = pc.if_else(has_offset, nothing, texts).cast(pa.timestamp(target.unit)).cast(there.type)
    times = pc.coalesce(there, here)
    return times.cast(target) if target.tz is not None else times.cast(pa.int64()).cast(target)


__all__ = ["POINT", "Source", "in_type"]
