"""A dataset's tables in a folder of a Volume: parents before children, the manifest last.

A folder that has a manifest has every table in it whole. While tables are written, and as long as the folder is a
temporary one, it also holds a note of that, by which what a crash leaves can be told from what was meant to stay.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeAlias

from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.databricks.client import WorkspaceError, preflight
from pytest_synthdata.databricks.names import VolumePath, is_safe
from pytest_synthdata.databricks.volumes import Files
from pytest_synthdata.disk.temporary import temporary_folder
from pytest_synthdata.errors import advise, nearest
from pytest_synthdata.files import write_files
from pytest_synthdata.files.formats import FORMATS
from pytest_synthdata.files.limits import require_fit
from pytest_synthdata.files.progress import Bar, progress_bar

MANIFEST = "_synthdata.json"
MARKER_FILE = "_synthdata_unfinished.json"
_FORM = 1  # of the manifest
_OF_A_TABLE = ("part-", "_")  # how the names of a written table's files begin
Stored: TypeAlias = "tuple[list[dict[str, Any]], str]"  # the files of a table, and its fingerprint
Store: TypeAlias = "Callable[[TableView, VolumePath, Any], Stored]"
_PACKAGES = ("pytest-synthdata", "numpy", "pyarrow", "scipy", "factory-boy", "Faker", "databricks-sdk")


@dataclass(frozen=True)
class UploadResult:
    """Where tables are.

    Args:
        path: the folder that holds them and their manifest, as text.
        tables: each table's path, parents first.
        skipped: the tables that were there already, with the same fingerprint.
    """

    path: str
    tables: Mapping[str, str]
    skipped: tuple[str, ...]


def upload(
    tables: Mapping[str, TableView],
    folder: str,
    *,
    client: Any = None,
    spark: Any = None,
    create: bool = False,
    overwrite: bool = False,
    format: str = "parquet",  # noqa: A002 - Spark's and pandas' word
) -> UploadResult:
    """Save tables, parents first, to a folder in a Volume; the arguments are those of `Dataset.to_volume`."""
    if format not in FORMATS:
        raise WorkspaceError(f"no format {format!r} for the files of a Volume: {nearest(format, FORMATS)}")
    target = VolumePath.parse(folder)
    files = Files(preflight(target, client, create=create))
    return Upload(files, target, run=str(target), format=format).save(tables, spark=spark, overwrite=overwrite)


def other_place() -> str:
    """What to do where something else is in the place of a table."""
    return f"{advise('{} replaces it; or ', overwrite=True)}choose another folder"


class Upload:
    """A folder of a Volume that gets tables.

    Args:
        files: the workspace's files.
        folder: the folder. It is made where it is missing.
        run: the name of whoever writes.
        temporary: whether the folder is to be removed later, so that its note stays.
        format: of the tables' files.
    """

    def __init__(
        self,
        files: Files,
        folder: VolumePath,
        *,
        run: str,
        temporary: bool = False,
        format: str = "parquet",  # noqa: A002 - Spark's and pandas' word
    ) -> None:
        self.files = files
        self.folder = folder
        self.run = run
        self.temporary = temporary
        self.format = format

    def begin(self, fingerprints: Mapping[str, str] | None = None) -> None:
        """Make the folder and leave the note."""
        self.files.make(self.folder)
        note = {"run": self.run, "created": _now(), "tables": dict(fingerprints or {})}
        self.files.put_text(json.dumps(note), self.folder, MARKER_FILE)

    def save(
        self,
        tables: Mapping[str, TableView],
        names: Iterable[str] | None = None,
        *,
        spark: Any = None,
        overwrite: bool = False,
    ) -> UploadResult:
        """Save tables, with those that they refer to, or all.

        Raises:
            WorkspaceError: where other data is there, and for what the workspace refuses.
        """
        chosen = list(_with_parents(tables, tables if names is None else names))
        require_fit(chosen, self.format, FORMATS)
        paths = {table.name: str(self.folder / table.name) for table in chosen}
        fingerprints = {table.name: fingerprint(table.batches(0, table.num_rows)) for table in chosen}
        manifest = self.manifest()
        same = [name for name in fingerprints if self._is_same(manifest.get(name, {}), fingerprints[name])]
        skipped = tuple(name for name in same if self.is_whole(name, manifest[name]))
        missing = [table for table in chosen if table.name not in skipped]
        if missing:
            if not overwrite:
                self._require_free(missing, manifest, fingerprints)

            def store(table: TableView, folder: VolumePath, bar: Bar) -> Stored:
                files = self._by_spark(table, spark, folder) if _sees(spark, folder) else None
                return files or self.by_files(table, folder, bar), fingerprints[table.name]

            self._write(missing, manifest, store, fingerprints)
        elif not self.temporary and set(self.note()) <= set(manifest):
            self.files.remove(self.folder, MARKER_FILE)  # which a process that ended between its last two steps left
        return UploadResult(str(self.folder), paths, skipped)

    def save_by(self, tables: Mapping[str, TableView], store: Store, *, overwrite: bool = False) -> UploadResult:
        """Save all tables by a function of a table, its folder and a progress bar, which tells files and fingerprint.

        Raises:
            WorkspaceError: where anything is there, and for what the workspace refuses.
        """
        manifest = self.manifest()
        for table in tables.values():
            if not overwrite and self.files.entries(self.folder / table.name):
                raise WorkspaceError(f"{self.folder / table.name} is not empty: {other_place()}")
        self._write(list(tables.values()), manifest, store)
        return UploadResult(str(self.folder), {name: str(self.folder / name) for name in tables}, ())

    def manifest(self) -> dict[str, Any]:
        """The entries of the tables that are whole, by name."""
        text = self.files.text(self.folder, MANIFEST)
        if text is None:
            return {}
        try:
            content = json.loads(text)
            tables: dict[str, Any] = content["tables"]
            known = content["form"] == _FORM and all(
                is_safe(name)
                and {"fingerprint", "files", "format"} <= set(entry)
                and all({"name", "size"} <= set(file) for file in entry["files"])
                for name, entry in tables.items()
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            known = False
        if not known:
            raise WorkspaceError(f"{self.folder / MANIFEST} is not a manifest of this version; choose another folder")
        return tables

    def _write(
        self,
        missing: list[TableView],
        manifest: Mapping[str, Any],
        store: Store,
        fingerprints: Mapping[str, str] | None = None,
    ) -> None:
        self.begin(fingerprints)
        seed = missing[0].seed if missing else None
        written = {table.name for table in missing}
        entries = {name: entry for name, entry in manifest.items() if name not in written}
        if set(entries) != set(manifest):
            self.put_manifest(seed, entries)  # no reader shall take what is being replaced for whole
        with progress_bar("bytes") as bar:
            for table in missing:
                bar.begin(table.name)
                folder = self.folder / table.name
                self.clear(folder)
                self.files.make(folder)
                stored, fingerprint = store(table, folder, bar)
                entries[table.name] = {"format": self.format, **entry_of(table, fingerprint, stored)}
        self.put_manifest(seed, entries)
        if not self.temporary:
            self.files.remove(self.folder, MARKER_FILE)

    def clear(self, folder: VolumePath) -> None:
        """Remove the files of a table, and nothing that is none."""
        entries = self.files.entries(folder)
        foreign = [entry.name for entry in entries if entry.is_folder or not entry.name.startswith(_OF_A_TABLE)]
        if foreign:
            raise WorkspaceError(f"{folder} holds {min(foreign)!r}, which is not part of a table; it is not replaced")
        self.files.remove_folder(folder)

    def by_files(self, table: TableView, folder: VolumePath, bar: Bar) -> list[dict[str, Any]]:
        """Store a table's files in a folder that is there; they are told as the manifest has them."""
        with temporary_folder("upload") as (place, _):
            written = write_files(table, place / "table", self.format)
            sources = sorted(written.iterdir())
            bar.expect(sum(source.stat().st_size for source in sources))
            parts = [source for source in sources if source.name.startswith("part-")]
            rest = [source for source in sources if source not in parts]
            return [
                asdict(stored) for group in (parts, rest) for stored in self.files.put_all(group, folder, bar.advance)
            ]

    def _by_spark(self, table: TableView, spark: Any, folder: VolumePath) -> list[dict[str, Any]]:
        from pytest_synthdata.spark.frames import to_spark

        options = {"header": True} if self.format == "csv" else {}
        getattr(to_spark(table, spark).write.mode("overwrite"), self.format)(str(folder), **options)
        if self.format == "csv":
            options["multiLine"] = True  # texts may have line breaks
        rows = getattr(spark.read, self.format)(str(folder), **options).count()
        if rows != table.num_rows:
            raise WorkspaceError(f"{folder} has {rows:,} rows of {table.num_rows:,} that Spark wrote")
        return self.stored(folder)

    def stored(self, folder: VolumePath) -> list[dict[str, Any]]:
        """The files in a folder, as the manifest has them."""
        return [{"name": entry.name, "size": entry.size} for entry in self.files.entries(folder)]

    def _is_same(self, entry: Mapping[str, Any], fingerprint: str) -> bool:
        return entry.get("fingerprint") == fingerprint and entry.get("format") == self.format

    def is_whole(self, name: str, entry: Mapping[str, Any]) -> bool:
        """Whether all files of a manifest's entry are there, at their sizes."""
        sizes = {found.name: found.size for found in self.files.entries(self.folder / name)}
        return all(sizes.get(file["name"]) == file["size"] for file in entry["files"])

    def _require_free(
        self, missing: list[TableView], manifest: Mapping[str, Any], fingerprints: Mapping[str, str]
    ) -> None:
        note = self.note()
        for table in missing:
            folder = self.folder / table.name
            other = other_place()
            entry = manifest.get(table.name)
            if entry is not None and not self._is_same(entry, fingerprints[table.name]):
                same_data = entry["fingerprint"] == fingerprints[table.name]
                what = f"the table as {entry['format']}" if same_data else "a table of other data"
                raise WorkspaceError(f"{folder} holds {what}: {other}")
            started = note.get(table.name)
            if started == fingerprints[table.name] or table.name in manifest:
                continue  # the same table, begun or damaged: its files are replaced by what they should be
            if started is not None:
                raise WorkspaceError(f"{folder} is being written, or was left unfinished, with other data: {other}")
            if self.files.entries(folder):
                raise WorkspaceError(f"{folder} is not empty, and no upload of ours is noted there: {other}")

    def note(self) -> Mapping[str, str]:
        """What is being written, or was left unfinished, by name."""
        text = self.files.text(self.folder, MARKER_FILE)
        try:
            return dict(json.loads(text)["tables"]) if text else {}
        except (ValueError, KeyError, TypeError, RecursionError):
            return {}

    def put_manifest(self, seed: int | None, entries: Mapping[str, Any]) -> None:
        """Say what is whole."""
        content = {
            "form": _FORM,
            "run": self.run,
            "created": _now(),
            "seed": seed,
            "versions": dict(_versions()),
            "tables": entries,
        }
        self.files.put_text(json.dumps(content, indent=1), self.folder, MANIFEST)


def _with_parents(tables: Mapping[str, TableView], names: Iterable[str]) -> Iterator[TableView]:
    wanted = {parent for name in names for parent in (name, *tables[name].bound.all_parents()) if parent in tables}
    # A table has more above it than each of those that it refers to.
    return iter(sorted((tables[name] for name in wanted), key=lambda one: (len(one.bound.all_parents()), one.name)))


def entry_of(table: TableView, fingerprint: str, files: list[dict[str, Any]]) -> dict[str, Any]:
    """What a manifest says of a table, but for its format."""
    return {
        "rows": table.num_rows,
        "fingerprint": fingerprint,
        "schema": {field.name: str(field.type) for field in table.schema},
        "parents": sorted(table.bound.all_parents()),
        "files": files,
    }


def _versions() -> Iterator[tuple[str, str]]:
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            yield package, version(package)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _sees(spark: Any, folder: VolumePath) -> bool:
    """Whether a Spark session can write to a Volume. LIST is Databricks' own; any other Spark cannot parse it."""
    if spark is None:
        return False
    try:
        spark.sql(f"LIST '{folder.root}' LIMIT 1").collect()
    except Exception:  # noqa: BLE001 - of Spark's many errors each means no
        return False
    return True


Saved = UploadResult  # its public name in version 0.1

__all__ = ["MANIFEST", "MARKER_FILE", "Store", "Stored", "Upload", "entry_of", "upload"]
