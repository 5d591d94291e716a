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

from pytest_synthdata import Dataset, DeclarationError, SynthDataError, TableFactory
from pytest_synthdata.cli.arguments import _table_rows
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.factories import CustomerFactory, OrderFactory

COMMAND = [sys.executable, "-m", "pytest_synthdata"]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


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
            _table_rows(f"orders={count}")
    else:
        assert _table_rows(f"orders={count}") == ("orders", rows)


@pytest.mark.parametrize("name", ["../evil", "/evil", "a\\b", "..", ".", "", "two\nlines", 5, ["evil"]])
def test_no_table_leaves_the_folder(name: Any) -> None:
    with pytest.raises(DeclarationError, match=re.escape(f"EvilFactory: Meta.table is {name!r}")):

        class EvilFactory(TableFactory):
            class Meta:
                table = name


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["generate", "--rows", "ordres=10", "--out", "x"], 1, "did you mean 'orders'"),
        (["generate", "--rows", "orders=many", "--out", "x"], 1, "orders=10M"),
        (["generate", "--rows", "orders=1.5", "--out", "x"], 1, "not a whole number"),
        (["generate", "--factories", "no_such_module", "--out", "x"], 1, "no_such_module"),
        (["generate", "--format", "xml", "--out", "x"], 2, "xml"),
        (["generate"], 2, "--out"),
        (["genrate"], 2, "genrate"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("generate", "--out", "x"), ("validate",)])
def test_mistakes_are_json_for_scripts(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run(*command, "--rows", "ordres=10", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert "did you mean 'orders'" in json.loads(done.stdout)["error"]


def test_nothing_is_written_if_one_table_is_there(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "part-00000.csv").write_text("1\n")
    (tmp_path / "orders" / "_SUCCESS").touch()
    assert "not empty" in run("generate", "--out", ".", cwd=tmp_path).stderr
    assert [item.name for item in tmp_path.iterdir()] == ["orders"]
    assert run("generate", "--out", ".", "--overwrite", cwd=tmp_path).returncode == 0


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
        assert b"Traceback" not in process.stderr.read()
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--factories", "./shop.py", "--out", "x"), "cannot import './shop.py'"),
        (("--factories", "broken", "--out", "x"), "cannot import 'broken': SyntaxError"),
        (("--rows", "orders=5", "orders=7", "--out", "x"), "a table is asked for twice"),
        (("--rows", "customers=5", "--out", "taken/x"), "Not a directory"),
        (("--rows", "orders=5", "customers=0", "--out", "x"), "the table 'customers' has no rows to refer to"),
    ],
)
def test_an_error_is_one_line(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    (tmp_path / "broken.py").write_text("def")
    (tmp_path / "taken").write_text("")
    done = run("generate", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    done = run("generate", *arguments, "--json", cwd=tmp_path)
    assert message in json.loads(done.stdout)["error"]
    assert not (tmp_path / "x").exists()
