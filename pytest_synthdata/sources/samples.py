"""What a factory is inferred from: column types, and rows where there are some."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.types import MOST_DIGITS, ddl_schema, settled
from pytest_synthdata.errors import DeclarationError, SynthDataError
from pytest_synthdata.file_formats import format_of
from pytest_synthdata.files.targets import is_address, local_path
from pytest_synthdata.sources import reading, source_of
from pytest_synthdata.sources.ddl import Definition, definitions, is_special
from pytest_synthdata.sources.definition_names import in_own_case
from pytest_synthdata.sources.delimited import read_delimited, text_of
from pytest_synthdata.sources.schemas import schema_definitions
from pytest_synthdata.sources.spark_types import spark_type
from pytest_synthdata.sources.statistics.extents import Statistics

MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class Sample:
    """A table's columns, and rows of it.

    Args:
        schema: its columns, in types as tables have them.
        rows: its first rows, at most a million; None where only the schema is known.
        is_whole: whether these are all.
        definition: what a `CREATE TABLE` says of it; None where there is none.
        statistics: what is kept of its values, where its rows are not read.
    """

    schema: pa.Schema
    rows: pa.Table | None = None
    is_whole: bool = False
    definition: Definition | None = None
    statistics: Statistics | None = None

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        counted = None if self.statistics is None else self.statistics.rows
        return counted or 0 if self.rows is None else int(self.rows.num_rows)

    def column(self, name: str) -> pa.Array | None:
        """A column's values, if there are any."""
        if self.rows is None:
            return None
        chunked = self.rows[name]
        return chunked.chunk(0) if chunked.num_chunks == 1 else chunked.combine_chunks()  # which would copy one, too


def sample_of(source: Any, what: str) -> Sample:
    """What is known of a table.

    Args:
        source: a PySpark ``StructType``, a DDL string or `CREATE TABLE` statement, an Arrow schema, a dataclass or
            TypedDict, a pydantic model, a JSON Schema or Avro schema as a dict, a text or a file; a path
            to a file or folder of Parquet, CSV, JSON, Feather or Delta; a pandas, Arrow or Spark table, ``{column:
            values}``.
        what: whose columns they are, for messages.

    Raises:
        SynthDataError: for anything else.
    """
    if isinstance(source, pa.Schema):
        return _without_rows(source)
    if type(source).__name__ == "StructType" and hasattr(source, "fields"):
        return _without_rows(pa.schema(list(_of_spark(source))))
    if (defined := samples_of_schema(source)) is not None:
        return _only(defined, what)
    if isinstance(source, dict):
        return sample_of(_of_columns(source), what)
    if isinstance(source, str) and not is_path(source):
        return _only(samples_of_sql(source), what)
    if isinstance(source, (str, Path)) and (files := _csv_files(local_path(source, what))):
        return _of_rows(_read_csv(files))
    data = source_of(source, what)
    return _of_rows(_first(data.batches, data.schema))


def _only(found: dict[str, Sample], what: str) -> Sample:
    if len(found) > 1:
        raise SynthDataError(
            f"{what}: these are {len(found)} tables: {', '.join(found)}; name one by table=, or give all to "
            "`synthdata infer`"
        )
    return next(iter(found.values()))


def samples_of_schema(source: Any) -> dict[str, Sample] | None:
    """The tables of a file of SQL, a class, or a schema in JSON or protobuf, by name; None for other things."""
    if isinstance(source, (str, Path)) and Path(source).suffix == ".sql" and Path(source).is_file():
        return samples_of_sql(text_of(Path(source)))
    found = schema_definitions(source)
    if found is None:
        return None
    return {one.table: _defined(one) for one in found}


def samples_of_sql(text: str) -> dict[str, Sample]:
    """The tables of a schema in SQL, by name; of columns alone one without a name.

    Args:
        text: columns with their types, as they are or in ``struct<…>``; or `CREATE TABLE` statements.
    """
    if (inner := re.fullmatch(r"(?is)\s*struct\s*<(.*)>\s*", text)) is not None:
        text = inner[1]
    if not is_special(text):
        return {"": _without_rows(ddl_schema(text))}
    return {one.table: _defined(one) for one in map(in_own_case, definitions(text))}


def _of_columns(source: dict[Any, Any]) -> pa.Table:
    try:
        return pa.table({str(name): values for name, values in source.items()})
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SynthDataError(f"{{column: values}} of unlike lengths or types: {error}") from None


def is_path(text: str) -> bool:
    """Whether a text is a path, rather than a schema in Spark's DDL."""
    if is_address(text) or re.search(r"[\s:<,]", text) is None or format_of(text) is not None:
        return True
    try:
        return Path(text).exists()
    except OSError:  # longer than any path
        return False


def _without_rows(schema: pa.Schema) -> Sample:
    """Columns, and which of them are never null, where there are some."""
    not_null = frozenset(_never_null(schema))
    plain = _plain_schema(schema)
    return Sample(plain, definition=Definition("", plain, not_null) if not_null else None)


def _defined(said: Definition) -> Sample:
    inside = _never_null(said.schema)
    definition = replace(said, not_null=said.not_null.union(inside))
    return Sample(_plain_schema(said.schema), definition=definition)


def _never_null(fields: Iterable[pa.Field], before: str = "") -> Iterator[str]:
    """The paths of what is never null by a schema; items of arrays are at ``[]``."""
    for one in fields:
        path = f"{before}{one.name}"
        if not one.nullable:
            yield path
        yield from _never_null_in(one.type, path)


def _never_null_in(type_: pa.DataType, path: str) -> Iterator[str]:
    if pa.types.is_struct(type_):
        yield from _never_null(type_, f"{path}.")
    elif pa.types.is_list(type_):
        yield from _never_null([type_.value_field.with_name("[]")], f"{path}.")


def _first(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> tuple[pa.Table, bool]:
    kept: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        if count + batch.num_rows > MOST_ROWS:
            kept.append(batch.slice(0, MOST_ROWS - count))
            return pa.Table.from_batches(kept, schema=schema), False
        kept.append(batch)
        count += batch.num_rows
    return pa.Table.from_batches(kept, schema=schema), True


def _of_rows(read: tuple[pa.Table, bool]) -> Sample:
    rows, is_whole = read
    schema = _plain_schema(rows.schema)
    cast = [_cast(column, field) for column, field in zip(rows.columns, schema, strict=True)]
    return Sample(schema, pa.table(cast, schema=schema), is_whole)


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.Array:
    """A column in its plain type; of times what is finer than a microsecond is dropped."""
    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_run_end_encoded(array.type):
        array = pc.run_end_decode(array)
    try:
        return array.cast(options=pc.CastOptions(field.type, allow_time_truncate=True))
    except pa.ArrowException as error:
        raise SynthDataError(
            f"{field.name}: {column.type} cannot be read as {field.type}: {error}; cast the column, or leave it out"
        ) from None


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    _check_names(schema.names, "columns")
    fields = []
    for field in schema:
        try:
            fields.append(pa.field(field.name, _plain_type(field.type)))
        except SynthDataError as error:  # noqa: PERF203 - says which
            raise SynthDataError(f"{field.name}: {error}") from None
    return pa.schema(fields)


def _check_names(names: list[str], what: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SynthDataError(f"two {what} have one name, {twice[0]!r}: rename one of them")


def _plain_type(type_: pa.DataType) -> pa.DataType:
    """A type as tables have it; of Arrow's several layouts of texts and bytes the usual one."""
    type_, test = _bare(type_), pa.types
    if test.is_large_string(type_) or test.is_string_view(type_):
        return pa.string()
    if test.is_large_binary(type_) or test.is_fixed_size_binary(type_) or test.is_binary_view(type_):
        return pa.binary()
    if test.is_decimal(type_):
        return _plain_decimal(type_)
    if test.is_date(type_):
        return pa.date32()
    if test.is_list(type_) or test.is_large_list(type_) or test.is_fixed_size_list(type_):
        return pa.list_(_plain_type(type_.value_type))
    if test.is_struct(type_):
        _check_names([field.name for field in type_], f"fields of {type_}")
        return pa.struct([(field.name, _plain_type(field.type)) for field in type_])
    if test.is_map(type_):
        return pa.map_(_plain_type(type_.key_type), _plain_type(type_.item_type))
    return settled(type_)


def _bare(type_: pa.DataType) -> pa.DataType:
    """A type as its values are, without what it says of their meaning or layout."""
    if isinstance(type_, pa.BaseExtensionType):
        return _bare(type_.storage_type)
    if pa.types.is_run_end_encoded(type_) or pa.types.is_dictionary(type_):
        return _bare(type_.value_type)
    if pa.types.is_union(type_) or str(type_).startswith(("list_view", "large_list_view")):
        raise SynthDataError(f"{type_}: tables have no columns of that type; cast the column, or leave it out")
    return type_


def _plain_decimal(type_: pa.DataType) -> pa.DataType:
    digits = type_.precision - min(type_.scale, 0)
    if digits > MOST_DIGITS:
        raise SynthDataError(f"{type_}: tables have decimals of at most {MOST_DIGITS} digits; cast the column")
    return pa.decimal128(digits, max(type_.scale, 0))


def _of_spark(struct: Any) -> Iterable[pa.Field]:
    for field in struct.fields:
        try:
            yield pa.field(field.name, _of_spark_type(field.dataType), nullable=field.nullable)
        except DeclarationError as error:  # noqa: PERF203 - says which
            raise DeclarationError(f"{field.name}: {error}") from None


def _of_spark_type(type_: Any) -> pa.DataType:
    kind = type_.typeName()
    if kind == "array":
        return pa.list_(pa.field("item", _of_spark_type(type_.elementType), nullable=type_.containsNull))
    if kind == "map":
        return pa.map_(_of_spark_type(type_.keyType), _of_spark_type(type_.valueType))
    if kind == "struct":
        return pa.struct(list(_of_spark(type_)))
    return spark_type(type_.simpleString())


def _csv_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if format_of(path) == "csv" else []
    if any("=" in item.name and item.is_dir() for item in (path.iterdir() if path.is_dir() else ())):
        return []  # whose folders say what else is in a row
    return sorted(
        file
        for file in path.rglob("*")
        if file.is_file()
        and format_of(file) == "csv"
        and file.suffix != ".txt"
        and not file.name.startswith(("_", "."))
    )


def _read_csv(files: list[Path]) -> tuple[pa.Table, bool]:
    """CSV, its types guessed by Arrow; texts where its files differ."""
    tables = [_csv_table(file, ()) for file in files]
    names = dict.fromkeys(name for one in tables for name in one.schema.names)
    differing = [name for name in names if _differs(name, tables)]
    if differing:
        tables = [_csv_table(file, differing) for file in files]
    table = pa.concat_tables(tables, promote_options="permissive")
    return table.slice(0, MOST_ROWS), table.num_rows <= MOST_ROWS


def _csv_table(file: Path, texts: Iterable[str]) -> pa.Table:
    with reading(file):
        table = read_delimited(file, texts)
    _check_names(table.schema.names, f"columns of {file}")
    return table


def _differs(name: str, tables: list[pa.Table]) -> bool:
    """Whether a column has types in some files that do not become one."""
    try:
        pa.unify_schemas(
            [pa.schema([one.schema.field(name)]) for one in tables if name in one.schema.names],
            promote_options="permissive",
        )
    except pa.ArrowException:
        return True
    return False


__all__ = ["Sample", "is_path", "sample_of", "samples_of_schema", "samples_of_sql"]
