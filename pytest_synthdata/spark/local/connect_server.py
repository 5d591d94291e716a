"""A Spark Connect server on this machine: one JVM that several processes share, each with a session of its own.

It listens on loopback only and wants a token. It ends with the process that started it, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from pytest_synthdata.disk.temporary import temporary_folder
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.machine import processors
from pytest_synthdata.spark.local.java import find_java, quiet_home
from pytest_synthdata.spark.local.jvm import end_process
from pytest_synthdata.spark.local.settings import (
    LOG_SETTINGS,
    launcher_options,
    local_conf,
    local_cores,
    submit_command,
)
from pytest_synthdata.spark.session_settings import Endpoint, SessionSettings
from pytest_synthdata.spark.spark_install import spark_home

_SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
# It says on which port it listens, which the system chooses.
_LOG = LOG_SETTINGS + f"logger.connect.name = {_SERVER}\nlogger.connect.level = info\n"
_PORT = re.compile(r"Spark Connect server started at: \S*:(\d+)")
_CLIENT = {
    "pandas": "pandas",
    "grpc": "grpcio",
    "grpc_status": "grpcio-status",
    "google.rpc": "googleapis-common-protos",
}
_CORES_OF_A_WORKER = 4
_SECONDS_TO_START = 120
_SECONDS_TO_END = 10


@dataclass
class ConnectServer:
    """A running server, and how to end it."""

    endpoint: Endpoint
    process: subprocess.Popen[bytes]
    ending: contextlib.ExitStack

    @property
    def is_running(self) -> bool:
        """Whether its JVM is there."""
        return self.process.poll() is None

    def close(self) -> None:
        """End it and remove its folder."""
        self.ending.close()


def start_server(settings: SessionSettings, ending: contextlib.ExitStack) -> ConnectServer:
    """Start a server.

    Args:
        settings: Spark's settings, how many processes share the server, whether the class-data archive is used, and
            as ``remote``, ``local[2]`` for how many processors it has.
        ending: what ends the server; another thread may close it while the server starts.

    Raises:
        SynthDataError: where pyspark, its Connect server or a suitable Java is missing, or it does not start.
    """
    from pytest_synthdata.spark.local.archive import archive_of
    from pytest_synthdata.spark.local.background import make_archive

    _require_server()
    java = find_java()
    archive = archive_of(java) if settings.warm_start else None
    with contextlib.ExitStack() as attempt:
        folder, used_by = attempt.enter_context(temporary_folder("connect"))
        (folder / "log4j2.properties").write_text(_LOG)
        options = archive.options() if archive else ()
        master = settings.remote or f"local[{min(processors(), _CORES_OF_A_WORKER * settings.workers)}]"
        conf = {
            **local_conf(settings.conf, folder, folder, local_cores(settings.workers), options),
            "spark.master": master,
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": "0",
        }
        token = secrets.token_urlsafe(24)
        environment = _environment(token, launcher_options(archive), quiet_home(java, folder / "java"))
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command
                submit_command(conf, "--class", _SERVER, "spark-internal"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        attempt.callback(end_process, process, _SECONDS_TO_END)
        used_by(process.pid)
        ending.push(attempt.pop_all())
    try:
        port = _port(process, folder / "server.log")
    except SynthDataError as error:
        ending.close()
        if archive and archive.file.exists():
            server = start_server(replace(settings, warm_start=False), ending)
            archive.discard()  # the server starts without it: it is damaged
            return server
        raise SynthDataError(
            f"Spark's Connect server did not start on Java {java.version} from {java.found_in} ({java.home}): {error}"
        ) from None
    if archive:
        ending.callback(make_archive, archive, settings.on_background_work)
    url = f"sc://localhost:{port}/;token={token}"  # clients give a token away without TLS to this name alone
    return ConnectServer(Endpoint(url, dict(settings.conf)), process, ending)


def require_client() -> None:
    """Raise `SynthDataError` where a package that Spark Connect's client needs is missing."""
    missing = [package for module, package in _CLIENT.items() if not _is_there(module)]
    if missing:
        raise SynthDataError(
            f"Spark Connect's client lacks {', '.join(missing)}: pip install 'pytest-synthdata[spark]' brings them, "
            "as 'pyspark[connect]' does"
        )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of its parent
        return False


def _require_server() -> None:
    home = spark_home()
    if not list((home / "jars").glob("spark-connect_*.jar")):
        raise SynthDataError(
            f"the Spark in {home} has no Connect server: pyspark's wheel has one from version 4 on "
            "(synth_spark_engine = connect and --synth-remote=local start one)"
        )


def _environment(token: str, options: str, java_home: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("SPARK_REMOTE", "SPARK_API_MODE")}
    # The working folder of Python workers there is another; what is importable from here shall be there.
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(Path.cwd()))))
    return {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        **inherited,
        "JAVA_HOME": str(java_home),
        "PYTHONPATH": path,
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": token,
        "SPARK_LAUNCHER_OPTS": options,
    }


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _SECONDS_TO_START
    while True:
        ended = process.poll() is not None
        said = log.read_text(errors="replace") if log.exists() else ""
        if found := _PORT.search(said):
            return int(found[1])
        if ended or time.monotonic() > deadline:
            raise SynthDataError(said[-2_000:].strip() or "it said nothing")
        time.sleep(0.02)


__all__ = ["ConnectServer", "require_client", "start_server"]
