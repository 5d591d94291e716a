"""Statistics as Spark's catalogs keep them: texts by the names that `ANALYZE TABLE` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.sources.statistics.extents import ColumnStatistics, Statistics, column_statistics, has_range
from pytest_synthdata.sources.statistics.histograms import quantiles_of

# As `CatalogStatistics` and `CatalogColumnStat` of Spark write them into a table's properties.
_ROWS = "spark.sql.statistics.numRows"
_COLUMN = "spark.sql.statistics.colStats."
_NULLS = ("null_count", "num_nulls", "nullCount")  # of SHOW STATISTICS, of DESCRIBE, and in properties


def column_kept(said: Mapping[str, Any], type_: pa.DataType) -> ColumnStatistics:
    """A column's statistics; the ends of texts are left where they are.

    Args:
        said: what is kept of it: texts by name.
        type_: the column's type.
    """
    nulls = next((number for name in _NULLS if (number := whole(said.get(name))) is not None), None)
    if not has_range(type_) or said.get("min") is None or said.get("max") is None:
        return ColumnStatistics(nulls)
    try:
        ends = pa.array([str(said["min"]), str(said["max"])])
        if pa.types.is_timestamp(type_):  # without a zone it is UTC, as everything here
            ends = pc.replace_substring_regex(ends, r"(Z|\+00:00)$", "").cast(pa.timestamp("us"))
        low, high = ends.cast(type_).to_pylist()
    except pa.ArrowException:
        return ColumnStatistics(nulls)
    found = column_statistics(nulls, low, high)
    return found if found.low is None else replace(found, quantiles=quantiles_of(said, type_))


def statistics_of_properties(properties: Mapping[str, str], schema: pa.Schema) -> Statistics:
    """What the properties of a table say of its rows and columns; nothing where nobody has analysed it.

    Args:
        properties: the table's.
        schema: its columns.
    """
    found = {}
    for field in schema:
        start = f"{_COLUMN}{field.name}."
        said = {name[len(start) :]: text for name, text in properties.items() if name.startswith(start)}
        if said:
            found[field.name] = column_kept(said, field.type)
    return Statistics(whole(properties.get(_ROWS)), found)


def whole(said: Any) -> int | None:
    """A count, if it is one."""
    try:
        count = int(said)
    except (TypeError, ValueError):
        return None
    return count if count >= 0 else None


__all__ = ["column_kept", "statistics_of_properties", "whole"]
