"""Answers that are not the API's, connections that are reset, pages without end: told in one line, and in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from strict_workspace import CLUSTER, TOKEN, Workspace

from pytest_synthdata import Dataset, SynthDataError
from pytest_synthdata.databricks.compute import execute_databricks_command
from pytest_synthdata.databricks.leftovers import sweep
from pytest_synthdata.databricks.names import VolumePath
from pytest_synthdata.databricks.upload import MANIFEST, MARKER_FILE
from pytest_synthdata.databricks.volumes import Files

ROOT = "/Volumes/main/sales/raw"
REQUESTS = {
    "put a part": r"PUT /api/2.0/fs/files/.*orders/part.*",
    "make a folder": r"PUT /api/2.0/fs/directories/.*",
    "list a folder": r"GET /api/2.0/fs/directories/.*",
    "ask for the Volume": r"GET /api/2.1/unity-catalog/volumes/.*",
}


@pytest.mark.parametrize("status", [413, 403, 400, 418, 502])
@pytest.mark.parametrize("request_", REQUESTS)
def test_a_gateways_page_is_told_as_what_it_is(
    workspace: Workspace, client: Any, small: Dataset, request_: str, status: int
) -> None:
    workspace.fail(REQUESTS[request_], f"page {status}", times=10_000)
    with pytest.raises(SynthDataError) as raised:
        small.to_volume("main.sales.raw/run", client=client)
    text = str(raised.value)
    assert f"HTTP {status}, text/html: 'Entity Too Large" in text
    assert TOKEN not in text
    assert "\n" not in text
    assert len(text) < 900


@pytest.mark.parametrize("request_", ["list a folder", "ask for the Volume"])
def test_a_page_that_says_all_is_well_is_told_too(
    workspace: Workspace, client: Any, small: Dataset, request_: str
) -> None:
    workspace.fail(REQUESTS[request_], "page 200", times=10_000)
    with pytest.raises(SynthDataError, match="HTTP 200, text/html: 'Entity Too Large"):
        small.to_volume("main.sales.raw/run", client=client)


@pytest.mark.parametrize("status", [200, 403, 413])
def test_a_page_instead_of_a_command_is_told(workspace: Workspace, client: Any, status: int) -> None:
    workspace.fail(r"POST /api/1.2/commands/execute", f"page {status}", times=10_000)
    with pytest.raises(SynthDataError, match=f"HTTP {status}, text/html: 'Entity Too Large"):
        execute_databricks_command(CLUSTER, code="1", client=client)


def test_a_passing_page_is_survived(workspace: Workspace, client: Any, small: Dataset) -> None:
    workspace.fail(REQUESTS["put a part"], "page 502")
    small.to_volume("main.sales.raw/run", client=client)
    assert workspace.injected == 1


@pytest.mark.parametrize("also", ["", "commands/cancel", "contexts/destroy"])
def test_the_limit_is_kept_when_status_connections_are_reset(
    workspace: Workspace, client_of: Callable[..., Any], also: str
) -> None:
    workspace.answers = [{"status": "Running"}] * 10_000
    workspace.fail(r"GET /api/1.2/commands/status.*", "drop before", times=10_000, skip=1)
    if also:
        workspace.fail(rf"POST /api/1.2/{also}", "drop before", times=10_000)
    client = client_of(workspace.url)
    begin = client.config.clock.now
    result = execute_databricks_command(CLUSTER, "python", "1", timeout=2, client=client)
    # The limit, at most 5 s each for cancelling and destroying and 10 s for waiting for the end, and after each of
    # these the pause that had begun (at most 11 s by the SDK).
    assert client.config.clock.now - begin < 60
    assert not result.success
    assert "took more than 2 s" in str(result.error)
    assert ("command-0" in workspace.cancelled) == (also != "commands/cancel")


def note(run: str) -> bytes:
    return json.dumps({"run": run, "created": "2020-01-01T00:00:00+00:00", "tables": ["orders"]}).encode()


@pytest.mark.parametrize(
    "broken",
    [b"\xff\xfe", b"[" * 100_000, b"", b"[]", b'{"form": 99, "tables": {}}', b'{"tables": null}', b"<html></html>"],
)
@pytest.mark.parametrize("file", [MARKER_FILE, MANIFEST])
def test_a_broken_note_or_manifest_does_not_stop_a_sweep(
    workspace: Workspace, client: Any, file: str, broken: bytes
) -> None:
    crashed = "synthdata-20200101T000000Z-0123abcd"
    files = {
        f"a/{MARKER_FILE}": note("a"),
        f"a/{MANIFEST}": json.dumps({"form": 1, "tables": {}}).encode(),
        "a/orders/part-0.parquet": b"x",
        f"{crashed}/{MARKER_FILE}": note(crashed),
        f"{crashed}/orders/part-0.parquet": b"x",
    }
    files[f"a/{file}"] = broken
    workspace.files = {f"{ROOT}/{name}": content for name, content in files.items()}
    workspace.folders = {
        f"{ROOT}/{'/'.join(name.split('/')[:depth])}" for name in files for depth in range(1, name.count("/") + 1)
    }
    removed = sweep("main.sales.raw", older_than=timedelta(days=1), client=client)
    assert f"{ROOT}/{crashed}" in removed
    assert f"{ROOT}/a/{file}" in workspace.files


def test_names_and_notes_that_no_run_of_ours_writes_are_passed_over(workspace: Workspace, client: Any) -> None:
    crashed = "synthdata-20200101T000000Z-0123abcd"
    odd = json.dumps({"run": "odd", "created": "2020-01-01T00:00:00+00:00", "tables": [None, 5, "../x"]}).encode()
    huge = b"{" + b" " * (17 << 20) + b"}"
    workspace.files = {
        f"{ROOT}/{crashed}/{MARKER_FILE}": note(crashed),
        f"{ROOT}/odd/{MARKER_FILE}": odd,
        f"{ROOT}/huge/{MARKER_FILE}": huge,
    }
    impossible = "synthdata-20209999T999999Z-0123abcd"
    workspace.folders = {f"{ROOT}/{name}" for name in (crashed, "odd", "huge", impossible)}
    assert sweep("main.sales.raw", older_than=timedelta(days=1), client=client) == [f"{ROOT}/{crashed}"]
    assert workspace.folders == {f"{ROOT}/{name}" for name in ("odd", "huge", impossible)}


@pytest.mark.parametrize("files", ["x", [5], [{"name": "a"}]])
def test_a_manifest_of_other_files_is_not_ours(
    workspace: Workspace, client: Any, small: Dataset, files: object
) -> None:
    entry = {"fingerprint": small.orders.fingerprint(), "format": "parquet", "files": files}
    manifest = json.dumps({"form": 1, "tables": {"orders": entry}}).encode()
    workspace.files, workspace.folders = {f"{ROOT}/run/{MANIFEST}": manifest}, {f"{ROOT}/run"}
    with pytest.raises(SynthDataError, match="is not a manifest of this version"):
        small.to_volume("main.sales.raw/run", client=client)


@pytest.fixture
def workspace_client(workspace: Workspace, client: Any) -> tuple[Workspace, Any]:
    return workspace, client


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("200 application/json [1,2]", r"HTTP 200, application/json: '\[1,2\]'"),
        ("200 text/plain hello", "HTTP 200, text/plain: 'hello'"),
        ("200 application/json {broken", "HTTP 200, application/json: '{broken'"),
        ('403 application/json {"message": null}', "HTTP 403, application/json"),
        ('403 application/json {"message": {"a": 1}}', "HTTP 403, application/json"),
    ],
)
@pytest.mark.parametrize("request_", ["put a part", "list a folder", "ask for the Volume"])
def test_answers_of_other_forms_are_told(
    workspace_client: tuple[Workspace, Any], small: Dataset, request_: str, answer: str, message: str
) -> None:
    workspace, client = workspace_client
    workspace.fail(REQUESTS[request_], f"answer {answer}", times=10_000)
    with pytest.raises(SynthDataError, match=message) as raised:
        small.to_volume("main.sales.raw/run", client=client)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("items", ["[5]", "[null]", '[{"no": 1}]', '[{"name": "a", "file_size": "big"}]'])
def test_a_list_of_something_else_is_told(workspace: Workspace, client: Any, small: Dataset, items: str) -> None:
    workspace.fail(REQUESTS["list a folder"], f'answer 200 application/json {{"contents": {items}}}', times=10_000)
    with pytest.raises(SynthDataError, match="an answer that is not a list of files"):
        small.to_volume("main.sales.raw/run", client=client)


@pytest.mark.parametrize("answer", ["{}", '{"status": null}', '{"status": "Weird"}'])
@pytest.mark.parametrize("asked", ["commands", "contexts"])
def test_states_that_nobody_knows_are_waited_out(workspace: Workspace, client: Any, asked: str, answer: str) -> None:
    workspace.answers = [{"status": "Running"}] * 1_000
    workspace.fail(rf"GET /api/1.2/{asked}/status.*", f"answer 200 application/json {answer}", times=10_000)
    if asked == "contexts":
        with pytest.raises(SynthDataError, match="is not ready: Pending"):
            execute_databricks_command(CLUSTER, "python", "1", timeout=2, client=client)
    else:
        result = execute_databricks_command(CLUSTER, "python", "1", timeout=2, client=client)
        assert "took more than 2 s" in str(result.error)


def test_an_answer_without_an_id_is_told(workspace: Workspace, client: Any) -> None:
    workspace.fail(r"POST /api/1.2/contexts/create", "answer 200 application/json {}", times=10_000)
    with pytest.raises(SynthDataError, match="the answer has no 'id'"):
        execute_databricks_command(CLUSTER, "python", "1", client=client)


def _pages(items: Callable[[int], list[Any]], tokens: Callable[[int], Any]) -> Callable[..., Any]:
    numbers = iter(range(10**9))
    return lambda *_, **__: {"contents": items(number := next(numbers)), "next_page_token": tokens(number)}


@pytest.mark.parametrize(
    ("items", "tokens"),
    [
        (lambda _: [], lambda _: "again"),
        (lambda _: [{"name": "a"}], lambda _: "again"),
        (lambda _: [{"name": "a"}], str),
        (lambda number: [{"name": str(number)}], lambda _: {"a": 1}),
        (lambda number: [{"name": f"{number}-{one}"} for one in range(500)], str),
    ],
)
def test_pages_without_end_are_given_up(
    client: Any, monkeypatch: pytest.MonkeyPatch, items: Callable[[int], list[Any]], tokens: Callable[[int], Any]
) -> None:
    monkeypatch.setattr("pytest_synthdata.databricks.volumes._MOST_ENTRIES", 10_000)
    monkeypatch.setattr(client.api_client, "do", _pages(items, tokens))
    with pytest.raises(SynthDataError, match="repeats its pages without end"):
        Files(client).entries(VolumePath.parse("main.sales.raw/run"))
