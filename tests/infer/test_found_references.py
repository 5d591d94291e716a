"""References that are found between tables, and those that are not."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from test_infer import inferred

from pytest_synthdata import Dataset, Given, Key, TableFactory
from pytest_synthdata.columns.generators.listed import Listed
from pytest_synthdata.infer.printing.source import module_source
from pytest_synthdata.infer.references.activity import activity
from pytest_synthdata.infer.references.pairs import _keys
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import Sample, sample_of


def references(tables: Any) -> dict[str, dict[str, str]]:
    """The tables that columns refer to, by table and column."""
    made = inferred({name: pa.table(columns) for name, columns in tables.items()})[1]
    found: dict[str, dict[str, str]] = {}
    for name, factory in made.items():
        for attribute, key in factory._meta.references.items():
            found.setdefault(name, {})[key.column or f"{attribute}_id"] = key.parent._meta.table
    Dataset(dict.fromkeys(made.values()))
    return found


@pytest.mark.parametrize(("rows", "is_found"), [(19, False), (20, True)])
def test_references_of_two_columns_are_found_from_twenty_rows_on(random: Any, rows: int, is_found: bool) -> None:
    lots, sheds = np.arange(120) // 3 + 1, (np.arange(120) * 7) % 12 + 1
    picks = random.integers(0, 120, rows)
    tables = {
        "lots": {"lot_id": range(1, 41), "size": random.integers(1, 51, 40)},
        "sheds": {"shed_id": range(1, 31), "size": random.normal(0, 1, 30)},
        "places": {"lot_id": lots, "shed_id": sheds, "cost": random.uniform(1, 9, 120)},
        "moves": {"lot_id": lots[picks], "cost": random.uniform(1, 9, rows), "shed_id": sheds[picks]},
    }
    assert ("places" in references(tables)["moves"].values()) == is_found


def test_keys_of_two_columns_are_looked_for_in_twenty_rows_that_are_all() -> None:
    rows = pa.table({"lot": np.arange(20) // 2, "shed": np.arange(20) % 2, "size": np.zeros(20)})
    links: Any = [SimpleNamespace(column="lot")]
    assert list(_keys(Sample(rows.schema, rows, is_whole=True), links)) == [("lot", "shed")]
    assert list(_keys(Sample(rows.schema, rows[:19], is_whole=True), links)) == []
    assert list(_keys(Sample(rows.schema, rows, is_whole=False), links)) == []
    assert list(_keys(Sample(rows.schema, is_whole=True), links)) == []


def test_how_often_each_of_a_few_listed_rows_is_referred_to_is_said_of_each() -> None:
    names = pa.array([f"Shop {number}" for number in range(12)])
    factory = type("ShopFactory", (TableFactory,), {"shop_id": Key("S{}"), "name": Listed(names)})
    rows = pa.table({"shop_id": [f"S{number}" for number in range(12)], "name": names})
    parent = Parent(factory, Sample(rows.schema, rows, is_whole=True))
    counts = [90, *range(1, 12)]
    assert activity(np.repeat(np.arange(12), counts), parent) == Given(
        "shop_id", {f"S{number}": count for number, count in enumerate(counts)}
    )


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("order", [["order_id", "line"], ["line", "order_id"]])
def test_a_reference_in_any_column(random: Any, order: list[str]) -> None:
    orders = {"order_id": [f"ORD-{number:04d}" for number in range(200)], "paid": [True, False] * 100}
    items = {"order_id": random.choice(orders["order_id"], 800), "line": random.integers(1, 5, 800)}
    tables = {"orders": orders, "order_items": {name: items[name] for name in order}}
    assert references(tables) == {"order_items": {"order_id": "orders"}}


def test_names_as_tpc_h_has_them_and_what_columns_hold(random: Any) -> None:
    tables = {
        "region": {"r_regionkey": range(5), "r_name": ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"]},
        "nation": {
            "n_nationkey": range(25), "n_name": [f"NATION {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXY"],
            "n_regionkey": random.integers(0, 5, 25),
        },
        "customer": {
            "c_custkey": range(1, 151), "c_nationkey": random.integers(0, 25, 150), "c_size": random.normal(0, 1, 150),
        },
        "part": {"p_partkey": range(1, 201), "p_size": random.integers(1, 51, 200)},
        "partsupp": {"ps_partkey": np.repeat(np.arange(1, 201), 4), "ps_availqty": random.integers(1, 9_999, 800)},
        "orders": {
            "o_orderkey": np.arange(1, 601) * 4, "o_custkey": random.integers(1, 151, 600),
            "o_priority": random.integers(1, 6, 600),
        },
        "lineitem": {
            "l_orderkey": np.repeat(np.arange(1, 601) * 4, 3), "l_partkey": random.integers(1, 201, 1_800),
            "l_linenumber": np.tile([1, 2, 3], 600),
        },
        "airports": {"faa": [f"{a}{b}X" for a in "ABCDEFGH" for b in "ABCDEFGH"], "alt": random.integers(0, 9_000, 64)},
        "flights": {"origin": random.choice(["ABX", "BCX", "DAX", "HHX"], 900), "minute": random.integers(0, 60, 900)},
    }  # fmt: skip
    assert references(tables) == {
        "nation": {"n_regionkey": "region"}, "customer": {"c_nationkey": "nation"}, "partsupp": {"ps_partkey": "part"},
        "orders": {"o_custkey": "customer"}, "lineitem": {"l_orderkey": "orders", "l_partkey": "part"},
        "flights": {"origin": "airports"},
    }  # fmt: skip


def test_references_of_two_columns(random: Any) -> None:
    parts, suppliers = np.repeat(np.arange(1, 101), 4), (np.arange(400) * 7) % 30 + 1
    picks = random.integers(0, 400, 3_000)
    tables = {
        "part": {"p_partkey": range(1, 101), "p_size": random.integers(1, 51, 100)},
        "supplier": {"s_suppkey": range(1, 31), "s_size": random.normal(0, 1, 30)},
        "partsupp": {"ps_partkey": parts, "ps_suppkey": suppliers, "ps_cost": random.uniform(1, 9, 400)},
        "lineitem": {"l_partkey": parts[picks], "l_price": random.uniform(1, 9, 3_000), "l_suppkey": suppliers[picks]},
        # Any part of any supplier: no reference to both.
        "returns": {"r_partkey": random.integers(1, 101, 900), "r_suppkey": random.integers(1, 31, 900)},
    }
    _, made, source = inferred({name: pa.table(columns) for name, columns in tables.items()})
    line = made["lineitem"]._meta
    assert {name: (one.parent._meta.table, one.column) for name, one in line.references.items()} == {
        "part": ("part", "l_partkey"), "supplier": ("supplier", "l_suppkey"),
        "partsupp": ("partsupp", ("l_partkey", "l_suppkey")),
    }  # fmt: skip
    assert set(made["returns"]._meta.references) == {"part", "supplier"}
    assert 'through="partsupp.part"' in source
    dataset = Dataset(dict.fromkeys(made.values()), seed=2)
    held, keys = (
        set(zip(*dataset[table].to_arrow().select(names).to_pydict().values(), strict=True))
        for table, names in (("lineitem", ["l_partkey", "l_suppkey"]), ("partsupp", ["ps_partkey", "ps_suppkey"]))
    )
    assert held <= keys
    assert len(keys) == 400
    assert dataset["lineitem"].to_arrow().column_names == list(tables["lineitem"])


def test_some_orphans_are_told(random: Any) -> None:
    planes = {"tail": [f"N{number}" for number in range(100)], "seats": random.integers(2, 400, 100)}
    tails = [f"N{number}" for number in random.integers(0, 110, 2_000)]
    source = inferred({"planes": pa.table(planes), "flights": pa.table({"no": range(2_000), "tail": tails})})[2]
    assert "of the source's values are no key of planes" in source


def test_how_often_parents_are_referred_to(random: Any) -> None:
    shops = {"shop_id": [f"S{number:03d}" for number in range(200)], "size": random.normal(0, 1, 200)}
    popularity = random.pareto(1.0, 200) + 0.01
    picks = random.choice(200, 20_000, p=popularity / popularity.sum())
    visits = {"visit_id": range(20_000), "shop_id": [f"S{number:03d}" for number in picks]}
    made = inferred({"shops": pa.table(shops), "visits": pa.table(visits)})[1]
    rows = Dataset({made["visits"]: 20_000}, seed=2)["visits"].to_arrow()
    counts = np.sort(np.array([one.as_py() for one in rows["shop_id"].value_counts().field("counts")]))[::-1]
    expected = np.sort(np.bincount(picks, minlength=200))[::-1]
    # Which shops are popular is by chance: the tenth of them with most visits has most of all, as it had.
    assert counts[:20].sum() > 0.6 * expected[:20].sum() > 0.25 * 20_000


class TestFanOut:
    """Rows that are counted from those of another table."""

    ORDERS: ClassVar = {
        "order_id": list(range(1, 101)),
        "placed": [dt.date(2024, 1, 1 + day % 28) for day in range(100)],
    }

    @staticmethod
    def inferred(**tables: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        samples = {name: sample_of(columns, "test") for name, columns in tables.items()}
        return {found.table: (found, made) for found, made in infer_tables(samples, base=TableFactory)}

    def test_lines_are_numbered_within_their_order_and_follow_it(self) -> None:
        orders = [order for order in range(1, 101) for _ in range(1 + order % 3)]
        lines = [line for order in range(1, 101) for line in range(1, 2 + order % 3)]
        shipped = [self.ORDERS["placed"][order - 1] + dt.timedelta(days=3 + order % 5) for order in orders]
        columns = {"order_id": orders, "line_number": lines, "shipped": shipped}
        found = self.inferred(orders=self.ORDERS, lines=columns)
        inferred, made = found["lines"]
        assert inferred.key == ("order_id", "line_number")
        rows = Dataset({found["orders"][1]: 50, made: None}, seed=2)
        table = rows["lines"].to_arrow().to_pydict()
        pairs = list(zip(table["order_id"], table["line_number"], strict=True))
        assert len(set(pairs)) == len(pairs)
        assert set(table["order_id"]) == set(range(1, 51))
        assert max(table["line_number"]) == 3
        placed = dict(zip(*rows["orders"].to_arrow().to_pydict().values(), strict=True))
        assert all(
            3 <= (day - placed[order]).days <= 7 for order, day in zip(table["order_id"], table["shipped"], strict=True)
        )
        assert "per_parent=" in module_source([one for one, _ in found.values()], "x")

    def test_one_row_for_each(self) -> None:
        found = self.inferred(orders=self.ORDERS, invoices={"order_id": list(range(1, 101)), "total": [1.5, 2.5] * 50})
        table = Dataset({found["orders"][1]: 30, found["invoices"][1]: None})["invoices"].to_arrow()
        assert sorted(table["order_id"].to_pylist()) == list(range(1, 31))

    def test_no_pair_of_two_parents_comes_twice(self) -> None:
        products = {"product_id": list(range(1, 41)), "price": [float(one) for one in range(40)]}
        pairs = [(order, 1 + (order * 7 + place * 11) % 40) for order in range(1, 101) for place in range(12)]
        columns = {"order_id": [one for one, _ in pairs], "product_id": [other for _, other in pairs]}
        inferred, made = (found := self.inferred(orders=self.ORDERS, products=products, baskets=columns))["baskets"]
        assert inferred.key == ("order_id", "product_id")
        table = Dataset({found["orders"][1]: 20, found["products"][1]: 40, made: None})["baskets"].to_arrow()
        assert table.num_rows == 240
        assert len(set(zip(*table.to_pydict().values(), strict=True))) == 240


def test_columns_that_repeat_the_parents(random: Any) -> None:
    countries = random.choice(["DE", "FR", "IT", "ES"], 80)
    customers = {"customer_id": range(1, 81), "country": countries, "since": random.integers(1990, 2020, 80)}
    picks = random.integers(0, 80, 900)
    orders = {
        "order_id": range(900), "customer_id": picks + 1, "country": countries[picks],
        "since": np.asarray(customers["since"])[picks], "amount": random.normal(50, 9, 900).round(2),
    }  # fmt: skip
    _, made, source = inferred({"customers": pa.table(customers), "orders": pa.table(orders)})
    assert 'country = col("customer.country")' in source
    rows = Dataset({made["customers"]: 80, made["orders"]: 300}, seed=2)
    of = dict(zip(*rows["customers"].to_arrow().select(["customer_id", "country"]).to_pydict().values(), strict=True))
    table = rows["orders"].to_arrow().to_pydict()
    assert [of[one] for one in table["customer_id"]] == table["country"]


def test_numbers_with_gaps_are_found_by_what_they_hold_and_small_ones_are_not(random: Any) -> None:
    keys = np.sort(random.choice(9_000, 300, replace=False)) + 1_000
    stations = {"StationID": keys, "height": random.normal(0, 1, 300)}
    trips = {"SourceID": random.choice(keys, 2_000), "rides": random.integers(1, 60, 2_000)}
    assert references({"stations": stations, "trips": trips}) == {"trips": {"SourceID": "stations"}}
    dense = {"StationID": np.arange(300), "height": random.normal(0, 1, 300)}
    trips["SourceID"] = random.integers(0, 300, 2_000)
    assert references({"stations": dense, "trips": trips}) == {}


def test_tables_that_number_their_rows_alike_do_not_refer_to_each_other(random: Any) -> None:
    names = [f"AAAA{a}{b}BAAA" for a in "ABCDEFGHIJ" for b in "ABCDEFGHIJ"]
    pages = {"page_key": range(100), "cp_page_id": names, "size": random.normal(0, 1, 100)}
    modes = {"mode_key": range(20), "sm_mode_id": names[:20], "cost": random.normal(0, 1, 20)}
    assert references({"pages": pages, "modes": modes}) == {}


def test_popularity_follows_the_numbers_of_parents(random: Any) -> None:
    shops = {"shop_id": range(1, 401), "size": random.normal(0, 1, 400)}
    # The first tenth has half of all visits.
    picks = np.where(random.uniform(size=8_000) < 0.5, random.integers(1, 41, 8_000), random.integers(41, 401, 8_000))
    made = inferred(
        {"shops": pa.table(shops), "visits": pa.table({"cost": random.normal(size=8_000), "shop_id": picks})}
    )[1]
    found = Dataset({made["shops"]: 400, made["visits"]: 8_000}, seed=2)["visits"].to_arrow()["shop_id"].to_numpy()
    # Five standard errors of a share of 8,000 rows, and what intervals may be off.
    assert abs((found <= 40).mean() - 0.5) < 0.028 + 0.04


def test_popularity_by_a_parents_kind_that_may_be_missing(random: Any) -> None:
    kinds = np.array(["Y"] * 30 + ["N"] * 60 + [None] * 30)
    clubs = {"club": [f"{a}{b}{c}" for a in "ABCDE" for b in "ABCDEF" for c in "ABCD"], "active": list(kinds)}
    picks = np.where(random.uniform(size=4_000) < 0.8, random.integers(0, 30, 4_000), random.integers(30, 120, 4_000))
    games = {"score": random.normal(size=4_000), "club": [clubs["club"][pick] for pick in picks]}
    made = inferred({"clubs": pa.table(clubs), "games": pa.table(games)})[1]
    rows = Dataset({made["clubs"]: 120, made["games"]: 4_000}, seed=2)
    active = dict(zip(*rows["clubs"].to_arrow().to_pydict().values(), strict=True))
    share = np.mean([active[one] == "Y" for one in rows["games"].to_arrow()["club"].to_pylist()])
    # A quarter of 120 clubs, give or take 5 standard errors of 0.04, each twelve times as popular as others.
    assert 0.4 < share < 0.95


class TestInTheirOrder:
    """Rows that stand in the order of those that they refer to are counted from them."""

    def test_they_keep_their_order_and_have_no_key_of_two(self, random: Any) -> None:
        albums = {"album_id": range(1, 101), "title": [f"Album {number}" for number in range(100)]}
        of = np.repeat(np.arange(1, 101), random.integers(4, 16, 100))
        tracks = {"track_id": range(1, len(of) + 1), "album_id": of, "price": random.choice([0.99, 1.99], len(of))}
        _, made, source = inferred({"albums": pa.table(albums), "tracks": pa.table(tracks)})
        assert "per_parent=" in source
        assert made["tracks"]._meta.key_columns() == ("track_id",)
        table = Dataset({made["albums"]: 100, made["tracks"]: None}, seed=2)["tracks"].to_arrow()
        assert (np.diff(table["album_id"].to_numpy()) >= 0).all()
        # 100 albums of 9.5 tracks on average: five standard errors of 3.5 / 10 tracks an album.
        assert abs(table.num_rows - len(of)) < 5 * 100 * 0.35 * 2**0.5

    def test_in_no_order_they_are_picked(self, random: Any) -> None:
        albums = {"album_id": range(1, 101), "title": [f"Album {number}" for number in range(100)]}
        tracks = {"track_id": range(1, 901), "album_id": random.integers(1, 101, 900)}
        assert "per_parent=" not in inferred({"albums": pa.table(albums), "tracks": pa.table(tracks)})[2]
