"""From `pytest` to the first passed test that aggregates orders, and what fixtures and the plugin itself cost.

    pip install -e '.[local]' pytest-spark
    python benchmarks/sessions.py [--rounds 3] [--sail /path/to/python-with-extra-sail]

Each start is a process of its own, the ways take turns, and the median of the rounds counts: ratios hold on a machine
that does other things at the same time, seconds do not.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import platformdirs

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


def run(python: str, cache: Path, settings: str) -> Times:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_orders.py").write_text(TESTS)
        (folder / "conftest.py").write_text(CLOCK)
        (folder / "pytest.ini").write_text(f"[pytest]\n{settings}\n")
        # CI: no archive is made in the background meanwhile.
        environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "CI": "true"}
        begin = time.time()
        command = [python, "-m", "pytest", *BARE]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if not (folder / "times").exists():
            raise SystemExit(done.stdout + done.stderr)
        return Times(folder, begin)


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


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--sail", help="a Python that has the extra [sail]")
    given = arguments.parse_args()
    subprocess.run([sys.executable, "-m", "pytest_synthdata.cli", "warm"], check=True)
    full = platformdirs.user_cache_path()
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name)
        ways = {
            "pytest-spark's spark_session": (sys.executable, empty, "synth_spark_fixture = spark_session"),
            "ours, very first run": (sys.executable, empty, ""),
            "ours, from the archive": (sys.executable, full, ""),
        }
        if given.sail:
            ways["ours, on Sail"] = (given.sail, empty, "synth_spark_engine = sail")
        seen = defaultdict(list)
        for _ in range(given.rounds):
            for way, how in ways.items():
                seen[way].append(run(*how))
    rival = statistics.median(times.first for times in seen["pytest-spark's spark_session"])
    print(f"\n{'':32}{'first passed':>13}{'ratio':>7}{'same data':>11}{'other seed':>12}")
    for way, times in seen.items():
        first = statistics.median(one.first for one in times)
        same, other = (1000 * statistics.median(getattr(one, which) for one in times) for which in ("same", "other"))
        print(f"{way:32}{first:11.2f} s{first / rival:7.2f}{same:8.1f} ms{other:9.0f} ms")
    print(f"\npytest --collect-only with the plugin, less without: {collecting(10 * given.rounds):.1f} ms")


if __name__ == "__main__":
    main()
