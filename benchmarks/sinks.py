"""Files and Spark: encodings of Parquet, writing by executors, sizes where more processes should pay, dbldatagen.

    pip install -e '.[local,benchmarks]'
    python benchmarks/sinks.py [encoding|executors|sizes|dbldatagen] [--rows 4_000_000] [--rounds 3]

Each part prints ours beside what one would use instead, the two in turns in one process or session; the best of the
rounds counts, for what else a machine does only adds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generate import noop, our_dataset, spark_session

SIZES = (500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000)


def orders(rows: int) -> Any:
    return our_dataset(customers=2_500, orders=rows).orders


def timed(job: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    begin = clock()
    job()
    return clock() - begin


def in_turns(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    seen: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, job in ways.items():
            seen[way].append(timed(job))
    return {way: min(times) for way, times in seen.items()}


def encoding(rows: int, rounds: int) -> None:
    """What options of Parquet cost: processor time of one process, and the size."""
    import pyarrow.parquet as pq

    from pytest_synthdata.columns.arrow.parquet_file import write_parquet

    rows = min(rows, 1_000_000)
    table = orders(rows)
    coded, plain = list(table.view.coded_batches(0, rows)), list(table.batches())
    ways: dict[str, tuple[list[Any], dict[str, Any]]] = {
        "ours": (coded, {}),
        "texts not as dictionaries": (plain, {}),
        "with statistics of texts": (coded, {"write_statistics": True}),
        "Zstandard for everything": (coded, {"compression": "zstd"}),
        "Snappy for everything": (coded, {"compression": "snappy"}),
        "nothing compressed": (coded, {"compression": "none"}),
        "pages of 64 KiB": (coded, {"data_page_size": 1 << 16}),
        "pages of 4 MiB": (coded, {"data_page_size": 1 << 22}),
        "row groups of 1,048,576": (coded, {"row_group_size": 1 << 20}),
        "row groups of 65,536": (coded, {"row_group_size": 1 << 16}),
    }
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "orders.parquet"
        print(f"{f'{rows:,} orders, only written':32}{'seconds':>9}{'MB':>8}")
        for way, (batches, options) in ways.items():
            seconds = min(
                timed(lambda b=batches, o=options: write_parquet(table.view, b, file, o), time.process_time)
                for _ in range(2 * rounds)
            )
            print(f"{way:32}{seconds:9.3f}{file.stat().st_size / 1e6:8.1f}", flush=True)
        whole = table.to_arrow()
        seconds = min(timed(lambda: pq.write_table(whole, file), time.process_time) for _ in range(2 * rounds))
        print(f"{'pyarrow.parquet.write_table':32}{seconds:9.3f}{file.stat().st_size / 1e6:8.1f}")


def executors(rows: int, rounds: int) -> None:
    """Executors write Parquet: by our writer, and through Spark's own; and noop beside Spark's own reading."""
    with spark_session() as spark, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = orders(rows)

        def by_spark() -> None:
            frame = table.to_spark(spark, distributed=True)
            frame.write.mode("overwrite").parquet(str(folder / "spark"))

        ways: dict[str, Callable[[], Any]] = {
            "table.write(path, spark=spark)": lambda: table.write(folder / "ours", spark=spark, overwrite=True),
            "to_spark(spark).write.parquet(path)": by_spark,
            "table.write(path)": lambda: table.write(folder / "here", overwrite=True),
            "noop: made by executors": lambda: noop(table.to_spark(spark, distributed=True)),
            "noop: Spark reads them from Parquet": lambda: noop(spark.read.parquet(str(folder / "here"))),
        }
        orders(100_000).write(folder / "here", overwrite=True)
        for job in ways.values():
            job()  # once unmeasured
        found = in_turns(ways, rounds)
        print(f"{f'{rows:,} orders':38}{'seconds':>9}{'rows/s':>13}")
        for way, seconds in found.items():
            print(f"{way:38}{seconds:9.2f}{rows / seconds:13,.0f}")
        ours, sparks, _, made, read = found.values()
        print(f"written by executors: {sparks / ours:.1f} times Spark's own writer; noop: {read / made:.2f} of reading")


def sizes(rounds: int) -> None:
    """Orders to a folder of Parquet by one process and by as many as pay, with and without a load and a session."""
    for load in (0, 2):
        burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(load)]
        try:
            print(f"\n{load} other processes that compute{'':8}{'one process':>13}{'several':>9}{'ratio':>7}")
            for rows in SIZES:
                seen: dict[int, list[float]] = {1: [], 0: []}
                for _ in range(rounds):
                    for processes, times in seen.items():
                        command = [sys.executable, __file__, "--measure", str(rows), str(processes)]
                        done = subprocess.run(command, capture_output=True, text=True, check=True)
                        times.append(float(done.stdout.split()[-1]))
                one, several = (statistics.median(times) for times in seen.values())
                print(f"{rows:12,} rows{'':22}{one:11.2f} s{several:7.2f} s{several / one:7.2f}", flush=True)
        finally:
            for process in burning:
                process.kill()
                process.wait()


def measure(rows: int, processes: int) -> None:
    """Write orders in a fresh process, warmed by a small table; print the seconds."""
    from pytest_synthdata import files

    if processes:
        files.processors = lambda: processes
    with tempfile.TemporaryDirectory() as name:
        orders(20_000).write(Path(name) / "first")
        table = orders(rows)
        print(timed(lambda: table.write(Path(name) / "orders")))


def dbldatagen_fast(spark: Any, rows: int) -> Any:
    """dbldatagen's fastest idiomatic form: plain columns, expressions of the row number, no hashes of names."""
    import dbldatagen as dg

    generator = dg.DataGenerator(spark, rows=rows, partitions=len(os.sched_getaffinity(0)), randomSeed=42)
    return (
        generator.withColumn("order_id", "string", expr="concat('ORD-', lpad(id, 6, '0'))")
        .withColumn("customer_id", "string", expr="concat('CUST-', lpad(cast(rand(1) * 2500 as int), 5, '0'))")
        .withColumn("amount", "double", expr="round(exp(3.5 + 0.6 * randn(42)), 2)")
        .withColumn(
            "status",
            "string",
            expr="case when rand(2) < 0.85 then 'completed' when rand(2) < 0.95 then 'pending' else 'cancelled' end",
        )
        .withColumn("order_date", "date", expr="date_add(date'2024-01-01', cast(rand(3) * 366 as int))")
        .build()
    )


def dbldatagen(rows: int, rounds: int) -> None:
    """Orders to Parquet: ours, dbldatagen's fastest form, and with values and weights as its guide writes them."""
    from generate import dbldatagen_orders

    with spark_session() as spark, tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def write(frame: Any) -> None:
            frame.write.mode("overwrite").parquet(str(folder / "theirs"))

        ways: dict[str, Callable[[], Any]] = {
            "ours": lambda: orders(rows).write(folder / "ours", overwrite=True),
            "ours, by executors": lambda: orders(rows).write(folder / "spark", spark=spark, overwrite=True),
            "dbldatagen, expressions": lambda: write(dbldatagen_fast(spark, rows)),
            "dbldatagen, hash_fieldname": lambda: write(dbldatagen_orders(spark, rows)),
        }
        first = {way: timed(job) for way, job in ways.items()}
        found = in_turns(ways, rounds)
        print(f"{f'{rows:,} orders to Parquet':34}{'first':>9}{'seconds':>9}{'rows/s':>13}{'ours':>7}")
        for way, seconds in found.items():
            ratio = seconds / found["ours"]
            print(f"{way:34}{first[way]:9.2f}{seconds:9.2f}{rows / seconds:13,.0f}{ratio:6.1f}x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", help="what to measure; defaults to all")
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", type=int, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    parts: dict[str, Callable[[], None]] = {
        "encoding": lambda: encoding(given.rows, given.rounds),
        "executors": lambda: executors(given.rows, given.rounds),
        "sizes": lambda: sizes(given.rounds),
        "dbldatagen": lambda: dbldatagen(given.rows, given.rounds),
    }
    for name in given.part or parts:
        print()
        parts[name]()


if __name__ == "__main__":
    main()
