"""Tables made on a cluster: the same rows as here, whoever's Spark it is, and nothing that only looks whole."""

from __future__ import annotations

import io
import json
import traceback
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from strict_workspace import CLUSTER, Workspace

from pytest_synthdata import Categorical, Dataset, Key, SynthDataError, TableFactory, column
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.databricks import WorkspaceError, generate_on_cluster
from pytest_synthdata.databricks.upload import MANIFEST, MARKER_FILE

# A cluster has warnings, and filters, of its own.
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")

HOME = "/Volumes/main/sales/raw"


class DoubledFactory(TableFactory):
    """A table with a function of this module, which the cluster has not."""

    doubled_id = Key("D{}")

    @column
    def length(doubled_id: Any) -> Any:
        return [len(text) * 2 for text in doubled_id.tolist()]


class NoteFactory(TableFactory):
    id = Key("N{}")
    text = Categorical({"one line": 1, 'two "lines"\nof a text': 1})


@pytest.fixture
def cluster(workspace: Workspace, synth_spark: Any, tmp_path: Path) -> Workspace:
    """A cluster whose code really runs, in this process, and whose Volumes are a folder."""

    def run(code: str) -> list[dict[str, Any]]:
        output = io.StringIO()
        try:
            with redirect_stdout(output):
                exec(code.replace(f'"{HOME}', f'"{tmp_path}{HOME}'), {"__name__": "__main__", "spark": synth_spark})
        except Exception as error:  # noqa: BLE001 - whatever it is, a cluster answers
            results = {"resultType": "error", "summary": str(error), "cause": traceback.format_exc()}
        else:
            results = {"resultType": "text", "data": output.getvalue()}
        for file in (tmp_path / "Volumes").rglob("*"):
            path = f"/{file.relative_to(tmp_path)}"
            if file.is_file() and not file.name.startswith("."):
                workspace.files[path] = file.read_bytes()
        return [{"status": "Finished", "results": results}]

    workspace.run_command = run
    return workspace


def test_the_cluster_makes_the_same_rows(
    cluster: Workspace, client: Any, small: Dataset, synth_spark: Any, tmp_path: Path
) -> None:
    saved = generate_on_cluster(small, "main.sales.raw/big", cluster_id=CLUSTER, client=client)
    manifest = json.loads(cluster.files[f"{HOME}/big/{MANIFEST}"])
    for table in small:
        assert manifest["tables"][table.name]["fingerprint"] == table.fingerprint()
        frame = synth_spark.read.parquet(f"{tmp_path}{saved.tables[table.name]}")
        assert fingerprint(frame.toArrow().to_batches()) == table.fingerprint()
    assert f"{HOME}/big/{MARKER_FILE}" not in cluster.files
    assert sorted(cluster.contexts) == sorted(cluster.destroyed)
    with pytest.raises(WorkspaceError, match=r"big/customers is not empty: overwrite=True replaces it"):
        generate_on_cluster(small, "main.sales.raw/big", cluster_id=CLUSTER, client=client)


def test_functions_of_ones_own_travel_along(cluster: Workspace, client: Any) -> None:
    data = Dataset({DoubledFactory: 30}, seed=1)
    generate_on_cluster(data, "main.sales.raw/own", cluster_id=CLUSTER, client=client)
    manifest = json.loads(cluster.files[f"{HOME}/own/{MANIFEST}"])
    assert manifest["tables"]["doubleds"]["fingerprint"] == data["doubleds"].fingerprint()


@pytest.mark.parametrize(
    "results", [{"resultType": "error", "summary": "no space"}, {"resultType": "text", "data": ""}]
)
def test_what_fails_on_the_cluster_looks_like_nothing(
    workspace: Workspace, client: Any, small: Dataset, results: dict[str, str]
) -> None:
    workspace.answers = [{"status": "Finished", "results": results}]
    with pytest.raises(SynthDataError, match="making customers on the cluster"):
        generate_on_cluster(small, "main.sales.raw/big", cluster_id=CLUSTER, client=client)
    assert f"{HOME}/big/{MANIFEST}" not in workspace.files
    assert f"{HOME}/big/{MARKER_FILE}" in workspace.files


@pytest.fixture
def seeing(workspace: Workspace, synth_spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session that sees Volumes, as on a cluster: LIST is known, and /Volumes is there, in a folder of this test."""
    from pyspark.sql.readwriter import DataFrameReader, DataFrameWriter

    def there(method: Any, *, writes: bool) -> Any:
        def with_files(frames: Any, path: str, **options: Any) -> Any:
            found = method(frames, f"{tmp_path}{path}", **options)
            files = [file for file in Path(f"{tmp_path}{path}").iterdir() if not file.name.startswith(".")]
            workspace.files |= {f"{path}/{file.name}": file.read_bytes() for file in files if writes}
            return found

        return with_files

    monkeypatch.setattr(synth_spark, "sql", lambda text: synth_spark.range(int(text.startswith("LIST"))), raising=False)
    for form in ("parquet", "csv"):
        monkeypatch.setattr(DataFrameWriter, form, there(getattr(DataFrameWriter, form), writes=True))
        monkeypatch.setattr(DataFrameReader, form, there(getattr(DataFrameReader, form), writes=False))
    return synth_spark


def test_a_session_that_sees_volumes_writes_them_itself(
    workspace: Workspace, client: Any, small: Dataset, seeing: Any
) -> None:
    small.to_volume(f"{HOME}/spark", client=client, spark=seeing)
    manifest = json.loads(workspace.files[f"{HOME}/spark/{MANIFEST}"])["tables"]
    assert manifest["orders"]["rows"] == 100
    assert {file["name"] for file in manifest["orders"]["files"]} == set(workspace.below(f"{HOME}/spark/orders"))
    assert not any("orders/part-" in request for request in workspace.requests)
    frame = seeing.read.parquet(f"{HOME}/spark/orders")
    assert fingerprint(frame.toArrow().to_batches()) == small.orders.fingerprint()
    assert small.to_volume(f"{HOME}/spark", client=client, spark=seeing).skipped == ("customers", "orders")


def test_csv_that_such_a_session_writes_has_a_header(workspace: Workspace, client: Any, seeing: Any) -> None:
    Dataset({NoteFactory: 20}).to_volume(f"{HOME}/csv", client=client, spark=seeing, format="csv")
    files = [name for name in workspace.below(f"{HOME}/csv/notes") if name.endswith(".csv")]
    assert files
    assert {workspace.files[f"{HOME}/csv/notes/{name}"].decode().split("\n")[0] for name in files} == {"id,text"}
    assert json.loads(workspace.files[f"{HOME}/csv/{MANIFEST}"])["tables"]["notes"]["rows"] == 20


def test_any_other_session_is_not_asked_to_write(
    workspace: Workspace, client: Any, small: Dataset, synth_spark: Any
) -> None:
    small.to_volume(f"{HOME}/files", client=client, spark=synth_spark)
    assert f"PUT /api/2.0/fs/files{HOME}/files/orders/part-00000.zstd.parquet" in workspace.requests
