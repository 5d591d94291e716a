"""`--synth-upload` as a stranger's project meets it: alone, on workers, shuffled, interrupted, without credentials."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from strict_workspace import TOKEN, Workspace

from pytest_synthdata import Dataset
from pytest_synthdata.databricks.upload import MANIFEST, MARKER_FILE
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory

HOME = "/Volumes/main/sales/raw"
FLAG = "--synth-upload=main.sales.raw"
RUN = re.compile(rf"{HOME}/(synthdata-\d{{8}}T\d{{6}}Z-[0-9a-f]{{8}})")
TESTS = """
    import pytest

    @pytest.mark.synth(upload=True)
    def test_needs_it(synth):
        assert synth.seed == 42

    def test_path(synth):
        path = synth.volume_path("orders")
        assert path.startswith("/Volumes/main/sales/raw/") and path.endswith("/orders")

    @pytest.mark.synth(customers=20, orders=100, seed=7)
    def test_other_data(synth):
        assert "/data-" in synth.volume_path("orders")
"""


@pytest.fixture(params=["alone", "two workers", "shuffled"])
def company(request: pytest.FixtureRequest) -> list[str]:
    """Arguments for the ways in which every end-to-end test must pass."""
    return {
        "alone": ["-p", "no:randomly"],
        "two workers": ["-n", "2", "-p", "no:randomly"],
        "shuffled": ["-p", "randomly", "-p", "no:cacheprovider"],
    }[request.param]


def run(pytester: pytest.Pytester, *arguments: str, outcomes: dict[str, int]) -> pytest.RunResult:
    run_pytest = pytester.runpytest_subprocess if "-n" in arguments else pytester.runpytest_inprocess
    result = run_pytest("-W", "error", "--synth-scale=0.01", *arguments)
    result.assert_outcomes(**outcomes)
    assert TOKEN not in result.stdout.str() + result.stderr.str()
    return result


def manifests(workspace: Workspace) -> dict[str, dict[str, str]]:
    """The fingerprints of the tables by the folders that have a manifest."""
    return {
        path.removesuffix(f"/{MANIFEST}"): {
            name: table["fingerprint"] for name, table in json.loads(content)["tables"].items()
        }
        for path, content in workspace.files.items()
        if path.endswith(MANIFEST)
    }


def test_without_the_flag_tests_that_need_it_are_skipped(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsynth_volume = main.sales.raw\n")
    pytester.makepyfile(TESTS)
    result = run(pytester, "-rs", outcomes={"skipped": 3})
    result.stdout.fnmatch_lines(["*needs data in a Volume: run with --synth-upload=catalog.schema.volume*"])
    assert logged_in.requests == []


def test_without_the_flag_the_sdk_is_not_imported(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_it(synth):
            assert synth.dataset.orders.num_rows == 250
            assert not [name for name in sys.modules if name.startswith(("databricks", "requests", "urllib3"))]
            assert not [name for name in sys.modules if name.startswith("pytest_synthdata.databricks")]
    """)
    # Not as a fork, which may have it.
    result = pytester.run(sys.executable, "-m", "pytest", "-W", "error", "-p", "no:randomly", "--synth-scale=0.01")
    result.assert_outcomes(passed=1)


def test_a_run_leaves_nothing(logged_in: Workspace, pytester: pytest.Pytester, company: list[str]) -> None:
    logged_in.files[f"{HOME}/theirs.parquet"] = b"not ours"
    pytester.makepyfile(TESTS)
    run(pytester, FLAG, *company, outcomes={"passed": 3})
    assert logged_in.files == {f"{HOME}/theirs.parquet": b"not ours"}
    assert logged_in.folders == set()
    runs = {found[1] for request in logged_in.requests if (found := RUN.search(request))}
    assert len(runs) == 1
    sent = [request for request in logged_in.requests if re.match(r"PUT .*/tickets/part-", request)]
    assert len(sent) == 1  # by whichever worker needed it first


def test_a_run_is_noted_once_before_its_tables(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_it(synth):
            for table in ("customers", "orders", "customers"):
                synth.volume_path(table)
    """)
    run(pytester, FLAG, outcomes={"passed": 1})
    put = [request.rpartition("/")[2] for request in logged_in.requests if re.match(r"PUT /api/2.0/fs/files/", request)]
    # The run when it begins, and each table before its files.
    assert put[0] == MARKER_FILE
    assert put.count(MARKER_FILE) == 3


def test_a_kept_run_is_whole(logged_in: Workspace, pytester: pytest.Pytester, company: list[str]) -> None:
    pytester.makepyfile(TESTS)
    result = run(pytester, FLAG, "--synth-keep", *company, outcomes={"passed": 3})
    found = manifests(logged_in)
    folder, other = sorted(found, key=len)
    result.stdout.fnmatch_lines([f"synthdata: tables are kept in {folder}"])
    default = Dataset({CustomerFactory: 25, OrderFactory: 250, TicketFactory: 80})
    assert found[folder] == default.fingerprints()
    assert found[other] == Dataset({CustomerFactory: 20, OrderFactory: 100}, seed=7).fingerprints()
    assert not any(path.endswith(MARKER_FILE) for path in logged_in.files)


@pytest.mark.parametrize("how", ["flag", "setting"])
def test_the_format_of_the_files(logged_in: Workspace, pytester: pytest.Pytester, how: str) -> None:
    if how == "setting":
        pytester.makeini("[pytest]\nsynth_format = csv\n")
    pytester.makepyfile(TESTS)
    run(pytester, FLAG, "--synth-keep", *["--synth-format=csv"][: how == "flag"], outcomes={"passed": 3})
    tables = [path for path in logged_in.files if "/part-" in path]
    assert tables
    assert all(path.endswith("/part-00000.csv") for path in tables)


FEEDS = """
    import pytest
    from pytest_synthdata import Categorical, Exponential, History, Key, TableFactory, hours

    class PlanFactory(TableFactory):
        class Meta:
            history = History("2024-01-01", "2024-01-03", updates={"tier": 60})
        plan_id = Key("P{:03d}")
        tier = Categorical(["Free", "Pro"])

    PLANS = {"factories": [PlanFactory], "plans": 20}

    @pytest.mark.synth(**PLANS, feeds={"plans": {"changes": "autocdc"}})
    def test_marked(synth):
        assert synth.feed_path("plans", changes="autocdc").endswith("/plans")

    @pytest.mark.synth(**PLANS)
    def test_grows(synth):
        paths = {synth.feed_path("plans", changes="autocdc", stop=f"2024-01-0{day}") for day in (2, 3)}
        assert len(paths) == 1
        late = {"delay": hours(Exponential(3)), "snapshots": True, "stop": "2024-01-02"}
        assert synth.feed_path("plans", changes="autocdc", **late) not in paths
        assert "/data-" in synth.at("2024-01-02").volume_path("plans")

    @pytest.mark.synth(**PLANS)
    def test_wrong(synth):
        with pytest.raises(Exception, match="there is no chagnes=: did you mean 'changes'"):
            synth.feed_path("plans", chagnes="autocdc")
        with pytest.raises(Exception, match="delay= goes with changes="):
            synth.feed_path("plans", delay=hours(Exponential(3)))
"""


def test_feeds_have_folders_of_their_own(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FEEDS)
    run(pytester, FLAG, "--synth-keep", "-p", "no:randomly", outcomes={"passed": 3})
    found: dict[str, set[str]] = {}
    for path in logged_in.files:
        if "/part-" in path and "/data-" not in path:
            folder, _, day = path.rpartition("/")[0].rpartition("/")
            found.setdefault(folder, set()).add(day[-1])
    # All days of one feed, some of another, one of late changes, and the snapshot beside that.
    assert sorted("".join(sorted(days)) for days in found.values()) == ["1", "1", "12", "123"]
    assert not any(path.endswith(MARKER_FILE) for path in logged_in.files)


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ("['orders']", "give arguments by table"),
        ("{'orders': 'day'}", "'orders' has 'day'; give arguments by table"),
        ("{'orders': {'bye': 'day'}}", "there is no 'bye': did you mean 'by'"),
    ],
)
def test_feeds_of_a_marker_are_checked(pytester: pytest.Pytester, feeds: str, message: str) -> None:
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.synth(feeds={feeds})
        def test_it(synth): pass
    """)
    result = run(pytester, outcomes={"errors": 1})
    assert message in result.stdout.str()


def test_a_format_without_an_upload_says_so(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--synth-format=csv")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--synth-format says what becomes of an upload; add --synth-upload*"])


def test_a_named_folder_is_kept_and_not_sent_again(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    for _ in range(2):
        before = len(logged_in.requests)
        run(pytester, FLAG + "/ci", "--synth-keep=nightly", outcomes={"passed": 3})
    assert f"{HOME}/ci/nightly" in manifests(logged_in)
    assert not any(request.startswith("PUT /api/2.0/fs/files") for request in logged_in.requests[before:])


@pytest.mark.parametrize(("expected", "left"), [("42", False), ("43", True)])
def test_keep_failed_keeps_after_a_failure(
    logged_in: Workspace, pytester: pytest.Pytester, expected: str, left: bool
) -> None:
    pytester.makepyfile(f"""
        def test_it(synth):
            synth.volume_path("customers")
            assert synth.seed == {expected}
    """)
    run(pytester, FLAG, "--synth-keep=failed", outcomes={"failed": 1} if left else {"passed": 1})
    assert len(manifests(logged_in)) == left
    assert not any(path.endswith(MARKER_FILE) for path in logged_in.files)


def test_an_interrupted_run_leaves_nothing(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import time

        def test_it(synth, request):
            synth.volume_path("orders")
            (request.config.rootpath / "saved").touch()
            time.sleep(120)
    """)
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", FLAG, "--synth-scale=0.01", "-n", "2"]
    with subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, start_new_session=True) as process:
        logged_in.wait_for(rf"PUT .*{MANIFEST}")
        os.killpg(process.pid, signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail(f"it goes on: {process.communicate()[0].decode()}")
    assert b"KeyboardInterrupt" in output or b"Interrupted" in output
    assert logged_in.files == {}
    assert logged_in.folders == set()


def test_a_killed_run_is_swept_and_nothing_else(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import os, signal

        def test_it(synth):
            synth.volume_path("orders")
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    pytester.runpytest_subprocess(FLAG, "--synth-scale=0.01")
    assert len(manifests(logged_in)) == 1
    logged_in.files[f"{HOME}/theirs.parquet"] = b"not ours"
    sweep = [sys.executable, "-m", "pytest_synthdata", "sweep", "main.sales.raw", "--older-than"]
    subprocess.run([*sweep, "1h"], check=True)
    assert len(manifests(logged_in)) == 1
    subprocess.run([*sweep, "0s"], check=True)
    assert logged_in.files == {f"{HOME}/theirs.parquet": b"not ours"}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([FLAG + "x"], "there is no Volume main.sales.rawx: create it, or allow it to be created: --synth-create"),
        (["--synth-upload=main.salse.raw"], "there is no schema main.salse"),
        (["--synth-upload=mian.sales.raw", "--synth-create"], "there is no catalog 'mian' (did you mean 'main'?"),
        (["--synth-upload=raw"], "'raw' is not a Volume; write catalog.schema.volume"),
        (["--synth-upload", "test_it.py"], "write the value after '='"),
        (["--synth-upload=main.sales.raw/../../x"], "it leads to another folder"),
        ([FLAG, "--synth-keep=a/b"], "it holds SOLIDUS"),
        (["--synth-upload"], "set synth_volume"),
        (["--synth-keep"], "add --synth-upload"),
    ],
)
def test_what_is_wrong_is_said_at_once(
    logged_in: Workspace, pytester: pytest.Pytester, flags: list[str], message: str
) -> None:
    pytester.makepyfile(test_it="def test_it(): pass")
    result = pytester.runpytest_inprocess(*flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()
    assert not any(request.startswith(("PUT", "POST", "DELETE")) for request in logged_in.requests)


def test_missing_credentials_say_what_to_set(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(FLAG)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "the workspace's host is missing: set DATABRICKS_HOST" in result.stderr.str()


def test_a_fixture_ws_gives_the_client(workspace: Workspace, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(f"""
        import pytest

        @pytest.fixture
        def ws():
            from databricks.sdk import WorkspaceClient
            return WorkspaceClient(host="{workspace.url}", token="{TOKEN}")
    """)
    pytester.makepyfile(TESTS)
    run(pytester, FLAG, outcomes={"passed": 3})
    assert any(re.match(r"PUT .*/tickets/part-", request) for request in workspace.requests)
    assert workspace.files == {}


def test_schema_and_volume_are_created_where_that_is_allowed(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsynth_volume = main.trial.fresh\n")
    pytester.makepyfile(
        "def test_it(synth): assert synth.volume_path('customers').startswith('/Volumes/main/trial/fresh/')"
    )
    run(pytester, "--synth-create", "--synth-upload", outcomes={"passed": 1})
    assert "main.trial.fresh" in logged_in.volumes
    assert logged_in.files == {}


def test_what_cannot_be_removed_is_told(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    logged_in.denied = f"DELETE .*{MARKER_FILE}"
    pytester.makepyfile("def test_it(synth): synth.volume_path('customers')")
    result = run(pytester, FLAG, outcomes={"passed": 1})
    assert re.search(rf"{HOME}/synthdata-\S+ is left: .*`synthdata sweep {HOME}` removes it", result.stdout.str())


def test_a_failed_upload_fails_the_test_that_needs_it(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    logged_in.denied = "PUT .*orders.*"
    pytester.makepyfile(TESTS)
    result = run(pytester, FLAG, "-p", "no:randomly", outcomes={"errors": 1, "failed": 2})
    result.stdout.fnmatch_lines(["*making */orders: *privilege*WRITE VOLUME*"])
    assert logged_in.files == {}


def test_nothing_is_asked_to_only_collect(logged_in: Workspace, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    pytester.runpytest_inprocess(FLAG, "--collect-only", "-q")
    assert logged_in.requests == []
