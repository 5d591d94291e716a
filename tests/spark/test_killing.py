"""What is left when a process is killed: no temporary folder, no JVM; and what later tests get."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_synthdata.disk.temporary import temporary_folder

HOLDING = """
import os, signal, subprocess, sys, time
from pytest_synthdata.disk.temporary import temporary_folder
with temporary_folder("test") as (folder, used_by):
    (folder / "file").write_text("x")
    command = [sys.executable, "-c", "import time; time.sleep(600)", str(folder)]
    user = subprocess.Popen(command, start_new_session=True)
    used_by(user.pid)
    print(folder, user.pid, flush=True)
    {ending}
    time.sleep(600)
"""


def eventually(condition: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them")
@pytest.mark.parametrize(
    "ending",
    ["os._exit(1)", "os.kill(os.getpid(), signal.SIGTERM)", "os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit"],
)
def test_a_folder_and_the_processes_that_use_it_go_with_its_owner(ending: str) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDING.format(ending=ending)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        folder, user = process.stdout.readline().decode().split()
        process.wait(30)
    assert eventually(lambda: not Path(folder).exists())
    if ending != "raise SystemExit":  # where the owner sees to it itself
        assert eventually(lambda: not is_running(int(user)))
    else:
        os.kill(int(user), signal.SIGKILL)


def test_what_nobody_removed_is_swept_and_what_is_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, young = tmp_path / "pytest-synthdata-dead", tmp_path / "pytest-synthdata-young"
    for folder in (dead, young, tmp_path / "others"):
        folder.mkdir()
    long_ago = time.time() - 1_000
    with temporary_folder("one") as (one, _):
        for folder in (dead, one, tmp_path / "others"):
            os.utime(folder, (long_ago, long_ago))
        with temporary_folder("two"):
            assert not dead.exists()
            assert one.exists()
            assert young.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["others", young.name]


def test_a_killed_jvm_is_replaced_and_an_interrupt_ends_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile("""
        import os, signal, threading

        def test_start(orders_df):
            assert orders_df.limit(1).count() == 1

        def test_kill(orders_df):
            from pyspark import SparkContext
            os.kill(SparkContext._gateway.proc.pid, signal.SIGKILL)
            orders_df.count()

        def test_after(orders_df):
            assert orders_df.limit(1).count() == 1

        def test_interrupted(synth_spark):
            threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                synth_spark.range(10**13).selectExpr("sum(hash(id))").collect()
            except BaseException as error:
                raise AssertionError("as if py4j had failed") from error

        def test_never():
            pass
    """)
    folders = pytester.mkdir("temporary")
    monkeypatch.setenv("TMPDIR", str(folders))
    monkeypatch.setenv("CI", "true")  # no archive is written in the background
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=2, failed=1)
    assert "KeyboardInterrupt" in result.stdout.str()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert eventually(lambda: not list(folders.glob("*synthdata-*")))
