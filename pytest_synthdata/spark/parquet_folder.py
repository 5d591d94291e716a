"""A table as a folder of Parquet files that Spark's executors make and write, without Spark's own writer.

Each task writes its file under a name of its own attempt. Spark hands over the result of one successful attempt of a
task alone: the driver gives these files their names, removes whatever else there is, and puts the folder in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.files import parts_of
from pytest_synthdata.files.formats import FORMATS
from pytest_synthdata.files.targets import local_path, renamed_at_last, require_free
from pytest_synthdata.spark.shipping import part_writer
from pytest_synthdata.spark.spark_install import ignore_pyspark_warnings
from pytest_synthdata.spark.worker_python import own_python

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView

_ATTEMPTS = "_temporary"  # as Spark calls it: readers skip it
_WRITTEN = "part bigint, name string, file string, size bigint"


def write_by_executors(
    view: TableView,
    path: str | Path,
    spark: Any,
    *,
    format: str = "parquet",  # noqa: A002 - Spark's and pandas' word
    overwrite: bool = False,
    rows_per_file: int | None = None,
    parquet: Mapping[str, Any] | None = None,
) -> Path:
    """Write a table to a folder, one file in each task; the arguments are those of `Table.write`.

    Raises:
        SynthDataError: for another format, an address of another store, something that is there already, rows that
            executors cannot make, and a path that they do not see.
    """
    target = local_path(path, f"writing {view.name}")
    if format != "parquet":
        raise SynthDataError(
            f"executors write Parquet, not {format}; leave spark= out, or to_spark(spark).write.{format}(…)"
        )
    if target.suffix == ".parquet":
        raise SynthDataError(f"{target}: executors write a folder of files; give a name without .parquet")
    if rows_per_file is not None and rows_per_file < 1:
        raise SynthDataError(f"rows_per_file is {rows_per_file}; a file has at least one row")
    if find_spec("pandas") is None:
        raise SynthDataError("to write by executors, Spark's mapInArrow needs pandas: pip install pandas")
    require_free(target, overwrite=overwrite, single=False)
    parts = parts_of(view.num_rows, rows_per_file)
    with renamed_at_last(target.absolute(), overwrite=overwrite, single=False) as unfinished:
        attempts = unfinished / _ATTEMPTS
        attempts.mkdir()
        write = _task(part_writer(view, parquet or {}), parts, str(attempts), FORMATS["parquet"][1])
        numbers = spark.range(0, len(parts), 1, len(parts))
        with ignore_pyspark_warnings(), own_python(spark):
            written = numbers.mapInArrow(write, _WRITTEN).collect()
        _settle(written, attempts, unfinished, len(parts))
        (unfinished / "_SUCCESS").touch()
    return target


def _task(
    write_part: Callable[..., list[str]], parts: list[tuple[int, int]], attempts: str, ending: str
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    # A nested function that refers to nothing else is pickled by value.
    def write(numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import os
        from uuid import uuid4

        import pyarrow as pa

        for batch in numbers:
            for part in batch.column(0).to_pylist():
                name = f"part-{part:05d}"
                files = write_part(*parts[part], f"{attempts}/{name}.{uuid4().hex}.{ending}")
                rows = []
                for file in files:
                    stem, _, _ = os.path.basename(file).partition(".")  # noqa: PTH119 - without more imports
                    rows.append({"part": part, "name": f"{stem}.{ending}", "file": file, "size": os.path.getsize(file)})  # noqa: PTH202
                schema = pa.schema(
                    [("part", pa.int64()), ("name", pa.string()), ("file", pa.string()), ("size", pa.int64())]
                )
                yield pa.RecordBatch.from_pylist(rows, schema=schema)

    return write


def _settle(written: list[Any], attempts: Path, folder: Path, parts: int) -> None:
    """Give the files of successful attempts their names, and remove all others."""
    import shutil

    if len({row.part for row in written}) != parts:
        raise SynthDataError(f"executors wrote {len({row.part for row in written})} of {parts} parts of {folder}")
    for row in written:
        file = attempts / Path(row.file).name
        size = file.stat().st_size if file.exists() else -1
        if size != row.size:
            raise SynthDataError(
                f"{file}: an executor wrote {row.size:,} bytes, and here are {max(size, 0):,}: give a path that the "
                "driver and all executors share"
            )
        file.rename(folder / row.name)
    shutil.rmtree(attempts)


__all__ = ["write_by_executors"]
