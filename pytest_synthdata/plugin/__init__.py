"""The pytest plugin: hooks and fixtures. Thin, and nothing heavy is imported before a test asks for data."""

from __future__ import annotations

import shlex
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.plugin.frame_fixtures import FrameFixtures
from pytest_synthdata.plugin.interrupts import Interrupts
from pytest_synthdata.plugin.options import add_options, read_settings
from pytest_synthdata.plugin.stash import MATERIALISER, SETTINGS, SYNTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_synthdata.plugin.materialise import Materialiser, Synth

_MARKER = (
    "synth(*, seed=None, scale=None, factories=(), take=None, defects=None, upload=False, **rows): the data that this "
    "test gets: numbers of rows by table (orders=5_000), the seed, more factories whose tables join, only some rows "
    "(take={'orders': [17, 403]}) with what they refer to, planted defects (defects={'orders': [Missing('amount', "
    "0.01)]}), and whether it needs the tables in a Volume"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    config.stash[SETTINGS] = settings = read_settings(config)
    config.pluginmanager.register(FrameFixtures(config), "synthdata-frames")
    config.pluginmanager.register(Interrupts(), "synthdata-interrupts")
    if settings.summary or settings.report:
        from pytest_synthdata.plugin.reporting import Reporting

        config.pluginmanager.register(Reporting(config), "synthdata-report")
    if settings.differences:
        from pytest_synthdata.plugin.differences import Differences

        config.pluginmanager.register(Differences(), "synthdata-differences")
    if settings.upload is not None:
        from pytest_synthdata.plugin.uploading import Uploading

        config.pluginmanager.register(Uploading(config), "synthdata-upload")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With xdist: every worker has the controller's seed, also a drawn one."""
    node.workerinput["synth_seed"] = node.config.stash[SETTINGS].seed


def pytest_report_header(config: pytest.Config) -> list[str]:
    from pytest_synthdata.spark.spark_install import conflicting_installs

    settings = config.stash[SETTINGS]
    problem = conflicting_installs()  # said here already: no session will start
    header = [f"synthdata: seed {settings.seed}, scale {settings.scale:g}"]
    if settings.keep_alive is not None:
        from pytest_synthdata.spark.kept_jvm import describe

        header.append(f"synthdata: {describe(settings.keep_alive)}")
    return [*header, f"synthdata: {problem}"] if problem else header


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed and SYNTH in item.stash:
        report.sections.append(("synthdata", _how_to_replay(item)))


def _how_to_replay(item: pytest.Item) -> str:
    settings = item.config.stash[SETTINGS]
    node: Any = getattr(item, "id", item.nodeid)  # structured from pytest 9.2 on
    command = ["pytest", str(item.config.cwd_relative_nodeid(node)), f"--synth-seed={settings.seed}"]
    if settings.scale != 1:
        command.append(f"--synth-scale={settings.scale:g}")
    command += [f"--synth-take={table}:{','.join(map(str, rows))}" for table, rows in settings.take.items()]
    if settings.remote:
        command.append(f"--synth-remote={settings.remote}")
    return f"{item.stash[SYNTH].dataset}\nreplay: {shlex.join(command)}"


@contextmanager
def _explained(subject: str) -> Iterator[None]:
    """Show an error of ours as what it says, without the way to where it was raised."""
    from pytest_synthdata.errors import SynthDataError

    try:
        yield
    except SynthDataError as error:
        problem = pytest.fail.Exception(f"{subject}: {error}", pytrace=False)
        raise problem from None


@pytest.fixture(scope="session")
def synth_spark_conf() -> Mapping[str, str]:
    """Spark settings for the session that the plugin starts; override this fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def _synth_own_spark(pytestconfig: pytest.Config, synth_spark_conf: Mapping[str, str]) -> Iterator[Any]:
    """What gives a session that this plugin finds or starts, another one where a test has stopped it, and ends it."""
    from pytest_synthdata.spark.session import OpenSession, SessionSettings, open_session

    settings = pytestconfig.stash[SETTINGS]
    worker: dict[str, Any] = getattr(pytestconfig, "workerinput", {})
    opened: list[OpenSession] = []

    def spark() -> Any:
        if opened and opened[0].is_stopped:
            opened.pop().close()
        if not opened:
            wanted = SessionSettings(
                remote=settings.remote,
                engine=settings.engine,
                conf={**settings.spark_conf, **synth_spark_conf},
                worker_id=worker.get("workerid"),
                workers=worker.get("workercount", 1),
                warm_start=settings.warm_start,
                keep_alive=settings.keep_alive,
            )
            with _explained("Spark"):
                opened.append(open_session(wanted))
        return opened[0].spark

    try:
        yield spark
    finally:
        for one in opened:
            one.close()


@pytest.fixture(scope="session")
def _synth_materialiser(pytestconfig: pytest.Config) -> Materialiser:
    from pytest_synthdata.plugin.materialise import Materialiser

    pytestconfig.stash[MATERIALISER] = materialiser = Materialiser(pytestconfig.stash[SETTINGS])
    return materialiser


def _saver(request: pytest.FixtureRequest) -> Any:
    """What saves tables in a Volume, where the run was asked to."""
    uploading: Any = request.config.pluginmanager.get_plugin("synthdata-upload")
    return uploading.saver(request) if uploading is not None else None


@pytest.fixture
def synth_spark(request: pytest.FixtureRequest) -> Any:
    """The Spark session in use: the project's own fixture's if it has one, else one that the plugin starts."""
    from pytest_synthdata.plugin.spark_fixture import session_of

    return session_of(request)


@pytest.fixture(scope="session")
def synth_session(request: pytest.FixtureRequest, _synth_materialiser: Materialiser) -> Synth:
    """The session's default dataset, its tables as Spark DataFrames; ``.dataset`` is free of Spark."""
    from pytest_synthdata.plugin.spark_fixture import session_of

    with _explained("synth_session"):
        return _synth_materialiser.default(lambda: session_of(request), _saver(request))


@pytest.fixture
def synth(request: pytest.FixtureRequest, _synth_materialiser: Materialiser) -> Iterator[Synth]:
    """The test's data, as its ``synth`` marker asks for it: tables as Spark DataFrames, and ``.dataset``.

    Until the test ends, ``build()`` of a factory gives the rows of this data.
    """
    from pytest_synthdata.declarations.binding import building_from
    from pytest_synthdata.plugin.spark_fixture import session_of

    own = getattr(getattr(request.node, "callspec", None), "marks", ())  # of pytest.param, which pytest names last
    nearest = [marker for marker in own if marker.name == "synth"]
    others = [marker for marker in request.node.iter_markers("synth") if marker not in nearest]
    markers = [(marker.args, marker.kwargs) for marker in (*nearest, *others)]
    subject = "@pytest.mark.synth" if markers else "synth"
    if hasattr(request, "param"):
        subject = "parametrize('synth', …, indirect=True)"
        markers.insert(0, ((), request.param) if isinstance(request.param, dict) else ((request.param,), {}))
    with _explained(subject):
        chosen = _synth_materialiser.marked(markers, lambda: session_of(request), _saver(request))
    request.node.stash[SYNTH] = chosen
    if "pyspark.sql.functions" in sys.modules:
        # Classic Spark's functions work only while a session is there: a test may say F.col() before synth.orders.
        with _explained("synth"):
            _ = chosen.spark
    with building_from(chosen.bound_of):
        yield chosen


def _frame(synth: Synth, table: str) -> Any:
    with _explained(f"{table}_df"):
        return synth[table]


@pytest.fixture
def customers_df(synth: Synth) -> Any:
    """The customers of the test's data as a Spark DataFrame."""
    return _frame(synth, "customers")


@pytest.fixture
def orders_df(synth: Synth) -> Any:
    """The orders of the test's data as a Spark DataFrame."""
    return _frame(synth, "orders")


@pytest.fixture
def tickets_df(synth: Synth) -> Any:
    """The support tickets of the test's data as a Spark DataFrame."""
    return _frame(synth, "tickets")
