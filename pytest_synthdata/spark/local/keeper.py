"""The process that keeps a JVM for the next run: it starts it, waits while nobody uses it, and ends it.

It runs as a process of its own, imports little, and outlives the test run that started it. The JVM ends with it,
however it ends.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_synthdata.spark.local.gateway import address, start
from pytest_synthdata.spark.local.jvm import end_process

_SECONDS_TO_END = 10
_SECONDS_BETWEEN_LOOKS = 1.0
_MOST_LOG_BYTES = 10 * 2**20


def main() -> None:
    """Start a JVM as standard input says, print ``ready``, and keep it until it has been idle for long enough."""
    job = json.load(sys.stdin)
    folder = Path(job["folder"])
    with (folder / "jvm.log").open("ab") as log:
        jvm = start(job["command"], folder, {}, log)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        port, secret = address(jvm, folder)
        _write_state(folder, {"keeper": os.getpid(), "jvm": jvm.pid, "port": port, "secret": secret})
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody listens from here on
        _keep(jvm, folder, float(job["seconds"]), int(job["most_bytes"]))
    finally:
        (folder / "state.json").unlink(missing_ok=True)
        end_process(jvm, _SECONDS_TO_END)


def _write_state(folder: Path, state: dict[str, Any]) -> None:
    descriptor, name = tempfile.mkstemp(dir=folder)  # readable by this user alone
    with os.fdopen(descriptor, "w") as file:
        json.dump(state, file)
    Path(name).replace(folder / "state.json")


def _keep(jvm: subprocess.Popen[bytes], folder: Path, seconds: float, most_bytes: int) -> None:
    """Wait until nobody has used the JVM for some seconds, or it has ended or grown too large."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "lock")
    last_use = time.monotonic()
    while jvm.poll() is None:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        if (folder / "jvm.log").stat().st_size > _MOST_LOG_BYTES:
            os.truncate(folder / "jvm.log", 0)
        try:
            with lock.acquire(timeout=0):
                idle = time.monotonic() - last_use
                if idle < seconds and _resident_bytes(jvm.pid) <= most_bytes:
                    continue
                (folder / "state.json").unlink(missing_ok=True)  # while the lock is held, so that nobody connects
                return
        except Timeout:
            last_use = time.monotonic()
    (folder / "state.json").unlink(missing_ok=True)


def _resident_bytes(process: int) -> int:
    """The memory that a process has, where the system tells; else 0."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


__all__ = ["main"]
