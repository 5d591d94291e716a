"""One Spark Connect server for all processes of a run: the controller starts it when a test first asks for Spark.

Workers ask over loopback, with a key that pytest-xdist hands them; a run without workers asks itself. The server ends
with the run, or, should the run's process be killed, a few seconds after it.
"""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.plugin.spark.fixture import is_ours
from pytest_synthdata.plugin.stash import SETTINGS

if TYPE_CHECKING:
    from pytest_synthdata.spark.local.connect_server import ConnectServer
    from pytest_synthdata.spark.session_settings import Endpoint

_ASK_AT = "synth_connect"  # what xdist's workers are told: a port, and the key to ask with
_FIXTURES = frozenset({"synth", "synth_session", "synth_spark"})
_GONE = "the run's controller, which starts Spark's Connect server, is gone"
_SECONDS_TO_ASK = 10
_SECONDS_TO_ANSWER = 300


class SharedServer:
    """A plugin that is there where a run is to share a server, in the controller and in each worker."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.has_workers: bool = False
        handed_over: dict[str, Any] = getattr(config, "workerinput", {})
        self.starter: _Starter | None = None
        if _ASK_AT not in handed_over:
            self.starter = _Starter(config)
            handed_over = {_ASK_AT: self.starter.ask_at}
        self.port: int
        self.key: str
        self.port, self.key = handed_over[_ASK_AT]
        self._asked: socket.socket | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """With xdist: tell a worker where to ask."""
        self.has_workers = True
        if self.starter is not None:
            self.starter.workers = max(self.starter.workers, node.workerinput["workercount"])
            node.workerinput[_ASK_AT] = self.starter.ask_at

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Where tests will need the server, ask for it now: it starts while they are handed out."""
        if self.has_workers or session.config.option.collectonly:
            return
        for item in session.items:
            if _FIXTURES & set(getattr(item, "fixturenames", ())) and is_ours(item):
                with suppress(SynthDataError):  # the first test that needs it asks again, and is told
                    self._asked = self._ask(self.config.stash[SETTINGS].spark_conf)
                return

    def endpoint(self, conf: Mapping[str, str]) -> Endpoint:
        """The server's address; started with these Spark settings, if it is not there.

        Raises:
            SynthDataError: where it cannot be started, with the reason.
        """
        from pytest_synthdata.spark.session_settings import Endpoint

        asked, self._asked = self._asked or self._ask(conf), None
        try:
            with asked, asked.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline() or b"{}")
        except (OSError, ValueError):
            answer = {}
        if "url" not in answer:
            raise SynthDataError(answer.get("error", _GONE))
        return Endpoint(**answer)

    def _ask(self, conf: Mapping[str, str]) -> socket.socket:
        try:
            asked = socket.create_connection(("127.0.0.1", self.port), _SECONDS_TO_ASK)
            asked.settimeout(_SECONDS_TO_ANSWER)
            asked.sendall(json.dumps({"key": self.key, "conf": dict(conf)}).encode() + b"\n")
        except OSError as error:
            raise SynthDataError(f"{_GONE}: {error}") from None
        return asked

    @pytest.hookimpl(trylast=True)  # sessions may end as late as this
    def pytest_unconfigure(self) -> None:
        """End the server."""
        if self._asked is not None:
            self._asked.close()
        if self.starter is not None:
            self.starter.close()


class _Starter:
    """Starts a server when it is asked for, and another one where that has ended."""

    def __init__(self, config: pytest.Config) -> None:
        self.workers: int = 1
        self._settings = config.stash[SETTINGS]
        self._background_work: Any = config.pluginmanager.get_plugin("synthdata-background-work")
        self._key = secrets.token_urlsafe(24)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ending = ExitStack()
        self._is_ending = False
        self._server: ConnectServer | None = None
        self._thread = threading.Thread(target=self._answer_all, name="synthdata-connect", daemon=True)
        self._thread.start()

    @property
    def ask_at(self) -> tuple[int, str]:
        """The port where it is asked, and the key to ask with."""
        return self._listening.getsockname()[1], self._key

    def close(self) -> None:
        """End the server, also one that is starting."""
        self._is_ending = True
        self._ending.close()
        with suppress(OSError):
            socket.create_connection(self._listening.getsockname(), _SECONDS_TO_ASK).close()  # wakes the thread
        self._thread.join()
        self._ending.close()
        self._listening.close()

    def _answer_all(self) -> None:
        while True:
            asking, _ = self._listening.accept()
            with suppress(OSError, ValueError), asking:
                if self._is_ending:
                    return
                asking.settimeout(_SECONDS_TO_ASK)
                with asking.makefile("rb") as questions:
                    asked = json.loads(questions.readline())
                if hmac.compare_digest(str(asked.get("key")), self._key):
                    asking.sendall(json.dumps(self._answer(asked["conf"])).encode() + b"\n")

    def _answer(self, conf: Mapping[str, str]) -> dict[str, Any]:
        from pytest_synthdata.spark.local.connect_server import start_server
        from pytest_synthdata.spark.session_settings import SessionSettings

        if self._server is not None and not self._server.is_running:
            self._server.close()
            self._server = None
        if self._server is None:
            wanted = SessionSettings(
                conf=conf,
                workers=self.workers,
                warm_start=self._settings.warm_start,
                on_background_work=self._background_work.start,
            )
            try:
                self._server = start_server(wanted, self._ending)
            except Exception as error:  # noqa: BLE001 - whatever it is, who asked is told
                return {"error": str(error)}
        return {"url": self._server.endpoint.url, "conf": dict(self._server.endpoint.conf)}


__all__ = ["SharedServer"]
