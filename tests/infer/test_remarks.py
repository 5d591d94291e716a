"""What a schema's comments say stands in the source as a comment; references that may be null are null in some rows."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt

import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, TableFactory
from pytest_synthdata.databricks.catalog.definitions import definition_of
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import Sample, samples_of_schema, samples_of_sql
from pytest_synthdata.sources.statistics.extents import ColumnStatistics, Statistics

SHOP = """
CREATE TABLE customers (
  id BIGINT PRIMARY KEY COMMENT 'as the shop''s till has it', name STRING COMMENT 'first\nimport os  # "and" last',
  city STRING COMMENT 'type: of town', age INT
) COMMENT 'who buys';
CREATE TABLE orders (
  id BIGINT PRIMARY KEY, customer_id BIGINT REFERENCES customers(id) COMMENT 'null: a guest',
  paid_by BIGINT NOT NULL REFERENCES customers(id), parent_id BIGINT REFERENCES orders(id)
);
CREATE TABLE lines (order_id BIGINT REFERENCES orders(id), no INT, PRIMARY KEY (order_id, no));
CREATE TABLE returns (id BIGINT PRIMARY KEY, order_id BIGINT, line_no INT, FOREIGN KEY (order_id, line_no)
  REFERENCES lines (order_id, no));
COMMENT ON COLUMN customers.age IS 'in years';
COMMENT ON TABLE orders IS 'what is bought';
"""


def source_of(samples: dict[str, Sample]) -> str:
    return module_source([one for one, _ in infer_tables(samples, base=TableFactory)], "Shop.")


def shop() -> dict[str, pa.Table]:
    made = [factory for _, factory in infer_tables(samples_of_sql(SHOP), base=TableFactory)]
    counts = {"customers": 200, "orders": 2_000, "returns": 2_000}
    dataset = Dataset({one: counts[one._meta.table] for one in made if one._meta.table in counts} | {made[2]: None})
    return {name: getattr(dataset, name).to_arrow() for name in ("orders", "returns")}


def test_comments_of_columns_stand_behind_them() -> None:
    source = source_of(samples_of_sql(SHOP))
    lines = [line.strip() for line in source.splitlines()]
    assert 'id = Key("{}", start=1).cast("bigint").not_null()  # as the shop\'s till has it' in lines
    assert 'name = Fake("company")  # first import os # "and" last' in lines
    assert any(line.endswith('  # "type: of town"') for line in lines), "mypy reads `# type:` behind an assignment"
    assert any(line.startswith("age = ") and line.endswith("  # in years") for line in lines)
    assert {"# who buys", "# what is bought"} <= set(lines)
    assert not any(isinstance(node, ast.Import) for node in ast.walk(ast.parse(source)))


def test_long_comments_stand_before_their_columns_and_are_cut() -> None:
    text = "a word or two " * 40
    source = source_of(samples_of_sql(f"CREATE TABLE notes (id INT PRIMARY KEY, size INT COMMENT '{text}')"))
    before = source[source.index("# a word") : source.index("size = ")]
    assert len(before.split()) < 80
    assert before.rstrip().endswith("…")
    assert max(map(len, source.splitlines())) <= 88


def test_other_schemas_describe_their_columns_too() -> None:
    schema = {
        "title": "Visit",
        "description": "Who came.",
        "properties": {"day": {"type": "string", "format": "date", "description": "by the\nlocal clock"}},
    }
    source = source_of(samples_of_schema(schema) or {})
    assert "  # by the local clock" in source
    assert "    # Who came.\n" in source
    record = {"type": "record", "name": "visit", "fields": [{"name": "size", "type": "int", "doc": "how many came"}]}
    assert "  # how many came" in source_of(samples_of_schema(record) or {})


def test_the_catalogs_comments_are_read() -> None:
    catalog = pytest.importorskip("databricks.sdk.service.catalog")
    column = catalog.ColumnInfo(name="size", type_text="int", type_json='"integer"', comment="how many\ncame")
    info = catalog.TableInfo(full_name="main.shop.visits", columns=[column], comment="who came")
    said = definition_of(info, {"main.shop.visits": "visits"})
    source = source_of({"visits": Sample(said.schema, definition=said)})
    assert "  # how many came" in source
    assert "    # who came\n" in source


def test_references_that_may_be_null_are_null_in_some_rows() -> None:
    # 5 % of 2,000 rows are 100, with a standard deviation of 10.
    made = shop()
    orders, returns = made["orders"], made["returns"]
    assert 50 <= orders["customer_id"].null_count <= 150
    assert orders.schema.field("customer_id").nullable
    assert not orders.schema.field("paid_by").nullable
    assert orders["parent_id"].null_count == 1, "the first row has none"
    assert 50 <= returns["order_id"].null_count == returns["line_no"].null_count <= 150


def test_optional_fields_are_references_with_nulls() -> None:
    @dataclasses.dataclass
    class Customer:
        customer_id: int
        born: dt.date | None

    @dataclasses.dataclass
    class Order:
        order_id: int
        customer_id: int | None
        seller_customer_id: int

    samples = {**(samples_of_schema(Customer) or {}), **(samples_of_schema(Order) or {})}
    made = dict(zip(("customer", "order"), (one for _, one in infer_tables(samples, base=TableFactory)), strict=True))
    orders = Dataset({made["customer"]: 50, made["order"]: 1_000}).order.to_arrow()
    assert 15 <= orders["customer_id"].null_count <= 85  # 5 %: 50, with a standard deviation of 7
    assert not orders.schema.field("seller_customer_id").nullable


@pytest.mark.parametrize(("nulls", "least", "most"), [(0, 0, 0), (500, 400, 600)])
def test_shares_of_nulls_that_are_known_are_kept(nulls: int, least: int, most: int) -> None:
    samples = samples_of_sql(SHOP)
    said = Statistics(1_000, {"customer_id": ColumnStatistics(nulls)})
    samples["orders"] = dataclasses.replace(samples["orders"], statistics=said)
    made = [factory for _, factory in infer_tables(samples, base=TableFactory)]
    orders = next(one for one in made if one._meta.table == "orders")
    customers = next(one for one in made if one._meta.table == "customers")
    table = Dataset({customers: 100, orders: 1_000}).orders.to_arrow()
    assert least <= table["customer_id"].null_count <= most
