"""The least data that makes a failing test fail: searched for between its failure and its report."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.disk.temporary import whole_file
from pytest_synthdata.errors import SynthDataError, counted
from pytest_synthdata.plugin.data_of_test import data_of, data_of_tests
from pytest_synthdata.plugin.failures.reasons import ANYTHING, reason
from pytest_synthdata.plugin.failures.replay import command_for
from pytest_synthdata.plugin.failures.sections import SHRUNK
from pytest_synthdata.plugin.stash import MATERIALISER, SETTINGS, SYNTH

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.plugin.data_in_test import Synth
    from pytest_synthdata.plugin.shrinking.rerunning import Rerunner
    from pytest_synthdata.plugin.shrinking.shrunk_text import Finding
    from pytest_synthdata.plugin.stand_ins import Reading, StandIns
    from pytest_synthdata.shrinking.runs import Runs

PROPERTY = "synthdata_shrunk"
_NOT_DATA = ("take", "shrink", "seeds")  # of a marker's arguments
_REPORTS_ITSELF = pytest.StashKey[bool]()  # the test's: whether parts of it have had reports of their own
_OF_PARTS = "subtests report by themselves"


class Shrinking:
    """A plugin that is there where a run was asked to shrink the data of failing tests."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.settings = config.stash[SETTINGS]
        self.found: list[dict[str, Any]] = []
        self._is_running: bool = False  # a test, so that a report that is made now is of a part of it
        self._is_searching: bool = False

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Know the reports of subtests, which are made while their test runs."""
        self._is_running = True
        yield
        self._is_running = False

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Search before the failure is reported, and before a debugger's prompt."""
        outcome: Any = yield
        if self._is_running:
            item.stash[_REPORTS_ITSELF] = True
            if self._is_searching:  # or else the subtests of every run would be reported
                outcome.force_exception(SynthDataError(_OF_PARTS))
                return
        report = outcome.get_result()
        if call.when != "call" or not report.failed or call.excinfo is None:
            return
        synth = data_of(item)
        if synth is None or not _is_wanted(item):
            return
        text, data = self._search(item, synth, call.excinfo.value)
        report.sections.append((SHRUNK, text))
        if data is not None:
            entry = (PROPERTY, json.dumps({"test": item.nodeid, **data}))
            item.user_properties.append(entry)
            report.user_properties.append(entry)

    def _search(self, item: pytest.Item, synth: Synth, error: BaseException) -> tuple[str, dict[str, Any] | None]:
        if why_not := self._reason_not_to(item):
            return f"not shrunk: {why_not}", None
        from pytest_synthdata.plugin.shrinking.rerunning import Rerunner

        rerunner = Rerunner(item)
        self._is_searching = True
        try:
            with rerunner.unnoticed():
                finding = self._shrink(item, synth, error, rerunner)
            if finding.is_long:
                finding = replace(finding, long_in=self._file_of(item, finding))
            return finding.to_text(), finding.to_dict()
        except ANYTHING as problem:  # the test's own failure is what has to be reported
            return f"not shrunk: {reason(problem)}", None
        finally:
            self._is_searching = False

    def _file_of(self, item: pytest.Item, finding: Finding) -> str:
        """A file in pytest's cache with what is too long for a report; nothing where there is no cache."""
        cache = getattr(self.config, "cache", None)
        if cache is None:
            return ""
        try:
            path = cache.mkdir("synthdata") / f"{_digest(item)}.txt"
            path.write_text(f"{finding.as_test}\n\n{finding.replay}\n", "utf-8")
        except OSError:
            return ""
        return os.path.relpath(path, self.config.invocation_params.dir)

    def _reason_not_to(self, item: pytest.Item) -> str:
        if self.settings.upload is not None:
            return "with --synth-upload, tests read what was saved"
        if _REPORTS_ITSELF in item.stash:
            return _OF_PARTS
        if self.config.getoption("trace", default=False):
            return "each run would stop in the debugger (--trace)"
        if (keepers := _keepers(item)) and not self._stand_ins.reading.has_begun:
            return (
                f"the data comes from synth_session, and what is made of it is kept by {keepers}; to have the test "
                "run on fewer rows, read the data in the test itself, or in fixtures of scope='function'"
            )
        return ""

    @property
    def _stand_ins(self) -> StandIns:
        return self.config.stash[MATERIALISER].stand_ins

    def _shrink(self, item: pytest.Item, synth: Synth, error: BaseException, rerunner: Rerunner) -> Finding:
        from pytest_synthdata.plugin.on_demand import OnDemandDataset
        from pytest_synthdata.plugin.shrinking.candidates import Candidates
        from pytest_synthdata.plugin.shrinking.hints import hints
        from pytest_synthdata.plugin.shrinking.shrunk_text import Finding, Said
        from pytest_synthdata.shrinking.runs import NONE, Runs
        from pytest_synthdata.shrinking.search import shrink
        from pytest_synthdata.spark.session import zone_in_use

        began = time.perf_counter()
        deadline = began + (self.settings.shrink or 0)
        dataset, stand_ins = synth.asked_for, self._stand_ins
        whole = dataset.whole() if isinstance(dataset, OnDemandDataset) else dataset
        asked_for = dataset.in_this_test() if isinstance(dataset, OnDemandDataset) else dataset
        progress = Progress(self.config, item.name)
        read = _read(stand_ins.reading, dataset)
        candidates = Candidates(dataset, whole, read, error=error, rerunner=rerunner, stand_ins=stand_ins)
        counted = {*asked_for.tables, *candidates.order.row_numbers}
        likely = list(hints(error, whole, candidates.order))
        candidates.named = likely[0] if likely else NONE
        if (known := self._remembered(item, candidates.order.row_numbers)) is not None:
            likely.insert(0, candidates.order.positions(known))

        def after_run(runs: Runs) -> None:
            if _REPORTS_ITSELF in item.stash:
                raise SynthDataError(_OF_PARTS)
            progress.show(runs)

        runs = Runs(candidates, lambda: time.perf_counter() >= deadline, after_run)
        try:
            shrunk = shrink(runs, candidates.searched, hints=likely, probes=candidates.probes())
        finally:
            progress.clear()
        taken = None if shrunk.rows is None else candidates.taken(shrunk.rows)
        asked = candidates.order.rows_at(shrunk.asked)
        take = {table: rows.tolist() for table, rows in asked.items() if len(rows)}
        if take:
            self._remember(item, take)
        return Finding(
            shrunk=shrunk,
            num_rows=sum(whole[table].num_rows for table in counted),
            taken=taken,
            asked=candidates.asked,
            read=candidates.read,
            num_columns=sum(len(whole[table].schema.names) for table in candidates.read),
            take=take,
            seconds=time.perf_counter() - began,
            arguments={name: value for name, value in synth.arguments.items() if name not in _NOT_DATA},
            seed=synth.seed,
            scale=self.settings.scale,
            command=command_for(item),
            module=getattr(item, "module", None),
            zone=zone_in_use(),
            said=Said(candidates.said, *(candidates.said_on(rows) for rows in (NONE, shrunk.rows) if rows is not None)),
            keepers=_keepers(item),
            is_session=synth is item.session.stash.get(SYNTH, None),
            is_parameter="synth" in getattr(getattr(item, "callspec", None), "params", ()),
        )

    def _remembered(self, item: pytest.Item, row_numbers: Mapping[str, Any]) -> dict[str, Any] | None:
        """The rows that were found the last time, where they are still among those that there are."""
        import numpy as np

        cache = getattr(self.config, "cache", None)
        take = cache.get(_cache_key(item), None) if cache is not None else None
        if not isinstance(take, dict) or not set(take) <= set(row_numbers):
            return None
        return {table: np.intersect1d(np.array(rows, np.int64), row_numbers[table]) for table, rows in take.items()}

    def _remember(self, item: pytest.Item, take: Mapping[str, list[int]]) -> None:
        cache = getattr(self.config, "cache", None)
        if cache is not None:
            cache.set(_cache_key(item), take)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what was found, from xdist's workers too."""
        if report.when == "call":
            self.found += [json.loads(str(value)) for name, value in report.user_properties if name == PROPERTY]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the file that was asked for."""
        if self.settings.shrink_json is None:
            return
        path = Path(self.config.invocation_params.dir) / self.settings.shrink_json
        try:
            with whole_file(path) as part:
                part.write_text(json.dumps(self.found, indent=1) + "\n", "utf-8")
        except OSError as error:
            terminalreporter.write_line(f"synthdata: --synth-shrink-json: {error}", yellow=True)


class Progress:
    """A line on a terminal, and nothing where there is none."""

    def __init__(self, config: pytest.Config, test: str) -> None:
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        self._reporter = reporter if reporter is not None and reporter.isatty and reporter.verbosity >= 0 else None
        self._test = test

    def show(self, runs: Runs) -> None:
        """Say how many runs there were, and on how few rows the test failed."""
        if self._reporter is not None:
            left = "" if runs.best is None else f", {counted(len(runs.best), 'row')} left"
            self._reporter.rewrite(f"shrinking {self._test}: {runs.count} runs{left}", erase=True)

    def clear(self) -> None:
        """Leave the line empty."""
        if self._reporter is not None:
            self._reporter.rewrite("", erase=True)


def _read(reading: Reading, dataset: Dataset) -> set[str]:
    """The tables that a test has read; of a few rows that were taken, perhaps all."""
    if reading.all_tables and not getattr(dataset, "tells_reads", False):
        return {table.name for table in dataset if table.num_rows}
    return {*reading.tables}


def _cache_key(item: pytest.Item) -> str:
    return f"synthdata/shrunk/{_digest(item)}"


def _digest(item: pytest.Item) -> str:
    return blake2b(item.nodeid.encode(), digest_size=8).hexdigest()


def _keepers(item: pytest.Item) -> str:
    """The fixtures that see all rows in every run."""
    kept = data_of_tests(item.config).keepers(item)
    return " and ".join(f"the {fixture.scope} fixture {fixture.argname!r}" for fixture in kept)


def _is_wanted(item: pytest.Item) -> bool:
    """What the nearest marker says that says anything of it."""
    said = (marker.kwargs["shrink"] for marker in item.iter_markers("synth") if "shrink" in marker.kwargs)
    return bool(next(said, True))


__all__ = ["PROPERTY", "Progress", "Shrinking"]
