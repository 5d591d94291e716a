"""TPC-H's `lineitem` as a factory, to Parquet, beside `tpchgen-cli`, which was made for this one schema.

    pip install -e '.[benchmarks]'
    python benchmarks/tpch.py [--scale 1] [--rounds 3] [--columns]

Rows per second of processor time, those of all threads and processes added up: what else a machine does then hardly
matters. The two take turns, and the median of the rounds counts. Columns, types, ranges and references are those of
the specification (https://www.tpc.org/tpch/, chapter 4.2.3): an order has 1 to 7 lines, prices follow from parts, dates
from orders, flags from dates. Each writes one file, in the encoding that it has by default.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    ForeignKey,
    Integers,
    Key,
    Ordinal,
    TableFactory,
    Template,
    col,
    when,
)
from pytest_synthdata.functions import date_add, floor

ORDERS = 1_500_000  # at scale 1, as parts and suppliers are 200,000 and 10,000
MODES = ("REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB")
INSTRUCTIONS = ("DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN")
TODAY = "1995-06-17"
ADVERBS = ("furiously", "slyly", "carefully", "blithely", "quickly", "fluffily", "ruthlessly", "daringly", "evenly")
ADJECTIVES = ("final", "ironic", "express", "regular", "special", "pending", "bold", "even", "silent", "unusual")
NOUNS = ("deposits", "requests", "accounts", "packages", "foxes", "ideas", "theodolites", "instructions", "platelets")
VERBS = ("sleep", "wake", "haggle", "nag", "use", "boost", "affix", "detect", "integrate", "cajole")


def evenly(values: Any) -> Categorical:
    return Categorical(list(values))


class PartFactory(TableFactory):
    class Meta:
        table = "part"

    p_partkey = Key("{}", start=1).cast("bigint")
    p_retailprice = (90_000 + floor(col("p_partkey") / 10) % 20_001 + 100 * (col("p_partkey") % 1_000)) / 100


class SupplierFactory(TableFactory):
    class Meta:
        table = "supplier"

    s_suppkey = Key("{}", start=1).cast("bigint")


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"

    o_orderkey = Key("{}", start=1).cast("bigint")
    o_orderdate = Dates("1992-01-01", "1998-08-02")


class LineItemFactory(TableFactory):
    class Meta:
        table = "lineitem"
        key = ("l_orderkey", "l_linenumber")
        exclude = ("quantity",)

    order = ForeignKey(OrderFactory, column="l_orderkey", per_parent=Integers(1, 7))
    part = ForeignKey(PartFactory, column="l_partkey")
    supplier = ForeignKey(SupplierFactory, column="l_suppkey")
    l_linenumber = Ordinal("order").cast("int")
    quantity = Integers(1, 50)
    l_quantity = col("quantity").cast("decimal(15,2)")
    l_extendedprice = (col("quantity") * col("part.p_retailprice")).cast("decimal(15,2)")
    l_discount = evenly([number / 100 for number in range(11)]).cast("decimal(15,2)")
    l_tax = evenly([number / 100 for number in range(9)]).cast("decimal(15,2)")
    l_shipdate = date_add("order.o_orderdate", Integers(1, 121))
    l_commitdate = date_add("order.o_orderdate", Integers(30, 90))
    l_receiptdate = date_add("l_shipdate", Integers(1, 30))
    l_returnflag = when(col("l_receiptdate") <= TODAY, evenly("RA")).otherwise("N")
    l_linestatus = when(col("l_shipdate") > TODAY, "O").otherwise("F")
    l_shipinstruct = evenly(INSTRUCTIONS)
    l_shipmode = evenly(MODES)
    l_comment = Template(
        "{adverb} {adjective} {noun} {verb}",
        adverb=evenly(ADVERBS),
        adjective=evenly(ADJECTIVES),
        noun=evenly(NOUNS),
        verb=evenly(VERBS),
    )


def lineitem(scale: float) -> Any:
    parents = {PartFactory: 200_000, SupplierFactory: 10_000, OrderFactory: ORDERS}
    return Dataset({factory: int(rows * scale) for factory, rows in parents.items()} | {LineItemFactory: None}).lineitem


def processor_seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rival() -> str:
    program = Path(sysconfig.get_path("scripts")) / "tpchgen-cli"
    if not program.exists():
        raise SystemExit("pip install tpchgen-cli")
    return str(program)


def rows_of(file: Path) -> int:
    import pyarrow.parquet as pq

    rows: int = pq.ParquetFile(file).metadata.num_rows
    return rows


def compare(scale: float, rounds: int) -> None:
    seen: dict[str, list[float]] = {"ours": [], "tpchgen-cli": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        theirs = [rival(), "parquet", "-s", str(scale), "-T", "lineitem", "-o", name, "--overwrite", "-q"]
        ours = [sys.executable, __file__, "--write", str(folder / "ours.parquet"), "--scale", str(scale)]
        for _ in range(rounds):
            for way, command in (("ours", ours), ("tpchgen-cli", theirs)):
                file = folder / ("ours.parquet" if way == "ours" else "lineitem.parquet")
                seconds = processor_seconds(command)
                seen[way].append(rows_of(file) / seconds)
                size = file.stat().st_size / rows_of(file)
                print(f"  {way:12}{seconds:8.2f} s of processor time{size:8.1f} bytes a row", flush=True)
    mine, other = (statistics.median(rates) for rates in seen.values())
    print(f"lineitem, scale {scale:g}, rows per processor-second: ours {mine:,.0f}, tpchgen-cli {other:,.0f}: ")
    print(f"{mine / other:.2f} times the rival's (imports and start included)")


def columns(scale: float) -> None:
    """Processor time of each column, and of those that it reads."""
    import time

    import numpy as np

    table = lineitem(scale)
    bound, count = table.bound, min(table.num_rows, 1_000_000)
    list(table.batches(0, 300_000))
    for name in table.schema.names:
        begin = time.process_time()
        for start in range(0, count, 262_144):
            bound.at(np.arange(start, min(start + 262_144, count), dtype=np.uint64)).read(name)
        print(f"{name:18}{(time.process_time() - begin) / count * 1e9:8.0f} ns a row")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 6,000,000 rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--columns", action="store_true", help="only what each of our columns costs")
    parser.add_argument("--write", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        lineitem(given.scale).to_parquet(given.write, overwrite=True)
    elif given.columns:
        columns(given.scale)
    else:
        compare(given.scale, given.rounds)


if __name__ == "__main__":
    main()
