"""A Spark session for tests: one that is there already, one somewhere else, or a local one of ours."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.spark.jvm import OpenSession
from pytest_synthdata.spark.local_session import start_local
from pytest_synthdata.spark.session_settings import SessionSettings, builder
from pytest_synthdata.spark.spark_install import conflicting_installs, is_installed


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
    return start_local(remote, settings, ending)


_CONNECT_PORT = 15_002
_SECONDS_TO_ANSWER = 20.0  # the client itself would ask for minutes


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
    sessions = builder().remote(remote)
    for name, value in {"spark.sql.session.timeZone": "UTC", **settings.conf}.items():
        sessions = sessions.config(name, value)
    try:
        spark = sessions.getOrCreate()
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


__all__ = ["OpenSession", "SessionSettings", "open_session"]
