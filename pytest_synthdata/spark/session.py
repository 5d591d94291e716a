"""A Spark session for tests: one that is there already, one somewhere else, or a local one of ours."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.spark.local.jvm import OpenSession
from pytest_synthdata.spark.local.session import StartingJvm, start_local
from pytest_synthdata.spark.local.settings import restored
from pytest_synthdata.spark.session_settings import SessionSettings, builder
from pytest_synthdata.spark.spark_install import conflicting_installs, ignore_pyspark_warnings, is_installed


def open_session(settings: SessionSettings, starting: StartingJvm | None = None) -> OpenSession:
    """The session that the settings and the machine suggest.

    In this order: the active one; a Connect endpoint; Databricks Connect where that is installed; a local one.

    Args:
        settings: what it is asked for.
        starting: a JVM that `start_jvm` gave for these settings.

    Raises:
        SynthDataError: where pyspark or a suitable Java is missing, or there are two Sparks, with the remedy.
    """
    if problem := conflicting_installs():
        raise SynthDataError(problem)
    ending = contextlib.ExitStack()
    try:
        if (active := _active()) is not None:
            if starting is not None:
                starting.ending.close()
            return OpenSession(active, ending)
        return _start(settings, ending, starting)
    except BaseException:
        ending.close()
        raise


def start_jvm(settings: SessionSettings) -> StartingJvm | None:
    """Start the JVM of a session that `open_session` will be asked for; None where it would start none.

    A kept JVM is not started either: it is there, or its keeper starts it.
    """
    if settings.keep_alive or not _is_in_own_jvm(settings) or conflicting_installs() or _active() is not None:
        return None
    with contextlib.suppress(SynthDataError):  # which `open_session` will raise
        return StartingJvm(settings)
    return None


def zone_in_use() -> str:
    """The time zone of the session that there is; UTC where there is none."""
    session = _active()
    if session is None:
        return "UTC"
    try:
        return str(session.conf.get("spark.sql.session.timeZone"))
    except Exception:  # noqa: BLE001 - of Py4J, gRPC or a server: a session that has ended has no zone
        return "UTC"


def _active() -> Any:
    """A session that somebody else has started already; to look for it, nothing is imported."""
    if "pyspark.sql" not in sys.modules:
        return None
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession()


def _remote(settings: SessionSettings) -> str | None:
    return settings.remote or os.environ.get("SPARK_REMOTE") or None


def _is_in_own_jvm(settings: SessionSettings) -> bool:
    return settings.engine == "spark" and _remote(settings) is None and not is_installed("databricks-connect")


def _start(settings: SessionSettings, ending: contextlib.ExitStack, starting: StartingJvm | None) -> OpenSession:
    remote = _remote(settings)
    if _is_in_own_jvm(settings):
        spark = start_local(settings, ending, starting)
    elif settings.engine == "sail":
        spark = _connect(_sail(ending), settings, ending)
    elif remote is not None and not remote.startswith("local"):
        spark = _connect(_checked(remote), settings, ending)
    elif remote is not None or settings.engine == "connect":
        return _on_local_server(replace(settings, remote=remote), ending)
    else:
        from databricks.connect import DatabricksSession

        spark = DatabricksSession.builder.getOrCreate()
        ending.callback(spark.stop)
    return OpenSession(spark, ending)


_CONNECT_PORT = 15_002
_SECONDS_TO_ANSWER = 20.0  # the client itself would ask for minutes


def _checked(remote: str) -> str:
    from urllib.request import getproxies

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
    return _connected(remote, {"spark.sql.session.timeZone": "UTC", **settings.conf}, ending)


def _connected(url: str, conf: Mapping[str, str], ending: contextlib.ExitStack) -> Any:
    sessions = builder().remote(url)
    for name, value in conf.items():
        sessions = sessions.config(name, value)
    # While it is open, a job's own SparkSession.builder.getOrCreate() gives it; afterwards, other kinds can be started.
    ending.enter_context(restored("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED"))
    os.environ["SPARK_REMOTE"] = url
    try:
        with ignore_pyspark_warnings(), _as_a_script():
            spark = sessions.getOrCreate()
    except ImportError as error:
        raise SynthDataError(
            f"Spark Connect's client lacks a package: {error}. pip install 'pyspark[connect]'"
        ) from None
    ending.callback(spark.stop)
    return spark


@contextlib.contextmanager
def _as_a_script() -> Iterator[None]:
    """With a main module that has a file, which pytest-xdist's workers have not.

    Pyspark takes them for its own doctests, imports its tests, and ends the process where a package is missing.
    """
    main = sys.modules["__main__"]
    if hasattr(main, "__file__"):
        yield
        return
    main.__file__ = __file__
    try:
        yield
    finally:
        del main.__file__


def _on_local_server(settings: SessionSettings, ending: contextlib.ExitStack) -> OpenSession:
    """A session of this process's own on a Connect server of this machine."""
    from pytest_synthdata.spark.frames import keep_on_server
    from pytest_synthdata.spark.local.connect_server import require_client, start_server

    require_client()
    if settings.shared_server is not None:
        endpoint = settings.shared_server(settings.conf)
    else:
        endpoint = start_server(settings, ending).endpoint
    own = {name: value for name, value in settings.conf.items() if endpoint.conf.get(name) != value}
    spark = _connected(endpoint.url, own, ending)
    _give_up_soon(spark)
    keep_on_server(spark)
    if settings.worker_id is not None:
        # Sessions share the catalog: each worker has tables of its own.
        database = f"synth_{settings.worker_id}"
        spark.sql(f"create database if not exists {database}").collect()
        spark.catalog.setCurrentDatabase(database)
    address = urlsplit(endpoint.url)
    return OpenSession(spark, ending, (str(address.hostname), int(address.port or 0)))


def _give_up_soon(spark: Any) -> None:
    """A local server that has ended does not come back: a client's usual patience is ten minutes."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    with contextlib.suppress(AttributeError):  # of other versions
        spark.client.set_retry_policies([DefaultPolicy(max_retries=_RETRIES)])


_RETRIES = 3  # within a second


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


__all__ = ["OpenSession", "SessionSettings", "open_session", "start_jvm", "zone_in_use"]
