"""An open session and the JVM behind it: whether they still run, and how they end."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import Any


@dataclass
class OpenSession:
    """A session, and how to end what was started for it."""

    spark: Any
    ending: contextlib.ExitStack
    address: tuple[str, int] | None = None  # of a Connect server of this machine

    @property
    def is_stopped(self) -> bool:
        """Whether somebody has stopped it, as jobs do at their end, or its JVM has ended."""
        if jvm_has_ended(self.spark) or (self.address is not None and not _listens(self.address)):
            return True
        context = getattr(self.spark, "_sc", None)
        return bool(getattr(self.spark, "is_stopped", False)) if context is None else context._jsc is None

    def close(self) -> None:
        """End what was started for this session, and nothing else."""
        self.ending.close()


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, _SECONDS_TO_CONNECT).close()
    except OSError:
        return False
    return True


_SECONDS_TO_CONNECT = 10.0  # to one's own machine, however loaded


def jvm_has_ended(spark: Any) -> bool:
    """Whether a session's JVM is gone: it was killed, or ran out of memory."""
    core = sys.modules.get("pyspark.core.context") or sys.modules.get("pyspark.context")
    gateway = core.SparkContext._gateway if core is not None else None
    if gateway is None or getattr(getattr(spark, "_sc", None), "_gateway", gateway) is not gateway:
        return False
    process = getattr(gateway, "proc", None)
    if process is not None and process.poll() is not None:
        return True
    try:
        gateway.jvm.System.nanoTime()
    except Exception:  # noqa: BLE001 - whatever py4j says, it does not answer
        return True
    return False


def forget_jvm() -> None:
    """Let pyspark start another JVM after the one that it had has ended."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    context, gateway = SparkContext._active_spark_context, SparkContext._gateway
    with contextlib.suppress(Exception):
        SparkSession._instantiatedSession = None
    if (connect := sys.modules.get("pyspark.sql.connect.session")) is not None:
        with contextlib.suppress(Exception):
            connect.SparkSession._set_default_and_active_session(None)
    if context is not None:
        context._jsc = None
        with contextlib.suppress(Exception):  # it waits for a JVM that is not there
            context._accumulatorServer.shutdown()
    SparkContext._active_spark_context = SparkContext._gateway = SparkContext._jvm = None
    with contextlib.suppress(Exception):
        gateway.shutdown()


def has_gateway() -> bool:
    """Whether PySpark has a JVM already, or has been told of one."""
    return "PYSPARK_GATEWAY_PORT" in os.environ or ("pyspark" in sys.modules and current_gateway() is not None)


def current_gateway() -> Any:
    """The gateway to PySpark's JVM."""
    from pyspark import SparkContext

    return SparkContext._gateway


def use_gateway(gateway: Any) -> None:
    """Have PySpark use a JVM from here on."""
    from pyspark import SparkContext

    SparkContext._ensure_initialized(gateway=gateway)


def leave_gateway(gateway: Any) -> None:
    """Have PySpark use no JVM any more, where it uses this one."""
    from pyspark import SparkContext

    if SparkContext._gateway is gateway:
        SparkContext._gateway = SparkContext._jvm = None


def stop_session(spark: Any) -> None:
    """Stop a session, whose JVM goes on unless it has ended already."""
    if jvm_has_ended(spark):
        forget_jvm()
    else:
        spark.stop()


def end_gateway(gateway: Any) -> None:
    """Let a JVM go that PySpark's sessions have used."""
    leave_gateway(gateway)
    with contextlib.suppress(Exception):  # it may have ended
        gateway.shutdown()


def end_found(seconds: float) -> None:
    """End the JVM that PySpark had started for sessions before ours; one that it was told of is somebody else's."""
    gateway = current_gateway()
    process = getattr(gateway, "proc", None)
    if process is not None:
        end_gateway(gateway)
        end_process(process, seconds)


def end_process(jvm: subprocess.Popen[bytes], seconds: float) -> None:
    """End a JVM, which would otherwise live on until Python exits.

    Args:
        jvm: the process. One that reads its standard input leaves at its end; others are told to.
        seconds: how long it may take before it is killed.
    """
    if jvm.stdin is None:
        jvm.terminate()
    else:
        with contextlib.suppress(OSError):
            jvm.stdin.close()
    try:
        jvm.wait(seconds)
    except subprocess.TimeoutExpired:
        jvm.kill()
        jvm.wait()


__all__ = [
    "OpenSession",
    "current_gateway",
    "end_found",
    "end_gateway",
    "end_process",
    "forget_jvm",
    "has_gateway",
    "jvm_has_ended",
    "leave_gateway",
    "stop_session",
    "use_gateway",
]
