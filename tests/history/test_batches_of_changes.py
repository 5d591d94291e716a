"""Feeds day by day, as incremental jobs get them: together they are the whole."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import Categorical, Dataset, Exponential, History, Key, SynthDataError, TableFactory, hours


class PlanFactory(TableFactory):
    class Meta:
        table = "plans"
        history = History("2024-01-01", "2024-12-31", updates={"tier": 3.0}, deletes=0.5)

    plan_id = Key("P{:04d}")
    tier = Categorical(["Free", "Pro", "Gold"])


FEEDS: dict[str, dict[str, Any]] = {
    "delta": {},
    "debezium": {"format": "debezium"},
    "autocdc": {"format": "autocdc"},
    "late": {"format": "autocdc", "delay": hours(Exponential(20)), "redelivered": 0.1},
}


@pytest.fixture(params=FEEDS, scope="module")
def feed(request: pytest.FixtureRequest) -> Any:
    return Dataset({PlanFactory: 100}).plans.changes("2024-04-01", "2024-06-30", **FEEDS[request.param])


def test_the_batches_of_a_feed_are_the_feed(feed: Any) -> None:
    weeks = [batch.to_arrow() for batch in feed.in_batches(by="week")]
    assert len(weeks) >= 13
    assert pa.concat_tables(weeks).equals(feed.to_arrow())


def test_a_period_of_a_feed_is_what_comes_in_it(feed: Any) -> None:
    rows = feed.between("2024-05-01", "2024-05-08").to_arrow()
    time = next(name for name in ("arrived_at", "_commit_timestamp", "sequence", "source") if name in rows.column_names)
    whole = feed.to_arrow().to_pylist()

    def micros(row: dict[str, Any]) -> int:
        value = row[time]["sequence"] if time == "source" else row[time]
        return value if isinstance(value, int) else pa.scalar(value, pa.timestamp("us", "UTC")).value

    start, stop = (pa.scalar(day).cast(pa.timestamp("us")).value for day in ("2024-05-01", "2024-05-08"))
    expected = [row for row in whole if start <= micros(row) < stop]
    assert expected
    assert rows.to_pylist() == expected


def test_other_columns_are_no_order_of_a_feed(feed: Any) -> None:
    with pytest.raises(SynthDataError, match="in the order in which they come; leave out column='tier'"):
        feed.between("2024-05-01", column="tier")
