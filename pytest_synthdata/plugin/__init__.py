"""The pytest plugin: hooks and fixtures. Thin, and nothing heavy is imported before a test asks for data."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.plugin.data_of_test import DataOfTests, data_of
from pytest_synthdata.plugin.failures import sections
from pytest_synthdata.plugin.failures.reasons import leave_our_frames_out, text_or_reason
from pytest_synthdata.plugin.failures.replay import how_to_replay
from pytest_synthdata.plugin.flags import add_options
from pytest_synthdata.plugin.frame_fixtures import FrameFixtures
from pytest_synthdata.plugin.options import read_settings
from pytest_synthdata.plugin.seeds import Mistake, not_parametrised, parametrize, refuse_wrong_seeds
from pytest_synthdata.plugin.spark.background_work import BackgroundWork
from pytest_synthdata.plugin.spark.interrupts import Interrupts
from pytest_synthdata.plugin.spark.own_session import OwnSession
from pytest_synthdata.plugin.stash import INTERACTING, MATERIALISER, SETTINGS, SYNTH
from pytest_synthdata.plugin.unread_markers import UnreadMarkers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession  # what an editor completes; no run imports it

    from pytest_synthdata.plugin.data_in_test import Synth
    from pytest_synthdata.plugin.materialise import Materialiser

_MARKER = (
    "synth(*, seed=None, seeds=None, scale=None, factories=(), at=None, take=None, defects=None, upload=False, "
    "feeds=None, shrink=True, **rows): the data of this test: numbers of rows by table (orders=5_000), the seed, or "
    "seeds to run on (how many, or a list), more factories whose tables join, the time at which tables with a history "
    "are seen (at='2024-06-30'), only some rows (take={'orders': [17, 403]}) with what they need, planted defects "
    "(defects={'orders': [Missing('amount', 0.01)]}), whether it needs the tables in a Volume (upload=True), or feeds "
    "of them (feeds={'orders': {'by': 'day'}}), and whether --synth-shrink may run it again on less data"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    config.stash[SETTINGS] = settings = read_settings(config)
    config.pluginmanager.register(FrameFixtures(config), "synthdata-frames")
    config.pluginmanager.register(DataOfTests(config), "synthdata-data-of-tests")
    config.pluginmanager.register(UnreadMarkers(config), "synthdata-unread-markers")
    config.pluginmanager.register(Interrupts(), "synthdata-interrupts")
    config.pluginmanager.register(OwnSession(config), "synthdata-own-session")
    config.pluginmanager.register(BackgroundWork(config), "synthdata-background-work")
    if settings.engine == "connect" and not settings.remote:
        from pytest_synthdata.plugin.spark.shared_server import SharedServer

        config.pluginmanager.register(SharedServer(config), "synthdata-shared-server")
    if settings.summary or settings.report:
        from pytest_synthdata.plugin.reporting import Reporting

        config.pluginmanager.register(Reporting(config), "synthdata-report")
    if settings.shrink is not None:
        from pytest_synthdata.plugin.shrinking.hooks import Shrinking

        config.pluginmanager.register(Shrinking(config), "synthdata-shrinking")
    if settings.differences:
        from pytest_synthdata.plugin.failures.differences import Differences

        config.pluginmanager.register(Differences(), "synthdata-differences")
    if settings.upload is not None:
        from pytest_synthdata.plugin.uploading import Uploading

        config.pluginmanager.register(Uploading(config), "synthdata-upload")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With xdist: every worker has the controller's seed, also a drawn one."""
    node.workerinput["synth_seed"] = node.config.stash[SETTINGS].seed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc)


def pytest_report_collectionfinish(config: pytest.Config, items: Sequence[pytest.Item]) -> list[str]:
    return not_parametrised(config, items)


def pytest_report_header(config: pytest.Config) -> list[str]:
    from pytest_synthdata.spark.spark_install import conflicting_installs

    settings = config.stash[SETTINGS]
    header = [f"seed {settings.seed}, scale {settings.scale:g}"]
    if (seconds := settings.keep_alive) is not None:
        from pytest_synthdata.spark.local.kept_jvm import describe

        header.append(text_or_reason("whether a JVM is kept cannot be told", lambda: describe(seconds)))
    # Said here already: no session will start.
    header.append(
        text_or_reason("whether pyspark is installed twice cannot be told", lambda: conflicting_installs() or "")
    )
    return [f"synthdata: {line}" for line in header if line]


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Iterator[None]:
    """Refuse parameters that a fixture of ours would not read; let workers of a project's session run this Python."""
    function: Any = fixturedef.func
    own = getattr(function, "__module__", "").startswith("pytest_synthdata.plugin")
    if own and hasattr(request, "param") and fixturedef.argname not in ("synth", "_synth_seed"):
        pytest.fail(
            f"parametrize({fixturedef.argname!r}, …, indirect=True): it takes no parameters; synth does: "
            "parametrize('synth', [{'orders': 10}], indirect=True)",
            pytrace=False,
        )
    outcome: Any = yield
    session_class = getattr(sys.modules.get("pyspark.sql"), "SparkSession", None)
    if session_class is not None and not outcome.excinfo and issubclass(type(outcome.get_result()), session_class):
        from pytest_synthdata.spark.worker_python import let_workers_run_this_python

        let_workers_run_this_python(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    if call.excinfo is not None and not item.config.option.fulltrace:
        leave_our_frames_out(call.excinfo)
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed and (synth := data_of(item)) is not None:
        replay = text_or_reason("how to replay this test cannot be told", lambda: how_to_replay(item, synth))
        report.sections.append((sections.REPLAY, replay))


@pytest.hookimpl(hookwrapper=True)
def pytest_exception_interact(node: Any, report: Any) -> Iterator[None]:
    """What a debugger's prompt comes after, if one does."""
    node.config.stash[INTERACTING] = report
    yield
    node.config.stash[INTERACTING] = None


def pytest_enter_pdb(config: pytest.Config) -> None:
    """Before a prompt, show the sections that pytest shows only of failures that no prompt came after."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    report, config.stash[INTERACTING] = config.stash.get(INTERACTING, None), None
    if reporter is not None and report is not None:
        sections.show(reporter, report)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    sections.show_hidden(terminalreporter)


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
    """What gives a session that this plugin finds or starts; that ends with the run."""
    own: Any = pytestconfig.pluginmanager.get_plugin("synthdata-own-session")

    def spark() -> Any:
        with _explained("Spark"):
            return own.session(synth_spark_conf)

    try:
        yield spark
    finally:
        own.close()


@pytest.fixture(scope="session")
def _synth_materialiser(pytestconfig: pytest.Config) -> Materialiser:
    from pytest_synthdata.plugin.materialise import Materialiser

    pytestconfig.stash[MATERIALISER] = materialiser = Materialiser(pytestconfig.stash[SETTINGS])
    return materialiser


@pytest.fixture(scope="session")
def _synth_seed(request: pytest.FixtureRequest) -> Iterator[int | None]:
    """The seed that a test has as a parameter. pytest groups tests by it; what was made for it is let go at the end."""
    seed: Any = getattr(request, "param", None)
    if isinstance(seed, Mistake):
        pytest.fail(f"@pytest.mark.synth: {seed}", pytrace=False)
    yield seed
    if seed is not None and SYNTH in request.node.stash:
        del request.node.stash[SYNTH]
    materialiser = request.config.stash.get(MATERIALISER, None)
    if seed is not None and materialiser is not None:
        materialiser.release(seed)


def _saver(request: pytest.FixtureRequest) -> Any:
    """What saves tables in a Volume, where the run was asked to."""
    uploading: Any = request.config.pluginmanager.get_plugin("synthdata-upload")
    return uploading.saver(request) if uploading is not None else None


@pytest.fixture
def synth_spark(request: pytest.FixtureRequest) -> SparkSession:
    """The Spark session in use: the project's own fixture's if it has one, else one that the plugin starts."""
    from pytest_synthdata.plugin.spark.fixture import session_of

    with _explained("synth_spark"):
        return session_of(request)


@pytest.fixture(scope="session")
def synth_session(request: pytest.FixtureRequest, _synth_materialiser: Materialiser, _synth_seed: int | None) -> Synth:
    """The session's default dataset, its tables as Spark DataFrames; ``.dataset`` is free of Spark."""
    from pytest_synthdata.plugin.spark.fixture import session_of

    with _explained("synth_session"):
        default = _synth_materialiser.marked([], lambda: session_of(request), _saver(request), seed=_synth_seed)
    request.node.stash[SYNTH] = default
    return default


@pytest.fixture
def synth(
    request: pytest.FixtureRequest, _synth_materialiser: Materialiser, _synth_seed: int | None
) -> Iterator[Synth]:
    """The test's data, as its ``synth`` marker asks for it: tables as Spark DataFrames, and ``.dataset``.

    Until the test ends, ``build()`` of a factory gives the rows of this data.
    """
    from pytest_synthdata.declarations.one_row.binding import building_from
    from pytest_synthdata.plugin.markers import markers_of, refuse_contradictions
    from pytest_synthdata.plugin.spark.expected_frames import may_ask_for_functions
    from pytest_synthdata.plugin.spark.fixture import session_of

    markers = markers_of(request.node)
    subject = "@pytest.mark.synth" if markers else "synth"
    if hasattr(request, "param"):
        subject = "parametrize('synth', …, indirect=True)"
        markers.insert(0, ((), request.param) if isinstance(request.param, dict) else ((request.param,), {}))
    with _explained(subject):
        refuse_wrong_seeds(request.node)
        refuse_contradictions(request.function, "take")
        chosen = _synth_materialiser.marked(markers, lambda: session_of(request), _saver(request), seed=_synth_seed)
    request.node.stash[SYNTH] = chosen
    if may_ask_for_functions(request):
        with _explained("synth"):
            _ = chosen.spark
    with building_from(chosen.bound_of):
        yield chosen
    if _synth_seed is not None:
        del request.node.stash[SYNTH]  # tests stay until the end of the run; the data of a seed does not


def _frame(synth: Synth, table: str) -> DataFrame:
    with _explained(f"{table}_df"):
        return synth[table]


@pytest.fixture
def customers_df(synth: Synth) -> DataFrame:
    """The customers of the test's data as a Spark DataFrame."""
    return _frame(synth, "customers")


@pytest.fixture
def orders_df(synth: Synth) -> DataFrame:
    """The orders of the test's data as a Spark DataFrame."""
    return _frame(synth, "orders")


@pytest.fixture
def tickets_df(synth: Synth) -> DataFrame:
    """The support tickets of the test's data as a Spark DataFrame."""
    return _frame(synth, "tickets")
