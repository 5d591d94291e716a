"""`synthdata generate --from … --to … --append`: a table that grows by periods, each of them once or not at all."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable

from pytest_synthdata import Dataset
from pytest_synthdata.cli import cli
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory

ROWS = ("customers=60", "orders=400", "tickets=900")
CUTS = (None, "2024-03-01", "2024-07-01", None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def generate(start: str | None, stop: str | None, *more: str, rows: tuple[str, ...] = ROWS) -> Any:
    period = [*(("--from", start) if start else ()), *(("--to", stop) if stop else ())]
    result = CliRunner().invoke(cli, ["generate", *rows, "--out", "data", *period, *more, "--json"])
    found = json.loads(result.stdout) if result.stdout else {"error": result.stderr}
    return found["error"] if result.exit_code else {table["table"]: table["rows"] for table in found["tables"]}


def contents(folder: Path, table: str, format_: str = "parquet") -> str:
    where = folder / "data" / table
    data = (
        DeltaTable(where).to_pyarrow_table() if format_ == "delta" else ds.dataset(where, format="parquet").to_table()
    )
    return fingerprint(data.combine_chunks().to_batches())


def names(folder: Path) -> list[str]:
    return sorted(str(item.relative_to(folder)) for item in folder.rglob("*"))


@pytest.mark.parametrize("format_", ["parquet", "delta"])
def test_periods_that_are_appended_are_the_whole(folder: Path, format_: str) -> None:
    written = [generate(*cut, "--append", "--format", format_) for cut in itertools.pairwise(CUTS)]
    dataset = Dataset({CustomerFactory: 60, OrderFactory: 400, TicketFactory: 900})
    for table in dataset:
        assert contents(folder, table.name, format_) == table.fingerprint()
        assert sum(period[table.name] for period in written) == table.num_rows
    before = names(folder)
    again = generate("2024-02-28", "2024-03-01", "--append", "--format", format_)
    assert "data/customers has the beginning to 2024-03-01 already; 2024-02-28 to 2024-03-01 would come twice" in again
    assert names(folder) == before
    if format_ == "delta":
        assert DeltaTable(folder / "data/orders").version() == 2


def test_a_period_appears_in_all_tables_or_in_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(None, "2024-03-01", "--append")
    before = names(folder)
    from pytest_synthdata.files import periods

    write, left = periods.write_parts, ["customers", "orders"]

    def failing(view: Any, *arguments: Any, **more: Any) -> None:
        if view.name not in left:
            raise OSError("no space left on device")
        write(view, *arguments, **more)

    monkeypatch.setattr(periods, "write_parts", failing)
    assert "no space left" in generate("2024-03-01", "2024-07-01", "--append")
    assert names(folder) == before
    left.append("tickets")
    assert generate("2024-03-01", "2024-07-01", "--append")["tickets"] > 0


def test_a_delta_commit_is_taken_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(None, "2024-03-01", "--append", "--format", "delta")
    before = contents(folder, "orders", "delta")
    from pytest_synthdata.files import periods

    commit = periods._commit

    def failing(view: Any, *arguments: Any) -> None:
        if view.name == "tickets":
            raise OSError("no space left on device")
        commit(view, *arguments)

    monkeypatch.setattr(periods, "_commit", failing)
    assert "no space left" in generate("2024-03-01", "2024-07-01", "--append", "--format", "delta")
    assert contents(folder, "orders", "delta") == before
    monkeypatch.setattr(periods, "_commit", commit)
    generate("2024-03-01", None, "--append", "--format", "delta")
    assert contents(folder, "orders", "delta") == Dataset({CustomerFactory: 60, OrderFactory: 400}).orders.fingerprint()


KILLED = """
import os, signal, sys
from pytest_synthdata.cli import cli
from pytest_synthdata.files import periods

add = periods.{function}

def add_and_die(*arguments):
    add(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

periods.{function} = add_and_die
cli(sys.argv[1:])
"""


@pytest.mark.parametrize(("format_", "function"), [("parquet", "_add"), ("delta", "_commit")])
def test_a_run_that_is_killed_between_two_tables_is_completed_by_the_next(
    folder: Path, format_: str, function: str
) -> None:
    generate(None, "2024-03-01", "--append", "--format", format_)
    period = ("--from", "2024-03-01", "--to", "2024-07-01", "--append", "--format", format_)
    code = KILLED.format(function=function)
    killed = subprocess.run([sys.executable, "-c", code, "generate", *ROWS, "--out", "data", *period], check=False)
    assert killed.returncode == -signal.SIGKILL
    dataset = Dataset({CustomerFactory: 60, OrderFactory: 400, TicketFactory: 900})
    up_to_july = {
        table.name: fingerprint(table.between(stop="2024-07-01", column=column).batches())
        for table, column in zip(dataset, ("created_at", "order_date", "created_at"), strict=True)
    }
    assert {name: contents(folder, name, format_) for name in up_to_july} != up_to_july
    other = generate("2024-07-01", None, "--append", "--format", format_)
    assert "a run that added 2024-03-01 to 2024-07-01 was ended half-way" in other
    assert len(generate("2024-03-01", "2024-07-01", "--append", "--format", format_)) == 2  # one has it
    assert {name: contents(folder, name, format_) for name in up_to_july} == up_to_july
    assert "would come twice" in generate("2024-03-01", "2024-07-01", "--append", "--format", format_)
    generate("2024-07-01", None, "--append", "--format", format_)
    assert {table.name: contents(folder, table.name, format_) for table in dataset} == dataset.fingerprints()
    assert sorted(item.name for item in (folder / "data").iterdir()) == sorted(up_to_july)


def test_files_of_a_process_that_was_killed_while_they_appeared_are_gone(folder: Path) -> None:
    generate(None, "2024-03-01", "--append")
    part = next((folder / "data/orders").glob("part-*"))
    (folder / "data/orders/part-00000-20240301-20240701.zstd.parquet").write_bytes(part.read_bytes())
    generate("2024-03-01", None, "--append")
    assert contents(folder, "orders") == Dataset({CustomerFactory: 60, OrderFactory: 400}).orders.fingerprint()


def test_without_append_a_period_is_a_table_of_its_own(folder: Path) -> None:
    generate("2024-03-01", "2024-03-08", rows=("tickets=900",))
    week = Dataset({TicketFactory: 900}).tickets.between("2024-03-01", "2024-03-08")
    assert contents(folder, "tickets") == week.fingerprint()
    assert "data/customers has 2024-03-01 to 2024-03-08: add 2024-03-08 to 2024-03-15 by --append" in generate(
        "2024-03-08", "2024-03-15", rows=("tickets=900",)
    )
    assert "is not empty" in generate("2024-03-02", "2024-03-04", rows=("tickets=900",))
    assert generate("2024-03-01", "2024-03-08", "--overwrite", rows=("tickets=900",))["tickets"] == week.num_rows
    assert generate("2024-03-08", "2024-03-15", "--append", rows=("tickets=900",))["tickets"] > 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--seed", "7"), "data/customers was written with seed 42; this run asks for seed 7"),
        (("--format", "csv"), "data/customers was written as parquet; this run asks for csv"),
    ],
)
def test_rows_of_another_table_are_not_appended(folder: Path, more: tuple[str, ...], message: str) -> None:
    generate(None, "2024-03-01", "--append")
    assert message in generate("2024-03-01", None, "--append", *more)
    assert "data/orders was written with 400 rows; this run asks for 401" in generate(
        "2024-03-01", None, "--append", rows=(ROWS[0], "orders=401", ROWS[2])
    )


def test_rows_that_are_declared_otherwise_are_not_appended(folder: Path) -> None:
    source = """
from pytest_synthdata import LogNormal, TableFactory, Timeline


class VisitFactory(TableFactory):
    at = Timeline("2024-01-01", "2024-12-31")
    cost = LogNormal(3, {sigma})
"""
    for name, sigma in {"visits_before": 1, "visits_now": 2}.items():
        (folder / f"{name}.py").write_text(source.format(sigma=sigma))
    generate(None, "2024-03-01", "--append", "--factories", "visits_before", rows=("visits=300",))
    refusal = generate("2024-03-01", "2024-05-01", "--append", "--factories", "visits_now", rows=("visits=300",))
    assert (
        "data/visits holds other rows of 'visits': its declarations, defects or choice of rows have changed" in refusal
    )
    again = generate("2024-03-01", "2024-05-01", "--append", "--factories", "visits_before", rows=("visits=300",))
    assert again["visits"] > 0


def test_a_table_that_was_forgotten_can_be_given_the_period(folder: Path) -> None:
    two = (ROWS[0], ROWS[1])
    for start, stop in itertools.pairwise(CUTS):
        generate(start, stop, "--append", rows=two)
    before = {name: (folder / name).read_bytes() for name in names(folder) if (folder / name).is_file()}
    lacking = (ROWS[0], ROWS[2])
    assert "data/customers was written with 60 rows" in generate(
        None, "2024-07-01", "--append", rows=("customers=61", ROWS[2])
    )
    assert list(generate(None, "2024-07-01", "--append", rows=lacking)) == ["tickets"]  # of which customers have two
    assert "would come twice, and is not appended" in generate("2024-03-01", "2024-07-01", "--append", rows=lacking)
    assert list(generate("2024-07-01", None, "--append")) == ["tickets"]
    assert contents(folder, "tickets") == Dataset({CustomerFactory: 60, TicketFactory: 900}).tickets.fingerprint()
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_a_period_that_is_there_in_part_is_refused(folder: Path) -> None:
    generate("2024-03-01", "2024-07-01", "--append", rows=(ROWS[0], ROWS[1]))
    refusal = generate("2024-02-01", "2024-05-01", "--append")
    assert "data/customers has 2024-03-01 to 2024-07-01 already" in refusal
    assert "append a period that is there in full or not at all" in refusal
    assert not (folder / "data/tickets").exists()


def test_a_forgotten_table_that_fails_leaves_nothing_half_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(None, "2024-03-01", "--append", rows=(ROWS[0], ROWS[1]))
    before = names(folder)
    from pytest_synthdata.files import periods

    def full(*arguments: Any, **more: Any) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(periods, "write_parts", full)
        assert "no space left" in generate(None, "2024-03-01", "--append")
    assert names(folder) == before
    assert list(generate("2024-03-01", "2024-07-01", "--append", rows=(ROWS[0], ROWS[1]))) == ["customers", "orders"]


def test_what_is_no_period_is_explained(folder: Path) -> None:
    assert "--append adds a period" in generate(None, None, "--append")
    assert "without --overwrite" in generate("2024-01-01", None, "--append", "--overwrite")
    assert "--from 2024-02-01 is not before --to 2024-01-01" in generate("2024-02-01", "2024-01-01")
    assert "--from soon is not a date or a time; write --from 2024-06-01" in generate("soon", None)
    CliRunner().invoke(cli, ["generate", "customers=5", "--out", "data"])
    assert "data/customers does not say which periods it holds" in generate("2024-01-01", None, "--append")


def test_tables_without_times_are_written_once_and_labels_with_their_rows(folder: Path) -> None:
    (folder / "plants.py").write_text(
        "from pytest_synthdata import *\n"
        "class PlantFactory(TableFactory):\n    plant_id = Key('P{}')\n"
        "class ReadingFactory(TableFactory):\n"
        "    plant = ForeignKey(PlantFactory)\n    at = Timeline('2024-01-01', '2024-12-31')\n    value = Normal()\n"
        "DIRT = {ReadingFactory: [Missing('value', 0.1), Duplicates(0.1)]}\n"
    )
    rows = ("readings=700", "plants=9", "--factories", "plants", "--defects", "plants:DIRT")
    first = generate(None, "2024-07-01", "--append", rows=rows)
    second = generate("2024-07-01", None, "--append", rows=rows)
    assert first["plants"] == 9
    assert "plants" not in second
    assert first["readings"] + second["readings"] > 700
    labels = ds.dataset(folder / "data/readings_defects").to_table()
    assert labels.num_rows == first["readings_defects"] + second["readings_defects"]
    readings = ds.dataset(folder / "data/readings").to_table()
    assert readings["value"].null_count == labels["kind"].to_pylist().count("missing") > 50


def test_rows_come_with_those_that_they_refer_to(folder: Path) -> None:
    (folder / "bank.py").write_text(
        "from pytest_synthdata import *\n"
        "class AccountFactory(TableFactory):\n"
        "    account_id = Key('A{}')\n    opened_on = Dates('2024-01-01', '2024-12-31')\n"
        "class CardFactory(TableFactory):\n    card_no = Key('C{}')\n    account = ForeignKey(AccountFactory)\n"
    )
    rows = ("accounts=90", "cards=200", "--factories", "bank")
    for start, stop in itertools.pairwise(CUTS):
        found = generate(start, stop, "--append", rows=rows)
        assert found["cards"] > 10
        tables = {name: ds.dataset(folder / "data" / name).to_table() for name in ("accounts", "cards")}
        assert set(tables["cards"]["account_id"].to_pylist()) <= set(tables["accounts"]["account_id"].to_pylist())
    assert len(tables["cards"]) == 200
    written = CliRunner().invoke(cli, ["generate", *rows, "--from", "2024-05-01", "--out", "may"])
    assert "rows by account.opened_on" in written.output


def test_files_of_several_schemas_stay(folder: Path) -> None:
    (folder / "drifts.py").write_text(
        "from pytest_synthdata import AddedColumn\nDRIFT = {'tickets': [AddedColumn('coupon', since='2024-02-01')]}\n"
    )
    rows = ("tickets=300", "--defects", "drifts:DRIFT")
    for start, stop in itertools.pairwise(CUTS):
        generate(start, stop, "--append", rows=rows)
    tables = [pq.read_table(file) for file in (folder / "data/tickets").glob("part-*")]
    assert sum(map(len, tables)) == 300
    assert len(tables) == 4
    assert len({tuple(table.schema.names) for table in tables}) == 2
    (change,) = json.loads((folder / "data/tickets_defects/_schema_changes.json").read_text())
    assert (change["kind"], change["since"][:10]) == ("added_column", "2024-02-01")
