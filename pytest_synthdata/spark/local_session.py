"""A Spark session in a JVM of this machine: a new one of ours, or one that was kept by an earlier run."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.files.workers import processors
from pytest_synthdata.spark.java import COLLECTOR, JVM_OPTIONS
from pytest_synthdata.spark.jvm import OpenSession, end_session, jvm_process, stop_session
from pytest_synthdata.spark.session_settings import SessionSettings, builder
from pytest_synthdata.spark.spark_install import ignore_pyspark_warnings
from pytest_synthdata.temporary import temporary_folder

if TYPE_CHECKING:
    from pytest_synthdata.spark.archive import Archive
    from pytest_synthdata.spark.java import Java
    from pytest_synthdata.spark.kept_jvm import KeptJvm

_LOG_SETTINGS = """\
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


def open_local(settings: SessionSettings) -> OpenSession:
    """A session in a new JVM of ours, whatever else the machine has.

    Raises:
        SynthDataError: where pyspark or a suitable Java is missing, with the remedy.
    """
    ending = contextlib.ExitStack()
    try:
        return OpenSession(start_local(None, settings, ending), ending)
    except BaseException:
        ending.close()
        raise


def start_local(remote: str | None, settings: SessionSettings, ending: contextlib.ExitStack) -> Any:
    """A session in a JVM of our own: the classic one, or, for ``remote="local[2]"``, a Connect server in it."""
    sessions = builder()
    from pytest_synthdata.spark.archive import archive_of
    from pytest_synthdata.spark.java import find_java, quiet_home

    java = find_java()
    archive = archive_of(java) if settings.warm_start else None
    folder, used_by = ending.enter_context(temporary_folder(settings.worker_id or "spark"))
    ending.enter_context(
        _environment(PYSPARK_PYTHON=sys.executable, PYSPARK_DRIVER_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    )
    launcher = " ".join((*JVM_OPTIONS, COLLECTOR, *(archive.launcher_options() if archive else ())))
    cores = max(1, min(4, processors() // settings.workers))
    options = archive.options() if archive else ()
    kept = None
    if settings.keep_alive and not remote and not os.environ.get("CI"):
        kept = _borrow(settings, java, launcher, _conf(settings.conf, _KEPT, folder, cores, options), cores)
    jvm_folder = kept.folder if kept else folder
    sessions = sessions.remote(remote) if remote else sessions.master(f"local[{cores}]")
    for name, value in _conf(settings.conf, jvm_folder, folder, cores, options).items():
        sessions = sessions.config(name, value)
    try:
        if kept:
            with ignore_pyspark_warnings():
                return _on_kept(kept, sessions, ending)
        (folder / "log4j2.properties").write_text(_LOG_SETTINGS)
        # Of the one Java that Spark shall start, what else this process starts shall not know.
        home = {"JAVA_HOME": str(quiet_home(java, folder / "java"))}
        with _environment(home, SPARK_LAUNCHER_OPTS=launcher), ignore_pyspark_warnings():
            spark = sessions.getOrCreate()
        used_by(jvm_process().pid)
    except Exception as error:
        if archive and archive.discard():  # it may be damaged
            return start_local(remote, replace(settings, warm_start=False), ending)
        raise SynthDataError(
            f"Spark did not start on Java {java.version} from {java.found_in} ({java.home}): {error}"
        ) from error
    if archive and settings.worker_id in (None, "gw0"):
        ending.callback(_make_archive, archive, settings.on_background_work)
    ending.callback(end_session, spark, settings.seconds_to_end)
    return spark


def _make_archive(archive: Archive, on_background_work: Callable[[], None] | None) -> None:
    from pytest_synthdata.spark.background import start_in_background

    if start_in_background(archive) and on_background_work is not None:
        on_background_work()


_KEPT = Path("/kept")  # stands for a kept JVM's folder in the key by which that is found
_OF_A_RUN = "spark.sql.warehouse.dir"


def _borrow(settings: SessionSettings, java: Java, launcher: str, conf: dict[str, str], cores: int) -> KeptJvm | None:
    """A JVM that was kept, or will be; None where another run of the same kind is using it."""
    from pyspark.find_spark_home import _find_spark_home

    from pytest_synthdata.spark.java import quiet_home
    from pytest_synthdata.spark.kept_jvm import borrow, folder_of, key_of

    conf = {"spark.master": f"local[{cores}]", **conf}
    del conf[_OF_A_RUN]
    folder = folder_of(key_of(conf, java.home, launcher, settings.worker_id))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "log4j2.properties").write_text(_LOG_SETTINGS)
    home = folder / "java"
    if not home.exists():
        quiet_home(java, home)
    command = [str(Path(_find_spark_home()) / "bin" / "spark-submit")]
    for name, value in conf.items():
        command += ["--conf", f"{name}={value.replace(str(_KEPT), str(folder))}"]
    environment = {"JAVA_HOME": str(home), "SPARK_LAUNCHER_OPTS": launcher}
    return borrow(folder, [*command, "pyspark-shell"], environment, float(settings.keep_alive or 0))


def _on_kept(kept: KeptJvm, builder: Any, ending: contextlib.ExitStack) -> Any:
    """A fresh SparkContext and session in a JVM that is lent to this run."""
    from pyspark import SparkContext
    from pyspark.java_gateway import launch_gateway

    with _environment(kept.environment):
        gateway = launch_gateway()

    def give_back() -> None:
        SparkContext._gateway = SparkContext._jvm = None
        kept.give_back(gateway)

    ending.callback(give_back)
    kept.prepare(gateway)
    SparkContext._ensure_initialized(gateway=gateway)
    spark = builder.getOrCreate()
    ending.callback(stop_session, spark)
    return spark


def _conf(
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
        "spark.sql.catalogImplementation": "in-memory",
        _OF_A_RUN: (run_folder / "warehouse").as_uri(),
        "spark.local.dir": str(jvm_folder / "scratch"),
        **own,
        "spark.driver.extraJavaOptions": " ".join(options).strip(),
    }


@contextlib.contextmanager
def _environment(settled: Mapping[str, str] | None = None, **defaults: str) -> Iterator[None]:
    """Environment variables within a block: those that are settled, and those that nobody has set."""
    settled = settled or {}
    before = {name: os.environ.get(name) for name in (*settled, *defaults)}
    os.environ.update(settled)
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    try:
        yield
    finally:
        for name, inherited in before.items():
            if inherited is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = inherited


__all__ = ["open_local", "start_local"]
