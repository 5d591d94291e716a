"""The `synthdata` command: what it writes, says and returns, and what it leaves when it is stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from click.testing import CliRunner, Result

from pytest_synthdata import Dataset, DeclarationError, SynthDataError, TableFactory
from pytest_synthdata.cli import cli
from pytest_synthdata.cli.arguments import table_rows
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.factories import CustomerFactory, OrderFactory
from pytest_synthdata.table import Table

COMMAND = [sys.executable, "-m", "pytest_synthdata"]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, whose modules are found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_it_writes_the_tables_that_are_asked_for(tmp_path: Path) -> None:
    done = run(
        *("generate", "--rows", "orders=2.5k", "customers=100", "--seed", "7", "--out", "data", "--json"), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["seed"] == 7
    assert [(table["table"], table["rows"]) for table in result["tables"]] == [("customers", 100), ("orders", 2_500)]
    expected = Dataset({CustomerFactory: 100, OrderFactory: 2_500}, seed=7).orders
    written = ds.dataset(tmp_path / "data" / "orders").to_table()
    assert fingerprint(written.combine_chunks().to_batches()) == expected.fingerprint()
    assert result["tables"][1]["bytes"] == sum(file.stat().st_size for file in (tmp_path / "data/orders").iterdir())


def test_without_rows_it_writes_the_usual_business(tmp_path: Path) -> None:
    done = run("generate", "--out", "data", "--format", "csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(item.name for item in (tmp_path / "data").iterdir()) == ["customers", "orders", "tickets"]
    assert "data/orders: 25,000 rows" in done.stdout


def test_a_projects_own_tables(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "from pytest_synthdata import Key, TableFactory\n"
        "class PaymentFactory(TableFactory):\n    payment_id = Key('P{}')\n"
    )
    done = run(
        "generate", "--factories", "shop", "--rows", "payments=3", "--out", ".", "--format", "json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "payments/part-00000.json").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [{"payment_id": f"P{number}"} for number in range(3)]


def test_a_table_that_is_counted_from_its_parents(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "from pytest_synthdata import ForeignKey, Key, TableFactory\n"
        "class ShopFactory(TableFactory):\n    shop_id = Key('S{}')\n"
        "class VisitFactory(TableFactory):\n    shop = ForeignKey(ShopFactory, per_parent=3)\n"
    )
    arguments = ("generate", "--factories", "shop", "--out", ".", "--json", "--rows")
    tables = json.loads(run(*arguments, "shops=50", "visits", cwd=tmp_path).stdout)["tables"]
    assert [(table["table"], table["rows"]) for table in tables] == [("shops", 50), ("visits", 150)]
    assert "give the number of 'shops' alone" in run(*arguments, "visits=7", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("count", "rows"),
    [("9007199254740993", 2**53 + 1), ("1.5M", 1_500_000), ("1_000.25k", 1_000_250), ("9.007199254740993b", None)],
)
def test_numbers_of_rows_are_exact(count: str, rows: int | None) -> None:
    if rows is None:
        with pytest.raises(SynthDataError, match="not a whole number"):
            table_rows(f"orders={count}")
    else:
        assert table_rows(f"orders={count}") == ("orders", rows)


@pytest.mark.parametrize("name", ["../evil", "/evil", "a\\b", "..", ".", "", "two\nlines", 5, ["evil"]])
def test_no_table_leaves_the_folder(name: Any) -> None:
    with pytest.raises(DeclarationError, match=re.escape(f"EvilFactory: Meta.table is {name!r}")):

        class EvilFactory(TableFactory):
            class Meta:
                table = name


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["generate", "--rows", "ordres=10", "--out", "x"], 2, "did you mean 'orders'"),
        (["generate", "--rows", "orders=many", "--out", "x"], 2, "orders=10M"),
        (["generate", "--rows", "orders=1.5", "--out", "x"], 2, "not a whole number"),
        (["generate", "--factories", "no_such_module", "--out", "x"], 2, "no_such_module"),
        (["generate", "--format", "xml", "--out", "x"], 2, "xml"),
        (["generate", "--factories", "./shop.py", "--out", "x"], 2, "cannot import './shop.py'"),
        (["generate", "orders=5", "orders=7", "--out", "x"], 2, "two numbers of rows are asked for: orders=5 orders=7"),
        (["generate", "orders=5", "customers=0", "--out", "x"], 2, "the table 'customers' has no rows to refer to"),
        (["generate", "--from", "2024-06-33", "--out", "x"], 2, "--from 2024-06-33 is not a date or a time"),
        (
            ["generate", "--out", "s3://bucket/x"],
            2,
            "s3://bucket/x is not a path of this machine: give a local one and copy it, save to a Volume by `synthdata",
        ),
        (["validate", "--rows", "ordres=10"], 2, "did you mean 'orders'"),
        (["generate", "--out", "x", "--rows-per-file", "0"], 2, "0 is not in the range"),
        (["generate", "--out", "x", "--format", "delta", "--rows-per-file", "9"], 2, "leave out --rows-per-file 9"),
        (["validate", "--parent", "customers=x"], 2, "--parent goes with PATH"),
        (["generate"], 2, "--out"),
        (["generate", "--out", ""], 2, "'--out' is an empty text"),
        (["genrate"], 2, "genrate"),
    ],
)
def test_mistakes_are_named(here: Path, arguments: list[str], code: int, message: str) -> None:
    done = invoked(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert message in done.stderr
    told = invoked(*arguments, "--json")
    assert (told.exit_code, told.stderr) == (code, "")
    assert message in json.loads(told.stdout)["error"]
    assert list(here.iterdir()) == []


def test_mistakes_of_the_project_are_not_those_of_the_command(here: Path) -> None:
    (here / "late.py").write_text(
        "from pytest_synthdata import *\n"
        "class AlertFactory(TableFactory):\n    raised_at = Times('2024-01-01', '2024-01-31')\n"
        "    closed_at = Times('2024-01-01', '2024-01-31')\n    where = Array('a', length=2)\n"
    )
    (here / "taken").write_text("")
    (here / "broken.py").write_text("def")
    alerts = ("generate", "alerts=5", "--factories", "late", "--out", "x")
    for arguments, message in (
        (("generate", "--factories", "broken", "--out", "x"), "cannot import 'broken': SyntaxError"),
        (("generate", "customers=5", "--out", "taken/x"), "Not a directory"),
        ((*alerts, "--to", "2024-01-09", "--append"), "say by which: Meta.arrival = 'raised_at' in its factory\n"),
        (("stream", *alerts[1:], "--by", "day"), "in its factory, or where you ask for them: --column raised_at\n"),
        (("stream", *alerts[1:], "--column", "raised_at", "--format", "csv"), "; write Parquet or JSON, or leave"),
    ):
        done = invoked(*arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_what_is_left_by_an_interrupted_command_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(table: Any, *arguments: Any, **options: Any) -> Path:
        if table.name == "orders":
            raise KeyboardInterrupt
        return to_files(table, *arguments, **options)

    to_files = Table.to_files
    monkeypatch.setattr(Table, "to_files", interrupted)
    done = invoked("generate", "customers=2", "orders=2", "--out", "x")
    assert done.exit_code == 130
    assert done.stderr.startswith(
        "Interrupted: x/customers is complete, and nothing is left of the others; run it again"
    )
    assert invoked("generate", "orders=2", "--out", "y").stderr.startswith("Interrupted: y/customers is complete")


def test_nothing_is_written_if_one_table_is_there(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "part-00000.csv").write_text("1\n")
    (tmp_path / "orders" / "_SUCCESS").touch()
    refused = invoked("generate", "orders=5", "--out", str(tmp_path))
    assert refused.exit_code == 1
    assert refused.stderr.endswith("is not empty; write elsewhere, or overwrite it: --overwrite\n")
    assert [item.name for item in tmp_path.iterdir()] == ["orders"]
    assert invoked("generate", "orders=5", "--out", str(tmp_path), "--overwrite").exit_code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_command_leaves_no_half_written_table(tmp_path: Path, number: signal.Signals, code: int) -> None:
    # Long enough that it is certainly not done; two processes write where there are two processors.
    with subprocess.Popen(
        [*COMMAND, "generate", "--rows", "orders=2B", "customers=100", "--out", "."],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not any(tmp_path.glob(".orders*/part-*")):
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        assert process.wait(30) == code
        assert process.stderr is not None
        errors = process.stderr.read()
        assert b"Traceback" not in errors
        assert (b"customers is complete" in errors) is (number == signal.SIGINT)
    assert [item.name for item in tmp_path.iterdir()] == ["customers"]
    assert (tmp_path / "customers" / "_SUCCESS").exists()


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom pytest_synthdata.cli import cli\n"
        "result = CliRunner().invoke(cli, ['--help'])\nassert 'generate' in result.output, result.output\n"
        "heavy = {'numpy', 'pyarrow', 'pandas', 'scipy', 'pyspark', 'factory', 'faker', 'databricks.sdk', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
