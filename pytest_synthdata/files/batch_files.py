"""Batches as files that come into a folder one after the other, as a stream of files finds them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_synthdata.columns.order.batches import Batches
from pytest_synthdata.columns.tables.schemas import files_of
from pytest_synthdata.columns.tables.table_view import BATCH
from pytest_synthdata.disk.refusals import told_in_a_line
from pytest_synthdata.errors import SynthDataError, nearest
from pytest_synthdata.files.batch_record import BatchRecord
from pytest_synthdata.files.formats import FORMATS
from pytest_synthdata.files.limits import require_fit
from pytest_synthdata.files.targets import local_path

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView


def write_batch_files(
    batches: Batches[TableView],
    folder: str | Path,
    format: str = "parquet",  # noqa: A002 - Spark's and pandas' word
    *,
    every: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Path]:
    """Write each batch as a file of a folder, which appears complete; gives the files as they appear.

    Rows of several schemas come into several files, ``…-0.parquet``, ``…-1.parquet``, each with its
    own. Files that are there are passed over, so that a run that was ended goes on where it was; the folder's file
    ``_batches`` says what they are of.

    Args:
        batches: the batches.
        folder: the folder.
        format: ``parquet``, ``csv`` or ``json`` (lines).
        every: the seconds between two files.
        sleep: waits for so many seconds.

    Raises:
        SynthDataError: for another format, and where the folder has files of other batches.
    """
    place = local_path(folder, "writing batches")
    if format not in FORMATS:
        raise SynthDataError(f"unknown format {format!r}: {nearest(format, FORMATS)}")
    require_fit([batches.order.view], format, FORMATS)
    write, ending = FORMATS[format]
    names = [f"batch-{number:06d}{suffix}.{ending}" for number, suffix in enumerate(_suffixes(batches))]
    with told_in_a_line("writing batches", place):
        place.mkdir(parents=True, exist_ok=True)
    if names:
        _go_on(batches, place, format, names)
    begun = False
    for number, name in enumerate(names):
        if (place / name).exists():
            continue
        view = batches[number]
        missing = [part for part in files_of(view, 0, view.num_rows, place / name) if not part[-1].exists()]
        if begun and every and missing:
            sleep(every)
        begun = begun or bool(missing)
        for rows, first, last, file in missing:
            unfinished = place / f".{file.name}.unfinished"  # which streams pass over
            with told_in_a_line("writing batches", file):
                try:
                    write(rows, rows.batches(first, last, BATCH), unfinished)
                    unfinished.replace(file)
                finally:
                    unfinished.unlink(missing_ok=True)
            yield file


def _go_on(batches: Batches[TableView], folder: Path, format_: str, names: list[str]) -> None:
    """Have a folder say which batches it has and gets.

    Raises:
        SynthDataError: where it has others.
    """
    record, there = BatchRecord.of(batches, format_), BatchRecord.read(folder)
    found = {item.name: _whole(item.name) for item in sorted(folder.glob("batch-*"))}
    if there is not None:
        there.require_same(record, folder)
    foreign = next((name for name, whole in found.items() if not {name, whole} & set(names)), None)
    if foreign is not None:
        raise SynthDataError(f"{folder} has {foreign}, which is not one of these batches; write to another folder")
    if there is not None:
        there.require_same_ends(record, folder, lambda number: names[number] in {*found, *found.values()})
    elif found:
        raise SynthDataError(f"{folder} does not say which table its batches are of; write to another folder")
    if there != record:
        with told_in_a_line("writing batches", folder):
            record.write(folder)


def _whole(name: str) -> str:
    """The name that a batch's file has if all its rows have one schema, from that of one of several."""
    return re.sub(r"-\d+\.", ".", name, count=1)


def _suffixes(batches: Batches[TableView]) -> list[str]:
    if batches.size:
        return [f"-{batches.size}-rows"] * len(batches)
    return [f"-{start:%Y%m%dT%H%M%S}" for start in batches.starts]


__all__ = ["write_batch_files"]
