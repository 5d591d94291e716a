"""An open session and the JVM behind it: whether they still run, and how they end."""

from __future__ import annotations

import contextlib
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


def jvm_process() -> Any:
    """The process of the JVM that pyspark has started."""
    from pyspark import SparkContext

    return SparkContext._gateway.proc


def end_session(spark: Any, seconds: float) -> None:
    """Stop a session and end its JVM, which would otherwise live on until Python exits."""
    if jvm_has_ended(spark):
        process = jvm_process()
        forget_jvm()
        process.stdin.close()
        process.kill()
        process.wait()
        return
    spark.stop()
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None:
        return
    process = getattr(gateway, "proc", None)
    gateway.shutdown()
    SparkContext._gateway = SparkContext._jvm = None
    if process is not None:
        # The JVM reads its standard input and leaves at its end.
        process.stdin.close()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def stop_session(spark: Any) -> None:
    """Stop a session, whose JVM goes on unless it has ended already."""
    if jvm_has_ended(spark):
        forget_jvm()
    else:
        spark.stop()


__all__ = ["OpenSession", "end_session", "forget_jvm", "jvm_has_ended", "jvm_process", "stop_session"]
