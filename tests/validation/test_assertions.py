"""`assert_matches` and `synthdata validate`: anybody's data, held against a factory's declarations."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pytest_synthdata import Dataset, SynthDataError, assert_matches
from pytest_synthdata.cli import cli
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
from pytest_synthdata.validation import Validation

DATASET = Dataset({CustomerFactory: 300, OrderFactory: 3_000, TicketFactory: 2_000}, seed=5)
ORDERS = DATASET.orders.to_arrow()


def changed(name: str, cells: dict[int, Any]) -> pa.Table:
    """The orders with some cells of a column replaced."""
    values = ORDERS[name].to_pylist()
    for row, value in cells.items():
        values[row] = value
    return ORDERS.set_column(
        ORDERS.schema.get_field_index(name), name, pa.array(values, ORDERS.schema.field(name).type)
    )


def said(data: Any, **arguments: Any) -> str:
    with pytest.raises(AssertionError) as raised:
        assert_matches(data, OrderFactory, **arguments)
    return str(raised.value)


def saved(form: str) -> Callable[[Path], Path]:
    return lambda folder: DATASET.orders.to_files(folder / "data", form)


def partitioned(folder: Path) -> Path:
    """As Spark's `partitionBy` writes it: the column is in the names of folders."""
    pq.write_to_dataset(ORDERS, folder / "data", partition_cols=["status"])
    return folder / "data"


FORMS: dict[str, Callable[[Path], Any]] = {
    "Arrow": lambda _: ORDERS,
    "batches": lambda _: ORDERS.to_reader(700),
    "pandas": lambda _: ORDERS.to_pandas(),
    "rows": lambda _: ORDERS.to_pylist(),
    "our table": lambda _: DATASET.orders,
    "Parquet": saved("parquet"),
    "Parquet by partition": partitioned,
    "CSV": saved("csv"),
    "JSON lines": saved("json"),
    "Delta": saved("delta"),
}


@pytest.mark.parametrize("form", FORMS)
def test_data_in_any_form_matches(form: str, tmp_path: Path) -> None:
    result = assert_matches(FORMS[form](tmp_path), OrderFactory, parents=DATASET)
    assert isinstance(result, Validation)
    assert result["orders"].rows == 3_000
    assert {"amount", "status", "order_date", "customer"} <= {check.column for check in result.checks}


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
def test_spark_frames_match_or_say_why_not(synth_spark: Any) -> None:
    frame = DATASET.orders.to_spark(synth_spark)
    parents = {"customers": DATASET.customers.to_spark(synth_spark)}
    assert assert_matches(frame, OrderFactory, parents=parents)["orders"].rows == 3_000
    text = said(frame.replace("completed", "done", subset=["status"]), parents=parents)
    assert "orders.status: other values (done)" in text


def test_rows_that_break_a_rule_are_shown() -> None:
    text = said(changed("status", {7: "lost", 2_999: "lost"}), parents=DATASET)
    lines = text.splitlines()
    assert lines[0].startswith("orders is not what OrderFactory declares: 1 of ")
    assert lines[2:5] == ["orders.status: other values (lost)", "  expected 0", "  actual   2"]
    assert [line.split()[:3] for line in lines[5:8]] == [
        ["row", "order_id", "status"],
        ["7", "ORD-000007", "lost"],
        ["2999", "ORD-002999", "lost"],
    ]


def test_deviations_say_how_unlikely_they_are() -> None:
    doubled = ORDERS.set_column(2, "amount", pc.multiply(ORDERS["amount"], 2.0))
    text = said(doubled, parents=DATASET)
    assert "orders.amount: median where customer.tier = Pro\n  expected 148.4\n  actual   2" in text
    assert "by chance 1 in" in text


def test_many_failures_are_cut() -> None:
    columns = [name for name in ORDERS.column_names if name != "order_id"]
    nulls = ORDERS.select(["order_id"])
    for name in columns:
        nulls = nulls.append_column(name, pa.nulls(3_000, ORDERS.schema.field(name).type))
    text = said(nulls, parents=DATASET, false_alarms=0.5)
    assert text.count("\n  expected ") == min(10, int(text.split(": ")[1].split()[0]))


def test_without_parents_what_needs_them_is_named_not_guessed() -> None:
    result = assert_matches(ORDERS, OrderFactory)
    assert set(result["orders"].unchecked) == {"customer_id", "amount"}
    text = said(changed("status", {7: "lost"}))
    assert "not checked:\n  orders.customer_id: the rows of customers are not at hand\n  orders.amount: " in text


def test_what_is_still_to_be_collected_is_collected() -> None:
    class LazyFrame:
        """What there is to see of Polars' class of this name, which the development environment does not have."""

        __module__ = "polars.lazyframe.frame"

        def collect(self) -> Any:
            return ORDERS

    assert_matches(LazyFrame(), OrderFactory)


def test_no_factory_and_no_data_are_explained() -> None:
    with pytest.raises(SynthDataError, match="int is not a TableFactory; give the class"):
        assert_matches(ORDERS, int)  # type: ignore[type-var]
    with pytest.raises(SynthDataError, match="float is not data that can be read"):
        assert_matches(1.5, OrderFactory)
    with pytest.raises(SynthDataError, match="there is nothing at nowhere"):
        assert_matches("nowhere", OrderFactory)


def test_the_traceback_ends_in_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from pytest_synthdata import Dataset, assert_matches
        from pytest_synthdata.factories import OrderFactory

        def test_it():
            assert_matches([{"order_id": "ORD-7"}], OrderFactory)
    """)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *AssertionError: orders is not what OrderFactory declares: *", "E *ORD-7"])
    result.stdout.no_fnmatch_line("*matching.py:*: AssertionError")


# --- synthdata validate and synthdata report ---------------------------------------------------------------------


def run(*arguments: object) -> tuple[int, str]:
    """The command's exit code and what it printed."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables as `synthdata generate` writes them; `bad` beside them has orders of another status."""
    path = tmp_path_factory.mktemp("data")
    for table in DATASET:
        table.to_parquet(path / table.name)
    (path / "bad").mkdir()
    pq.write_table(changed("status", {7: "lost"}), path / "bad" / "part.parquet")
    return path


def test_a_folder_of_tables(folder: Path) -> None:
    code, text = run("validate", folder)
    assert code == 0, text
    assert re.findall(r"^(\w+) +([\d,]+) ", text, re.MULTILINE) == [
        ("customers", "300"),
        ("orders", "3,000"),
        ("tickets", "2,000"),
    ]


def test_tables_that_are_missing_or_that_nothing_describes_are_named(folder: Path, tmp_path: Path) -> None:
    for table in ("customers", "orders"):
        shutil.copytree(folder / table, tmp_path / table)
    shutil.copytree(folder / "orders", tmp_path / "returns")
    code, text = run("validate", tmp_path)
    assert code == 0
    assert text.splitlines()[-2:] == [
        f"{tmp_path}: not checked: there is no data of tickets",
        f"{tmp_path}: not checked: no factory describes returns",
    ]
    code, text = run("validate", tmp_path, "--factories", "pytest_synthdata.factories.tickets")  # as --against
    assert code == 1
    assert "tickets: missing table\n  expected there\n  actual   missing\n" in text
    orders = ("--against", "pytest_synthdata.factories:OrderFactory")
    shutil.rmtree(tmp_path / "customers")
    code, text = run("validate", tmp_path, *orders)
    assert code == 0
    assert "there is no data of customers" in text


def test_one_table_against_a_factory_with_its_parents_beside_it(folder: Path) -> None:
    code, text = run("validate", folder / "orders", "--against", "pytest_synthdata.factories:OrderFactory", "--json")
    result = json.loads(text)
    assert (code, result["ok"]) == (0, True)
    assert [table["table"] for table in result["tables"]] == ["orders"]
    assert "orphans" in {check["kind"] for check in result["tables"][0]["checks"]}


def test_a_fault_is_named_and_is_exit_code_1(folder: Path) -> None:
    against = ("--against", "pytest_synthdata.factories:OrderFactory")
    code, text = run("validate", folder / "bad", *against, "--parent", f"customers={folder / 'customers'}")
    assert code == 1
    assert "\norders.status: other values (lost)\n" in text
    assert "1 of" in text.splitlines()[-1]


def test_without_a_path_generated_data_is_looked_at() -> None:
    code, text = run("validate", "--rows", "orders=1k", "--rows", "customers=100", "--seed", "9")
    assert code == 0
    assert re.findall(r"^\w+ +([\d,]+) ", text, re.MULTILINE) == ["100", "1,000"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("bad",), "whose table is it"),
        (("orders", "--parent", "customers"), "is not TABLE=PATH"),
        (("orders", "--parent", "custommers=customers"), "did you mean 'customers'"),
        (("orders", "--against", "pytest_synthdata.factories:OderFactory"), "did you mean 'OrderFactory'"),
    ],
)
def test_mistakes_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(folder)
    code, text = run("validate", *arguments)
    assert (code, says in text) == (2, True)


def test_a_report_of_generated_data(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    code, text = run("report", page, "--rows", "customers=60")
    assert code == 0
    assert text.startswith(f"{page}: ")
    assert "60" in page.read_text("utf-8")
    page.write_text("mine")
    assert f"{page} is not a report, and is not overwritten" in run("report", page, "--rows", "customers=6")[1]
    assert page.read_text() == "mine"
