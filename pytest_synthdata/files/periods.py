"""A table's folder that grows by periods: each is added once, complete or not at all; a file says which are there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.columns.order.instants import as_datetime
from pytest_synthdata.disk.refusals import told_in_a_line
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.files import Progress, require_sized_by_us, write_parts
from pytest_synthdata.files.contents import Contents
from pytest_synthdata.files.formats import FileForm
from pytest_synthdata.files.targets import PERIODS, added_at_last, renamed_at_last, require_free

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView

_EARLIEST, _LATEST = float("-inf"), float("inf")
_COMMIT = "synthdata.period"  # in the metadata of a Delta table's commit


def written_at_once(file: Path, text: str) -> None:
    """Write a small file in one step."""
    unfinished = file.parent / f".{file.name}"
    unfinished.write_text(text, "utf-8")
    unfinished.replace(file)


@dataclass(frozen=True)
class Period:
    """From an instant to before another, in microseconds since 1970; None for no limit."""

    start: int | None
    stop: int | None

    def __str__(self) -> str:
        return f"{_text(self.start, 'the beginning')} to {_text(self.stop, 'the end')}"

    @property
    def suffix(self) -> str:
        """The period as a part of a file's name."""
        ends = (_text(self.start, "beginning"), _text(self.stop, "end"))
        return "".join(f"-{end.replace('-', '').replace(':', '')}" for end in ends)

    def overlaps(self, other: Period) -> bool:
        """Whether an instant lies in both."""
        first = max(_EARLIEST if one.start is None else one.start for one in (self, other))
        return first < min(_LATEST if one.stop is None else one.stop for one in (self, other))


def _text(instant: int | None, without: str) -> str:
    if instant is None:
        return without
    return as_datetime(instant).isoformat().removesuffix("T00:00:00")


@dataclass(frozen=True)
class Record(Contents):
    """What is in a folder: periods of a table."""

    parents: Mapping[str, int] | None = None  # which older folders do not say
    sample: str | None = None  # nor this
    periods: tuple[Period, ...] = ()
    version: int | None = None

    @classmethod
    def of(cls, view: TableView, whole: TableView, rows: int, format_: str) -> Record:
        """Of a table of so many rows, of which nothing is there yet."""
        return cls(**cls.facts(view, rows, format_, whole))

    @classmethod
    def read(cls, folder: Path) -> Record | None:
        """What a folder says of itself; None where it says nothing."""
        file = folder / PERIODS
        if not file.is_file():
            return None
        found = json.loads(file.read_text("utf-8"))
        return cls(**{**found, "periods": tuple(Period(*ends) for ends in found["periods"])})

    @classmethod
    def known(cls, folder: Path) -> Record | None:
        """The same, with what was committed to a Delta table by a process that was killed before it could say so."""
        there = cls.read(folder)
        if there is None or there.format != "delta":
            return there
        return replace(there, periods=(*there.periods, *_committed(folder, there.version or 0)))

    def write(self, folder: Path) -> None:
        """Say it, in one step."""
        periods = [[period.start, period.stop] for period in self.periods]
        written_at_once(folder / PERIODS, json.dumps({**asdict(self), "periods": periods}))

    def covers(self, period: Period) -> bool:
        """Whether all rows of a period are there, however they were cut."""
        there = sorted(self.periods, key=lambda one: _EARLIEST if one.start is None else one.start)
        begin = _EARLIEST if period.start is None else period.start
        for one in there:
            if one.start is None or one.start <= begin:
                begin = max(begin, _LATEST if one.stop is None else one.stop)
        return begin >= (_LATEST if period.stop is None else period.stop)

    def require_new(self, period: Period, folder: Path) -> None:
        """Raise `SynthDataError` where rows of a period are there already."""
        for there in self.periods:
            if there.overlaps(period):
                advice = "" if self.covers(period) else "; append a period that is there in full or not at all"
                raise SynthDataError(
                    f"{folder} has {there} already; {period} would come twice, and is not appended{advice}"
                )

    def difference(self, other: Contents) -> str | None:
        return super().difference(other) or self.difference_of_rows(other)

    def with_period(self, period: Period, version: int | None = None) -> Record:
        """With a period more."""
        return replace(self, periods=(*self.periods, period), version=version)


def require_appendable(record: Record, target: Path, period: Period) -> bool:
    """Raise `SynthDataError` where a period cannot be added to a folder; whether there is anything to add it to.

    Args:
        record: what the folder would say.
        target: the folder.
        period: which rows of the table.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return False
    there = Record.known(target)
    if there is None:
        raise SynthDataError(
            f"{target} does not say which periods it holds; append to what was written by --from, --to or --append"
        )
    there.require_same(record, target)
    there.require_new(period, target)
    return True


@contextmanager
def period_written(
    view: TableView,
    record: Record,
    target: Path,
    period: Period,
    *,
    append: bool,
    overwrite: bool,
    rows_per_file: int | None,
    progress: Progress,
) -> Iterator[None]:
    """Write a table's rows of a period; they appear in the folder at the end of the context, if nothing has failed.

    Args:
        view: the rows of the period.
        record: what the folder would say if it had none.
        target: the folder.
        period: which rows they are.
        append: add them to what is there.
        overwrite: replace what is there.
        rows_per_file: how many rows a file has at most.
        progress: is called with the number of rows written since the last call.

    Raises:
        SynthDataError: for a period of which there are rows already, and for rows of another table.
    """
    require_sized_by_us(record.format, rows_per_file)
    with told_in_a_line(f"writing {view.name}", target):
        format_ = record.format
        if not (append and require_appendable(record, target, period)):
            require_free(target, overwrite=overwrite, single=False)
            with renamed_at_last(target, overwrite=overwrite, single=False) as folder:
                if format_ == "delta":
                    _commit(view, folder, period, progress)
                else:
                    write_parts(view, folder, FileForm(format_), rows_per_file, progress, suffix=period.suffix)
                    (folder / "_SUCCESS").touch()
                record.with_period(period, 0 if format_ == "delta" else None).write(folder)
                yield
        elif format_ == "delta":
            yield from _committed_to(view, target, period, progress)
        else:
            with added_at_last(target, lambda folder, place: _add(folder, place, period)) as folder:
                write_parts(view, folder, FileForm(format_), rows_per_file, progress, suffix=period.suffix)
                yield


def _add(folder: Path, target: Path, period: Period) -> None:
    """Move the files of a period to those of the others."""
    there = Record.read(target)
    if there is None:
        raise SynthDataError(f"{target} has been replaced meanwhile; {period} is not appended")
    there.require_new(period, target)
    known = re.compile(rf"part-\d+({'|'.join(re.escape(one.suffix) for one in there.periods)})[.-].*")
    for left in target.glob("part-*"):  # of a process that was killed just here
        if not known.fullmatch(left.name):
            left.unlink()
    moved: list[Path] = []
    try:
        for file in sorted(folder.iterdir()):
            place = target / file.name
            file.rename(place)
            moved.append(place)
        there.with_period(period).write(target)
    except BaseException:
        for file in moved:
            file.unlink()
        raise


def _committed_to(view: TableView, target: Path, period: Period, progress: Progress) -> Iterator[None]:
    """Commit a period to a Delta table, and take it back should something fail afterwards."""
    from deltalake import DeltaTable

    before, there = DeltaTable(target).version(), Record.known(target)
    assert there is not None  # noqa: S101 - it was asked for before
    _commit(view, target, period, progress)
    try:
        yield
        there.with_period(period, DeltaTable(target).version()).write(target)
    except BaseException:
        DeltaTable(target).restore(before)
        raise


def _commit(view: TableView, target: Path, period: Period, progress: Progress) -> None:
    try:
        from deltalake import CommitProperties, write_deltalake
    except ImportError:
        raise SynthDataError("Delta needs deltalake: pip install 'pytest-synthdata[delta]'") from None

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in view.batches(0, view.num_rows):
            yield batch
            progress(batch.num_rows)

    reader: Any = pa.RecordBatchReader.from_batches(view.schema, batches())
    said = CommitProperties(custom_metadata={_COMMIT: json.dumps([period.start, period.stop])})
    write_deltalake(target, reader, mode="append", commit_properties=said)


def _committed(target: Path, version: int) -> list[Period]:
    """The periods of a Delta table's commits after a version, whose process was killed before it could say so."""
    from deltalake import DeltaTable

    found: list[Period] = []
    table = DeltaTable(target)
    for commit in reversed(table.history(table.version() - version)):
        if commit.get("operation") == "RESTORE":
            found.clear()
        elif _COMMIT in commit:
            found.append(Period(*json.loads(commit[_COMMIT])))
    return found


__all__ = ["Period", "Record", "period_written", "require_appendable", "written_at_once"]
