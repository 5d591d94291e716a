"""Tables in the order of time: any day of a huge one, batches in the order of arrival, and a stream that is killed.

    pip install -e '.[local]'
    python benchmarks/streams.py [day|arrival|killed] [--rows 100_000_000]

Each measurement is a process of its own. `killed` ends a streaming query and its JVM five times by SIGKILL.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

KILLED_ROWS, KILLED_BATCH = 20_000, 500


def calls(rows: int, **meta: Any) -> Any:
    from pytest_synthdata import Dataset, Key, LogNormal, TableFactory, Timeline

    columns = {
        "Meta": type("Meta", (), {"table": "calls", **meta}),
        "call_id": Key("C{}"),
        "at": Timeline("2024-01-01", "2024-12-31", daily=25, weekend=0.6, noise=0.1),
        "seconds": LogNormal(5, 1).round(1),
    }
    return Dataset({type("CallFactory", (TableFactory,), columns): rows})["calls"]


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def measure_day(rows: int) -> Any:
    calls(1_000).to_arrow()
    table, before, found = calls(rows), megabytes(), []
    for month in range(1, 13):
        start = time.perf_counter()
        day = table.between(f"2024-{month:02d}-15", f"2024-{month:02d}-16")
        searched = time.perf_counter() - start
        count = sum(batch.num_rows for batch in day.batches())
        found.append((count, searched, time.perf_counter() - start))
    return {"days": found, "more": megabytes() - before}


def day(rows: int) -> None:
    """One day of a year of so many rows, found and made."""
    one = in_process("day", rows)
    slowest = max(one["days"], key=lambda found: found[2])
    print(
        f"any day of a year of {rows:,} rows: at most {slowest[2]:.2f} s for {slowest[0]:,} rows, of which "
        f"{slowest[1] * 1e3:.0f} ms to find them; {one['more']:.0f} MB more"
    )


def measure_arrival(rows: int) -> Any:
    from pytest_synthdata import Arrival, Exponential, hours

    arrival = Arrival("at", hours(Exponential(6)), late=0.2, redelivered=0.01)
    calls(1_000, arrival=arrival).in_batches("month")
    table, before = calls(rows, arrival=arrival), megabytes()
    start = time.perf_counter()
    batches = table.in_batches("day")
    first = batches[0].num_rows
    looked = time.perf_counter() - start
    count = sum(batch.num_rows for batch in batches)
    return {
        "first": first,
        "looked": looked,
        "rows": count,
        "seconds": time.perf_counter() - start,
        "more": megabytes() - before,
    }


def arrival(rows: int) -> None:
    """All days of a year in the order of arrival: which rows come on each, their cells not made."""
    one = in_process("arrival", rows)
    print(
        f"{rows:,} rows by day in the order of arrival: the first day after {one['looked']:.1f} s, all "
        f"{one['rows']:,} that come after {one['seconds']:.1f} s; {one['more']:.0f} MB more"
    )


def query(folder: Path, *, to_the_end: bool) -> None:
    """The streaming query, until it is killed or has come to the end."""
    from generate import spark_session

    from pytest_synthdata.data_source import DatasetSource

    with spark_session() as spark:
        spark.dataSource.register(DatasetSource)
        options = {"table": "tickets", "rows": KILLED_ROWS, "batch": KILLED_BATCH, "partitions": 2}
        read = spark.readStream.format("synthdata").options(**options).load()
        places = {"path": str(folder / "rows"), "checkpointLocation": str(folder / "checkpoint")}
        trigger: dict[str, Any] = {"availableNow": True} if to_the_end else {"processingTime": "0 seconds"}
        read.writeStream.format("parquet").options(**places).trigger(**trigger).start().awaitTermination()
        if to_the_end:
            from pytest_synthdata.columns.arrow.fingerprint import fingerprint

            rows = spark.read.parquet(places["path"]).toArrow()
            ids = rows["ticket_id"].to_pylist()
            print(json.dumps([len(ids), len(set(ids)), fingerprint(rows.combine_chunks().to_batches())]))


def killed(_: int) -> None:
    """A query that is killed five times while it runs: what is lost, and what is doubled."""
    from generate import our_dataset

    expected = our_dataset(tickets=KILLED_ROWS).tickets.fingerprint()
    with tempfile.TemporaryDirectory() as place:
        folder, committed = Path(place), 0
        for number in range(5):
            process = start("run", place)
            while len(commits(folder)) < committed + 2:
                if process.poll() is not None:  # Spark gives its Python ten seconds to start
                    process = start("run", place)
                time.sleep(0.05)
            time.sleep(0.11 * number)  # somewhere in a micro-batch
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            committed = len(commits(folder))
            planned = len(list((folder / "checkpoint/offsets").glob("[0-9]*")))
            print(
                f"killed after {committed} micro-batches, {planned - committed} of them planned and not done",
                flush=True,
            )
        for _ in range(3):
            last = start("end", place)
            out, _ = last.communicate()
            if not last.returncode:
                break
        else:
            sys.exit((folder / "errors").read_text()[-3000:])
    count, distinct, found = json.loads(out.splitlines()[-1])
    same = "the same as" if found == expected else "ANOTHER THAN"
    print(f"{KILLED_ROWS - distinct} rows lost, {count - distinct} doubled; the fingerprint is {same} the table's own")


def start(what: str, place: str) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--query", what, place]
    with (Path(place) / "errors").open("w") as errors:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True)


def commits(folder: Path) -> list[Path]:
    return list((folder / "checkpoint/commits").glob("[0-9]*"))


MEASURES = {"day": measure_day, "arrival": measure_arrival}


def in_process(name: str, rows: int) -> Any:
    """What a measurement gives in a process of its own."""
    command = [sys.executable, __file__, "--measure", name, "--rows", str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parts = {"day": day, "arrival": arrival, "killed": killed}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[*parts, []], help="what to measure; defaults to all")
    parser.add_argument("--rows", type=int, default=100_000_000, help="day and arrival: how many rows")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--query", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.query:
        query(Path(given.query[1]), to_the_end=given.query[0] == "end")
    elif given.measure:
        print(json.dumps(MEASURES[given.measure](given.rows)))
    else:
        for name in given.part or parts:
            parts[name](given.rows)


if __name__ == "__main__":
    main()
