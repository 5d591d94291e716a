"""A history as a Delta table: a commit for each period, and a change data feed that tells what each one did."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.disk.refusals import told_in_a_line
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.files.targets import local_path, renamed_at_last, require_free

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView

_TYPE, _VERSION = "_change_type", "_commit_version"
_FOR_EVER = "interval 36500 days"  # commits of the past would be cleaned up at once
_CONFIGURATION = {
    "delta.enableChangeDataFeed": "true",
    "delta.logRetentionDuration": _FOR_EVER,
    "delta.deletedFileRetentionDuration": _FOR_EVER,
}


def write_delta_history(
    feed: TableView,
    columns: Sequence[str],
    key: Sequence[str],
    path: str | Path,
    *,
    times: Sequence[int],
    overwrite: bool = False,
) -> Path:
    """Write what a change data feed tells as a Delta table whose own feed tells the same.

    Version and timestamp of each commit are those of the feed; a period in which nothing happens is a commit without
    rows. Memory holds the changes of one commit, but of the first, whose rows are written as they come.

    Args:
        feed: a table's changes in Delta's form, from the start of its history.
        columns: the table's own columns.
        key: those that tell its rows apart.
        path: a folder.
        times: when each commit is made, in microseconds since 1970; some may be commits in which nothing happens.
        overwrite: replace what is there, once all is written.

    Raises:
        SynthDataError: for a table without a key, and where something is there already.
    """
    try:
        import deltalake  # noqa: F401 - else nothing is begun
    except ImportError:
        raise SynthDataError("Delta needs deltalake: pip install 'pytest-synthdata[delta]'") from None
    if not key:
        raise SynthDataError(
            f"{feed.name}: a Delta table with changes needs a key that tells rows apart: declare a Key"
        )
    target = local_path(path, f"writing {feed.name}")
    require_free(target, overwrite=overwrite, single=False)
    refused = told_in_a_line(f"writing {feed.name}", target)
    with refused, renamed_at_last(target, overwrite=overwrite, single=False) as folder:
        made = 0
        for version, rows in commits(feed):
            if version == 0:
                _create(folder, rows, feed.schema, columns)
            else:
                made = _nothing(folder, made, version, feed.schema, columns)
                _merge(folder, pa.Table.from_batches(list(rows)), columns, key)
            made += 1
        _nothing(folder, made, len(times), feed.schema, columns)
        _date(folder, times)
    return target


def commits(feed: TableView) -> Iterator[tuple[int, Iterator[pa.RecordBatch]]]:
    """The commits of a feed in which something happens: the version, and the rows, which have to be read first."""
    pieces = _pieces(feed)
    following = next(pieces, None)
    while following is not None:
        version = following[0]

        def rows(first: tuple[int, pa.RecordBatch] = following, own: int = version) -> Iterator[pa.RecordBatch]:
            nonlocal following
            yield first[1]
            following = next(pieces, None)
            while following is not None and following[0] == own:
                yield following[1]
                following = next(pieces, None)

        yield version, rows()


def _pieces(feed: TableView) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The rows of a feed, each piece of one commit."""
    for batch in feed.batches(0, feed.num_rows):
        versions = to_numpy(batch.column(_VERSION))
        ends = [*(np.flatnonzero(np.diff(versions)) + 1).tolist(), len(versions)]
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            if end > start:
                yield int(versions[start]), batch.slice(start, end - start)


def _create(folder: Path, rows: Iterator[pa.RecordBatch], schema: pa.Schema, columns: Sequence[str]) -> None:
    from deltalake import write_deltalake

    own = pa.schema([schema.field(name) for name in columns])
    reader: Any = pa.RecordBatchReader.from_batches(own, (batch.select(list(columns)) for batch in rows))
    write_deltalake(folder, reader, configuration=_CONFIGURATION)


def _nothing(folder: Path, first: int, last: int, schema: pa.Schema, columns: Sequence[str]) -> int:
    """Make the commits from ``first`` to before ``last``, in which nothing happens; the next one's number."""
    from deltalake import write_deltalake

    nothing: Any = pa.schema([schema.field(name) for name in columns]).empty_table()
    for version in range(first, last):
        if version == 0:
            _create(folder, iter(()), schema, columns)
        else:
            write_deltalake(folder, nothing, mode="append")
    return last


def _merge(folder: Path, rows: pa.Table, columns: Sequence[str], key: Sequence[str]) -> None:
    from deltalake import DeltaTable, write_deltalake

    kinds = rows[_TYPE]
    if pc.all(pc.equal(kinds, "insert")).as_py():
        new: Any = rows.select(list(columns))
        write_deltalake(folder, new, mode="append")
        return
    source: Any = rows.filter(pc.not_equal(kinds, "update_preimage")).select([*columns, _TYPE])
    values = {f"`{name}`": f"source.`{name}`" for name in columns}
    merging = DeltaTable(folder).merge(
        source,
        predicate=" AND ".join(f"target.`{name}` = source.`{name}`" for name in key),
        source_alias="source",
        target_alias="target",
    )
    merging = merging.when_matched_delete(predicate=f"source.{_TYPE} = 'delete'")
    merging.when_matched_update(values).when_not_matched_insert(values).execute()


def _date(folder: Path, times: Sequence[int]) -> None:
    """Let commits have happened at these times, by their own account and by the age of their files."""
    for version, time in enumerate(times):
        file = folder / "_delta_log" / f"{version:020d}.json"
        actions = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        for action in actions:
            if "commitInfo" in action:
                action["commitInfo"]["timestamp"] = time // 1_000
        file.write_text("".join(f"{json.dumps(action)}\n" for action in actions), "utf-8")
        os.utime(file, (time / 1e6, time / 1e6))


__all__ = ["commits", "write_delta_history"]
