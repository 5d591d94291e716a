"""The quality of shrinks, without Spark: predicates over rows whose smallest answers are known, and counts of runs."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import numpy as np
import pytest

from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.shrinking.order import Order, family_order
from pytest_synthdata.shrinking.removal import roots
from pytest_synthdata.shrinking.runs import NONE, Outcome, Positions, Replacement, Runs
from pytest_synthdata.shrinking.search import Shrunk, Verdict, shrink

CUSTOMERS, ORDERS, TICKETS = 2_500, 25_000, 8_000
SEEDS = range(3)
Bug: TypeAlias = Callable[[Positions], object]  # whether the test fails on some rows


class Shop:
    """Customers with orders and tickets, of the default sizes, and a bug that a predicate over rows stands for."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        owners = {name: self._owners(SIZES[name]) for name in ("orders", "tickets")}
        numbers = {name: np.arange(count) for name, count in SIZES.items()}
        self.order: Order = family_order(numbers, {name: ("customers", owner) for name, owner in owners.items()})
        self.everything = np.arange(len(self.order))
        self.owner = np.full(len(self.order), -1)  # of each row, where its customer is
        for name, owner in owners.items():
            self.owner[self.order.positions_of[name]] = self.order.positions_of["customers"][owner]
        self.customer = np.where(self.owner < 0, self.everything, self.owner)
        self.amount = self.rng.lognormal(4, 1, len(self.order)).round(2)
        self.day = self.rng.integers(366, size=len(self.order))
        self.bug: Bug = lambda _: False

    def _owners(self, count: int) -> np.ndarray:
        """Some customers have many rows, some none."""
        return (self.rng.random(count) ** 2 * 0.96 * CUSTOMERS).astype(np.int64)

    def of(self, table: str, rows: Positions) -> Positions:
        """Which of some rows are of a table."""
        return rows[self.order.tables[rows] == list(SIZES).index(table)]

    def some_orders(self, count: int) -> Positions:
        return self.rng.choice(self.order.positions_of["orders"], count, replace=False)

    def close(self, rows: Positions) -> Positions:
        owners = self.owner[rows]
        return distinct(rows, owners[owners >= 0])

    def attempt(self, rows: Positions) -> Outcome:
        return Outcome.SAME if self.bug(rows) else Outcome.PASSED

    def attempt_replaced(self, rows: Positions) -> Outcome:
        return self.attempt(rows)

    def of_each_table(self, rows: Positions) -> list[Positions]:
        return [self.of(table, rows) for table in SIZES]

    def told(self, rows: Positions) -> Positions:
        return rows[:0]

    def replacements(self, rows: Positions) -> list[Replacement]:
        return []


SIZES = {"customers": CUSTOMERS, "orders": ORDERS, "tickets": TICKETS}


def has_all(rows: Positions, wanted: Positions) -> bool:
    return bool(np.isin(rows, wanted).sum() == len(wanted))


def needles(count: int) -> Callable[[Shop], Bug]:
    def bug(shop: Shop) -> Bug:
        wanted = shop.some_orders(count)
        return lambda rows: has_all(rows, wanted)

    return bug


def one_in_a_hundred(shop: Shop) -> Bug:
    bad = shop.some_orders(ORDERS // 100)
    return lambda rows: np.isin(rows, bad).any()


def repeats(values: np.ndarray) -> bool:
    return len(np.unique(values)) < len(values)


def same_customer_and_day(shop: Shop) -> Bug:
    key = shop.customer * 366 + shop.day
    return lambda rows: repeats(key[shop.of("orders", rows)])


def two_of_one_customer(shop: Shop) -> Bug:
    orders = shop.of("orders", shop.everything)
    customers, counts = np.unique(shop.customer[orders], return_counts=True)
    wanted = orders[shop.customer[orders] == customers[np.argmax(counts == 10)]][[0, -1]]
    return lambda rows: has_all(rows, wanted)


def order_and_ticket(shop: Shop) -> Bug:
    orders, tickets = (np.unique(shop.customer[shop.of(name, shop.everything)]) for name in ("orders", "tickets"))
    wanted = shop.rng.choice(np.intersect1d(orders, tickets))
    return lambda rows: all((shop.customer[shop.of(name, rows)] == wanted).any() for name in ("orders", "tickets"))


def ties(shop: Shop) -> Bug:
    return lambda rows: repeats(shop.amount[shop.of("orders", rows)])


def customer_without_orders(shop: Shop) -> Bug:
    return lambda rows: len(np.setdiff1d(shop.of("customers", rows), shop.customer[shop.of("orders", rows)]))


def share_of_nulls(shop: Shop) -> Bug:
    """Not monotone: more rows have a smaller share."""
    null = shop.some_orders(ORDERS // 50 + 1)
    return lambda rows: len(orders := shop.of("orders", rows)) and np.isin(orders, null).mean() > 0.02


def ranking(shop: Shop) -> Bug:
    """Not monotone: the day with most orders is not the one with most revenue."""

    def fails(rows: Positions) -> bool:
        orders = shop.of("orders", rows)
        revenue = np.bincount(shop.day[orders], shop.amount[orders])
        return bool(len(orders)) and np.bincount(shop.day[orders]).argmax() != revenue.argmax()

    return fails


def at_least(count: int) -> Callable[[Shop], Bug]:
    return lambda shop: lambda rows: len(shop.of("orders", rows)) >= count


# The bug, how many rows its smallest answer has, customers included, and the most runs that we allow ourselves:
# log2(35,500) is 15, and 32^4 is the first power above, so that one needle takes up to 5 + 15 runs, each further one
# 5 + 15; at last each row is left out once.
QUALITY: dict[str, tuple[Callable[[Shop], Bug], int, int]] = {
    "one needle": (needles(1), 2, 28),
    "two needles": (needles(2), 4, 52),
    "three needles": (needles(3), 6, 76),
    "one row in a hundred": (one_in_a_hundred, 2, 24),
    "two orders of a customer on a day": (same_customer_and_day, 3, 30),
    "the first and the last order of a customer": (two_of_one_customer, 3, 38),
    "an order and a ticket of one customer": (order_and_ticket, 3, 38),
    "ties": (ties, 4, 52),
    "a customer without orders": (customer_without_orders, 1, 8),
    "a share of nulls": (share_of_nulls, 2, 24),
    "another ranking": (ranking, 6, 60),
    "at least thirty rows": (at_least(30), 40, 200),
}


def shrunk(shop: Shop, hints: Sequence[Positions] = ()) -> Shrunk:
    singles = [shop.of(table, shop.everything)[:1] for table in SIZES]
    return shrink(Runs(shop), shop.everything, hints=hints, probes=singles)


@pytest.mark.parametrize("name", QUALITY)
def test_few_rows_are_left_after_few_runs(name: str) -> None:
    make, most_rows, most_runs = QUALITY[name]
    for seed in SEEDS:
        shop = Shop(seed)
        shop.bug = make(shop)
        assert shop.attempt(shop.everything) is Outcome.SAME
        found = shrunk(shop)
        assert found.verdict is Verdict.MINIMAL
        assert found.rows is not None
        assert len(found.rows) <= most_rows
        assert found.row_runs <= most_runs
        assert_is_minimal(shop, found)


def assert_is_minimal(shop: Shop, found: Shrunk) -> None:
    """No row can be left out, with those that refer to it; what is asked for brings all the others."""
    assert found.rows is not None
    assert shop.close(found.asked).tolist() == found.rows.tolist()
    assert shop.attempt(found.rows) is Outcome.SAME
    for row in found.rows:
        rest = found.rows[(found.rows != row) & (shop.owner[found.rows] != row)]
        assert shop.attempt(rest) is Outcome.PASSED


def test_of_many_rows_the_tables_that_bring_others_are_asked_for() -> None:
    shop = Shop(0)
    wanted = np.sort(shop.some_orders(300))
    assert roots(Runs(shop), shop.close(wanted)).tolist() == wanted.tolist()


class WithoutReferences:
    """The same test for what knows nothing of references: an order without its customer is lost in the test's join."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.told, self.replacements, self.attempt_replaced = shop.told, shop.replacements, shop.attempt_replaced
        self.by_table = np.concatenate([shop.order.positions_of[table] for table in SIZES])

    def close(self, rows: Positions) -> Positions:
        return rows

    def attempt(self, rows: Positions) -> Outcome:
        rows = np.sort(self.by_table[rows])
        owners = self.shop.owner[rows]
        return self.shop.attempt(rows[(owners < 0) | np.isin(owners, rows)])


def plain_ddmin() -> ModuleType:
    """The rival, which lives with the benchmarks."""
    path = Path(__file__).parents[2] / "benchmarks" / "ddmin.py"
    spec = importlib.util.spec_from_file_location("plain_ddmin", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["one needle", "two needles", "an order and a ticket of one customer", "ties"])
def test_plain_delta_debugging_needs_twice_as_many_runs(name: str) -> None:
    ours = theirs = 0
    for seed in SEEDS:
        shop = Shop(seed)
        shop.bug = QUALITY[name][0](shop)
        ours += shrunk(shop).row_runs
        runs = Runs(WithoutReferences(shop))
        plain_ddmin().ddmin(runs, shop.everything)
        theirs += runs.count
    assert 2 * ours <= theirs


def test_what_the_failure_names_is_tried_first() -> None:
    shop = Shop(0)
    wanted = np.sort(shop.some_orders(2))
    shop.bug = lambda rows: has_all(rows, wanted)
    found = shrunk(shop, hints=[NONE, np.array([5]), wanted])
    assert found.asked.tolist() == wanted.tolist()
    assert found.row_runs <= 12


def test_a_hint_that_does_not_fail_costs_one_run() -> None:
    shop = Shop(0)
    shop.bug = needles(1)(shop)
    assert shrunk(shop, hints=[np.array([5])]).row_runs <= shrunk(shop).row_runs + 1


def test_the_same_rows_are_run_again_only_to_confirm() -> None:
    shop, seen = Shop(1), Counter[tuple[int, ...]]()
    bug = needles(2)(shop)

    def counted(rows: Positions) -> object:
        seen[tuple(rows.tolist())] += 1
        return bug(rows)

    shop.bug = counted
    found = shrunk(shop)
    assert found.runs == found.row_runs + 3
    assert sorted(seen.values())[-2:] == [1, 4]
