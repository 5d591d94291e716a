"""`synthdata upload`, `run`, `sweep` and `generate --on-cluster`: what they say, return and leave."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from strict_workspace import CLUSTER, TOKEN, Workspace

from pytest_synthdata.cli import main
from pytest_synthdata.databricks.upload import MANIFEST, MARKER_FILE

HOME = "/Volumes/main/sales/raw"
DONE = [{"status": "Finished", "results": {"resultType": "text", "data": "42"}}]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def synthdata(logged_in: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command as the shell runs it: its exit code, output and errors."""
    logged_in.context_states = ["Running"]

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["synthdata", *arguments])
        monkeypatch.setattr(sys, "path", [*sys.path])
        with pytest.raises(SystemExit) as ended:
            main()
        output, errors = capsys.readouterr()
        assert TOKEN not in output + errors
        return int(ended.value.code or 0), output, errors

    return run


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "generate.py"
    path.write_text("print(42)")
    return path


def test_upload(logged_in: Workspace, synthdata: Command) -> None:
    arguments = ("upload", "main.sales.raw/ci", "orders=50", "--rows", "customers=5")
    code, output, _ = synthdata(*arguments)
    assert (code, output) == (0, f"{HOME}/ci/customers: 5 rows\n{HOME}/ci/orders: 50 rows\n")
    assert f"{HOME}/ci/{MANIFEST}" in logged_in.files
    assert json.loads(synthdata(*arguments, "--json")[1])["skipped"] == ["customers", "orders"]
    code, _, errors = synthdata(*arguments, "--seed", "7")
    assert (code, "holds a table of other data: --overwrite replaces it" in errors) == (1, True)


def test_upload_by_batches(logged_in: Workspace, synthdata: Command, tmp_path: Path) -> None:
    (tmp_path / "plans.py").write_text(
        "from pytest_synthdata import *\n"
        "class PlanFactory(TableFactory):\n"
        "    class Meta:\n        history = History('2024-01-01', '2024-01-03', updates={'tier': 60})\n"
        "    plan_id = Key('P{}')\n    tier = Categorical(['Free', 'Pro'])\n"
        "class UnitFactory(TableFactory):\n    unit_id = Key('U{}')\n"
        "class SiteFactory(TableFactory):\n    opened_on = Dates('1990-01-01', '2020-12-31')\n"
    )
    sys.path.append(str(tmp_path))
    rows = ("--rows", "plans=20", "--rows", "units=3", "--rows", "sites=5", "--factories", "plans")
    arguments = ("upload", "main.sales.raw/land", *rows, "--by", "day", "--changes", "autocdc", "--snapshots")
    code, output, _ = synthdata(*arguments, "--to", "2024-01-03")
    days = [f"{HOME}/land/plans/2024-01-{day:02d}" for day in (1, 2, 3)]
    older, *sites = [line for line in output.splitlines() if "/sites/" in line]
    assert older < f"{HOME}/land/sites/2024"  # in one batch, before the history's first
    assert (code, output.splitlines()) == (0, [f"{HOME}/land/units", *days[:2], older, *sites])
    assert [site.replace("sites", "plans") for site in sites] == days[:2]
    assert [json.loads(line) for line in synthdata(*arguments, "--json")[1].splitlines()] == [{"path": days[2]}]
    code, output, errors = synthdata("upload", "main.sales.raw/x", *rows, "--by", "day")
    assert (code, output) == (2, "")
    assert re.search(r"sites: --by day makes [\d,]{5,6} folders, from \d{4}-\S+ on, of 5 rows; at most 2,000", errors)
    assert f"{HOME}/land/plans_at/2024-01-03/part-00000.zstd.parquet" in logged_in.files
    some = ("upload", "main.sales.raw/land", "--rows", "tickets=300", "--rows", "customers=30", "--by", "100")
    code, output, _ = synthdata(*some)
    assert (code, len(output.splitlines())) == (0, 1 + 3)
    assert synthdata(*some)[1:] == (
        "",
        "main.sales.raw/land: nothing is new: all tables and batches that were asked for are there\n",
    )
    assert synthdata("upload", "main.sales.raw/x", "--changes", "delta")[0] == 2
    code, output, _ = synthdata("upload", "main.sales.raw/x", "--rows", "tickets", "--by", "dya", "--json")
    assert (code, "--by dya: did you mean 'day'" in json.loads(output)["error"]) == (2, True)


def test_no_table_is_uploaded_where_one_is_refused(logged_in: Workspace, synthdata: Command) -> None:
    def arguments(orders: int, stop: str, customers: int = 50) -> tuple[str, ...]:
        rows = ("--rows", f"orders={orders}", "--rows", f"customers={customers}")
        return ("upload", "main.sales.raw/land", *rows, "--by", "month", "--to", stop)

    assert synthdata(*arguments(100, "2024-02-01"))[0] == 0
    before = dict(logged_in.files)
    for changed, message in (
        (arguments(110, "2024-03-01"), "orders holds orders: seed 42, 100 rows, 50 customers, by month of order_date"),
        ((*arguments(100, "2024-03-01"), "--from", "2024-02-01", "--seed", "7"), "this run asks for customers: seed 7"),
        ((*arguments(100, "2024-03-01", 60), "--from", "2024-02-01"), "customers holds customers: seed 42, 50 rows"),
        (
            (*arguments(100, "2024-03-01"), "--format", "csv"),
            "customers/2022-01-01 holds other data, or another format",
        ),
    ):
        code, output, errors = synthdata(*changed)
        assert (code, output, message in errors) == (1, "", True), errors
        assert logged_in.files == before


def test_changes_of_tables_that_do_not_change(logged_in: Workspace, synthdata: Command, tmp_path: Path) -> None:
    upload = ("upload", "main.sales.raw/cdc", "--by", "day", "--changes", "autocdc")
    upload = (*upload, "--from", "2024-01-01", "--to", "2024-01-03")
    code, _, errors = synthdata(*upload, "--rows", "orders=100")
    assert (code, "--changes autocdc: none of 'customers', 'orders' has a history" in errors) == (2, True)
    assert not logged_in.files
    (tmp_path / "tariffs.py").write_text(
        "from pytest_synthdata import *\n"
        "class TariffFactory(TableFactory):\n"
        "    class Meta:\n        history = History('2024-01-01', '2024-01-06', updates={'price': 60})\n"
        "    tariff_id = Key('T{}')\n    price = Categorical([1, 2])\n"
    )
    sys.path.append(str(tmp_path))
    rows = ("--factories", "tariffs", "--rows", "tariffs=5", "--rows", "tickets=400", "--rows", "customers=30")
    code, output, errors = synthdata(*upload, *rows, "--snapshots")
    assert (code, errors) == (0, "")
    assert {"tickets/2024-01-02", "tariffs/2024-01-02"} < {line.partition("/cdc/")[2] for line in output.splitlines()}
    assert not any("tickets/2024-01-03" in name or "tickets_at" in name for name in logged_in.files)


def test_run_on_a_cluster(logged_in: Workspace, synthdata: Command, script: Path) -> None:
    logged_in.answers = [{"status": "Running"}, *DONE]
    code, output, errors = synthdata("run", str(script), "--cluster-id", CLUSTER)
    assert (code, output) == (0, "42\n")
    assert errors.splitlines()[-2:] == ["command: Running", "command: Finished"]
    assert logged_in.commands["command-0"]["command"] == "print(42)"


def test_run_goes_by_the_name_of_the_file(logged_in: Workspace, synthdata: Command, tmp_path: Path) -> None:
    logged_in.answers = DONE
    (tmp_path / "query.SQL").write_text("SELECT 42")
    assert synthdata("run", str(tmp_path / "query.SQL"), "--cluster-id", CLUSTER)[0] == 0
    assert logged_in.commands["command-0"]["language"] == "sql"


def test_run_fails_where_the_code_does(logged_in: Workspace, synthdata: Command, script: Path) -> None:
    logged_in.answers = [{"status": "Error", "results": {"resultType": "error", "summary": "oh", "cause": "no"}}]
    code, _, errors = synthdata("run", str(script), "--cluster-id", CLUSTER)
    assert code == 1
    assert errors.endswith("Error: on Databricks: oh\nno\n")


def test_run_on_serverless(logged_in: Workspace, synthdata: Command, script: Path) -> None:
    logged_in.run_states = [{"life_cycle_state": "TERMINATED", "result_state": "SUCCESS"}]
    logged_in.run_output = {"logs": "42\n"}
    code, output, errors = synthdata("run", str(script), "--serverless", "--dependency", "faker", "--", "--rows", "9")
    assert (code, output) == (0, "42\n")
    assert "#job/run/1000" in errors
    assert logged_in.runs[1000]["body"]["tasks"][0]["spark_python_task"]["parameters"] == ["--rows", "9"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "no-such.py"], 2, "no-such.py is not there; nothing was sent"),
        (["run", "pyproject.toml"], 2, "what language is it? Its name ends in .py"),
        (["run", "x.py", "--serverless", "--cluster-id", "1"], 2, "--serverless needs no --cluster-id"),
        (["run", "x.py", "an-argument"], 2, "go with --serverless"),
        (["run", "x.py", "--serverless", "--start"], 2, "--start goes with a cluster"),
        (["sweep", "main.sales.raw", "--older-than", "soon"], 2, "is not an age, such as 90m, 24h or 7d"),
        (["upload", "main.sales"], 2, "is not a Volume; write catalog.schema.volume"),
        (["generate", "--out", HOME, "--on-cluster", CLUSTER, "--format", "csv"], 2, "--on-cluster writes Parquet"),
        (
            ["upload", "main.sales.raww"],
            1,
            "there is no Volume main.sales.raww: create it, or allow it to be created: --create\n",
        ),
        (["generate", "--out", HOME, "--start"], 2, "--create and --start go with --on-cluster"),
    ],
)
def test_mistakes_are_named(
    logged_in: Workspace, synthdata: Command, arguments: list[str], code: int, message: str
) -> None:
    ended, _, errors = synthdata(*arguments)
    assert ended == code
    assert message in errors
    assert "Traceback" not in errors
    assert not any(request.startswith(("PUT", "POST", "DELETE")) for request in logged_in.requests)


def test_upload_tells_scripts_what_is_wrong(synthdata: Command) -> None:
    code, output, _ = synthdata("upload", "main.sales", "--json")
    assert (code, "is not a Volume" in json.loads(output)["error"]) == (2, True)


def test_generate_on_a_cluster_saves_in_its_volume(logged_in: Workspace, synthdata: Command) -> None:
    # What the code does there is tested elsewhere; here its answer is that of two rows where five were asked for.
    logged_in.answers = [{"status": "Finished", "results": {"resultType": "text", "data": "synthdata: [[1, 2, 2]]"}}]
    code, _, errors = synthdata("generate", "--rows", "customers=5", "--out", f"{HOME}/big", "--on-cluster", CLUSTER)
    assert code == 1
    assert f"{HOME}/big/customers has 2 rows of 5" in errors
    assert f"{HOME}/big/{MANIFEST}" not in logged_in.files
    logged_in.answers = [{"status": "Finished", "results": {"resultType": "text", "data": "synthdata: [[1, 2, 5]]"}}]
    code, output, _ = synthdata("generate", "--rows", "customers=5", "--out", f"{HOME}/big", "--on-cluster", CLUSTER)
    assert (code, output) == (0, f"{HOME}/big/customers: 5 rows\n")
    assert f"{HOME}/big/{MANIFEST}" in logged_in.files


def test_labels_are_made_on_the_cluster_beside_their_tables(
    logged_in: Workspace, synthdata: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "from pytest_synthdata import Missing, RenamedColumn\n"
        "THREE = {'customers': [Missing('email', exactly=3), RenamedColumn('region', 'area')]}\n"
    )
    (tmp_path / "cluster_defects.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    rows = iter((5, 3))

    def run(code: str) -> list[dict[str, Any]]:
        del code
        return [{"status": "Finished", "results": {"resultType": "text", "data": f"synthdata: [[1, 2, {next(rows)}]]"}}]

    logged_in.run_command = run
    arguments = ["--rows", "customers=5", "--out", f"{HOME}/big", "--on-cluster", CLUSTER]
    code, output, errors = synthdata("generate", *arguments, "--defects", "cluster_defects:THREE")
    assert (code, output) == (0, f"{HOME}/big/customers: 5 rows\n{HOME}/big/customers_defects: 3 rows\n"), errors
    (change,) = json.loads(logged_in.files[f"{HOME}/big/customers_defects/_schema_changes.json"])
    assert (change["kind"], change["clean"], change["dirty"], change["rows"]) == ("renamed_column", "region", "area", 5)
    listed = json.loads(logged_in.files[f"{HOME}/big/{MANIFEST}"])["tables"]["customers_defects"]["files"]
    assert [file["name"] for file in listed] == ["_schema_changes.json"]


def test_the_cluster_is_started_and_the_volume_made_where_that_is_asked_for(
    logged_in: Workspace, synthdata: Command
) -> None:
    logged_in.cluster = "TERMINATED"
    logged_in.answers = [{"status": "Finished", "results": {"resultType": "text", "data": "synthdata: [[1, 2, 5]]"}}]
    place = ("--out", "/Volumes/main/trial/fresh/big", "--on-cluster", CLUSTER)
    code, _, errors = synthdata("generate", "--rows", "customers=5", *place, "--create", "--start")
    assert (code, "main.trial.fresh" in logged_in.volumes) == (0, True), errors


def note(run: str, created: str, tables: Any = ()) -> bytes:
    return json.dumps({"run": run, "created": created, "tables": dict.fromkeys(tables, "")}).encode()


def test_sweep_removes_what_crashed_runs_left_and_nothing_else(logged_in: Workspace, synthdata: Command) -> None:
    run, young = "synthdata-20200101T000000Z-0123abcd", "synthdata-29990101T000000Z-0123abcd"
    old = "2020-01-01T00:00:00+00:00"
    files = {
        f"{run}/{MARKER_FILE}": note(run, old),
        f"{run}/orders/part-0.parquet": b"x",
        f"{young}/{MARKER_FILE}": note(young, "2999-01-01T00:00:00+00:00"),
        # Kept on purpose: no note. Only looks like one of ours: a note of another run, or none that can be read.
        "synthdata-20200102T000000Z-0123abcd/orders/part-0.parquet": b"x",
        f"copied/{MARKER_FILE}": note(run, old, ["../../x", "orders"]),
        "copied/orders/part-0.parquet": b"x",
        "copied/thesis.docx": b"years of work",
        f"broken/{MARKER_FILE}": b"{",
        f"elsewhere/{MARKER_FILE}": note("elsewhere", "2020-01-01T00:00:00", ["orders"]),
        "theirs.parquet": b"x",
    }
    logged_in.files = {f"{HOME}/{name}": content for name, content in files.items()}
    logged_in.folders = {
        f"{HOME}/{'/'.join(name.split('/')[:depth])}" for name in files for depth in range(1, name.count("/") + 1)
    }
    code, output, _ = synthdata("sweep", "main.sales.raw", "--dry-run")
    assert (code, sorted(output.splitlines())) == (0, [f"would remove {HOME}/{name}" for name in ("copied", run)])
    assert len(logged_in.files) == len(files)
    code, output, _ = synthdata("sweep", HOME, "--older-than", "7d")
    assert sorted(output.splitlines()) == [f"removed {HOME}/{name}" for name in ("copied", run)]
    gone = {
        f"{run}/{MARKER_FILE}",
        f"{run}/orders/part-0.parquet",
        f"copied/{MARKER_FILE}",
        "copied/orders/part-0.parquet",
    }
    assert set(logged_in.files) == {f"{HOME}/{name}" for name in files if name not in gone}
    assert synthdata("sweep", HOME)[1] == f"nothing older than 24h is left in {HOME}\n"
