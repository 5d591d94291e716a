# ruff: noqa: DTZ001 - UTC without a zone, as `starts` has it
"""Rows of a period, and batches: found by the order of time where there is one, and the same as a filter would find."""

from __future__ import annotations

import datetime as dt
import itertools
import pickle
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pytest_synthdata import (
    Array,
    Arrival,
    Constant,
    Dataset,
    Dates,
    DeclarationError,
    Duplicates,
    Exponential,
    ForeignKey,
    Key,
    Late,
    Normal,
    Pareto,
    Poisson,
    SynthDataError,
    TableFactory,
    Timeline,
    Times,
    col,
    days,
    hours,
)
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.columns.order import scanned
from pytest_synthdata.columns.order.batches import period_starts
from pytest_synthdata.columns.order.instants import as_datetime
from pytest_synthdata.columns.order.ordered import Ordered
from pytest_synthdata.columns.order.scanned import Scanned
from pytest_synthdata.columns.tables.bound_table import BoundTable


class CallFactory(TableFactory):
    call_id = Key("C{}")
    at = Timeline("2024-01-01", "2024-12-31", daily=25, weekend=0.3, hours=[1] * 24)
    seconds = Exponential(180).round(1)


class VisitFactory(TableFactory):
    visit_id = Key("V{}")
    day = Dates("2024-01-01", "2024-03-31")


def late_calls(**arrival: Any) -> type[TableFactory]:
    meta = type("Meta", (), {"table": "calls", "arrival": Arrival("at", **arrival)})
    return type("LateCallFactory", (CallFactory,), {"Meta": meta})


def whole_of(tables: Any) -> str:
    return fingerprint(itertools.chain.from_iterable(table.batches() for table in tables))


def filtered(table: Any, column: str, start: Any, stop: Any) -> pa.Table:
    whole = table.to_arrow()
    times = whole[column]
    inside = pc.and_(pc.greater_equal(times, pa.scalar(start, times.type)), pc.less(times, pa.scalar(stop, times.type)))
    return whole.filter(inside)


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held at once is less than a table, so that it is put together from many windows."""
    monkeypatch.setattr(scanned, "_BLOCK", 300)
    monkeypatch.setattr(scanned, "_WINDOW", 500)
    monkeypatch.setattr(scanned, "_BINS", 7)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.timezone.utc)  # type: ignore[arg-type, misc]


def test_a_period_is_what_a_filter_finds() -> None:
    calls = Dataset({CallFactory: 9_000}, seed=5).calls
    week = calls.between("2024-06-03", "2024-06-10")
    assert week.to_arrow() == filtered(calls, "at", utc(2024, 6, 3), utc(2024, 6, 10))
    assert week.to_arrow(stop=3) == calls.to_arrow().take(week.row_numbers[:3])
    zoned = dt.datetime(2024, 6, 3, 2, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert calls.between(zoned, dt.date(2024, 6, 10)).fingerprint() == week.fingerprint()
    hour = calls.between("2024-06-03T10:00", "2024-06-03T11:00:00Z")
    assert hour.to_arrow() == filtered(calls, "at", utc(2024, 6, 3, 10), utc(2024, 6, 3, 11))


def test_periods_one_after_the_other_are_the_whole() -> None:
    calls = Dataset({CallFactory: 9_000}, seed=5).calls
    cuts = [None, "2024-02-01", "2024-02-01T00:00:01", "2024-07-01", "2024-07-01", "2031-01-01", None]
    parts = [calls.between(start, stop) for start, stop in itertools.pairwise(cuts)]
    assert whole_of(parts) == calls.fingerprint()
    assert [part.num_rows for part in parts[3:]] == [0, parts[4].num_rows, 0]
    middle = calls.between("2024-03-01", "2024-05-01").between("2024-04-01", None)
    assert middle.to_arrow() == calls.between("2024-04-01", "2024-05-01").to_arrow()


def test_a_day_of_many_rows_is_found_without_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0
    at = BoundTable.at

    def counted(self: BoundTable, rows: Any, **how: Any) -> Any:
        nonlocal looked_at
        looked_at += len(rows)
        return at(self, rows, **how)

    monkeypatch.setattr(BoundTable, "at", counted)
    day = Dataset({CallFactory: 10**12}).calls.between("2024-06-03", "2024-06-04")
    assert day.num_rows > 10**9
    assert day.to_arrow(stop=1)["at"][0].as_py() == utc(2024, 6, 3)
    assert looked_at < 5_000  # two searches of five steps of 256 rows, and the row


def test_a_view_of_a_period_is_small_wherever_it_goes() -> None:
    day = Dataset({CallFactory: 10**10}).calls.between("2024-06-03", "2024-06-04")
    whole = Dataset({CallFactory: 10}).calls
    assert len(pickle.dumps(day.view)) < len(pickle.dumps(whole.view)) + 200


def test_a_column_in_whose_order_rows_are() -> None:
    class PingFactory(TableFactory):
        at = factory.Sequence(lambda number: dt.datetime(2024, 1, 1) + dt.timedelta(minutes=number))
        other = Times("2024-01-01", "2024-12-31")

    pings = Dataset({PingFactory: 5_000}).pings
    assert pings.between("2024-01-02", "2024-01-03").row_numbers.tolist() == list(range(1440, 2880))
    assert whole_of(pings.in_batches("day")) == pings.fingerprint()


def test_rows_that_only_seem_to_be_in_order_are_no_period() -> None:
    class PingFactory(TableFactory):
        number = factory.Sequence(int)
        at = factory.LazyAttribute(
            lambda row: dt.datetime(2024, 1, 1) + dt.timedelta(minutes=row.number if row.number != 2_001 else 2_100)
        )

    stop = dt.datetime(2024, 1, 1) + dt.timedelta(minutes=2_050)
    pings = Dataset({PingFactory: 5_000}).pings
    with pytest.raises(SynthDataError, match=r"not in the order of 'at' around row 20.*Meta.arrival = 'at'"):
        pings.between(None, stop)

    class SortedFactory(PingFactory):
        class Meta:
            table = "pings"
            arrival = "at"  # as the error says

    expected = [*range(2_001), *range(2_002, 2_050)]
    assert Dataset({SortedFactory: 5_000}).pings.between(None, stop).row_numbers.tolist() == expected


def test_without_an_order_of_time_the_error_says_what_to_write() -> None:
    visits = Dataset({VisitFactory: 100}).visits
    with pytest.raises(SynthDataError, match=r"visits: its rows are in no order of time.*Timeline.*column='day'"):
        visits.between("2024-01-01", "2024-02-01")

    class ItemFactory(TableFactory):
        name = Constant("bolt")

    with pytest.raises(SynthDataError, match=r"items: it has no column of dates or times"):
        Dataset({ItemFactory: 5})["items"].between("2024-01-01", "2024-02-01")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": "soon"}, "start='soon' is not a date or a time; write '2024-06-01'"),
        ({"start": "2024-06-02", "stop": "2024-06-01"}, "the period is inverted"),
        ({"column": "att"}, "there is no column 'att': did you mean 'at'"),
        ({"column": "call_id"}, "calls.call_id is string, not a column of dates or times"),
    ],
)
def test_mistakes_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SynthDataError, match=message):
        Dataset({CallFactory: 10}).calls.between(**arguments)


@pytest.mark.parametrize("small", [False, True])
def test_any_column_of_times_when_all_rows_may_be_looked_at(small: bool, request: pytest.FixtureRequest) -> None:
    if small:
        request.getfixturevalue("small_windows")
    visits = Dataset({VisitFactory: 3_000}).visits
    week = visits.between("2024-02-05", "2024-02-12", column="day")
    found = filtered(visits, "day", dt.date(2024, 2, 5), dt.date(2024, 2, 12))
    assert week.to_arrow() == found.sort_by("day")  # stable: rows of a day in their own order
    batches = visits.in_batches("day")  # its only column of times
    assert len(batches) == 91
    assert whole_of(batches) == visits.fingerprint()
    assert whole_of(visits.in_batches(70)) == visits.fingerprint()


def test_batches_by_period_and_by_rows() -> None:
    calls = Dataset({CallFactory: 9_000}, seed=5).calls
    for by, count in (("month", 12), (2_000, 5)):
        batches = calls.in_batches(by)
        assert len(batches) == count
        assert whole_of(batches) == calls.fingerprint()
    june = calls.in_batches("day", start="2024-06-01", stop="2024-07-01")
    assert june.starts == [dt.datetime(2024, 6, day) for day in range(1, 31)]
    assert whole_of(june) == calls.between("2024-06-01", "2024-07-01").fingerprint()
    assert june[-1].to_arrow() == june[29].to_arrow() == calls.between("2024-06-30", "2024-07-01").to_arrow()
    assert [table.num_rows for table in june[:2]] == [next(iter(june)).num_rows, june[1].num_rows]
    cut = calls.in_batches("week", start="2024-06-05", stop="2024-06-12T12:00")
    assert cut.starts == [dt.datetime(2024, 6, 5), dt.datetime(2024, 6, 10)]
    assert whole_of(cut) == calls.between("2024-06-05", "2024-06-12T12:00").fingerprint()
    assert dict(calls.in_batches(4_000).map(lambda table: table.num_rows).items()) == {
        calls.to_arrow(start=row, stop=row + 1)["at"][0].as_py().replace(tzinfo=None): rows
        for row, rows in ((0, 4_000), (4_000, 4_000), (8_000, 1_000))
    }
    with pytest.raises(SynthDataError, match="by='dya': did you mean 'day'"):
        calls.in_batches("dya")
    with pytest.raises(SynthDataError, match="by=0; it is 'hour'"):
        calls.in_batches(0)


def test_a_period_without_rows_is_a_batch() -> None:
    empty = Dataset({CallFactory: 0}).calls
    assert list(empty.in_batches("day")) == list(empty.in_batches(10)) == []
    assert [day.num_rows for day in empty.in_batches("day", start="2024-06-01", stop="2024-06-03")] == [0, 0]
    assert empty.between("2024-06-01", "2024-06-03").num_rows == 0


@pytest.mark.parametrize("by", ["hour", "day", "week", "month"])
def test_periods_begin_where_the_calendar_says(by: str) -> None:
    starts = [as_datetime(start) for start in period_starts(951_782_400_000_001, 954_547_200_000_000, by).tolist()]
    assert starts[0] <= dt.datetime(2000, 2, 29, 0, 0, 0, 1) < starts[1]
    assert starts[-2] < dt.datetime(2000, 4, 1) <= starts[-1]
    for start in starts:
        assert (start.minute, start.second, start.microsecond) == (0, 0, 0)
        assert by == "hour" or start.hour == 0
        assert by != "week" or start.weekday() == 0
        assert by != "month" or start.day == 1


@pytest.mark.parametrize("small", [False, True])
def test_rows_in_the_order_of_arrival(small: bool, request: pytest.FixtureRequest) -> None:
    if small:
        request.getfixturevalue("small_windows")

    class LateFactory(CallFactory):
        class Meta:
            table = "calls"
            arrival = "arrived_at"

        # A tail so long that most of the time no row comes: windows still have few rows.
        arrived_at = col("at") + hours(Pareto(0.7))

    calls = Dataset({LateFactory: 4_000}, seed=3).calls
    truth = calls.to_arrow().sort_by("arrived_at")
    assert pa.concat_tables(batch.to_arrow() for batch in calls.in_batches(333)) == truth
    start, stop = utc(2024, 3, 1), utc(2024, 3, 8)
    assert calls.between(start, stop).to_arrow() == filtered(calls, "arrived_at", start, stop).sort_by("arrived_at")
    by_event = calls.between(start, stop, column="at")
    assert by_event.to_arrow() == filtered(calls, "at", start, stop)
    with pytest.raises(SynthDataError, match=r"by='hour': its rows come for [\d,]+ days; give stop="):
        Dataset({late_calls(redelivered=0.1, again=days(400_000)): 99}).calls.in_batches("hour")
    month = calls.in_batches("month", stop="2025-01-01")
    assert whole_of([*month, calls.between("2025-01-01", None)]) == calls.fingerprint()


def test_rows_arrive_when_their_parents_do() -> None:
    class GuestFactory(TableFactory):
        class Meta:
            table = "guests"
            arrival = "visit.day"

        visit = ForeignKey(VisitFactory)
        day = col("visit.day")

    guests = Dataset({VisitFactory: 20, GuestFactory: 100}).guests
    order = pa.concat_tables(batch.to_arrow() for batch in guests.in_batches(30))
    assert order == guests.to_arrow().sort_by("day")
    assert sorted(set(order["day"].to_pylist())) == order["day"].unique().to_pylist()


class RoomFactory(TableFactory):
    room_id = Key("R{}")
    visit = ForeignKey(VisitFactory)
    after = ForeignKey("self")


class BookingFactory(TableFactory):
    booking_id = Key("B{}")
    room = ForeignKey(RoomFactory).nulls(0.5)
    visit = ForeignKey(VisitFactory).nulls(0.5)
    others = Array(ForeignKey(VisitFactory), length=Poisson(1))


@pytest.mark.parametrize("small", [False, True])
def test_rows_without_times_come_with_the_last_that_they_refer_to(small: bool, request: pytest.FixtureRequest) -> None:
    if small:
        request.getfixturevalue("small_windows")
    dataset = Dataset({VisitFactory: 60, RoomFactory: 400, BookingFactory: 400})
    comes = {row["visit_id"]: row["day"] for row in dataset.visits.to_arrow().to_pylist()}
    first = min(comes.values())
    for table in (dataset.rooms, dataset.bookings):
        times = []
        for key, *references in zip(*table.to_arrow().to_pydict().values(), strict=True):
            listed = (one if isinstance(one, list) else [one] for one in references)
            parents = [parent for parent in itertools.chain(*listed) if parent is not None]
            times.append(max((comes[parent] for parent in parents), default=first))
            comes[key] = times[-1]
        order = np.argsort(np.array(times, "datetime64[D]"), kind="stable")
        weeks = table.in_batches("week")
        assert np.concatenate([week.row_numbers for week in weeks]).tolist() == order.tolist()
        for start, week in weeks.items():
            assert all(start.date() <= times[number] < start.date() + dt.timedelta(7) for number in week.row_numbers)
        ninth = first + dt.timedelta(9)
        assert table.between(None, ninth).num_rows == sum(time < ninth for time in times) > 0


def test_children_that_are_counted_from_rows_in_order_are_in_order() -> None:
    class PartFactory(TableFactory):
        part_id = Key("P{}")
        call = ForeignKey(CallFactory, per_parent=Poisson(2))

    class PieceFactory(TableFactory):
        piece_id = Key("I{}")
        part = ForeignKey(PartFactory, per_parent=Poisson(2))

    pieces = Dataset({CallFactory: 900, PartFactory: None, PieceFactory: None})["pieces"]
    assert isinstance(pieces._order(None), Ordered)
    assert pieces.in_batches("month").column == "part.call.at"
    assert whole_of(pieces.in_batches("month")) == pieces.fingerprint()


def test_rows_that_come_with_rows_of_several_times_say_so() -> None:
    class StayFactory(TableFactory):
        stay_id = Key("S{}")
        begins = Dates("2024-01-01", "2024-12-31")
        ends = Dates("2024-01-01", "2024-12-31")

    class MealFactory(TableFactory):
        stay = ForeignKey(StayFactory)

    with pytest.raises(
        SynthDataError, match=r"meals: it has no times .*'begins' or 'ends'; .*'stays': Meta.arrival = 'begins'"
    ):
        Dataset({StayFactory: 90, MealFactory: 90}).meals.in_batches("day")


def test_rows_are_late_and_redelivered_as_declared() -> None:
    rows, late, redelivered = 20_000, 0.2, 0.05
    made = late_calls(delay=days(Exponential(1)), late=late, redelivered=redelivered, again=hours(5))
    calls = Dataset({made: rows}, seed=1).calls
    order = pa.concat_tables(table.to_arrow() for table in calls.in_batches("day"))
    assert len(order) > rows
    again = len(order) - rows
    assert sorted(set(order["call_id"].to_pylist())) == sorted(calls.to_arrow()["call_id"].to_pylist())
    # Five standard deviations of a share of 20,000 rows: 5·sqrt(0.05·0.95/20,000) = 0.8 %.
    assert again / rows == pytest.approx(redelivered, abs=0.008)
    first = order.take(np.sort(np.unique(order["call_id"].to_numpy(), return_index=True)[1]))
    times = first["at"].to_numpy()
    disordered = times < np.maximum.accumulate(times)
    # A delay of a day on average is shorter than the half hour to the next call once in 50 times; 5·sqrt(0.16/20,000).
    assert late * 0.96 - 0.014 < disordered.mean() <= late + 0.014


def test_without_a_delay_rows_arrive_as_they_lie() -> None:
    calls = Dataset({late_calls(): 2_000}).calls
    assert isinstance(calls._order(None), Ordered)
    assert calls.between("2024-03-01", "2024-03-08").to_arrow() == filtered(
        calls, "at", utc(2024, 3, 1), utc(2024, 3, 8)
    )


def test_an_arrival_changes_no_cell() -> None:
    late = Dataset({late_calls(delay=hours(Exponential(2)), redelivered=0.5): 500}).calls
    assert late.fingerprint() == Dataset({CallFactory: 500}).calls.fingerprint()
    more = Dataset({late_calls(delay=hours(Exponential(2)), redelivered=0.5): 500}, seed=42).calls
    assert whole_of(late.in_batches(100)) == whole_of(more.in_batches("day"))


@pytest.mark.parametrize(
    ("arrival", "message"),
    [
        ("att", "Meta.arrival: there is no column 'att'"),
        ("seconds", r"col\('seconds'\) is double, not a date or a time"),
        (Arrival("at", Exponential(2)), r"is double, not an interval; write hours\("),
        (Arrival("at", 2), "2 is neither a column nor an interval"),
        (Arrival("at", hours(2), late=1.5), "late=1.5; it is a share of the rows"),
        (Arrival("at", redelivered=0.1), "redelivered need a delay; give again="),
    ],
)
def test_arrivals_that_can_never_be(arrival: Any, message: str) -> None:
    meta = type("Meta", (), {"table": "calls", "arrival": arrival})
    wrong = type("WrongFactory", (CallFactory,), {"Meta": meta})
    with pytest.raises(DeclarationError, match=message):
        Dataset({wrong: 10})


def test_nothing_arrives_before_it_happens() -> None:
    for arrival in ({"delay": hours(Normal(2, 4))}, {"delay": hours(1), "redelivered": 1.0, "again": hours(-2)}):
        calls = Dataset({late_calls(**arrival): 500}).calls
        with pytest.raises(SynthDataError, match=r"calls: Meta.arrival: (delay|again)= is -[\d.]+ hours for some"):
            calls.in_batches("day")
    kept = Dataset({late_calls(delay=hours(Normal(2, 4).clip(0)), redelivered=0.1): 500}).calls
    assert len(kept.in_batches("day")) > 0


def test_a_row_without_a_time_is_named() -> None:
    class TaskFactory(TableFactory):
        done_on = Dates("2024-01-01", "2024-12-31").nulls(0.5)

    tasks = Dataset({TaskFactory: 50}).tasks
    with pytest.raises(SynthDataError, match=r"tasks.done_on: row \d+ has no time"):
        list(tasks.in_batches("day"))


@pytest.mark.parametrize("kinds", [[Duplicates(0.05)], [Late("at", 0.1)]])
def test_dirty_rows_come_when_their_clean_ones_do(kinds: list[Any]) -> None:
    dataset = Dataset({CallFactory: 2_000}, defects={CallFactory: kinds})
    assert isinstance(dataset.calls._order(None), (Scanned if isinstance(kinds[0], Duplicates) else Ordered))
    batches = dataset.calls.in_batches("month")
    assert whole_of(batches) == dataset.calls.fingerprint()
    assert sum(batch.num_rows for batch in batches) == dataset.calls.num_rows


def test_a_part_in_the_order_of_arrival_has_no_periods() -> None:
    week = Dataset({late_calls(delay=hours(1)): 500}).calls.between("2024-03-01", "2024-03-08")
    with pytest.raises(SynthDataError, match="in the order of arrival; ask the whole table"):
        week.between("2024-03-01", "2024-03-02")


def test_periods_of_rows_that_were_taken() -> None:
    taken = Dataset({CallFactory: 9_000}).take(calls=range(0, 9_000, 7)).calls
    month = taken.between("2024-03-01", "2024-04-01")
    assert month.to_arrow() == filtered(taken, "at", utc(2024, 3, 1), utc(2024, 4, 1))
    assert (month.row_numbers % 7 == 0).all()
