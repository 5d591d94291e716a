"""What a format cannot hold is known before anything is written, whichever of several tables has it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from pytest_synthdata import Constant, Dataset, Dates, ForeignKey, Key, SynthDataError, TableFactory
from pytest_synthdata.cli import cli


class BoxFactory(TableFactory):
    class Meta:
        table = "boxes"
        rows = 10

    box_id = Key("B{}")
    packed = Dates("2024-01-01", "2024-12-31")


class ItemFactory(TableFactory):
    class Meta:
        table = "items"
        rows = 10

    box = ForeignKey(BoxFactory)
    tags = Constant(["x", "y"])
    bought = Dates("2024-01-01", "2024-12-31")


ANSWER = "items.tags: CSV cannot hold list<item: string>; write Parquet or JSON or Delta, or leave the column out"


@pytest.mark.parametrize("period", [(), ("--from", "2024-03-01", "--to", "2024-04-01")])
def test_the_command_writes_no_table_if_one_does_not_fit(tmp_path: Path, period: tuple[str, ...]) -> None:
    arguments = ["generate", "--factories", __name__, "--format", "csv", "--out", str(tmp_path / "out"), *period]
    result = CliRunner().invoke(cli, arguments)
    assert (result.exit_code, result.stderr.startswith(f"Error: {ANSWER}")) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_writes_no_table_if_one_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(SynthDataError, match=re.escape(ANSWER)):
        Dataset({ItemFactory: 10}).write(tmp_path / "out", format="csv")
    assert list(tmp_path.iterdir()) == []


def test_batches_are_not_begun_if_they_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(SynthDataError, match=re.escape(ANSWER.replace(" or Delta", ""))):
        next(Dataset({ItemFactory: 10})["items"].file_batches(tmp_path / "out", "month", format="csv"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "type_", "unfit"),
    [
        ("x", pa.string(), ()),
        ({"a": 1}, pa.struct([("a", pa.int64())]), ("csv",)),
        (b"x", pa.binary(), ("csv",)),
        (dt.timedelta(1), pa.duration("us"), ("delta",)),
        ([dt.time(1)], pa.list_(pa.time64("us")), ("csv", "delta")),
    ],
    ids=str,
)
@pytest.mark.parametrize("format_", ["parquet", "csv", "json", "delta"])
def test_the_limits_are_those_of_the_writers(
    tmp_path: Path, value: Any, type_: pa.DataType, unfit: tuple[str, ...], format_: str
) -> None:
    if format_ == "delta":
        pytest.importorskip("deltalake")
    factory = type("OneFactory", (TableFactory,), {"__module__": __name__, "x": Constant(value).cast(type_)})
    table = Dataset({factory: 2}).ones
    if format_ in unfit:
        with pytest.raises(SynthDataError, match=r"ones\.x: \w+ cannot hold"):
            table.to_files(tmp_path / "out", format_)
        assert list(tmp_path.iterdir()) == []
    else:
        assert table.to_files(tmp_path / "out", format_).is_dir()
