"""A Spark session in a JVM of this machine: a new one of ours, or one that was kept by an earlier run."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthdata.disk.temporary import temporary_folder
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.spark.local.jvm import OpenSession, end_session, jvm_process, stop_session
from pytest_synthdata.spark.local.settings import (
    LOG_SETTINGS,
    WAREHOUSE,
    environment,
    launcher_options,
    local_conf,
    local_cores,
)
from pytest_synthdata.spark.session_settings import SessionSettings, builder
from pytest_synthdata.spark.spark_install import ignore_pyspark_warnings

if TYPE_CHECKING:
    from pytest_synthdata.spark.local.java import Java
    from pytest_synthdata.spark.local.kept_jvm import KeptJvm


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
    from pytest_synthdata.spark.local.archive import archive_of
    from pytest_synthdata.spark.local.background import make_archive
    from pytest_synthdata.spark.local.java import find_java, quiet_home

    java = find_java()
    archive = archive_of(java) if settings.warm_start else None
    folder, used_by = ending.enter_context(temporary_folder(settings.worker_id or "spark"))
    ending.enter_context(
        environment(PYSPARK_PYTHON=sys.executable, PYSPARK_DRIVER_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    )
    launcher = launcher_options(archive)
    cores = local_cores(settings.workers)
    options = archive.options() if archive else ()
    kept = None
    if settings.keep_alive and not remote and not os.environ.get("CI"):
        kept = _borrow(settings, java, launcher, local_conf(settings.conf, _KEPT, folder, cores, options), cores)
    jvm_folder = kept.folder if kept else folder
    sessions = sessions.remote(remote) if remote else sessions.master(f"local[{cores}]")
    for name, value in local_conf(settings.conf, jvm_folder, folder, cores, options).items():
        sessions = sessions.config(name, value)
    try:
        if kept:
            with ignore_pyspark_warnings():
                return _on_kept(kept, sessions, ending)
        (folder / "log4j2.properties").write_text(LOG_SETTINGS)
        # Of the one Java that Spark shall start, what else this process starts shall not know.
        home = {"JAVA_HOME": str(quiet_home(java, folder / "java"))}
        with environment(home, SPARK_LAUNCHER_OPTS=launcher), ignore_pyspark_warnings():
            spark = sessions.getOrCreate()
        used_by(jvm_process().pid)
    except Exception as error:
        if archive and archive.discard():  # it may be damaged
            return start_local(remote, replace(settings, warm_start=False), ending)
        raise SynthDataError(
            f"Spark did not start on Java {java.version} from {java.found_in} ({java.home}): {error}"
        ) from error
    if archive and settings.worker_id in (None, "gw0"):
        ending.callback(make_archive, archive, settings.on_background_work)
    ending.callback(end_session, spark, settings.seconds_to_end)
    return spark


_KEPT = Path("/kept")  # stands for a kept JVM's folder in the key by which that is found


def _borrow(settings: SessionSettings, java: Java, launcher: str, conf: dict[str, str], cores: int) -> KeptJvm | None:
    """A JVM that was kept, or will be; None where another run of the same kind is using it."""
    from pyspark.find_spark_home import _find_spark_home

    from pytest_synthdata.spark.local.java import quiet_home
    from pytest_synthdata.spark.local.kept_jvm import borrow, folder_of, key_of

    conf = {"spark.master": f"local[{cores}]", **conf}
    del conf[WAREHOUSE]
    folder = folder_of(key_of(conf, java.home, launcher, settings.worker_id))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "log4j2.properties").write_text(LOG_SETTINGS)
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

    with environment(kept.environment):
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


__all__ = ["open_local", "start_local"]
