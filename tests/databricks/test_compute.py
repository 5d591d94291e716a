"""Code on a cluster: its result in full, one run only, and nothing left behind, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from strict_workspace import CLUSTER, LANGUAGES, TOKEN, Workspace

from pytest_synthdata import SynthDataError
from pytest_synthdata.databricks import (
    ClusterNotRunningError,
    MissingCredentialsError,
    WorkspaceError,
    execute_databricks_command,
    run_python_file_on_databricks,
)
from pytest_synthdata.databricks.clusters import _choices

PRINTED = [
    {"status": "Queued"},
    {"status": "Running"},
    {"status": "Finished", "results": {"resultType": "text", "data": "42"}},
]
FOREVER = [{"status": "Running"}]


@pytest.fixture(autouse=True)
def _nothing_left(workspace: Workspace) -> Any:
    yield
    assert sorted(workspace.contexts) == sorted(workspace.destroyed)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "generate.py"
    path.write_text("print(6 * 7)  # é\n", "utf-8")
    return path


def test_a_file_is_run_as_the_mission_calls_it(workspace: Workspace, client: Any, script: Path) -> None:
    workspace.answers = PRINTED
    result = run_python_file_on_databricks(cluster_id=CLUSTER, file_path=str(script), timeout=600, client=client)
    assert (result.success, result.output, result.error) == (True, "42", None)
    assert workspace.commands["command-0"]["command"] == "print(6 * 7)  # é\n"
    assert workspace.commands["command-0"]["language"] == "python"


@pytest.mark.parametrize("language", [*LANGUAGES, "SQL"])
def test_the_language_is_the_one_asked_for(workspace: Workspace, client: Any, language: str) -> None:
    workspace.answers = PRINTED
    assert execute_databricks_command(CLUSTER, language, "SELECT 42", timeout=120, client=client).output == "42"
    assert workspace.contexts == {"context-0": language.lower()}
    assert workspace.commands["command-0"]["language"] == language.lower()


def test_the_cluster_may_stand_in_the_environment(
    logged_in: Workspace, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged_in.answers = PRINTED[-1:]
    logged_in.context_states = ["Running"]
    monkeypatch.setenv("DATABRICKS_CLUSTER_ID", CLUSTER)
    assert run_python_file_on_databricks(file_path=script).output == "42"
    assert execute_databricks_command(code="1").output == "42"


def test_a_context_of_ones_own_is_left(workspace: Workspace, client: Any) -> None:
    workspace.answers = PRINTED
    workspace.contexts["mine"] = "python"
    assert execute_databricks_command(CLUSTER, code="1", context_id="mine", client=client).success
    assert workspace.destroyed == []
    workspace.answers = PRINTED
    kept = {"context_id": "mine", "destroy_context_on_completion": True}
    assert execute_databricks_command(CLUSTER, code="1", client=client, **kept).success
    assert workspace.destroyed == ["mine"]


@pytest.mark.parametrize(
    ("results", "output"),
    [
        (
            {"resultType": "table", "schema": [{"name": "a"}, {"name": "b"}], "data": [[1, None], [2, "x"]]},
            "a\tb\n1\t\n2\tx",
        ),
        ({"resultType": "image", "fileName": "/plots/one.png"}, "/plots/one.png"),
        ({"resultType": "text", "data": "long", "truncated": True}, "long\n(Databricks has cut the rest off)"),
        (None, ""),
    ],
)
def test_every_kind_of_output(workspace: Workspace, client: Any, results: Any, output: str) -> None:
    workspace.answers = [{"status": "Finished", "results": results} if results else {"status": "Finished"}]
    assert execute_databricks_command(CLUSTER, "python", "1", client=client).output == output


@pytest.mark.parametrize("status", ["Finished", "Error"])
def test_cause_and_summary_of_an_error_are_kept(workspace: Workspace, client: Any, status: str) -> None:
    results = {"resultType": "error", "cause": "Traceback: ZeroDivisionError", "summary": "division by zero"}
    workspace.answers = [{"status": status, "results": results}]
    result = execute_databricks_command(CLUSTER, "python", "1/0", client=client)
    assert not result.success
    assert result.error == "division by zero\nTraceback: ZeroDivisionError"


def test_a_timeout_cancels_the_command_and_says_so(workspace: Workspace, client: Any) -> None:
    workspace.answers = FOREVER
    result = execute_databricks_command(CLUSTER, "python", "while True: pass", timeout=20, client=client)
    assert workspace.cancelled == ["command-0"]
    assert not result.success
    assert result.error == "the code took more than 20 s: it was cancelled. Give it longer: timeout=…"


def test_an_interruption_cancels_and_destroys(workspace: Workspace, client: Any) -> None:
    workspace.answers = FOREVER

    def interrupt(status: str) -> None:
        if status == "command: Running":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute_databricks_command(CLUSTER, "python", "1", client=client, on_status=interrupt)
    assert workspace.cancelled == ["command-0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"language": "pyhton"}, "no language 'pyhton' on Databricks: did you mean 'python'?"),
        ({"code": " \n"}, "there is no code to run"),
        ({"timeout": 0}, "timeout is 0; it is a positive number of seconds"),
        ({"timeout": "1h"}, "timeout is '1h'"),
    ],
)
def test_mistakes_are_named_before_anything_is_sent(
    workspace: Workspace, client: Any, arguments: dict[str, Any], message: str
) -> None:
    before = len(workspace.requests)
    with pytest.raises(SynthDataError) as caught:
        execute_databricks_command(CLUSTER, client=client, **{"code": "1", **arguments})
    assert message in str(caught.value)
    assert len(workspace.requests) == before


@pytest.mark.parametrize("content", [None, "", " \n\t", b"\xff\xfe"])
def test_a_missing_or_empty_file_raises_before_anything_is_sent(
    workspace: Workspace, client: Any, tmp_path: Path, content: str | bytes | None
) -> None:
    path = tmp_path / "script.py"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = len(workspace.requests)
    with pytest.raises(SynthDataError, match=r"script.py .*nothing was sent to Databricks"):
        run_python_file_on_databricks(CLUSTER, path, client=client)
    assert len(workspace.requests) == before


def test_a_stopped_cluster_gives_the_choices(workspace: Workspace, client: Any) -> None:
    workspace.cluster = "TERMINATED"
    with pytest.raises(ClusterNotRunningError) as caught:
        execute_databricks_command(CLUSTER, "python", "1", client=client)
    assert str(caught.value) == (
        f"the cluster tests ({CLUSTER}) is TERMINATED. Start it: start=True; or take one that runs: "
        "analysts (0202-111111-bcdefghi); or run without a cluster: run_on_serverless, --serverless"
    )


def test_of_many_clusters_the_first_are_given() -> None:
    many = [
        SimpleNamespace(cluster_name=f"c{n}", cluster_id=n, state=SimpleNamespace(value="RUNNING")) for n in range(11)
    ]
    for count, end in ((10, "c9 (9); or run"), (11, "c9 (9), …; or run")):
        client = SimpleNamespace(clusters=SimpleNamespace(list=lambda count=count: many[:count]))
        assert end in _choices(client)


def test_no_cluster_gives_the_choices(workspace: Workspace, client: Any) -> None:
    with pytest.raises(ClusterNotRunningError, match=rf"no cluster is named: .*tests \({CLUSTER}\), analysts"):
        execute_databricks_command(code="1", client=client)
    assert "POST /api/1.2/contexts/create" not in workspace.requests


def test_a_stopped_cluster_is_started_where_that_is_asked_for(workspace: Workspace, client: Any) -> None:
    workspace.cluster, workspace.answers = "TERMINATED", PRINTED
    told: list[str] = []
    result = execute_databricks_command(CLUSTER, "python", "1", client=client, start=True, on_status=told.append)
    assert result.output == "42"
    assert told == [
        *(f"cluster {CLUSTER}: {state}" for state in ("TERMINATED", "PENDING", "RUNNING")),
        *("context: Pending", "context: Running"),
        *("command: Queued", "command: Running", "command: Finished"),
    ]


@pytest.mark.parametrize(
    ("states", "message"), [(["PENDING"], "did not start within 60 s"), (["TERMINATED"], "did not start: TERM")]
)
def test_a_cluster_that_does_not_start(workspace: Workspace, client: Any, states: list[str], message: str) -> None:
    workspace.cluster, workspace.start_states = "TERMINATED", states
    with pytest.raises(ClusterNotRunningError, match=message):
        execute_databricks_command(CLUSTER, "python", "1", client=client, start=True, start_timeout=60)
    assert workspace.contexts == {}


@pytest.mark.parametrize("kind", [429, 500, 502, 503, 504, "drop before", "drop after"])
@pytest.mark.parametrize(
    "request_", ["GET /api/1.2/commands/status", "POST /api/1.2/contexts/destroy", "GET /api/2.1/clusters/get"]
)
def test_passing_faults_are_survived(workspace: Workspace, client: Any, request_: str, kind: int | str) -> None:
    workspace.answers = PRINTED
    workspace.fail(request_, kind)
    assert execute_databricks_command(CLUSTER, "python", "1", client=client).output == "42"
    assert workspace.injected == 1
    assert len(workspace.commands) == 1


@pytest.mark.parametrize(("kind", "runs"), [("drop after", 1), ("drop before", 0), (500, 0), (504, 0)])
def test_code_that_may_have_begun_is_not_sent_again(
    workspace: Workspace, client: Any, kind: int | str, runs: int
) -> None:
    workspace.answers = PRINTED
    workspace.fail("POST /api/1.2/commands/execute", kind)
    with pytest.raises(WorkspaceError, match=r"running code on the cluster .*(may or may not have begun|injected 50)"):
        execute_databricks_command(CLUSTER, "python", "INSERT", client=client)
    assert len(workspace.commands) == runs
    assert workspace.requests.count("POST /api/1.2/commands/execute") == 1


@pytest.mark.parametrize("kind", [429, 503])
def test_code_that_was_turned_away_is_sent_again(workspace: Workspace, client: Any, kind: int) -> None:
    workspace.answers = PRINTED
    workspace.fail("POST /api/1.2/commands/execute", kind)
    assert execute_databricks_command(CLUSTER, "python", "1", client=client).output == "42"


def test_a_context_that_cannot_be_destroyed_hides_no_result(
    workspace: Workspace, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    workspace.answers = PRINTED
    workspace.denied = "POST /api/1.2/contexts/destroy"
    assert execute_databricks_command(CLUSTER, "python", "1", client=client).output == "42"
    assert f"destroying the execution context context-0 on the cluster {CLUSTER}" in caplog.text
    workspace.destroyed.append("context-0")


def test_tokens_are_not_shown(workspace: Workspace, client: Any) -> None:
    workspace.answers = [{"status": "Finished", "results": {"resultType": "text", "data": f"token={TOKEN}"}}]
    result = execute_databricks_command(CLUSTER, "python", "print(token)", client=client)
    assert result.output == "token=***"


def test_refused_credentials_say_what_to_set(workspace: Workspace, client_of: Callable[..., Any]) -> None:
    refused = f"the workspace {workspace.url} refuses the credentials of the profile 'bank': set .*DATABRICKS_TOKEN"
    client = client_of(workspace.url, token="wrong-token")
    client.config.profile = "bank"
    with pytest.raises(MissingCredentialsError, match=refused):
        execute_databricks_command(CLUSTER, "python", "1", client=client)


def test_without_any_credentials_it_says_what_to_set() -> None:
    begin = time.monotonic()
    with pytest.raises(MissingCredentialsError, match="the workspace's host is missing: set DATABRICKS_HOST"):
        execute_databricks_command(CLUSTER, "python", "1")
    assert time.monotonic() - begin < 10
