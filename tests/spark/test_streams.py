"""What a stream gives to whom: planned without Spark, for queries that are killed and go on from their checkpoint."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

pytest.importorskip("pyspark.sql.streaming.datasource")

from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadMaxRows

from pytest_synthdata import Dataset, SynthDataError
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.data_source import rows_of
from pytest_synthdata.factories import TicketFactory
from pytest_synthdata.spark.stream_reader import stream_reader_class
from pytest_synthdata.streams import TableStream

LATE = {"table": "customers", "rows": "400", "factories": "test_data_source:LateCustomerFactory"}


def run(options: dict[str, str], killed_at: set[int]) -> list[Any]:
    """The rows of a query's micro-batches, which is killed before it has committed some of them."""
    made = rows_of(TableStream(options).table)
    stream, committed, planned = TableStream(options), None, None
    rows: list[Any] = []
    for number in itertools.count():
        start = stream.offset(0) if committed is None else committed
        end = planned or stream.latest(start, stream.batch)
        if end == start:
            return rows
        batches = [batch for part in stream.partitions(start, end) for batch in made(*part)]
        if number in killed_at:
            planned, stream = end, TableStream(options)  # Spark plans the same batch again, by its log of offsets
            continue
        rows.append(batches)
        committed, planned = end, None
    raise AssertionError


@pytest.mark.parametrize(
    "options",
    [
        {"table": "tickets", "rows": "2000", "batch": "130", "partitions": "3"},
        {"table": "tickets", "rows": "2000", "batch": "month"},
        {"table": "orders", "rows": "2000", "batch": "300"},
        {"table": "orders", "rows": "2000", "batch": "month"},  # by its only date, as `in_batches` does
        {**LATE, "batch": "month"},
        {**LATE, "batch": "90", "partitions": "2"},
    ],
    ids=lambda options: f"{options['table']} by {options['batch']}",
)
def test_a_query_that_is_killed_five_times_loses_and_doubles_nothing(options: dict[str, str]) -> None:
    batches = run(options, {0, 1, 3, 4, 6})
    assert len(batches) > 4
    stream = TableStream(options)
    by = stream.batch
    table = stream.table
    expected = [table] if stream.order is None else table.in_batches(by, column=options.get("column"))
    if isinstance(by, str):
        assert [sum(map(len, batch)) for batch in batches] == [one.num_rows for one in expected if one.num_rows]
    whole = itertools.chain.from_iterable(one.batches() for one in expected)
    assert fingerprint(itertools.chain.from_iterable(batches)) == fingerprint(whole)


@pytest.mark.parametrize(("batch", "first"), [("130", 130), ("month", None)])
def test_a_micro_batch_is_as_large_as_the_stream_says(batch: str, first: int | None) -> None:
    options = {"table": "tickets", "rows": "2000", "batch": batch}
    stream = TableStream(options)
    reader = stream_reader_class()(None, lambda: stream)
    start = reader.initialOffset()
    end = reader.latestOffset(start, reader.getDefaultReadLimit())
    assert end == stream.latest(start, stream.batch)
    assert end["rows"] == first or first is None
    assert 0 < end["rows"] < 2_000
    assert reader.latestOffset(start, ReadMaxRows(70))["rows"] == 70
    assert reader.latestOffset(start, ReadAllAvailable()) == reader.reportLatestOffset()


def test_rows_come_at_a_rate_and_go_on_at_it() -> None:
    now = 100.0
    options = {"table": "tickets", "rows": "500", "rate": "40"}
    stream = TableStream(options, clock=lambda: now)
    start = stream.latest(stream.offset(0), 100)
    assert start["rows"] == 0
    now += 2.5
    assert stream.latest(start, 1_000)["rows"] == 100
    assert stream.latest(start, 30)["rows"] == 30
    again = TableStream(options, clock=lambda: now)
    again.latest(stream.offset(100), None)
    now += 1
    assert again.latest(stream.offset(100), None)["rows"] == 140
    now += 1_000
    assert again.latest(stream.offset(140), None)["rows"] == 500
    there = TableStream(options, clock=lambda: now)
    there.come_all_now()
    assert there.latest(stream.offset(0), None)["rows"] == 500


def test_a_period_comes_when_its_last_row_is_there() -> None:
    january = Dataset({TicketFactory: 2_000}).tickets.in_batches("month")[0].num_rows
    times = iter([0.0, 0.0, january / 10 - 1, january / 10 + 1])
    options = {"table": "tickets", "rows": "2000", "batch": "month", "rate": "10"}
    stream = TableStream(options, clock=lambda: next(times))
    assert [stream.latest(stream.offset(0), "month")["rows"] for _ in range(3)] == [0, 0, january]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": "dya"}, "option 'batch' is 'dya'; it is a number of rows, or did you mean 'day'"),
        ({"batch": "0"}, "option 'batch' is '0'"),
        ({"rate": "0"}, "option 'rate' is 0"),
        ({"column": "day"}, "there is no column 'day'"),
    ],
)
def test_mistakes_are_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(SynthDataError, match=message):
        _ = TableStream({"table": "tickets", "rows": "10", **options}).order


def test_a_checkpoint_of_another_table_is_refused() -> None:
    before = TableStream({"table": "tickets", "rows": "10", "seed": "7"}).offset(5)
    fewer = TableStream({"table": "tickets", "rows": "10", "customers": "50"}).offset(5)
    with pytest.raises(SynthDataError, match=r"50 customers; this query asks for .*, 2,500 customers"):
        TableStream({"table": "tickets", "rows": "10"}).latest(fewer, 5)
    with pytest.raises(
        SynthDataError, match=r"of another table: tickets, seed 7, 10 rows.*this query asks for tickets, seed 42"
    ):
        TableStream({"table": "tickets", "rows": "10"}).latest(before, 5)
