"""From `pytest` to the first passed test that aggregates orders, and what fixtures and the plugin itself cost.

    pip install -e '.[local]' pytest-spark pytest-xdist
    python benchmarks/sessions.py [starts|shared|kept] [--rounds 3] [--runs 100] [--sail /path/to/python-with-sail]

`starts` compares ways to a session; `shared` a suite of 60 tests under `-n 2` on one Connect server, two JVMs of
ours and two of pytest-spark's; `kept` makes many runs in a row on a kept JVM.

Each start is a process of its own, the ways take turns, and the median of the rounds counts: ratios hold on a machine
that does other things at the same time, seconds do not.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
from scale import Memory

TESTS = """
import pytest

def total(orders):
    return orders.groupBy("status").sum("amount").collect()

def test_first(orders_df):
    assert len(total(orders_df)) == 3

def test_second_with_the_same_data(orders_df):
    assert len(total(orders_df)) == 3

@pytest.mark.synth(seed=7)
def test_third_with_another_seed(orders_df):
    assert len(total(orders_df)) == 3
"""
CLOCK = """
import time

def pytest_runtest_logreport(report):
    with open("times", "a") as file:
        print(report.when, report.outcome, report.duration, time.time(), file=file)
"""
MANY = """
import pytest

@pytest.mark.parametrize("number", range(60))
def test_one(orders_df, customers_df, number):
    joined = orders_df.join(customers_df, "customer_id").filter(f"amount > {number}")
    rows = joined.groupBy("tier").sum("amount").collect()
    assert len(rows) == 3
"""
KEEP = "synth_spark_keep_alive = 600"
IDLE = "\n".join(f"def test_{number}(): pass" for number in range(50))
BARE = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:databricks-labs-pytester"]


class Times:
    """What the clock of a run wrote: set-up times, and the time until the first test had passed."""

    def __init__(self, folder: Path, begin: float) -> None:
        lines = [line.split() for line in (folder / "times").read_text().splitlines()]
        calls = [line for line in lines if line[0] == "call"]
        if [line[1] for line in calls] != ["passed"] * 3:
            raise SystemExit(f"a test of the benchmark failed: {lines}")
        self.first = float(calls[0][3]) - begin
        _, self.same, self.other = (float(line[2]) for line in lines if line[0] == "setup")


def run(python: str, cache: Path, settings: str, kept_in: Path | None = None) -> Times:
    """One run in a folder of its own; with a kept JVM, in one folder and environment for all."""
    with tempfile.TemporaryDirectory() as name:
        # CI: no archive is made in the background meanwhile.
        environment, folder = {**os.environ, "CI": "true"}, Path(name)
        if kept_in is not None:
            environment, folder = kept_environment(kept_in), kept_in
        (folder / "times").unlink(missing_ok=True)
        (folder / "test_orders.py").write_text(TESTS)
        (folder / "conftest.py").write_text(CLOCK)
        (folder / "pytest.ini").write_text(f"[pytest]\n{settings}\n")
        environment["XDG_CACHE_HOME"] = str(cache)
        begin = time.time()
        command = [python, "-m", "pytest", *BARE]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if not (folder / "times").exists():
            raise SystemExit(done.stdout + done.stderr)
        return Times(folder, begin)


def kept_environment(folder: Path) -> dict[str, str]:
    """The environment of runs whose kept JVMs are theirs alone."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {**environment, "XDG_RUNTIME_DIR": str(runtime)}


@contextmanager
def kept_folder() -> Iterator[Path]:
    """A folder for runs on a kept JVM, which ends here."""
    with tempfile.TemporaryDirectory() as name:
        try:
            yield Path(name)
        finally:
            stop = [sys.executable, "-m", "pytest_synthdata.cli", "spark", "stop"]
            subprocess.run(stop, env=kept_environment(Path(name)), stdout=subprocess.DEVNULL, check=True)


def collecting(rounds: int) -> float:
    """What the plugin adds to a collection that does not use it, in milliseconds of processor time.

    The least of many rounds each: what else a machine does only ever adds.
    """
    ways: dict[str, list[str]] = {"with": [], "without": ["-p", "no:synthdata"]}
    least = dict.fromkeys(ways, float("inf"))
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "test_idle.py").write_text(IDLE)
        for _ in range(rounds):
            for way, arguments in ways.items():
                command = [sys.executable, "-m", "pytest", "--collect-only", *BARE, *arguments]
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(command, cwd=name, stdout=subprocess.DEVNULL, check=True)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                least[way] = min(least[way], spent)
    return 1000 * (least["with"] - least["without"])


def starts(rounds: int, sail: str | None) -> None:
    subprocess.run([sys.executable, "-m", "pytest_synthdata.cli", "warm"], check=True)
    full = platformdirs.user_cache_path()
    with tempfile.TemporaryDirectory() as name, kept_folder() as kept:
        empty = Path(name)
        ways: dict[str, tuple[Any, ...]] = {
            "pytest-spark's spark_session": (sys.executable, empty, "synth_spark_fixture = spark_session"),
            "ours, very first run": (sys.executable, empty, ""),
            "ours, from the archive": (sys.executable, full, ""),
            "ours, on a kept JVM": (sys.executable, full, KEEP, kept),
            "ours, on a Connect server": (sys.executable, full, "synth_spark_engine = connect"),
        }
        if sail:
            ways["ours, on Sail"] = (sail, empty, "synth_spark_engine = sail")
        run(*ways["ours, on a kept JVM"])  # which leaves it
        seen = defaultdict(list)
        for _ in range(rounds):
            for way, how in ways.items():
                seen[way].append(run(*how))
    rival = statistics.median(times.first for times in seen["pytest-spark's spark_session"])
    print(f"\n{'':32}{'first passed':>13}{'ratio':>7}{'same data':>11}{'other seed':>12}")
    for way, times in seen.items():
        first = statistics.median(one.first for one in times)
        same, other = (1000 * statistics.median(getattr(one, which) for one in times) for which in ("same", "other"))
        print(f"{way:32}{first:11.2f} s{first / rival:7.2f}{same:8.1f} ms{other:9.0f} ms")
    print(f"\npytest --collect-only with the plugin, less without: {collecting(10 * rounds):.1f} ms")


def shared(rounds: int) -> None:
    """60 tests by two workers: on one Connect server, and each on a JVM of its own; in turns."""
    server = "one Connect server"
    ways = {
        "two of pytest-spark's": "synth_spark_fixture = spark_session",
        "two JVMs of ours": "",
        server: "synth_spark_engine = connect",
    }
    seen: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_many.py").write_text(MANY)
        for _ in range(rounds):
            for way, settings in ways.items():
                (folder / "pytest.ini").write_text(f"[pytest]\n{settings}\n")
                command = [sys.executable, "-m", "pytest", *BARE, "-n", "2"]
                begin = time.perf_counter()
                with Memory() as memory:
                    environment = {**os.environ, "CI": "true"}
                    done = subprocess.run(
                        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
                    )
                seconds = time.perf_counter() - begin
                if "60 passed" not in done.stdout:
                    raise SystemExit(done.stdout + done.stderr)
                seen[way].append((seconds, memory.all))
    print(f"\n{'60 tests, -n 2':24}{'seconds':>9}{'MB':>8}   one server over it: time, memory")
    found = {way: [statistics.median(column) for column in zip(*runs, strict=True)] for way, runs in seen.items()}
    for way, other in found.items():
        ratios = [mine / theirs for mine, theirs in zip(found[server], other, strict=True)]
        print("{:24}{:9.1f}{:8,.0f}   {:.2f}, {:.2f}".format(way, *other, *ratios))


def kept(runs: int) -> None:
    """Many runs in a row on one kept JVM: none fails, its memory is bounded, nothing is left behind."""
    temporary = Path(tempfile.gettempdir())
    before = {path.name for path in temporary.glob("pytest-synthdata-*")}
    times, memories, jvms = [], [], set()
    with kept_folder() as folder:
        for number in range(runs + 1):
            times.append(run(sys.executable, platformdirs.user_cache_path(), KEEP, folder).first)
            (state,) = (folder / "runtime").glob("pytest-synthdata/spark/*/state.json")
            jvm = json.loads(state.read_text())["jvm"]
            jvms.add(jvm)
            memories.append(int(Path(f"/proc/{jvm}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6)
            if number % 10 == 0:
                print(f"run {number:4}: {times[-1]:5.2f} s, JVM {jvm} of {memories[-1]:5,.0f} MB", flush=True)
        scratch = list((folder / "runtime").glob("pytest-synthdata/spark/*/scratch/*/*"))
    left = {path.name for path in temporary.glob("pytest-synthdata-*")} - before
    tail = memories[len(memories) // 2 :]
    print(f"{runs} runs after the first: median {statistics.median(times[1:]):.2f} s, {len(jvms)} JVMs, at most")
    print(f"{max(memories):,.0f} MB, {tail[-1] - tail[0]:+,.0f} MB in the second half; left: {sorted(left)}, {scratch}")
    if left or scratch:
        raise SystemExit("something was left behind")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("part", nargs="*", help="what to measure; defaults to starts and shared")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--runs", type=int, default=100, help="kept: how many runs")
    arguments.add_argument("--sail", help="a Python that has the extra [sail]")
    given = arguments.parse_args()
    parts: dict[str, Callable[[], None]] = {
        "starts": lambda: starts(given.rounds, given.sail),
        "shared": lambda: shared(given.rounds),
        "kept": lambda: kept(given.runs),
    }
    for name in given.part or ("starts", "shared"):
        parts[name]()


if __name__ == "__main__":
    main()
