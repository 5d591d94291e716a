"""What a Spark session is asked for, and the builder that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_synthdata.spark.spark_install import require_pyspark


@dataclass(frozen=True)
class Endpoint:
    """Where a local Connect server listens.

    Args:
        url: the address for clients, with its token.
        conf: the Spark settings that it was asked for when it started, which all its sessions have.
    """

    url: str
    conf: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SessionSettings:
    """What a session is asked for.

    Args:
        remote: a Spark Connect endpoint, or ``local[2]`` for a Connect server on this machine with so many processors;
            defaults to ``SPARK_REMOTE``.
        engine: ``"spark"``; ``"connect"`` for a local Connect server; ``"sail"`` for Sail's, which needs no Java.
        conf: Spark's settings by name; they go before ours.
        worker_id: pytest-xdist's name for this process.
        workers: how many processes share the machine.
        warm_start: whether a local session uses Spark's class-data archive, and makes it where it is missing.
        seconds_to_end: how long a JVM may take to end before it is killed.
        keep_alive: how many seconds a local session's JVM waits for the next run; None: it ends with this one.
        shared_server: gives the local Connect server that several processes share, where it is asked for with Spark's
            settings; defaults to a server of this session's own.
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
    shared_server: Callable[[Mapping[str, str]], Endpoint] | None = None
    on_background_work: Callable[[], None] | None = None


def builder() -> Any:
    """Pyspark's builder of sessions.

    Raises:
        SynthDataError: where pyspark is not installed.
    """
    require_pyspark()
    from pyspark.sql import SparkSession

    return SparkSession.builder


__all__ = ["Endpoint", "SessionSettings", "builder"]
