"""Whatever is declared, rows that were taken from correct data pass, and so do tables without rows or with few."""

from __future__ import annotations

import random
from typing import ClassVar

import pytest

from pytest_synthdata import (
    Categorical,
    Count,
    Dataset,
    Event,
    Exponential,
    Fake,
    ForeignKey,
    Given,
    Integers,
    Key,
    Lifecycle,
    LogNormal,
    Max,
    Mean,
    Normal,
    Ordinal,
    Poisson,
    Previous,
    Readings,
    ReadingTime,
    RunningSum,
    Series,
    Share,
    Shares,
    Step,
    Steps,
    Sum,
    TableFactory,
    Timeline,
    Times,
    col,
)


class PlaceFactory(TableFactory):
    class Meta:
        table = "places"
        key = ("region", "number")

    region = Categorical({"N": 0.5, "S": 0.5})
    number = Integers(1, 10_000).unique()


class OwnerFactory(TableFactory):
    class Meta:
        table = "owners"
        correlations: ClassVar = {("age", "income"): 0.6}

    owner_id = Key("W{}")
    boss = ForeignKey("self")
    place = ForeignKey(PlaceFactory)
    age = Normal(40, 10)
    income = LogNormal(8, 0.5)
    grade = Categorical({"a": 0.5, "b": 0.5}, exactly=True)
    split = Shares(["u", "v"], digits=3)
    mix = Shares(3)


class ThingFactory(TableFactory):
    class Meta:
        table = "things"
        where = col("price") > 1

    thing_id = Key("T{}")
    price = LogNormal(2, 1).round(2)
    level = Categorical({"x": 0.5, "y": 0.5})


class BasketFactory(TableFactory):
    class Meta:
        table = "baskets"

    basket_id = Key("B{}")
    owner = ForeignKey(OwnerFactory, weights=Given("grade", {"a": 3, "b": 1}))
    began = Times("2024-01-01", "2024-12-31")
    life = Lifecycle(
        "a", {"a": {"b": 0.7, "c": 0.3}, "b": {"c": 1.0}}, start="began", after={"b": Exponential(5), "c": 9.0}
    )
    state = col("life.state")
    total = Sum("lines.price")
    lines_in_all = Count("lines")
    top = Max("lines.price")
    mean = Mean("lines.price")
    worth = LogNormal(5, 1).round(2)


class LineFactory(TableFactory):
    class Meta:
        table = "lines"

    basket = ForeignKey(BasketFactory, per_parent=Poisson(2))
    thing = ForeignKey(ThingFactory, distinct_within="basket", weights=Given("level", {"x": 4, "y": 1}))
    number = Ordinal("basket")
    price = LogNormal(3, 1).cast("decimal(10,2)")
    running = RunningSum("price")
    before = Previous("price")
    part = Share("basket.worth")


class EventFactory(TableFactory):
    class Meta:
        table = "events"

    basket = ForeignKey(BasketFactory, per_parent=Steps("life"))
    step = Step("basket.life")


class SensorFactory(TableFactory):
    class Meta:
        table = "sensors"

    sensor_id = Key("S{}")
    base = Normal(20, 3)


class ReadingFactory(TableFactory):
    class Meta:
        table = "readings"

    sensor = ForeignKey(SensorFactory, per_parent=Readings("6h", start="2024-01-01", end="2024-01-03", jitter=0.1))
    read_at = ReadingTime()
    load = Series(col("base"), daily=4.0, noise=0.8, autocorrelation=0.9, gaps=0.05).round(2)


class VisitFactory(TableFactory):
    class Meta:
        table = "visits"

    visit_id = Key("V{}")
    owner = ForeignKey(OwnerFactory, per_parent=Poisson(2))
    at = Timeline("2024-01-01", "2024-03-31", weekend=0.3, events=[Event("2024-02-01", "2024-02-10", 3.0)])
    nth = Ordinal("owner")
    basket = ForeignKey(BasketFactory, where=col("basket.began") <= "2024-10-01").nulls(0.3)
    spent = LogNormal(3, 1).cast("decimal(10,2)")
    so_far = RunningSum("spent")
    last = Previous("at")


class NoteFactory(TableFactory):
    class Meta:
        table = "notes"

    visit = ForeignKey(VisitFactory)
    owner = ForeignKey(OwnerFactory, through="visit.owner")
    text = Fake("word")
    score = Poisson(col("owner.age") / 10)


STATED = (PlaceFactory, OwnerFactory, ThingFactory, BasketFactory, SensorFactory, NoteFactory)
COUNTED = (LineFactory, EventFactory, ReadingFactory, VisitFactory)


def dataset_of(rows: int) -> Dataset:
    return Dataset({**dict.fromkeys(STATED, rows), **dict.fromkeys(COUNTED)}, seed=3)


@pytest.fixture(scope="module")
def whole() -> Dataset:
    return dataset_of(60)


@pytest.mark.parametrize("table", ["things", "lines", "events", "readings", "visits", "notes"])
def test_rows_that_were_taken_pass(whole: Dataset, table: str) -> None:
    rows = whole[table].num_rows
    some = random.Random(table).sample(range(rows), 15)
    for chosen in ([rows - 1], [0, 2, 3], sorted(some)):
        taken = whole.take(**{table: chosen})
        assert not (failed := taken.validate().failed), (chosen, *map(str, failed))
    written = {one.name: one.to_arrow() for one in taken}
    assert not (failed := taken.validate(written).failed), [*map(str, failed)]


@pytest.mark.parametrize("chosen", [{}, {"baskets": [3]}, {"owners": [0], "sensors": [7]}])
def test_tables_of_which_nothing_was_taken_pass(whole: Dataset, chosen: dict[str, list[int]]) -> None:
    assert not (failed := whole.take(**chosen).validate().failed), [*map(str, failed)]


@pytest.mark.parametrize("rows", [0, 1, 60])
def test_tables_of_any_size_pass(rows: int) -> None:
    assert not (failed := dataset_of(rows).validate().failed), [*map(str, failed)]


def test_a_step_that_was_left_out_of_the_whole_table_is_found(whole: Dataset) -> None:
    events = whole.events.to_arrow()
    steps = events["step"].to_pylist()
    second = next(row for row in range(1, len(steps)) if steps[row]["number"] == 2 and steps[row + 1]["number"] == 3)
    left = events.take([row for row in range(len(steps)) if row != second])
    (found,) = whole.validate({"events": left}).failed
    assert (found.kind, found.measured) == ("children a parent: steps without the one before", 1)


def test_an_illegal_step_among_taken_rows_is_found(whole: Dataset) -> None:
    states = [step["number"] for step in whole.events.to_arrow()["step"].to_pylist()]
    second = states.index(2)
    taken = whole.take(events=[second - 1, second, second + 5])
    rows = taken.events.to_arrow().to_pylist()
    rows[1]["step"]["state"] = "a"
    changed = type(taken.events.to_arrow()).from_pylist(rows, taken.events.schema)
    (found,) = taken.validate({"events": changed}).failed
    assert found.kind == "illegal transitions"
