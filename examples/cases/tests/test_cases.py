"""What each of the four requests asks for, checked on the files."""

import csv
import json
from collections import Counter, defaultdict
from decimal import Decimal

import billing
import customers
import products
import pyarrow.parquet as pq
import pytest
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


@pytest.fixture(scope="module")
def plant():
    return Dataset({sensors.DeviceFactory: 20, sensors.ReadingFactory: None}, seed=42)


@pytest.fixture(scope="module")
def readings(plant):
    return list(sensors.batches(plant))


def test_sensors_come_in_batches_in_the_order_of_time(plant, readings):
    assert sum(map(len, readings)) == plant.readings.num_rows == 20 * 14 * 24 * 6
    assert [len(batch) for batch in readings[:-1]] == [sensors.BATCH] * (len(readings) - 1)
    times = [time for batch in readings for time in batch["read_at"].to_pylist()]
    assert times == sorted(times)
    rows = readings[0].to_pylist()
    base = {row["device_id"]: row["base_temperature"] for row in plant.devices.to_arrow().to_pylist()}
    near = [abs(row["temperature"] - base[row["device_id"]]) < 8 for row in rows if row["temperature"] is not None]
    assert sum(near) / len(near) > 0.95
    assert 0.002 < sum(row["temperature"] is None for row in rows) / len(rows) < 0.03


def test_each_reading_has_the_version_of_its_device_that_was_valid_then(plant, readings):
    versions = defaultdict(list)
    for version in sensors.dimension(plant).to_pylist():
        versions[version["device_id"]].append(version)
    assert sum(map(len, versions.values())) > 40  # of 20 devices
    behind = 0
    for row in (row for batch in readings for row in batch.to_pylist()):
        valid = [
            version
            for version in versions[row["device_id"]]
            if version["valid_from"] <= row["read_at"]
            and (version["valid_to"] is None or row["read_at"] < version["valid_to"])
        ]
        assert [(version["firmware"], version["line"]) for version in valid] == [(row["firmware"], row["line"])]
        behind += row["line"] != versions[row["device_id"]][-1]["line"]
    assert behind > 1_000  # which a join with the devices as they are now gets wrong


def test_the_dimension_says_what_a_snapshot_says(plant, readings):
    for row in [batch.to_pylist()[number] for batch in readings for number in (0, -1)]:
        devices = {device["device_id"]: device for device in plant.devices.at(row["read_at"]).to_arrow().to_pylist()}
        device = devices[row["device_id"]]
        assert (device["firmware"], device["line"]) == (row["firmware"], row["line"])
    last = plant.devices.at(sensors.LAST).to_arrow().to_pylist()
    current = [row for row in sensors.dimension(plant).to_pylist() if row["is_current"]]
    assert [{name: row[name] for name in last[0]} for row in current] == last


def test_changes_bring_the_devices_up_to_date(plant):
    """What a stream would merge: the changes of each day, onto the devices of the day before."""
    state = {row["device_id"]: row for row in plant.devices.at("2024-06-01").to_arrow().to_pylist()}
    for day in range(2, 15):
        date = f"2024-06-{day:02d}"
        for row in plant.devices.changes(date, date, format="autocdc").to_arrow().to_pylist():
            assert row.pop("operation") == "UPDATE"
            assert row.pop("sequence") > 0
            state[row["device_id"]] = row
        assert list(state.values()) == plant.devices.at(date).to_arrow().to_pylist()
