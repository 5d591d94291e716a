"""Whatever goes wrong on the way: all tables whole and identical, or an error and nothing that looks whole."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
from strict_workspace import Workspace

from pytest_synthdata import Dataset, SynthDataError
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.databricks.upload import MANIFEST, MARKER_FILE
from pytest_synthdata.factories import CustomerFactory, OrderFactory

RUN = "/Volumes/main/sales/raw/run"
PART = r"/api/2.0/fs/files/.*orders/part.*"
REQUESTS = {
    "ask for the Volume": r"GET /api/2.1/unity-catalog/volumes/.*",
    "make the folder": r"PUT /api/2.0/fs/directories/.*/orders",
    "put the note": rf"PUT /api/2.0/fs/files/.*{MARKER_FILE}",
    "put a part": rf"PUT {PART}",
    "ask for its size": rf"HEAD {PART}",
    "read it back": rf"GET {PART}",
    "list the folder": r"GET /api/2.0/fs/directories/.*",
    "read the manifest": rf"GET /api/2.0/fs/files/.*{MANIFEST}",
    "put the manifest": rf"PUT /api/2.0/fs/files/.*{MANIFEST}",
    "remove the note": rf"DELETE /api/2.0/fs/files/.*{MARKER_FILE}",
}
MULTIPART = {
    "begin": rf"POST {PART}initiate-upload",
    "ask for a URL": r"POST /api/2.0/fs/create-upload-part-urls",
    "put a part": r"PUT /_storage/.*",
    "complete": rf"POST {PART}complete-upload",
}
KINDS = [429, 500, 503, 504, "drop before", "drop after"]
STORED_WRONGLY = [
    ("put a part", "empty"),
    ("put a part", "flip"),
    ("ask for its size", "lie"),
    ("put the manifest", "empty"),
]


DATA = Dataset({CustomerFactory: 5, OrderFactory: 20}, seed=7)
EXPECTED = DATA.fingerprints()


def readable(workspace: Workspace) -> dict[str, str] | None:
    """The fingerprints of what a reader finds who goes by the manifest; None where it finds no dataset."""
    manifest = workspace.files.get(f"{RUN}/{MANIFEST}")
    if not manifest:
        return None
    return {name: read(workspace, name, table["files"]) for name, table in json.loads(manifest)["tables"].items()}


def read(workspace: Workspace, table: str, files: list[dict[str, Any]]) -> str:
    contents = [workspace.files[f"{RUN}/{table}/{file['name']}"] for file in files if file["name"].startswith("part-")]
    return fingerprint(
        batch for content in contents for batch in pq.read_table(io.BytesIO(content)).combine_chunks().to_batches()
    )


def survives(workspace: Workspace, client: Any) -> bool:
    """Whether an upload survives. It must never be half there, and the next one must complete it."""
    try:
        DATA.to_volume(RUN, client=client)
    except SynthDataError as error:
        said = str(error)
        # The last step, after the manifest, only tidies up: the data is whole then, and said to be.
        assert readable(workspace) in (None, EXPECTED)
    else:
        said = ""
        assert readable(workspace) == EXPECTED
    workspace.faults.clear()
    DATA.to_volume(RUN, client=client)
    assert readable(workspace) == EXPECTED
    assert f"{RUN}/{MARKER_FILE}" not in workspace.files
    assert not said or "main.sales.raw" in said or RUN in said
    return not said


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pattern", REQUESTS.values(), ids=REQUESTS)
def test_a_passing_fault_is_survived(workspace: Workspace, client: Any, pattern: str, kind: int | str) -> None:
    workspace.fail(pattern, kind)
    assert survives(workspace, client)
    assert workspace.injected == 1


@pytest.mark.parametrize("kind", [429, 502, "drop before"])
@pytest.mark.parametrize("pattern", REQUESTS.values(), ids=REQUESTS)
def test_a_lasting_fault_fails_cleanly(workspace: Workspace, client: Any, pattern: str, kind: int | str) -> None:
    workspace.fail(pattern, kind, times=10_000)
    assert not survives(workspace, client)
    assert workspace.injected > 1


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (404, r"\(HTTP 404, \w+\); check the name; it may have been renamed"),
        (500, r"\(HTTP 500, \w+\); the workspace failed, several times; run the same again"),
        ("drop before", "; check DATABRICKS_HOST, or the host of the profile, and whether a proxy or VPN is missing$"),
    ],
)
def test_a_lasting_fault_comes_with_advice(workspace: Workspace, client: Any, kind: int | str, message: str) -> None:
    workspace.fail(REQUESTS["put a part"], kind, times=10_000)
    with pytest.raises(SynthDataError, match=rf"uploading {RUN}/orders/part-\S+: .*{message}"):
        DATA.to_volume(RUN, client=client)


@pytest.mark.parametrize(("request_", "kind"), STORED_WRONGLY)
def test_wrong_storage_is_noticed(workspace: Workspace, client: Any, request_: str, kind: str) -> None:
    workspace.fail(REQUESTS[request_], kind)
    assert survives(workspace, client)


@pytest.mark.parametrize(("request_", "kind"), STORED_WRONGLY)
def test_lasting_wrong_storage_fails_cleanly(workspace: Workspace, client: Any, request_: str, kind: str) -> None:
    workspace.fail(REQUESTS[request_], kind, times=10_000)
    with pytest.raises(SynthDataError, match=r"(stored of|checksum mismatch)"):
        DATA.to_volume(RUN, client=client)
    assert readable(workspace) is None


@pytest.mark.parametrize("kind", [500, 503, "drop before", "drop after", "flip"])
@pytest.mark.parametrize("pattern", MULTIPART.values(), ids=MULTIPART)
def test_multipart_uploads_survive_too(
    workspace: Workspace, client_of: Callable[..., Any], pattern: str, kind: int | str
) -> None:
    workspace.fail(pattern, kind)
    assert survives(workspace, client_of(workspace.url, multipart_from=1_000))
    assert workspace.injected == 1
    assert workspace.parts_seen > 0


@pytest.mark.parametrize("request_", ["put a part", "read it back", "put the manifest"])
def test_a_stalled_request_is_given_up_and_sent_again(
    workspace: Workspace, client_of: Callable[..., Any], request_: str
) -> None:
    workspace.fail(REQUESTS[request_], "stall")
    assert survives(workspace, client_of(workspace.url, http_timeout_seconds=1))
