"""What a catalog says of a table as JSON: `DESCRIBE EXTENDED … AS JSON`, and `SHOW STATISTICS … AS JSON` after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.errors import DeclarationError, SynthDataError
from pytest_synthdata.sources.ddl import Definition
from pytest_synthdata.sources.spark_types import spark_type
from pytest_synthdata.sources.statistics.extents import ColumnStatistics, Statistics
from pytest_synthdata.sources.statistics.kept_texts import column_kept, whole


def statistics_of_described(path: Path, what: str) -> tuple[Definition, Statistics]:
    """A table's definition and statistics.

    Args:
        path: a file with the JSON that one or both of the statements gave, one after the other.
        what: whose data it is, for messages.
    """
    said = _documents(path)
    described = next((one for one in said if isinstance(one.get("columns"), list)), None)
    if described is None:
        raise SynthDataError(
            f"{what}: {path} keeps no statistics: rows in JSON have none, and of a catalog's table give what DESCRIBE "
            "EXTENDED … AS JSON says, whose columns have types"
        )
    columns = described["columns"]
    try:
        schema = pa.schema([pa.field(one["name"], _named_type(one)) for one in columns])
        definition = Definition(
            str(described.get("table_name") or ""),
            schema,
            not_null=frozenset(one["name"] for one in columns if one.get("nullable") is False),
            lengths={
                one["name"]: (int(one["type"]["length"]), one["type"]["name"] == "char")
                for one in columns
                if one["type"].get("length") is not None
            },
            defaults={one["name"]: str(one["default"]) for one in columns if one.get("default") is not None},
            comments={one["name"]: str(one["comment"]) for one in columns if one.get("comment")}
            | ({"": str(described["comment"])} if described.get("comment") else {}),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise SynthDataError(
            f"{what}: {path} is not what DESCRIBE EXTENDED … AS JSON gives: a column has no {error}"
        ) from None
    found = Statistics(None)
    for one in said:
        found = with_kept(found, one, schema)
    return definition, found


def with_kept(known: Statistics, said: Mapping[str, Any], schema: pa.Schema) -> Statistics:
    """What is known of a table, and what one of the statements says of it.

    Args:
        known: what was known before.
        said: the object that the statement gave.
        schema: the table's columns.
    """
    kept = said.get("statistics") or {}
    rows = whole(kept.get("num_rows"))
    found: dict[str, ColumnStatistics] = dict(known.columns)
    for name, column in (kept.get("column_statistics") or {}).items():
        if name in schema.names:
            found[name] = column_kept(column, schema.field(name).type)
    return Statistics(known.rows if rows is None else rows, found)


def _documents(path: Path) -> list[Any]:
    """The JSON objects of a file, one after the other."""
    text = path.read_text("utf-8").strip()
    found: list[Any] = []
    decoder = json.JSONDecoder()
    while text and len(found) < 3:  # noqa: PLR2004 - more are rows
        try:
            one, end = decoder.raw_decode(text)
        except ValueError as error:
            raise SynthDataError(f"{path} cannot be read as JSON: {error}") from None
        found.append(one)
        text = text[end:].lstrip()
    return [one for one in found if isinstance(one, dict)]


def _named_type(column: Mapping[str, Any]) -> pa.DataType:
    try:
        return _type(column["type"])
    except DeclarationError as error:
        raise DeclarationError(f"{column['name']}: {error}") from None


def _type(said: Mapping[str, Any]) -> pa.DataType:
    name = said["name"].lower()
    if name == "array":
        return pa.list_(_type(said["element_type"]))
    if name == "map":
        return pa.map_(_type(said["key_type"]), _type(said["value_type"]))
    if name == "struct":
        return pa.struct([(one["name"], _type(one["type"])) for one in said["fields"]])
    if name == "decimal":
        return arrow_type(f"decimal({said['precision']},{said['scale']})")
    if name == "interval":
        return spark_type(f"interval {said.get('start_unit', '')} to {said.get('end_unit', '')}")
    return spark_type(name)


__all__ = ["statistics_of_described", "with_kept"]
