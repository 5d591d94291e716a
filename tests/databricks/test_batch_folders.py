"""Batches in a Volume, a folder for each: whole or absent, once, and the same whoever ends the run half-way."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from strict_workspace import Workspace

from pytest_synthdata import AddedColumn, Categorical, Dataset, History, Key, SynthDataError, TableFactory
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.databricks.upload import MANIFEST, MARKER_FILE
from pytest_synthdata.factories import TicketFactory

HOME = "/Volumes/main/sales/raw"
LANDING = f"{HOME}/landing"


class PlanFactory(TableFactory):
    class Meta:
        table = "plans"
        history = History("2024-01-01", "2024-01-06", updates={"tier": 60}, deletes=10)

    plan_id = Key("P-{:03d}")
    tier = Categorical({"Free": 0.7, "Pro": 0.3})


@pytest.fixture
def plans() -> Any:
    return Dataset({PlanFactory: 30}).plans


def manifest(workspace: Workspace, table: str = "plans") -> Any:
    return json.loads(workspace.files[f"{LANDING}/{table}/{MANIFEST}"])["tables"]


def stored(workspace: Workspace, folder: str, place: Path) -> str:
    """The fingerprint of the Parquet files in a folder, read as they were sent."""
    for name, content in workspace.below(folder).items():
        if not name.rpartition("/")[2].startswith("_"):
            target = place / folder.lstrip("/") / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    rows = ds.dataset(place / folder.lstrip("/"), exclude_invalid_files=False).to_table()
    return fingerprint(rows.combine_chunks().to_batches())


def test_a_feed_has_a_folder_for_each_batch(workspace: Workspace, client: Any, plans: Any, tmp_path: Path) -> None:
    feed = plans.changes(format="autocdc")
    folders = list(feed.volume_batches("main.sales.raw/landing", client=client))
    assert folders == [f"{LANDING}/plans/2024-01-{day:02d}" for day in range(1, 7)]
    assert set(workspace.below(folders[2])) == {"part-00000.zstd.parquet", "_SUCCESS"}
    for folder, batch in zip(folders, feed.in_batches("day"), strict=True):
        assert stored(workspace, folder, tmp_path) == batch.fingerprint()
    assert stored(workspace, f"{LANDING}/plans", tmp_path) == feed.fingerprint()
    assert list(manifest(workspace)) == [folder.rpartition("/")[2] for folder in folders]
    assert f"{LANDING}/plans/{MARKER_FILE}" not in workspace.files


def test_snapshots_are_there_before_their_batches(
    workspace: Workspace, client: Any, plans: Any, tmp_path: Path
) -> None:
    feed = plans.changes(format="debezium")
    coming = feed.volume_batches(LANDING, "day", client=client, snapshots=True)
    assert next(coming) == f"{LANDING}/plans/2024-01-01"
    put = [request for request in workspace.requests if request.startswith("PUT") and "/part-" in request]
    assert [request.split("/")[-3] for request in put] == ["plans_at", "plans"]
    list(coming)
    for day in range(1, 7):
        assert (
            stored(workspace, f"{LANDING}/plans_at/2024-01-{day:02d}", tmp_path)
            == plans.at(f"2024-01-{day:02d}").fingerprint()
        )
    list(feed.volume_batches(f"{HOME}/weeks", "week", client=client, snapshots=True))  # one that ends after the history
    assert stored(workspace, f"{HOME}/weeks/plans_at/2024-01-01", tmp_path) == plans.at("2024-01-06").fingerprint()


def test_folders_have_the_schema_of_their_day(workspace: Workspace, client: Any, tmp_path: Path) -> None:
    drifting = Dataset({PlanFactory: 30}, defects={PlanFactory: [AddedColumn("note", since="2024-01-04")]}).plans
    feed = drifting.changes(format="autocdc")
    folders = list(feed.volume_batches(LANDING, "day", client=client, snapshots=True))
    for folder, batch in zip(folders, feed.in_batches("day"), strict=True):
        assert ("note" in batch.schema.names) == (folder[-10:] >= "2024-01-04")
        assert stored(workspace, folder, tmp_path) == batch.fingerprint()
        at = folder.replace("/plans/", "/plans_at/")
        assert stored(workspace, at, tmp_path) == drifting.at(folder[-10:]).fingerprint()


def test_tables_in_the_order_of_time_have_batches_too(workspace: Workspace, client: Any, tmp_path: Path) -> None:
    tickets = Dataset({TicketFactory: 600}).tickets
    folders = list(tickets.volume_batches(LANDING, "month", client=client, stop="2024-04-01"))
    assert folders[2] == f"{LANDING}/tickets/2024-03-01"
    assert stored(workspace, f"{LANDING}/tickets", tmp_path) == tickets.between(stop="2024-04-01").fingerprint()
    list(tickets.volume_batches(f"{HOME}/rows", 250, "csv", client=client))
    assert f"{HOME}/rows/tickets/batch-000002-250-rows/part-00000.csv" in workspace.files
    with pytest.raises(SynthDataError, match="snapshots need periods"):
        Dataset({PlanFactory: 3}).plans.changes().volume_batches(LANDING, 250, client=client, snapshots=True)
    with pytest.raises(SynthDataError, match="tickets: it has no history"):
        tickets.volume_batches(LANDING, client=client, snapshots=True)


def test_nights_are_added_and_nothing_is_sent_twice(
    workspace: Workspace, client: Any, plans: Any, tmp_path: Path
) -> None:
    feed = plans.changes(format="autocdc")
    for stop in ("2024-01-03", "2024-01-04", None):
        before = len(workspace.requests)
        new = list(feed.volume_batches(LANDING, client=client, stop=stop))
        sent = [request for request in workspace.requests[before:] if "PUT" in request and "/part-" in request]
        assert len(sent) == len(new) == {"2024-01-03": 2, "2024-01-04": 1, None: 3}[stop]
    before = len(workspace.requests)
    assert list(feed.volume_batches(LANDING, client=client)) == []
    assert not any(request.startswith(("PUT", "DELETE")) for request in workspace.requests[before:])
    assert stored(workspace, f"{LANDING}/plans", tmp_path) == feed.fingerprint()


def test_who_stops_asking_leaves_whole_batches_and_no_note(workspace: Workspace, client: Any, plans: Any) -> None:
    coming = plans.changes().volume_batches(LANDING, client=client)
    assert len(list(itertools.islice(coming, 2))) == 2
    assert f"{LANDING}/plans/{MARKER_FILE}" in workspace.files
    del coming
    assert set(manifest(workspace)) == {"2024-01-01", "2024-01-02"}
    assert f"{LANDING}/plans/{MARKER_FILE}" not in workspace.files


@pytest.mark.parametrize("request_", ["PUT .*/2024-01-03/part-", "PUT .*/2024-01-03/_SUCCESS"])
def test_a_batch_that_fails_is_absent_and_comes_with_the_next_run(
    workspace: Workspace, client: Any, plans: Any, tmp_path: Path, request_: str
) -> None:
    feed = plans.changes(format="autocdc")
    workspace.denied = request_
    with pytest.raises(SynthDataError, match="WRITE VOLUME"):
        list(feed.volume_batches(LANDING, client=client))
    assert set(manifest(workspace)) == {"2024-01-01", "2024-01-02"}
    assert not workspace.below(f"{LANDING}/plans/2024-01-03")
    workspace.denied = None
    assert len(list(feed.volume_batches(LANDING, client=client))) == 4
    assert stored(workspace, f"{LANDING}/plans", tmp_path) == feed.fingerprint()
    assert f"{LANDING}/plans/{MARKER_FILE}" not in workspace.files


def test_what_a_kill_leaves_is_replaced_or_swept(workspace: Workspace, client: Any, plans: Any, tmp_path: Path) -> None:
    from datetime import timedelta

    from pytest_synthdata.databricks import sweep

    feed = plans.changes(format="autocdc")
    list(feed.volume_batches(LANDING, client=client, stop="2024-01-03"))
    part = "2024-01-03/part-00000.zstd.parquet"

    def killed() -> None:
        workspace.folders.add(f"{LANDING}/plans/2024-01-03")
        workspace.files[f"{LANDING}/plans/{part}"] = b"PAR1"
        note = {"run": "x", "created": "2024-01-01T00:00:00+00:00", "tables": {"2024-01-03": ""}}
        workspace.files[f"{LANDING}/plans/{MARKER_FILE}"] = json.dumps(note).encode()

    killed()
    assert sweep(LANDING, older_than=timedelta(hours=1), client=client) == [f"{LANDING}/plans"]
    assert not workspace.below(f"{LANDING}/plans/2024-01-03")
    assert set(manifest(workspace)) == {"2024-01-01", "2024-01-02"}
    killed()
    list(feed.volume_batches(LANDING, client=client, start="2024-01-05"))  # others do not hide it
    assert "2024-01-03" in json.loads(workspace.files[f"{LANDING}/plans/{MARKER_FILE}"])["tables"]
    list(feed.volume_batches(LANDING, client=client))
    assert stored(workspace, f"{LANDING}/plans", tmp_path) == feed.fingerprint()
    assert f"{LANDING}/plans/{MARKER_FILE}" not in workspace.files


def test_batches_of_other_data_are_not_mixed(workspace: Workspace, client: Any, plans: Any, tmp_path: Path) -> None:
    feed = plans.changes(format="autocdc")
    list(feed.volume_batches(LANDING, client=client, stop="2024-01-03"))
    before = dict(workspace.files)

    def refused(table: Any, by: str = "day", **more: Any) -> str:
        with pytest.raises(SynthDataError) as error:
            list(table.volume_batches(LANDING, by, client=client, **more))
        assert workspace.files == before
        return str(error.value)

    other = Dataset({PlanFactory: 30}, seed=7).plans.changes(format="autocdc")
    assert "holds plans_changes: seed 42, 30 rows, by day; this run asks for plans_changes: seed 7" in refused(other)
    assert "by day; this run asks for plans_changes: seed 42, 30 rows, by hour" in refused(feed, "hour")
    assert "plans/2024-01-01 holds other data" in refused(plans.changes(format="debezium"))
    assert "plans/2024-01-01 holds other data, or another format" in refused(feed, format="json")
    assert "rows of 2024-01-02T120000 would come twice" in refused(feed, start="2024-01-02T12:00")
    assert "no format 'parket'" in refused(feed, format="parket")
    with pytest.raises(SynthDataError, match="landing/plans holds '2024-01-01', which is not part of a table"):
        Dataset({PlanFactory: 30}).to_volume(LANDING, client=client, overwrite=True)
    list(other.volume_batches(LANDING, client=client, overwrite=True))
    assert stored(workspace, f"{LANDING}/plans", tmp_path) == other.fingerprint()
    workspace.files[f"{LANDING}/plans/theirs.txt"] = b""
    with pytest.raises(SynthDataError, match=r"holds 'theirs\.txt', which is not one of these batches"):
        list(other.volume_batches(LANDING, client=client, overwrite=True))


def test_names_are_checked(client: Any, client_of: Callable[..., Any]) -> None:
    class OddFactory(TableFactory):
        class Meta:
            table = "odd*x"
            history = History("2024-01-01", "2024-01-06", updates={"tier": 60})

        tier = Categorical(["a", "b"])

    with pytest.raises(SynthDataError, match="it holds ASTERISK"):
        next(Dataset({OddFactory: 3})["odd*x"].changes().volume_batches(LANDING, client=client))
    with pytest.raises(SynthDataError, match="leads to another folder"):
        next(Dataset({PlanFactory: 3}).plans.changes().volume_batches(f"{HOME}/..", client=client))
