"""The process that keeps a JVM for the next run: it starts it, waits while nobody uses it, and ends it.

It runs on its own (``python keeper.py``), with nothing but the standard library and `filelock`, and outlives the test
run that started it. The JVM lives as long as its standard input is open, so it ends with this process, however that
ends.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

_SECONDS_TO_START = 120
_SECONDS_TO_END = 10
_SECONDS_BETWEEN_LOOKS = 1.0
_MOST_LOG_BYTES = 10 * 2**20


def main() -> None:
    """Start a JVM as standard input says, print ``ready``, and keep it until it has been idle for long enough."""
    job = json.load(sys.stdin)
    folder = Path(job["folder"])
    jvm = _start(job["command"], folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        port, secret = _address(jvm, folder / "address")
        _write_state(folder, {"keeper": os.getpid(), "jvm": jvm.pid, "port": port, "secret": secret})
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody listens from here on
        _keep(jvm, folder, float(job["seconds"]), int(job["most_bytes"]))
    finally:
        (folder / "state.json").unlink(missing_ok=True)
        _end(jvm)


def _start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "SPARK_CONNECT_MODE": "0", "_PYSPARK_DRIVER_CONN_INFO_PATH": str(folder / "address")}
    (folder / "address").unlink(missing_ok=True)
    with (folder / "jvm.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, start_new_session=True
        )


def _address(jvm: subprocess.Popen[bytes], file: Path) -> tuple[int, str]:
    """The port and the secret that Spark's gateway writes: two lengths in network order, as PySpark reads them."""
    deadline = time.monotonic() + _SECONDS_TO_START
    while not file.exists():
        if jvm.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the JVM did not start: {jvm.poll()}")
        time.sleep(0.02)
    content = file.read_bytes()
    file.unlink()
    port, length = struct.unpack("!ii", content[:8])
    return port, content[8 : 8 + length].decode()


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


def _end(jvm: subprocess.Popen[bytes]) -> None:
    assert jvm.stdin is not None  # noqa: S101
    with suppress(OSError):
        jvm.stdin.close()
    try:
        jvm.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        jvm.kill()
        jvm.wait()


if __name__ == "__main__":
    main()
