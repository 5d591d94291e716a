"""The laws that users build on: the same data for the same seed, however, wherever and in what company it is made."""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import operator
import os
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from faker.providers import BaseProvider

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    Event,
    Exponential,
    Fake,
    ForeignKey,
    Given,
    Key,
    LogNormal,
    Poisson,
    TableFactory,
    Timeline,
    col,
    column,
    when,
)
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory

GOLDEN = Path(__file__).parents[1] / "data" / "golden.json"


class ShopFactory(TableFactory):
    class Meta:
        table = "shops"

    shop_id = Key("S{:03d}")
    size = Categorical({"small": 0.7, "large": 0.3})
    opened = Dates("2020-01-01", "2023-12-31")


class VisitFactory(TableFactory):
    class Meta:
        table = "visits"

    visit_id = Key("V{}")
    shop = ForeignKey(
        ShopFactory, weights=Given("size", {"small": 1, "large": 4}), where=col("shop.opened") <= col("day")
    )
    day = Dates("2022-01-01", "2024-12-31")
    minutes = Given("shop.size", {"small": Exponential(10), "large": LogNormal(3, 0.5)}).round(1).nulls(0.1)
    items = Poisson(3.5)
    kind = when(col("minutes") > 20, Categorical({"long": 0.9, "short": 0.1})).otherwise("short")

    @column
    def pace(minutes: np.ndarray, items: np.ndarray) -> np.ndarray:
        return minutes / (items + 1)


class WiderShopFactory(ShopFactory):
    """The same table with another column, in front of the others."""

    class Meta:
        table = "shops"

    motto = Fake("catch_phrase")


class WiderVisitFactory(VisitFactory):
    class Meta:
        table = "visits"

    loud = Categorical({True: 0.2, False: 0.8})


class UnrelatedFactory(TableFactory):
    class Meta:
        table = "aaa_unrelated"

    number = Poisson(1)


def visits(rows: int = 3_000, shops: int = 50, seed: int = 5) -> pa.Table:
    return Dataset({ShopFactory: shops, VisitFactory: rows}, seed=seed).visits.to_arrow()


def test_another_column_changes_no_cell_of_the_others() -> None:
    wider = Dataset({WiderShopFactory: 50, WiderVisitFactory: 3_000}, seed=5)
    assert wider.visits.to_arrow().drop_columns(["loud"]).equals(visits())
    assert wider.shops.to_arrow().drop_columns(["motto"]).equals(Dataset({ShopFactory: 50}, seed=5).shops.to_arrow())


def test_another_table_in_front_changes_no_cell() -> None:
    more = Dataset({UnrelatedFactory: 10, ShopFactory: 50, VisitFactory: 3_000}, seed=5)
    assert more.visits.to_arrow().equals(visits())


@pytest.mark.parametrize("rows", [1, 10, 2_999])
def test_fewer_rows_are_the_first_rows_of_more(rows: int) -> None:
    assert visits(rows).equals(visits(3_000).slice(0, rows))


def test_ten_rows_are_the_first_of_a_billion() -> None:
    few = Dataset({OrderFactory: 10}, seed=3).orders.to_arrow()
    assert Dataset({OrderFactory: 10**9}, seed=3).orders.to_arrow(0, 10).equals(few)


def test_a_timeline_covers_its_period_at_any_size_and_moves_nothing_that_is_free_of_time() -> None:
    few, many = (Dataset({TicketFactory: rows}, seed=3).tickets.to_arrow() for rows in (800, 8_000))
    for name in ("ticket_id", "customer_id", "priority", "resolution_hours"):
        assert few[name].equals(many[name].slice(0, 800)), name
    for table in (few, many):
        created = table["created_at"].to_numpy()
        assert (np.diff(created) >= np.timedelta64(0, "us")).all()
        assert set(created.astype("datetime64[M]").astype(int) % 12) == set(range(12))


@pytest.mark.parametrize("size", [1, 7, 1_000, 40_000])
def test_batches_of_any_size_give_the_same(size: int) -> None:
    rows = min(40_000, 100 * size)
    dataset = Dataset({ShopFactory: 50, VisitFactory: rows}, seed=5)
    pieces = pa.Table.from_batches(list(dataset.visits.batches(size=size)))
    assert pieces.combine_chunks().equals(dataset.visits.to_arrow().combine_chunks())


def test_parts_in_any_order_give_the_same() -> None:
    dataset, whole = Dataset({ShopFactory: 50, VisitFactory: 3_000}, seed=5), visits()
    for start, stop in ((2_500, 3_000), (0, 1), (17, 18), (1_000, 2_000), (-5, None)):
        part = dataset.visits.to_arrow(start, stop)
        first, last, _ = slice(start, stop).indices(3_000)
        assert part.combine_chunks().equals(whole.slice(first, last - first).combine_chunks())


def test_the_order_in_which_tables_are_read_changes_nothing() -> None:
    forwards, backwards = Dataset(seed=9), Dataset(seed=9)
    first = {name: forwards[name].fingerprint() for name in ("customers", "orders", "tickets")}
    assert {name: backwards[name].fingerprint() for name in ("tickets", "orders", "customers")} == first


def test_another_seed_gives_other_data() -> None:
    assert visits(seed=5)["day"].to_pylist() != visits(seed=6)["day"].to_pylist()


@pytest.mark.parametrize(("few", "many"), [(50, 55), (64, 65), (2_500, 2_750), (1_000, 2_000), (3, 4)])
def test_more_parents_move_only_their_share_and_only_to_themselves(few: int, many: int) -> None:
    rows = 40_000
    before, after = (
        Dataset({CustomerFactory: parents, OrderFactory: rows}, seed=4).orders.to_arrow()["customer_id"].to_numpy()
        for parents in (few, many)
    )
    moved = before != after
    weight = {"Enterprise": 5, "Pro": 2, "Free": 1}
    tiers = Dataset({CustomerFactory: many}, seed=4).customers.to_arrow()["tier"].to_pylist()
    weights = np.array([weight[tier] for tier in tiers])
    due = weights[few:].sum() / weights.sum()
    # Five standard errors of a share among 40,000 rows.
    assert abs(moved.mean() - due) < 5 * np.sqrt(due * (1 - due) / rows)
    newcomers = {f"CUST-{number:05d}" for number in range(few, many)}
    assert set(after[moved]) <= newcomers


@pytest.mark.parametrize("factory", [CustomerFactory, OrderFactory, TicketFactory])
def test_the_factory_builds_the_rows_of_the_table(factory: type[TableFactory]) -> None:
    dataset = Dataset({CustomerFactory: 80, OrderFactory: 300, TicketFactory: 300}, seed=8)
    expected = dataset[factory._meta.table].to_arrow(0, 40).to_pylist()
    factory.reset_sequence()
    with dataset.factories():
        assert factory.build_batch(40) == expected


def test_the_default_factory_builds_the_rows_of_the_default_dataset() -> None:
    OrderFactory.reset_sequence(24_990)
    assert OrderFactory.build_batch(10) == Dataset().orders.to_arrow(-10).to_pylist()


PRINT_FINGERPRINTS = """
import json
from pytest_synthdata import Dataset
print(json.dumps(Dataset(seed=42).fingerprints()))
"""


def fingerprints_of_another_process(**environment: str) -> dict[str, str]:
    output = subprocess.run(
        [sys.executable, "-c", PRINT_FINGERPRINTS],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return json.loads(output)


def dispatched_features() -> str:
    core = np._core if hasattr(np, "_core") else np.core
    umath = core._multiarray_umath
    return " ".join(name for name in umath.__cpu_dispatch__ if umath.__cpu_features__.get(name))


def test_another_process_with_other_instructions_gives_the_same_bits() -> None:
    features = dispatched_features()
    if not features:
        pytest.skip("NumPy dispatches to no special instructions on this processor")
    plain = fingerprints_of_another_process(NPY_DISABLE_CPU_FEATURES=features, PYTHONHASHSEED="1")
    assert plain == Dataset(seed=42).fingerprints()


def test_no_global_generator_is_touched() -> None:
    import random

    import factory.random

    states = random.getstate(), factory.random.randgen.getstate(), np.random.get_state()[1].tolist()
    Dataset({CustomerFactory: 20, OrderFactory: 20}, seed=1).orders.to_arrow()
    CustomerFactory.build()
    assert states == (random.getstate(), factory.random.randgen.getstate(), np.random.get_state()[1].tolist())


def test_global_generators_do_not_matter() -> None:
    import random

    before = Dataset(seed=1).customers.to_arrow(0, 20)
    random.seed(99)
    np.random.seed(99)
    assert Dataset(seed=1).customers.to_arrow(0, 20).equals(before)


class Weighted(BaseProvider):
    """Lists with weights whose sum, added up one by one, is another than the exact one."""

    __use_weighting__ = True
    words = OrderedDict((f"w{number}", 0.01 if number < 50 else 0.005) for number in range(150))  # noqa: RUF012 - as Faker writes them
    formats = OrderedDict([("{{word}} {{word}} {{word}}", 0.1), ("{{word}}-{{word}}", 0.2), ("{{word}}", 0.3)])  # noqa: RUF012

    def word(self) -> str:
        return self.random_element(self.words)

    def phrase(self) -> str:
        return self.generator.parse(self.random_element(self.formats))


def phrases() -> pa.Table:
    assert functools.reduce(operator.add, Weighted.words.values()) != math.fsum(Weighted.words.values())
    plan = Plan("texts", {"phrase": Fake("phrase", providers=[Weighted]), "slug": Template("{phrase|slug}")})
    return pa.Table.from_batches(BoundTable(plan, 42, 20_000).batches(0, 20_000))


def test_golden_fingerprints() -> None:
    """A change here changes every user's data: say so in the changelog.

    The columns of text follow Faker's own lists, so the customers' fingerprint leaves them out;
    "texts" are of lists that stay.
    """
    dataset = Dataset(seed=42)
    customers = dataset.customers.to_arrow().drop_columns(["name", "email"])
    measured = {
        "customers": fingerprint(customers.to_batches()),
        "orders": dataset.orders.fingerprint(),
        "tickets": dataset.tickets.fingerprint(),
        "visits": fingerprint(visits().to_batches()),
        "texts": fingerprint(phrases().to_batches()),
    }
    assert measured == json.loads(GOLDEN.read_text())


def test_fingerprints_ignore_order_and_see_every_change() -> None:
    table = visits(500)
    shuffled = table.take(pa.array(np.random.default_rng(0).permutation(500)))
    assert fingerprint(shuffled.to_batches()) == fingerprint(table.to_batches())
    swapped = table.set_column(1, "shop_id", table["shop_id"].take(pa.array([1, 0, *range(2, 500)])))
    assert table["shop_id"][0] != table["shop_id"][1]
    assert fingerprint(swapped.to_batches()) != fingerprint(table.to_batches())
    assert fingerprint(table.slice(1).to_batches()) != fingerprint(table.to_batches())


def test_fingerprints_of_nested_times_are_of_the_moment() -> None:
    moment = dt.datetime(2024, 7, 1, 12, tzinfo=dt.timezone.utc)
    zones = [
        pa.table({"x": pa.array([{"at": moment}], pa.struct([("at", pa.timestamp("us", zone))]))})
        for zone in ("UTC", "Europe/Rome")
    ]
    assert len({fingerprint(table.to_batches()) for table in zones}) == 1


class SeasonFactory(TableFactory):
    class Meta:
        table = "seasonal"

    at = Timeline(
        "2024-01-01", "2024-12-31", daily=10, weekend=0.5, season={12: 2.0}, trend=0.5,
        events=[Event("2024-06-01", "2024-06-10", 0.2)],
    )  # fmt: skip


def test_a_timeline_without_a_row_count_has_its_expected_volume() -> None:
    expected = SeasonFactory._meta.pre_declarations["at"].declaration.generator.expected()
    assert Dataset({SeasonFactory: None}).seasonal.num_rows == expected


def test_none_asks_the_timeline_even_where_the_table_has_a_usual_number_of_rows() -> None:
    # 2024 has 262 weekdays and 104 days of weekends; the incident's 9 and 2 count three times.
    expected = 25 * (262 + 2 * 9) + 15 * (104 + 2 * 2)
    assert Dataset({TicketFactory: None}).tickets.num_rows == expected
    assert Dataset().tickets.num_rows == 8_000
