"""Tables that change: the replay of their feeds is their snapshots, and any day is found without the others.

    pip install -e .
    python benchmarks/history.py day [--rows 100_000_000]
    python benchmarks/history.py replay [--rows 1_000_000] [--days 365] [--processes 2]

`day` tells of one day of a year, in each format, with the processor's time and the memory. `replay` plays the feeds of
three tables, day by day, and compares them with the snapshot of each day: the hashes of the rows are kept by row
number, and those of changed rows replaced, so that equal fingerprints mean equal rows. Each process has a stretch of
the days: it plays what is before without comparing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import multiprocessing
import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pyarrow as pa

from pytest_synthdata import Categorical, Dataset, Dates, ForeignKey, Given, History, Key, LogNormal, TableFactory, col
from pytest_synthdata.columns.arrow.fingerprint import row_hashes
from pytest_synthdata.table import Table

YEAR = "2024-01-01", "2024-12-31"
FORMATS = "delta", "debezium", "autocdc"


class AccountFactory(TableFactory):
    class Meta:
        table = "accounts"
        history = History(*YEAR, updates={"tier": 0.8, "region": 0.1}, deletes=0.05)

    account_id = Key("A{:09d}")
    tier = Categorical({"Free": 0.6, "Pro": 0.3, "Team": 0.1})
    region = Categorical(["North", "South", "East", "West"])
    fee = Given("tier", {"Pro": LogNormal(3, 0.5), "Team": LogNormal(5, 0.5)}, default=0.0).round(2)


class PaymentFactory(TableFactory):
    class Meta:
        table = "payments"
        history = History(*YEAR, updates={"state": 1.0}, births="paid_on")

    payment_id = Key("P{:09d}")
    account = ForeignKey(AccountFactory)
    tier_then = col("account.tier")
    state = Categorical(["open", "done"])
    paid_on = Dates(*YEAR)


class NoteFactory(TableFactory):
    class Meta:
        table = "notes"
        history = History(*YEAR, deletes=0.2, on_parent_delete="move")

    note_id = Key("N{:09d}")
    account = ForeignKey(AccountFactory)
    stars = Categorical([1, 2, 3])


def megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def day(rows: int) -> None:
    accounts = Dataset({AccountFactory: rows}).accounts
    accounts.changes("2024-03-15", "2024-03-15").to_arrow()
    for form in FORMATS:
        begin, used = time.perf_counter(), time.process_time()
        told = sum(batch.num_rows for batch in accounts.changes("2024-09-15", "2024-09-15", format=form).batches())
        seconds, used = time.perf_counter() - begin, time.process_time() - used
        print(
            f"{form:10} {told:>10,} rows of one day of {rows:,} accounts: {seconds:.2f} s ({used:.2f} s of processor)"
        )
    print(f"{megabytes()} MB")


class Replayed:
    """The rows that a feed has left, by row number: a hash of each, 0 where there is none."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.hashes = np.zeros(table.num_rows, np.uint64)

    def play(self, first: dt.date, last: dt.date) -> int:
        view = self.table.changes(first, last, format="autocdc").view
        told = 0
        for number in range(view.num_pieces):
            batch, rows = view.piece(number)
            order = np.argsort(batch.column("sequence").to_numpy(), kind="stable")
            kept = pa.RecordBatch.from_arrays(batch.columns[:-2], names=batch.schema.names[:-2])
            gone = np.asarray(pa.compute.equal(batch.column("operation"), "DELETE").to_numpy(zero_copy_only=False))
            hashes = np.where(gone, 0, row_hashes(kept))
            self.hashes[rows[order].astype(np.int64)] = hashes[order]  # of several changes of a row, the last stays
            told += batch.num_rows
        return told

    def is_at(self, day: dt.date) -> bool:
        now = np.zeros(len(self.hashes), np.uint64)
        view = self.table.at(day).view
        for start in range(0, view.num_rows, 1 << 18):
            rows = view.row_numbers(start, min(start + (1 << 18), view.num_rows))
            now[rows.astype(np.int64)] = row_hashes(view.record_batch(rows))
        return bool((now == self.hashes).all())


def dataset_of(rows: int) -> Dataset:
    return Dataset({AccountFactory: rows, PaymentFactory: rows, NoteFactory: rows})


def replay_days(rows: int, stretch: tuple[str, int, int]) -> tuple[int, int, int]:
    """Replay a table's feed, compare the days of a stretch: the changes told in them, days that differ, megabytes."""
    name, first, last = stretch
    table, start = dataset_of(rows)[name], dt.date(2024, 1, 1)
    replayed, told, wrong = Replayed(table), 0, 0
    if first:
        replayed.play(start, start + dt.timedelta(days=first - 1))
    for number in range(first, last):
        one = start + dt.timedelta(days=number)
        told += replayed.play(one, one)
        wrong += not replayed.is_at(one)
    return told, wrong, megabytes()


def replay(rows: int, num_days: int, processes: int) -> None:
    edges = np.linspace(0, num_days, processes + 1).astype(int).tolist()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        most = 0
        for table in dataset_of(rows):
            begin = time.perf_counter()
            stretches = [(table.name, first, last) for first, last in itertools.pairwise(edges)]
            told, wrong, used = zip(*pool.map(partial(replay_days, rows), stretches), strict=True)
            seconds, most = time.perf_counter() - begin, max(most, *used)
            print(
                f"{table.name:10} {sum(told):>12,} changes, {num_days} days compared, {sum(wrong)} differ: "
                f"{seconds:.0f} s",
                flush=True,
            )
    print(f"{most} MB in a process at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["day", "replay"])
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")))
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    if arguments.what == "day":
        day(arguments.rows or 100_000_000)
    else:
        replay(arguments.rows or 1_000_000, arguments.days, arguments.processes)


if __name__ == "__main__":
    main()
