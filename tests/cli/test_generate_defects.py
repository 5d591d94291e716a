"""`synthdata generate --defects`: dirty tables and their labels as files."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pytest_synthdata.cli import cli

MODULE = """
from pytest_synthdata import Duplicates, Missing, RenamedColumn
from pytest_synthdata.factories import OrderFactory

NIGHTLY = {OrderFactory: [Missing("amount", exactly=7), Duplicates(exactly=3)]}
RENAMED = {OrderFactory: [RenamedColumn("amount", "amt"), Missing("amount", exactly=7)]}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nightly_defects.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_dirty_tables_and_labels_are_written(project: Path) -> None:
    arguments = [
        "generate",
        "orders=500",
        "customers=50",
        "--out",
        "data",
        "--defects",
        "nightly_defects:NIGHTLY",
        "--json",
    ]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    tables = {table["table"]: table["rows"] for table in json.loads(result.output)["tables"]}
    assert tables["orders"] == 503
    orders, labels = (pq.read_table(project / "data" / name) for name in ("orders", "orders_defects"))
    assert labels.num_rows == tables["orders_defects"]
    missing = labels.filter([kind == "missing" for kind in labels["kind"].to_pylist()])
    assert orders["amount"].null_count == missing.num_rows >= 7
    assert labels.schema.names == ["row", "order_id", "kind", "column", "clean", "dirty"]


def test_a_changed_schema_is_written_beside_the_labels_shown_and_explained(project: Path) -> None:
    planted = ["--defects", "nightly_defects:RENAMED"]
    arguments = ["generate", "orders=500", "customers=50", "--out", "data", *planted]
    assert CliRunner().invoke(cli, arguments, catch_exceptions=False).exit_code == 0
    assert CliRunner().invoke(cli, [*arguments, "--overwrite"], catch_exceptions=False).exit_code == 0
    assert "amt" in pq.read_table(project / "data" / "orders").schema.names
    (change,) = json.loads((project / "data" / "orders_defects" / "_schema_changes.json").read_text())
    assert (change["clean"], change["dirty"], change["rows"]) == ("amount", "amt", 500)
    labels = pq.read_table(project / "data" / "orders_defects")
    row = str(labels["row"][0].as_py())
    some = ["--rows", "orders=500", "--rows", "customers=50", *planted]
    shown = CliRunner().invoke(cli, ["show", "orders", *some], catch_exceptions=False).output
    assert "amt" in shown
    explained = CliRunner().invoke(cli, ["explain", "orders", row, "amount", *some], catch_exceptions=False).output
    assert explained.rstrip().endswith("planted defect renamed_column, missing")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nightly_defects", "is not MODULE:NAME"),
        ("orders=[Missing('amuont', 0.1)]", "no column 'amuont': did you mean 'amount'"),
        ("orders=Missing('amount', 0.1)", "give orders a list of kinds"),
        ("orders=[Mising('amount', 0.1)]", "there is no 'Mising': did you mean 'Missing'? Known: AddedColumn"),
        ("no_such_module:NIGHTLY", "cannot import 'no_such_module'"),
        ("nightly_defects:NIGHTLI", "has no 'NIGHTLI': did you mean 'NIGHTLY'? Known: NIGHTLY"),
    ],
)
def test_what_is_not_there_is_explained(project: Path, name: str, message: str) -> None:
    result = CliRunner().invoke(cli, ["generate", "orders=5", "--out", "data", "--defects", name, "--json"])
    assert result.exit_code == (1 if "amuont" in name else 2)
    assert message in json.loads(result.output)["error"]


def test_defects_can_be_written_in_the_command(project: Path) -> None:
    defects = "orders=[Missing('amount', exactly=7, where=col('status') == 'completed')], customers=[Duplicates(0.1)]"
    arguments = ["generate", "orders=500", "customers=50", "--out", "data", "--defects", defects]
    assert CliRunner().invoke(cli, arguments, catch_exceptions=False).exit_code == 0
    assert pq.read_table(project / "data" / "orders")["amount"].null_count == 7
    assert pq.read_table(project / "data" / "customers").num_rows > 50
