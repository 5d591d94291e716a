"""Tables in a Volume: whole and identical, noted while they are written, never in the way of what is there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from strict_server import SIGNATURE
from strict_workspace import TOKEN, Workspace

from pytest_synthdata import Constant, Dataset, ForeignKey, SynthDataError, TableFactory
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.databricks.names import VolumePath
from pytest_synthdata.databricks.upload import MANIFEST, MARKER_FILE
from pytest_synthdata.databricks.volumes import Files
from pytest_synthdata.factories import CustomerFactory, OrderFactory

HOME = "/Volumes/main/sales/raw"
RUN = f"{HOME}/run"


def stored_fingerprint(workspace: Workspace, folder: str, place: Path) -> str:
    """Of a table's Parquet files, downloaded and read."""
    for name, content in workspace.below(folder).items():
        target = place / folder.lstrip("/") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    table = ds.dataset(place / folder.lstrip("/")).to_table()
    return fingerprint(table.combine_chunks().to_batches())


def test_what_is_stored_is_what_was_made(workspace: Workspace, client: Any, small: Dataset, tmp_path: Path) -> None:
    saved = small.to_volume("main.sales.raw/run", client=client)
    assert saved.path == RUN
    assert saved.tables == {"customers": f"{RUN}/customers", "orders": f"{RUN}/orders"}
    assert saved.skipped == ()
    for table in small:
        assert stored_fingerprint(workspace, f"{RUN}/{table.name}", tmp_path) == table.fingerprint()


def test_some_rows_are_stored_as_they_are_in_the_whole(
    workspace: Workspace, client: Any, small: Dataset, tmp_path: Path
) -> None:
    taken = small.take(orders=[3, 17, 60])
    taken.to_volume(RUN, client=client)
    for table in taken:
        assert stored_fingerprint(workspace, f"{RUN}/{table.name}", tmp_path) == table.fingerprint()
    manifest = json.loads(workspace.files[f"{RUN}/{MANIFEST}"])
    assert manifest["tables"]["orders"]["rows"] == 3
    assert taken.to_volume(RUN, client=client).skipped == ("customers", "orders")
    with pytest.raises(SynthDataError, match="overwrite=True"):  # the whole tables are other data
        small.to_volume(RUN, client=client)


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_other_formats(workspace: Workspace, client: Any, small: Dataset, tmp_path: Path, format_: str) -> None:
    small.to_volume(RUN, client=client, format=format_)
    stored = workspace.below(f"{RUN}/orders")
    assert set(stored) == {"_SUCCESS", f"part-00000.{format_}"}
    (tmp_path / f"orders.{format_}").write_bytes(stored[f"part-00000.{format_}"])
    rows = ds.dataset(tmp_path / f"orders.{format_}", format=format_).to_table()
    assert rows["order_id"].to_pylist() == small.orders.to_arrow()["order_id"].to_pylist()
    assert set(small.to_volume(RUN, client=client, format=format_).skipped) == {"customers", "orders"}
    with pytest.raises(SynthDataError, match=rf"customers holds the table as {format_}: overwrite=True"):
        small.to_volume(RUN, client=client)


def test_an_unknown_format(client: Any, small: Dataset) -> None:
    with pytest.raises(SynthDataError, match="did you mean 'parquet'"):
        small.to_volume(RUN, client=client, format="parket")


def test_nothing_is_stored_if_one_table_does_not_fit_the_format(workspace: Workspace, client: Any) -> None:
    class BasketFactory(TableFactory):
        customer = ForeignKey(CustomerFactory)
        items = Constant(["a", "b"])

    with pytest.raises(SynthDataError, match=r"baskets\.items: CSV cannot hold list"):
        Dataset({CustomerFactory: 5, BasketFactory: 5}).to_volume(RUN, client=client, format="csv")
    assert workspace.below(RUN) == {}


def test_the_manifest_says_what_is_there(workspace: Workspace, client: Any, small: Dataset) -> None:
    small.to_volume(RUN, client=client)
    manifest = json.loads(workspace.files[f"{RUN}/{MANIFEST}"])
    assert manifest["seed"] == 7
    assert {"pytest-synthdata", "numpy", "pyarrow"} <= set(manifest["versions"])
    orders = manifest["tables"]["orders"]
    assert orders["rows"] == 100
    assert orders["fingerprint"] == small.orders.fingerprint()
    assert orders["schema"]["amount"] == "double"
    assert orders["parents"] == ["customers"]
    sizes = {name: len(data) for name, data in workspace.below(f"{RUN}/orders").items()}
    assert {file["name"]: file["size"] for file in orders["files"]} == sizes


def test_parents_come_before_children_and_the_manifest_last(workspace: Workspace, client: Any, small: Dataset) -> None:
    small.to_volume(RUN, client=client)
    put = [
        request.rpartition(f"{RUN}/")[2]
        for request in workspace.requests
        if request.startswith("PUT /api/2.0/fs/files")
    ]
    assert put == [
        MARKER_FILE,
        "customers/part-00000.zstd.parquet",
        "customers/_SUCCESS",
        "orders/part-00000.zstd.parquet",
        "orders/_SUCCESS",
        MANIFEST,
    ]
    assert f"{RUN}/{MARKER_FILE}" not in workspace.files


def test_the_same_data_is_not_sent_again(workspace: Workspace, client: Any, small: Dataset) -> None:
    small.to_volume(RUN, client=client)
    before = len(workspace.requests)
    saved = small.to_volume(RUN, client=client)
    assert saved.skipped == ("customers", "orders")
    assert not any(request.startswith("PUT") for request in workspace.requests[before:])


def test_a_damaged_table_is_not_taken_for_whole(
    workspace: Workspace, client: Any, small: Dataset, tmp_path: Path
) -> None:
    small.to_volume(RUN, client=client)
    workspace.files[f"{RUN}/orders/part-00000.zstd.parquet"] = b""
    assert small.to_volume(RUN, client=client).skipped == ("customers",)
    assert stored_fingerprint(workspace, f"{RUN}/orders", tmp_path) == small.orders.fingerprint()


def test_other_data_is_replaced_only_if_that_is_allowed(
    workspace: Workspace, client: Any, small: Dataset, tmp_path: Path
) -> None:
    small.to_volume(RUN, client=client)
    other = Dataset({CustomerFactory: 20, OrderFactory: 100}, seed=8)
    before = dict(workspace.files)
    with pytest.raises(SynthDataError, match=r"run/customers holds a table of other data: overwrite=True"):
        other.to_volume(RUN, client=client)
    assert workspace.files == before
    other.to_volume(RUN, client=client, overwrite=True)
    assert stored_fingerprint(workspace, f"{RUN}/orders", tmp_path) == other.orders.fingerprint()


def test_what_is_not_ours_is_never_replaced(workspace: Workspace, client: Any, small: Dataset) -> None:
    workspace.folders |= {RUN, f"{RUN}/orders"}
    workspace.files[f"{RUN}/orders/thesis.docx"] = b"years of work"
    with pytest.raises(SynthDataError, match="is not empty, and no upload of ours is noted there"):
        small.to_volume(RUN, client=client)
    with pytest.raises(SynthDataError, match=r"holds 'thesis.docx', which is not part of a table"):
        small.to_volume(RUN, client=client, overwrite=True)
    assert workspace.files[f"{RUN}/orders/thesis.docx"] == b"years of work"
    assert f"{RUN}/{MANIFEST}" not in workspace.files


@pytest.mark.parametrize("folder", ["with space", "no.1 #éÜ+&,@", "Straße", "データ"])
def test_unusual_names_arrive_as_they_are(workspace: Workspace, client: Any, small: Dataset, folder: str) -> None:
    small.to_volume(f"main.sales.raw/{folder}", client=client)
    assert f"{HOME}/{folder}/orders/part-00000.zstd.parquet" in workspace.files
    assert small.to_volume(f"{HOME}/{folder}", client=client).skipped == ("customers", "orders")


@pytest.mark.parametrize("size", [0, 1, 49 << 20, 51 << 20], ids=["0 B", "1 B", "49 MiB", "51 MiB"])
def test_files_of_all_sizes(workspace: Workspace, client: Any, tmp_path: Path, size: int) -> None:
    source = tmp_path / "file.bin"
    source.write_bytes(b"\xa5" * max(size - 1, 0) + b"!" * min(size, 1))
    told: list[int] = []
    stored = Files(client).put(source, VolumePath.parse(HOME), told.append)
    assert workspace.files[f"{HOME}/file.bin"] == source.read_bytes()
    assert (stored.size, sum(told)) == (size, size)
    assert (workspace.parts_seen > 0) == (size > 50 << 20)


def test_at_most_five_files_are_sent_at_once(workspace: Workspace, client: Any, tmp_path: Path) -> None:
    sources = [tmp_path / f"part-{number}" for number in range(40)]
    for source in sources:
        source.write_bytes(b"x" * 1000)
    workspace.fail(r"PUT /api/2.0/fs/files.*", "gather", times=5)
    stored = Files(client).put_all(sources, VolumePath.parse(HOME), lambda _: None)
    assert [one.name for one in stored] == [source.name for source in sources]
    assert workspace.most_in_flight == 5


def test_two_at_once_leave_one_whole_dataset(
    workspace: Workspace, client_of: Callable[..., Any], small: Dataset, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(small.to_volume, RUN, client=client_of(workspace.url)) for _ in range(2)]
    outcomes = [run.exception() for run in runs]
    assert all(error is None or isinstance(error, SynthDataError) for error in outcomes)
    small.to_volume(RUN, client=client_of(workspace.url))
    for table in small:
        assert stored_fingerprint(workspace, f"{RUN}/{table.name}", tmp_path) == table.fingerprint()


KILLED = """
import sys
from pytest_synthdata import Dataset
from pytest_synthdata.factories import CustomerFactory, OrderFactory
Dataset({CustomerFactory: 20, OrderFactory: 100}, seed=7).to_volume(sys.argv[1])
"""


def test_a_killed_upload_looks_like_nothing_and_the_next_one_completes_it(
    logged_in: Workspace, client: Any, small: Dataset, tmp_path: Path
) -> None:
    logged_in.fail(r"PUT .*orders/part", "stall")
    with subprocess.Popen([sys.executable, "-c", KILLED, RUN]) as process:
        logged_in.wait_for(r"PUT .*orders/part")
        process.send_signal(signal.SIGKILL)
    logged_in.stalled.set()
    assert f"{RUN}/customers/part-00000.zstd.parquet" in logged_in.files
    assert f"{RUN}/{MARKER_FILE}" in logged_in.files
    assert f"{RUN}/{MANIFEST}" not in logged_in.files
    small.to_volume(RUN, client=client)
    assert f"{RUN}/{MARKER_FILE}" not in logged_in.files
    for table in small:
        assert stored_fingerprint(logged_in, f"{RUN}/{table.name}", tmp_path) == table.fingerprint()


def test_secrets_are_never_shown(
    workspace: Workspace,
    client: Any,
    small: Dataset,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    workspace.fail("PUT .*orders.*", 500, times=99)
    with pytest.raises(SynthDataError) as caught:
        small.to_volume(RUN, client=client)
    workspace.faults.clear()
    saved = small.to_volume(RUN, client=client)
    written = b"".join(workspace.files.values()).decode("latin-1")
    shown = "".join([*capfd.readouterr(), caplog.text, str(caught.value), repr(caught.value), repr(saved), written])
    assert TOKEN not in shown
    assert SIGNATURE not in shown
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_message_that_quotes_the_token_is_scrubbed(workspace: Workspace, client: Any, small: Dataset) -> None:
    workspace.denied = "PUT /api/2.0/fs/directories"
    workspace.denial = f"the token {TOKEN} has no right"
    with pytest.raises(SynthDataError, match=r"the token \*\*\* has no right.*WRITE VOLUME"):
        small.to_volume(RUN, client=client)
