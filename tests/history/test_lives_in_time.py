"""The states of a `Lifecycle` come in their time: an order is placed, paid and shipped in the feed."""

from __future__ import annotations

import collections
import datetime as dt
from typing import Any

import pytest

from pytest_synthdata import (
    Count,
    Dataset,
    DeclarationError,
    Exponential,
    ForeignKey,
    History,
    Key,
    Lifecycle,
    Normal,
    Step,
    Steps,
    TableFactory,
    Times,
    col,
)


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"
        history = History("2024-01-01", "2024-03-31", births="placed_at", lives="life", deletes=0.2)

    order_id = Key("O{:04d}")
    placed_at = Times("2024-01-01", "2024-03-20")
    life = Lifecycle(
        "placed",
        {"placed": {"paid": 0.9, "cancelled": 0.1}, "paid": {"shipped": 1.0}},
        start="placed_at",
        after={"paid": Exponential(30), "shipped": Exponential(80)},
    )
    status = col("life.state")
    paid_at = col("life.paid_at")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset({OrderFactory: 300})


def test_an_order_has_the_state_of_the_time(dataset: Dataset, replay: Any, rows_of: Any) -> None:
    feed, last = dataset.orders.changes(format="autocdc"), rows_of(dataset.orders, "order_id")
    seen = set()
    for day in (dt.date(2024, 1, 9), dt.date(2024, 2, 29), dt.date(2024, 3, 31)):
        now = dt.datetime.combine(day, dt.time(23, 59, 59, 999_999), dt.timezone.utc)
        rows = rows_of(dataset.orders.at(day), "order_id")
        assert replay(feed, "order_id", now) == rows
        for key, row in rows.items():
            assert row["placed_at"] <= now
            paid = last[key]["paid_at"]
            assert row["paid_at"] == (paid if paid and paid <= now else None)
            assert (row["status"] == "placed") <= (row["paid_at"] is None)
            seen.add(row["status"])
    assert seen == {"placed", "paid", "shipped", "cancelled"}
    assert dataset.at("2024-02-29").validate().ok


def test_each_state_is_a_version(dataset: Dataset) -> None:
    order = next(row for row in dataset.orders.versions().to_arrow().to_pylist() if row["status"] == "shipped")[
        "order_id"
    ]
    versions = [row for row in dataset.orders.versions().to_arrow().to_pylist() if row["order_id"] == order]
    assert [row["status"] for row in versions] == ["placed", "paid", "shipped"]
    assert versions[1]["valid_from"] == versions[1]["paid_at"] == versions[0]["valid_to"]


class EventFactory(TableFactory):
    class Meta:
        table = "events"

    order = ForeignKey(OrderFactory, per_parent=Steps("life"))
    step = Step("order.life")
    happened_at = col("step.at")
    state = col("step.state")
    status_then = col("order.status")


@pytest.mark.parametrize("deletes", [None, 0.5])
def test_steps_come_in_their_time(deletes: float | None, replay: Any) -> None:
    class DeletedFactory(EventFactory):
        class Meta:
            table = "events"
            history = None if deletes is None else History("2024-01-01", "2024-03-31", deletes=deletes)

    dataset = Dataset({OrderFactory: 300, DeletedFactory: None})
    for day in (dt.date(2024, 1, 9), dt.date(2024, 2, 29), dt.date(2024, 3, 31)):
        end = dt.datetime.combine(day, dt.time(23, 59, 59, 999_999), dt.timezone.utc)
        now = dataset.at(day)
        events = sorted(now.events.to_arrow().to_pylist(), key=lambda event: event["step"]["number"])
        last = {event["order_id"]: event["state"] for event in events}
        assert all(event["happened_at"] <= end for event in events)
        status = {order["order_id"]: order["status"] for order in now.orders.to_arrow().to_pylist()}
        assert last.keys() <= status.keys()
        if deletes is None:
            assert last == status
            at_once = {(event["order_id"], event["happened_at"]): event["state"] for event in events}
            assert all(event["status_then"] == at_once[event["order_id"], event["happened_at"]] for event in events)
        assert now.validate().ok
    told = dataset.events.changes(format="autocdc").to_arrow().to_pylist()
    born = [change for change in told if change["operation"] == "INSERT"]
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    assert all(moment + dt.timedelta(microseconds=one["sequence"]) == one["happened_at"] for one in born)


def test_steps_that_are_totalled_are_there_with_the_row_that_sums_them_up() -> None:
    class CountedFactory(OrderFactory):
        class Meta:
            table = "orders"
            history = History("2024-01-01", "2024-03-31", births="placed_at", lives="life")

        steps = Count("events")

    class EventFactory(TableFactory):
        class Meta:
            table = "events"

        order = ForeignKey(CountedFactory, per_parent=Steps("life"))

    now = Dataset({CountedFactory: 100, EventFactory: None}).at("2024-01-20")
    counts = collections.Counter(now.events.to_arrow()["order_id"].to_pylist())
    assert counts == {order["order_id"]: order["steps"] for order in now.orders.to_arrow().to_pylist()}


def test_only_lives_have_states() -> None:
    class WrongFactory(TableFactory):
        class Meta:
            table = "wrong"
            history = History("2024-01-01", "2024-03-31", lives="size")

        size = Normal(0, 1)

    with pytest.raises(DeclarationError, match="lives='size': it is not a Lifecycle"):
        Dataset({WrongFactory: 1})
