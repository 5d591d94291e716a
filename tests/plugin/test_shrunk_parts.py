"""Parts of a shrunk failure: which columns are shown, which texts of a failure are hints, which dataset stands in."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, OrderedDict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from pytest_synthdata import (
    Arrival,
    Categorical,
    Constant,
    Dataset,
    ForeignKey,
    History,
    Integers,
    Key,
    Sum,
    TableFactory,
    Timeline,
    col,
    hours,
    when,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
from pytest_synthdata.plugin.shrinking.failures import _strings
from pytest_synthdata.plugin.shrinking.over_time import Asked, AskedTable, happenings
from pytest_synthdata.plugin.shrinking.related_columns import related_columns
from pytest_synthdata.plugin.shrinking.said import said_by
from pytest_synthdata.plugin.shrinking.shrunk_rows import ShownRows, value_text
from pytest_synthdata.plugin.shrinking.shrunk_text import Finding
from pytest_synthdata.plugin.stand_ins import StandIns
from pytest_synthdata.shrinking.search import Shrunk, Verdict
from pytest_synthdata.validation.messages import short


@pytest.mark.parametrize(
    ("matter", "columns", "shown"),
    [
        ({"t.c"}, ["a", "b", "c", "id", "y", "z"], [None, "c", "id", None]),
        ({"t.a", "u.b"}, ["a", "b", "id"], ["a", None, "id"]),
        (None, [*"abcdefghij", "id", "k"], [*"abcdefgh", None, "id", None]),
        (set(), [*"abcdefghij", "id", "k"], [*"abcdefgh", None, "id", None]),
    ],
)
def test_the_key_and_the_columns_that_matter_are_shown(
    matter: Any, columns: list[str], shown: list[str | None]
) -> None:
    rows = ShownRows(Dataset({CustomerFactory: 1}), matter, "UTC")
    assert rows.columns("t", "id", columns, are_all=False) == shown
    assert rows.columns("t", "id", columns, are_all=True) == columns


def test_of_many_rows_a_few_of_each_table_are_shown() -> None:
    taken = Dataset({CustomerFactory: 500, OrderFactory: 2, TicketFactory: 70})
    lines = ShownRows(taken, {"orders.amount"}, "UTC").lines()
    assert Counter(line.split()[0] for line in lines) == {"customers": 10, "orders": 2, "tickets": 10}
    assert [line for line in lines if "more" in line] == ["  customers  … and 491 more", "  tickets    … and 61 more"]
    assert not any("…" in line for line in ShownRows(Dataset({CustomerFactory: 2}), None, "UTC").lines())


@pytest.mark.parametrize(
    ("zone", "shown", "said"),
    [
        ("UTC", "2024-10-27 00:30:00", "UTC"),
        ("America/New_York", "2024-10-26 20:30:00", "America/New_York"),
        ("Europe/Berlin", "2024-10-27 02:30:00+02:00", "Europe/Berlin"),  # the hour that clocks show twice
        ("GMT+2 or so", "2024-10-27 00:30:00", "UTC"),
    ],
)
def test_instants_are_shown_in_the_sessions_zone(zone: str, shown: str, said: str) -> None:
    class EventFactory(TableFactory):
        class Meta:
            table = "events"

        event_id = Key("E-{}")
        at = Constant(dt.datetime(2024, 10, 27, 0, 30, tzinfo=dt.timezone.utc))

    lines = ShownRows(Dataset({EventFactory: 1}), {"events.at"}, zone).lines()
    assert lines == [f"  events  row 0  E-0  {shown}", f"  times are in {said}"]


class ShelfFactory(TableFactory):
    class Meta:
        table = "shelves"

    shelf_id = Key("S-{}")
    room = Categorical(["A", "B"])
    load = Sum("boxes.weight")


class BoxFactory(TableFactory):
    class Meta:
        table = "boxes"
        exclude = ("limit",)

    box_id = Key("B-{}")
    shelf = ForeignKey(ShelfFactory, per_parent=1)
    limit = when(col("shelf.room") == "A", 9).otherwise(5)
    weight = Integers(1, 5)
    spare = col("limit") - col("weight")


UNREAD = "and 1 row of a table that the test did not read"
SHELVES = Dataset({ShelfFactory: 4, BoxFactory: None})


@pytest.mark.parametrize(
    ("matter", "related"),
    [
        ("shelves.load", ["boxes.weight"]),
        ("boxes.spare", ["boxes.weight", "shelves.room"]),
        ("boxes.shelf_id", ["shelves.shelf_id"]),
        ("boxes.weight", []),
    ],
)
def test_what_columns_that_matter_are_declared_from_or_joined_with_is_shown(matter: str, related: list[str]) -> None:
    assert related_columns(SHELVES, {matter}) == {matter, *related}


@pytest.mark.parametrize(
    ("read", "matter", "texts"),
    [
        (
            ["boxes"],
            "boxes.weight",
            ["boxes row 1 B-1 S-1 {weight} {spare}", UNREAD],
        ),
        (["boxes"], "boxes.spare", ["shelves row 1 S-1 {room} …", "boxes row 1 B-1 S-1 {weight} {spare}"]),
        (None, "boxes.weight", ["shelves row 1 S-1 …", "boxes row 1 B-1 S-1 {weight} {spare}"]),
        (None, "shelves.load", ["shelves row 1 S-1 {room} {load}", "boxes row 1 B-1 … {weight} …"]),
    ],
)
def test_few_rows_of_tables_that_matter_are_whole_and_others_that_were_not_read_are_counted(
    read: list[str] | None, matter: str, texts: list[str]
) -> None:
    taken = SHELVES.take(boxes=[1])
    cells = taken.boxes.to_arrow().to_pylist()[0] | taken.shelves.to_arrow().to_pylist()[0]
    lines = ShownRows(taken, {matter}, "UTC", read=read).lines()
    assert [" ".join(line.split()) for line in lines] == [text.format(**cells) for text in texts]


class PlanFactory(TableFactory):
    class Meta:
        table = "plans"
        history = History("2024-01-01", "2024-12-31", updates={"tier": 6, "price": 2}, deletes=0.4)

    plan_id = Key("P-{}")
    tier = Categorical({"Free": 0.7, "Pro": 0.3})
    price = Integers(1, 100)


class UseFactory(TableFactory):
    class Meta:
        table = "uses"
        arrival = Arrival("at", hours(2), redelivered=1)

    plan = ForeignKey(PlanFactory)
    at = Timeline("2024-01-01", "2024-12-31")


PLANS = Dataset({PlanFactory: 8, UseFactory: 7})


@pytest.mark.parametrize("matter", [{"plans.tier"}, set()])
def test_what_happens_to_rows_is_told_where_the_test_asked_for_it(matter: set[str]) -> None:
    asked = Asked()
    plans = AskedTable(PLANS.plans.view, PlanFactory, asked)
    assert happenings(plans, asked, matter, str) == []
    lines = happenings(plans, Asked(over_time={"plans"}), matter, str)
    assert lines[5:] == ["plans: … and 3 more"]
    for number, line in enumerate(lines[:5]):
        told = [row for row in plans.versions().to_arrow().to_pylist() if row["plan_id"] == f"P-{number}"]
        first = told[0]
        value = first["tier"] if matter else f"tier={first['tier']} price={first['price']}"
        assert line.startswith(f"plans row {number}: {value} from 2024-01-01 00:00:00+00:00")
        assert line.endswith(f"deleted {told[-1]['valid_to']}") != told[-1]["is_current"]
        changes = [row["tier"] for before, row in pairwise([{}, *told]) if row["tier"] != before.get("tier")]
        shown = line.count(" from ") + int((re.findall(r"… \((\d+) more\)", line) or ["0"])[0])
        assert shown == len(changes if matter else told)
    assert asked.over_time == {"plans"}


def test_when_changes_and_rows_arrive_is_told() -> None:
    asked = Asked()
    plans = AskedTable(PLANS.take(plans=[3]).plans.view, PlanFactory, asked)
    feed = plans.changes(format="autocdc", delay=hours(30), redelivered=1).to_arrow().to_pylist()
    (line,) = happenings(plans, asked, {"plans.tier"}, str)
    assert all(str(row["arrived_at"]) in line for row in feed[:1])
    assert line.startswith(f"plans row 3: {feed[0]['tier']} from 2024-01-01 00:00:00+00:00 (arrives 2024-01-02 06:00")
    uses = AskedTable(PLANS.uses.view, UseFactory, asked)
    assert happenings(uses, asked, set(), str) == []
    list(uses.in_batches(by="week"))
    lines = happenings(uses, asked, set(), str)
    assert len(lines) == 6
    at = uses.to_arrow()["at"][0].as_py().replace(tzinfo=dt.timezone.utc)
    assert lines[0] == f"uses row 0: arrives {at + dt.timedelta(hours=2)}, again {at + dt.timedelta(hours=4)}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ("", "''"),
        (" a", "' a'"),
        ("a" * 30, "a" * 30),
        ("a" * 10_000, f"{'a' * 200}… (10,000 letters)"),
        (1.5, "1.5"),
    ],
)
def test_a_value_that_matters_can_be_read(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_a_time_is_never_cut() -> None:
    assert short(dt.datetime(2024, 1, 1, 19, 5, 9, tzinfo=dt.timezone.utc)) == "2024-01-01 19:05:09+00:00"
    assert short("a" * 30) == "a" * 23 + "…"


TIER = ("customers.tier",)


def finding(*, num_rows: int = 2, **more: Any) -> Finding:
    taken = Dataset({CustomerFactory: 2}).take(customers=[1])
    known = {"rows": np.array([0]), "asked": np.array([0]), "runs": 9, "row_runs": 7, **more}
    return Finding(Shrunk(**known), num_rows, 7, taken, {"customers": [1]}, 30.1, {}, 42, 1, ["pytest"])


@pytest.mark.parametrize(
    ("verdict", "is_minimal", "columns", "are_all", "said"),
    [
        (Verdict.MINIMAL, True, (), True, "no row can be left out; no column was found to matter: with other values"),
        (Verdict.MINIMAL, True, TIER, True, "no row can be left out; 1 of 7 columns matters: customers.tier"),
        (Verdict.MINIMAL, True, TIER, False, "; at least 1 of 7 columns matters: customers.tier; time was up before"),
        (Verdict.MINIMAL, True, None, False, "out; time was up before all columns were checked: --synth-shrink=120"),
        (Verdict.INTERRUPTED, True, None, False, "no row can be left out; interrupted before all columns were checked"),
        (Verdict.INTERRUPTED, False, None, False, "(30.1 s); interrupted"),
        (Verdict.TIME, False, None, False, "(30.1 s); time was up: --synth-shrink=120 searches for 120 s"),
    ],
)
def test_the_first_line_says_what_is_known(
    verdict: Verdict, is_minimal: bool, columns: Any, are_all: bool, said: str
) -> None:
    text = finding(verdict=verdict, is_minimal=is_minimal, columns=columns, are_all_columns=are_all).to_text()
    assert said in text.splitlines()[0]
    assert ("…" in text.splitlines()[1]) is bool(columns and are_all)


def test_nothing_is_said_of_columns_that_cannot_be_replaced() -> None:
    text = finding(verdict=Verdict.MINIMAL, is_minimal=True, are_columns_bound=True).to_text()
    assert "; columns were not checked: with the same values in their place, the test ends" in text.splitlines()[0]


@pytest.mark.parametrize("verdict", [Verdict.TIME, Verdict.INTERRUPTED])
def test_all_rows_are_no_smaller_part(verdict: Verdict) -> None:
    text = finding(num_rows=1, verdict=verdict).to_text()
    assert text.startswith("not shrunk: no smaller part of the 1 row was found to fail in 9 runs (30.1 s) before")


def test_of_a_failure_of_any_rows_only_what_was_tried_is_said() -> None:
    text = finding(verdict=Verdict.ANY_ROWS).to_text()
    assert "the test passed in none of 9 runs on parts of the data" in text
    assert text.endswith('the smallest part found on which it fails in the same way: take={"customers": [1]}')


CHISPA = """
+----------+-----------------+
|   df1    |       df2       |
+----------+-----------------+
| \x1b[34ma=1\x1b[0m, \x1b[34mb=x\x1b[0m |     \x1b[34ma=1\x1b[0m, \x1b[34mb=x\x1b[0m    |
| \x1b[4m\x1b[31ma=2\x1b[0m, \x1b[34mb=y\x1b[0m |     \x1b[4m\x1b[31ma=3\x1b[0m, \x1b[34mb=y\x1b[0m    |
|   None   | \x1b[31mRow(a=4, b='z')\x1b[0m |
+----------+-----------------+"""
SPARK = """[DIFFERENT_ROWS] Results do not match: ( 50.0 % )
*** actual ***
! Row(a=1)
  Row(a=2)

*** expected ***
! Row(a=3)
  Row(a=2)
"""


class DataFramesNotEqualError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AssertionError("assert 1 == 0\n +  where 1 = f()"), ["assert 1 == 0"]),
        (AssertionError("EV1\nassert 1 == 0\n +  where 1 = f()"), ["AssertionError: EV1", "assert 1 == 0"]),
        (AssertionError("\nwithout:\nB-1\nassert not [1]"), ["AssertionError: without:", "B-1", "assert not [1]"]),
        (
            AssertionError("\n".join("abcdefg")),
            ["AssertionError: a", "b", "c", "d", "… (3 more lines)"],
        ),
        (AssertionError(), ["AssertionError"]),
        (
            DataFramesNotEqualError(CHISPA),
            ["DataFramesNotEqualError: df1: a=2, b=y | df2: a=3, b=y", "df1: None | df2: Row(a=4, b='z')"],
        ),
        (
            AssertionError(SPARK),
            [
                "AssertionError: [DIFFERENT_ROWS] Results do not match: ( 50.0 % )",
                *("*** actual ***", "! Row(a=1)", "*** expected ***", "! Row(a=3)"),
            ],
        ),
        (ValueError("no such column\nat org.apache.spark"), ["ValueError: no such column"]),
        (ValueError("a" * 300), [f"ValueError: {'a' * 200}…"]),
    ],
)  # fmt: skip
def test_what_a_failure_says_is_what_tells_it_from_others(error: Exception, said: list[str]) -> None:
    assert said_by(error).split("\n") == said


class Own(dict[str, str]):
    def items(self) -> Any:
        raise AssertionError("a user's code was called")


def test_hints_are_the_texts_of_plain_containers() -> None:
    value = {"a": ["b", ("c", 1)], "d": OrderedDict(e="f"), "g": Counter("hh"), "i": Own(j="k")}
    assert list(_strings(value, 3, [100])) == [*"abcdefghi"]
    assert list(_strings(value, 1, [100])) == [*"adgi"]
    assert list(_strings(value, 3, [2])) == [*"ab"]


def test_only_the_dataset_in_place_of_another_stands_in() -> None:
    whole, part, other = (Dataset({CustomerFactory: rows}) for rows in (3, 2, 1))
    stand_ins = StandIns()
    assert not stand_ins.is_one(whole)
    with stand_ins.instead(whole, part):
        assert [stand_ins.is_one(one) for one in (whole, part, other)] == [False, True, False]
        assert stand_ins.current(whole) is part
        assert stand_ins.current(other) is other
        assert stand_ins.clean(other) is None
        clean = stand_ins.clean(whole)
        assert clean is not None
        assert stand_ins.is_one(clean)
    assert not stand_ins.is_one(part)
