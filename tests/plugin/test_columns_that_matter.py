"""Which columns matter: bugs whose deciding columns are known, on one failing row or two, and counts of runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    Dates,
    Given,
    History,
    Key,
    LogNormal,
    Missing,
    Nasty,
    Orphans,
    TableFactory,
    Times,
    Uniform,
    assert_caught,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
from pytest_synthdata.plugin.shrinking.candidates import Candidates
from pytest_synthdata.plugin.stand_ins import StandIns
from pytest_synthdata.shrinking.columns import columns_that_matter
from pytest_synthdata.shrinking.replacing import EACH, MANY
from pytest_synthdata.shrinking.runs import Outcome, Runs

Row = dict[str, Any]
BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
_RUNS_OF_ALL = 4 + EACH  # one for each kind of other values, two for the first


class OnArrow:
    """Runs a test, which is a function of a dataset, on what stands in for it."""

    def __init__(self, test: Callable[[Dataset], None], dataset: Dataset, stand_ins: StandIns) -> None:
        self.test, self.dataset, self.stand_ins = test, dataset, stand_ins

    def run(self) -> BaseException | None:
        try:
            self.test(self.stand_ins.current(self.dataset))
        except AssertionError as error:
            return error
        return None


def found(dataset: Dataset, test: Callable[[Dataset], None], **take: list[int]) -> tuple[list[str], int]:
    """The columns that matter on some rows, and how many runs that takes."""
    stand_ins = StandIns()
    rerunner = OnArrow(test, dataset, stand_ins)
    error = rerunner.run()
    assert error is not None
    candidates = Candidates(
        dataset,
        dataset,
        dataset.tables,
        error=error,
        rerunner=rerunner,
        stand_ins=stand_ins,  # type: ignore[arg-type]
    )
    rows = candidates.close(candidates.order.positions({name: np.array(some) for name, some in take.items()}))
    assert candidates.attempt(rows) is Outcome.SAME
    runs = Runs(candidates)
    assert candidates.attempt_replaced(rows) is Outcome.SAME
    return list(columns_that_matter(runs, rows).names), runs.count


def no_row_of(table: str, is_bad: Callable[[Row], bool]) -> Callable[[Dataset], None]:
    def test(dataset: Dataset) -> None:
        assert not any(is_bad(row) for row in dataset[table].to_arrow().to_pylist())

    return test


def bad_row(dataset: Dataset, table: str, is_bad: Callable[[Row], bool]) -> int:
    numbers = dataset[table].row_numbers
    return next(int(numbers[at]) for at, row in enumerate(dataset[table].to_arrow().to_pylist()) if is_bad(row))


SHOP = Dataset({CustomerFactory: 60, OrderFactory: 300, TicketFactory: 400})


def day(row: Row, zone: ZoneInfo) -> dt.date:
    return row["created_at"].astimezone(zone).date()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("table", "is_bad", "matter"),
    [
        ("orders", lambda row: int(row["amount"]) != row["amount"], "amount"),
        ("orders", lambda row: row["amount"] > 5, "amount"),  # nearly all have that
        ("orders", lambda row: row["amount"] < 600, "amount"),  # as above
        ("tickets", lambda row: day(row, BERLIN) != day(row, TOKYO), "created_at"),
        ("tickets", lambda row: row["created_at"].astimezone(BERLIN).hour >= 20, "created_at"),
        ("tickets", lambda row: row["created_at"].time() != dt.time(), "created_at"),
        ("tickets", lambda row: row["csat_score"] <= 2, "csat_score"),
        ("customers", lambda row: len(row["name"]) > 10, "name"),
        ("orders", lambda row: row["order_date"].day > 28, "order_date"),
    ],
)  # fmt: skip
def test_the_value_that_decides(table: str, is_bad: Callable[[Row], bool], matter: str) -> None:
    columns, runs = found(SHOP, no_row_of(table, is_bad), **{table: [bad_row(SHOP, table, is_bad)]})
    assert columns == [f"{table}.{matter}"]
    # Fourteen columns of two tables: one column is found by halving in at most 2 * 4 runs more, and confirmed.
    assert runs <= _RUNS_OF_ALL + 9


@pytest.mark.parametrize("seed", range(4))
def test_a_time_decides_whichever_others_there_are(seed: int) -> None:
    shop = Dataset({CustomerFactory: 20, TicketFactory: 100}, seed=seed)

    def is_bad(row: Row) -> bool:
        return day(row, BERLIN) != day(row, TOKYO)

    assert found(shop, no_row_of("tickets", is_bad), tickets=[bad_row(shop, "tickets", is_bad)])[0] == [
        "tickets.created_at"
    ]


def test_a_reference_that_leads_nowhere() -> None:
    shop = Dataset({CustomerFactory: 20, OrderFactory: 100}, defects={OrderFactory: [Orphans("customer", exactly=1)]})
    row = shop.defects["orders"].to_arrow()["row"].to_pylist()

    def no_orphans(dataset: Dataset) -> None:
        known = {*dataset.customers.to_arrow()["customer_id"].to_pylist()}
        assert {*dataset.orders.to_arrow()["customer_id"].to_pylist()} <= known

    assert found(shop, no_orphans, orders=row)[0] == ["orders.customer_id"]


def test_labels_are_those_of_the_values_that_there_are() -> None:
    """A test that compares with the labels, or with clean rows, depends on the dirty column, and not on the others."""
    planted = [Orphans("customer_id", 0.02), Missing("amount", 0.02)]
    dirty = Dataset({CustomerFactory: 60, OrderFactory: 300}, defects={OrderFactory: planted})

    def misses(dataset: Dataset) -> None:
        assert_caught(dataset.orders.to_arrow().slice(0, 0), dataset.defects["orders"], kinds=Missing)

    def differs(dataset: Dataset) -> None:
        assert dataset.orders.to_arrow()["amount"].equals(dataset.clean.orders.to_arrow()["amount"])

    row = bad_row(dirty, "orders", lambda row: row["amount"] is None)
    for test in (misses, differs):
        assert found(dirty, test, orders=[row])[0] == ["orders.amount"]


def test_a_planted_value() -> None:
    kinds = [Nasty("status", exactly=1), Missing("amount", exactly=1)]
    shop = Dataset({CustomerFactory: 20, OrderFactory: 100}, defects={OrderFactory: kinds})
    rows = {label["column"]: label["row"] for label in shop.defects["orders"].to_arrow().to_pylist()}
    known = {*shop.clean.orders.to_arrow()["status"].to_pylist()}
    tests = {
        "status": no_row_of("orders", lambda row: row["status"] not in known),
        "amount": no_row_of("orders", lambda row: row["amount"] is None),
    }
    for column, test in tests.items():
        assert found(shop, test, orders=[rows[column]])[0] == [f"orders.{column}"]


class PartFactory(TableFactory):
    class Meta:
        table = "parts"

    part_id = Key("P-{}")
    name = Categorical({"Muttern": 0.4, "Größe": 0.6})
    weight = Uniform(0.5, 3.5)
    made = Dates("2024-01-01", "2024-12-31")
    note = Constant("ä")


def test_a_column_of_one_value() -> None:
    """No row has another one to put in its place."""
    parts = Dataset({PartFactory: 10})
    columns, _ = found(parts, no_row_of("parts", lambda row: not row["note"].isascii()), parts=[3])
    assert columns == ["parts.note"]


def test_two_columns_of_two_rows() -> None:
    parts = Dataset({PartFactory: 40})

    def no_repetitions(dataset: Dataset) -> None:
        rows = [(row["name"], row["made"].month) for row in dataset.parts.to_arrow().to_pylist()]
        assert len(rows) == len({*rows})

    rows = parts.parts.to_arrow().to_pylist()
    pair = next(
        [first, second]
        for second, row in enumerate(rows)
        for first in range(second)
        if (rows[first]["name"], rows[first]["made"].month) == (row["name"], row["made"].month)
    )
    columns, runs = found(parts, no_repetitions, parts=pair)
    assert columns == ["parts.name", "parts.made"]
    assert runs <= _RUNS_OF_ALL + 10


def test_none_decides_where_only_the_number_of_rows_does() -> None:
    def none(dataset: Dataset) -> None:
        assert dataset.orders.num_rows == 0

    assert found(SHOP, none, orders=[5]) == ([], MANY + 3)  # of one row, all have one value


class VenueFactory(TableFactory):
    class Meta:
        table = "venues"

    venue_id = Key("V{:03d}")
    country = Categorical({"DE": 0.5, "US": 0.3, "IN": 0.2})
    tz = Given("country", {"DE": "Europe/Berlin", "US": "America/New_York", "IN": "Asia/Kolkata"})
    opens_at = Times("2024-02-01", "2024-12-31")


@pytest.mark.parametrize(
    "is_bad",
    [
        lambda row: row["tz"] == "Europe/Berlin" and row["opens_at"].month > 8,
        lambda row: row["opens_at"].date() != row["opens_at"].astimezone(ZoneInfo(row["tz"])).date(),
    ],
    ids=["values", "days"],
)
@pytest.mark.parametrize("rows", [8, 20])
def test_all_columns_that_decide_together_also_of_a_small_table(rows: int, is_bad: Callable[[Row], bool]) -> None:
    """One other value of each column does not tell."""
    for seed in range(3):
        venues = Dataset({VenueFactory: rows}, seed=seed)
        bad = [at for at, row in enumerate(venues.venues.to_arrow().to_pylist()) if is_bad(row)]
        for row in bad[:2]:
            columns, _ = found(venues, no_row_of("venues", is_bad), venues=[row])
            assert columns == ["venues.tz", "venues.opens_at"]


def test_values_are_drawn_from_the_declaration_where_there_are_few_rows() -> None:
    """One row has no other values."""
    venues = Dataset({VenueFactory: 1})
    country = venues.venues.to_arrow()["country"][0].as_py()
    columns, _ = found(venues, no_row_of("venues", lambda row: row["country"] == country), venues=[0])
    assert columns == ["venues.country"]


class SeatFactory(TableFactory):
    class Meta:
        table = "seats"
        history = History("2024-01-01", "2024-12-31", updates={"price": 1})

    seat_id = Key("S{:03d}")
    row = Categorical(["A", "B"])
    price = LogNormal(4, 0.4).round(2)


@pytest.mark.parametrize(
    ("read", "is_bad", "matter"),
    [
        (lambda seats: seats.versions(), lambda row: row["valid_to"] is None, []),
        (lambda seats: seats.versions(), lambda row: row["valid_to"] is None and row["row"] == "B", ["seats.row"]),
        (lambda seats: seats.at("2024-06-30"), lambda row: row["row"] == "B", ["seats.row"]),
        (lambda seats: seats.changes(), lambda row: row["_change_type"] == "insert", []),
        (lambda seats: seats.changes(), lambda row: row["row"] == "B", ["seats.row"]),
        (lambda seats: seats.changes(format="debezium"), lambda row: row["after"]["row"] == "B", ["seats.row"]),
    ],
)
@pytest.mark.parametrize("defects", [{}, {SeatFactory: [Missing("price", 0.5)]}], ids=["clean", "dirty"])
def test_values_are_replaced_in_each_state_of_a_row(
    read: Callable[[Any], Any], is_bad: Callable[[Row], bool], matter: list[str], defects: Any
) -> None:
    seats = Dataset({SeatFactory: 6}, defects=defects)

    def test(dataset: Dataset) -> None:
        assert not any(is_bad(row) for row in read(dataset.seats).to_arrow().to_pylist())

    row = next(number for number, row in enumerate(seats.seats.to_arrow().to_pylist()) if row["row"] == "B")
    assert found(seats, test, seats=[row])[0] == matter


def _dearer(seats: Any) -> list[Any]:
    """Where the bug is the change: prices of one time against those of another."""
    early, late = (seats.at(when).to_arrow()["price"].to_pylist() for when in ("2024-01-01", "2024-12-31"))
    return [pair for pair in zip(early, late, strict=True) if pair[0] != pair[1]]


def _in_order_of_versions(seats: Any) -> list[Any]:
    rows = seats.versions().to_arrow().to_pylist()
    return [row for row in rows if not row["is_current"] and row["price"] != rows[-1]["price"]]


def _before_and_after(seats: Any) -> list[Any]:
    rows = seats.changes(format="debezium").to_arrow().to_pylist()
    return [row for row in rows if row["op"] == "u" and row["before"]["price"] != row["after"]["price"]]


@pytest.mark.parametrize("changed", [_dearer, _in_order_of_versions, _before_and_after])
def test_a_column_matters_that_changes_over_time(changed: Callable[[Any], list[Any]]) -> None:
    seats = Dataset({SeatFactory: 6})

    def test(dataset: Dataset) -> None:
        assert not changed(dataset.seats)

    row = next(row for row in range(6) if changed(seats.take(seats=[row]).seats))
    assert found(seats, test, seats=[row])[0] == ["seats.price"]
