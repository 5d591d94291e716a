"""References that are found between tables, and those that are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_infer import inferred

from pytest_synthdata import Dataset


def references(tables: Any) -> dict[str, dict[str, str]]:
    """The tables that columns refer to, by table and column."""
    made = inferred({name: pa.table(columns) for name, columns in tables.items()})[1]
    found: dict[str, dict[str, str]] = {}
    for name, factory in made.items():
        for attribute, key in factory._meta.references.items():
            found.setdefault(name, {})[key.column or f"{attribute}_id"] = key.parent._meta.table
    Dataset(dict.fromkeys(made.values()))
    return found


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
