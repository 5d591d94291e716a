"""A history as a Delta table: a commit for each period, and a change data feed that tells what each one did."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
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

_TYPE, _VERSION, _TIMESTAMP = "_change_type", "_commit_version", "_commit_timestamp"
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
    last: int = 0,
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
        last: the version up to which there are commits, though nothing should happen in them.
        overwrite: replace what is there, once all is written.

    Raises:
        SynthDataError: for a table without a key, a feed that begins later, and where something is there already.
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
        times: dict[int, int] = {}  # of commits in which something happens, in microseconds
        for version, time, rows in commits(feed):
            if not times:
                if version:
                    raise SynthDataError(
                        f"{feed.name}: a Delta table begins with commit 0, and this feed with {version}"
                    )
                _create(folder, rows, feed.schema, columns)
            else:
                _nothing(folder, version - max(times) - 1, feed.schema, columns)
                _merge(folder, pa.Table.from_batches(list(rows)), columns, key)
            times[version] = time
        if not times:
            _create(folder, iter(()), feed.schema, columns)
        _nothing(folder, last - max(times, default=0), feed.schema, columns)
        _date(folder, times, max(last, *times, 0))
    return target


def commits(feed: TableView) -> Iterator[tuple[int, int, Iterator[pa.RecordBatch]]]:
    """The commits of a feed: the version, the time in microseconds, and the rows, which have to be read first."""
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

        time = following[1].column(_TIMESTAMP)[0].cast(pa.int64()).as_py()
        yield version, time, rows()


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


def _nothing(folder: Path, count: int, schema: pa.Schema, columns: Sequence[str]) -> None:
    """Commits in which nothing happens."""
    from deltalake import write_deltalake

    nothing: Any = pa.schema([schema.field(name) for name in columns]).empty_table()
    for _ in range(count):
        write_deltalake(folder, nothing, mode="append")


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


def _date(folder: Path, times: Mapping[int, int], last: int) -> None:
    """Let commits have happened when the feed says, by their own account and by the age of their files.

    Those in which nothing happens lie between the others, whose periods are equally long.
    """
    if len(times) > 1:
        first, second = list(times)[:2]
        length = (times[second] - times[first]) / (second - first)
        times = {version: times.get(version, round(times[first] + version * length)) for version in range(last + 1)}
    for version, time in times.items():
        file = folder / "_delta_log" / f"{version:020d}.json"
        actions = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        for action in actions:
            if "commitInfo" in action:
                action["commitInfo"]["timestamp"] = time // 1_000
        file.write_text("".join(f"{json.dumps(action)}\n" for action in actions), "utf-8")
        os.utime(file, (time / 1e6, time / 1e6))


__all__ = ["commits", "write_delta_history"]
