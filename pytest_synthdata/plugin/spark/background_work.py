"""The end of a run says which process goes on after it: the one that writes Spark's class-data archive."""

from __future__ import annotations

from typing import Any

import pytest

_KEY = "synth_background_work"
_NOTE = (
    "synthdata: a background process writes Spark's class-data archive, so that the next runs start faster; "
    "synth_spark_warm_start = false turns this off"
)


class BackgroundWork:
    """A plugin that is told of the process, in this run or in one of its workers."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.is_started: bool = False

    def start(self) -> None:
        """The process was started."""
        self.is_started = True

    @pytest.hookimpl(trylast=True)  # sessions may end as late as this
    def pytest_sessionfinish(self) -> None:
        """With xdist: tell the controller."""
        output: dict[str, Any] | None = getattr(self.config, "workeroutput", None)
        if output is not None:
            output[_KEY] = self.is_started

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """With xdist: what a worker told."""
        self.is_started |= bool(getattr(node, "workeroutput", {}).get(_KEY))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say it, once."""
        if self.is_started:
            terminalreporter.write_line(_NOTE)


__all__ = ["BackgroundWork"]
