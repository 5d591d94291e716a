"""For the tests of the plugin itself: pytest's own fixture for running pytest inside a test."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

# A pytest inside a test has another home: its Spark shall start from the same archive nevertheless.
os.environ.setdefault("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))  # noqa: PTH111

# Compiled modules load once in a process: what a pytest inside this one imports must be there before it starts.
LOADED = (
    "databricks.sdk",
    "numpy.fft",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pyspark.sql",
    "pytest_synthdata.plugin.materialise",
    "scipy.stats",
)

pytest_plugins = ["pytester"]
# Several folders have one: as modules whose docstrings are tested, they would all be called alike.
collect_ignore_glob = ["*conftest.py"]


def pytest_configure(config: pytest.Config) -> None:
    """Load the modules where tests run: in the workers of pytest-xdist, not in what waits for them."""
    # In the background of a shell a run ignores interrupts, and so would the processes that tests interrupt.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.getoption("numprocesses", None):
        for name in LOADED:
            with suppress(ImportError):  # some are optional
                import_module(name)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect without looking for garbage: what is loaded and collected lives to the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(100_000)  # most of what a test makes ends with it


# What is costly to start.
SHARED = (("synth_spark", "synth_session"), ("browser",))
MANY = 100


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With ``--dist loadfile``, the tests that take a session of Spark are on one worker, and those of the browser."""
    from xdist.scheduler import LoadFileScheduling

    class OneOfEach(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            name = test.rpartition("::")[2].partition("[")[0]
            taken = (shared for shared in SHARED if name in taking(shared, config.rootpath / file))
            return " or ".join(next(taken, (file,)))

        def _assign_work_unit(self, node: Any) -> None:
            # What takes long is not left for the end.
            slowest = min(self.workqueue, key=lambda scope: self._turn(scope, len(self.workqueue[scope])))
            self.workqueue.move_to_end(slowest, last=False)
            super()._assign_work_unit(node)

        def _turn(self, scope: str, tests: int) -> int:
            """When tests start: first those of a JVM or a browser, then those that run pytest, and many of a file."""
            if not scope.endswith(".py") or "/spark/" in scope or takes_any(("keep_jvm",), config.rootpath / scope):
                return 0
            return 1 if tests > MANY or takes_any(("pytester",), config.rootpath / scope) else 2

    return OneOfEach(config, log) if config.getoption("dist") == "loadfile" else None


def takes_any(fixtures: tuple[str, ...], file: Path) -> bool:
    """Whether a test or fixture of a file takes one of some fixtures."""
    return len(taking(fixtures, file)) > len(fixtures)


@cache
def taking(fixtures: tuple[str, ...], file: Path) -> set[str]:
    """The tests and fixtures of a file that take one of some fixtures, or one of the file that takes it."""
    functions = re.findall(r"def (\w+)\(([^)]*)\)", file.read_text("utf-8"))
    found = set(fixtures)
    while more := {name for name, taken in functions if found.intersection(re.findall(r"\w+", taken))} - found:
        found |= more
    return found


# Plugins that are installed here, and that a pytest inside a test would import in each of its processes.
NEIGHBOURS = ("anyio", "asyncio", "faker", "platformdirs", "pytest-factoryboy", "randomly", "time_machine", "timeout")


class ForkedPytest:
    """Runs ``python -m pytest`` as forks of one process, one at a time."""

    stdin = None  # of a run: what pytester closes where there is one

    def __init__(self) -> None:
        script = Path(__file__).parent / "tests" / "forked_pytest.py"
        self._environment = python_variables()
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answers: Any = self._process.stdout

    def can_run(self, command: tuple[str, ...]) -> bool:
        """Whether a fork would be what a new process of this command is."""
        return command[:2] == (sys.executable, "-mpytest") and python_variables() == self._environment

    def start(self, command: tuple[str, ...], stdout: Any, stderr: Any) -> ForkedPytest:
        """Start a run in this process's folder and environment."""
        folder = str(Path.cwd())
        path = (folder, os.environ.get("PYTHONPATH"))
        run = {
            "arguments": command[2:],
            "folder": folder,
            # As pytester does it for a new process.
            "environment": {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))},
            "stdout": stdout.name,
            "stderr": stderr.name,
        }
        print(json.dumps(run), file=self._process.stdin, flush=True)
        return self

    def wait(self) -> int:
        """The exit code of the run that was started last."""
        return int(self._answers.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def python_variables() -> dict[str, str]:
    """What Python reads when it starts."""
    return {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}


@pytest.fixture(scope="session")
def forked_pytest() -> Iterator[ForkedPytest]:
    forked = ForkedPytest()
    yield forked
    forked.close()


@pytest.fixture
def pytester(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, forked_pytest: ForkedPytest
) -> pytest.Pytester:
    """The one of pytest, with our plugin and pytest-xdist's alone; ``-p randomly`` brings another back."""
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in NEIGHBOURS))
    new_process = pytester.popen

    def popen(command: Any, stdout: Any = subprocess.PIPE, stderr: Any = subprocess.PIPE, **how: Any) -> Any:
        to_files = hasattr(stdout, "name") and hasattr(stderr, "name")
        if to_files and how == {"stdin": pytester.CLOSE_STDIN} and forked_pytest.can_run(command):
            return forked_pytest.start(command, stdout, stderr)
        return new_process(command, stdout, stderr, **how)

    monkeypatch.setattr(pytester, "popen", popen)
    return pytester
