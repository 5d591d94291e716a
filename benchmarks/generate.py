"""The business as Arrow, Parquet and Spark DataFrames: ours beside what one would write or install instead.

    pip install -e '.[local,benchmarks]'
    python benchmarks/generate.py [--rows 1_000_000] [--only NAME]

Each line is a process of its own: seconds of the work, without imports, compiling and Spark's start, which are the
same for everyone; the best of three where it is quick; and the peak memory of Python and of the JVM.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

EXAMPLE = {"customers": 2_500, "orders": 25_000, "tickets": 8_000}
QUICK = 5.0  # seconds up to which a job is repeated

Job = Callable[[], Any]


@contextmanager
def spark_session() -> Iterator[Any]:
    from pytest_synthdata.spark.session import SessionSettings, open_session

    with closing(open_session(SessionSettings())) as session:
        session.spark.range(10).selectExpr("sum(id)").collect()  # warm
        yield session.spark


def our_dataset(**rows: int) -> Any:
    from pytest_synthdata import Dataset
    from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory

    factories = {"customers": CustomerFactory, "orders": OrderFactory, "tickets": TicketFactory}
    return Dataset({factories[name]: count for name, count in rows.items()})


def noop(frame: Any) -> None:
    frame.write.format("noop").mode("overwrite").save()


# The complete example: 35,500 rows in three tables.


def example_ours_arrow(_: int) -> Iterator[Job]:
    our_dataset(**EXAMPLE).customers.to_arrow(0, 1)  # text is read from Faker's lists once
    yield lambda: [table.to_arrow() for table in our_dataset(**EXAMPLE)]


def example_ours_spark(_: int) -> Iterator[Job]:
    with spark_session() as spark:
        yield lambda: [table.to_spark(spark).count() for table in our_dataset(**EXAMPLE)]


def example_factory_boy_rows(_: int) -> Iterator[Job]:
    """Our own factories, used as factory_boy's users do: one object after the other."""
    import pyarrow as pa

    dataset = our_dataset(**EXAMPLE)

    def build() -> list[Any]:
        with dataset.factories():
            return [pa.Table.from_pylist(table.factory.build_batch(table.num_rows)) for table in dataset]

    yield build


def example_plain_factory_boy(_: int) -> Iterator[Job]:
    import pyarrow as pa
    from plain_factories import business

    yield lambda: [pa.Table.from_pylist(rows) for rows in business(*EXAMPLE.values()).values()]


def example_handwritten_arrow(_: int) -> Iterator[Job]:
    import pyarrow as pa
    from handwritten import business

    yield lambda: [pa.Table.from_pylist(rows) for rows in business(*EXAMPLE.values()).values()]


def example_handwritten_spark(_: int) -> Iterator[Job]:
    from handwritten import business

    with spark_session() as spark:
        yield lambda: [spark.createDataFrame(rows).count() for rows in business(*EXAMPLE.values()).values()]


# Orders alone, as many as one likes.


def orders_ours_arrow(rows: int) -> Iterator[Job]:
    def make() -> None:
        for _ in our_dataset(customers=2_500, orders=rows).orders.batches():
            pass

    yield make


def orders_ours_parquet(rows: int) -> Iterator[Job]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders"
        yield lambda: our_dataset(customers=2_500, orders=rows).orders.to_parquet(path, overwrite=True)


def orders_ours_noop(rows: int) -> Iterator[Job]:
    with spark_session() as spark:
        yield lambda: noop(our_dataset(customers=2_500, orders=rows).orders.to_spark(spark, distributed=True))


def dbldatagen_orders(spark: Any, rows: int) -> Any:
    """Its nearest: customers without weights, for it has none, and amounts without the customer's tier."""
    import dbldatagen as dg

    generator = dg.DataGenerator(spark, rows=rows, partitions=2, randomSeed=42, randomSeedMethod="hash_fieldname")
    return (
        generator.withColumn("order_id", "string", expr="concat('ORD-', lpad(id, 6, '0'))", baseColumn="id")
        .withColumn("customer", "int", minValue=0, maxValue=2_499, random=True, omit=True)
        .withColumn("customer_id", "string", expr="concat('CUST-', lpad(customer, 5, '0'))", baseColumn="customer")
        .withColumn("amount", "double", expr="round(exp(3.5 + 0.6 * randn(42)), 2)")
        .withColumn("status", "string", values=["completed", "pending", "cancelled"], weights=[85, 10, 5], random=True)
        .withColumn("order_date", "date", begin="2024-01-01", end="2024-12-31", interval="1 day", random=True)
        .build()
    )


def orders_dbldatagen_arrow(rows: int) -> Iterator[Job]:
    with spark_session() as spark:
        yield lambda: dbldatagen_orders(spark, rows).toArrow()


def orders_dbldatagen_parquet(rows: int) -> Iterator[Job]:
    with spark_session() as spark, tempfile.TemporaryDirectory() as folder:
        yield lambda: dbldatagen_orders(spark, rows).write.mode("overwrite").parquet(f"{folder}/orders")


def orders_dbldatagen_noop(rows: int) -> Iterator[Job]:
    with spark_session() as spark:
        yield lambda: noop(dbldatagen_orders(spark, rows))


EXAMPLES: dict[str, Callable[[int], Iterator[Job]]] = {
    "ours, Arrow": example_ours_arrow,
    "ours, 3 Spark frames counted": example_ours_spark,
    "ours, factory.build() a row": example_factory_boy_rows,
    "plain factory_boy, Arrow": example_plain_factory_boy,
    "hand-written loop, Arrow": example_handwritten_arrow,
    "hand-written loop, 3 Spark frames counted": example_handwritten_spark,
}
ORDERS: dict[str, Callable[[int], Iterator[Job]]] = {
    "ours, Arrow, one core": orders_ours_arrow,
    "ours, Parquet": orders_ours_parquet,
    "ours, Spark noop": orders_ours_noop,
    "dbldatagen, Arrow": orders_dbldatagen_arrow,
    "dbldatagen, Parquet": orders_dbldatagen_parquet,
    "dbldatagen, Spark noop": orders_dbldatagen_noop,
}


def run(name: str, rows: int) -> None:
    """Measure one job, in this process, and print its figures as JSON."""
    (make,) = (jobs[name] for jobs in (EXAMPLES, ORDERS) if name in jobs)
    times: list[float] = []
    for job in make(rows):
        while len(times) < 3 and (not times or times[0] < QUICK):
            start = time.perf_counter()
            job()
            times.append(time.perf_counter() - start)
    peaks = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps([min(times), *peaks]))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=1_000_000, help="of orders, in the second part")
    arguments.add_argument("--only", default="", help="part of the names of those to run")
    arguments.add_argument("--run", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.run:
        run(given.run, given.rows)
        return
    for title, jobs, rows in (
        (f"The complete example, {sum(EXAMPLE.values()):,} rows", EXAMPLES, sum(EXAMPLE.values())),
        (f"orders, {given.rows:,} rows", ORDERS, given.rows),
    ):
        print(f"\n{title}\n{'':44}{'seconds':>9}{'rows/s':>13}{'Python MB':>11}{'child MB':>10}")
        for name in jobs:
            if given.only in name:
                command = [sys.executable, __file__, "--run", name, "--rows", str(given.rows)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    print(f"{name:44}{(done.stderr.strip().splitlines() or ['failed'])[-1]}")
                    continue
                seconds, own, child = json.loads(done.stdout.splitlines()[-1])
                print(f"{name:44}{seconds:9.3f}{rows / seconds:13,.0f}{own:11,.0f}{child:10,.0f}", flush=True)


if __name__ == "__main__":
    main()
