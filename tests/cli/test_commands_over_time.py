"""Tables that change, from the command line: how they are at a time, and what happens in them."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from click.testing import CliRunner

from pytest_synthdata import Dataset, History, Key, Missing, Normal, TableFactory
from pytest_synthdata.cli import cli


class TariffFactory(TableFactory):
    class Meta:
        history = History("2024-01-01", "2024-01-06", updates={"price": 60}, deletes=20)
        rows = 30

    tariff_id = Key("T{:02d}")
    price = Normal(5, 1)


# The same, as a project has it.
TARIFFS = f"""
from pytest_synthdata import History, Key, Missing, Normal, TableFactory

{inspect.getsource(TariffFactory)}
DIRTY = {{"tariffs": [Missing("price", exactly=3)]}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "own_tariffs.py").write_text(TARIFFS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(
        cli, [*arguments, *(("--factories", "own_tariffs") if "orders=9" not in arguments else ())]
    )


def rows(path: Path) -> list[dict[str, Any]]:
    return ds.dataset(sorted(map(str, path.glob("*.parquet")))).to_table().to_pylist()


def test_tables_at_a_time(folder: Path) -> None:
    dataset = Dataset({TariffFactory: 30})
    for at in ("2024-01-03", "2024-01-03T06:00"):
        assert run("generate", "--out", at[:12], "--at", at).exit_code == 0
        assert rows(folder / at[:12] / "tariffs") == dataset.at(at).tariffs.to_arrow().to_pylist()
    shown = run("show", "--at", "2024-01-03")
    assert f"{dataset.at('2024-01-03').tariffs.num_rows} rows" in shown.output


def test_dirty_tables_at_a_time(folder: Path) -> None:
    assert run("generate", "--out", "dirty", "--at", "2024-01-03", "--defects", "own_tariffs:DIRTY").exit_code == 0
    dataset = Dataset({TariffFactory: 30}, defects={TariffFactory: [Missing("price", exactly=3)]}).at("2024-01-03")
    assert rows(folder / "dirty" / "tariffs") == dataset.tariffs.to_arrow().to_pylist()


def test_what_happens_in_a_table(folder: Path) -> None:
    arguments = ("stream", "tariffs", "--changes", "autocdc", "--out", "feed")
    assert run(*arguments, "--to", "2024-01-03").exit_code == 0
    files = run(*arguments).output.split()
    assert len(files) == 4  # goes on
    assert (
        rows(folder / "feed") == Dataset({TariffFactory: 30}).tariffs.changes(format="autocdc").to_arrow().to_pylist()
    )
    for other in (("--changes", "debezium"), ("--changes", "autocdc", "--seed", "7")):
        refused = run("stream", "tariffs", *other, "--out", "feed")
        assert (refused.exit_code, "write to another folder" in refused.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("generate", "orders=9", "--out", "x", "--at", "2024-01-03"),
            "--at 2024-01-03: none of 'customers', 'orders'",
        ),
        (("stream", "orders=9", "--out", "x", "--changes", "delta"), "--changes delta: none of 'customers', 'orders'"),
        (("generate", "--out", "x", "--at", "2025-01-03"), "2025-01-03"),
        (("generate", "--out", "x", "--at", "noon"), "noon"),
        (("generate", "--out", "x", "--at", "2024-01-03", "--from", "2024-01-01"), "--at goes without --from"),
        (("upload", "main.sales.raw", "--at", "2024-01-03", "--by", "day"), "it goes without --by"),
    ],
)
def test_what_cannot_be(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (folder / "x").exists()
