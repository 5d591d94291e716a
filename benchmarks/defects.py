"""Planted defects: what they cost, and that labels are exactly what differs, from Spark's executors.

    pip install -e '.[local]'
    python benchmarks/defects.py speed [--rows 4_000_000]
    python benchmarks/defects.py exact [--rows 1_000_000]

`speed` compares orders with five kinds of defects, and their labels alone, with clean orders, in turns, on one core.
`exact` makes each kind of defect on executors and compares every cell. Compare ratios within one run only.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata import (
    Dataset,
    Defect,
    Duplicates,
    Late,
    Malformed,
    Missing,
    Nasty,
    Orphans,
    OutOfRange,
    Repeated,
    Stale,
    Swapped,
    Typos,
    col,
)
from pytest_synthdata.defects.differences import differ
from pytest_synthdata.factories import CustomerFactory, OrderFactory

FIVE = [
    Missing("amount", 0.01),
    OutOfRange("amount", 0.005),
    Orphans("customer", 0.002),
    Late("order_date", 0.01),
    Duplicates(0.005),
]


def speed(rows: int, turns: int = 5) -> None:
    dataset = Dataset({CustomerFactory: 100_000, OrderFactory: rows}, defects={OrderFactory: FIVE})
    labels: Any = dataset.defects["orders"].view
    jobs = {
        "clean orders": lambda: sum(batch.num_rows for batch in dataset.clean.orders.batches()),
        "dirty orders": lambda: sum(batch.num_rows for batch in dataset.orders.batches()),
        "labels alone": lambda: sum(batch.num_rows for batch in labels.scan()),
    }
    best = dict.fromkeys(jobs, math.inf)
    made: dict[str, int] = {}
    for _ in range(turns):
        for name, job in jobs.items():
            begin = time.process_time()
            made[name] = job()
            best[name] = min(best[name], time.process_time() - begin)
    clean = rows / best["clean orders"]
    for name, seconds in best.items():
        rate = rows / seconds
        print(f"{name}: {rate / 1e6:6.2f} M rows/s ({rate / clean:.2f}x of clean), {made[name]:,} rows made")


class DeliveryFactory(OrderFactory):
    """Orders with more columns to spoil."""

    class Meta:
        table = "deliveries"

    tier = col("customer.tier")
    email = col("customer.email")
    name = col("customer.name")


RATE = 0.01
KINDS = [
    Missing("amount", RATE),
    Nasty("status", RATE),
    Nasty("amount", RATE),
    Nasty("order_date", RATE),
    OutOfRange("amount", RATE),
    OutOfRange("status", RATE),
    OutOfRange("order_date", RATE),
    Malformed("email", RATE),
    Malformed("order_id", RATE),
    Typos("status", RATE),
    Swapped("name", "email", RATE),
    Repeated("order_id", RATE),
    Orphans("customer", RATE),
    Late("order_date", RATE, by=(dt.timedelta(days=1), dt.timedelta(days=9))),
    Stale("tier", RATE),
    Duplicates(RATE),
    Duplicates(RATE, changing=["amount", "status"]),
    Defect("in_cents", lambda amount: amount * 100, "amount", RATE),
    Missing("status", exactly=12_345),
]


def exact(rows: int) -> None:
    from pytest_synthdata.spark.session import SessionSettings, open_session

    opened = open_session(SessionSettings())
    sizes = {CustomerFactory: 50_000, DeliveryFactory: rows}
    clean = Dataset(sizes).deliveries.to_arrow()
    wrong = 0
    for kind in KINDS:
        dataset = Dataset(sizes, defects={DeliveryFactory: [kind]})
        dirty, labels = (
            table.to_spark(opened.spark, distributed=True).toArrow()
            for table in (dataset.deliveries, dataset.defects["deliveries"])
        )
        problem, changed = compared(clean, dirty, labels), changed_rows(labels)
        expected, given = rows * RATE, kind.exactly
        # Five standard deviations of a binomial number: 1 in 1.7 million.
        deviation = (changed - (given or expected)) / math.sqrt(expected * (1 - RATE))
        fits = changed == given if given is not None else abs(deviation) <= 5
        wrong += bool(problem) + (not fits)
        name = f"{kind.title}{' changing' if isinstance(kind, Duplicates) and kind.changing else ''}"
        print(f"{name:35} {changed:7,} rows, {labels.num_rows:7,} labels, {deviation:+5.1f} sd {problem or 'exact'}")
    opened.close()
    raise SystemExit(f"{wrong} of {len(KINDS)} kinds are not exact" if wrong else 0)


def changed_rows(labels: pa.Table) -> int:
    return len(pc.unique(labels["row"]))


def compared(clean: pa.Table, dirty: pa.Table, labels: pa.Table) -> str:
    """What of the labels is not what differs; empty where nothing is."""
    copies = labels.filter(pc.is_null(labels["column"]))
    if copies.num_rows != dirty.num_rows - clean.num_rows:
        return f"{copies.num_rows} copies labelled of {dirty.num_rows - clean.num_rows}"
    originals = pc.cast(pc.replace_substring(copies["dirty"], "copy of row ", ""), pa.int64())
    both = pa.concat_tables([clean, clean.take(originals)]).combine_chunks()
    others = 0
    for name in clean.schema.names:
        differing = np.flatnonzero(differ(both[name].combine_chunks(), dirty[name].combine_chunks()))
        labelled = labels.filter(pc.equal(labels["column"], name))["row"].to_numpy()
        others += len(np.setxor1d(differing, labelled))
    return f"{others} cells differ without a label, or have one without differing" if others else ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "exact"])
    parser.add_argument("--rows", type=int)
    chosen = parser.parse_args()
    speed(chosen.rows or 4_000_000) if chosen.what == "speed" else exact(chosen.rows or 1_000_000)
