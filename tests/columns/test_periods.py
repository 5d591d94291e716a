"""Times of a period, or of an event, that begins or ends within a day lie in it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pytest_synthdata import Dataset, DeclarationError, Event, TableFactory, Timeline, Times, col, when

EAST = dt.timezone(dt.timedelta(hours=2))
ALL_DAY = [1] * 24


def at(*fields: int, tzinfo: dt.tzinfo | None = None) -> dt.datetime:
    return dt.datetime(*fields, tzinfo=tzinfo)  # type: ignore[arg-type, misc]


def made(value: Any, rows: int | None = 3_000) -> Any:
    """The dataset of one column, after a slice and a built row were compared with it."""
    factory_class = type("TickFactory", (TableFactory,), {"__module__": __name__, "at": value})
    dataset = Dataset({factory_class: rows}, seed=5)
    whole = dataset.ticks.to_arrow()
    assert dataset.ticks.to_arrow(17, 40).equals(whole.slice(17, 23))
    with dataset.factories():
        assert factory_class.build(__sequence=9).at == whole["at"][9].as_py()
    return dataset


def times(dataset: Any) -> list[dt.datetime]:
    found: list[dt.datetime] = dataset.ticks.to_arrow()["at"].to_pylist()
    return found


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (at(2024, 3, 1, 8), at(2024, 3, 1, 10), "2024-03-01 08:00:00", "2024-03-01 10:00:00"),
        ("2024-03-01 08:00", "2024-03-01T10:00:00Z", "2024-03-01 08:00:00", "2024-03-01 10:00:00"),
        (at(2024, 3, 1, 22), at(2024, 3, 3, 2), "2024-03-01 22:00:00", "2024-03-03 02:00:00"),
        (at(2024, 3, 1, 22), at(2024, 3, 2), "2024-03-01 22:00:00", "2024-03-02 00:00:00"),
        ("2024-03-01 12:00:00.5", "2024-03-01 12:00:03.9", "2024-03-01 12:00:01", "2024-03-01 12:00:03"),
        (at(2024, 3, 1, 23, 30, tzinfo=EAST), "2024-03-02", "2024-03-01 21:30:00", "2024-03-02 23:59:59"),
    ],
)
@pytest.mark.parametrize("kind", [Times, Timeline])
def test_times_lie_in_their_period(kind: Any, start: Any, end: Any, first: str, last: str) -> None:
    dataset = made(kind(start, end))
    found = [time.replace(tzinfo=None).isoformat(" ") for time in times(dataset)]
    assert first <= min(found) <= max(found) <= last
    assert found == sorted(found) or kind is Times
    assert dataset.validate().ok
    assert not dataset.validate({"ticks": dataset.ticks.to_arrow()}).failed
    early = dataset.ticks.to_arrow().set_column(0, "at", [[at(2024, 3, 1, 7, 59, tzinfo=dt.timezone.utc)] * 3_000])
    assert {"bounds", "outside of the period"} & {check.kind for check in dataset.validate({"ticks": early}).failed}


def test_of_a_day_its_part_counts() -> None:
    # From noon to midnight of the first day, a whole day, and a quarter of the last.
    period = ("2024-03-01 12:00", "2024-03-03 05:59:59")
    dataset = made(Timeline(*period, daily=400, hours=ALL_DAY), rows=None)
    assert dataset.ticks.num_rows == 200 + 400 + 100
    days = [time.day for time in times(dataset)]
    assert [days.count(day) for day in (1, 2, 3)] == [200, 400, 100]
    days = [time.day for time in times(made(Times(*period, hours=ALL_DAY), rows=7_000))]
    # 4 standard errors of 2,000 of 7,000 are 151, of 1,000 117.
    assert abs(days.count(1) - 2_000) < 151
    assert abs(days.count(3) - 1_000) < 117


def test_hours_are_those_of_the_zone() -> None:
    zone = ZoneInfo("America/New_York")
    for kind in (Times, Timeline):
        dataset = made(kind("2024-03-09 20:00", at(2024, 3, 10, 4, tzinfo=zone), tz="America/New_York", hours=ALL_DAY))
        found = [time.astimezone(zone) for time in times(dataset)]
        assert min(found) >= at(2024, 3, 9, 20, tzinfo=zone)
        assert max(found) <= at(2024, 3, 10, 4, tzinfo=zone)
        # Four hours of the first day's 24, three of the second's 23: clocks skip one. 4 standard errors are 109.
        share = (4 / 24) / (4 / 24 + 3 / 23)
        assert abs(sum(time.day == 9 for time in found) - 3_000 * share) < (109 if kind is Times else 2)
        assert not dataset.validate().failed


OUTAGE = Event("2024-03-02 08:00", "2024-03-02 09:59:59", 0)
RUSH = Event(at(2024, 3, 3, 18), "2024-03-04", 3.0)


@pytest.mark.parametrize("tz", [None, "Europe/Berlin"])
def test_events_have_hours(tz: str | None) -> None:
    dataset = made(Timeline("2024-03-01", "2024-03-05", daily=2_400, hours=ALL_DAY, tz=tz, events=[OUTAGE, RUSH]), None)
    hours = [(time.day, time.hour) for time in (t.astimezone(ZoneInfo(tz or "UTC")) for t in times(dataset))]
    assert [hours.count((2, hour)) for hour in (7, 8, 9, 10)] == [100, 0, 0, 100]
    assert [hours.count((3, hour)) for hour in (17, 18, 23)] == [100, 300, 300]
    assert [hours.count((day, 12)) for day in (4, 5)] == [300, 100]
    assert dataset.ticks.num_rows == 5 * 2_400 - 200 + (6 + 24) * 200
    validation = dataset.validate()
    assert not validation.failed
    assert {check.subject.split()[0] for check in validation.checks if check.kind == "event"} == {"rows", "multiplier"}


def test_rows_that_missed_an_event_of_hours_are_found() -> None:
    dataset = made(Timeline("2024-03-01", "2024-03-05", daily=2_400, hours=ALL_DAY, events=[RUSH]), None)
    plain = made(Timeline("2024-03-01", "2024-03-05", hours=ALL_DAY), dataset.ticks.num_rows).ticks.to_arrow()
    assert any(check.kind == "event" for check in dataset.validate({"ticks": plain}).failed)


def test_conditions_on_events_of_hours() -> None:
    class OrderFactory(TableFactory):
        class Meta:
            table = "orders"

        placed_at = Timeline("2024-03-01", "2024-03-05", hours=ALL_DAY)
        in_rush = when(col("placed_at").during(RUSH), 1).otherwise(0)

    orders = Dataset({OrderFactory: 1_000}).orders.to_arrow().to_pylist()
    begin, end = (at(2024, 3, *rest, tzinfo=dt.timezone.utc) for rest in ((3, 18), (5,)))
    assert all((begin <= order["placed_at"] < end) == order["in_rush"] for order in orders)
    assert sum(order["in_rush"] for order in orders) == 250


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (Times("2024-03-01 10:00", "2024-03-01 08:00"), r"Times\(.*range is inverted: 2024-03-01 10:00 is after"),
        (
            Timeline("2024-03-01 10:00", "2024-03-01 08:00"),
            "range is inverted: 2024-03-01 10:00 is after 2024",
        ),
        (Times("2024-03-01 08:00", "2024-03-01 09:00", hours=[0] * 12 + [1] * 12), "its hours leave no time"),
        (Timeline("2024-03-01 08:00", "2024-03-01 09:00", hours=[0] * 12 + [1] * 12), "the volume is .* 0 on all"),
        (Times("2024-03-01 25:00", "2024-03-02"), r"'2024-03-01 25:00' is not a date; write it as .* 08:00'"),
        (Timeline("2024-03-01", "2024-03-05", events=[Event("2024-03-06 01:00", "2024-03-06", 2)]), "lies outside"),
        (Timeline("2024-03-01", "2024-03-05", events=[Event("2024-03-02 08:00", "2024-03-02 07:00")]), "is inverted"),
    ],
)
def test_periods_without_any_time_are_refused(declared: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=rf"^ticks\.at: .*{message}"):
        made(declared)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weekdays": {"Sat": 0.2}}, r"weekdays=\{'Sat': 0\.2\} lists nothing; write 7 multipliers, from Monday"),
        ({"hours": {9: 1}}, "24 weights, from the hour after midnight"),
        ({"hours": 5}, "hours=5 lists nothing"),
        ({"season": 1.5}, r"12 multipliers .* season=\{12: 1\.5\}"),
        ({"events": Event("2024-03-01", "2024-03-02", 2.0)}, r"events=\[Event"),
    ],
)
def test_what_is_no_list(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        Timeline("2024-01-01", "2024-12-31", **arguments)
