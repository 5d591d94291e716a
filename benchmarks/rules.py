"""Rules across tables at size: totals made by executors, lives without illegal steps, readings from the middle.

pip install -e '.[local,benchmarks]'
python benchmarks/rules.py [totals|lives|series] [--rows 10_000_000]
"""

from __future__ import annotations

import argparse
import re
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from generate import noop, spark_session

from pytest_synthdata import (
    Categorical,
    Count,
    Dataset,
    Exponential,
    ForeignKey,
    Given,
    Key,
    Lifecycle,
    LogNormal,
    Readings,
    ReadingTime,
    Series,
    Step,
    Steps,
    Sum,
    TableFactory,
    Times,
    col,
)


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"

    order_id = Key("{}").cast("bigint")
    tier = Categorical({"Enterprise": 0.1, "Pro": 0.3, "Free": 0.6})
    total = Sum("lines.price")
    pieces = Count("lines")


class LineFactory(TableFactory):
    class Meta:
        table = "lines"

    order = ForeignKey(OrderFactory, per_parent=3)
    price = Given(
        "order.tier", {"Enterprise": LogNormal(5, 0.8), "Pro": LogNormal(4, 0.7)}, default=LogNormal(3, 0.6)
    ).cast("decimal(12,2)")


class ShipmentFactory(TableFactory):
    class Meta:
        table = "shipments"

    shipment_id = Key("{}").cast("bigint")
    ordered_at = Times("2024-01-01", "2024-12-31")
    life = Lifecycle(
        "placed",
        {
            "placed": {"paid": 0.92, "cancelled": 0.08},
            "paid": {"shipped": 1.0},
            "shipped": {"delivered": 0.9, "returned": 0.1},
            "returned": {"shipped": 0.5},
        },
        start="ordered_at",
        after={"paid": Exponential(2), "shipped": LogNormal(3, 0.5), "delivered": Exponential(48), "returned": 72.0},
        until="2024-12-31",
    )
    status = col("life.state")
    steps = col("life.number")


class ShipmentEventFactory(TableFactory):
    class Meta:
        table = "events"

    shipment = ForeignKey(ShipmentFactory, per_parent=Steps("life"))
    step = Step("shipment.life")


AUTOCORRELATION = 0.9


class DeviceFactory(TableFactory):
    class Meta:
        table = "devices"

    device_id = Key("{}").cast("bigint")


class ReadingFactory(TableFactory):
    class Meta:
        table = "readings"

    device = ForeignKey(DeviceFactory, per_parent=Readings("1h", start="2023-01-01", end="2024-02-21"))
    read_at = ReadingTime()
    value = Series(0.0, noise=1.0, autocorrelation=AUTOCORRELATION)


LEGAL = {
    *(("placed", "paid"), ("placed", "cancelled"), ("paid", "shipped"), ("shipped", "delivered")),
    *(("shipped", "returned"), ("returned", "shipped")),
}


def totals(rows: int) -> None:
    """Orders whose totals are their lines' sums, both made by executors; the totals are recomputed by Spark."""
    dataset = Dataset({OrderFactory: rows, LineFactory: None}, seed=42)
    with spark_session() as spark:
        orders = dataset.orders.to_spark(spark, distributed=True)
        lines = dataset["lines"].to_spark(spark, distributed=True)
        noop(dataset.orders.to_spark(spark, distributed=True).limit(1))
        begin = time.perf_counter()
        noop(orders)
        seconds = time.perf_counter() - begin
        plan = orders._jdf.queryExecution().toString()
        print(f"{rows:,} orders with {3 * rows:,} lines: {rows / seconds / 1e6:.2f} M orders/s")
        print(f"shuffles in the plan: {len(re.findall('Exchange', plan))}; joins: {len(re.findall('Join', plan))}")
        sums = lines.groupBy("order_id").agg({"price": "sum"}).withColumnRenamed("sum(price)", "again")
        wrong = orders.join(sums, "order_id", "full").where("again is null or total is null or again <> total").count()
        print(f"orders whose total is not the sum of their lines, by Spark: {wrong}")


def lives(rows: int) -> None:
    """All events of all lives: illegal steps, and states that are not the last event's."""
    dataset = Dataset({ShipmentFactory: rows, ShipmentEventFactory: None}, seed=42)
    begin, number, illegal, backwards, ends = time.perf_counter(), 0, 0, 0, []
    last: tuple[Any, Any, Any] = (None, None, None)
    counts = np.zeros(rows, np.int16)
    for batch in dataset["events"].batches():
        ids = np.asarray(batch["shipment_id"])
        step = batch["step"]
        states, at = pc.struct_field(step, "state"), np.asarray(pc.struct_field(step, "at").cast(pa.int64()))
        coded = states.dictionary_encode()
        names, codes = coded.dictionary.to_pylist(), np.asarray(coded.indices)
        same = ids[1:] == ids[:-1]
        pairs = np.unique(np.stack([codes[:-1][same], codes[1:][same]]), axis=1, return_counts=True)
        illegal += sum(
            int(count) for (a, b), count in zip(pairs[0].T, pairs[1], strict=True) if (names[a], names[b]) not in LEGAL
        )
        backwards += int((at[1:][same] < at[:-1][same]).sum())
        if last[0] == ids[0]:
            illegal += (last[1], names[codes[0]]) not in LEGAL
            backwards += last[2] > at[0]
        last = ids[-1], names[codes[-1]], at[-1]
        np.add.at(counts, ids, 1)
        is_last = np.append(~same, True)
        ends.append(pa.table({"id": ids[is_last], "state": states.filter(pa.array(is_last))}))
        number += len(ids)
    seconds = time.perf_counter() - begin
    print(f"{number:,} events of {rows:,} lives: {number / seconds / 1e6:.2f} M events/s on one core")
    print(f"illegal steps: {illegal}; times that go back: {backwards}")
    final = np.empty(rows, object)
    for part in ends:  # of an order that two batches share, the later one counts
        final[np.asarray(part["id"])] = part["state"].to_pylist()
    wrong = start = 0
    for batch in dataset.shipments.batches():
        stop = start + batch.num_rows
        wrong += int((final[start:stop] != np.array(batch["status"].to_pylist(), object)).sum())
        wrong += int((counts[start:stop] != np.asarray(batch["steps"])).sum())
        start = stop
    print(f"orders whose state or number of steps is not their events': {wrong}")


def series(rows: int) -> None:
    """Readings of ``rows / 10`` devices, 10,008 of each: 1,000 from the middle, and how alike neighbours are."""
    import scipy.special  # noqa: F401 - what is imported once is not what is measured

    begin = time.perf_counter()
    table = Dataset({DeviceFactory: rows // 10, ReadingFactory: None}, seed=42)["readings"]
    print(f"{table.num_rows:,} readings are counted in {time.perf_counter() - begin:.1f} s")
    took = []
    for number in range(20):
        start = table.num_rows // 2 + number * table.num_rows // 50 + 12_345
        begin = time.perf_counter()
        table.to_arrow(start, start + 1_000)
        took.append(time.perf_counter() - begin)
    first, *others = (seconds * 1e3 for seconds in took)
    print(f"1,000 readings from the middle: the first {first:.0f} ms, then {min(others):.0f} to {max(others):.0f} ms")
    each, found = table.num_rows // (rows // 10), []
    for device in range(20):
        noise = table.to_arrow(device * each, (device + 1) * each)["value"].to_numpy()
        found.append(float((noise[1:] * noise[:-1]).mean() / (noise * noise).mean()))
    error = 4 * ((1 - AUTOCORRELATION**2) / each / len(found)) ** 0.5  # four standard errors (Bartlett 1946)
    print(
        f"autocorrelation of 20 devices: {np.mean(found):.4f}; declared {AUTOCORRELATION}, expected within {error:.4f}"
    )


PARTS = {"totals": totals, "lives": lives, "series": series}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("--rows", type=int, default=10_000_000)
    arguments = parser.parse_args()
    for name, run in PARTS.items():
        if arguments.part in (None, name):
            run(arguments.rows)
