"""Tables as files: a single one, a folder of parts as Spark writes it, or a Delta table.

Everything is written under a name that readers skip, and renamed when it is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import cloudpickle
import pyarrow as pa

from pytest_synthdata.columns.tables.schemas import files_of
from pytest_synthdata.columns.tables.table_view import BATCH, TableView
from pytest_synthdata.disk.refusals import told_in_a_line
from pytest_synthdata.errors import ArgumentError, SynthDataError, argument, nearest
from pytest_synthdata.files.formats import FORMATS, FileForm
from pytest_synthdata.files.limits import require_fit
from pytest_synthdata.files.pace import paying
from pytest_synthdata.files.targets import local_path, renamed_at_last, require_free
from pytest_synthdata.files.workers import in_processes
from pytest_synthdata.machine import processors
from pytest_synthdata.pickling import PicklingError, pickled, pickled_table

_ROWS_PER_FILE = 1 << 19, 1 << 22  # at least and at most, of large tables
_SHARES = 32  # parts from which processes take their work

Progress: TypeAlias = "Callable[[int], None]"


def write_files(
    view: TableView,
    path: str | Path,
    format: str = "parquet",  # noqa: A002 - Spark's and pandas' word
    *,
    overwrite: bool = False,
    rows_per_file: int | None = None,
    progress: Progress | None = None,
    parquet: Mapping[str, Any] | None = None,
) -> Path:
    """Write a table: to one file where the path ends in ``.parquet``, ``.csv`` or ``.json``, else to a folder.

    Args:
        view: the rows.
        path: a file, or a folder that is made and gets ``part-00000…`` and so on, and ``_SUCCESS`` at last. Rows of
            several schemas come into several files of a folder, and under one merged schema into a single file.
        format: ``parquet``, ``csv``, ``json`` (lines) or ``delta``.
        overwrite: replace what is there, once the new table is complete.
        rows_per_file: how many rows a file of a folder has at most; by default, the more, the larger the table.
        progress: is called with the number of rows written since the last call.
        parquet: options for Parquet, as `write_parquet` takes them.

    Returns:
        The path.

    Raises:
        SynthDataError: where something is there already, and for what a format cannot hold.
    """
    target, report = local_path(path, f"writing {view.name}"), progress or _silent
    if format not in (*FORMATS, "delta"):
        raise SynthDataError(f"unknown format {format!r}: {nearest(format, [*FORMATS, 'delta'])}")
    if rows_per_file is not None and rows_per_file < 1:
        raise SynthDataError(f"rows_per_file is {rows_per_file}; a file has at least one row")
    require_sized_by_us(format, rows_per_file)
    require_fit([view], format)
    with told_in_a_line(f"writing {view.name}", target):
        if format == "delta" and not parquet:
            _write_delta(view, target, overwrite, report)
        else:
            form = FileForm(format, parquet or {})
            _write(view, target, form, overwrite=overwrite, rows_per_file=rows_per_file, progress=report)
    return target


def require_sized_by_us(format_: str, rows_per_file: int | None) -> None:
    """Raise `ArgumentError` for a number of rows a file, where another writer decides on it."""
    if format_ == "delta" and rows_per_file is not None:
        asked = argument(rows_per_file=rows_per_file)
        raise ArgumentError(f"Delta's own writer decides how large files are; leave out {asked}, or write Parquet")


def _write(
    view: TableView, target: Path, form: FileForm, *, overwrite: bool, rows_per_file: int | None, progress: Progress
) -> None:
    single = target.suffix == f".{form.format}"
    require_free(target, overwrite=overwrite, single=single)
    with renamed_at_last(target, overwrite=overwrite, single=single) as unfinished:
        if single:
            batches = _counted(_made_ahead(form.batches(view, 0, view.num_rows)), progress)
            form.write(view, batches, unfinished)
        else:
            write_parts(view, unfinished, form, rows_per_file, progress)
            (unfinished / "_SUCCESS").touch()


def write_parts(
    view: TableView, folder: Path, form: FileForm, rows_per_file: int | None, progress: Progress, *, suffix: str = ""
) -> None:
    """Write a table to a folder, as ``part-00000`` and so on, each with a suffix before the format's ending."""
    parts = [
        (start, stop, folder / f"part-{number:05d}{suffix}.{form.ending}")
        for number, (start, stop) in enumerate(parts_of(view.num_rows, rows_per_file))
    ]
    processes = paying(view, form, folder, min(processors(), len(parts)))
    if processes > 1:
        try:
            pickled_table(view, cloudpickle)
        except PicklingError:
            pass  # slower here, never wrong
        else:
            job = partial(write_part, view, form)
            for rows in in_processes(job, pickled(job, cloudpickle), parts, processes):
                progress(rows)
            return
    for part in parts:
        for piece, start, stop, path in files_of(view, *part):
            form.write(piece, _counted(_made_ahead(form.batches(piece, start, stop)), progress), path)


def parts_of(num_rows: int, rows_per_file: int | None) -> list[tuple[int, int]]:
    """The rows of each file of a table, from a start to before a stop."""
    if rows_per_file is None:
        rows_per_file = min(max(num_rows // _SHARES, _ROWS_PER_FILE[0]), _ROWS_PER_FILE[1])
    starts = range(0, max(num_rows, 1), rows_per_file)  # an empty table has a file too, with its schema
    return [(start, min(start + rows_per_file, num_rows)) for start in starts]


def write_part(view: TableView, form: FileForm, part: tuple[int, int, Path]) -> int:
    """Write the rows from a start to before a stop to a file, one for each schema; gives their number."""
    for piece, start, stop, path in files_of(view, *part):
        form.write(piece, form.batches(piece, start, stop), path)
    return part[1] - part[0]


def _made_ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, each made while the one before is written."""
    # One thread: functions of rows borrow the global random generators, which two cannot.
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch


def _counted(batches: Iterable[pa.RecordBatch], progress: Progress) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch
        progress(batch.num_rows)


def _silent(rows: int) -> None:
    del rows


def _write_delta(view: TableView, target: Path, overwrite: bool, progress: Progress) -> None:
    try:
        from deltalake import write_deltalake
    except ImportError:
        raise SynthDataError("Delta needs deltalake: pip install 'pytest-synthdata[delta]'") from None
    batches = _counted(view.batches(0, view.num_rows, BATCH), progress)
    reader: Any = pa.RecordBatchReader.from_batches(view.schema, batches)
    if (target / "_delta_log").is_dir() and overwrite:
        # The log makes it one step, and keeps the table's history.
        write_deltalake(target, reader, mode="overwrite", schema_mode="overwrite")
        return
    require_free(target, overwrite=overwrite, single=False)
    with renamed_at_last(target, overwrite=overwrite, single=False) as unfinished:
        write_deltalake(unfinished, reader)


__all__ = ["Progress", "parts_of", "require_free", "require_sized_by_us", "write_files", "write_parts"]
