"""Schemas as people have them: CREATE TABLE with all that it says, dataclasses, columns alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, DeclarationError, SynthDataError, TableFactory
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import samples_of_sql

SHOP = """
-- what a shop has
CREATE TABLE customers (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tier STRING DEFAULT 'Free' COMMENT 'what they pay for',
  state CHAR(2) NOT NULL,
  code VARCHAR(4) UNIQUE,
  size INT CHECK (size BETWEEN 1 AND 9),
  kind STRING CHECK (kind IN ('a', 'b')),
  since DATE, until DATE,
  price DECIMAL(12,2),
  gross DECIMAL(12,2) GENERATED ALWAYS AS (price * 2),
  CONSTRAINT later CHECK (since < until),
  CHECK (lower(tier) = 'x')
) USING DELTA;
CREATE TABLE orders (id INT, buyer BIGINT REFERENCES customers (id), PRIMARY KEY (id));
"""


@pytest.fixture(scope="module")
def shop() -> Any:
    pairs = list(infer_tables(samples_of_sql(SHOP), base=TableFactory))
    made = {one.table: factory for one, factory in pairs}
    dataset = Dataset({made["customers"]: 300, made["orders"]: 500})
    return dataset, module_source([one for one, _ in pairs], "A shop.")


def test_constraints_hold(shop: Any) -> None:
    rows = shop[0]["customers"].to_arrow()
    assert rows.schema.field("id").type == pa.int64()
    assert not rows.schema.field("state").nullable
    for unique in ("id", "code"):
        assert len(rows[unique].unique()) == 300
    assert {len(one) for one in rows["state"].to_pylist()} == {2}
    assert set(rows["size"].to_pylist()) <= set(range(1, 10))
    assert set(rows["kind"].to_pylist()) == {"a", "b"}
    for row in rows.to_pylist():
        assert row["since"] < row["until"]
        assert row["gross"] == row["price"] * 2


def test_what_cannot_be_kept_is_told(shop: Any) -> None:
    assert "# Not kept: CHECK (LOWER(tier) = 'x')" in shop[1]
    assert "# DEFAULT 'Free'" in shop[1]


def test_foreign_keys(shop: Any) -> None:
    buyers = shop[0]["orders"].to_arrow()["buyer"].to_pylist()
    assert set(buyers) <= set(shop[0]["customers"].to_arrow()["id"].to_pylist())


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ("id INT, PRIMARY KEY (id)", [pa.int32()]),
        ("amount DECIMAL(12,2) DEFAULT 0", [pa.decimal128(12, 2)]),
        ("id BIGINT -- the key\n, b int", [pa.int64(), pa.int32()]),
        ("a TIME, b VARIANT, c INTERVAL DAY TO SECOND", [pa.time64("us"), pa.string(), pa.duration("us")]),
        ("a STRING COLLATE UTF8_LCASE NOT NULL", [pa.string()]),
    ],
)
def test_columns_as_they_stand_in_a_statement(schema: str, types: Any) -> None:
    made = Dataset({TableFactory.from_schema(schema, table="t"): 3})["t"]
    assert made.schema.types == types
    assert made.to_arrow().num_rows == 3


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        ("id bigint email string", "a comma is missing after 'id'"),
        ("id bigint NOT NULL email string", "is a comma missing"),
        ("a INTERVAL YEAR TO MONTH", "an int of months"),
        ("CREATE TABLE a (x INT); CREATE TABLE b (x INT)", "these are 2 tables: a, b"),
        ("id INT NOT NULL, id INT", "two columns have one name, 'id'"),
    ],
)
def test_what_is_wrong_is_said(schema: str, what: str) -> None:
    with pytest.raises((DeclarationError, SynthDataError), match=what):
        TableFactory.from_schema(schema, table="t")


def test_surrogate_keys_lengths_and_ends_after_beginnings() -> None:
    schema = "ca_address_sk int NOT NULL, ca_state char(2), ca_country varchar(20)"
    rows = Dataset({TableFactory.from_schema(schema, table="customer_address"): 200})["customer_address"]
    assert not rows.schema.field("ca_address_sk").nullable
    assert len(rows.to_arrow()["ca_address_sk"].unique()) == 200
    assert {len(one) for one in rows.to_arrow()["ca_state"].to_pylist()} == {2}
    assert max(map(len, rows.to_arrow()["ca_country"].to_pylist())) <= 20
    trips = TableFactory.from_schema("pickup_datetime timestamp, dropoff_datetime timestamp", table="trips")
    assert all(
        row["pickup_datetime"] < row["dropoff_datetime"] for row in Dataset({trips: 300}).trips.to_arrow().to_pylist()
    )


@dataclasses.dataclass
class Person:
    id: int
    email: str
    born: dt.date | None = None


def test_dataclasses_and_columns() -> None:
    made = Dataset({TableFactory.from_schema(Person, table="people"): 3})["people"]
    required = [pa.field("id", pa.int64(), nullable=False), pa.field("email", pa.string(), nullable=False)]
    assert made.schema == pa.schema([*required, ("born", pa.date32())])
    made = Dataset({TableFactory.from_schema({"id": [1, 2], "email": ["a", "b"]}, table="t"): 2})["t"]
    assert made.schema.names == ["id", "email"]


def test_a_file_of_statements(tmp_path: Path) -> None:
    (tmp_path / "shop.sql").write_text(SHOP, "utf-8")
    command = [sys.executable, "-m", "pytest_synthdata", "infer", "shop.sql"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "ForeignKey(CustomerFactory" in done.stdout
