"""A test run's tables in a Volume: one folder for all processes, removed once at the end, or kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.databricks.batch_upload import BatchUpload, require_few
from pytest_synthdata.databricks.client import MissingCredentialsError, preflight
from pytest_synthdata.databricks.leftovers import new_run
from pytest_synthdata.databricks.names import VolumePath
from pytest_synthdata.databricks.upload import MARKER_FILE, Upload
from pytest_synthdata.databricks.volumes import Files
from pytest_synthdata.disk.temporary import temporary_folder
from pytest_synthdata.errors import SynthDataError, Wording, worded
from pytest_synthdata.plugin.failures.reasons import ANYTHING, reason
from pytest_synthdata.plugin.on_demand import OnDemandDataset, OnDemandTables
from pytest_synthdata.plugin.options import KEEP_ALWAYS, KEEP_FAILED
from pytest_synthdata.plugin.stash import SETTINGS

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.plugin.feeds import FeedOfTest

_OTHER = "data-"  # how the folders of other than the default data begin
_FEED = "feed-"  # how those of feeds do
_RUN = "synth_run"  # what xdist's workers are told: the run's folder, and a file to lock


class _FlagWording(Wording):
    """How pytest's flags say what becomes of an upload."""

    def argument(self, name: str, value: object) -> str | None:
        """A flag; None where there is none of that name."""
        return {"create": "--synth-create"}.get(name) if value is True else super().argument(name, value)


class Uploading:
    """A plugin that is there where a run was asked to save its tables.

    The folder is made, and removed, by the process that runs alone or controls the workers.

    Raises:
        pytest.UsageError: for a Volume or a name that cannot be.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        settings = config.stash[SETTINGS]
        self.keep: str | None = settings.keep
        self.create: bool = settings.create
        self.temporary: bool = self.keep in (None, KEEP_FAILED)
        self.is_worker: bool = hasattr(config, "workerinput")
        self.lock: str | None
        self.folder: VolumePath
        try:
            self.volume: VolumePath = VolumePath.parse(str(settings.upload))
            if self.is_worker:
                folder, self.lock = getattr(config, "workerinput", {})[_RUN]
                self.folder = VolumePath.parse(folder)
            else:
                name = self.keep if self.keep not in (None, KEEP_ALWAYS, KEEP_FAILED) else new_run()
                self.folder, self.lock = self.volume / str(name), None
        except SynthDataError as error:
            # pytest takes what follows the bare flag for its value.
            raise pytest.UsageError(f"--synth-upload or --synth-keep: {error} (write the value after '=')") from None
        self.ending: ExitStack = ExitStack()
        self.files: Files | None = None
        self.begun: bool = False
        self.paths: dict[tuple[int, str], str] = {}
        self.batches_there: dict[VolumePath, set[str]] = {}
        self.notes: list[tuple[str, bool]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Say now what is missing, not in each test."""
        if self.is_worker or self.config.option.collectonly:
            return
        try:
            self.begin(None)
        except MissingCredentialsError as error:
            if not any(hasattr(plugin, "ws") for plugin in self.config.pluginmanager.get_plugins()):
                raise pytest.UsageError(f"--synth-upload: {error}") from None
            # A fixture `ws` gives a client, when the first test asks.
        except SynthDataError as error:
            raise pytest.UsageError(f"--synth-upload: {error}") from None

    def pytest_report_header(self) -> str:
        """Where tables go."""
        return f"synthdata: tables are saved in {self.folder}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """With xdist: every worker saves in the same folder, one at a time."""
        if self.lock is None:
            folder, _ = self.ending.enter_context(temporary_folder("lock"))
            self.lock = str(folder / "lock")
        node.workerinput[_RUN] = (str(self.folder), self.lock)

    def saver(self, request: pytest.FixtureRequest) -> Saver:
        """What saves tables for the tests of this process."""
        return Saver(self, request)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """After the last fixture and the last worker: remove the folder, or say where it is."""
        if self.is_worker:
            return
        self.ending.close()
        if self.files is None:
            if self.lock is not None and self.temporary:
                # The workers had the client of a fixture; here is none.
                self._left("the process that ends the run has no credentials of its own")
            return
        try:
            if not self.temporary:
                self.notes.append((f"tables are kept in {self.folder}", False))
            elif self.keep == KEEP_FAILED and session.testsfailed:
                self._keep(self.folder)
                self.notes.append((f"a test failed: tables are kept in {self.folder}", False))
            else:
                self.files.remove_folder(self.folder)
        except ANYTHING as error:
            self._left(reason(error))

    def _left(self, reason: str) -> None:
        self.notes.append((f"{self.folder} is left: {reason}. `synthdata sweep {self.volume}` removes it", True))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what is left in the Volume."""
        for note, is_warning in self.notes:
            terminalreporter.write_line(f"synthdata: {note}", yellow=is_warning)

    @property
    def run(self) -> str:
        """The run's name."""
        return self.folder.folders[-1]

    def begin(self, request: pytest.FixtureRequest | None) -> Files:
        """The workspace's files, once the Volume has been seen; a temporary folder has its note by then."""
        if self.files is None:
            with worded(_FlagWording()):
                self.files = Files(preflight(self.volume, _ws(request), create=self.create))
        if self.temporary and not self.is_worker and not self.begun:
            Upload(self.files, self.folder, run=self.run, temporary=True).begin()
            self.begun = True
        return self.files

    def _keep(self, folder: VolumePath) -> None:
        """Remove the notes by which a sweep would take the run for a crashed one."""
        assert self.files is not None  # noqa: S101 - for the types
        for entry in self.files.entries(folder):
            if entry.is_folder and entry.name.startswith(_OTHER):
                self.files.remove(folder / entry.name, MARKER_FILE)
        self.files.remove(folder, MARKER_FILE)


class Saver:
    """What saves tables and feeds for a test.

    Args:
        uploading: where they go.
        request: the test's.
    """

    def __init__(self, uploading: Uploading, request: pytest.FixtureRequest) -> None:
        self.uploading = uploading
        self.request = request
        self.grown: set[str] = set()  # feeds of which the test has had only a part

    def tables(self, dataset: Dataset, names: Sequence[str], is_default: bool) -> Mapping[str, str]:
        """Save tables of a dataset, with those that they refer to; gives their paths."""
        uploading, paths = self.uploading, self.uploading.paths
        missing = [name for name in names if (id(dataset), name) not in paths]
        if missing:
            # The default data is in the run's folder, any other in one of its own: a table's name is there once.
            folder = uploading.folder if is_default else uploading.folder / _name_of(dataset)
            with _alone(uploading.lock), worded(_FlagWording()):
                files, format_ = uploading.begin(self.request), uploading.config.stash[SETTINGS].format
                upload = Upload(files, folder, run=uploading.run, temporary=uploading.temporary, format=format_)
                saved = upload.save(_views(dataset, missing), missing, spark=_spark(self.request))
            paths.update({(id(dataset), name): path for name, path in saved.tables.items()})
        return {name: paths[id(dataset), name] for name in names}

    def feed(self, dataset: Dataset, table: str, feed: FeedOfTest) -> str:
        """Save the batches of a table's feed; gives the path of the folder that holds theirs.

        Feeds that are asked for in part, and then perhaps for more, are the test's own; others are there once.
        """
        require_few(feed.batches, "give a later start=, an earlier stop=, or a longer by=")
        uploading, identity = self.uploading, f"{_name_of(dataset)} {feed.identity}"
        if feed.is_part:
            self.grown.add(identity)
        own = self.request.node.nodeid if identity in self.grown else ""
        digest = blake2b(f"{identity} {own}".encode(), digest_size=6).hexdigest()
        folder = uploading.folder / f"{_FEED}{digest}" / table
        with _alone(uploading.lock), worded(_FlagWording()):
            there = uploading.batches_there.setdefault(folder, set())
            files, format_ = uploading.begin(self.request), uploading.config.stash[SETTINGS].format
            for _ in BatchUpload(files, folder, feed.by, format_, snapshot=feed.snapshot).save(feed.batches, there):
                pass
        return str(folder)


def _views(dataset: Dataset, names: Sequence[str]) -> Mapping[str, TableView]:
    """Some tables and what they refer to; those that no test asks for are not made."""
    for name in names:
        _ = dataset[name]
    return (dataset.used() if isinstance(dataset, OnDemandDataset) else dataset).views


def _name_of(dataset: Dataset) -> str:
    """The same in every process for the same data."""
    if isinstance(dataset, OnDemandDataset):
        identity: tuple[object, ...] = dataset.identity()
    else:
        identity = (
            dataset.seed,
            [
                (table.name, table.bound.num_rows, f"{table.factory.__module__}.{table.factory.__qualname__}")
                for table in dataset
            ],
        )
    digest = blake2b(repr(identity).encode(), digest_size=6)
    if not isinstance(dataset.tables, OnDemandTables):  # some rows of each table
        for table in dataset:
            if table.num_rows != table.bound.num_rows:
                digest.update(table.name.encode() + table.row_numbers.tobytes())
    return f"{_OTHER}{digest.hexdigest()}"


def _ws(request: pytest.FixtureRequest | None) -> Any:
    """The client of the fixture `ws` that databricks-labs-pytester and some projects have."""
    if request is None:
        return None
    manager: Any = request.session._fixturemanager
    return request.getfixturevalue("ws") if manager.getfixturedefs("ws", request._pyfuncitem) else None


def _spark(request: pytest.FixtureRequest) -> Any:
    """A session that may see Volumes: on a cluster, or by Databricks Connect. No other is started to be asked."""
    if "DATABRICKS_RUNTIME_VERSION" not in os.environ and find_spec("databricks.connect") is None:
        return None
    from pytest_synthdata.plugin.spark.fixture import session_of

    return session_of(request)


@contextmanager
def _alone(lock: str | None) -> Iterator[None]:
    """Within it, no other process of the run is."""
    if lock is None:
        yield
        return
    from filelock import FileLock

    with FileLock(lock):  # the system ends it, also where the process is killed
        yield


__all__ = ["Uploading"]
