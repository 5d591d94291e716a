"""What each of the four requests asks for, checked on the files."""

import csv
import json
from collections import Counter, defaultdict
from decimal import Decimal

import billing
import customers
import products
import pyarrow.parquet as pq
import sensors

from pytest_synthdata import Dataset


def test_orders_are_weighted_by_tier(tmp_path):
    dataset = Dataset({customers.OrderFactory: 25_000}, seed=42)
    for table in dataset:
        table.to_parquet(tmp_path / f"{table.name}.parquet")
    tier = {row["customer_id"]: row["tier"] for row in pq.read_table(tmp_path / "customers.parquet").to_pylist()}
    orders = pq.read_table(tmp_path / "orders.parquet").to_pylist()
    each = Counter(tier[order["customer_id"]] for order in orders)
    people = Counter(tier.values())
    assert each["Enterprise"] / people["Enterprise"] > 4 * each["Free"] / people["Free"]
    assert len({order["order_id"] for order in orders}) == len(orders)
    assert not dataset.validate().failed


def test_a_few_products_sell_most(tmp_path):
    dataset = Dataset({products.SaleFactory: 20_000}, seed=42)
    for table in dataset:
        table.to_json(tmp_path / f"{table.name}.json")
    category = {}
    for line in (tmp_path / "products.json").read_text().splitlines():
        row = json.loads(line)
        category[row["product_id"]] = row["category"]
    lines = (tmp_path / "sales.json").read_text().splitlines()
    sales = Counter(json.loads(line)["product_id"] for line in lines)
    assert sum(count for _, count in sales.most_common(len(category) // 5)) > 0.4 * sales.total()
    by_category, kinds = Counter(), Counter(category.values())
    for product, count in sales.items():
        by_category[category[product]] += count
    assert by_category["Electronics"] / kinds["Electronics"] > 1.5 * by_category["Clothing"] / kinds["Clothing"]


def test_an_order_s_total_is_the_sum_of_its_lines(tmp_path):
    dataset = Dataset({billing.OrderFactory: 2_000}, seed=42)
    for table in dataset:
        table.to_csv(tmp_path / f"{table.name}.csv")
    with (tmp_path / "line_items.csv").open() as file:
        lines = list(csv.DictReader(file))
    with (tmp_path / "orders.csv").open() as file:
        orders = list(csv.DictReader(file))
    totals, counts = defaultdict(Decimal), Counter()
    for line in lines:
        totals[line["order_id"]] += Decimal(line["amount"])
        counts[line["order_id"]] += 1
    assert all(Decimal(order["total_amount"]) == totals[order["order_id"]] for order in orders)
    assert all(int(order["num_lines"]) == counts[order["order_id"]] for order in orders)
    assert len({(line["order_id"], line["product_id"]) for line in lines}) == len(lines)


def test_sensors_come_in_batches():
    dataset = Dataset({sensors.DeviceFactory: 20, sensors.ReadingFactory: None}, seed=42)
    found = list(sensors.batches(dataset))
    assert dataset.readings.num_rows == 20 * 24 * 60 == sum(len(batch) for batch in found)
    assert {len(batch) for batch in found} <= {sensors.BATCH, dataset.readings.num_rows % sensors.BATCH}
    rows = dataset.readings.to_arrow().to_pylist()
    base = {row["device_id"]: row["base_temperature"] for row in dataset.devices.to_arrow().to_pylist()}
    near = [abs(row["temperature"] - base[row["device_id"]]) < 8 for row in rows if row["temperature"] is not None]
    assert sum(near) / len(near) > 0.97
    assert 0.002 < sum(row["temperature"] is None for row in rows) / len(rows) < 0.03
