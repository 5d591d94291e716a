"""How rows become a file: Parquet, CSV and JSON lines, each written batch by batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import (
    arrow_array,
    arrow_scalar,
    concatenated,
    null_of,
    python_of,
    without_nulls,
)
from pytest_synthdata.columns.arrow.casts.json_text import as_json, quoted
from pytest_synthdata.columns.arrow.parquet_file import parquet_batches, write_parquet
from pytest_synthdata.columns.tables.table_view import BATCH
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.files.limits import require_fit

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView


def write_csv(view: TableView, batches: Iterable[pa.RecordBatch], path: Path) -> None:
    """A CSV file with a header. Times are in ISO 8601; null is an empty field, an empty text is quoted.

    NaN and Infinity are written so, as Spark, Java and pandas read them.
    """
    from pyarrow import csv

    require_fit([view], "csv")
    plain = csv.WriteOptions(include_header=False)
    with path.open("wb") as file:
        names = pa.table({name: arrow_array([], pa.string()) for name in view.schema.names})
        csv.write_csv(names, file)
        for batch in batches:
            columns = [_as_csv(array) for array in batch.columns]
            csv.write_csv(pa.RecordBatch.from_arrays(columns, names=view.schema.names), file, plain)


def _as_csv(array: pa.Array) -> pa.Array:
    """A column as Arrow can write it: times, and floats that are not all finite, as texts."""
    if pa.types.is_timestamp(array.type):
        return _iso(array)
    if pa.types.is_floating(array.type) and pc.all(pc.is_finite(array)).as_py() is False:
        return _numbers(array, "NaN", "Infinity", "-Infinity")
    return array


def write_json(view: TableView, batches: Iterable[pa.RecordBatch], path: Path) -> None:
    """One JSON object a line, as Spark and pandas read it, maps being objects.

    Times are in ISO 8601; NaN and Infinity are texts.
    """
    del view
    with path.open("wb") as file:
        for batch in batches:
            file.write(_json_lines(batch))


def _json_lines(batch: pa.RecordBatch) -> Any:
    lines = _json_objects(batch.schema.names, batch.columns, "}\n")
    _, offsets, text = lines.buffers()
    ends = memoryview(offsets).cast("i")
    return text[ends[0] : ends[len(lines)]] if text is not None else b""


def _json_objects(names: list[str], arrays: list[pa.Array], end: str) -> pa.Array:
    pieces: list[Any] = ["{"]
    for number, (name, array) in enumerate(zip(names, arrays, strict=True)):
        label = f"{', ' if number else ''}{json.dumps(name)}: "
        pieces += [label, without_nulls(_json_values(array), "null")]
    return concatenated(*pieces, end)


def _json_values(array: pa.Array) -> pa.Array:
    type_ = array.type
    if pa.types.is_integer(type_) or pa.types.is_boolean(type_) or pa.types.is_decimal(type_):
        return array.cast(pa.string())
    if pa.types.is_floating(type_):
        return _json_numbers(array)
    if pa.types.is_timestamp(type_):
        return _quoted(_iso(array))
    if pa.types.is_date(type_):
        return _quoted(array.cast(pa.string()))
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return quoted(array.cast(pa.string()), as_json)
    if pa.types.is_map(type_):
        return _json_several(array, _json_pairs(array), "{}")
    if pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        lists = array.cast(pa.list_(type_.value_type))
        return _json_several(lists, _json_values(lists.values), "[]")
    if pa.types.is_struct(type_):
        objects = _json_objects([part.name for part in type_], array.flatten(), "}")
        return pc.if_else(array.is_valid(), objects, null_of(pa.string()))
    plain = [None if value is None else json.dumps(value, default=_plain) for value in python_of(array)]
    return arrow_array(plain, pa.string())


def _json_several(array: pa.Array, elements: pa.Array, brackets: str) -> pa.Array:
    """Lists or maps, of whose elements there are texts."""
    lists = pa.ListArray.from_arrays(array.offsets, without_nulls(elements, "null"))
    joined = pc.binary_join(lists, arrow_scalar(", "))
    return pc.if_else(array.is_valid(), concatenated(brackets[0], joined, brackets[1]), null_of(pa.string()))


def _json_pairs(array: pa.Array) -> pa.Array:
    """A map's keys and values. Whatever a key is, in JSON it is a text."""
    keys = _json_values(array.keys)
    keys = pc.if_else(pc.starts_with(keys, '"'), keys, _quoted(keys))
    return concatenated(keys, ": ", without_nulls(_json_values(array.items), "null"))


def _json_numbers(array: pa.Array) -> pa.Array:
    texts = _numbers(array, '"NaN"', '"Infinity"', '"-Infinity"')
    zeros = pc.equal(texts, arrow_scalar("-0"))  # which JSON's readers take for the whole number 0
    return pc.if_else(zeros, arrow_scalar("-0.0"), texts) if pc.any(zeros).as_py() else texts


def _numbers(array: pa.Array, nan: str, infinity: str, minus_infinity: str) -> pa.Array:
    """Floats as texts, with words for those that are not finite."""
    texts = array.cast(pa.string())
    if pc.all(pc.is_finite(array)).as_py() is not False:
        return texts
    is_below = pc.less(array, arrow_scalar(0))
    infinite = pc.if_else(is_below, arrow_scalar(minus_infinity), arrow_scalar(infinity))
    return pc.case_when(pc.make_struct(pc.is_nan(array), pc.is_inf(array)), arrow_scalar(nan), infinite, texts)


def _quoted(array: pa.Array) -> pa.Array:
    return concatenated('"', array, '"')


def _iso(array: pa.Array) -> pa.Array:
    # Twenty-five times as fast as strftime. A zoned time's naive form is its UTC.
    text = pc.binary_replace_slice(array.cast(pa.timestamp(array.type.unit)).cast(pa.string()), 10, 11, "T")
    return concatenated(text, "Z") if array.type.tz else text


def _plain(value: Any) -> Any:
    """What JSON has no type for."""
    if isinstance(value, bytes):
        from base64 import b64encode

        return b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


Writer = Callable[["TableView", Iterable[pa.RecordBatch], Path], None]

# The writer of each format, and how its files' names end.
FORMATS: dict[str, tuple[Writer, str]] = {
    "parquet": (write_parquet, "zstd.parquet"),
    "csv": (write_csv, "csv"),
    "json": (write_json, "json"),
}


@dataclass(frozen=True)
class FileForm:
    """How files are written.

    Args:
        format: one of `FORMATS`.
        parquet: options of `write_parquet`.

    Raises:
        SynthDataError: for options of Parquet where another format is written.
    """

    format: str
    parquet: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.parquet and self.format != "parquet":
            raise SynthDataError(f"parquet={dict(self.parquet)!r} says how Parquet is written, not {self.format}")

    @property
    def ending(self) -> str:
        """How files' names end."""
        return FORMATS[self.format][1]

    def batches(self, view: TableView, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Rows for `write`."""
        return parquet_batches(view, start, stop) if self.format == "parquet" else view.batches(start, stop, BATCH)

    def write(self, view: TableView, batches: Iterable[pa.RecordBatch], path: Path) -> None:
        """Write a file."""
        if self.format == "parquet":
            write_parquet(view, batches, path, self.parquet)
        else:
            FORMATS[self.format][0](view, batches, path)


__all__ = ["FORMATS", "FileForm", "Writer", "write_csv", "write_json", "write_parquet"]
