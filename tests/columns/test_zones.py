"""Local days and hours, weekdays' volumes, and columns that are never null."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Dataset,
    DeclarationError,
    Event,
    ForeignKey,
    GenerationError,
    Key,
    Lifecycle,
    Poisson,
    TableFactory,
    Timeline,
    Times,
    col,
    hours,
    when,
)
from pytest_synthdata import functions as F

BERLIN = ZoneInfo("Europe/Berlin")


def table(value: Any, rows: int = 4_000) -> Any:
    factory_class = type("OneFactory", (TableFactory,), {"__module__": __name__, "x": value})
    dataset = Dataset({factory_class: rows}, seed=3)
    whole = dataset.ones.to_arrow()
    assert dataset.ones.to_arrow(71, 90).equals(whole.slice(71, 19))
    with dataset.factories():
        assert factory_class.build(__sequence=9).x == whole["x"][9].as_py()
    return dataset


def local(dataset: Any, zone: ZoneInfo = BERLIN) -> list[dt.datetime]:
    return [time.astimezone(zone) for time in dataset.ones.to_arrow()["x"].to_pylist()]


@pytest.mark.parametrize(
    "declared",
    [Times("2024-03-30", "2024-04-01", tz="Europe/Berlin"), Timeline("2024-03-30", "2024-04-01", tz="Europe/Berlin")],
)
def test_days_and_hours_are_those_of_the_zone_and_skip_what_its_clocks_skip(declared: Any) -> None:
    dataset = table(declared)
    times = local(dataset)
    days = Counter(time.date().isoformat() for time in times)
    # A third of 4,000 each: 4 standard errors are 119.
    assert sorted(days) == ["2024-03-30", "2024-03-31", "2024-04-01"]
    assert all(abs(count - 4_000 / 3) < 119 for count in days.values())
    spring = Counter(time.hour for time in times if time.day == 31)
    assert spring[2] == 0
    assert spring[3] < 30  # one of about 200 in the weights, as on any day
    assert times == sorted(times) or isinstance(declared, Times)


def test_an_hour_that_comes_twice_has_its_events_twice() -> None:
    hours = [1] * 24
    times = local(table(Times("2024-10-27", "2024-10-27", tz="Europe/Berlin", hours=hours), rows=10_000))
    counts = Counter(time.hour for time in times)
    # 25 hours, of which two are called 2: 400 an hour, 4 standard errors of 800 are 109, of 400 79.
    assert abs(counts.pop(2) - 800) < 109
    assert all(abs(count - 400) < 79 for count in counts.values())
    assert len({time.utcoffset() for time in times if time.hour == 2}) == 2


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "UTC"])
def test_other_zones(zone: str) -> None:
    dataset = table(Timeline("2018-10-01", "2018-11-30", daily=100, tz=zone), rows=6_000)
    days = {time.date() for time in local(dataset, ZoneInfo(zone))}
    assert days == {dt.date(2018, 10, 1) + dt.timedelta(days=number) for number in range(61)}
    assert not dataset.validate().failed


def test_a_period_with_a_zone_validates_and_names_what_is_no_zone() -> None:
    assert not table(Timeline("2024-01-01", "2024-12-31", tz="America/New_York"), rows=20_000).validate().failed
    for declared in (Times("2024-01-01", "2024-01-02", tz="Berlin"), Timeline("2024-01-01", "2024-01-02", tz="Berlin")):
        with pytest.raises(DeclarationError, match=r"ones\.x: .*'Berlin' is not a time zone"):
            table(declared)


def test_weekdays_have_volumes_of_their_own() -> None:
    weights = [1, 1, 1, 1, 2, 0.5, 0]
    dataset = table(Timeline("2024-01-01", "2024-12-29", daily=10, weekdays=weights), rows=13_000)
    days = Counter(time.weekday() for time in dataset.ones.to_arrow()["x"].to_pylist())
    # 52 weeks, 13,000 rows in 6.5 parts: rows follow the volume to one row a day.
    assert [round(days[number] / 2_000, 1) for number in range(7)] == weights
    assert not dataset.validate().failed
    with pytest.raises(DeclarationError, match="weekdays has 7 multipliers, from Monday to Sunday"):
        table(Timeline("2024-01-01", "2024-12-29", weekdays=[1, 2]))


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_a_day_without_any_volume_has_no_events_and_is_allowed(zone: str | None) -> None:
    silent = {dt.date(2024, 3, day) for day in (1, 2, 9, 30, 31)}  # the first, one within a weekend, the last
    quiet = [
        Event("2024-03-01", "2024-03-02", 0),
        Event("2024-03-09", "2024-03-09", 0),
        Event("2024-03-30", "2024-03-31", 0),
    ]
    dataset = table(Timeline("2024-03-01", "2024-03-31", events=quiet, tz=zone), rows=2_600)
    days = Counter(time.date() for time in local(dataset, ZoneInfo(zone or "UTC")))
    # 26 days of the same volume; a row may fall into the day beside its own.
    assert days.keys() == {dt.date(2024, 3, day) for day in range(1, 32)} - silent
    assert all(99 <= count <= 101 for count in days.values())
    assert not dataset.validate().failed


def test_a_volume_below_zero_or_without_any_day_is_refused() -> None:
    table(Timeline("2024-01-01", "2024-12-31", trend=-1))  # nearly nothing at the end
    for declared in (
        Timeline("2023-01-01", "2024-12-31", trend=-1),
        Timeline("2024-01-06", "2024-01-07", weekend=0),
        Timeline("2024-01-01", "2024-01-02", daily=0),
    ):
        with pytest.raises(DeclarationError, match=r"ones\.x: .*negative on some day, or 0 on all"):
            table(declared)


class ShopFactory(TableFactory):
    class Meta:
        table = "shops"

    shop_id = Key("S{}").not_null()
    size = Poisson(3).cast("int", nullable=False)
    note = Poisson(1)


class SaleFactory(TableFactory):
    class Meta:
        table = "sales"

    shop = ForeignKey(ShopFactory)
    size = col("shop.size")
    note = col("shop.note")


def test_columns_that_are_never_null_say_so_in_every_schema() -> None:
    dataset = Dataset({ShopFactory: 20, SaleFactory: 50}, seed=1)
    nullable = {name: {field.name: field.nullable for field in dataset[name].schema} for name in ("shops", "sales")}
    assert nullable["shops"] == {"shop_id": False, "size": False, "note": True}
    assert nullable["sales"] == {"shop_id": False, "size": False, "note": True}
    assert dataset.shops.to_arrow().schema.field("size").type == pa.int32()
    assert not dataset.validate().failed
    missing = dataset.sales.to_arrow().set_column(1, "size", pa.array([None] * 50, pa.int32()))
    assert any(check.column == "size" for check in dataset.validate({"sales": missing}).failed)
    factory_class = type("OneFactory", (TableFactory,), {"x": Poisson(3).nulls(0.5).not_null()})
    with pytest.raises(GenerationError, match=r"ones\.x: \.not_null\(\): row \d+ has no value"):
        Dataset({factory_class: 50}).ones.to_arrow()


def test_spark_keeps_columns_that_are_never_null(synth_spark: Any) -> None:
    pytest.importorskip("pyspark")
    shops = Dataset({ShopFactory: 20}, seed=1).shops
    for distributed in (False, True):
        frame = shops.to_spark(synth_spark, distributed=distributed)
        assert [field.nullable for field in frame.schema] == [False, False, True]
        assert sorted(row["size"] for row in frame.collect()) == sorted(shops.to_arrow()["size"].to_pylist())
    assert np.all([field.nullable for field in Dataset({ShopFactory: 3}).shops.schema][:2]) == np.False_


STORM = Event("2024-10-15 06:00", "2024-10-15 07:59:59", 500.0)
FAIR = Event("2024-10-12", "2024-10-13", 20.0)


class OutageFactory(TableFactory):
    class Meta:
        table = "outages"

    outage_id = Key("O{}")
    began_at = Timeline("2024-10-01", "2024-10-31", daily=4, events=[STORM, FAIR], tz="Europe/Berlin", hours=[1] * 24)
    known_at = F.coalesce("began_at", "began_at") + hours(0)
    life = Lifecycle("open", {}, start="began_at")
    in_storm = col("began_at").during(STORM)
    in_fair = col("known_at").during(FAIR)
    life_in_storm = col("life.open_at").during(STORM)
    at_some_time = col("began_at").during(Event("2024-10-15 06:00+02:00", "2024-10-15 07:59:59+02:00"))


class CallFactory(TableFactory):
    class Meta:
        table = "calls"

    outage = ForeignKey(OutageFactory, where=col("outage.began_at").during(STORM))
    in_storm = when(col("outage.began_at").during(STORM), 1).otherwise(0)
    in_utc = Times("2024-10-15", "2024-10-15").nulls(0.1)
    of_day = col("in_utc").during(Event("2024-10-15", "2024-10-15"))


def test_an_event_is_of_the_time_zone_of_the_times_that_are_compared_with_it() -> None:
    dataset = Dataset({OutageFactory: 2_000, CallFactory: 50}, seed=3)
    rows = dataset.outages.to_arrow().to_pylist()
    began = [row["began_at"].astimezone(BERLIN) for row in rows]
    in_storm = [(time.day, time.hour) in {(15, 6), (15, 7)} for time in began]
    assert 500 < sum(in_storm) < 1_900
    for name in ("in_storm", "life_in_storm", "at_some_time"):
        assert [row[name] for row in rows] == in_storm
    assert [row["in_fair"] for row in rows] == [time.day in {12, 13} for time in began]
    calls = dataset.calls.to_arrow().to_pylist()
    assert {(call["in_storm"], call["of_day"]) for call in calls} == {(1, True), (1, None)}
    assert not dataset.validate().failed
    assert "= True" in str(dataset.outages.explain(in_storm.index(True), "in_storm"))


def test_an_event_of_times_of_several_zones_has_its_offsets() -> None:
    both = F.greatest(Times("2024-10-01", "2024-10-31", tz="Asia/Tokyo"), Times("2024-10-01", "2024-10-31"))
    with pytest.raises(DeclarationError, match=r"ones\.x: .*of several zones, Asia/Tokyo and UTC; write the"):
        table(both.during(STORM))
    table(both.during(Event("2024-10-15 06:00Z", "2024-10-16 07:59Z")))


def test_only_an_event_lasts() -> None:
    with pytest.raises(DeclarationError, match=r"col\('x'\)\.during\('2024-10-15'\): write an event, such as Event\("):
        col("x").during("2024-10-15")  # type: ignore[arg-type]
