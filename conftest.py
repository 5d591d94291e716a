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


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """The one of pytest, without pytest-asyncio, which warns of a missing setting; ``-p asyncio`` brings it back."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:asyncio")
    return pytester
