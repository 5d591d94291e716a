"""The end of a test run: what the data that tests asked for was like, from one process or from xdist's workers."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.plugin.failures.reasons import ANYTHING, reason, text_or_reason
from pytest_synthdata.plugin.stash import MATERIALISER, SETTINGS

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.plugin.options import Settings
    from pytest_synthdata.table import Table
    from pytest_synthdata.validation import Validation

_KEY = "synth_report"
_MOST_DRAWN = 24  # tables of each process that have a page; more would make the page slow to open


class Reporting:
    """A plugin that is there where a run was asked for a summary or a report."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.settings: Settings = config.stash[SETTINGS]
        self.found: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.drawn: set[str] = set()  # the keys of tables that are drawn already
        self.problem = ""  # why no report can be written
        if self.settings.report:
            from pytest_synthdata.report.requirements import missing_packages

            self.problem = missing_packages()

    def pytest_sessionstart(self) -> None:
        """Say at the start, and only then, what is missing for the report."""
        if self.problem and not hasattr(self.config, "workerinput"):
            reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                reporter.write_line(f"synthdata: no report will be written: {self.problem}", yellow=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Look at every dataset that this process's tests used; workers hand over what they saw."""
        materialiser = self.config.stash.get(MATERIALISER, None)
        datasets = materialiser.used() if materialiser is not None else ()
        for dataset in sorted(datasets, key=_size, reverse=True):
            self._look_at(dataset)
        output: dict[str, Any] | None = getattr(self.config, "workeroutput", None)
        if output is not None:
            try:
                output[_KEY] = json.dumps([self.found, self.notes])
            except ANYTHING as error:
                output[_KEY] = json.dumps([[], [*self.notes, reason(error)]])

    def _look_at(self, dataset: Dataset) -> None:
        part = None
        try:
            result = dataset.clean.validate()
            if dataset.defects:
                from pytest_synthdata.report.planted import with_planted

                result = with_planted(result, dataset)
        except ANYTHING as error:  # a user's function may raise anything, and tests are done
            shown = text_or_reason("a dataset that cannot be described", lambda: repr(dataset))
            self.notes.append(f"{shown}: {reason(error)}")
            return
        if self.settings.report and not self.problem:
            try:
                part = self._drawn(dataset, result)
            except ANYTHING as error:
                self.notes.append(reason(error))
        self.found.append({"result": result.to_dict(), "part": part})

    def _drawn(self, dataset: Dataset, result: Validation) -> dict[str, Any]:
        from pytest_synthdata.report.content import part_of
        from pytest_synthdata.report.table_content import table_content

        def draw(table: Table, *about: Any) -> dict[str, Any] | None:
            try:
                return table_content(table, *about)
            except ANYTHING as error:
                self.notes.append(f"{table.name} has no page in the report: {reason(error)}")
                return None

        part = part_of(dataset, result, drawn=self.drawn, most=max(_MOST_DRAWN - len(self.drawn), 0), draw=draw)
        self.drawn |= {table["key"] for table in part["tables"] if table["drawn"]}
        return part

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """With xdist: what a worker saw."""
        found, notes = json.loads(getattr(node, "workeroutput", {}).get(_KEY, "[[], []]"))
        self.found += found
        self.notes += notes

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the summary, and write the report."""
        if self.settings.summary:
            from pytest_synthdata.report.terminal import to_text

            terminalreporter.section("synthdata")
            writer = terminalreporter._tw

            def text() -> str:
                return to_text(self._results(), width=writer.fullwidth, colour=writer.hasmarkup).rstrip("\n")

            writer.line(text_or_reason("synthdata: no summary", text))
        for note in dict.fromkeys(self.notes):
            terminalreporter.write_line(f"synthdata: {note}", yellow=True)
        if self.settings.report and not self.problem:
            write = partial(self._write_report, self.settings.report)
            terminalreporter.write_line(text_or_reason("synthdata: no report", write))

    def _results(self) -> list[Validation]:
        """Each dataset once, whichever processes saw it."""
        from pytest_synthdata.validation import Validation

        seen: dict[str, Validation] = {}
        for one in self.found:
            result = Validation.from_dict(one["result"])
            seen.setdefault(repr([(table.table, table.rows, table.checks) for table in result.tables]), result)
        return list(seen.values())

    def _write_report(self, file: str) -> str:
        parts = [one["part"] for one in self.found if one["part"] is not None]
        if not parts:
            why = "it could not be drawn" if self.found else "no test asked for data"
            return f"synthdata: no report, for {why}"
        from pytest_synthdata.report.content import page_content
        from pytest_synthdata.report.page import write

        path = write(page_content(parts, self._results()), Path(self.config.invocation_params.dir) / file)
        return f"synthdata report: {path.as_uri()}"


def _size(dataset: Dataset) -> int:
    """How many rows a dataset has; none, where they cannot be counted."""
    try:
        return sum(table.num_rows for table in dataset)
    except ANYTHING:
        return 0


__all__ = ["Reporting"]
