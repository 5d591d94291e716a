"""Lives: only declared transitions, at times that go forward, and the same in the table, its events and `build()`."""

from __future__ import annotations

import datetime as dt
import itertools
import pickle
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Count,
    Dataset,
    Dates,
    DeclarationError,
    Exponential,
    ForeignKey,
    GenerationError,
    Given,
    Key,
    Lifecycle,
    LogNormal,
    Normal,
    Poisson,
    Step,
    Steps,
    TableFactory,
    Times,
    col,
)

TRANSITIONS: dict[str, Any] = {
    "placed": Given("tier", {"Pro": {"paid": 0.99, "cancelled": 0.01}, "Free": {"paid": 0.8, "cancelled": 0.2}}),
    "paid": {"shipped": 1.0},
    "shipped": {"delivered": 0.7, "returned": 0.3},
    "returned": {"shipped": 0.5},
}
LEGAL = {
    (None, "placed"),
    ("placed", "paid"),
    ("placed", "cancelled"),
    ("paid", "shipped"),
    ("shipped", "delivered"),
    ("shipped", "returned"),
    ("returned", "shipped"),
}


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"

    order_id = Key("O{}")
    tier = Categorical({"Pro": 0.5, "Free": 0.5})
    ordered_at = Times("2024-01-01", "2024-12-31").nulls(0.05)
    life = Lifecycle(
        "placed",
        TRANSITIONS,
        start="ordered_at",
        after={
            "paid": Exponential(2.0),
            "cancelled": Given("tier", {"Pro": 1.0}, default=Exponential(30)),
            "shipped": LogNormal(3, 0.5),
            ("returned", "shipped"): 1.0,
            "delivered": Exponential(48).clip(12, 96),
            "returned": Exponential(72),
        },
        unit="hours",
        until="2024-12-31",
        at_most={"returned": 2},
    )
    status = col("life.state")
    changed_at = col("life.at")
    steps = col("life.number")
    paid_at = col("life.paid_at")
    is_open = Given("life.state", {"delivered": False, "cancelled": False}, default=True)
    counted = Count("order_events")


class OrderEventFactory(TableFactory):
    class Meta:
        table = "order_events"

    order = ForeignKey(OrderFactory, per_parent=Steps("life"))
    step = Step("order.life")
    state = col("step.state")


def shop(orders: int = 4_000, seed: int = 3) -> Dataset:
    return Dataset({OrderFactory: orders, OrderEventFactory: None}, seed=seed)


def lives(dataset: Dataset) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in dataset.order_events.to_arrow().to_pylist():
        found[row["order_id"]].append(row["step"])
    return found


def test_no_transition_is_illegal_and_the_state_is_the_last_event_s() -> None:
    dataset = shop()
    events = lives(dataset)
    end = dt.datetime(2025, 1, 1, tzinfo=dt.timezone.utc)
    for order in dataset.orders.to_arrow().to_pylist():
        mine = events[order["order_id"]]
        if order["ordered_at"] is None:
            assert (mine, order["status"], order["steps"], order["counted"]) == ([], None, None, 0)
            continue
        states = [step["state"] for step in mine]
        assert {*zip([None, *states], states, strict=False)} <= LEGAL
        assert states.count("returned") <= 2
        times = [step["at"] for step in mine]
        assert times == sorted(times)
        assert times[0] == order["ordered_at"]
        assert times[-1] < end
        assert [step["number"] for step in mine] == list(range(1, len(mine) + 1))
        assert (order["status"], order["changed_at"], order["steps"]) == (states[-1], times[-1], len(mine))
        assert order["counted"] == len(mine)
        paid = [step["at"] for step in mine if step["state"] == "paid"]
        assert order["paid_at"] == (paid[-1] if paid else None)
        assert order["is_open"] == (states[-1] not in {"delivered", "cancelled"})


def test_shares_and_times_are_as_declared() -> None:
    dataset = shop(20_000)
    tier = dict(zip(*(dataset.orders.to_arrow()[name].to_pylist() for name in ("order_id", "tier")), strict=True))
    moves: Counter[tuple[str, str, str]] = Counter()
    waits: dict[str, list[float]] = defaultdict(list)
    early = dt.datetime(2024, 12, 1, tzinfo=dt.timezone.utc)  # what begins before has all the time that it needs
    for order, steps in lives(dataset).items():
        for before, after in itertools.pairwise(steps):
            if before["at"] < early:
                moves[tier[order], before["state"], after["state"]] += 1
                waits[after["state"]].append((after["at"] - before["at"]).total_seconds() / 3600)
    for name, share in (("Pro", 0.01), ("Free", 0.2)):
        total = moves[name, "placed", "cancelled"] + moves[name, "placed", "paid"]
        # Five standard deviations of a binomial count.
        assert abs(moves[name, "placed", "cancelled"] - share * total) < 5 * (share * (1 - share) * total) ** 0.5
    assert abs(np.mean(waits["paid"]) - 2) < 5 * 2 / len(waits["paid"]) ** 0.5  # an exponential's mean is its deviation
    assert 12 <= min(waits["delivered"]) <= max(waits["delivered"]) <= 96
    assert 1.0 in waits["shipped"]


def test_any_part_is_that_of_the_whole_and_of_build() -> None:
    dataset = shop()
    for table in dataset:
        whole = table.to_arrow().combine_chunks()
        assert table.to_arrow(1_000, 1_050).combine_chunks().equals(whole.slice(1_000, 50))
        again = pickle.loads(pickle.dumps(table.bound)).batch(1_000, 1_050)
        assert pa.Table.from_batches([again]).equals(whole.slice(1_000, 50))
        expected = whole.slice(0, 25).to_pylist()
        table.factory.reset_sequence()
        with dataset.factories():
            assert table.factory.build_batch(25) == expected
    more = shop(5_000)
    assert more.orders.to_arrow(0, 4_000).equals(dataset.orders.to_arrow())
    start = dt.datetime(2030, 1, 1, tzinfo=dt.timezone.utc)
    assert OrderFactory.build(ordered_at=start).status is None  # it begins after the last day that is known


def test_another_state_changes_only_the_rows_that_come_to_it() -> None:
    class LostFactory(OrderFactory):
        life = Lifecycle(
            "placed",
            {**TRANSITIONS, "delivered": {"lost": 0.2}},
            start="ordered_at",
            after=dict(OrderFactory._meta.plan().columns["life"].waits) | {"lost": 5.0},  # type: ignore[attr-defined]
            until="2024-12-31",
            at_most={"returned": 2},
        )

    before = shop().orders.to_arrow().to_pylist()
    after = Dataset({LostFactory: 4_000}, seed=3).orders.to_arrow().to_pylist()
    changed = {new["status"] for old, new in zip(before, after, strict=True) if old["changed_at"] != new["changed_at"]}
    assert changed == {"lost"}


def test_dates_stay_dates_and_until_may_be_a_column() -> None:
    class LoanFactory(TableFactory):
        class Meta:
            table = "loans"

        since = Dates("2024-01-01", "2024-06-30")
        seen = Dates("2024-06-01", "2024-12-31")
        life = Lifecycle(
            "open",
            {"open": {"due": 1}, "due": {"closed": col("paying") * 1.0, "default": 1 - col("paying")}},
            start="since",
            after={"due": 30, "closed": Poisson(10), "default": Poisson(60)},
            unit="days",
            until="seen",
        )
        paying = Categorical({1: 0.9, 0: 0.1})
        state, closed_on, due_on = col("life.state"), col("life.closed_at"), col("life.due_at")

    table = Dataset({LoanFactory: 2_000}, seed=1).loans.to_arrow()
    assert table.schema.field("closed_on").type == pa.date32()
    for row in table.to_pylist():
        due = row["since"] + dt.timedelta(days=30)
        assert row["due_on"] == (due if due <= row["seen"] else None)
        assert row["state"] != ("default" if row["paying"] else "closed")
        assert row["closed_on"] is None or row["closed_on"] <= row["seen"]


def declared(**changes: Any) -> type[TableFactory]:
    arguments = {"start": "at", "after": {"b": 1.0}, **changes}
    transitions = arguments.pop("transitions", {"a": {"b": 0.5}})
    body = {
        "Meta": type("Meta", (), {"table": "things"}),
        "at": Times("2024-01-01", "2024-12-31"),
        "name": Categorical({"x": 1.0}),
        "life": Lifecycle("a", transitions, **arguments),
        "state": col("life.state"),
    }
    return type("ThingFactory", (TableFactory,), body)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"transitions": {"a": {"b": 0.7, "c": 0.4}}}, r"things\.life: .*after 'a': the shares sum to 1\.1"),
        ({"transitions": {"a": {"b": -0.1}}}, r"things\.life: .*the share of 'b' is -0\.1"),
        ({"transitions": {"a": {"b": 1}, "z": {"b": 1}}}, r"things\.life: .*transitions names 'z'"),
        ({"after": {"bb": 1.0}}, r"things\.life: .*after\['bb'\] names 'bb'.*did you mean 'b'"),
        ({"at_most": {"zz": 1}}, r"things\.life: .*at_most names 'zz'"),
        ({"unit": "fortnights"}, r"things\.life: .*unit='fortnights'"),
        ({"start": "name"}, r"things\.life: .*start=col\('name'\) is string"),
        ({"start": "nothing"}, r"things\.life: there is no column 'nothing'"),
        ({"after": {"b": Poisson(3) - 9}}, None),
    ],
)
def test_what_can_never_work_is_named(changes: dict[str, Any], message: str | None) -> None:
    if message is None:
        with pytest.raises(GenerationError, match=r"things\.life: .*add \.clip\(0, None\)"):
            Dataset({declared(**changes): 1_000}).things.to_arrow()
        return
    with pytest.raises(DeclarationError, match=message):
        Dataset({declared(**changes): 10})


def test_a_step_belongs_to_a_table_of_steps() -> None:
    thing = type("KeyedFactory", (declared(),), {"thing_id": Key("T{}")})
    wrong: list[dict[str, Any]] = [
        {"thing": ForeignKey(thing, per_parent=2), "step": Step("thing.life")},
        {"thing": ForeignKey(thing, per_parent=Steps("name"))},
        {"thing": ForeignKey(thing, per_parent=Steps("life")), "step": Step("thing.at")},
        {"thing": ForeignKey(thing, per_parent=Steps("life")), "n": col("step.no"), "step": Step("thing.life")},
    ]
    for body in wrong:
        steps = type("StepFactory", (TableFactory,), {"Meta": type("Meta", (), {"table": "steps"}), **body})
        with pytest.raises(DeclarationError, match=r"steps\.(thing|step|n): "):
            Dataset({steps: None})


def test_state_names_of_any_text_have_readable_times() -> None:
    class TripFactory(TableFactory):
        class Meta:
            table = "trips"

        at = Times("2024-01-01", "2024-12-31")
        life = Lifecycle("at rest", {"at rest": "in transit"}, start="at", after={"in transit": Normal(5, 0.1)})
        left_at = col("life.in_transit_at")

    rows = Dataset({TripFactory: 20}, seed=1).trips.to_arrow().to_pylist()
    assert all(4 < (row["left_at"] - row["at"]).total_seconds() / 3600 < 6 for row in rows)
