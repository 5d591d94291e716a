"""Twelve ways to kill a run, while it computes, writes and uploads: what it leaves, and whether the next run works.

It takes many minutes, and is a session of nox: ``nox -s killing``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "databricks"))

pytestmark = pytest.mark.skipif(not os.environ.get("SYNTHDATA_KILLING"), reason="takes long: nox -s killing")
FLAG = "--synth-upload=main.sales.raw"
ROWS = 6_000_000
PROJECT = f"""
import os, threading, time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STAGE, KIND = os.environ["STAGE"], os.environ["KIND"]


def reached():
    pids = [os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid(), os.getpid()]
    from pyspark import SparkContext
    pids.append(SparkContext._gateway.proc.pid if SparkContext._gateway else 0)
    (HERE / "reached.part").write_text(" ".join(map(str, pids)))
    (HERE / "reached.part").rename(HERE / "reached")
    if KIND == "os._exit":
        while not (HERE / "go").exists():
            time.sleep(0.05)
        os._exit(7)


def test_before(synth):
    if STAGE == "running" or "jvm" in KIND:
        assert synth.customers.limit(1).count() == 1


@pytest.mark.skipif("BUSY" not in os.environ, reason="the next run")
def test_busy(request):
    if (HERE / "reached").exists():
        return  # xdist gives a test whose worker has died to the next worker
    if STAGE == "running":
        synth = request.getfixturevalue("synth")
        threading.Timer(0.5, reached).start()
        synth.spark.range(10**13).selectExpr("sum(hash(id))").collect()
    elif STAGE == "writing":
        from pytest_synthdata import Dataset
        from pytest_synthdata.factories import CustomerFactory, OrderFactory
        orders = Dataset({{CustomerFactory: 1000, OrderFactory: {ROWS}}}).orders
        threading.Timer(0.5, reached).start()
        orders.to_parquet(HERE / "target" / "orders", overwrite=True)
    else:
        synth = request.getfixturevalue("synth")
        threading.Timer(0.7, reached).start()
        synth.volume_path("orders")


def test_after(synth, tmp_path):
    if STAGE == "running":
        assert synth.orders.limit(1).count() == 1
    elif STAGE == "writing":
        if "BUSY" not in os.environ:
            synth.dataset.orders.to_parquet(HERE / "target" / "orders", overwrite=True)
    else:
        assert synth.volume_path("orders")
"""
# How a run of one process or of xdist's is killed; whether the run goes on.
ALONE, SPREAD = ["-p", "no:xdist"], ["-n", "2", "--dist=loadfile"]


def to(which: int, number: int) -> Callable[[subprocess.Popen[bytes], list[int]], None]:
    """Send a signal to the controller, the process that runs the test, or its JVM."""
    return lambda _, pids: os.kill(pids[which], number)


def to_all(process: subprocess.Popen[bytes], _: list[int]) -> None:
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does


KINDS: dict[str, tuple[list[str], Callable[[subprocess.Popen[bytes], list[int]], None] | None, bool]] = {
    "SIGINT": (ALONE, to(0, signal.SIGINT), False),
    "SIGTERM": (ALONE, to(0, signal.SIGTERM), False),
    "SIGHUP": (ALONE, to(0, signal.SIGHUP), False),
    "SIGQUIT": (ALONE, to(0, signal.SIGQUIT), False),
    "SIGKILL": (ALONE, to(0, signal.SIGKILL), False),
    "os._exit": (ALONE, None, False),
    "jvm SIGKILL": (ALONE, to(2, signal.SIGKILL), True),
    "jvm SIGTERM": (ALONE, to(2, signal.SIGTERM), True),
    "Ctrl-C under xdist": (SPREAD, to_all, False),
    "worker SIGKILL": (SPREAD, to(1, signal.SIGKILL), True),
    "controller SIGKILL": (SPREAD, to(0, signal.SIGKILL), False),
    "controller SIGTERM": (SPREAD, to(0, signal.SIGTERM), False),
}


def eventually(condition: Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return bool(condition())


def marked(mark: str) -> list[str]:
    """The processes of a run and what it started, which have its mark in their environment."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended, or is somebody else's
            if mark.encode() in environment.read_bytes():
                command = environment.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(f"{environment.parent.name} {command[:150]}")
    return found


@pytest.fixture
def workspace() -> Iterator[object]:
    from strict_server import serving  # type: ignore[import-not-found]
    from strict_workspace import Workspace  # type: ignore[import-not-found]

    with serving(Workspace()) as served:
        yield served


@pytest.mark.parametrize("stage", ["running", "writing", "uploading"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_and_the_next_run_works(tmp_path: Path, workspace: object, kind: str, stage: str) -> None:
    from strict_workspace import TOKEN, Workspace  # type: ignore[import-not-found]

    assert isinstance(workspace, Workspace)
    how, kill, goes_on = KINDS[kind]
    (tmp_path / "test_it.py").write_text(PROJECT)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    mark = f"killing-{uuid4().hex}"
    environment = {
        **os.environ, "TMPDIR": str(temporary), "SPARK_LOCAL_DIRS": "", "KILLING_MARK": mark, "STAGE": stage,
        "KIND": kind, "DATABRICKS_HOST": workspace.url, "DATABRICKS_TOKEN": TOKEN, "HOME": str(tmp_path),
    }  # fmt: skip
    environment.pop("SPARK_LOCAL_DIRS")
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    pytest_ += ["-o", "synth_spark_warm_start=false", f"--basetemp={tmp_path / 'base'}"]
    pytest_ += [FLAG] if stage == "uploading" else []
    if stage == "uploading":
        workspace.fail(r"PUT .*/orders/.*", "stall", times=1)
    with subprocess.Popen(
        [*pytest_, *how], cwd=tmp_path, env={**environment, "BUSY": "1"}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert eventually((tmp_path / "reached").exists, 240), process.kill() or process.communicate()[0].decode()
        pids = [int(pid) for pid in (tmp_path / "reached").read_text().split()]
        if stage == "uploading":
            workspace.wait_for(r"PUT .*/orders/.*")
        if kill is None:
            (tmp_path / "go").touch()
        else:
            kill(process, pids)
        workspace.stalled.set()
        output = process.communicate(timeout=600)[0].decode()
    if goes_on:
        assert "1 failed, 2 passed" in output or "3 passed" in output, output
    else:
        assert " passed in " not in output or "Interrupted" in output or "KeyboardInterrupt" in output, output
    assert eventually(lambda: not marked(mark)), marked(mark)
    assert eventually(lambda: not list(temporary.iterdir()), 10), list(temporary.iterdir())
    target = tmp_path / "target" / "orders"
    if target.exists():
        assert sum(pq.read_metadata(file).num_rows for file in target.glob("*.parquet")) == ROWS
    left = list(tmp_path.glob("target/.*"))
    again = subprocess.run(pytest_, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=600)
    assert again.returncode == 0, again.stdout.decode()
    assert b"2 passed" in again.stdout
    assert list(tmp_path.glob("target/.*")) == [], left
    assert eventually(lambda: not marked(mark)), marked(mark)
    assert eventually(lambda: not list(temporary.iterdir()), 10)
    sweep = [sys.executable, "-m", "pytest_synthdata", "sweep", "main.sales.raw", "--older-than", "0s"]
    subprocess.run(sweep, env=environment, check=True, timeout=120)
    assert (workspace.files, workspace.folders) == ({}, set())
