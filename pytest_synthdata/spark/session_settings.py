"""What a Spark session is asked for, and the builder that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_synthdata.errors import SynthDataError


@dataclass(frozen=True)
class SessionSettings:
    """What a session is asked for.

    Args:
        remote: a Spark Connect endpoint; defaults to ``SPARK_REMOTE``.
        engine: ``"spark"``, or ``"sail"`` for Sail's Connect server, which needs no Java.
        conf: Spark's settings by name; they go before ours.
        worker_id: pytest-xdist's name for this process.
        workers: how many processes share the machine.
        warm_start: whether a local session uses Spark's class-data archive, and makes it where it is missing.
        seconds_to_end: how long a JVM may take to end before it is killed.
        keep_alive: how many seconds a local session's JVM waits for the next run; None: it ends with this one.
        on_background_work: is called when a process that makes the archive is started, at the session's end.
    """

    remote: str | None = None
    engine: str = "spark"
    conf: Mapping[str, str] = field(default_factory=dict)
    worker_id: str | None = None
    workers: int = 1
    warm_start: bool = True
    seconds_to_end: float = 15
    keep_alive: float | None = None
    on_background_work: Callable[[], None] | None = None


def builder() -> Any:
    """Pyspark's builder of sessions.

    Raises:
        SynthDataError: where pyspark is not installed, with what installs it.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SynthDataError(
            "Spark is not installed: pip install 'pytest-synthdata[local]' brings it and a Java runtime, "
            "'pytest-synthdata[spark]' Spark alone"
        ) from None
    return SparkSession.builder


__all__ = ["SessionSettings", "builder"]
