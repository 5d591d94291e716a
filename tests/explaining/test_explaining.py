"""A value's explanation names all that it was made from: computing it from that alone gives the value again."""

from __future__ import annotations

import math
import re
from typing import Any

import factory
import numpy as np
import pytest
from factory.fuzzy import FuzzyChoice
from scipy import stats

import pytest_synthdata
from pytest_synthdata import (
    Array,
    Boolean,
    Categorical,
    Constant,
    Count,
    Dataset,
    Dates,
    Distribution,
    Duplicates,
    Email,
    Exponential,
    Fake,
    ForeignKey,
    Given,
    Integers,
    Key,
    LogNormal,
    Malformed,
    Missing,
    Normal,
    Ordinal,
    Pareto,
    Place,
    Poisson,
    Previous,
    Quantiles,
    Readings,
    ReadingTime,
    RunningSum,
    Series,
    Share,
    Shares,
    Sum,
    SynthDataError,
    TableFactory,
    Template,
    Timeline,
    Times,
    Uniform,
    col,
    days,
    when,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory


@pytest.fixture(scope="module")
def shop() -> Dataset:
    return Dataset({CustomerFactory: 100, OrderFactory: 1_000}, seed=9)


def test_the_chain_ends_in_the_value(shop: Dataset) -> None:
    orders = shop.orders.to_arrow().to_pylist()
    for row in (0, 17, 999):
        explanation = shop.orders.explain(row, "amount")
        *chain, last = str(explanation).splitlines()
        assert chain[0] == f"orders.amount, row {row}"
        assert last == f"= {orders[row]['amount']!r}"
        assert explanation.value == orders[row]["amount"]


def test_it_shows_parents_branches_distributions_quantiles_and_rounding(shop: Dataset) -> None:
    text = str(shop.orders.explain(17, "amount"))
    customer = int(str(shop.orders.to_arrow()["customer_id"][17])[5:])
    tier = shop.customers.to_arrow()["tier"][customer].as_py()
    assert f"customer: row {customer} of customers, picked among 100" in text
    assert "in proportion to Given('tier', {'Enterprise': 5, 'Pro': 2, 'Free': 1}), which is" in text
    assert "where customer.created_at <= order_date" in text
    assert f"customer.tier = {tier!r}, row {customer} of customers" in text
    assert re.search(r"customer.tier = '\w+': the (default branch|branch for '\w+')", text)
    # What is shown is enough to compute the value by hand: SciPy's own quantile agrees to rounding.
    mean, sigma, quantile = map(
        float,
        re.search(r"LogNormal\(mean=(\S+), sigma=(\S+)\) at quantile (\S+) →", text).groups(),  # type: ignore[union-attr]
    )
    by_hand = stats.lognorm(sigma, scale=np.exp(mean)).ppf(quantile)
    assert round(by_hand, 2) == shop.orders.explain(17, "amount").value
    assert ".round(2) →" in text


class PartsFactory(TableFactory):
    class Meta:
        table = "parts"

    part_id = Key("P{}")
    customer = ForeignKey(CustomerFactory)
    size = Normal(10, 5).clip(0, 12).round(1).nulls(0.4)
    kind = when(col("size").is_null(), "unknown").when(col("size") >= 12, "large").otherwise("small")
    band = Given("size", bins=[5, 10], then=["low", "middle", Constant("high")])
    gamma = Distribution(stats.gamma(2.0, scale=3.0))
    label = Fake("catch_phrase")
    twice = (col("size") * 2 + Poisson(1)).cast("decimal(10,2)")
    day = Dates("2024-01-01", "2024-12-31")
    mixed = when(col("size") > 6, col("gamma")).otherwise(col("size"))


@pytest.fixture(scope="module")
def parts() -> Dataset:
    return Dataset({CustomerFactory: 20, PartsFactory: 60}, seed=2)


@pytest.mark.parametrize("column", PartsFactory._meta.plan().visible)
def test_it_gives_the_value_again(parts: Dataset, column: str) -> None:
    rows = parts["parts"].to_arrow().to_pylist()
    for row in range(60):
        explanation = parts["parts"].explain(row, column)
        assert explanation.value == rows[row][column]
        assert explanation.recompute() == rows[row][column]
        for name, read in explanation.reads.items():
            assert read.recompute() == read.value, name


def test_nulls_and_their_consequences_are_said(parts: Dataset) -> None:
    sizes = parts["parts"].to_arrow()["size"].to_pylist()
    none, some = sizes.index(None), next(row for row, size in enumerate(sizes) if size == 12)
    assert re.search(r"\.nulls\(0\.4\): drew 0\.[0-3]\S+, below it → null", str(parts["parts"].explain(none, "size")))
    assert re.search(r"drew 0\.[4-9]\S+, not below it → 12\.0", str(parts["parts"].explain(some, "size")))
    assert "when size.is_null(): True\n" in str(parts["parts"].explain(none, "kind"))
    large = str(parts["parts"].explain(some, "kind"))
    assert large.index("when size.is_null(): False") < large.index("when size >= 12: True")
    assert "size = 12.0: the branch for 10 ≤ size" in str(parts["parts"].explain(some, "band"))


def test_a_column_that_is_read_is_named_with_its_value(parts: Dataset) -> None:
    rows = parts["parts"].to_arrow().to_pylist()
    row = next(number for number, one in enumerate(rows) if one["size"] and one["size"] > 6)
    assert f"gamma → {rows[row]['gamma']!r}" in str(parts["parts"].explain(row, "mixed"))


def test_what_is_read_of_nobody_is_null() -> None:
    class StaffFactory(TableFactory):
        class Meta:
            table = "staff"

        staff_id = Key("S{}")
        boss = ForeignKey("self")
        grade = Poisson(3)
        above = col("boss.grade")

    staff = Dataset({StaffFactory: 8}).staff
    bosses = staff.to_arrow()["boss_id"].to_pylist()
    found = staff.explain(bosses.index(None), "above")
    assert found.value is None
    assert "boss.grade" not in found.reads
    below = next(row for row, boss in enumerate(bosses) if boss)
    assert staff.explain(below, "above").reads["boss.grade"].column == "grade"


def test_distributions_of_scipy_are_named(parts: Dataset) -> None:
    assert "Distribution(gamma(2.0, scale=3.0)) at quantile" in str(parts["parts"].explain(3, "gamma"))


def test_a_row_of_a_subset_has_its_number_in_the_whole(shop: Dataset) -> None:
    taken = shop.take(orders=[403, 17])
    assert str(taken.orders.explain(403, "amount")) == str(shop.orders.explain(403, "amount"))
    with pytest.raises(SynthDataError, match="orders: row 1 is not among the 2 rows that were taken"):
        taken.orders.explain(1, "amount")


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (1_000, "amount", "orders: there is no row 1000: rows are numbered from 0 to 999"),
        (-1, "amount", "orders: there is no row -1"),
        ("17", "amount", "orders: '17' is not a row: give a number from 0 or a key, such as ORD-000000"),
        (17, "amout", "orders: there is no column 'amout': did you mean 'amount'"),
    ],
)
def test_what_is_not_there_is_named(shop: Dataset, row: int, column: str, message: str) -> None:
    with pytest.raises(SynthDataError, match=message):
        shop.orders.explain(row, column)


def test_a_row_is_found_by_its_dirty_key() -> None:
    dataset = Dataset({OrderFactory: 50}, defects={OrderFactory: [Malformed("order_id", exactly=3)]})
    for label in dataset.defects["orders"].to_arrow().to_pylist():
        for key in (label["order_id"], label["clean"]):
            told = str(dataset.orders.explain(key, "order_id"))
            assert told.startswith(f"orders.order_id, row {label['row']}\n")
            assert told.endswith("planted defect malformed")
    with pytest.raises(SynthDataError, match="'oRD-1' is not a row"):
        dataset.orders.explain("oRD-1", "order_id")


def test_it_leaves_nothing_behind(shop: Dataset) -> None:
    before = {*shop.orders.bound.cache}
    fingerprints = shop.fingerprints()
    for column in shop.orders.schema.names:
        shop.orders.explain(17, column)
    assert shop.fingerprints() == fingerprints
    assert not [key for key in {*shop.orders.bound.cache} - before if "Traced" in repr(shop.orders.bound.cache[key])]


class DayFactory(TableFactory):
    class Meta:
        table = "days"

    kind = Categorical({"work": 0.7, "rest": 0.3})
    price = when(col("kind") == "work", LogNormal(3, 0.5).round(2)).otherwise(col("other"))
    other = Normal(0, 1)


def test_only_what_was_looked_at_is_shown() -> None:
    days = Dataset({DayFactory: 40}, seed=1)["days"]
    kinds = days.to_arrow()["kind"].to_pylist()
    assert list(days.explain(kinds.index("work"), "price").reads) == ["kind"]
    assert list(days.explain(kinds.index("rest"), "price").reads) == ["kind", "other"]


def test_what_a_defect_made_of_a_value_is_said() -> None:
    defects = {OrderFactory: [Missing("status", exactly=2), Duplicates(exactly=1)]}
    orders = Dataset({CustomerFactory: 20, OrderFactory: 100}, defects=defects).orders
    row = orders.to_arrow()["status"].to_pylist().index(None)
    *_, value, note = str(orders.explain(row, "status")).splitlines()
    assert value == f"= {Dataset({CustomerFactory: 20, OrderFactory: 100}).orders.to_arrow()['status'][row].as_py()!r}"
    assert note == "shown as null: planted defect missing"
    copied = orders.explain(100, "order_id")
    assert str(copied).endswith(f"row 100 was made from row {copied.row}")


class BasketFactory(TableFactory):
    class Meta:
        table = "baskets"

    basket_id = Key("B{}")
    items = factory.RelatedFactoryList("test_explaining.BasketItemFactory", "basket", size=3)
    total = (Sum("items.price") * 2).round(1)


class BasketItemFactory(TableFactory):
    class Meta:
        table = "basket_items"

    item_id = Key("I{}")
    basket = ForeignKey(BasketFactory)
    price = LogNormal(2, 1).round(2)


def test_a_total_shows_the_children_that_it_sums_up() -> None:
    baskets = Dataset({BasketFactory: 5}, seed=3)
    prices = baskets["basket_items"].to_arrow()["price"].to_pylist()
    explanation = baskets["baskets"].explain(2, "total")
    text = str(explanation)
    assert "items.price: rows 6, 7, 8 of basket_items\n" in text
    assert f"    price: {', '.join(map(repr, prices[6:9]))}\n" in text
    assert explanation.recompute() == explanation.value == round(2 * math.fsum(prices[6:9]), 1)


class TripFactory(TableFactory):
    class Meta:
        table = "trips"

    place = factory.Dict({"city": Fake("city"), "rooms": Poisson(3)})
    summary = factory.LazyAttribute(lambda row: f"{row.place.city}: {row.place.rooms}")


def test_nested_rows_and_functions_of_them() -> None:
    trips = Dataset({TripFactory: 5}, seed=3)["trips"]
    row = trips.to_arrow().to_pylist()[3]
    summary = trips.explain(3, "summary")
    assert summary.recompute() == row["summary"] == f"{row['place']['city']}: {row['place']['rooms']}"
    assert "the function <lambda> (test_explaining.py:" in str(summary)
    assert re.search(rf"city: Fake\('city'\) at quantiles? .* → {row['place']['city']!r}\n", str(summary))
    assert re.search(rf"rooms: Poisson\(lam=3\) at quantile 0\.\d+ → {row['place']['rooms']}\n", str(summary))


class TrainFactory(TableFactory):
    kind = Categorical(["fast", "slow"])
    stops = Array(
        factory.Dict({"wait": Uniform(0, 9), "least": Given("..kind", {"fast": 1, "slow": 5})}), length=Integers(2, 3)
    )


def test_items_of_an_array_of_structs_are_explained_one_by_one() -> None:
    trains = Dataset({TrainFactory: 5}, seed=3).trains
    for row, stops in enumerate(trains.to_arrow()["stops"].to_pylist()):
        explanation = trains.explain(row, "stops")
        assert explanation.recompute() == stops
        lines = [line.strip() for line in explanation.lines()]
        for number, stop in enumerate(stops):
            at = lines.index(f"[{number}]")
            assert re.fullmatch(rf"wait: Uniform\(.*\) at quantile 0\.\d+ → {stop['wait']}", lines[at + 1])
            assert lines[at + 2] == f"least: the constant {stop['least']}"
            assert lines[at + 3].startswith("..kind = ")
        assert lines[-2].startswith("Array(struct(wait, least), length=")
    with pytest.raises(SynthDataError, match=r"'stops.wait' is inside of 'stops'; explain\(0, 'stops'\)"):
        trains.explain(0, "stops.wait")


class CabinFactory(TableFactory):
    class Meta:
        table = "cabins"

    k = Key("K{}")
    number = Integers(0, 3)
    constant = Given("number", {1: Categorical({"u": 0.5, "v": 0.5})}, default="none")
    otherwise = when(col("number") == 1, Categorical({"u": 0.5, "v": 0.5})).otherwise("none")
    alike = Given("number", {1: Normal(0, 1), 2: Normal(5, 1)}, default=7.0)
    within = Given("number", {1: Given("number", {1: Categorical({"u": 0.5, "v": 0.5})}, default="w")}, default="none")


def test_a_constant_among_distributions_gives_its_value_again() -> None:
    cabins = Dataset({CabinFactory: 20}, seed=1).cabins
    assert {"none", "u"} <= set(cabins.to_arrow()["constant"].to_pylist())
    for name in cabins.schema.names:
        for row, value in enumerate(cabins.to_arrow()[name].to_pylist()):
            assert cabins.explain(row, name).recompute() == value, name


class TicketNumberFactory(TableFactory):
    class Meta:
        table = "numbers"

    number = Key("{}", start=5, step=4).cast("bigint")
    kind = Categorical({"a": 0.5, "b": 0.5})


class SeatFactory(TableFactory):
    class Meta:
        table = "seats"
        key = "seat"

    seat = Fake("bothify", text="??##").unique()
    kind = Categorical({"a": 0.5, "b": 0.5})


def test_a_row_is_named_by_its_key() -> None:
    dataset = Dataset({TicketNumberFactory: 9, SeatFactory: 200, OrderFactory: 50, CustomerFactory: 9}, seed=1)
    assert dataset.orders.explain("ORD-000017", "amount").row == 17
    assert dataset.numbers.explain("17", "kind").row == 3
    assert dataset.seats.explain(dataset.seats.to_arrow()["seat"][150].as_py(), "kind").row == 150


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("orders", "ORD-0000017", "give a number from 0 or a key, such as ORD-000000"),
        ("orders", [17], r"\[17\] is not a row: give a number"),
        ("orders", True, "True is not a row: give a number"),
        ("orders", "ORD-000050", "orders: there is no row 50: rows are numbered from 0 to 49"),
        ("numbers", "18", "numbers: '18' is not a row: give a number from 0 or a key, such as 5"),
        ("seats", "nowhere", "seats: 'nowhere' is not a row: give a number from 0 or a key"),
        ("cabins", "1", "cabins: '1' is not a row: give a number from 0 or a key, such as K0"),
    ],
)
def test_what_names_no_row(table: str, row: Any, message: str) -> None:
    factories = (TicketNumberFactory, SeatFactory, CabinFactory, CustomerFactory, OrderFactory)
    with pytest.raises(SynthDataError, match=message):
        Dataset(dict.fromkeys(factories, 50))[table].explain(row, "kind")


class LetterFactory(TableFactory):
    class Meta:
        table = "letters"

    sender = ForeignKey(CustomerFactory).nulls(0.5)
    tone = FuzzyChoice(["kind", "stern"])


class HourFactory(TableFactory):
    class Meta:
        table = "hours"

    sender = ForeignKey(CustomerFactory, per_parent=Readings("1h", start="2024-01-01", end="2024-01-02"))
    at = ReadingTime()
    level = Series(level=20.0, noise=0.5)


def test_references_readings_and_rows_of_factory_boy_are_said_in_words() -> None:
    dataset = Dataset({CustomerFactory: 5, LetterFactory: 40, HourFactory: None}, seed=1)
    senders = dataset.letters.to_arrow()["sender_id"].to_pylist()
    none, some = senders.index(None), next(row for row, key in enumerate(senders) if key)
    assert re.search(r"\.nulls\(0\.5\): drew 0\.[0-4]\d*, below it", str(dataset.letters.explain(none, "sender_id")))
    assert "no row\n" in str(dataset.letters.explain(none, "sender"))
    assert re.search(r"row \d of customers\n= ", str(dataset.letters.explain(some, "sender")))
    assert "factory_boy, which evaluates LetterFactory.tone for the row →" in str(dataset.letters.explain(0, "tone"))
    for column in ("at", "level"):
        text = str(dataset.hours.explain(3, column))
        assert "sender: row 0 of customers, of whose children this is number 4" in text


class DepotFactory(TableFactory):
    class Meta:
        table = "depots"

    depot_id = Key("D{}")
    code = Integers(1, 10**6).unique()
    visits = Count("visits")
    late = Sum("visits.cost", where=col("is_late"))
    total = LogNormal(5, 1).round(2)
    place = Place("de_DE")
    split = Shares(["rent", "food"])
    turn = factory.Iterator(["a", "b"])
    both = factory.Dict({"a": Integers(1, 3), "b": factory.LazyAttribute(lambda o: o.a + 1)})
    opened_at = Timeline("2024-01-01", "2024-12-31")
    spread = Quantiles({0: 0, 1: 5})


class DepotVisitFactory(TableFactory):
    class Meta:
        table = "visits"

    visit_id = Key("V{}")
    depot = ForeignKey(DepotFactory, per_parent=Poisson(3) + 1)
    at = Times("2024-01-01", "2024-02-01")
    cost = Uniform(0, 10).round(2).clip(1, 9).nulls(0.2)
    is_late = Boolean(0.3).not_null()
    share = Share("depot.total", weights=LogNormal(0, 0.2))
    number = Ordinal("depot")
    before = Previous("at")
    so_far = RunningSum("cost")
    name = Fake("name")
    email = Email("name")
    slug = Template("{visit_id}-{name|slug}")
    words = Array(Categorical(["a", "b"]), length=Poisson(2))
    others = Array(ForeignKey(DepotFactory), length=2)
    due = col("at") + days(Exponential(3))
    price = when(col("is_late"), Constant(1.0)).otherwise(Pareto(2.5))


class LevelFactory(TableFactory):
    class Meta:
        table = "levels"

    depot = ForeignKey(DepotFactory, per_parent=Readings("1h", start="2024-01-01", end="2024-01-02"))
    at = ReadingTime()
    level = Series(level=20, daily=3, noise=0.4)


@pytest.mark.parametrize("factory", [DepotFactory, DepotVisitFactory, LevelFactory])
def test_parts_are_called_what_users_call_them(factory: type[TableFactory]) -> None:
    dataset = Dataset({DepotFactory: 5, **({} if factory is DepotFactory else {factory: None})})
    for name in dataset[factory._meta.table].schema.names:
        text = str(dataset[factory._meta.table].explain(3, name))
        called = set(re.findall(r"(?<![.\w])([A-Z]\w*)\(", text))
        assert called <= {*pytest_synthdata.__all__, "Iterator"}, text
        assert "Constant(" not in text
