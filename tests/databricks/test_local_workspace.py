"""Against a workspace that somebody else wrote: minilake's Files API, Unity Catalog and Jobs, over real HTTP."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from pytest_synthdata import Dataset, SynthDataError
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.databricks import run_on_serverless, sweep
from pytest_synthdata.databricks.catalog.tables import described_tables
from pytest_synthdata.databricks.upload import MANIFEST
from pytest_synthdata.sources.statistics.extents import ColumnStatistics

pytestmark = pytest.mark.skipif(importlib.util.find_spec("minilake") is None, reason="minilake needs Python 3.11")

HOME = "/Volumes/lake/sales/raw"
SECONDS_TO_START = 60


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a local workspace with a catalog."""
    folder = tmp_path_factory.mktemp("lake")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"MINILAKE_DATA_DIR": str(folder), "MINILAKE_NOTEBOOK": "0", "MINILAKE_JOB_EXECUTOR": "subprocess"}
    command = [str(Path(sys.executable).with_name("minilake")), "--port", str(port)]
    log = (folder / "log").open("wb")
    with log, subprocess.Popen(command, cwd=folder, env={**os.environ, **settings}, stdout=log, stderr=log) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/_minilake/health", process)
            yield url
        finally:
            process.terminate()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, OSError):  # noqa: PERF203 - it is waited for
            time.sleep(0.1)
    pytest.fail("minilake did not start")


@pytest.fixture(scope="module")
def catalog(lake: str) -> str:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.core import Config

    WorkspaceClient(config=Config(host=lake, token="any-token")).catalogs.create("lake")
    return lake


@pytest.fixture
def client(catalog: str, client_of: Callable[..., Any]) -> Any:
    return client_of(catalog)


def test_up_down_and_read_by_spark(client: Any, small: Dataset, synth_spark: Any, tmp_path: Path) -> None:
    with pytest.raises(SynthDataError, match=r"there is no schema lake.sales: create it, or allow it to be created"):
        small.to_volume(f"{HOME}/Run 1 #é", client=client)
    saved = small.to_volume(f"{HOME}/Run 1 #é", client=client, create=True)
    assert small.to_volume(f"{HOME}/Run 1 #é", client=client).skipped == ("customers", "orders")
    for table in small:
        folder = tmp_path / table.name
        folder.mkdir()
        for entry in client.files.list_directory_contents(saved.tables[table.name]):
            with client.files.download(entry.path).contents as content:
                (folder / entry.name).write_bytes(content.read())
        frame = synth_spark.read.parquet(str(folder))
        assert frame.count() == table.num_rows
        assert fingerprint(frame.toArrow().to_batches()) == table.fingerprint()


def test_a_run_of_tests_leaves_nothing(
    client: Any, catalog: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", catalog)
    monkeypatch.setenv("DATABRICKS_TOKEN", "any-token")
    pytester.makepyfile("""
        def test_path(synth):
            from databricks.sdk import WorkspaceClient

            path = synth.volume_path("orders")
            assert {entry.name for entry in WorkspaceClient().files.list_directory_contents(path)} > {"_SUCCESS"}
    """)
    result = pytester.runpytest_inprocess("--synth-upload=lake.ci.raw", "--synth-create", "--synth-scale=0.01")
    result.assert_outcomes(passed=1)
    assert list(client.files.list_directory_contents("/Volumes/lake/ci/raw")) == []
    result = pytester.runpytest_inprocess("--synth-upload=lake.ci.raw", "--synth-keep", "--synth-scale=0.01")
    kept = re.search(r"tables are kept in (\S+)", result.stdout.str())
    assert kept is not None
    assert client.files.get_metadata(f"{kept[1]}/{MANIFEST}").content_length


def test_sweep_finds_nothing_in_what_was_kept(client: Any, small: Dataset) -> None:
    from datetime import timedelta

    small.to_volume("lake.swept.raw/kept", client=client, create=True)
    assert sweep("lake.swept.raw", older_than=timedelta(0), client=client) == []


def test_a_file_really_runs(catalog: str, tmp_path: Path) -> None:
    from databricks.sdk import WorkspaceClient

    client = WorkspaceClient(host=catalog, token="any-token")  # with a clock that waits
    script = tmp_path / "generate.py"
    script.write_text("import sys\nprint(6 * int(sys.argv[1]))\n")
    result = run_on_serverless(script, ["7"], client=client, timeout=60)
    assert (result.success, result.output.strip()) == (True, "42")
    script.write_text("raise SystemExit('out of luck')\n")
    result = run_on_serverless(script, client=client, timeout=60)
    assert not result.success
    assert "out of luck" in result.output


def test_statistics_of_its_tables(client: Any) -> None:
    from databricks.sdk.service.catalog import ColumnInfo, ColumnTypeName, DataSourceFormat, TableType

    start = "spark.sql.statistics.colStats.size."
    client.schemas.create("kept", "lake")
    client.tables.create(
        name="boxes",
        catalog_name="lake",
        schema_name="kept",
        table_type=TableType.EXTERNAL,
        data_source_format=DataSourceFormat.DELTA,
        storage_location="/tmp/boxes",
        columns=[ColumnInfo(name="size", type_name=ColumnTypeName.LONG, type_text="bigint", position=0)],
        properties={
            "spark.sql.statistics.numRows": "7",
            f"{start}min": "3",
            f"{start}max": "9",
            f"{start}nullCount": "2",
        },
    )
    for name in ("lake.kept.boxes", "lake.kept.*"):
        definition, statistics = described_tables([name], client=client)["boxes"]
        assert definition.schema.names == ["size"]
        assert (statistics.rows, statistics.columns["size"]) == (7, ColumnStatistics(2, 3, 9))
    with pytest.raises(SynthDataError, match=r"there is no table lake\.kept\.boxs: did you mean 'boxes'"):
        described_tables(["lake.kept.boxs"], client=client)
