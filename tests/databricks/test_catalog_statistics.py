"""`synthdata infer --statistics-only main.sales.orders`: tables of Unity Catalog, of which no row is read."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from strict_catalog import WAREHOUSE, TableCatalog, column
from strict_workspace import TOKEN, Workspace

from pytest_synthdata import Dataset, SynthDataError
from pytest_synthdata.cli import main
from pytest_synthdata.databricks.catalog.statements import Warehouse
from pytest_synthdata.databricks.catalog.table_names import TableName, is_table_name
from pytest_synthdata.databricks.catalog.tables import described_tables

SECRETS = ("Aaron Secret", "Zoe Secret")
LINES = {"type": "array", "elementType": {"type": "struct", "fields": [
    {"name": "sku", "type": "string", "nullable": True, "metadata": {}},
    {"name": "size", "type": "variant", "nullable": True, "metadata": {}},
]}, "containsNull": True}  # fmt: skip
KEPT = {
    "num_rows": 200,
    "column_statistics": {
        "order_id": {"min": "1000", "max": "1199", "null_count": 0},
        "customer_id": {"min": "7", "max": "46", "null_count": 0},
        "amount": {"min": "5.00", "max": "95.50", "null_count": 50},
        "placed_at": {"min": "2024-02-01 06:30:00", "max": "2024-02-29 20:00:00", "null_count": 0},
        "due_on": {"min": "2024-03-01", "max": "2024-04-30", "null_count": 0},
        "salary": {"min": "31337", "max": "987654", "null_count": 0},
        "note": {"min": SECRETS[0], "max": SECRETS[1], "null_count": 200},
        "currency": {"min": "CHF", "max": "USD", "null_count": 0},
    },
}
Run = Callable[..., tuple[int, str, str]]


def properties(kept: dict[str, Any]) -> dict[str, str]:
    """Statistics as Spark writes them into a table's properties."""
    said = {"spark.sql.statistics.numRows": str(kept["num_rows"]), "spark.sql.statistics.totalSize": "900"}
    for name, one in kept["column_statistics"].items():
        start = f"spark.sql.statistics.colStats.{name}"
        said |= {f"{start}.version": "2", f"{start}.distinctCount": "9", f"{start}.avgLen": "8", f"{start}.maxLen": "8"}
        said |= {f"{start}.{key}": one[key] for key in ("min", "max")} | {f"{start}.nullCount": str(one["null_count"])}
    return said


def foreign_key(child: str, parent: str, key: str) -> dict[str, Any]:
    said = {"name": f"{child}_fk", "child_columns": [child], "parent_table": parent, "parent_columns": [key]}
    return {"foreign_key_constraint": said}


def primary_key(*names: str) -> dict[str, Any]:
    return {"primary_key_constraint": {"name": "pk", "child_columns": list(names)}}


@pytest.fixture
def tables(logged_in: Workspace) -> TableCatalog:
    """Customers and their orders, of which nothing is known yet but their columns."""
    found = logged_in.tables
    found.add(
        "main.sales.customers",
        column("number", "long", "bigint", nullable=False),
        column("name", "string"),
        table_constraints=[primary_key("number")],
        properties=properties(
            {"num_rows": 40, "column_statistics": {"number": KEPT["column_statistics"]["customer_id"]}}
        ),
    )
    found.add(
        "main.sales.orders",
        column("order_id", "long", "bigint", nullable=False),
        column("customer_id", "long", "bigint"),
        column("amount", "decimal(12,2)"),
        column("placed_at", "timestamp"),
        column("due_on", "date"),
        column("salary", "integer", "int", mask={"function_name": "main.sales.hidden"}),
        column("note", "string"),
        column("currency", "string", metadata={"__CHAR_VARCHAR_TYPE_STRING": "char(3)", "CURRENT_DEFAULT": "'EUR'"}),
        column("lines", LINES, "array<struct<sku:string,size:variant>>"),
        table_constraints=[primary_key("order_id"), foreign_key("customer_id", "main.sales.customers", "number")],
        properties={"delta.constraints.positive": "amount > 0", "delta.minReaderVersion": "1"},
    )
    return found


@pytest.fixture
def infer(logged_in: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command as the shell runs it: its exit code, output and errors."""
    assert logged_in.url

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["synthdata", "infer", *arguments])
        monkeypatch.setattr(sys, "path", [*sys.path])
        with pytest.raises(SystemExit) as ended:
            main()
        output, errors = capsys.readouterr()
        assert TOKEN not in output + errors
        assert "Secret" not in output + errors
        return int(ended.value.code or 0), output, errors

    return run


def made(source: str) -> Any:
    names: dict[str, Any] = {}
    exec(compile(source, "inferred", "exec", dont_inherit=True), names)
    return Dataset({one: None for name, one in names.items() if name in ("OrderFactory", "CustomerFactory")}, seed=3)


def check_orders(source: str) -> None:
    """The rows of both tables are as their constraints and statistics say."""
    shop = made(source)
    orders, customers = shop.orders.to_arrow(), shop.customers.to_arrow()
    assert (orders.num_rows, customers.num_rows) == (200, 40)
    assert orders["order_id"].to_pylist() == list(range(1000, 1200))
    assert customers["number"].to_pylist() == list(range(7, 47))
    assert not orders.schema.field("order_id").nullable
    assert pc.all(pc.is_in(orders["customer_id"], customers["number"])).as_py()
    amounts = orders["amount"].drop_null().to_pylist()
    assert Decimal(5) <= min(amounts) <= max(amounts) <= Decimal("95.50")
    # A quarter of 200 rows is null, within 5 standard deviations.
    assert abs(orders["amount"].null_count - 50) < 5 * (200 * 0.25 * 0.75) ** 0.5
    assert dt.date(2024, 3, 1) <= pc.min(orders["due_on"]).as_py() <= pc.max(orders["due_on"]).as_py()
    assert pc.max(orders["placed_at"]).as_py() <= dt.datetime(2024, 2, 29, 20, tzinfo=dt.timezone.utc)
    assert orders["note"].null_count == 200
    assert set(pc.utf8_length(orders["currency"]).to_pylist()) == {3}
    assert pa.types.is_list(orders.schema.field("lines").type)
    assert "31337" not in source  # what a mask hides
    assert "987654" not in source
    assert 'where = (col("amount") > 0) | col("amount").is_null()' in source
    assert "DEFAULT 'EUR'" in source


def test_what_the_catalog_itself_tells(tables: TableCatalog, infer: Run, logged_in: Workspace) -> None:
    tables.tables["main.sales.orders"]["properties"] |= properties(KEPT)
    code, source, errors = infer("main.sales.orders", "MAIN.sales.`customers`", "--statistics-only")
    assert (code, errors) == (0, "")
    check_orders(source)
    assert not any("/sql/" in request for request in logged_in.requests)


@pytest.mark.parametrize("runtime", ["show", "json", "text"])
def test_what_a_warehouse_tells(
    tables: TableCatalog, infer: Run, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.kept["main.sales.orders"] = KEPT
    tables.tables["main.sales.orders"]["properties"] |= {"spark.sql.statistics.numRows": "200"}
    tables.runtime, tables.waiting = runtime, ["PENDING", "RUNNING"] if runtime == "show" else []
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("DATABRICKS_WAREHOUSE_ID", WAREHOUSE)
    code, source, errors = infer("main.sales.customers", "main.sales.orders", "--statistics-only")
    assert code == 0, errors
    check_orders(source)
    assert not any(re_select(statement) for statement in tables.asked)
    of_orders = [one for one in tables.asked if "`orders`" in one]
    assert len(of_orders) == {"show": 1, "json": 2 + 8, "text": 2 + 8}[runtime]  # the nested column keeps nothing


def re_select(statement: str) -> bool:
    return not statement.startswith(("SHOW STATISTICS ", "DESCRIBE TABLE EXTENDED "))


def test_the_warehouse_is_asked_only_for_what_is_missing(tables: TableCatalog, infer: Run) -> None:
    columns = {name: one for name, one in KEPT["column_statistics"].items() if name != "note"}
    kept = {"num_rows": 200, "column_statistics": columns | {"note": {"min": "", "max": "", "null_count": 200}}}
    tables.tables["main.sales.orders"]["properties"] |= properties(kept)
    code, _, errors = infer("main.sales.orders", "--statistics-only", "--warehouse-id", WAREHOUSE)
    assert (code, tables.asked) == (0, []), errors


def test_odd_names_are_quoted(tables: TableCatalog, infer: Run) -> None:
    tables.runtime = "text"
    tables.add("main.odd-ones.a;--`b", column("Discount ($)", "double"), column("x`y; DROP TABLE z", "long", "bigint"))
    tables.kept["main.odd-ones.a;--`b"] = {
        "num_rows": 5,
        "column_statistics": {"x`y; DROP TABLE z": {"min": "3", "max": "4", "null_count": 0}},
    }
    name = "main.`odd-ones`.`a;--``b`"
    code, source, errors = infer(name, "--statistics-only", "--warehouse-id", WAREHOUSE, "--table", "odd")
    assert code == 0, errors
    assert "Integers(3, 4)" in source
    assert "nothing is kept of the number of rows, Discount ($): run ANALYZE TABLE `main`.`odd-ones`" in errors


def test_tables_of_one_name_are_told_apart(tables: TableCatalog) -> None:
    tables.add(
        "main.crm.customers", column("number", "long", "bigint"), properties={"spark.sql.statistics.numRows": "3"}
    )
    tables.tables["main.sales.orders"]["properties"] |= properties(KEPT)
    found = described_tables(["main.crm.customers", "main.sales.customers", "main.sales.orders"])
    assert list(found) == ["crm_customers", "sales_customers", "orders"]
    assert found["orders"][0].references == {"customer_id": ("sales_customers", "number")}


def test_columns_of_all_types(tables: TableCatalog) -> None:
    names = {
        "long": pa.int64(), "integer": pa.int32(), "short": pa.int16(), "byte": pa.int8(), "double": pa.float64(),
        "float": pa.float32(), "boolean": pa.bool_(), "binary": pa.binary(), "date": pa.date32(), "void": pa.string(),
        "timestamp": pa.timestamp("us", "UTC"), "timestamp_ntz": pa.timestamp("us"),
        "decimal(5,1)": pa.decimal128(5, 1),
        "string collate UNICODE_CI": pa.string(), "variant": pa.string(), "time(6)": pa.time64("us"),
        "interval day to second": pa.duration("us"), "varchar(9)": pa.string(),
    }  # fmt: skip
    columns = [column(f"c{number}", name) for number, name in enumerate(names)]
    tables.add("main.sales.all", *columns, properties={"spark.sql.statistics.numRows": "1"})
    (definition, _) = described_tables(["main.sales.all"])["all"]
    assert definition.schema.types == list(names.values())
    tables.add("main.sales.places", column("id", "long"), column("where", "geography(4326)"), properties={})
    with pytest.raises(SynthDataError, match=r"where: GEOGRAPHY\(4326\) has no type in tables; declare it as binary"):
        described_tables(["main.sales.places"])


def test_keys_of_several_columns(tables: TableCatalog, infer: Run) -> None:
    kept = {"spark.sql.statistics.numRows": "90"}
    key = foreign_key("customer", "main.sales.customers", "number")
    tables.add(
        "main.sales.visits", column("Customer", "long"), column("day", "integer"), properties=kept,
        table_constraints=[primary_key("customer", "DAY"), key],
    )  # fmt: skip
    pair = {
        "name": "p",
        "child_columns": ["c", "d"],
        "parent_table": "main.sales.visits",
        "parent_columns": ["customer", "day"],
    }
    tables.add(
        "main.sales.bills", column("id", "long"), column("c", "long"), column("d", "integer"), properties=kept,
        table_constraints=[{"foreign_key_constraint": pair}],
    )  # fmt: skip
    code, source, errors = infer("main.sales.bills", "main.sales.visits", "main.sales.customers", "--statistics-only")
    assert code == 0, errors
    assert 'key = ("Customer", "day")' in source
    assert "per_parent=Poisson(2.25)" in source  # 90 rows of 40 customers
    assert 'visit = ForeignKey(VisitFactory, column=("c", "d"))' in source


def test_generated_and_identity_columns(tables: TableCatalog) -> None:
    pytest.importorskip("sqlglot")
    more = {"delta.generationExpression": "price * 2"}
    tables.add(
        "main.sales.made",
        column("id", "long", metadata={"delta.identity.start": 1}),
        column("price", "double"),
        column("twice", "double", metadata=more),
        properties={"spark.sql.statistics.numRows": "1"},
    )
    definition, _ = described_tables(["main.sales.made"])["made"]
    assert definition.unique == {"id"}
    assert definition.computed["twice"].sql() == "price * 2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["main.sales.order"], "there is no table main.sales.order: did you mean 'orders'?"),
        (["main.sals.orders"], "no schema 'sals' in main: did you mean 'sales'?"),
        (["mian.sales.orders"], "no catalog 'mian': did you mean 'main'?"),
        (["main.sales.orders"], "no statistics are kept of main.sales.orders: run ANALYZE TABLE `main`.`sales`"),
        (["main.sales.orders"], "COMPUTE STATISTICS FOR ALL COLUMNS, or name a SQL warehouse that may know more"),
        (["main.sales.vips"], "of which no statistics are kept: give the tables that it reads: main.sales.c"),
        (["main.sales.or ders"], "the name of a table cannot be 'or ders': it holds SPACE"),
        (["main.sales.`a/../b`"], "the name of a table cannot be 'a/"),
        (["main.sales.orders", "--warehouse-id", "nonsense"], "SQL warehouse nonsense about main.sales.orders"),
        (["main.sales.orders", "--warehouse-id", "0" * 16], "does not exist"),
        (["main.sales.orders", "--warehouse-id", WAREHOUSE], "statistics are kept of main.sales.orders: run ANALYZE"),
        (["main.sales.secret", "--warehouse-id", WAREHOUSE], "[INSUFFICIENT_PERMISSIONS] User does not have SELECT"),
    ],
)  # fmt: skip
def test_mistakes_are_named(tables: TableCatalog, infer: Run, arguments: list[str], message: str) -> None:
    reads = {"dependencies": [{"table": {"table_full_name": "main.sales.customers"}}]}
    tables.add("main.sales.vips", column("number", "long"), table_type="VIEW", view_dependencies=reads)
    tables.add("main.sales.secret", column("number", "long"))
    tables.forbidden.add("main.sales.secret")
    code, output, errors = infer(*arguments, "--statistics-only")
    assert (code, output) == (1, "")
    assert message in errors
    assert "Traceback" not in errors


def test_who_may_not_look_is_told_what_to_ask_for(tables: TableCatalog, infer: Run, logged_in: Workspace) -> None:
    assert tables.tables
    logged_in.denied = r"GET .*/tables/"
    code, _, errors = infer("main.sales.orders", "--statistics-only")
    assert code == 1
    assert "main.sales.orders may not be looked at: User does not have the privilege; let an owner GRANT you" in errors


def test_refused_credentials_and_missing_ones(
    tables: TableCatalog, infer: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tables.tables
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-wrong-secret")
    code, _, errors = infer("main.sales.orders", "--statistics-only")
    assert (code, "refuses the credentials" in errors, "dapi-wrong" in errors) == (1, True, False)
    monkeypatch.delenv("DATABRICKS_HOST")
    assert "the workspace's host is missing" in infer("main.sales.orders", "--statistics-only")[2]


def test_all_tables_of_a_schema(tables: TableCatalog, infer: Run) -> None:
    tables.add("main.sales.a_view", column("number", "long"), table_type="VIEW")
    tables.add("main.crm.others", column("number", "long"))
    code, source, errors = infer("main.sales.*", "--statistics-only")
    assert code == 0, errors
    assert "class CustomerFactory" in source
    assert "customer = ForeignKey(CustomerFactory" in source
    assert "no statistics are kept of main.sales.orders: run ANALYZE" in errors  # which does not keep the others
    assert "a_view" not in source
    assert "others" not in source
    for name, message in (("main.empty.*", "no schema 'empty' in main"), ("mian.sales.*", "no catalog 'mian'")):
        assert message in infer(name, "--statistics-only")[2]


def test_a_missing_sdk_is_named(infer: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "databricks.sdk", None)
    code, _, errors = infer("main.sales.orders", "--statistics-only")
    assert (code, "pip install 'pytest-synthdata[databricks]'" in errors) == (1, True)


def test_without_the_option_a_table_of_the_catalog_is_nothing_here(infer: Run) -> None:
    code, _, errors = infer("main.sales.orders")
    assert (code, "a table of Unity Catalog goes with --statistics-only" in errors) == (2, True)
    code, _, errors = infer("id int", "--warehouse-id", WAREHOUSE)
    assert (code, "--warehouse-id goes with --statistics-only" in errors) == (2, True)


@pytest.mark.parametrize("name", ["main.sales", "a.b.c.d", "a..c", "./a.b", "", "a.`b.c"])
def test_what_is_no_table_name(name: str) -> None:
    assert not is_table_name(name)
    with pytest.raises(SynthDataError, match=r"write catalog\.schema\.table"):
        TableName.parse(name)


@pytest.mark.parametrize("part", ["a b", "a\u202eb", "ﬁ", "a\x00", "a\\b", "x" * 256, "`a.b`", "`a/b`"])
def test_parts_that_no_table_has(part: str) -> None:
    with pytest.raises(SynthDataError, match="the name of a table cannot be"):
        TableName.parse(f"main.sales.{part}")


def test_names_in_urls_and_sql() -> None:
    name = TableName.parse("main.`größe`.`50%#?``x`")
    assert name.in_urls == "main.gr%C3%B6%C3%9Fe.50%25%23%3F%60x"
    assert name.quoted == "`main`.`größe`.`50%#?``x`"


def test_of_a_column_only_what_is_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [["col_name", "x"], ["min", "NULL"], ["", ""], ["", "3"], ["max", None], ["num_nulls", "4"], ["short"]]
    warehouse = Warehouse(None, "w1")
    monkeypatch.setattr(warehouse, "_rows", lambda statement, table: told)
    assert warehouse.column(TableName("main", "sales", "orders"), "x") == {"col_name": "x", "num_nulls": "4"}
