"""Factories from the statistics that files and catalogs keep, without their data."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pytest_synthdata import Dataset
from pytest_synthdata.cli.infer import infer

SECRETS = ["AAA Secret", "Zyx Secret"]
UTC = dt.timezone.utc


def orders(count: int = 200) -> pa.Table:
    numbers = range(count)
    first = dt.datetime(2024, 2, 1, 6, 30, tzinfo=UTC)
    return pa.table(
        {
            "order_id": pa.array(range(500, 500 + count)),
            "customer_id": pa.array([7 + number % 40 for number in numbers]),
            "city": [SECRETS[number % 2] for number in numbers],
            "phone": pa.array([4915112345678 + number for number in numbers]),
            "quantity": pa.array([None if number % 4 == 0 else number % 9 - 2 for number in numbers], pa.int32()),
            "ratio": [number / (count - 1) for number in numbers],
            "price": [Decimal("1.25") + number for number in numbers],
            "ordered_on": [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in numbers],
            "seen": pa.array([first + dt.timedelta(hours=number) for number in numbers], pa.timestamp("ns", "UTC")),
            "note": pa.array([None] * count, pa.string()),
            "tags": [["x"]] * count,
        }
    )


def customers() -> pa.Table:
    return pa.table({"customer_id": list(range(7, 47)), "name": [SECRETS[0]] * 20 + [SECRETS[1]] * 20})


def run(*paths: Path | str) -> str:
    result = CliRunner().invoke(infer, [*map(str, paths), "--statistics-only"], catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def made(source: str, sizes: dict[str, int | None]) -> Any:
    names: dict[str, Any] = {}
    exec(compile(source, "inferred", "exec", dont_inherit=True), names)
    return Dataset({names[name]: rows for name, rows in sizes.items()}, seed=3)


def without_pages(file: Path) -> None:
    """Overwrite all that comes before a file's footer."""
    content = bytearray(file.read_bytes())
    footer = int.from_bytes(content[-8:-4], "little") + 8
    content[4:-footer] = b"\xa5" * (len(content) - footer - 4)
    file.write_bytes(bytes(content))


def check_orders(source: str) -> None:
    assert not any(secret in source for secret in SECRETS)
    assert "4915112345678" not in source
    assert "rows = 200" in source
    data = made(source, {"CustomerFactory": None, "OrderFactory": None})
    assert (data.orders.num_rows, data.customers.num_rows) == (200, 40)
    table = data.orders.to_arrow()
    theirs = orders()
    for name in ("order_id", "customer_id", "quantity", "ratio", "price", "ordered_on", "seen"):
        ends = pc.min_max(table[name]).as_py()
        own = pc.min_max(theirs[name].cast(table.schema.field(name).type)).as_py()
        assert own["min"] <= ends["min"] <= ends["max"] <= own["max"], name
    assert pc.count_distinct(table["order_id"]).as_py() == 200
    # 200 draws of p = 0.25: five standard deviations are 0.153.
    assert abs(table["quantity"].null_count / 200 - 0.25) < 0.153
    assert table["note"].null_count == 200
    assert set(table["customer_id"].to_pylist()) <= set(data.customers.to_arrow()["customer_id"].to_pylist())
    assert all(len(str(one)) == 13 for one in table["phone"].to_pylist())


def test_footers_are_read_and_no_page(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    pq.write_table(orders().slice(0, 90), tmp_path / "orders" / "part-0.parquet", row_group_size=40)
    pq.write_table(orders().slice(90), tmp_path / "orders" / "part-1.parquet")
    pq.write_table(customers(), tmp_path / "customers.parquet")
    for file in tmp_path.rglob("*.parquet"):
        without_pages(file)
        with pytest.raises(OSError, match=r".+"):
            pq.read_table(file)
    check_orders(run(tmp_path))


def test_the_log_of_a_delta_table_is_read_and_no_file(tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake")
    table = orders().set_column(8, "seen", orders()["seen"].cast(pa.timestamp("us", "UTC")))
    table = table.append_column("country", pa.array([SECRETS[number % 2] for number in range(200)]))
    table = table.append_column("year", pa.array([2023 + number % 2 for number in range(200)], pa.int32()))
    for part in (table.slice(0, 90), table.slice(90)):
        deltalake.write_deltalake(str(tmp_path / "orders"), part, partition_by=["country", "year"], mode="append")
    deltalake.write_deltalake(str(tmp_path / "customers"), customers())
    for file in tmp_path.rglob("*.parquet"):
        file.unlink()
    source = run(tmp_path / "orders", tmp_path / "customers")
    check_orders(source)
    assert 'year = Integers(2023, 2024).cast("int")' in source


def test_folders_of_partitions_and_columns_that_some_files_lack(tmp_path: Path) -> None:
    for year, part in ((2023, orders().select(["order_id"])), (2024, orders().select(["order_id", "price"]))):
        folder = tmp_path / "sales" / f"year={year}" / "city=Secret%20Town"
        folder.mkdir(parents=True)
        pq.write_table(part, folder / "part-0.parquet")
    source = run(tmp_path / "sales")
    assert "rows = 400" in source
    assert "Integers(2023, 2024)" in source
    assert "Uniform(1.25, 200.25).round(2)" in source
    assert ".nulls(0.5)" in source
    assert "Secret" not in source


def test_a_column_without_statistics_says_so(tmp_path: Path) -> None:
    pq.write_table(orders(), tmp_path / "orders.parquet", write_statistics=["order_id", "quantity"])
    source = run(tmp_path / "orders.parquet")
    assert "    # No range is kept of it: its name and type decide.\n    price = " in source
    assert "decide.\n    quantity" not in source


def test_days_that_stand_for_never_are_not_the_ends_of_a_range(tmp_path: Path) -> None:
    days = {"valid_from": [dt.date(2023, 5, 1), dt.date(2024, 5, 1)], "valid_to": [dt.date(2024, 5, 1), dt.date.max]}
    pq.write_table(pa.table(days), tmp_path / "prices.parquet")
    source = run(tmp_path / "prices.parquet")
    assert 'valid_from = Dates("2023-05-01", "2024-05-01")' in source
    assert "9999" not in source


def test_an_end_by_its_name_follows_its_start_and_stays_in_its_range(tmp_path: Path) -> None:
    starts = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(90)]
    ends = [min(day + dt.timedelta(days=9), starts[-1]) for day in starts]
    theirs = pa.table({"start_date": [*starts, *[None] * 30], "end_date": [*ends[30:], *[None] * 60]})
    pq.write_table(theirs, tmp_path / "stays.parquet")
    source = run(tmp_path)
    table = made(source, {"StayFactory": 2_000}).stays.to_arrow()
    assert pc.all(pc.less_equal(table["start_date"], table["end_date"])).as_py()
    assert pc.max(table["end_date"]).as_py() == starts[-1]
    # Half of 2,000 ends are null, a quarter because their starts are: five standard deviations are 0.056.
    assert abs(table["end_date"].null_count / 2_000 - 0.5) < 0.056


def test_what_a_catalog_describes(tmp_path: Path) -> None:
    described = {
        "table_name": "payments",
        "columns": [
            {"name": "payment_id", "type": {"name": "bigint"}, "nullable": False},
            {"name": "amount", "type": {"name": "decimal", "precision": 12, "scale": 2}, "nullable": True},
            {"name": "payer", "type": {"name": "string", "collation": "UTF8_BINARY"}, "nullable": True},
            {"name": "currency", "type": {"name": "varchar", "length": 3}, "nullable": True},
            {"name": "paid_at", "type": {"name": "timestamp_ltz"}, "nullable": True},
            {
                "name": "lines",
                "type": {"name": "array", "element_type": {"name": "int"}, "element_nullable": True},
                "nullable": True,
            },
        ],
        "statistics": {"num_rows": 40, "size_in_bytes": 900},
    }
    shown = {
        "table_name": "payments",
        "statistics": {
            "num_rows": 50,
            "column_statistics": {
                "payment_id": {"min": "101", "max": "150", "null_count": 0},
                "amount": {"min": "5.00", "max": "95.50", "null_count": 5},
                "payer": {"min": SECRETS[0], "max": SECRETS[1], "null_count": 0},
                "paid_at": {"min": "2024-03-01 08:00:00", "max": "2024-03-31 20:00:00", "null_count": 0},
            },
        },
    }
    file = tmp_path / "described.json"
    file.write_text(json.dumps(described), "utf-8")
    assert "rows = 40" in run(file)
    file.write_text(json.dumps(described) + "\n" + json.dumps(shown, indent=2), "utf-8")
    source = run(file)
    assert "Secret" not in source
    table = made(source, {"PaymentFactory": None}).payments.to_arrow()
    assert table["payment_id"].to_pylist() == list(range(101, 151))
    assert not table.schema.field("payment_id").nullable
    assert table.schema.field("amount").type == pa.decimal128(12, 2)
    assert 5 <= pc.min(table["amount"]).as_py() <= pc.max(table["amount"]).as_py() <= Decimal("95.50")
    assert pc.max(pc.utf8_length(table["currency"])).as_py() == 3
    assert dt.datetime(2024, 3, 1, 8, tzinfo=UTC) <= pc.min(table["paid_at"]).as_py()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("orders.csv", "a,b\n1,2\n", "orders.csv has no statistics: it holds csv; give Parquet"),
        ("orders.json", '{"a": 1}\n{"a": 2}\n', "rows in JSON have none"),
        ("orders.parquet", "PAR1 no", "cannot be read as Parquet"),
        ("orders.sql", "CREATE TABLE a (b INT)", "a schema keeps no statistics"),
    ],
)
def test_what_has_no_statistics(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(Exception, match=r".+") as failed:
        run(tmp_path / name)
    assert said in str(failed.value)
