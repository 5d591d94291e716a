"""The job on each of six days, compared with the customers as they are then, and with all their versions."""

import datetime as dt

import pytest
from customers import CustomerFactory
from dimension import as_first_written, scd2

from pytest_synthdata import Exponential, days

DAYS = [dt.date(2024, 6, day) for day in range(1, 7)]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
LATE = {"delay": days(Exponential(1.5)), "late": 0.2, "redelivered": 0.05}
NAMES = ("customer_id", "plan", "city")

pytestmark = pytest.mark.synth(factories=[CustomerFactory], customers=60)


def end_of(day):
    return dt.datetime.combine(day, dt.time(23, 59, 59, 999_999), dt.timezone.utc)


def micros(time):
    return time and (time.astimezone(dt.timezone.utc) - EPOCH) // dt.timedelta(microseconds=1)


def run(synth, merge, **late):
    """The dimension at the end of each day, and after the last change has arrived, with the customers not up to date.

    A customer is not up to date where a change has happened and is still on its way.
    """
    spark, seen, dimension, rows = synth.spark, None, None, []
    feed = synth.dataset.customers.changes(format="autocdc", **late).to_arrow().to_pylist()
    for row in feed:
        row["arrived"] = micros(row["arrived_at"]) if late else row["sequence"]
    before = 0
    for day in [*DAYS, dt.date(2025, 1, 1)]:
        now = micros(end_of(day))
        new = [row for row in feed if before < row["arrived"] <= now]
        if new:
            names = (*NAMES, "operation", "sequence")
            schema = "customer_id string, plan string, city string, operation string, sequence bigint"
            batch = spark.createDataFrame([tuple(row[name] for name in names) for row in new], schema)
            seen = batch if seen is None else scd2.keep(seen, batch)
            dimension = scd2.versions(batch) if dimension is None else merge(dimension, seen, batch)
            # What a job leaves in storage until the next day.
            rows = dimension.collect()
            seen, dimension = (
                spark.createDataFrame(found, frame.schema)
                for found, frame in ((seen.collect(), seen), (rows, dimension))
            )
        on_the_way = {(row["customer_id"], row["sequence"]) for row in feed if row["sequence"] <= now < row["arrived"]}
        on_the_way -= {
            (row["customer_id"], row["sequence"]) for row in feed if row["arrived"] <= now
        }  # delivered twice
        yield day, rows, {key for key, _ in on_the_way}
        before = now


def differences(synth, merge, **late):
    """The days on which the current customers are not as they should be; and whether all versions are at last."""
    wrong, versions = [], set()
    for day, dimension, not_up_to_date in run(synth, merge, **late):
        current = {tuple(row[name] for name in NAMES) for row in dimension if row["is_current"]}
        if day in DAYS:
            expected = {tuple(row.values()) for row in synth.dataset.customers.at(day).to_arrow().to_pylist()}
            wrong += [day] if {row for row in current ^ expected if row[0] not in not_up_to_date} else []
        versions = {described(row) for row in dimension}
    return wrong, versions == set(map(described, synth.dataset.customers.versions().to_arrow().to_pylist()))


def described(row):
    return (*(row[name] for name in NAMES), micros(row["valid_from"]), micros(row["valid_to"]), row["is_current"])


def test_the_dimension_is_right_on_every_day(synth):
    assert differences(synth, scd2.merge, **LATE) == ([], True)


def test_changes_in_their_order_do_not_show_the_bug(synth):
    assert differences(synth, as_first_written.merge) == ([], True)


def test_late_changes_show_it(synth):
    wrong, complete = differences(synth, as_first_written.merge, **LATE)
    assert wrong
    assert not complete
