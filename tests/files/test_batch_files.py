"""Batches as files that come into a folder, each complete, in the order of time; ended runs go on where they were."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pytest_synthdata import (
    AddedColumn,
    Dataset,
    Dates,
    ForeignKey,
    Missing,
    Normal,
    RenamedColumn,
    SynthDataError,
    TableFactory,
)
from pytest_synthdata.cli import cli
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.factories import CustomerFactory, TicketFactory
from pytest_synthdata.files.batch_files import write_batch_files


def contents(folder: Path) -> str:
    tables = [pq.read_table(file) for file in sorted(folder.glob("*.parquet"))]
    return fingerprint(pa.concat_tables(tables).combine_chunks().to_batches())


def test_files_come_one_after_the_other_and_are_the_whole(tmp_path: Path) -> None:
    tickets = Dataset({TicketFactory: 800}).tickets
    batches = tickets.in_batches("month").map(lambda table: table.view)
    waits: list[float] = []
    coming = write_batch_files(batches, tmp_path / "landing", every=2.5, sleep=waits.append)
    first = list(itertools.islice(coming, 4))
    assert [file.name for file in first[:2]] == [
        "batch-000000-20240101T000000.zstd.parquet",
        "batch-000001-20240201T000000.zstd.parquet",
    ]
    assert sorted((tmp_path / "landing").glob("[!_]*")) == first
    assert waits == [2.5] * 3
    (tmp_path / "landing/.batch-000004-20240501T000000.zstd.parquet.unfinished").write_bytes(b"PAR1")  # killed here
    rest = list(tickets.file_batches(tmp_path / "landing", "month"))
    assert len(rest) == 8
    assert contents(tmp_path / "landing") == tickets.fingerprint()
    assert list(tickets.file_batches(tmp_path / "landing", "month")) == []
    with pytest.raises(SynthDataError, match="landing was written by month; this run asks for 300 rows"):
        next(tickets.file_batches(tmp_path / "landing", 300))
    with pytest.raises(SynthDataError, match=r"has batch-000002-\S+, which is not one of these batches"):
        next(tickets.file_batches(tmp_path / "landing", "month", stop="2024-03-01"))


class ParcelFactory(TableFactory):
    class Meta:
        table = "parcels"

    customer = ForeignKey(CustomerFactory)
    ordered_at = Dates("2024-01-01", "2024-02-15")
    sent_at = Dates("2024-01-01", "2024-02-15")
    weight = Normal(3, 1)


def parcels(rows: int = 60, customers: int = 20, *defects: Any, seed: int = 42) -> Any:
    planted = {ParcelFactory: list(defects)} if defects else None
    return Dataset({ParcelFactory: rows, CustomerFactory: customers}, seed=seed, defects=planted)["parcels"]


def test_batches_of_other_data_are_not_put_beside_those_that_are_there(tmp_path: Path) -> None:
    def write(table: Any, by: str | int = "week", format_: str = "parquet", **more: Any) -> list[Path]:
        return list(table.file_batches(tmp_path, by, format_, **{"column": "ordered_at", "stop": "2024-02-01", **more}))

    assert len(write(parcels(), stop="2024-01-15")) == 2
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    others: list[tuple[str, Any]] = [
        ("was written with seed 42; this run asks for seed 3", lambda: write(parcels(seed=3))),
        ("was written with seed 42", lambda: write(parcels(seed=3), stop="2024-01-15")),  # all of which are there
        ("was written with 60 rows; this run asks for 4,000", lambda: write(parcels(4_000))),
        ("was written with 20 rows of customers; this run asks for 21", lambda: write(parcels(60, 21))),
        ("was written as parquet; this run asks for csv", lambda: write(parcels(), format_="csv")),
        ("was written by week; this run asks for month", lambda: write(parcels(), "month")),
        ("in the order of ordered_at; this run asks for that of sent_at", lambda: write(parcels(), column="sent_at")),
        ("from 2024-01-01 on; this run begins with 2024-01-08", lambda: write(parcels(), start="2024-01-08")),
        ("holds other rows of 'parcels'", lambda: write(parcels(60, 20, Missing("weight", 0.5)))),
        ("ends at 2024-01-15; this run ends it at 2024-01-12", lambda: write(parcels(), stop="2024-01-12")),
    ]
    for message, run in others:
        with pytest.raises(SynthDataError) as refusal:
            run()
        assert message in str(refusal.value)
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert write(parcels(), stop="2024-01-01") == []
    assert len(write(parcels())) == 3
    (tmp_path / "_batches").unlink()
    with pytest.raises(SynthDataError, match="does not say which table its batches are of"):
        write(parcels())


def test_a_batch_that_was_cut_off_does_not_pass_for_a_whole_one(tmp_path: Path) -> None:
    for by, message in (("month", "ends at 2024-01-20; this run ends it at 2024-02-01"), (25, "ends at row ")):
        folder = tmp_path / str(by)
        list(parcels().file_batches(folder, by, column="sent_at", stop="2024-01-20"))
        with pytest.raises(SynthDataError, match=message):
            next(parcels().file_batches(folder, by, column="sent_at"))
        max(folder.glob("batch-*")).unlink()
        list(parcels().file_batches(folder, by, column="sent_at"))
        assert pq.read_table(folder).num_rows == 60


def test_each_file_has_the_schema_of_its_rows(tmp_path: Path) -> None:
    kinds = [AddedColumn("coupon", since="2024-02-01"), RenamedColumn("priority", "prio", since="2024-03-15")]
    tickets = Dataset({TicketFactory: 800}, defects={TicketFactory: kinds}).tickets
    files = list(tickets.file_batches(tmp_path, "month", stop="2024-05-01"))
    assert [file.name.split(".")[0][13:] for file in files] == [
        "20240101T000000",
        "20240201T000000",
        "20240301T000000-0",
        "20240301T000000-1",
        "20240401T000000",
    ]
    own = [{"coupon", "priority", "prio"} & set(pq.read_schema(file).names) for file in files]
    assert own == [{"priority"}, *[{"priority", "coupon"}] * 2, *[{"prio", "coupon"}] * 2]
    files[3].unlink()
    assert list(tickets.file_batches(tmp_path, "month", stop="2024-05-01")) == [files[3]]
    months = tickets.in_batches("month", stop="2024-05-01")
    assert [sorted({"coupon", "priority", "prio"} & set(month.schema.names)) for month in months] == [
        ["priority"],
        ["coupon", "priority"],
        ["coupon", "prio", "priority"],
        ["coupon", "prio"],
    ]


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    arguments = ["stream", "tickets=800", "--by", "300", "--out", "landing"]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.output.splitlines() == [f"landing/batch-{number:06d}-300-rows.zstd.parquet" for number in range(3)]
    assert contents(tmp_path / "landing") == Dataset({TicketFactory: 800}).tickets.fingerprint()
    again = CliRunner().invoke(cli, [*arguments, "--seed", "3", "--json"])
    assert again.exit_code == 1
    assert "landing was written with seed 42; this run asks for seed 3" in json.loads(again.stdout)["error"]
    wrong = CliRunner().invoke(cli, ["stream", "tickets", "--by", "dya", "--out", "landing", "--json"])
    assert wrong.exit_code == 2
    assert "--by dya: did you mean 'day'" in json.loads(wrong.stdout)["error"]
    once_more = CliRunner().invoke(cli, arguments)
    assert (once_more.exit_code, once_more.stdout) == (0, "")
    assert "landing: nothing is new: all batches of 'tickets' that were asked for are there" in once_more.stderr


def test_rows_without_times_come_by_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "counted.py").write_text(
        "from pytest_synthdata import Key, TableFactory\nclass CardFactory(TableFactory):\n    card_id = Key('C{}')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    arguments = ["stream", "cards=5", "--factories", "counted", "--out", "landing", "--by"]
    files = CliRunner().invoke(cli, [*arguments, "2"]).stdout.split()
    assert [pq.read_table(file)["card_id"].to_pylist() for file in files] == [["C0", "C1"], ["C2", "C3"], ["C4"]]
    assert CliRunner().invoke(cli, [*arguments, "2"]).stdout == ""
    refused = CliRunner().invoke(cli, [*arguments, "2", "--from", "2024-01-01"])
    assert "cards: it has no column of dates or times, so no period of it can be taken" in refused.stderr
    assert "it has no column of dates or times; declare one" in CliRunner().invoke(cli, [*arguments, "day"]).stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("customers",), "one table comes into a folder: run the command again for customers"),
        (("orders=5",), "orders=5 changes nothing in 'tickets'"),
        (("--rows", "orders=5"), "orders=5 changes nothing in 'tickets'"),
    ],
)
def test_nothing_is_passed_over_in_silence(tmp_path: Path, more: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(cli, ["stream", "tickets=9", *more, "--out", str(tmp_path / "landing")])
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "landing").exists()
