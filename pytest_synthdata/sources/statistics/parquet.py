"""What Parquet files say at their end of the rows before it: no page of data is read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.sources import reading
from pytest_synthdata.sources.statistics.extents import (
    ColumnStatistics,
    Statistics,
    column_statistics,
    has_range,
    joined,
)

_NULL = "__HIVE_DEFAULT_PARTITION__"
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001
_UNITS: Mapping[str, tuple[int, int]] = {"milliseconds": (1_000, 1), "microseconds": (1, 1), "nanoseconds": (1, 1_000)}


def statistics_of_parquet(files: Sequence[Path], root: Path) -> tuple[pa.Schema, Statistics]:
    """The columns and statistics of a table in Parquet.

    Args:
        files: at least one.
        root: the table's folder, or its only file; names of folders below it may say what else is in a row.
    """
    from pyarrow.parquet import read_metadata

    schemas, footers = [], []
    for file in files:
        with reading(file):
            footers.append(read_metadata(file))
            schemas.append(footers[-1].schema.to_arrow_schema().remove_metadata())
    try:
        schema = pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException as error:
        raise SynthDataError(f"{root}: its files have columns of unlike types: {error}") from None
    folders = [_folders(file, root) for file in files]
    partitioned = {name: _type([one.get(name) for one in folders]) for one in folders for name in one}
    for name, type_ in partitioned.items():
        if name not in schema.names:
            schema = schema.append(pa.field(name, type_))
    parts = [
        part
        for footer, of_file, folder in zip(footers, schemas, folders, strict=True)
        for part in _parts(footer, of_file, schema, _of_folders(folder, partitioned))
    ]
    return schema, joined(schema.names, parts)


def _parts(footer: Any, of_file: pa.Schema, schema: pa.Schema, said: Mapping[str, Any]) -> Iterator[Statistics]:
    """The statistics of a file's groups of rows."""
    paths = [footer.schema.column(number).path for number in range(footer.num_columns)]
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        found: dict[str, ColumnStatistics] = {}
        for field in schema:
            if field.name in said:
                value = said[field.name]
                found[field.name] = ColumnStatistics(group.num_rows if value is None else 0, *_ends(value))
            elif field.name not in of_file.names:
                found[field.name] = ColumnStatistics(group.num_rows)
            elif paths.count(field.name) == 1 and not pa.types.is_nested(field.type):
                kept = group.column(paths.index(field.name)).statistics
                found[field.name] = ColumnStatistics() if kept is None else _column(kept, field.type)
        yield Statistics(group.num_rows, found)


def _column(kept: Any, type_: pa.DataType) -> ColumnStatistics:
    nulls = kept.null_count if kept.has_null_count else None
    if not has_range(type_) or not kept.has_min_max:
        return ColumnStatistics(nulls)
    try:
        if pa.types.is_timestamp(type_):
            return column_statistics(nulls, *(_time(end, kept, type_) for end in (kept.min_raw, kept.max_raw)))
        return column_statistics(nulls, kept.min, kept.max)
    except (OverflowError, ValueError):  # days that no calendar of Python has
        return ColumnStatistics(nulls)


def _time(raw: Any, kept: Any, type_: pa.DataType) -> dt.datetime | None:
    """A time by its number: Arrow would need pandas for nanoseconds."""
    unit = _UNITS.get(json.loads(kept.logical_type.to_json()).get("timeUnit", ""))
    if unit is None or not isinstance(raw, int):
        return None
    found = _EPOCH + dt.timedelta(microseconds=raw * unit[0] // unit[1])
    return found if type_.tz is None else found.replace(tzinfo=dt.timezone.utc)


def _folders(file: Path, root: Path) -> dict[str, str | None]:
    """What the folders that a file is in say of its rows, as ``country=DE`` does."""
    inner = file.relative_to(root).parts[:-1] if root.is_dir() else ()
    pairs = [part.partition("=") for part in inner if "=" in part]
    return {name: None if value == _NULL else unquote(value) for name, _, value in pairs}


def _type(values: Sequence[str | None]) -> pa.DataType:
    try:
        numbers = pa.array([None if one is None else int(one) for one in values], pa.int32())
    except (ValueError, OverflowError, pa.ArrowException):
        return pa.string()
    return pa.string() if numbers.null_count == len(numbers) else pa.int32()


def _of_folders(folder: Mapping[str, str | None], types: Mapping[str, pa.DataType]) -> dict[str, Any]:
    """The values of a file's rows by its folders: numbers, and empty texts for all texts, which are not copied."""
    return {
        name: None if value is None else (int(value) if pa.types.is_integer(types[name]) else "")
        for name, value in folder.items()
    }


def _ends(value: Any) -> tuple[Any, Any]:
    return (value, value) if isinstance(value, int) else (None, None)


__all__ = ["statistics_of_parquet"]
