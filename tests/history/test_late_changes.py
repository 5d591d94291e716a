"""Feeds in the order of arrival: some changes come late, and some come twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    DeclarationError,
    Exponential,
    History,
    Key,
    Normal,
    SynthDataError,
    TableFactory,
    days,
    hours,
)


class PlanFactory(TableFactory):
    class Meta:
        table = "plans"
        history = History("2024-01-01", "2024-12-31", updates={"tier": 3.0}, deletes=0.5)

    plan_id = Key("P{:04d}")
    tier = Categorical(["Free", "Pro", "Gold"])


@pytest.fixture(scope="module")
def plans() -> Any:
    return Dataset({PlanFactory: 1_000}).plans


def seconds_late(row: dict[str, Any]) -> float:
    happened = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(microseconds=row["sequence"])
    return float((row["arrived_at"] - happened).total_seconds())


def test_late_changes_are_as_many_and_as_late_as_declared(plans: Any) -> None:
    rows = plans.changes(format="autocdc", delay=hours(Exponential(6)), late=0.2).to_arrow().to_pylist()
    arrived = [row["arrived_at"] for row in rows]
    assert arrived == sorted(arrived)
    assert [row["sequence"] for row in rows] != sorted(row["sequence"] for row in rows)
    delays = np.array([seconds_late(row) for row in rows])
    late = delays[delays > 0] / 3_600
    # Five standard deviations of a share, and of the mean of exponential delays.
    assert abs(len(late) / len(rows) - 0.2) < 5 * np.sqrt(0.2 * 0.8 / len(rows))
    assert abs(late.mean() - 6) < 5 * 6 / np.sqrt(len(late))


def test_all_changes_arrive_and_some_of_them_twice(plans: Any) -> None:
    on_time = plans.changes(format="autocdc").to_arrow().to_pylist()
    rows = plans.changes(format="autocdc", delay=hours(Exponential(6)), redelivered=0.05, again=days(2)).to_arrow()
    found = [(row["plan_id"], row["sequence"], row["tier"], row["operation"]) for row in rows.to_pylist()]
    once = {(row["plan_id"], row["sequence"], row["tier"], row["operation"]) for row in on_time}
    assert set(found) == once
    twice = len(found) - len(once)
    assert abs(twice / len(once) - 0.05) < 5 * np.sqrt(0.05 * 0.95 / len(once))


def test_the_delay_of_a_change_belongs_to_it(plans: Any) -> None:
    def arrivals(*period: str) -> dict[tuple[str, int], Any]:
        feed = plans.changes(*period, format="autocdc", delay=hours(Exponential(6)), late=0.5)
        return {(row["plan_id"], row["sequence"]): row["arrived_at"] for row in feed.to_arrow().to_pylist()}

    whole, part = arrivals(), arrivals("2024-05-01", "2024-05-31")
    assert part
    assert part == {key: whole[key] for key in part}


def test_envelopes_arrive_too(plans: Any) -> None:
    feed = plans.changes("2024-05-01", "2024-05-31", format="debezium", delay=hours(1))
    for row in feed.to_arrow().to_pylist():
        assert int(row["arrived_at"].timestamp() * 1_000) - row["ts_ms"] == pytest.approx(3_600_000, abs=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"delay": hours(1)}, "Delta's commits are in order"),
        ({"format": "autocdc", "late": 0.1}, "give a delay=, such as hours"),
        ({"format": "autocdc", "delay": Exponential(2)}, "is not an interval; write delay=hours"),
        ({"format": "autocdc", "delay": 3}, "is not an interval"),
        ({"format": "autocdc", "delay": hours(1), "late": 2}, "late=2; it is a share"),
        ({"format": "autocdc", "delay": hours(-3)}, "delay= is -3 hours for some rows, which would arrive before they"),
        ({"format": "debezium", "delay": hours(Normal(0, 9))}, r"delay= is -\d.*hours\(Normal\(2, 1\).clip\(0\)\)"),
        ({"format": "autocdc", "delay": hours(1), "redelivered": 1.0, "again": days(-1)}, "again= is -24 hours"),
    ],
)
def test_what_is_wrong_is_said(plans: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((DeclarationError, SynthDataError), match=message):
        plans.changes(**arguments)


def test_delays_that_are_kept_from_0_on_are_none_that_precede_the_change(plans: Any) -> None:
    feed = plans.changes("2024-02-01", "2024-04-01", format="autocdc", delay=hours(Normal(1, 5).clip(0)))
    assert min(map(seconds_late, feed.to_arrow().to_pylist())) == 0
