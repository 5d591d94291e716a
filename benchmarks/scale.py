"""Any size: time and memory from 10^5 to 10^8 rows, the middle of huge tables, and Spark's executors.

    pip install -e '.[local,benchmarks]'
    python benchmarks/scale.py [growth|middle|spark|executors] [--most 8] [--rows 10_000_000]

Each measurement is a process of its own. `growth` draws docs/images/scale.png. Compare ratios within one run only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generate import Job, dbldatagen_orders, noop, our_dataset, spark_session

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).parents[1]
PATIENCE = 30.0  # seconds up to which a job is repeated
CHART = ROOT / "docs" / "images" / "scale.png"


class Memory:
    """The most memory that this process and its children held at once, looked at ten times a second.

    Pages that several processes share count once: each has its part of them (Linux's PSS).
    """

    def __enter__(self) -> Self:
        self.own = self.all = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.1):
            held = [_megabytes(process) for process in [os.getpid(), *_children(os.getpid())]]
            self.own, self.all = max(self.own, *held), max(self.all, sum(held))


def _megabytes(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
        return int(text.split("\nPss:")[1].split()[0]) / 1e3
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0.0  # it has just ended


def _children(process: int) -> list[int]:
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *_children(int(child))]
    return found


def measure_growth(rows: int, processors: int) -> Any:
    """The best of several runs, for as long as the table is small: what disturbs them only ever adds."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])
    our_dataset(customers=2_500, orders=1_000).orders.to_arrow()
    table = our_dataset(customers=2_500, orders=rows).orders
    times, spent = [], 0.0
    with tempfile.TemporaryDirectory() as folder, Memory() as memory:
        our_dataset(customers=2_500, orders=1_000).orders.to_parquet(Path(folder) / "first")
        while not times or (spent < PATIENCE / 3 and len(times) < 20):
            start = time.perf_counter()
            path = table.to_parquet(Path(folder) / "orders", overwrite=True)
            times.append(time.perf_counter() - start)
            spent += times[-1]
        size = sum(file.stat().st_size for file in path.iterdir())
    return {"rows": rows, "seconds": min(times), "own": memory.own, "all": memory.all, "bytes": size}


def growth(most: int) -> None:
    """Orders to Parquet, ten times as many each time: on one processor, and on all."""
    everyone = len(os.sched_getaffinity(0))
    titles = f"{'processors':>10}{'rows':>13}{'seconds':>10}{'ns a row':>10}"
    print(f"{titles}{'MB, largest':>13}{'MB, all':>9}{'bytes a row':>13}")
    found: dict[int, list[dict[str, float]]] = {}
    for processors in dict.fromkeys((1, everyone)):
        for power in range(5, most + 1):
            one = in_process("growth", 10**power, processors)
            found.setdefault(processors, []).append(one)
            rows = one["rows"]
            print(
                f"{processors:10}{rows:13,}{one['seconds']:10.2f}{one['seconds'] / rows * 1e9:10.0f}"
                f"{one['own']:13,.0f}{one['all']:9,.0f}{one['bytes'] / rows:13.1f}",
                flush=True,
            )
    draw(found)


def draw(found: dict[int, list[dict[str, float]]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for (processors, ones), color, marker in zip(found.items(), ("#2a6fbb", "#d98032"), "os", strict=False):
        rows = [one["rows"] for one in ones]
        name = "1 processor" if processors == 1 else f"{processors} processors"
        left.loglog(rows, [one["seconds"] for one in ones], f"{marker}-", color=color, label=name)
        right.semilogx(rows, [one["all"] for one in ones], f"{marker}-", color=color, label=name)
        if processors == 1:
            slope = ones[-1]["seconds"] / rows[-1]
            left.loglog(rows, [count * slope for count in rows], ":", color="#888888", label="in proportion to rows")
    left.set(title="orders to Parquet", xlabel="rows", ylabel="seconds")
    right.set(title="memory of all processes", xlabel="rows", ylabel="MB at the peak", ylim=(0, None))
    for axes in (left, right):
        axes.legend(frameon=False)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    CHART.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(CHART, dpi=120)
    print(f"drawn: {CHART.relative_to(ROOT)}")


def tables_of_a_hundred_million() -> dict[str, Callable[[], Any]]:
    """Tables by what is special about them; each of 10^8 rows or about as many, over 10^8 parents."""
    from pytest_synthdata import Dataset, ForeignKey, Key, Pareto, Poisson, TableFactory, ZipfRank
    from pytest_synthdata.factories import CustomerFactory

    def child(**reference: Any) -> type[TableFactory]:
        meta = type("Meta", (), {"table": "children"})
        columns = {"child_id": Key("C{}"), "customer": ForeignKey(CustomerFactory, **reference)}
        return type("ChildFactory", (TableFactory,), {"Meta": meta, **columns})

    def dataset(rows: int | None, **reference: Any) -> Callable[[], Any]:
        return lambda: Dataset({CustomerFactory: 10**8, child(**reference): rows})["children"]

    return {
        "orders, weighted by tier, with a condition": lambda: our_dataset(customers=10**8, orders=10**8).orders,
        "a plain reference": dataset(10**8),
        "weights=Pareto(2.5)": dataset(10**8, weights=Pareto(2.5)),
        "weights=ZipfRank(1.0)": dataset(10**8, weights=ZipfRank(1.0)),
        "per_parent=Poisson(1)": dataset(None, per_parent=Poisson(1)),
    }


def measure_middle(number: int) -> Any:
    make = list(tables_of_a_hundred_million().values())[number]
    before = _megabytes(os.getpid())
    start = time.perf_counter()
    table = make()
    bound, times = time.perf_counter() - start, []
    for step in range(9):
        first = table.num_rows // 2 + step * 7_919
        start = time.perf_counter()
        table.to_arrow(first, first + 1_000)
        times.append(time.perf_counter() - start)
    return [bound, times[0], sorted(times[1:])[4], _megabytes(os.getpid()) - before]


def middle() -> None:
    """A thousand rows from the middle of 10^8 over 10^8 parents."""
    title = "1,000 rows from the middle of 10^8 over 10^8"
    print(f"{title:46}{'dataset s':>10}{'first ms':>10}{'next ms':>9}{'MB more':>9}")
    for number, name in enumerate(tables_of_a_hundred_million()):
        bound, first, following, memory = in_process("middle", number)
        print(f"{name:46}{bound:10.2f}{first * 1e3:10.1f}{following * 1e3:9.1f}{memory:9.0f}", flush=True)


def ours_noop(spark: Any, rows: int, folder: Path) -> Job:
    del folder
    return lambda: noop(our_dataset(customers=2_500, orders=rows).orders.to_spark(spark, distributed=True))


def ours_read_back(spark: Any, rows: int, folder: Path) -> Job:
    our_dataset(customers=2_500, orders=rows).orders.to_parquet(folder / "orders", overwrite=True)
    return lambda: noop(spark.read.parquet(str(folder / "orders")))


def dbldatagen_noop(spark: Any, rows: int, folder: Path) -> Job:
    del folder
    return lambda: noop(dbldatagen_orders(spark, rows))


def ours_parquet(spark: Any, rows: int, folder: Path) -> Job:
    del spark
    return lambda: our_dataset(customers=2_500, orders=rows).orders.to_parquet(folder / "orders", overwrite=True)


def ours_spark_parquet(spark: Any, rows: int, folder: Path) -> Job:
    def write() -> None:
        frame = our_dataset(customers=2_500, orders=rows).orders.to_spark(spark, distributed=True)
        frame.write.mode("overwrite").parquet(str(folder / "orders"))

    return write


def dbldatagen_parquet(spark: Any, rows: int, folder: Path) -> Job:
    return lambda: dbldatagen_orders(spark, rows).write.mode("overwrite").parquet(str(folder / "orders"))


SPARK: dict[str, Callable[[Any, int, Path], Job]] = {
    "noop: Spark reads the rows from Parquet": ours_read_back,
    "noop: ours, made by executors": ours_noop,
    "noop: dbldatagen": dbldatagen_noop,
    "Parquet: ours": ours_parquet,
    "Parquet: ours, made and written by executors": ours_spark_parquet,
    "Parquet: dbldatagen": dbldatagen_parquet,
}


def best(job: Job, times: int = 3) -> float:
    found: list[float] = []
    while len(found) < times and (not found or sum(found) < PATIENCE):
        start = time.perf_counter()
        job()
        found.append(time.perf_counter() - start)
    return min(found)


def measure_spark(rows: int) -> Any:
    """All in one session, which is warm for everyone alike."""
    with spark_session() as spark, tempfile.TemporaryDirectory() as folder:
        found = {}
        for number, (name, make) in enumerate(SPARK.items()):
            place = Path(folder) / str(number)
            place.mkdir()
            make(spark, 100_000, place)()
            found[name] = best(make(spark, rows, place))
        return found


def spark(rows: int) -> None:
    """Orders by Spark, to nowhere and to Parquet."""
    found = in_process("spark", rows)
    print(f"{f'orders, {rows:,} rows':46}{'seconds':>10}{'rows/s':>13}")
    for name, seconds in found.items():
        print(f"{name:46}{seconds:10.2f}{rows / seconds:13,.0f}")
    read, ours, theirs, parquet, _, their_parquet = found.values()
    print(
        f"noop: {theirs / ours:.1f} times dbldatagen, {read / ours:.2f} of Spark's own reading; "
        f"Parquet: {their_parquet / parquet:.1f} times dbldatagen"
    )


def measure_executors(rows: int, executors: int) -> Any:
    import pyspark
    from pyspark.sql import SparkSession

    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    os.environ["PYSPARK_PYTHON"], os.environ["SPARK_LOCAL_IP"] = sys.executable, "127.0.0.1"
    session = SparkSession.builder.master(f"local-cluster[{executors},1,1024]").getOrCreate()
    table = our_dataset(customers=2_500, orders=rows).orders
    noop(session.range(executors))
    give_each_a_processor()

    def job() -> None:
        # Several partitions for each executor, so that neither waits long for the other.
        noop(table.to_spark(session, distributed=True, partitions=8))

    job()
    return best(job, 4)


def give_each_a_processor() -> None:
    """Let the first executor run on the first processor alone, and so on.

    Else one executor uses two, for Spark's part and Python's of its task, and a second finds none left.
    """
    executors = [
        process
        for process in _children(os.getpid())
        if "CoarseGrainedExecutorBackend" in Path(f"/proc/{process}/cmdline").read_text()
    ]
    for process, processor in zip(executors, sorted(os.sched_getaffinity(0)), strict=False):
        for thread in Path(f"/proc/{process}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {processor})


def executors(rows: int) -> None:
    """One executor of one core, and two."""
    one, two = (in_process("executors", rows, number) for number in (1, 2))
    print(f"executors, {rows:,} orders to noop: one {one:.2f} s, two {two:.2f} s: {one / two:.2f} times")


MEASURES = {
    "growth": measure_growth,
    "middle": measure_middle,
    "spark": measure_spark,
    "executors": measure_executors,
}


def in_process(name: str, *arguments: int) -> Any:
    """What a measurement gives in a process of its own."""
    command = [sys.executable, __file__, "--measure", json.dumps([name, *arguments])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[*MEASURES, []], help="what to measure; defaults to all")
    parser.add_argument("--most", type=int, default=8, help="growth: the power of ten of the most rows")
    parser.add_argument("--rows", type=int, default=10_000_000, help="spark and executors: how many rows")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        name, *arguments = json.loads(given.measure)
        print(json.dumps(MEASURES[name](*arguments)))
        return
    parts: dict[str, Callable[[], None]] = {
        "growth": lambda: growth(given.most),
        "middle": middle,
        "spark": lambda: spark(given.rows),
        "executors": lambda: executors(given.rows),
    }
    for name in given.part or parts:
        print()
        parts[name]()


if __name__ == "__main__":
    main()
