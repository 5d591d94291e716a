"""Names that enter paths, URLs and SQL: what is not safe everywhere is refused, and nothing hostile is ever removed."""

from __future__ import annotations

from typing import Any

import pytest
from strict_workspace import Workspace

from pytest_synthdata import Dataset, SynthDataError
from pytest_synthdata.databricks.client import WorkspaceError
from pytest_synthdata.databricks.names import VolumePath, is_safe
from pytest_synthdata.databricks.volumes import Files

HOSTILE = [
    "..", ".", "...", "", " ", "a/b", "a\\b", "a%2e%2e", "a'b", 'a"b', "a`b", "a;b", "a\nb", "a\x00b", "a\x7fb",
    "a\u202eb",  # turns what follows around
    "a\u200bb",  # cannot be seen
    "a\u2215b",  # looks like a slash
    "a\uff0fb",  # becomes a slash
    "\uff0e\uff0e",  # become dots
    "e\u0301",  # has another form
    "a*", "a?", "[a]", "{a}", "a:b", "a=b", "a|b", "<a>", "a ", " a", "a.", "x" * 256, "é" * 128, "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_are_refused_before_anything_is_sent(
    workspace: Workspace, client: Any, small: Dataset, name: str
) -> None:
    before = len(workspace.requests)
    for place in (lambda: VolumePath("main", "sales", name), lambda: VolumePath("main", "sales", "raw", ("ok", name))):
        with pytest.raises(SynthDataError, match="cannot be"):
            place()
    if name.strip("/ ") and "/" not in name:
        with pytest.raises(SynthDataError):
            small.to_volume(f"main.sales.raw/{name}/x", client=client)
    assert not is_safe(name)
    assert len(workspace.requests) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "raw",
        "main.sales",
        "main.sales.raw.more",
        "/Volumes/main/sales",
        "/Volumes",
        "s3://bucket/x",
        "/tmp/x",
        None,
        5,
    ],
)
def test_what_is_no_volume_says_what_to_write(text: Any) -> None:
    with pytest.raises(SynthDataError, match=r"catalog\.schema\.volume|cannot be"):
        VolumePath.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "main.sales.raw/a b/Ä",
        "main.sales.raw/a b/Ä/",
        "/Volumes/main/sales/raw/a b/Ä",
        "dbfs:/Volumes/main/sales/raw/a b/Ä/",
    ],
)
def test_both_ways_of_writing_a_place_mean_the_same(text: str) -> None:
    assert str(VolumePath.parse(text)) == "/Volumes/main/sales/raw/a b/Ä"
    assert VolumePath.parse(text).full_name == "main.sales.raw"


def test_names_with_signs_arrive_as_they_are(workspace: Workspace, client: Any, small: Dataset) -> None:
    workspace.catalogs.add("r&d#1")
    workspace.requests.clear()
    target = VolumePath("r&d#1", "a+b,c@d", "raw~(1)!$", ("my & your #1 + x",))
    saved = small.to_volume(str(target), client=client, create=True)
    assert f"GET /api/2.1/unity-catalog/volumes/{target.full_name}" in workspace.requests
    assert "r&d#1.a+b,c@d" in workspace.schemas
    assert target.full_name in workspace.volumes
    assert saved.path == f"/Volumes/{target.full_name.replace('.', '/')}/my & your #1 + x"
    assert f"{saved.tables['orders']}/_SUCCESS" in workspace.files
    assert small.to_volume(str(target), client=client).skipped == ("customers", "orders")


def test_a_refusal_lists_what_names_may_have() -> None:
    with pytest.raises(SynthDataError, match=r"holds EQUALS SIGN. Use letters, digits, spaces and _ - . # .* SQL give"):
        VolumePath.parse("main.sales.raw/a=b")
    with pytest.raises(
        SynthDataError, match=r"a schema cannot be 'a b': it holds SPACE. Use letters, digits and _ - #"
    ):
        VolumePath.parse("main.a b.raw")


def test_a_message_shows_no_control_characters() -> None:
    with pytest.raises(SynthDataError) as caught:
        VolumePath.parse("main.sales.raw/\x1b[31mred\n")
    assert str(caught.value).isprintable()


def test_a_volume_itself_is_never_removed(workspace: Workspace, client: Any) -> None:
    with pytest.raises(WorkspaceError, match="is a whole Volume; only folders in one are removed"):
        Files(client).remove_folder(VolumePath.parse("main.sales.raw"))
    assert not any(request.startswith("DELETE") for request in workspace.requests)


@pytest.mark.parametrize("name", ["..", "../../other", "x/../../y", "a\nb"])
def test_an_answer_cannot_lead_a_removal_elsewhere(
    workspace: Workspace, client: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    workspace.make_folder("/Volumes/main/sales/raw/run")
    listed = [{"path": f"/Volumes/main/sales/{name}", "name": name, "is_directory": True}]
    monkeypatch.setattr(workspace, "listed", lambda _: listed)
    with pytest.raises(WorkspaceError, match="which no upload of ours has written"):
        Files(client).remove_folder(VolumePath.parse("main.sales.raw/run"))
    assert not any(request.startswith("DELETE") for request in workspace.requests)


def test_removal_goes_by_names_below_the_folder_whatever_paths_are_told(
    workspace: Workspace, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.make_folder("/Volumes/main/sales/raw/run")
    workspace.files = {"/Volumes/main/sales/raw/run/a": b"ours", "/Volumes/main/sales/raw/theirs": b"theirs"}
    honest = workspace.listed
    lie = {"path": "/Volumes/main/sales/raw/theirs"}
    monkeypatch.setattr(workspace, "listed", lambda path: [{**item, **lie} for item in honest(path)])
    monkeypatch.setattr(workspace, "remove_folder", workspace.folders.discard)
    Files(client).remove_folder(VolumePath.parse("main.sales.raw/run"))
    assert workspace.files == {"/Volumes/main/sales/raw/theirs": b"theirs"}
