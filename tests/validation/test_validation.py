"""Validation: what is as declared passes, whatever the seed, and every planted fault is found and named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy import stats

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    Dates,
    Distribution,
    Event,
    Exponential,
    ForeignKey,
    Given,
    Key,
    LogNormal,
    Normal,
    Pareto,
    Poisson,
    Quantiles,
    SynthDataError,
    TableFactory,
    Timeline,
    Times,
    Uniform,
    col,
    column,
    when,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
from pytest_synthdata.validation import Validation, validate
from pytest_synthdata.validation.results import holm


class AccountFactory(TableFactory):
    account_id = Key("ACC-{:04d}")
    plan = Categorical({"Big": 0.2, "Small": 0.8})
    opened = Dates("2023-01-01", "2024-06-30")


class EventFactory(TableFactory):
    """Every kind of declaration that can be held against data."""

    event_id = Key("E-{:07d}")
    account = ForeignKey(
        AccountFactory, weights=Given("plan", {"Big": 5, "Small": 1}), where=col("account.opened") <= col("at")
    )
    at = Timeline(
        "2023-07-01",
        "2024-12-31",
        weekend=0.5,
        season={12: 1.5},
        trend=0.4,
        noise=0.1,
        events=[Event("2024-03-04", "2024-03-20", 3.0), Event("2024-09-01", "2024-09-10", 0.2)],
    )
    amount = Given("account.plan", {"Big": LogNormal(6, 0.7), "Small": Normal(100, 15).clip(50, 150)}).round(2)
    wait = Exponential(4.0).nulls(0.1)
    visits = Poisson(3.0)
    score = Uniform(0, 100).round(0).cast("int")
    income = (Pareto(2.5) + 1) * 1_000
    gap = 10 - Distribution(stats.gamma(2.0, scale=3.0))
    channel = when(
        col("at").during(Event("2024-03-04", "2024-03-20")), Categorical({"web": 0.8, "phone": 0.2})
    ).otherwise(Categorical({"web": 0.4, "phone": 0.6}))
    band = Given("wait", bins=[2, 8], then=["short", "fair", "long"])
    stars = Given("band", {"long": Categorical({1: 0.7, 2: 0.3})}, default=Categorical({1: 0.1, 5: 0.9}))
    fixed = Constant(7)
    size = Quantiles([0, 1, 5, 50]).round(2)
    closed = Times("2024-01-01", "2024-12-31")
    closing_day = Times("1960-01-01", "1960-12-31").cast("date")

    @column
    def twice(visits: Any) -> Any:
        return visits * 2


def business(seed: int = 1, rows: int = 25_000) -> Dataset:
    return Dataset({AccountFactory: 1_000, EventFactory: rows}, seed=seed)


def altered(table: pa.Table, name: str, values: Any) -> pa.Table:
    field = table.schema.field(name)
    return table.set_column(table.schema.get_field_index(name), field, pa.array(values, field.type))


def numbers(table: pa.Table, name: str) -> Any:
    return table[name].to_numpy().copy()


def test_the_shipped_business_is_as_declared() -> None:
    result = Dataset().validate()
    assert result.ok, "\n".join(map(str, result.failed))
    kinds = {(check.place, check.kind) for check in result}
    assert {
        ("customers.tier", "share"),
        ("customers.customer_id", "duplicates"),
        ("customers.customer_id", "format"),
        ("orders.amount", "shape"),
        ("orders.amount", "median"),
        ("orders.amount", "spread"),
        ("orders.customer", "orphans"),
        ("orders.customer", "children a parent"),
        ("orders.customer", "pairs that break"),
        ("tickets.created_at", "weekday"),
        ("tickets.created_at", "month"),
        ("tickets.created_at", "trend"),
        ("tickets.created_at", "event"),
        ("tickets.created_at", "hours"),
        ("tickets.csat_score", "share"),
    } <= kinds
    assert set(result["customers"].unchecked) == {"name", "email"}
    assert [table.rows for table in result.tables] == [2_500, 25_000, 8_000]


def test_every_kind_of_declaration_is_as_declared() -> None:
    result = business().validate()
    assert result.ok, "\n".join(map(str, result.failed))
    looked_at = {check.column for check in result["events"].checks}
    assert looked_at == {*EventFactory._meta.plan().visible, "account"} - {"account_id"}
    assert not result["events"].unchecked


def test_each_check_says_declared_and_measured() -> None:
    share = next(check for check in Dataset().validate() if check.place == "orders.status" and check.kind == "share")
    assert share.subject == "completed"
    assert share.declared == 0.85
    counted = pc.mean(pc.equal(Dataset().orders.to_arrow()["status"], "completed")).as_py()
    assert share.measured == pytest.approx(counted)
    assert share.deviation == pytest.approx(counted - 0.85)
    assert share.rows == 25_000
    assert share.p_value is not None
    assert share.adjusted is not None
    assert share.p_value <= share.adjusted <= 1


def test_many_seeds_raise_no_false_alarm() -> None:
    """At a rate of 1 in 10, of 60 correct datasets at most 15 fail (binomial, 99.98 %); at 1 in 1,000, none."""
    rate, alarms, nearest = 0.1, 0, 1.0
    for seed in range(60):
        dataset = Dataset({CustomerFactory: 300, OrderFactory: 1_500, TicketFactory: 1_000}, seed=seed)
        least = min(check.adjusted for check in validate(dataset.views) if check.adjusted is not None)
        alarms += least <= rate
        nearest = min(nearest, least)
    assert alarms <= stats.binom.ppf(0.9998, 60, rate)
    assert nearest > 0.001


def test_holm_is_what_the_paper_says() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


# --- planted faults: one at a time, at 25,000 rows --------------------------------------------------------------


def shifted_mean(table: pa.Table) -> pa.Table:
    return altered(table, "amount", np.round(numbers(table, "amount") * 1.08, 2))


def wider(table: pa.Table) -> pa.Table:
    amount = numbers(table, "amount")
    return altered(table, "amount", np.round(np.median(amount) * (amount / np.median(amount)) ** 1.15, 2))


def share_off_by_three_points(table: pa.Table) -> pa.Table:
    status = np.array(table["status"].to_pylist())
    completed = np.flatnonzero(status == "completed")
    status[completed[: round(0.03 * len(status))]] = "pending"
    return altered(table, "status", status.tolist())


def orphan(table: pa.Table) -> pa.Table:
    keys = table["customer_id"].to_pylist()
    keys[1234] = "CUST-99999"
    return altered(table, "customer_id", keys)


def duplicate(table: pa.Table) -> pa.Table:
    keys = table["order_id"].to_pylist()
    keys[20_000] = keys[17]
    return altered(table, "order_id", keys)


def malformed(table: pa.Table) -> pa.Table:
    keys = table["order_id"].to_pylist()
    keys[99] = "ORD-99"
    return altered(table, "order_id", keys)


def strange_value(table: pa.Table) -> pa.Table:
    status = table["status"].to_pylist()
    status[7] = "lost"
    return altered(table, "status", status)


def a_null(table: pa.Table) -> pa.Table:
    status = table["status"].to_pylist()
    status[8] = None
    return altered(table, "status", status)


def parent_after_child(table: pa.Table) -> pa.Table:
    dates = table["order_date"].to_pylist()
    dates[5] = dt.date(2000, 1, 1)
    return altered(table, "order_date", dates)


def dropped_month_of_orders(table: pa.Table) -> pa.Table:
    return table.filter(pc.not_equal(pc.month(table["order_date"]), 8))


def unrounded(table: pa.Table) -> pa.Table:
    amounts = numbers(table, "amount")
    amounts[3] += 0.004
    return altered(table, "amount", amounts)


def swapped_conditional(table: pa.Table) -> pa.Table:
    """Amounts of the top tier and of the one below change places; the column as a whole stays as it was."""
    tier = np.array(Dataset().customers.to_arrow()["tier"].to_pylist())
    owner = tier[[int(key[5:]) for key in table["customer_id"].to_pylist()]]
    top, next_ = (np.flatnonzero(owner == name)[:2_000] for name in ("Enterprise", "Pro"))
    amounts = numbers(table, "amount")
    amounts[top], amounts[next_] = amounts[next_].copy(), amounts[top].copy()
    return altered(table, "amount", amounts)


def fan_out_lost(table: pa.Table) -> pa.Table:
    keys = Dataset().customers.to_arrow()["customer_id"].to_pylist()
    random = np.random.default_rng(1)
    return altered(table, "customer_id", [keys[number] for number in random.integers(0, len(keys), table.num_rows)])


def missing_column(table: pa.Table) -> pa.Table:
    return table.drop_columns(["status"])


ORDER_FAULTS = [
    (shifted_mean, "amount", "median"),
    (wider, "amount", "spread"),
    (share_off_by_three_points, "status", "share"),
    (orphan, "customer", "orphans"),
    (duplicate, "order_id", "duplicates"),
    (malformed, "order_id", "format"),
    (strange_value, "status", "other values"),
    (a_null, "status", "nulls"),
    (parent_after_child, "customer", "pairs that break"),
    (dropped_month_of_orders, "order_date", "shape"),
    (unrounded, "amount", "not rounded"),
    (swapped_conditional, "amount", "shape"),
    (fan_out_lost, "customer", "children a parent"),
    (missing_column, "status", "missing column"),
]


@pytest.mark.parametrize(("plant", "column_", "kind"), ORDER_FAULTS, ids=lambda item: getattr(item, "__name__", ""))
def test_a_fault_in_the_orders_is_found(plant: Callable[[pa.Table], pa.Table], column_: str, kind: str) -> None:
    dataset = Dataset()
    result = dataset.validate({"orders": plant(dataset.orders.to_arrow())})
    assert (column_, kind) in {(check.column, check.kind) for check in result.failed}
    consequences = {orphan: {"amount"}, fan_out_lost: {"amount"}, parent_after_child: {"order_date"}}
    assert {check.column for check in result.failed} <= {column_, *consequences.get(plant, ())}


def test_single_rows_at_fault_are_named() -> None:
    dataset = Dataset()
    for plant, rows in ((orphan, (1234,)), (duplicate, (17, 20_000)), (malformed, (99,)), (parent_after_child, (5,))):
        result = dataset.validate({"orders": plant(dataset.orders.to_arrow())})
        assert rows in {check.examples for check in result.failed}


def month_dropped(table: pa.Table) -> pa.Table:
    return table.filter(pc.not_equal(pc.month(table["at"]), 8))


def spike_lost(table: pa.Table) -> pa.Table:
    """Two of three rows in the spike go."""
    inside = pc.and_(
        pc.greater_equal(table["at"], pa.scalar(dt.datetime(2024, 3, 4, tzinfo=dt.timezone.utc))),
        pc.less(table["at"], pa.scalar(dt.datetime(2024, 3, 21, tzinfo=dt.timezone.utc))),
    ).to_numpy()
    return table.filter(pa.array(~inside | (np.arange(table.num_rows) % 3 == 0)))


def weekend_lost(table: pa.Table) -> pa.Table:
    weekend = pc.greater_equal(pc.day_of_week(table["at"]), 5).to_numpy()
    return table.filter(pa.array(~weekend | (np.arange(table.num_rows) % 2 == 0)))


def growth_lost(table: pa.Table) -> pa.Table:
    late = np.linspace(0, 1, table.num_rows) * 0.4 > np.random.default_rng(2).random(table.num_rows)
    return table.filter(pa.array(~late))


def midnights(table: pa.Table) -> pa.Table:
    return altered(table, "at", pc.floor_temporal(table["at"], unit="day").to_pylist())


def null_rate_doubled(table: pa.Table) -> pa.Table:
    wait = table["wait"].to_pylist()
    return altered(table, "wait", [None if row % 10 == 0 else value for row, value in enumerate(wait)])


def conditional_swapped(table: pa.Table) -> pa.Table:
    swap = {"web": "phone", "phone": "web"}
    incident = pc.equal(pc.month(table["at"]), 3).to_numpy()
    return altered(
        table, "channel", [swap[v] if at else v for v, at in zip(table["channel"].to_pylist(), incident, strict=True)]
    )


def formula_broken(table: pa.Table) -> pa.Table:
    twice = numbers(table, "twice")
    twice[11] += 1
    return altered(table, "twice", twice)


def band_broken(table: pa.Table) -> pa.Table:
    band = table["band"].to_pylist()
    band[3] = "fair" if band[3] != "fair" else "long"
    return altered(table, "band", band)


def counts_too_even(table: pa.Table) -> pa.Table:
    """Same mean, no Poisson."""
    visits = np.random.default_rng(3).integers(2, 5, table.num_rows)
    table = altered(table, "visits", visits)
    return altered(table, "twice", visits * 2)


def beyond_the_clip(table: pa.Table) -> pa.Table:
    gap = numbers(table, "gap")
    gap[4] = 11.0
    return altered(table, "gap", gap)


def sizes_even(table: pa.Table) -> pa.Table:
    """Between the same ends, but without the declared quantiles."""
    return altered(table, "size", np.random.default_rng(6).uniform(0, 50, table.num_rows).round(2))


def closed_at_night(table: pa.Table) -> pa.Table:
    """Half a day later: every day is as declared, its hours are not."""
    return altered(table, "closed", pc.add(table["closed"], pa.scalar(dt.timedelta(hours=12))).to_pylist())


EVENT_FAULTS = [
    (sizes_even, "size", "shape"),
    (closed_at_night, "closed", "hours"),
    (month_dropped, "at", "month"),
    (spike_lost, "at", "event"),
    (weekend_lost, "at", "weekday"),
    (growth_lost, "at", "trend"),
    (midnights, "at", "hours"),
    (null_rate_doubled, "wait", "nulls"),
    (conditional_swapped, "channel", "share"),
    (formula_broken, "twice", "not as computed"),
    (band_broken, "band", "not as computed"),
    (counts_too_even, "visits", "shape"),
    (beyond_the_clip, "gap", "outside of the range"),
]


@pytest.fixture(scope="module")
def events() -> pa.Table:
    return business().events.to_arrow()


@pytest.mark.parametrize(("plant", "column_", "kind"), EVENT_FAULTS, ids=lambda item: getattr(item, "__name__", ""))
def test_a_fault_in_the_events_is_found(
    events: pa.Table, plant: Callable[[pa.Table], pa.Table], column_: str, kind: str
) -> None:
    result = business().validate({"events": plant(events)})
    assert (column_, kind) in {(check.column, check.kind) for check in result.failed}


def test_a_lost_spike_says_what_is_left_of_it(events: pa.Table) -> None:
    result = business().validate({"events": spike_lost(events)})
    spike = next(check for check in result.failed if check.kind == "event")
    assert spike.declared == 3.0
    assert spike.measured == pytest.approx(1.0, abs=0.15)


def test_a_condition_on_the_parent_shifts_who_is_picked(events: pa.Table) -> None:
    """Late parents can have few children: the shares of classes are held against who could have been picked."""
    result = business().validate({"events": events})
    shares = [check for check in result if check.kind == "share of children"]
    assert {check.subject for check in shares} == {"plan = Big", "plan = Small"}
    keys = business().accounts.to_arrow()
    eager = pc.sort_indices(keys["opened"]).to_pylist()[:200]  # old enough for nearly all
    random = np.random.default_rng(4).integers(0, len(eager), events.num_rows)
    picked = keys["account_id"].take(pa.array([eager[number] for number in random]))
    result = business().validate({"events": altered(events, "account_id", picked.to_pylist())})
    assert ("account", "share of children") in {(check.column, check.kind) for check in result.failed}


def test_a_parents_parent_is_looked_up() -> None:
    class NoteFactory(TableFactory):
        event = ForeignKey(EventFactory)
        length = Given("event.account.plan", {"Big": Normal(500, 10), "Small": Normal(50, 10)})

    dataset = Dataset({AccountFactory: 50, EventFactory: 500, NoteFactory: 4_000})
    result = dataset.validate()
    assert result.ok, "\n".join(map(str, result.failed))
    assert not result["notes"].unchecked
    notes = dataset.notes.to_arrow()
    result = dataset.validate({"notes": altered(notes, "length", numbers(notes, "length")[::-1])})
    assert {check.condition for check in result.failed if check.kind == "median"} == {
        "event.account.plan = Big",
        "event.account.plan = Small",
    }


class PersonFactory(TableFactory):
    class Meta:
        table = "people"

    person_id = Key("P{}")
    grade = Categorical({"senior": 0.25, "junior": 0.75})
    boss = ForeignKey("self", weights=Given("grade", {"senior": 9, "junior": 1}))
    boss_grade = col("boss.grade")
    second = col("boss.boss.person_id")
    bonus = Given("boss.grade", {"senior": Normal(100, 5)}, default=Normal(50, 5))


def test_rows_of_the_own_table_are_looked_up() -> None:
    dataset = Dataset({PersonFactory: 600})
    result = dataset.validate()
    assert result.ok, "\n".join(map(str, result.failed))
    assert not result["people"].unchecked
    people = dataset.people.to_arrow()
    for name, row, value, place, kind in (
        ("boss_id", 77, "P9999", "boss", "orphans"),
        ("boss_grade", 5, "chief", "boss_grade", "not as computed"),
        ("second", 9, "P599", "second", "not as computed"),
    ):
        cells = people[name].to_pylist()
        cells[row] = value
        failed = dataset.validate({"people": altered(people, name, cells)}).failed
        assert (place, kind, (row,)) in {(check.column, check.kind, check.examples) for check in failed}


def test_rows_that_can_be_read_once_are_not_looked_up_and_that_is_said() -> None:
    result = Dataset({PersonFactory: 100}).validate(
        {"people": Dataset({PersonFactory: 100}).people.to_arrow().to_reader()}
    )
    assert result.ok
    assert result["people"].unchecked["boss_id"] == "it refers to rows of people itself, which can be read only once"


class BoxFactory(TableFactory):
    class Meta:
        table = "boxes"

    box_id = Key("{}", start=10**15)


class PieceFactory(TableFactory):
    class Meta:
        table = "pieces"

    box = ForeignKey(BoxFactory)


def test_keys_may_start_high_and_leave_numbers_out() -> None:
    dataset = Dataset({BoxFactory: 100, PieceFactory: 500})
    assert dataset.validate().ok
    # Every other box is gone, and the first comes last.
    kept = dataset.boxes.to_arrow().take(pa.array([*range(2, 100, 2), 0]))
    pieces = dataset.pieces.to_arrow()
    orphaned = [int(key) % 2 == 1 for key in pieces["box_id"].to_pylist()]
    (check,) = [one for one in dataset.validate({"boxes": kept, "pieces": pieces}).failed if one.kind == "orphans"]
    assert check.measured == sum(orphaned)
    assert check.examples[0] == orphaned.index(True)


def test_order_and_batches_do_not_matter(events: pa.Table) -> None:
    shuffled = events.take(pa.array(np.random.default_rng(5).permutation(events.num_rows)))
    batches = shuffled.to_batches(max_chunksize=777)
    one, other = (business().validate({"events": data}) for data in (events, pa.Table.from_batches(batches)))
    assert other.ok, "\n".join(map(str, other.failed))
    assert [check.measured for check in other if check.kind != "share of children"] == [
        check.measured for check in one if check.kind != "share of children"
    ]


def test_results_are_plain_data() -> None:
    import json

    result = Dataset({CustomerFactory: 50}).validate()
    assert isinstance(result, Validation)
    again = json.loads(json.dumps(result.to_dict()))
    assert again["tables"][0]["checks"][0]["table"] == "customers"
    assert again["seed"] == 42


def test_an_empty_table_is_as_declared() -> None:
    assert Dataset({CustomerFactory: 0}).validate().ok


def test_a_table_that_is_not_there_is_named() -> None:
    with pytest.raises(SynthDataError, match="did you mean 'orders'"):
        Dataset().validate({"ordres": Dataset().orders.to_arrow()})


def test_data_of_another_type_is_explained() -> None:
    with pytest.raises(SynthDataError, match=r"orders\.amount: the data is string, which cannot be read as .* double"):
        Dataset().validate({"orders": pa.table({"amount": ["much"]})})
