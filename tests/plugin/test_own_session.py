"""The session that the plugin starts itself: its JVM starts before the fixtures of the test that needs it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Writes down what happens instead of starting a JVM.
CONFTEST = """
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from pytest_synthdata.spark import session
from pytest_synthdata.table import Table

def note(what):
    with open("happened", "a") as file:
        print(what, file=file)

def start_jvm(settings):
    note(f"start {dict(settings.conf)}")
    ending = ExitStack()
    ending.callback(note, "end")
    return SimpleNamespace(ending=ending)

def open_session(settings, starting):
    note("with it" if starting else "without")
    ending = ExitStack()
    if starting:
        ending.enter_context(starting.ending)
    return session.OpenSession(object(), ending)

session.start_jvm, session.open_session = start_jvm, open_session
Table.to_spark = lambda table, spark, **_: note(table.name)

@pytest.fixture(scope="session")
def first():
    note("first")

@pytest.fixture
def broken():
    raise RuntimeError("broken")
"""
USED = ["start {}", "first", "with it", "orders", "end"]


def happened(pytester: pytest.Pytester, test: str, *arguments: str) -> list[str]:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("import pytest\n\n" + test)
    pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)
    file = pytester.path / "happened"
    return file.read_text().splitlines() if file.exists() else []


def test_it_starts_before_the_fixtures(pytester: pytest.Pytester) -> None:
    assert happened(pytester, "def test_it(first, orders_df): pass") == USED


def test_one_is_enough(pytester: pytest.Pytester) -> None:
    tests = "def test_one(first, orders_df): pass\ndef test_two(customers_df, synth_spark): pass"
    assert happened(pytester, tests) == [*USED[:-1], "customers", "end"]


@pytest.mark.parametrize(
    "test",
    [
        "@pytest.mark.skip\ndef test_it(orders_df): pass",
        "def test_it(synth): assert len(synth.dataset.orders) == 25_000",
        "def test_it(first): pass",
    ],
    ids=["skipped", "without Spark", "without data"],
)
def test_it_does_not_start_where_it_is_not_needed(pytester: pytest.Pytester, test: str) -> None:
    assert happened(pytester, test) in ([], ["first"])


def test_a_plan_needs_no_jvm(pytester: pytest.Pytester) -> None:
    assert happened(pytester, "def test_it(orders_df): pass", "--setup-plan") == []


def test_a_project_s_own_session_is_all_that_starts(pytester: pytest.Pytester) -> None:
    test = """
@pytest.fixture(scope="session")
def spark():
    class Spark: createDataFrame = None
    return Spark()

def test_it(first, orders_df): pass
"""
    assert happened(pytester, test) == ["first", "orders"]


def test_settings_of_a_fixture_are_waited_for(pytester: pytest.Pytester) -> None:
    test = """
@pytest.fixture(scope="session")
def synth_spark_conf(first): return {"spark.sql.ansi.enabled": "false"}

def test_it(orders_df): pass
"""
    assert happened(pytester, test) == ["first", "without", "orders"]


def test_settings_of_the_ini_file_are_known(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsynth_spark_conf = spark.sql.ansi.enabled=false")
    lines = happened(pytester, "def test_it(orders_df): pass")
    assert lines[:2] == ["start {'spark.sql.ansi.enabled': 'false'}", "with it"]


def test_it_ends_where_no_session_is_asked_for_after_all(pytester: pytest.Pytester) -> None:
    assert happened(pytester, "def test_it(broken, orders_df): pass") == ["start {}", "end"]


UNUSED = """
import os
import sys
from pytest_synthdata.spark.session import SessionSettings, open_session, start_jvm

starting = start_jvm(SessionSettings(warm_start=False))
assert starting._process.poll() is None
assert "pyspark" not in sys.modules
if sys.argv[1:]:  # somebody else was first
    from pyspark.sql import SparkSession
    SparkSession.builder.getOrCreate = lambda: None
    SparkSession.getActiveSession = classmethod(lambda _: "active")
    assert open_session(SessionSettings(), starting).spark == "active"
else:
    starting.ending.close()
assert starting._process.poll() is not None
assert not starting._folder.exists()
assert "PYSPARK_PYTHON" not in os.environ
"""


@pytest.mark.parametrize("arguments", [(), ("active",)])
def test_an_unused_jvm_leaves_nothing(arguments: tuple[str, ...]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYSPARK_", "SPARK_"))}
    command = [sys.executable, "-c", UNUSED, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("engine", ["connect", "sail"])
def test_where_another_engine_is_asked_for_no_jvm_starts(engine: str) -> None:
    from pytest_synthdata.spark.session import SessionSettings, start_jvm

    assert start_jvm(SessionSettings(engine=engine)) is None


def test_nor_where_a_session_is_elsewhere_or_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_synthdata.spark.session import SessionSettings, start_jvm

    assert start_jvm(SessionSettings(remote="sc://localhost")) is None
    assert start_jvm(SessionSettings(keep_alive=60)) is None
    monkeypatch.setenv("SPARK_REMOTE", "local[2]")
    assert start_jvm(SessionSettings()) is None


def test_arguments_of_the_environment_reach_a_jvm_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_synthdata.spark.local.gateway import command_for

    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--packages 'a:b:1' pyspark-shell")
    assert command_for({"spark.x": "1"})[1:] == ["--conf", "spark.x=1", "--packages", "a:b:1", "pyspark-shell"]


def test_sail_is_sail_wherever_a_remote_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_synthdata.spark import session

    monkeypatch.setenv("SPARK_REMOTE", "local[2]")
    monkeypatch.setattr(session, "_active", lambda: None)
    monkeypatch.setattr(session, "_sail", lambda _: "sc://sail")
    monkeypatch.setattr(session, "_connect", lambda url, *_: url)
    assert session.open_session(session.SessionSettings(engine="sail")).spark == "sc://sail"
