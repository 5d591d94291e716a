"""A JVM with Spark's gateway: started in one step and connected to in another, so that others can be in between.

PySpark's own `launch_gateway` waits for the JVM, but it connects to one that runs already, wherever it came from
(``PYSPARK_GATEWAY_PORT``, ``PYSPARK_GATEWAY_SECRET``).
"""

from __future__ import annotations

import os
import shlex
import struct
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from pytest_synthdata.spark.local.settings import environment as variables
from pytest_synthdata.spark.local.settings import submit_command

_SECONDS_TO_START = 120
_SECONDS_BETWEEN_LOOKS = 0.02
_ADDRESS = "address"  # the file in which the gateway says where it listens


def command_for(conf: Mapping[str, str]) -> list[str]:
    """What starts a JVM with the gateway of the installed Spark.

    Args:
        conf: Spark's settings; further arguments come from ``PYSPARK_SUBMIT_ARGS``, as with PySpark.
    """
    return submit_command(conf, *shlex.split(os.environ.get("PYSPARK_SUBMIT_ARGS", "pyspark-shell")))


def start(
    command: list[str], folder: Path, environment: Mapping[str, str], log: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start a JVM, which lives as long as its standard input is open: as long as this process, however that ends.

    Args:
        command: starts the gateway.
        folder: where the gateway says its address.
        environment: variables for the JVM on top of this process's.
        log: what it prints goes there; defaults to where this process prints.
    """
    (folder / _ADDRESS).unlink(missing_ok=True)
    told = {"SPARK_CONNECT_MODE": "0", "_PYSPARK_DRIVER_CONN_INFO_PATH": str(folder / _ADDRESS)}
    return subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env={**os.environ, **environment, **told},
        start_new_session=True,  # Ctrl-C is for this process
    )


def address(jvm: subprocess.Popen[bytes], folder: Path) -> tuple[int, str]:
    """The port and the secret of the gateway, when it listens.

    Raises:
        RuntimeError: where the JVM ends before, or does not listen for a long time.
    """
    file = folder / _ADDRESS  # two lengths in network order, and the secret
    deadline = time.monotonic() + _SECONDS_TO_START
    while not file.exists():
        if jvm.poll() is not None:
            raise RuntimeError(f"the JVM has ended with status {jvm.returncode}; see what it printed")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the JVM has not answered for {_SECONDS_TO_START} s")
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    content = file.read_bytes()
    file.unlink()
    port, length = struct.unpack("!ii", content[:8])
    return port, content[8 : 8 + length].decode()


def connect(port: int, secret: str, jvm: subprocess.Popen[bytes] | None = None) -> Any:
    """PySpark's gateway to a JVM that listens.

    Args:
        port: where it listens, on this machine.
        secret: the gateway's.
        jvm: the process, where it shall end with PySpark's gateway.
    """
    from pyspark.java_gateway import launch_gateway

    with variables({"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret}):
        gateway = launch_gateway()
    gateway.proc = jvm
    return gateway


def load_for_calls() -> None:
    """Import now what PySpark's converters of arguments import with the first call into a JVM; pandas is part of it."""
    from py4j.protocol import INPUT_CONVERTER

    for converter in INPUT_CONVERTER:
        converter.can_convert(None)


__all__ = ["address", "command_for", "connect", "load_for_calls", "start"]
