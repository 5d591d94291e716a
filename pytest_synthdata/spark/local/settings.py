"""What a JVM of ours is started with: Spark's settings for tests, its log's, and environment variables."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_synthdata.machine import processors
from pytest_synthdata.spark.local.java import COLLECTOR, JVM_OPTIONS
from pytest_synthdata.spark.spark_install import spark_home

if TYPE_CHECKING:
    from pytest_synthdata.spark.local.archive import Archive

WAREHOUSE = "spark.sql.warehouse.dir"
_MOST_CORES = 4

LOG_SETTINGS = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
# Spark says aloud that it changes this one's level, unless it is the root's already.
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
"""


def local_cores(workers: int) -> int:
    """How many processors a session uses, of several that share the machine."""
    return max(1, min(_MOST_CORES, processors() // workers))


def launcher_options(archive: Archive | None) -> str:
    """The options of the JVM that starts the session's own."""
    return " ".join((*JVM_OPTIONS, COLLECTOR, *(archive.launcher_options() if archive else ())))


def local_conf(
    own: Mapping[str, str], jvm_folder: Path, run_folder: Path, cores: int, archive: tuple[str, ...]
) -> dict[str, str]:
    """Spark's settings.

    Args:
        own: the user's, which go before ours.
        jvm_folder: for what lives as long as the JVM.
        run_folder: for what lives as long as the session.
        cores: how many processors the session uses.
        archive: the JVM options of a class-data archive.
    """
    own_options = own.get("spark.driver.extraJavaOptions", "")
    options = (
        *JVM_OPTIONS,
        *(() if re.search(r"-XX:\+Use\w+GC\b", own_options) else (COLLECTOR,)),  # a JVM takes but one
        *(f'"{option}"' for option in archive),
        f"-Dlog4j2.configurationFile={jvm_folder / 'log4j2.properties'}",
        f"-Dderby.system.home={jvm_folder / 'derby'}",
        own_options,
    )
    return {
        "spark.app.name": "pytest-synthdata",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.default.parallelism": str(cores),
        "spark.sql.shuffle.partitions": str(cores),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Bytes: larger tables stay Arrow until a query reads them. As local relations, their rows would be part of each
        # query's plan, and the optimiser, which is not compiled for them, would project them one by one.
        "spark.sql.execution.arrow.localRelationThreshold": "262144",
        # Each aggregate, sort and joined table has a page at least: for so few cores Spark's choice is 16 MB or more.
        "spark.buffer.pageSize": "1m",
        "spark.sql.catalogImplementation": "in-memory",
        WAREHOUSE: (run_folder / "warehouse").as_uri(),
        "spark.local.dir": str(jvm_folder / "scratch"),
        **own,
        "spark.driver.extraJavaOptions": " ".join(options).strip(),
    }


def submit_command(conf: Mapping[str, str], *arguments: str) -> list[str]:
    """What starts the installed Spark with these settings and further arguments of ``spark-submit``."""
    command = [str(spark_home() / "bin" / "spark-submit")]
    for name, value in conf.items():
        command += ["--conf", f"{name}={value}"]
    return [*command, *arguments]


@contextlib.contextmanager
def environment(settled: Mapping[str, str] | None = None, **defaults: str) -> Iterator[None]:
    """Environment variables within a block: those that are settled, and those that nobody has set."""
    settled = settled or {}
    with restored(*settled, *defaults):
        os.environ.update(settled)
        for name, value in defaults.items():
            os.environ.setdefault(name, value)
        yield


@contextlib.contextmanager
def restored(*names: str) -> Iterator[None]:
    """A block after which environment variables are as they were."""
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


__all__ = [
    "LOG_SETTINGS",
    "WAREHOUSE",
    "environment",
    "launcher_options",
    "local_conf",
    "local_cores",
    "restored",
    "submit_command",
]
