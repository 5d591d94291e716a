"""What the log of a Delta table says of its files: none of them is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.sources.statistics.extents import (
    ColumnStatistics,
    Statistics,
    column_statistics,
    has_range,
    joined,
)


def statistics_of_delta(path: Path, what: str) -> tuple[pa.Schema, Statistics]:
    """The columns and statistics of a Delta table's newest version.

    Args:
        path: its folder.
        what: whose data it is, for messages.
    """
    try:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError
    except ImportError:
        raise SynthDataError(
            f"{what}: {path} is a Delta table; to read it: pip install 'pytest-synthdata[delta]'"
        ) from None
    try:
        table = DeltaTable(path)
        schema = pa.schema(table.schema().to_arrow())
        partitioned = set(table.metadata().partition_columns)
        wanted = [
            "num_records",
            *(name for field in schema for name in _wanted(field, is_folder=field.name in partitioned)),
        ]
        actions = pa.table(table.get_add_actions(flatten=True))
    except DeltaError as error:
        raise SynthDataError(f"{what}: the log of {path} cannot be read: {error}") from None
    files = actions.select([name for name in wanted if actions.schema.names.count(name) == 1]).to_pylist()
    parts = [
        Statistics(
            file.get("num_records"), {field.name: _column(field, file, field.name in partitioned) for field in schema}
        )
        for file in files
    ]
    return schema, joined(schema.names, parts)


def _wanted(field: pa.Field, *, is_folder: bool) -> list[str]:
    """What is read of a column: the ends of texts are not."""
    if is_folder:
        return [f"partition.{field.name}"]
    ends = [f"min.{field.name}", f"max.{field.name}"] if has_range(field.type) else []
    return [f"null_count.{field.name}", *ends]


def _column(field: pa.Field, file: dict[str, Any], is_folder: bool) -> ColumnStatistics:
    if pa.types.is_nested(field.type):
        return ColumnStatistics()
    if is_folder:
        value = file.get(f"partition.{field.name}")
        nulls = file.get("num_records") if value is None else 0
        return column_statistics(nulls, value, value) if has_range(field.type) else ColumnStatistics(nulls)
    return column_statistics(*(file.get(f"{kind}.{field.name}") for kind in ("null_count", "min", "max")))


__all__ = ["statistics_of_delta"]
