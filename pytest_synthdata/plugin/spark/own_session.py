"""The Spark session that the plugin itself finds or starts, for all tests of a process.

Where the next test takes a table as a DataFrame, and so needs a session, the JVM starts before the test's fixtures:
the libraries that they import take as long as it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.plugin.failures.reasons import ANYTHING, reason
from pytest_synthdata.plugin.spark.fixture import is_ours
from pytest_synthdata.plugin.stash import SETTINGS

if TYPE_CHECKING:
    from pytest_synthdata.spark.local.session import StartingJvm
    from pytest_synthdata.spark.session import OpenSession, SessionSettings


class OwnSession:
    """A plugin that holds the session, gives another one where a test has stopped it, and ends it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._opened: OpenSession | None = None
        self._starting: StartingJvm | None = None
        self._has_looked: bool = False
        self._problem: str = ""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """After marks have had a test skipped, and before its fixtures are made."""
        names = getattr(item, "fixturenames", ())
        if self._has_looked or not any(name == "synth_spark" or name.endswith("_df") for name in names):
            return
        self._has_looked = True
        if is_ours(item) and not item.config.getoption("setupplan"):
            from pytest_synthdata.spark.session import start_jvm

            self._starting = start_jvm(self._wanted({}))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """End a JVM whose session no test has come to ask for."""
        try:
            self.close()
        except ANYTHING as error:
            self._problem = reason(error)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say why a JVM may still be there."""
        if self._problem:
            terminalreporter.write_line(f"synthdata: Spark was not ended: {self._problem}", yellow=True)

    def session(self, conf: Mapping[str, str]) -> Any:
        """The session.

        Args:
            conf: Spark settings of the project's fixture.

        Raises:
            SynthDataError: where there is none, and none can be started.
        """
        from pytest_synthdata.spark.session import open_session

        self._has_looked = True
        if self._opened is not None and self._opened.is_stopped:
            self.close()
        if self._opened is None:
            starting, self._starting = self._starting, None
            self._opened = open_session(self._wanted(conf), starting)
        return self._opened.spark

    def _wanted(self, conf: Mapping[str, str]) -> SessionSettings:
        from pytest_synthdata.spark.session_settings import SessionSettings

        settings = self.config.stash[SETTINGS]
        worker: dict[str, Any] = getattr(self.config, "workerinput", {})
        background_work: Any = self.config.pluginmanager.get_plugin("synthdata-background-work")
        shared_server: Any = self.config.pluginmanager.get_plugin("synthdata-shared-server")
        return SessionSettings(
            remote=settings.remote,
            engine=settings.engine,
            conf={**settings.spark_conf, **conf},
            worker_id=worker.get("workerid"),
            workers=worker.get("workercount", 1),
            warm_start=settings.warm_start,
            keep_alive=settings.keep_alive,
            shared_server=shared_server.endpoint if shared_server is not None else None,
            on_background_work=background_work.start,
        )

    def close(self) -> None:
        """End the session, and a JVM that was started for none."""
        opened, self._opened = self._opened, None
        starting, self._starting = self._starting, None
        if opened is not None:
            opened.close()
        if starting is not None:
            starting.ending.close()


__all__ = ["OwnSession"]
