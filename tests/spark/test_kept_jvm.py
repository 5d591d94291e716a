"""A JVM that waits for the next run is the same one, has nothing of the last run, and ends when it should."""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_synthdata.spark.local import kept_jvm

TEST = """
import os, signal

def test_it(synth_spark, synth):
    spark = synth_spark
    process = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
    with open("jvms", "a") as file:
        file.write(f"{process}\\n")
"""
LEAVING_MUCH = f"""{TEST}
    assert spark.catalog.listTables() == []
    assert spark.conf.get("spark.sql.shuffle.partitions") != "77"
    assert synth.orders.groupBy("status").count().count() == 3
    synth.orders.cache().createOrReplaceTempView("left_over")
    spark.sql("create table left_table using parquet as select 1 as one")
    spark.conf.set("spark.sql.shuffle.partitions", "77")
    if os.environ.get("END") == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
"""
INI = "[pytest]\nsynth_spark_keep_alive = {}\n"


@pytest.fixture(autouse=True)
def kept(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A run-time folder of the test's own; what is kept in it ends with the test."""
    monkeypatch.delenv("CI", raising=False)
    runtime = pytester.path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    pytester.makepyfile(test_it=TEST)
    pytester.makeini(INI.format(120))
    yield runtime / "pytest-synthdata" / "spark"
    kept_jvm.stop_all()


def run(pytester: pytest.Pytester, *arguments: str) -> int:
    """Run the test; the process of the JVM that it was on."""
    pytester.runpytest_subprocess("-W", "error", "-p", "no:asyncio", *arguments).assert_outcomes(passed=1)
    return int((pytester.path / "jvms").read_text().split()[-1])


def is_running(process: int) -> bool:
    """Whether a process is there, and is not a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(process: int, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while is_running(process):
        assert time.monotonic() < deadline, f"process {process} is still there"
        time.sleep(0.1)


def test_the_next_run_is_on_the_same_jvm_and_finds_nothing(
    pytester: pytest.Pytester, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_it=LEAVING_MUCH)
    first = run(pytester)
    assert is_running(first)
    assert run(pytester) == first

    # A run that is killed leaves its SparkContext there.
    with monkeypatch.context() as patch:
        patch.setenv("END", "kill")
        pytester.runpytest_subprocess("-p", "no:asyncio")
    assert run(pytester) == first

    (folder,) = kept.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "state.json").stat().st_mode) == 0o600
    assert not list((folder / "scratch").glob("*/*"))
    header = pytester.runpytest_subprocess("--collect-only", "-p", "no:asyncio").stdout
    header.fnmatch_lines([f"synthdata: Spark's JVM is kept for 120 s after a run; waiting: JVM {first}"])

    # One that does not answer any more is replaced without a word.
    os.kill(first, signal.SIGKILL)
    second = run(pytester)
    assert second != first
    assert kept_jvm.stop_all() == 1
    wait_for_end(second)
    assert not list(kept.iterdir())


def test_other_settings_start_another_and_idle_ones_end(pytester: pytest.Pytester, kept: Path) -> None:
    pytester.makeini(INI.format(2))
    first = run(pytester)
    pytester.makeini(INI.format(2) + "synth_spark_conf = spark.sql.session.timeZone=Europe/Berlin\n")
    second = run(pytester)
    assert second != first
    wait_for_end(first)
    wait_for_end(second)
    assert not [folder for folder in kept.iterdir() if (folder / "state.json").exists()]


def test_in_ci_nothing_is_kept(pytester: pytest.Pytester, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    wait_for_end(run(pytester))
    assert not kept.exists() or not list(kept.iterdir())


@pytest.mark.parametrize("value", ["soon", "-1", "inf"])
def test_a_wrong_number_of_seconds(pytester: pytest.Pytester, value: str) -> None:
    pytester.makeini(INI.format(value))
    result = pytester.runpytest_subprocess("-p", "no:asyncio")
    result.stderr.fnmatch_lines([f"*synth_spark_keep_alive is '{value}'; it is a number of seconds, such as 600"])
