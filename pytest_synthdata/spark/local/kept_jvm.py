"""A JVM that waits for the next test run: found, or started by a keeper, and lent to one run at a time.

PySpark connects to a running gateway if ``PYSPARK_GATEWAY_PORT`` and ``PYSPARK_GATEWAY_SECRET`` are set. What a run
leaves in the JVM ends with its SparkContext; everything that belongs to the JVM itself (its options, environment and
working folder) is part of the key by which it is found.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.spark.spark_install import spark_home

_FORM = 1  # of the folders: goes up when they are laid out in another way
_MOST_BYTES = 3 * 2**30  # of memory that a JVM may have to be kept
_MOST_HEAP_SHARE = 0.5  # of Java's heap that may be in use after a run
_SECONDS_TO_LOCK = 1.0  # the keeper holds the lock for an instant now and then
_SECONDS_TO_START = 150
_SECONDS_TO_STOP = 15
# What Spark, Java, Python workers and file systems read from the environment when the JVM starts.
_VARIABLES = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "TZ", "USER", "VIRTUAL_ENV")
_PREFIXES = (
    "ARROW_",
    "AWS_",
    "AZURE_",
    "DATABRICKS_",
    "GOOGLE_",
    "HADOOP_",
    "JAVA_",
    "JDK_",
    "LC_",
    "PYSPARK_",
    "PYTHON",
    "SPARK_",
)
# The keeper imports what this process can; its environment, and the JVM's with it, is as it was.
_KEEP = "import sys; sys.path[:] = sys.argv[2:]; from pytest_synthdata.spark.local.keeper import main; main()"
_KEEPER = "pytest-synthdata-keeper"  # by which it is known among other processes
_NOT_OURS = frozenset({"PYTHONHASHSEED", "PYTHONUNBUFFERED", "PYTHONWARNINGS"})


@dataclass(frozen=True)
class Waiting:
    """A kept JVM as ``synthdata spark status`` shows it.

    Args:
        folder: its folder.
        process: the JVM's process id.
        in_use: whether a run uses it now.
        started: seconds since the epoch.
    """

    folder: Path
    process: int
    in_use: bool
    started: float


@dataclass
class KeptJvm:
    """A JVM lent to this process.

    Args:
        folder: what belongs to it: its lock, its state, its log, Spark's scratch files.
        lock: held as long as the JVM is lent.
        state: the keeper's and the JVM's process ids, the gateway's port and secret.
        is_new: whether it was started just now.
    """

    folder: Path
    lock: Any = field(repr=False)
    state: dict[str, Any] = field(repr=False)
    is_new: bool

    def prepare(self, gateway: Any) -> None:
        """Stop the SparkContext of a run that was killed."""
        companion = getattr(getattr(gateway.jvm.org.apache.spark, "SparkContext$"), "MODULE$")  # a Scala object
        active = companion.getActive()
        if active.isDefined():
            active.get().stop()
        gateway.jvm.SparkSession.clearDefaultSession()

    def give_back(self, gateway: Any) -> None:
        """Leave the JVM to the next run, or end it where this one has left too much in it."""
        try:
            if _heap_share(gateway) > _MOST_HEAP_SHARE:
                self.end()
            gateway.close()
        except Exception:  # noqa: BLE001 - a JVM that no longer answers is of no use to anybody
            self.end()
        finally:
            for left in (self.folder / "scratch").glob("*/*"):
                shutil.rmtree(left, ignore_errors=True)
            self.lock.release()

    def end(self) -> None:
        """End the JVM and its keeper."""
        _stop(self.state, self.folder)


def key_of(conf: Mapping[str, str], java_home: Path, launcher_options: str, worker_id: str | None) -> str:
    """What a JVM is found by: all that it has had since its start, and whose it is."""
    from pyspark import __version__

    environment = {
        name: value
        for name, value in os.environ.items()
        if (name in _VARIABLES or name.startswith(_PREFIXES)) and name not in _NOT_OURS
    }
    versions = (_FORM, __version__, str(spark_home()), str(java_home), sys.executable)
    whole = (versions, launcher_options, worker_id, str(Path.cwd()), sorted(conf.items()), sorted(environment.items()))
    return blake2b(repr(whole).encode(), digest_size=12).hexdigest()


def folder_of(key: str) -> Path:
    """The folder of a JVM, in the user's run-time folder, which nobody else can enter."""
    return root() / key


def root() -> Path:
    """Where the folders of all kept JVMs are.

    Raises:
        SynthDataError: where somebody else can enter it.
    """
    import platformdirs

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it lies under /tmp where the system has no other
            folder = platformdirs.user_runtime_path("pytest-synthdata") / "spark"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for level in (folder.parent, folder):
            level.chmod(0o700)
        owner = folder.stat().st_uid
    except OSError as error:
        raise SynthDataError(f"synth_spark_keep_alive: no run-time folder of this user: {error}") from None
    if hasattr(os, "getuid") and owner != os.getuid():
        raise SynthDataError(f"synth_spark_keep_alive: {folder} belongs to another user; set XDG_RUNTIME_DIR")
    return folder


def borrow(folder: Path, command: list[str], environment: Mapping[str, str], seconds: float) -> KeptJvm | None:
    """The JVM of a folder, started if there is none that answers; None where another run is using it.

    Args:
        folder: the JVM's.
        command: starts Spark's gateway.
        environment: variables for the JVM on top of this process's.
        seconds: after how much idleness the JVM ends.

    Raises:
        SynthDataError: where the JVM does not start.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=_SECONDS_TO_LOCK, poll_interval=0.02)
    except Timeout:
        return None
    try:
        state = _state(folder)
        if state is not None and _answers(state):
            return KeptJvm(folder, lock, state, is_new=False)
        if state is not None:
            _stop(state, folder)
        return KeptJvm(folder, lock, _launch(folder, command, environment, seconds), is_new=True)
    except BaseException:
        lock.release()
        raise


def _launch(folder: Path, command: list[str], environment: Mapping[str, str], seconds: float) -> dict[str, Any]:
    job = {"folder": str(folder), "command": command, "seconds": seconds, "most_bytes": _MOST_BYTES}
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", _KEEP, _KEEPER, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
        start_new_session=True,
        text=True,
    )
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    with process.stdin, process.stdout:
        json.dump(job, process.stdin)
        process.stdin.close()
        ready = process.stdout.readline().strip() == "ready"
    process.returncode = 0  # nobody waits for it, which Python would warn of
    state = _state(folder)
    if not ready or state is None:
        log = (folder / "jvm.log").read_text(errors="replace")[-2_000:]
        raise SynthDataError(f"synth_spark_keep_alive: the JVM did not start: {log.strip() or 'it said nothing'}")
    return state


def _state(folder: Path) -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = json.loads((folder / "state.json").read_text())
    except (OSError, ValueError):
        return None
    return state if {"keeper", "jvm", "port", "secret"} <= state.keys() else None


def _answers(state: Mapping[str, Any]) -> bool:
    """Whether the gateway is there and knows its secret."""
    from py4j.java_gateway import GatewayParameters, JavaGateway
    from py4j.protocol import Py4JError

    parameters = GatewayParameters(port=state["port"], auth_token=state["secret"], read_timeout=5)
    gateway = JavaGateway(gateway_parameters=parameters)
    try:
        return bool(gateway.jvm.java.lang.System.currentTimeMillis())
    except (Py4JError, OSError):
        return False
    finally:
        gateway.close()


def _heap_share(gateway: Any) -> float:
    """How much of the largest heap that Java may have is in use, garbage apart."""
    runtime = gateway.jvm.java.lang.Runtime.getRuntime()
    runtime.gc()
    return float(runtime.totalMemory() - runtime.freeMemory()) / float(runtime.maxMemory())


def _stop(state: Mapping[str, Any], folder: Path) -> None:
    """End a keeper, and with it its JVM; wait until it is gone."""
    if not _is_keeper(state["keeper"]):
        (folder / "state.json").unlink(missing_ok=True)
        return
    with suppress(ProcessLookupError):
        os.kill(state["keeper"], signal.SIGTERM)
    deadline = time.monotonic() + _SECONDS_TO_STOP
    while _is_keeper(state["keeper"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    (folder / "state.json").unlink(missing_ok=True)


def _is_keeper(process: int) -> bool:
    """Whether a process is a keeper of ours, and not one that got its number after it."""
    if Path("/proc/self").exists():
        try:
            return _KEEPER.encode() in Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            return False
    command = ["ps", "-o", "args=", "-p", str(process)]
    return _KEEPER in subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603


def all_waiting() -> Iterator[Waiting]:
    """Every kept JVM of this user."""
    from filelock import FileLock, Timeout

    for folder in sorted(root().iterdir()):
        state = _state(folder)
        if state is None or not _is_keeper(state["keeper"]):
            continue
        in_use = False
        try:
            FileLock(folder / "lock").acquire(timeout=_SECONDS_TO_LOCK, poll_interval=0.02).lock.release()
        except Timeout:
            in_use = True
        yield Waiting(folder, int(state["jvm"]), in_use, (folder / "state.json").stat().st_mtime)


def describe(seconds: float) -> str:
    """What a run's header says: which JVMs wait for it."""
    if os.environ.get("CI"):
        return "Spark's JVM ends with this run: synth_spark_keep_alive has no effect where CI is set"
    waiting = [str(one.process) for one in all_waiting() if not one.in_use]
    found = f"waiting: JVM {', '.join(waiting)}" if waiting else "none is waiting"
    return f"Spark's JVM is kept for {seconds:g} s after a run; {found}"


def stop_all() -> int:
    """End every kept JVM of this user, used ones too, and remove their folders; gives how many there were."""
    count = 0
    for folder in sorted(root().iterdir()):
        state = _state(folder)
        if state is not None and _is_keeper(state["keeper"]):
            _stop(state, folder)
            count += 1
        shutil.rmtree(folder, ignore_errors=True)
    return count


__all__ = ["KeptJvm", "Waiting", "all_waiting", "borrow", "describe", "folder_of", "key_of", "root", "stop_all"]
