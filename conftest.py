"""For the tests of the plugin itself: pytest's own fixture for running pytest inside a test."""

import os
from contextlib import suppress
from importlib import import_module

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


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """The one of pytest, with our plugin and pytest-xdist's alone; ``-p randomly`` brings another back."""
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in NEIGHBOURS))
    return pytester
