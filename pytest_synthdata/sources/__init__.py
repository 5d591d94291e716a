"""Any data as Arrow batches in the declared types: files, folders, pandas, Arrow, Spark."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.tables.table_view import BATCH
from pytest_synthdata.errors import ArgumentError, SynthDataError
from pytest_synthdata.file_formats import COMPRESSED, format_of
from pytest_synthdata.files.targets import local_path
from pytest_synthdata.sources.delimited import first_names, form_of, opened
from pytest_synthdata.sources.python_values import NO_TYPE, of_rows, several_types, with_maps
from pytest_synthdata.sources.source import POINT, Source
from pytest_synthdata.sources.spark import from_spark
from pytest_synthdata.sources.workbooks import first_sheet

# Nothing is read ahead of need: Arrow would go on while batches wait, and hold a gigabyte of a large table.
_READING = {"batch_size": BATCH, "batch_readahead": 0, "fragment_readahead": 0, "use_threads": False}
_READABLE = "give Parquet, CSV, JSON, Feather, Excel or a Delta table"
_FORMS = {
    "parquet": ("Parquet", "is it one, and whole?"),
    "csv": ("CSV", "give a header, and every line as many fields"),
    "json": ("JSON lines", "give one object a line, each field of one type"),
    "feather": ("Feather", "is it one, and whole?"),
    "excel": ("a workbook", "is it one, and whole?"),
}


@contextmanager
def reading(file: str | Path) -> Iterator[None]:
    """Say which file it is that cannot be read, and what it must look like."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        name, remedy = _FORMS[format_of(file) or "parquet"]
        reason = re.sub(r"^Error creating dataset\..*?\?: ", "", str(error).partition("\n")[0])
        raise SynthDataError(f"{file} cannot be read as {name}: {reason}; {remedy}") from None


def source_of(data: Any, what: str) -> Source:
    """Data in any form that is understood.

    Args:
        data: a path, a pandas, Polars or Spark DataFrame, a DuckDB relation, an Arrow table, dataset, reader or batch,
            a list of rows, or a `pytest_synthdata.Table`.
        what: whose data it is, for messages.

    Raises:
        SynthDataError: for anything else, and for a path where nothing is.
    """
    found = _source_of(data, what)
    _require_one_name_each(found.schema.names, what)
    return found


def _source_of(data: Any, what: str) -> Source:  # noqa: C901 - one line for each form
    if isinstance(data, (str, Path)):
        return _from_path(local_path(data, what), what)
    if isinstance(data, pa.RecordBatch):
        return Source(data.schema, [data])
    if isinstance(data, pa.Table):
        return Source(data.schema, data.to_batches(max_chunksize=BATCH))
    if isinstance(data, pa.RecordBatchReader):
        return Source(data.schema, data)
    if hasattr(data, "record_batch"):  # a view of a table of ours
        return Source(data.schema, data.batches(0, data.num_rows))
    if hasattr(data, "batches") and hasattr(data, "schema"):  # a Table of ours
        return Source(data.schema, data.batches())
    if hasattr(data, "to_batches") and hasattr(data, "schema"):  # an Arrow dataset
        return Source(data.schema, data.to_batches(**_READING))
    if hasattr(data, "toLocalIterator") and hasattr(data, "mapInArrow"):
        return from_spark(data)
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        return source_of(of_rows(data, what), what)
    if type(data).__module__.partition(".")[0] == "pandas":
        return source_of(_of_pandas(data, what), what)
    if hasattr(data, "__arrow_c_stream__"):
        return source_of(pa.RecordBatchReader.from_stream(data), what)
    if type(data).__module__.partition(".")[0] == "polars" and hasattr(data, "collect"):  # a LazyFrame
        return source_of(data.collect(), what)
    raise SynthDataError(
        f"{what}: {type(data).__name__} is not data that can be read: give a path, a pandas, Polars or Spark "
        "DataFrame, a DuckDB relation or an Arrow table"
    )


def _require_one_name_each(names: Iterable[str], what: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SynthDataError(f"{what}: two columns have one name, {twice[0]!r}: rename one of them")


def _of_pandas(frame: Any, what: str) -> pa.Table:
    _require_one_name_each(map(str, frame.columns), what)
    objects = [name for name, dtype in frame.dtypes.items() if str(dtype) == "object"]
    nested = {str(name): maps for name in objects if (maps := with_maps(frame[name].tolist())) is not None}
    plain = frame[[name for name in frame.columns if str(name) not in nested]]
    try:
        table = pa.Table.from_pandas(plain, preserve_index=False)
    except NO_TYPE as error:
        name = next((str(one) for one in frame.columns if str(one) in str(error)), None)
        raise several_types(what, name) from None
    if not nested:
        return table
    columns = {**dict(zip(table.column_names, table.columns, strict=True)), **nested}
    return pa.table({name: columns[name] for name in map(str, frame.columns)})


def _from_path(path: Path, what: str) -> Source:
    import pyarrow.dataset as ds

    if not path.exists():
        raise ArgumentError(f"{what}: there is nothing at {path}")
    if (path / "_delta_log").is_dir():
        try:
            from deltalake import DeltaTable
        except ImportError:
            raise SynthDataError(
                f"{what}: {path} is a Delta table; to read it: pip install 'pytest-synthdata[delta]'"
            ) from None
        return _from_files(DeltaTable(path).to_pyarrow_dataset())
    files = data_files(path)
    formats = {format_of(file) for file in files}
    if path.is_file() and formats == {None}:
        is_archive = path.suffix.lower() in (".zip", ".tar", ".tgz", ".7z", ".rar")
        remedy = "unpack it, and give what is in it" if is_archive else f"{_READABLE}, by their usual endings"
        raise SynthDataError(f"{what}: {path}: files of this kind are not read; {remedy}")
    if len(formats) != 1 or formats == {None}:
        found = "no data files" if not files else f"files of several formats: {sorted(map(str, formats))}"
        raise SynthDataError(f"{what}: {path} holds {found}; {_READABLE}")
    format_ = formats.pop()
    if format_ == "csv":
        return _from_csv(files)
    if format_ == "excel":
        tables = [first_sheet(file, what) for file in files]
        table = pa.concat_tables(tables, promote_options="permissive")
        return Source(table.schema, table.to_batches(max_chunksize=BATCH))
    if format_ == "json" and any(file.suffix in COMPRESSED or _is_alone(file) for file in files):
        return _from_json(files)
    with reading(files[0]):  # of which the types are
        names = [str(file) for file in files]
        found = ds.dataset(names, format=format_, partitioning="hive")
        if format_ == "json" and (schema := _without_times(found.schema)) != found.schema:
            found = ds.dataset(names, schema=schema, format=format_, partitioning="hive")
    return _from_files(found)


def _from_files(dataset: Any) -> Source:
    """A file after the other."""

    def batches() -> Iterator[pa.RecordBatch]:
        for fragment in dataset.get_fragments():
            with reading(fragment.path):
                yield from fragment.to_batches(schema=dataset.schema, **_READING)

    return Source(dataset.schema, batches())


def data_files(path: Path) -> list[Path]:
    """A file, or the files of a folder in formats that are read, without those that readers skip."""
    return [path] if path.is_file() else sorted(item for item in path.rglob("*") if _is_data(item, path))


def _is_data(item: Path, root: Path) -> bool:
    hidden = any(part.startswith(("_", ".")) for part in item.relative_to(root).parts)
    return item.is_file() and not hidden and format_of(item) is not None


def _from_csv(files: list[Path]) -> Source:
    """CSV as texts, which the declared types then decide about: nothing is guessed."""
    from pyarrow import csv

    forms = {}
    columns: dict[str, None] = {}
    for file in files:
        with reading(file):
            forms[file] = form_of(file)
            columns |= dict.fromkeys(first_names(file, forms[file]))

    def batches() -> Iterator[pa.RecordBatch]:
        for file, form in forms.items():
            options, parsing = form.options()
            convert = form.conversion(dict.fromkeys(columns, pa.string()))
            with reading(file), opened(file) as stream, csv.open_csv(stream, options, parsing, convert) as reader:
                for batch in reader:
                    yield batch.replace_schema_metadata({POINT: form.decimal.encode()})

    return Source(pa.schema([(name, pa.string()) for name in columns]), batches())


def _without_times(schema: pa.Schema) -> pa.Schema:
    """A schema of JSON, which has no times: what Arrow takes for some are texts, in the form that they have."""
    return pa.schema([field.with_type(_without_times_in(field.type)) for field in schema])


def _without_times_in(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_struct(type_):
        return pa.struct([field.with_type(_without_times_in(field.type)) for field in type_])
    if pa.types.is_list(type_):
        return pa.list_(_without_times_in(type_.value_type))
    return pa.string() if pa.types.is_timestamp(type_) else type_


def _is_alone(file: Path) -> bool:
    """Whether a file of JSON is one list of objects, or one line without an end, which Arrow's datasets misread."""
    with file.open("rb") as stream:
        head = stream.read(4_096)
        is_array = head.lstrip().startswith(b"[")
        while not is_array and head and b"\n" not in head:
            head = stream.read(1 << 20)
        return is_array or not head


def _from_json(files: list[Path]) -> Source:
    """JSON that is compressed, or one list of objects."""
    import json

    from pyarrow import json as lines

    tables = []
    for file in files:
        with reading(file), opened(file) as stream:
            text = stream.read()
            if text.lstrip().startswith(b"["):
                try:
                    tables.append(_of_objects(json.loads(text), file))
                except (ValueError, AttributeError, TypeError) as error:
                    raise SynthDataError(f"{file} cannot be read as a list of JSON objects: {error}") from None
            else:
                found = lines.read_json(pa.BufferReader(text))
                if (schema := _without_times(found.schema)) != found.schema:
                    options = lines.ParseOptions(explicit_schema=schema)
                    found = lines.read_json(pa.BufferReader(text), parse_options=options)
                tables.append(found)
    table = pa.concat_tables(tables, promote_options="permissive")
    return Source(table.schema, table.to_batches(max_chunksize=BATCH))


def _of_objects(found: list[Any], file: Path) -> pa.Table:
    other = next((one for one in found if not isinstance(one, dict)), None)
    if other is not None:
        raise SynthDataError(f"{file}: its list holds {other!r:.40}: give a list of objects, a row each")
    return pa.Table.from_pylist(found)


__all__ = ["Source", "reading", "source_of"]
