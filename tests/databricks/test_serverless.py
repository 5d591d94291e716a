"""A file on serverless compute: one run, its output in full, and no file left in the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from strict_workspace import USER, Workspace

from pytest_synthdata import SynthDataError
from pytest_synthdata.databricks import WorkspaceError, run_on_serverless

WAITING = [{"life_cycle_state": "PENDING"}, {"life_cycle_state": "RUNNING", "state_message": "In run"}]
DONE = [*WAITING, {"life_cycle_state": "TERMINATED", "result_state": "SUCCESS"}]
FAILED = [*WAITING, {"life_cycle_state": "TERMINATED", "result_state": "FAILED", "state_message": "Workload failed"}]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "generate.py"
    path.write_text("print('é')\n", "utf-8")
    return path


@pytest.fixture(autouse=True)
def _nothing_left(workspace: Workspace) -> Any:
    yield
    assert workspace.imported == {}


def test_a_file_runs_with_its_arguments_and_dependencies(workspace: Workspace, client: Any, script: Path) -> None:
    workspace.run_states, workspace.run_output = DONE, {"logs": "é\n"}
    told: list[str] = []
    result = run_on_serverless(script, ["--rows", "10"], ["faker>=30"], client=client, on_status=told.append)
    page = f"{workspace.url}/#job/run/1000"
    assert (result.success, result.output, result.error, result.page) == (True, "é\n", None, page)
    body = workspace.runs[1000]["body"]
    (task,) = body["tasks"]
    assert task["spark_python_task"]["parameters"] == ["--rows", "10"]
    assert task["spark_python_task"]["python_file"].startswith(f"/Workspace/Users/{USER}/.synthdata/")
    assert body["environments"][0]["spec"] == {"environment_version": "4", "dependencies": ["faker>=30"]}
    assert told == [f"run 1000: {page}", "run 1000: RUNNING (In run)", "run 1000: TERMINATED"]


def test_what_looks_like_a_notebook_stays_a_file(workspace: Workspace, client: Any, script: Path) -> None:
    script.write_text("# Databricks notebook source\nprint(1)\n")
    workspace.run_states = DONE
    assert run_on_serverless(script, client=client).success


def test_all_that_is_known_of_an_error_is_kept(workspace: Workspace, client: Any, script: Path) -> None:
    workspace.run_states = FAILED
    workspace.run_output = {"logs": "so far\n", "error": "ZeroDivisionError", "error_trace": "Traceback …"}
    result = run_on_serverless(script, client=client)
    assert not result.success
    assert result.output == "so far\n"
    assert result.error == "Workload failed\nZeroDivisionError\nTraceback …"


@pytest.mark.parametrize("state", ["SKIPPED", "INTERNAL_ERROR"])
def test_a_run_that_never_ran(workspace: Workspace, client: Any, script: Path, state: str) -> None:
    workspace.run_states = [{"life_cycle_state": state}]
    assert run_on_serverless(script, client=client).error == f"the run ended as {state}"


def test_a_timeout_cancels_the_run(workspace: Workspace, client: Any, script: Path) -> None:
    workspace.run_states = WAITING
    result = run_on_serverless(script, client=client, timeout=30)
    assert workspace.cancelled == ["1000"]
    assert result.error == "the run took more than 30 s: it was cancelled. Give it longer: timeout=…"


def test_an_interruption_cancels_the_run(workspace: Workspace, client: Any, script: Path) -> None:
    workspace.run_states = WAITING

    def interrupt(status: str) -> None:
        if "RUNNING" in status:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_on_serverless(script, client=client, on_status=interrupt)
    assert workspace.cancelled == ["1000"]


@pytest.mark.parametrize("kind", [429, 500, 503, "drop before", "drop after"])
@pytest.mark.parametrize(
    "request_", ["POST /api/2.2/jobs/runs/submit", "POST /api/2.0/workspace/.*", "GET /api/2.2/.*"]
)
def test_a_passing_fault_starts_no_second_run(
    workspace: Workspace, client: Any, script: Path, request_: str, kind: int | str
) -> None:
    workspace.run_states, workspace.run_output = DONE, {"logs": "1"}
    workspace.fail(request_, kind)
    assert run_on_serverless(script, client=client).output == "1"
    assert workspace.injected == 1
    assert list(workspace.runs) == [1000]


def test_a_lasting_fault_is_an_error(workspace: Workspace, client: Any, script: Path) -> None:
    workspace.fail("POST /api/2.2/jobs/runs/submit", 500, times=100)
    with pytest.raises(WorkspaceError, match="submitting a serverless run: injected 500"):
        run_on_serverless(script, client=client)


def test_a_missing_file_raises_before_anything_is_sent(workspace: Workspace, client: Any) -> None:
    before = len(workspace.requests)
    with pytest.raises(SynthDataError, match=r"no-such.py is not there; nothing was sent"):
        run_on_serverless("no-such.py", client=client)
    assert len(workspace.requests) == before
