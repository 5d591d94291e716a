"""A Spark session for tests: one that is there already, one somewhere else, or a local one of ours."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.spark.java import COLLECTOR, JVM_OPTIONS
from pytest_synthdata.spark.spark_install import conflicting_installs, ignore_pyspark_warnings, is_installed
from pytest_synthdata.temporary import temporary_folder
from pytest_synthdata.workers import processors

if TYPE_CHECKING:
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


@dataclass(frozen=True)
class SessionSettings:
    """What a session is asked for.

    Args:
        remote: a Spark Connect endpoint; ``SPARK_REMOTE`` where not given.
        engine: ``"spark"``, or ``"sail"`` for Sail's Connect server, which needs no Java.
        conf: Spark's settings by name; they go before ours.
        worker_id: pytest-xdist's name for this process.
        workers: how many processes share the machine.
        warm_start: whether a local session uses Spark's class-data archive, and makes it where it is missing.
        seconds_to_end: how long a JVM may take to end before it is killed.
        keep_alive: how many seconds a local session's JVM waits for the next run; None: it ends with this one.
    """

    remote: str | None = None
    engine: str = "spark"
    conf: Mapping[str, str] = field(default_factory=dict)
    worker_id: str | None = None
    workers: int = 1
    warm_start: bool = True
    seconds_to_end: float = 15
    keep_alive: float | None = None


@dataclass
class OpenSession:
    """A session, and how to end what was started for it."""

    spark: Any
    ending: contextlib.ExitStack

    @property
    def is_stopped(self) -> bool:
        """Whether somebody has stopped it, as jobs do at their end, or its JVM has ended."""
        if jvm_has_ended(self.spark):
            return True
        context = getattr(self.spark, "_sc", None)
        return bool(getattr(self.spark, "is_stopped", False)) if context is None else context._jsc is None

    def close(self) -> None:
        """End what was started for this session, and nothing else."""
        self.ending.close()


def open_session(settings: SessionSettings) -> OpenSession:
    """The session that the settings and the machine suggest.

    In this order: the active one; a Connect endpoint; Databricks Connect where that is installed; a local one.

    Raises:
        SynthDataError: where pyspark or a suitable Java is missing, or there are two Sparks, with the remedy.
    """
    if problem := conflicting_installs():
        raise SynthDataError(problem)
    ending = contextlib.ExitStack()
    try:
        return OpenSession(_active() or _start(settings, ending), ending)
    except BaseException:
        ending.close()
        raise


def open_local(settings: SessionSettings) -> OpenSession:
    """A session in a new JVM of ours, whatever else the machine has.

    Raises:
        SynthDataError: where pyspark or a suitable Java is missing, with the remedy.
    """
    ending = contextlib.ExitStack()
    try:
        return OpenSession(_local(None, settings, ending), ending)
    except BaseException:
        ending.close()
        raise


def _active() -> Any:
    """A session that somebody else has started already; to look for it, nothing is imported."""
    if "pyspark.sql" not in sys.modules:
        return None
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession()


def _start(settings: SessionSettings, ending: contextlib.ExitStack) -> Any:
    remote = settings.remote or os.environ.get("SPARK_REMOTE")
    if settings.engine == "sail":
        return _connect(_sail(ending), settings, ending)
    if remote and not remote.startswith("local"):
        return _connect(_checked(remote), settings, ending)
    if is_installed("databricks-connect"):
        from databricks.connect import DatabricksSession

        spark = DatabricksSession.builder.getOrCreate()
        ending.callback(spark.stop)
        return spark
    return _local(remote, settings, ending)


_CONNECT_PORT = 15_002
_SECONDS_TO_ANSWER = 20.0  # the client itself would ask for minutes


def _builder() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SynthDataError(
            "Spark is not installed: pip install 'pytest-synthdata[local]' brings it and a Java runtime, "
            "'pytest-synthdata[spark]' Spark alone"
        ) from None
    return SparkSession.builder


def _checked(remote: str) -> str:
    parts = urlsplit(remote)
    if parts.scheme != "sc" or not parts.hostname:
        raise SynthDataError(f"--synth-remote={remote!r}: a Spark Connect endpoint looks like sc://localhost:15002")
    if not getproxies():  # behind a proxy only the client knows the way
        address = parts.hostname, parts.port or _CONNECT_PORT
        try:
            socket.create_connection(address, _SECONDS_TO_ANSWER).close()
        except OSError as error:
            raise SynthDataError(f"--synth-remote: nothing answers at {address[0]}:{address[1]}: {error}") from None
    return remote


def _connect(remote: str, settings: SessionSettings, ending: contextlib.ExitStack) -> Any:
    builder = _builder().remote(remote)
    for name, value in {"spark.sql.session.timeZone": "UTC", **settings.conf}.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except ImportError as error:
        raise SynthDataError(
            f"Spark Connect's client lacks a package: {error}. pip install 'pyspark[connect]'"
        ) from None
    ending.callback(spark.stop)
    return spark


def _sail(ending: contextlib.ExitStack) -> str:
    try:
        from pysail.spark import SparkConnectServer
    except ImportError:
        raise SynthDataError("synth_spark_engine is sail: pip install 'pytest-synthdata[sail]'") from None
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    ending.callback(server.stop)
    _, port = server.listening_address
    return f"sc://127.0.0.1:{port}"


def _local(remote: str | None, settings: SessionSettings, ending: contextlib.ExitStack) -> Any:
    """A session in a JVM of our own: the classic one, or, for ``remote="local[2]"``, a Connect server in it."""
    builder = _builder()
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
    builder = builder.remote(remote) if remote else builder.master(f"local[{cores}]")
    for name, value in _conf(settings.conf, jvm_folder, folder, cores, options).items():
        builder = builder.config(name, value)
    try:
        if kept:
            with ignore_pyspark_warnings():
                return _on_kept(kept, builder, ending)
        (folder / "log4j2.properties").write_text(_LOG_SETTINGS)
        # Of the one Java that Spark shall start, what else this process starts shall not know.
        home = {"JAVA_HOME": str(quiet_home(java, folder / "java"))}
        with _environment(home, SPARK_LAUNCHER_OPTS=launcher), ignore_pyspark_warnings():
            spark = builder.getOrCreate()
        used_by(_jvm_process().pid)
    except Exception as error:
        if archive and archive.discard():  # it may be damaged
            return _local(remote, replace(settings, warm_start=False), ending)
        raise SynthDataError(
            f"Spark did not start on Java {java.version} from {java.found_in} ({java.home}): {error}"
        ) from error
    if archive and settings.worker_id in (None, "gw0"):
        from pytest_synthdata.spark.background import start_in_background

        ending.callback(start_in_background, archive)
    ending.callback(_end, spark, settings.seconds_to_end)
    return spark


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
    ending.callback(_stop, spark)
    return spark


def _stop(spark: Any) -> None:
    if jvm_has_ended(spark):
        forget_jvm()
    else:
        spark.stop()


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


def _jvm_process() -> Any:
    from pyspark import SparkContext

    return SparkContext._gateway.proc


def _end(spark: Any, seconds: float) -> None:
    """Stop a session and end its JVM, which would otherwise live on until Python exits."""
    if jvm_has_ended(spark):
        process = _jvm_process()
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
