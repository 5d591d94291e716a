"""What `synthdata validate` says of files: columns, types, rows that are to blame, and what was not checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pytest_synthdata import Dataset, ForeignKey, Integers, Key, TableFactory, assert_matches, col, when
from pytest_synthdata.cli import cli
from pytest_synthdata.columns.providers.fake import Fake


class DoctorFactory(TableFactory):
    doctor_id = Key("D{}")


class AdmissionFactory(TableFactory):
    admission_id = Key("A{}")
    doctor = ForeignKey(DoctorFactory)
    kind = Integers(1, 3)
    ward = when(col("kind") == 1, Integers(1, 9)).otherwise(Integers(20, 29))
    bed = when(col("kind") == 1, 1).when(col("kind") == 2, Integers(2, 5)).otherwise(Integers(6, 9))
    note = Fake("word")


AGAINST = ("--against", f"{__name__}:AdmissionFactory")


@pytest.fixture
def dataset() -> Dataset:
    return Dataset({DoctorFactory: 10, AdmissionFactory: 200})


def checked(dataset: Dataset, folder: Path, change: Any) -> tuple[int, str, str]:
    """The exit code and the text of the command, and what `assert_matches` says of the same files."""
    dataset.write(folder)
    file = next((folder / "admissions").glob("*.parquet"))
    pq.write_table(change(pq.read_table(file)), file)
    done = CliRunner().invoke(cli, ["validate", str(folder), *AGAINST], catch_exceptions=False)
    try:
        assert_matches(folder / "admissions", AdmissionFactory, parents=dataset, rows=200)
    except AssertionError as error:
        return done.exit_code, done.output, str(error)
    return done.exit_code, done.output, ""


def edited(row: int, **cells: Any) -> Any:
    def change(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        rows[row].update(cells)
        return pa.Table.from_pylist(rows, table.schema)

    return change


def test_types_and_columns_are_checked_as_assert_matches_does(dataset: Dataset, tmp_path: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        kind = table["kind"].cast(pa.string())
        return table.set_column(2, "kind", kind).append_column("extra", pa.array(range(200))).drop_columns("bed")

    code, text, _ = checked(dataset, tmp_path, change)
    assert code == 1
    for line in ("admissions.extra: extra column", "admissions.kind: type", "admissions.bed: missing column"):
        assert line in text


def test_rows_are_shown_as_assert_matches_shows_them(dataset: Dataset, tmp_path: Path) -> None:
    code, text, message = checked(dataset, tmp_path, edited(7, ward=99))
    assert code == 1
    details = message.partition("\n\n")[2].partition("\n\nnot checked")[0]
    assert "\n    row  admission_id" in details
    assert "\n    7    A7" in details
    assert details in text
    assert "FAILED" not in text


def test_columns_that_are_not_checked_are_named_with_the_reason(dataset: Dataset, tmp_path: Path) -> None:
    code, text, _ = checked(dataset, tmp_path, lambda table: table)
    assert code == 0
    assert "not checked:\n  admissions.note: Fake" in text


def test_a_null_is_not_an_orphan(dataset: Dataset, tmp_path: Path) -> None:
    _, text, _ = checked(dataset, tmp_path, edited(7, doctor_id=None))
    assert "admissions.doctor: nulls\n" in text
    assert "orphans" not in text


@pytest.mark.parametrize(("name", "where"), [("ward", "not (kind = 1)"), ("bed", "none of kind = 1; kind = 2")])
def test_the_rows_of_the_last_branch_are_told_in_words(dataset: Dataset, name: str, where: str, tmp_path: Path) -> None:
    _, text, _ = checked(dataset, tmp_path, edited(7, kind=3, **{name: None}))
    assert f"admissions.{name}: nulls where {where}\n" in text
