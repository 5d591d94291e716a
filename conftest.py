"""For the tests of the plugin itself: pytest's own fixture for running pytest inside a test."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

# A pytest inside a test has another home: its Spark shall start from the same archive nevertheless.
os.environ.setdefault("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))  # noqa: PTH111

# Compiled modules load once in a process: what a pytest inside this one imports must be there before it starts.
for name in (
    "databricks.sdk",
    "numpy.fft",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pyspark.sql",
    "pytest_synthdata.plugin.materialise",
    "scipy.stats",
):
    with suppress(ImportError):  # some are optional
        import_module(name)

pytest_plugins = ["pytester"]
# Several folders have one: as modules whose docstrings are tested, they would all be called alike.
collect_ignore_glob = ["*conftest.py"]


# Plugins that are installed here, and that a pytest inside a test would import in each of its processes.
NEIGHBOURS = ("anyio", "asyncio", "faker", "platformdirs", "pytest-factoryboy", "randomly", "time_machine", "timeout")


class ForkedPytest:
    """Runs ``python -m pytest`` as forks of one process."""

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

    def run(self, arguments: tuple[str, ...], stdout: Path, stderr: Path) -> int:
        """The exit code of a run in this process's folder and environment."""
        run = {
            "arguments": arguments,
            "folder": str(Path.cwd()),
            "environment": dict(os.environ),
            "stdout": str(stdout),
            "stderr": str(stderr),
        }
        print(json.dumps(run), file=self._process.stdin, flush=True)
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
    new_process = pytester.run

    def run(*command: Any, **how: Any) -> pytest.RunResult:
        texts = tuple(map(os.fspath, command))
        if how.get("timeout") or "stdin" in how or not forked_pytest.can_run(texts):
            return new_process(*command, **how)
        stdout, stderr = pytester.path / "stdout", pytester.path / "stderr"
        begin = time.perf_counter()
        code: Any = forked_pytest.run(texts[2:], stdout, stderr)
        seconds = time.perf_counter() - begin
        lines = [file.read_text("utf-8", errors="replace").splitlines() for file in (stdout, stderr)]
        for file, said in zip((sys.stdout, sys.stderr), lines, strict=True):
            print(*said, sep="\n", file=file)
        with suppress(ValueError):
            code = pytest.ExitCode(code)
        return pytest.RunResult(code, *lines, seconds)

    monkeypatch.setattr(pytester, "run", run)
    return pytester
