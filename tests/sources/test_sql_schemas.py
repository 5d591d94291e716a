"""Schemas as people have them: CREATE TABLE with all that it says, dataclasses, columns alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner

from pytest_synthdata import Dataset, DeclarationError, SynthDataError, TableFactory
from pytest_synthdata.cli import cli
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
    buyers = shop[0]["orders"].to_arrow()["buyer"]
    assert 0 < buyers.null_count < len(buyers) / 5  # it may be null
    assert set(buyers.drop_null().to_pylist()) <= set(shop[0]["customers"].to_arrow()["id"].to_pylist())


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


def factories_of(sql: str) -> tuple[dict[str, Any], str]:
    """The factories of some statements by their source, and the source."""
    tables = list(infer_tables(samples_of_sql(sql), base=TableFactory))
    source = module_source([one for one, _ in tables], "Factories.")
    names: dict[str, Any] = {}
    exec(compile(source, "inferred", "exec", dont_inherit=True), names)
    return {one.table: names[one.class_name] for one, _ in tables}, source


def test_all_types_of_spark_4() -> None:
    types = {
        "TINYINT": pa.int8(), "SMALLINT": pa.int16(), "INT": pa.int32(), "BIGINT": pa.int64(), "FLOAT": pa.float32(),
        "DOUBLE": pa.float64(), "DECIMAL(12,3)": pa.decimal128(12, 3), "STRING": pa.string(), "BINARY": pa.binary(),
        "BOOLEAN": pa.bool_(), "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us", "UTC"), "VARIANT": pa.string(),
        "TIMESTAMP_NTZ": pa.timestamp("us"), "TIME(3)": pa.time64("us"), "INTERVAL DAY TO SECOND": pa.duration("us"),
        "CHAR(3)": pa.string(), "VARCHAR(9)": pa.string(), "STRING COLLATE UNICODE": pa.string(), "VOID": pa.string(),
        "ARRAY<TIME>": pa.list_(pa.time64("us")),
        "STRUCT<a: VARIANT, `b c`: INTERVAL HOUR NOT NULL COMMENT 'x'>": pa.struct(
            [("a", pa.string()), pa.field("b c", pa.duration("us"), nullable=False)]
        ),
        "MAP<STRING, ARRAY<STRING COLLATE UTF8_LCASE>>": pa.map_(pa.string(), pa.list_(pa.string())),
    }  # fmt: skip
    columns = ", ".join(f"c{number} {name}" for number, name in enumerate(types))
    made, _ = factories_of(f"CREATE TABLE everything ({columns})")
    assert Dataset({made["everything"]: 5})["everything"].to_arrow().schema.types == list(types.values())
    for name, message in (("GEOMETRY(4326)", "declare it as binary"), ("INTERVAL YEAR TO MONTH", "an int of months")):
        with pytest.raises(SynthDataError, match=rf"c: .*{message}"):
            factories_of(f"CREATE TABLE x (c {name})")


def test_keys_and_references_of_all_kinds() -> None:
    made, source = factories_of(
        "CREATE TABLE employees (id BIGINT PRIMARY KEY, reports_to BIGINT REFERENCES employees, email STRING UNIQUE);"
        "CREATE TABLE orders (order_id BIGINT PRIMARY KEY, seller BIGINT REFERENCES employees(id));"
        "CREATE TABLE order_lines (order_id BIGINT REFERENCES orders, line_no INT, PRIMARY KEY (order_id, line_no));"
        "CREATE TABLE students (id INT PRIMARY KEY, mentor_of INT REFERENCES courses(id));"
        "CREATE TABLE courses (id INT PRIMARY KEY, best_student INT REFERENCES students(id));"
        "CREATE TABLE shipments (id INT, order_id BIGINT, line_no INT,"
        " FOREIGN KEY (Line_no, order_id) REFERENCES order_lines(line_no, ORDER_ID));"
        "CREATE TABLE lost (a INT, b INT, FOREIGN KEY (a, b) REFERENCES nowhere(a, b));"
    )
    counted = {"order_lines"}
    shop = Dataset({factory: None if table in counted else 80 for table, factory in made.items()})
    employees, lines = shop["employees"].to_arrow(), shop["order_lines"].to_arrow()
    assert set(employees["reports_to"].drop_null().to_pylist()) <= set(employees["id"].to_pylist())
    assert all("@" in one for one in employees["email"].to_pylist())
    assert pc.count_distinct(employees["email"]).as_py() == 80
    assert set(shop["orders"].to_arrow()["seller"].drop_null().to_pylist()) <= set(employees["id"].to_pylist())
    pairs = list(zip(lines["order_id"].to_pylist(), lines["line_no"].to_pylist(), strict=True))
    assert len(set(pairs)) == len(pairs) > 80
    assert source.count("mentor") + source.count("best_student") == 2  # of a circle one reference is kept
    assert "# REFERENCES " in source
    shipped = shop["shipments"].to_arrow()
    found = set(zip(shipped["order_id"].to_pylist(), shipped["line_no"].to_pylist(), strict=True))
    assert found - {(None, None)} <= set(pairs)
    assert "Not kept: FOREIGN KEY (a, b) REFERENCES nowhere(a, b)" in source


def test_expressions_of_generated_columns_and_checks() -> None:
    made, source = factories_of(
        "CREATE TABLE g (id INT, placed TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(placed AS DATE)),"
        " year INT GENERATED ALWAYS AS (year(placed)), month TIMESTAMP GENERATED ALWAYS AS (date_trunc('MM', placed)),"
        " name STRING, shout STRING GENERATED ALWAYS AS (concat(upper(name), '!')), size INT CHECK (size IN (-1, 2)),"
        " odd STRING GENERATED ALWAYS AS (CASE WHEN id > 1 THEN 'a' ELSE 'b' END),"
        " low INT, high INT, CHECK (low + 3 < high AND (NOT low = 7 OR high IS NULL)), CHECK (-low < 0),"
        " word STRING CHECK (word RLIKE '^[a-z]'))"
    )
    rows = Dataset({made["g"]: 300})["g"].to_arrow().to_pylist()
    for row in rows:
        assert row["day"] == row["placed"].date()
        assert (row["year"], row["month"].month, row["month"].day) == (row["placed"].year, row["placed"].month, 1)
        assert row["shout"] == row["name"].upper() + "!"
        assert row["low"] + 3 < row["high"]
        assert row["low"] not in (0, 7)
        assert row["word"][0].islower()
    assert {row["size"] for row in rows} == {-1, 2}
    assert "# Not kept: GENERATED ALWAYS AS (CASE WHEN id > 1 THEN 'a' ELSE 'b' END)" in source


OTHERS = {
    "CREATE TABLE a (id serial primary key, total money, at timestamptz default now(), tags text[], j jsonb)": [
        pa.int32(), pa.decimal128(19, 4), pa.timestamp("us", "UTC"), pa.list_(pa.string()), pa.string()
    ],
    "CREATE TABLE b (id INT(11) AUTO_INCREMENT PRIMARY KEY, e ENUM('a', 'b'), t TINYINT(1), KEY i (e)) ENGINE=InnoDB": [
        pa.int32(), pa.string(), pa.int8()
    ],
    "CREATE TABLE c (note STRING COMMENT 'it''s one; CREATE TABLE y')": [pa.string()],
}  # fmt: skip


@pytest.mark.parametrize("sql", OTHERS)
def test_what_other_databases_write(sql: str) -> None:
    made, _ = factories_of(f"CREATE CATALOG main; {sql}; INSERT INTO z VALUES (1)")
    (factory,) = made.values()
    assert [one.type for one in Dataset({factory: 3})[factory._meta.table].schema] == OTHERS[sql]


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "shop.sql").write_text("CREATE TABLE größen (id INT)", "utf-16")
    result = CliRunner().invoke(cli, ["infer", str(tmp_path / "shop.sql")])
    assert 'table = "größen"' in result.output


def test_names_of_columns_have_no_case() -> None:
    made, source = factories_of(
        "CREATE TABLE c (Code STRING, Id INT, amount INT, Twice INT GENERATED ALWAYS AS (AMOUNT * 2), PRIMARY KEY (ID),"
        " CHECK (AMOUNT > 0)); CREATE TABLE o (x INT, C_Ref INT, FOREIGN KEY (c_ref) REFERENCES C(ID))"
    )
    assert "Not kept" not in source
    shop = Dataset(dict.fromkeys(made.values(), 50))
    for row in shop["c"].to_arrow().to_pylist():
        assert row["Twice"] == 2 * row["amount"] > 0
    keys = shop["c"].to_arrow()["Id"]
    assert pc.count_distinct(keys).as_py() == 50
    assert pc.all(pc.is_in(shop["o"].to_arrow()["C_Ref"], keys)).as_py()


def test_a_file_of_statements_in_python(tmp_path: Path) -> None:
    (tmp_path / "shop.sql").write_text("CREATE TABLE a (id INT); CREATE TABLE b (id INT, at TIME)", "utf-8")
    made = TableFactory.from_schema(tmp_path / "shop.sql", table="b")
    assert Dataset({made: 2})["b"].schema.types == [pa.int32(), pa.time64("us")]
    with pytest.raises(SynthDataError, match="2 tables: a, b; name one by table="):
        TableFactory.from_schema(str(tmp_path / "shop.sql"))
    (tmp_path / "one.sql").write_text("CREATE TABLE things (id INT)", "utf-8")
    assert TableFactory.from_schema(tmp_path / "one.sql")._meta.table == "things"


def test_identities_and_later_changes_of_tables() -> None:
    sql = """
    CREATE TABLE orders (id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 10) PRIMARY KEY,
      note STRING);
    CREATE TABLE places (id INT AUTO_INCREMENT, down INT IDENTITY (-1, -1));
    ALTER TABLE orders ADD COLUMNS (size INT NOT NULL, place INT);
    ALTER TABLE orders ADD CONSTRAINT there FOREIGN KEY (place) REFERENCES places (id);
    ALTER TABLE orders ALTER COLUMN place SET NOT NULL;
    ALTER TABLE orders DROP COLUMN note;
    """
    (places, first), (orders, second) = infer_tables(samples_of_sql(sql), base=TableFactory)
    assert (places.table, orders.table) == ("places", "orders")
    made = Dataset({first: 3, second: 4}, seed=1)
    assert made["orders"].to_arrow()["id"].to_pylist() == [100, 110, 120, 130]
    assert made["places"].to_arrow()["id"].to_pylist() == [1, 2, 3]
    assert places.comments["down"] == "Not kept: IDENTITY (START WITH -1 INCREMENT BY -1)"
    assert made["orders"].schema.names == ["id", "note", "size", "place"]
    assert set(made["orders"].to_arrow()["place"].to_pylist()) <= {1, 2, 3}
    assert orders.remarks[""] == "Not kept: ALTER TABLE orders DROP COLUMN note"


def _spark_schema() -> Any:
    from pyspark.sql import types

    inner = types.StructType([types.StructField("x", types.IntegerType(), nullable=False)])
    items = types.ArrayType(types.IntegerType(), containsNull=False)
    columns = [("id", types.StringType(), False), ("part", inner, True), ("sizes", items, False)]
    return types.StructType([types.StructField(name, type_, nullable) for name, type_, nullable in columns])


NOT_NULL = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("part", pa.struct([pa.field("x", pa.int32(), nullable=False)])),
        pa.field("sizes", pa.list_(pa.field("item", pa.int32(), nullable=False)), nullable=False),
    ]
)


SPARK = _spark_schema()


@pytest.mark.parametrize(
    "schema", [NOT_NULL, SPARK, SPARK.jsonValue(), SPARK.json()], ids=["arrow", "spark", "dict", "json"]
)
def test_what_is_never_null_stays_so_in_structs_and_arrays_too(schema: Any) -> None:
    assert Dataset({TableFactory.from_schema(schema, table="things"): 3})["things"].schema.equals(NOT_NULL)


def test_fields_that_are_never_null() -> None:
    _, source = factories_of("CREATE TABLE things (part STRUCT<x: INT NOT NULL, y: INT>)")
    assert source.count(".not_null()") == 1


def test_an_end_follows_its_start_in_structs_too() -> None:
    made = TableFactory.from_schema("stay struct<start_at: timestamp, end_at: timestamp>", table="stays")
    stays = Dataset({made: 200})["stays"].to_arrow()["stay"].combine_chunks()
    assert pc.all(pc.less(*stays.flatten())).as_py()


def test_the_short_form_of_a_spark_schema() -> None:
    made = TableFactory.from_schema(SPARK.simpleString(), table="things")
    assert Dataset({made: 3})["things"].schema.names == NOT_NULL.names
    with pytest.raises(SynthDataError, match=r"give what StructType.jsonValue\(\) or .json\(\) gives"):
        TableFactory.from_schema({"type": "struct", "fields": [{"name": "id"}]})
