"""A table's shape, as data has it: its columns, their types, and how many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.declarations.wording import type_name
from pytest_synthdata.file_formats import format_of
from pytest_synthdata.sources import source_of
from pytest_synthdata.validation.results import Check

STRICT, LOOSE, NONE = "strict", "loose", "none"


def strictness(data: Any) -> str:
    """How much of a column's type some data states: texts in CSV and JSON state none, pandas has fewer types."""
    if isinstance(data, (str, Path)):
        path = Path(data)
        files = [path] if path.is_file() else [file for file in path.rglob("*") if format_of(file) is not None]
        return NONE if any(format_of(file) in ("csv", "json") for file in files) else STRICT
    if isinstance(data, list):
        return NONE
    return LOOSE if type(data).__module__.partition(".")[0] == "pandas" else STRICT


def type_names(data: Any) -> Callable[[pa.DataType], str]:
    """How types are called where some data comes from: in Arrow's words, in pandas', else in Spark's."""
    library = type(data).__module__.partition(".")[0]
    if library == "pyarrow":
        return str
    return _name_in_pandas if library == "pandas" else type_name


def _name_in_pandas(type_: pa.DataType) -> str:
    types = pa.types
    if types.is_dictionary(type_):
        return "category"
    if types.is_timestamp(type_) or types.is_duration(type_):
        kind = "datetime64" if types.is_timestamp(type_) else "timedelta64"
        return f"{kind}[{type_.unit}{f', {type_.tz}' if getattr(type_, 'tz', None) else ''}]"
    numbers = (types.is_integer, types.is_floating, types.is_boolean)
    if any(is_kind(type_) for is_kind in numbers):
        return str(np.dtype(type_.to_pandas_dtype()))
    return type_name(type_)


def row_checks(view: TableView, rows: int, expected_rows: int | None) -> Iterator[Check]:
    """The check of the number of a table's rows.

    Args:
        view: what is declared.
        rows: how many the data has.
        expected_rows: how many there should be; None where nobody says: then there should be some.
    """
    if expected_rows is not None or not rows:
        wanted: Any = "at least 1" if expected_rows is None else expected_rows
        yield Check(view.name, "(rows)", "number", "", "", wanted, rows, rows, passed=rows == expected_rows)


def column_checks_of(view: TableView, data: Any, rows: int) -> Iterator[Check]:
    """The checks of the columns of data that are too many, and of types, as far as its kind of data states them."""
    schema = source_of(data, f"validate {view.name}").schema
    yield from column_checks(view, schema, rows, how=strictness(data), name_of=type_names(data))


def column_checks(
    view: TableView,
    schema: pa.Schema,
    rows: int,
    *,
    how: str,
    name_of: Callable[[pa.DataType], str] = type_name,
) -> Iterator[Check]:
    """The checks of a table's columns that are too many, and of types.

    Args:
        view: what is declared.
        schema: of the data.
        rows: how many the data has.
        how: how much the data's types say, as `strictness` gives it.
        name_of: gives the name of a type for the reader.
    """
    table = view.name
    for name in dict.fromkeys(schema.names):
        if name not in view.schema.names:
            found = name_of(schema.field(schema.names.index(name)).type)
            yield Check(table, name, "extra column", "", "", "not there", found, rows, passed=False)
    for field in view.schema:
        if how != NONE and schema.names.count(field.name) == 1:
            found = schema.field(field.name).type
            same = _is_like(field.type, found, loose=how == LOOSE)
            yield Check(table, field.name, "type", "", "", name_of(field.type), name_of(found), rows, passed=same)


def schema_problems(view: TableView, delivered: Iterable[tuple[pa.Schema, int]]) -> Iterator[Check]:
    """The failed checks of schemas other than the declared one, under which some rows of a table come.

    Args:
        view: what is declared.
        delivered: schemas, each with its number of rows.
    """
    seen: set[tuple[str, str, str]] = set()
    for schema, rows in delivered:
        for problem in _problems(view, schema, rows):
            place = (problem.column, problem.kind, str(problem.measured))
            if place not in seen:
                seen.add(place)
                yield problem


def _problems(view: TableView, schema: pa.Schema, rows: int) -> Iterator[Check]:
    table, declared = view.name, view.schema.names
    for name in declared:
        if name not in schema.names:
            yield Check(table, name, "missing column", "", "", "there", "missing", rows, passed=False)
    yield from (one for one in column_checks(view, schema, rows, how=STRICT) if not one.passed)
    shared = [name for name in schema.names if name in declared]
    wanted = [name for name in declared if name in schema.names]
    if shared != wanted:
        order = ", ".join(wanted), ", ".join(shared)
        yield Check(table, "(columns)", "order", "", "", *order, rows, passed=False)


def _is_like(declared: pa.DataType, found: pa.DataType, *, loose: bool) -> bool:
    """Whether a type is the declared one, in any of the forms that Arrow, Spark, Delta and pandas have for it."""
    types = pa.types
    if types.is_dictionary(found):
        return _is_like(declared, found.value_type, loose=loose)
    if declared == found or types.is_null(found):  # of nothing but nulls
        return True
    if types.is_nested(declared):
        return _is_like_nested(declared, found, loose=loose)
    if types.is_decimal(declared):
        return bool(types.is_decimal(found) and (loose or found.scale == declared.scale))
    for kind in (_is_text, _is_bytes, types.is_timestamp, types.is_date, types.is_time, types.is_duration):
        if kind(declared):
            return bool(kind(found) or (loose and types.is_temporal(declared) and types.is_temporal(found)))
    if types.is_unsigned_integer(declared):  # Spark and Delta take the next wider type
        return bool(types.is_integer(found) and found.bit_width >= declared.bit_width)
    if types.is_float16(declared):
        return bool(types.is_floating(found))
    # pandas has its whole numbers as floats where some are missing, and its flags as objects.
    numbers = types.is_integer(declared) or types.is_floating(declared)
    return bool(loose and numbers and (types.is_integer(found) or types.is_floating(found)))


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))


def _is_bytes(type_: pa.DataType) -> bool:
    return bool(pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_fixed_size_binary(type_))


def _is_like_nested(declared: pa.DataType, found: pa.DataType, *, loose: bool) -> bool:
    types = pa.types
    if types.is_map(declared):
        return _is_like_map(declared, found, loose=loose)
    if types.is_struct(declared):
        same = bool(types.is_struct(found)) and {one.name for one in declared} == {one.name for one in found}
        return same and all(_is_like(one.type, found.field(one.name).type, loose=loose) for one in declared)
    is_list = any(kind(found) for kind in (types.is_list, types.is_large_list, types.is_fixed_size_list))
    return is_list and _is_like(declared.value_type, found.value_type, loose=loose)


def _is_like_map(declared: pa.MapType, found: pa.DataType, *, loose: bool) -> bool:
    """Polars has maps as lists of keys and values, and pandas as dicts where Spark made them."""
    if loose and pa.types.is_struct(found):
        return all(_is_like(declared.item_type, field.type, loose=loose) for field in found)
    if pa.types.is_map(found):
        found = pa.list_(pa.struct([("key", found.key_type), ("value", found.item_type)]))
    entries = pa.list_(pa.struct([("key", declared.key_type), ("value", declared.item_type)]))
    return _is_like(entries, found, loose=loose)


__all__ = ["column_checks", "column_checks_of", "row_checks", "schema_problems", "strictness", "type_names"]
