"""Workers of a session on this machine run this Python, wherever the session came from, unless another was chosen."""

from __future__ import annotations

import importlib.util
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pytest_synthdata import Dataset
from pytest_synthdata.data_source import DatasetSource
from pytest_synthdata.factories import CustomerFactory
from pytest_synthdata.spark.frames import to_spark
from pytest_synthdata.spark.worker_python import let_workers_run_this_python, own_python


def session(python: str = "python3", master: str = "local[2]") -> Any:
    made: Any = object.__new__(SparkSession)
    made._jsparkSession = None
    made._sc = SimpleNamespace(pythonExec=python, master=master)
    return made


@pytest.fixture
def projects_session(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    return session()


def test_a_fixture_of_a_project_gives_a_session_that_does(projects_session: Any) -> None:
    assert projects_session._sc.pythonExec == sys.executable


def test_a_choice_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    for other in (session("/opt/python"), session(master="spark://host:7077"), session(master="local-cluster[2,1,9]")):
        before = other._sc.pythonExec
        let_workers_run_this_python(other)
        assert other._sc.pythonExec == before
    monkeypatch.setenv("PYSPARK_PYTHON", "python3")
    chosen = session()
    with own_python(chosen):
        assert chosen._sc.pythonExec == "python3"


def test_executors_make_rows_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    spark = session()
    spark.range = lambda *_: SimpleNamespace(mapInArrow=lambda *_: spark._sc.pythonExec)
    assert to_spark(Dataset({CustomerFactory: 5}).customers.view, spark, distributed=True) == sys.executable
    assert spark._sc.pythonExec == "python3"


def test_a_data_source_whose_workers_lack_arrow_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pyarrow" else find(name))
    with pytest.raises(ImportError, match=rf"which has no pyarrow; set PYSPARK_PYTHON={sys.executable} in the env"):
        DatasetSource({"table": "customers"}).schema()
