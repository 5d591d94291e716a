"""Batches of a table in a Volume, a folder for each, one after the other: what Auto Loader reads.

The table's folder has a manifest of its own, which lists the batches that are whole, and, while one is written, the
note by which a sweep finds what a crash has left. A batch's files have the same names and bytes whenever they are
written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.columns.order.instants import as_datetime
from pytest_synthdata.databricks.client import WorkspaceError
from pytest_synthdata.databricks.names import VolumePath
from pytest_synthdata.databricks.upload import MANIFEST, MARKER_FILE, Upload, entry_of, other_place
from pytest_synthdata.errors import ArgumentError, SynthDataError, argument, nearest
from pytest_synthdata.files.contents import parents_in_words
from pytest_synthdata.files.formats import FORMATS
from pytest_synthdata.files.limits import require_fit
from pytest_synthdata.files.progress import Bar, progress_bar

if TYPE_CHECKING:
    from pytest_synthdata.columns.order.batches import Batches
    from pytest_synthdata.columns.tables.table_view import TableView
    from pytest_synthdata.databricks.volumes import Files

_MOST_FOLDERS = 2_000  # each of which takes several requests, with rows or without
# Gives the table as it is at an instant, in microseconds since 1970.
Snapshot: TypeAlias = "Callable[[int], TableView]"


@dataclass(frozen=True)
class BatchFolder:
    """A batch's folder.

    Args:
        number: the batch's.
        name: of the folder.
        period: from when to before when, as texts; none where batches have so many rows.
        end: the last instant of the period, in microseconds since 1970.
    """

    number: int
    name: str
    period: tuple[str, str] | None
    end: int | None

    def overlaps(self, other: Any) -> bool:
        """Whether it shares instants with another period."""
        return bool(self.period and other and self.period[0] < other[1] and other[0] < self.period[1])


def batch_folders(batches: Batches[Any]) -> list[BatchFolder]:
    """The folders of batches, called by the day, or the time, at which they begin."""
    if batches.size:
        names = (f"batch-{number:06d}-{batches.size}-rows" for number in range(len(batches)))
        return [BatchFolder(number, name, None, None) for number, name in enumerate(names)]
    edges = batches.edges.tolist()
    times = [as_datetime(edge).isoformat() for edge in edges]
    return [
        BatchFolder(number, _name(times[number]), (times[number], times[number + 1]), edges[number + 1] - 1)
        for number in range(len(batches))
    ]


def require_few(batches: Batches[Any], remedy: str) -> None:
    """Raise `ArgumentError` for more batches than anybody wants to be sent in one go.

    Args:
        batches: what would be sent.
        remedy: what to write instead.
    """
    if len(batches) > _MOST_FOLDERS:
        when = "" if batches.size else f", from {_name(as_datetime(int(batches.edges[0])).isoformat())} on"
        raise ArgumentError(
            f"{batches.order.view.name}: {argument(by=batches.by)} makes {len(batches):,} folders{when}, of "
            f"{batches.last - batches.first:,} rows; at most {_MOST_FOLDERS:,} are sent at once: {remedy}"
        )


def _name(time: str) -> str:
    return time.removesuffix("T00:00:00").replace(":", "")


@dataclass(frozen=True)
class BatchUpload:
    """A table's folder in a Volume that gets batches.

    Args:
        files: the workspace's files.
        folder: the table's folder. It is made where it is missing.
        by: the period or the number of rows of a batch.
        format: ``parquet``, ``csv`` or ``json`` (lines).
        overwrite: replace batches of other data.
        snapshot: gives the table at an instant. Each batch then has the table as it is at its end in a folder beside
            the table's, ``<table>_at``; it is there before the batch is.

    Raises:
        SynthDataError: for another format, and for snapshots without periods.
    """

    files: Files
    folder: VolumePath
    by: str | int
    format: str = "parquet"
    overwrite: bool = False
    snapshot: Snapshot | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise SynthDataError(
                f"no format {self.format!r} for the files of a Volume: {nearest(self.format, FORMATS)}"
            )
        if self.snapshot is not None and not isinstance(self.by, str):
            raise ArgumentError(
                f"{self.folder}: snapshots need periods, such as {argument(by='day')}; this is {argument(by=self.by)}"
            )

    def save(self, batches: Batches[TableView], done: set[str] | None = None) -> Iterator[VolumePath]:
        """Save batches, one after the other, each in a folder; gives the folders as they are there, whole.

        Batches that are there already are passed over, so that a run that was ended goes on where it was. They are
        compared at once, before anything is written.

        Args:
            batches: the batches.
            done: names of batches that are known to be there; those that come are added.

        Raises:
            WorkspaceError: where other data is there, and for what the workspace refuses.
        """
        require_fit([batches.order.view], self.format, FORMATS)
        done = set() if done is None else done
        missing = [one for one in batch_folders(batches) if one.name not in done]
        if not missing:
            return iter(())
        of = contents_of(batches)
        feed = _Writer(self, self.folder, of, missing, lambda one: batches[one.number])
        if self.snapshot is None:
            return self._written(missing, [feed], done)
        return self._written(missing, [self._beside(self.snapshot, of, missing), feed], done)

    def _beside(self, snapshot: Snapshot, of: str, missing: list[BatchFolder]) -> _Writer:
        """What writes the snapshots."""
        *above, name = self.folder.folders
        beside = replace(self.folder, folders=(*above, f"{name}_at"))

        def at_its_end(one: BatchFolder) -> TableView:
            assert one.end is not None  # noqa: S101 - snapshots have periods
            return snapshot(one.end)

        return _Writer(self, beside, f"{of}, at its end", missing, at_its_end)

    def _written(self, missing: list[BatchFolder], writers: list[_Writer], done: set[str]) -> Iterator[VolumePath]:
        try:
            for writer in writers:
                writer.remove_others()
            with progress_bar("bytes") as bar:
                for one in missing:
                    is_new = False
                    for writer in writers:
                        is_new = writer.write(one, bar)
                    done.add(one.name)
                    if is_new:
                        yield self.folder / one.name
        finally:
            for writer in writers:
                writer.end()


def contents_of(batches: Batches[Any]) -> str:
    """What decides the rows of batches, in words."""
    view, size = batches.order.view, batches.by if isinstance(batches.by, str) else f"{batches.by:,} rows"
    parents = parents_in_words(view.bound)
    column = "" if batches.column is None else f" of {batches.column}"
    return f"{view.name}: seed {view.seed}, {view.bound.num_rows:,} rows{parents}, by {size}{column}"


class _Writer:
    """A folder that gets batches."""

    def __init__(
        self,
        wanted: BatchUpload,
        folder: VolumePath,
        of: str,
        coming: list[BatchFolder],
        rows: Callable[[BatchFolder], TableView],
    ) -> None:
        self.upload = Upload(wanted.files, folder, run=str(folder), format=wanted.format)
        self.of = of
        self.coming = coming
        self.rows = rows
        self.overwrite = wanted.overwrite
        self.entries = self.upload.manifest()
        self.noted = self.upload.note()
        self.there = {entry.name for entry in wanted.files.entries(folder)}
        self.is_begun = False
        self.is_broken = False
        self.is_other = False  # whether what is there is to be replaced
        self._require_free()
        self.whole = set() if self.is_other else {one.name for one in coming if self._is_there(one)}

    def _require_free(self) -> None:
        folder, names = self.upload.folder, {one.name for one in self.coming}
        known = {MANIFEST, MARKER_FILE, *self.entries, *self.noted}
        foreign = sorted(name for name in self.there - known if not (self.overwrite and name in names))
        if foreign:
            raise WorkspaceError(
                f"{folder} holds {foreign[0]!r}, which is not one of these batches; choose another folder"
            )
        other = next((entry for entry in self.entries.values() if entry.get("of") != self.of), None)
        if other is not None:
            if not self.overwrite:
                raise WorkspaceError(
                    f"{folder} holds {other.get('of', 'tables')}; this run asks for {self.of}: {other_place()}"
                )
            self.is_other = True
            return
        for one in self.coming:
            for name, entry in self.entries.items():
                if name != one.name and one.overlaps(entry.get("period")):
                    raise WorkspaceError(
                        f"{folder} holds {name}, which goes from {entry['period'][0]} to {entry['period'][1]}: rows of "
                        f"{one.name} would come twice; take the periods that you took before"
                    )

    def _is_there(self, one: BatchFolder) -> bool:
        """Whether a batch is there, the same and whole."""
        entry = self.entries.get(one.name)
        if entry is None:
            return False
        view = self.rows(one)
        if (entry["fingerprint"], entry["format"]) == (self._fingerprint(view), self.upload.format):
            return self.upload.is_whole(one.name, entry)
        if not self.overwrite:
            raise WorkspaceError(
                f"{self.upload.folder / one.name} holds other data, or another format: {other_place()}"
            )
        return False

    @staticmethod
    def _fingerprint(view: TableView) -> str:
        return fingerprint(view.batches(0, view.num_rows))

    def remove_others(self) -> None:
        """Remove batches of other data, where they are to be replaced."""
        if not self.is_other:
            return
        self._begin()
        for name in list(self.entries):
            self._forget(name)
            self.upload.clear(self.upload.folder / name)
            self.there.discard(name)

    def write(self, one: BatchFolder, bar: Bar) -> bool:
        """Save a batch; whether it was not there before."""
        if one.name in self.whole:
            return False
        folder, view = self.upload.folder / one.name, self.rows(one)
        content = self._fingerprint(view)
        self._begin()
        if one.name in self.entries:
            self._forget(one.name)
        if one.name in self.there:
            self.upload.clear(folder)
        self.there.add(one.name)
        bar.begin(f"{self.upload.folder.folders[-1]} {one.name}")
        try:
            self.upload.files.make(folder)
            stored = self.upload.by_files(view, folder, bar)
            made = {"format": self.upload.format, **entry_of(view, content, stored), "of": self.of}
            self._put({**self.entries, one.name: {**made, "period": one.period}}, view.seed)
        except BaseException:
            self.is_broken = True
            with suppress(SynthDataError):
                self.upload.clear(folder)
                self.is_broken = False
            raise
        return True

    def _begin(self) -> None:
        """Leave the note, once, with the names of all that may be begun."""
        if not self.is_begun:
            left = (self.noted.keys() & self.there) - self.entries.keys()  # by a process that was killed
            self.upload.begin(dict.fromkeys([*sorted(left), *(one.name for one in self.coming)], self.of))
            self.is_begun = True

    def _forget(self, name: str) -> None:
        """Let no reader take for whole what is being replaced."""
        self._put({one: entry for one, entry in self.entries.items() if one != name}, None)

    def _put(self, entries: dict[str, Any], seed: int | None) -> None:
        self.upload.put_manifest(seed, entries)
        self.entries = entries

    def end(self) -> None:
        """Take the note away, if no batch was left in part."""
        left = (self.noted.keys() & self.there) - self.entries.keys()
        if (self.is_begun or self.noted) and not self.is_broken and not left:
            self.upload.files.remove(self.upload.folder, MARKER_FILE)


__all__ = ["BatchFolder", "BatchUpload", "batch_folders", "require_few"]
