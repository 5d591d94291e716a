"""A Spark session in a JVM of this machine: a new one of ours, or one that was kept by an earlier run."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthdata.disk.temporary import temporary_folder
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.spark.local.gateway import address, command_for, connect, load_for_calls, start
from pytest_synthdata.spark.local.jvm import (
    OpenSession,
    end_found,
    end_gateway,
    end_process,
    has_gateway,
    leave_gateway,
    stop_session,
    use_gateway,
)
from pytest_synthdata.spark.local.settings import (
    LOG_SETTINGS,
    WAREHOUSE,
    environment,
    launcher_options,
    local_conf,
    local_cores,
)
from pytest_synthdata.spark.session_settings import SessionSettings, builder
from pytest_synthdata.spark.spark_install import ignore_pyspark_warnings, require_pyspark

if TYPE_CHECKING:
    from pytest_synthdata.spark.local.archive import Archive
    from pytest_synthdata.spark.local.java import Java
    from pytest_synthdata.spark.local.kept_jvm import KeptJvm


def open_local(settings: SessionSettings) -> OpenSession:
    """A session in a new JVM of ours, whatever else the machine has.

    Raises:
        SynthDataError: where pyspark or a suitable Java is missing, with the remedy.
    """
    ending = contextlib.ExitStack()
    try:
        return OpenSession(start_local(settings, ending), ending)
    except BaseException:
        ending.close()
        raise


def start_local(settings: SessionSettings, ending: contextlib.ExitStack, starting: StartingJvm | None = None) -> Any:
    """A session in a JVM of our own.

    Args:
        settings: what it is asked for.
        ending: what ends it.
        starting: a JVM that was started for these settings already.

    Raises:
        SynthDataError: where pyspark or a suitable Java is missing, or Spark does not start, with the reason.
    """
    jvm = starting or StartingJvm(settings)
    ending.enter_context(jvm.ending)
    try:
        return jvm.session()
    except Exception as error:
        jvm.ending.close()
        if jvm.archive and jvm.archive.file.exists():
            spark = start_local(replace(settings, warm_start=False), ending)
            jvm.archive.discard()  # Spark starts without it: it is damaged
            return spark
        java = jvm.java
        raise SynthDataError(
            f"Spark did not start on Java {java.version} from {java.found_in} ({java.home}): {error}"
        ) from error


class StartingJvm:
    """A JVM on its way, and a session in it when that is asked for: meanwhile, other things can be done.

    Args:
        settings: what the session is asked for.

    Attributes:
        java: the runtime.
        archive: what the JVM starts from.
        ending: what ends the session and the JVM.
    """

    def __init__(self, settings: SessionSettings) -> None:
        from pytest_synthdata.spark.local.archive import archive_of
        from pytest_synthdata.spark.local.java import find_java

        require_pyspark()
        self.java: Java = find_java()
        self.archive: Archive | None = archive_of(self.java) if settings.warm_start else None
        self.ending: contextlib.ExitStack
        self._settings = settings
        self._kept: KeptJvm | None = None
        self._process: subprocess.Popen[bytes] | None = None  # None where PySpark has one already
        with contextlib.ExitStack() as ending:
            self._start(ending)
            self.ending = ending.pop_all()

    def _start(self, ending: contextlib.ExitStack) -> None:
        from pytest_synthdata.spark.local.background import make_archive
        from pytest_synthdata.spark.local.java import quiet_home

        settings = self._settings
        self._folder, used_by = ending.enter_context(temporary_folder(settings.worker_id or "spark"))
        ending.enter_context(
            environment(PYSPARK_PYTHON=sys.executable, PYSPARK_DRIVER_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
        )
        launcher = launcher_options(self.archive)
        is_new = not has_gateway()
        if is_new and settings.keep_alive and not os.environ.get("CI"):
            self._kept = _borrow(settings, self.java, launcher, self._conf_for(_KEPT))
        self._conf = self._conf_for(self._kept.folder if self._kept else self._folder)
        if self._kept or not is_new:
            return
        if self.archive and settings.worker_id in (None, "gw0"):
            ending.callback(make_archive, self.archive, settings.on_background_work)
        (self._folder / "log4j2.properties").write_text(LOG_SETTINGS)
        home = str(quiet_home(self.java, self._folder / "java"))
        environment_of_jvm = {"JAVA_HOME": home, "SPARK_LAUNCHER_OPTS": launcher}
        self._process = start(command_for(self._conf), self._folder, environment_of_jvm)
        used_by(self._process.pid)
        ending.callback(end_process, self._process, settings.seconds_to_end)

    def _conf_for(self, jvm_folder: Path) -> dict[str, str]:
        cores = local_cores(self._settings.workers)
        archive = self.archive.options() if self.archive else ()
        return {
            "spark.master": f"local[{cores}]",
            **local_conf(self._settings.conf, jvm_folder, self._folder, cores, archive),
        }

    def session(self) -> Any:
        """The session, as soon as the JVM is there."""
        sessions = builder()
        for name, value in self._conf.items():
            sessions = sessions.config(name, value)
        with ignore_pyspark_warnings():
            if self._kept:
                return _on_kept(self._kept, sessions, self.ending)
            if self._process is not None:
                load_for_calls()
                gateway = connect(*address(self._process, self._folder), self._process)
                self.ending.callback(end_gateway, gateway)
                use_gateway(gateway)
            spark = sessions.getOrCreate()
        if self._process is None:
            self.ending.callback(end_found, self._settings.seconds_to_end)
        self.ending.callback(stop_session, spark)
        return spark


_KEPT = Path("/kept")  # stands for a kept JVM's folder in the key by which that is found


def _borrow(settings: SessionSettings, java: Java, launcher: str, conf: dict[str, str]) -> KeptJvm | None:
    """A JVM that was kept, or will be; None where another run of the same kind is using it."""
    from pytest_synthdata.spark.local.java import quiet_home
    from pytest_synthdata.spark.local.kept_jvm import borrow, folder_of, key_of

    del conf[WAREHOUSE]
    folder = folder_of(key_of(conf, java.home, launcher, settings.worker_id))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "log4j2.properties").write_text(LOG_SETTINGS)
    home = folder / "java"
    if not home.exists():
        quiet_home(java, home)
    command = command_for({name: value.replace(str(_KEPT), str(folder)) for name, value in conf.items()})
    environment = {"JAVA_HOME": str(home), "SPARK_LAUNCHER_OPTS": launcher}
    return borrow(folder, command, environment, float(settings.keep_alive or 0))


def _on_kept(kept: KeptJvm, sessions: Any, ending: contextlib.ExitStack) -> Any:
    """A fresh SparkContext and session in a JVM that is lent to this run."""
    gateway = connect(kept.state["port"], kept.state["secret"])

    def give_back() -> None:
        leave_gateway(gateway)
        kept.give_back(gateway)

    ending.callback(give_back)
    kept.prepare(gateway)
    use_gateway(gateway)
    spark = sessions.getOrCreate()
    ending.callback(stop_session, spark)
    return spark


__all__ = ["StartingJvm", "open_local", "start_local"]
