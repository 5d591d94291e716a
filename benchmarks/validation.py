"""How long validation takes, how much memory it needs, and how often it is wrong about data that is right.

    pip install -e .
    python benchmarks/validation.py [--rows 10_000_000] [--seeds 200] [--only NAME]

Each job is a process of its own. Times are those of the work, making or reading the rows included, without imports.
The time of processors tells what a machine with other work to do would need if it had none.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RATE = 0.1  # a rate of false alarms at which 200 seeds say something


def measured(result: Any) -> dict[str, Any]:
    making = sum(table.seconds for table in result.tables)
    rows = sum(table.rows for table in result.tables)
    return {"rows": rows, "checks": len(result.checks), "failed": len(result.failed), "making or reading": making}


def usual(_: argparse.Namespace) -> dict[str, Any]:
    """The default dataset: the best of five."""
    from pytest_synthdata import Dataset

    times = []
    for _repeat in range(5):
        begin = time.perf_counter()
        result = Dataset().validate()
        times.append(time.perf_counter() - begin)
    return {**measured(result), "seconds": min(times)}


def large(arguments: argparse.Namespace) -> dict[str, Any]:
    """Many generated orders, and a tenth as many customers."""
    from pytest_synthdata import Dataset
    from pytest_synthdata.factories import CustomerFactory, OrderFactory

    customers = arguments.rows // 10
    dataset = Dataset({CustomerFactory: customers, OrderFactory: arguments.rows - customers})
    begin = time.perf_counter()
    result = dataset.validate()
    return {**measured(result), "seconds": time.perf_counter() - begin}


def files(arguments: argparse.Namespace) -> dict[str, Any]:
    """Many tickets in Parquet files, of which nothing but the declarations is known."""
    from pytest_synthdata import Dataset
    from pytest_synthdata.factories import CustomerFactory, TicketFactory

    dataset = Dataset({CustomerFactory: 2_500, TicketFactory: arguments.rows})
    with tempfile.TemporaryDirectory() as folder:
        written = [sys.executable, "-m", "pytest_synthdata.cli", "generate", "--out", folder]
        rows = [f"{table.name}={table.num_rows}" for table in dataset]
        subprocess.run([*written, "--rows", *rows], check=True, capture_output=True)
        begin = time.perf_counter()
        result = dataset.validate({name: Path(folder) / name for name in ("customers", "tickets")})
        return {**measured(result), "seconds": time.perf_counter() - begin}


def false_alarms(arguments: argparse.Namespace) -> dict[str, Any]:
    """The default dataset with many seeds: in how many of them any check would fail, at two rates."""
    from pytest_synthdata import Dataset

    begin = time.perf_counter()
    least = []
    for seed in range(arguments.seeds):
        checks = Dataset(seed=seed).validate().checks
        least.append(min(check.adjusted for check in checks if check.adjusted is not None))
        assert all(check.passed for check in checks if check.p_value is None), seed
    return {
        "seeds": arguments.seeds,
        f"alarms at a rate of {RATE:g}": sum(value <= RATE for value in least),
        "alarms at a rate of 0.001": sum(value <= 0.001 for value in least),
        "seconds": time.perf_counter() - begin,
    }


JOBS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "default dataset": usual,
    "generated rows": large,
    "files": files,
    "false alarms": false_alarms,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--only", choices=JOBS)
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        begin = time.process_time()
        found = JOBS[arguments.job](arguments)
        found["processors' seconds"] = time.process_time() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**found, "peak MiB": round(peak)}))
        return
    for name in [arguments.only] if arguments.only else JOBS:
        command = [sys.executable, __file__, "--job", name]
        sizes = ["--rows", str(arguments.rows), "--seeds", str(arguments.seeds)]
        done = subprocess.run([*command, *sizes], check=True, capture_output=True, text=True)
        facts = json.loads(done.stdout)
        shown = (f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" for value in facts.values())
        print(f"{name}: " + ", ".join(f"{fact} {value}" for fact, value in zip(facts, shown, strict=True)))


if __name__ == "__main__":
    main()
