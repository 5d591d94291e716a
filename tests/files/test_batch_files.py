"""Batches as files that come into a folder, each complete, in the order of time; ended runs go on where they were."""

from __future__ import annotations

import itertools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pytest_synthdata import AddedColumn, Dataset, RenamedColumn, SynthDataError
from pytest_synthdata.cli import cli
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.factories import TicketFactory
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
    assert sorted((tmp_path / "landing").iterdir()) == first
    assert waits == [2.5] * 3
    (tmp_path / "landing/.batch-000004-20240501T000000.zstd.parquet.unfinished").write_bytes(b"PAR1")  # killed here
    rest = list(tickets.file_batches(tmp_path / "landing", "month"))
    assert len(rest) == 8
    assert contents(tmp_path / "landing") == tickets.fingerprint()
    assert list(tickets.file_batches(tmp_path / "landing", "month")) == []
    with pytest.raises(
        SynthDataError, match=r"has batch-000000-20240101T000000.zstd.parquet, which is not one of these"
    ):
        next(tickets.file_batches(tmp_path / "landing", 300))


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
    wrong = CliRunner().invoke(cli, ["stream", "tickets", "--by", "dya", "--out", "landing", "--json"])
    assert "by='dya': did you mean 'day'" in wrong.output
