"""Categorical's ways to write shares, long lists of them, and values that are not plain text or number."""

from __future__ import annotations

import enum
import time
import uuid
from decimal import Decimal
from typing import Any

import factory
import numpy as np
import pandas as pd
import pytest

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    DeclarationError,
    Given,
    LogNormal,
    Normal,
    Place,
    TableFactory,
    Uniform,
    col,
    when,
)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


FIRST, SECOND = uuid.UUID(int=5), uuid.UUID(int=6)


def table(**columns: Any) -> Any:
    made = type("ThingFactory", (TableFactory,), {"__module__": __name__, **columns})
    return Dataset({made: 2_000}, seed=3).things


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (["a", "b"], {"a": 0.5, "b": 0.5}),
        (["a", "b", "a", "a"], {"a": 0.75, "b": 0.25}),
        (np.array(["a", "b"]), {"a": 0.5, "b": 0.5}),
        ({"a": 120, "b": 40}, {"a": 0.75, "b": 0.25}),
        ({"a": Decimal("0.25"), "b": Decimal("0.75")}, {"a": 0.25, "b": 0.75}),
        (pd.Series(["a", "b", "a", "a"]), {"a": 0.75, "b": 0.25}),
        (pd.Series(["a", "b", "a", "a"]).value_counts(), {"a": 0.75, "b": 0.25}),
        (pd.Series(["a", "b", "a", "a"]).value_counts(normalize=True), {"a": 0.75, "b": 0.25}),
        (Colour, {"red": 0.5, "blue": 0.5}),
        ({Colour.RED: 1.0}, {"red": 1.0}),
        ({FIRST: 0.5, SECOND: 0.5}, {str(FIRST): 0.5, str(SECOND): 0.5}),
    ],
)
def test_shares_can_be_written_in_many_ways(shares: Any, expected: dict[str, float]) -> None:
    made = Categorical(shares)
    assert dict(zip(made.categories, made.shares, strict=True)) == expected
    rows = table(x=made)
    assert set(rows.to_arrow()["x"].to_pylist()) == set(expected)
    assert rows.fingerprint()


@pytest.mark.parametrize("shares", ["abc", {"a", "b"}, 3, None])
def test_what_is_no_list_of_values_is_refused(shares: Any) -> None:
    with pytest.raises(DeclarationError, match="or a list of values"):
        Categorical(shares)


def test_probabilities_that_do_not_sum_to_one_are_a_mistake_and_not_counts() -> None:
    with pytest.raises(DeclarationError, match=r"things\.x: .*sum to 1\.1"):
        table(x=Categorical({"a": 0.6, "b": 0.5}))


def test_a_message_about_a_long_list_is_short() -> None:
    with pytest.raises(DeclarationError) as caught:
        table(x=Categorical({f"v{number}": 0.001 for number in range(3_000)}))
    assert len(str(caught.value)) < 300


def test_many_categories_in_many_branches_cost_in_proportion() -> None:
    countries = [f"C{number}" for number in range(195)]
    cities = {name: Categorical({f"{name}-{number}": 1 / 250 for number in range(250)}) for name in countries}
    made = table(country=Categorical(countries), city=Given("country", cities))
    made.schema  # noqa: B018 - settles the types
    started = time.process_time()
    rows = made.to_arrow(0, 10).to_pylist()
    # Every value looked up in a list of 48,750 took 11 s and more.
    assert time.process_time() - started < 2
    assert all(row["city"].startswith(f"{row['country']}-") for row in rows)
    assert made.to_arrow().slice(0, 10).to_pylist() == rows


def test_long_and_short_lists_are_chosen_from_alike() -> None:
    """A branch has the same values whether it stands beside a long list or not."""
    short = Categorical({"a": 0.3, "b": 0.7})
    long = Categorical({f"v{number}": 0.01 for number in range(100)})
    kind = Categorical({"s": 0.5, "l": 0.5})
    both = table(kind=kind, x=Given("kind", {"s": short, "l": long})).to_pandas()
    alone = table(kind=kind, x=Given("kind", {"s": short, "l": short})).to_pandas()
    is_short = both["kind"] == "s"
    assert (both["x"][is_short] == alone["x"][is_short]).all()
    assert set(both["x"][~is_short]) <= set(long.categories)


@pytest.mark.parametrize("count", [2, 6, 7, 16, 17, 33, 127, 128, 3_000])
def test_the_category_is_where_the_random_word_falls(count: int) -> None:
    weights = np.random.default_rng(count).dirichlet(np.ones(count)).tolist()
    generator = Categorical([f"v{number}" for number in range(count)], weights=weights)
    limits = (np.cumsum(generator.shares)[:-1] * 2.0**64).astype(np.uint64)
    for rows in (20_000, 50):  # looked up in a table, and one by one
        factory_class = type("ThingFactory", (TableFactory,), {"__module__": __name__, "x": generator})
        made = Dataset({factory_class: rows}, seed=3).things
        words = made.bound.stream("x").bits(np.arange(rows, dtype=np.uint64))
        expected = np.searchsorted(limits, words, side="right")
        assert made.to_arrow()["x"].to_pylist() == [f"v{number}" for number in expected]


def test_decimals_are_numbers_wherever_numbers_are_asked_for() -> None:
    rows = table(
        a=Normal().clip(Decimal("0.2"), Decimal("0.3")),
        b=Uniform(Decimal(1), Decimal("2.5")),
        c=Given("b", bins=[Decimal("1.5")], then=["low", "high"]),
        d=Constant("x").nulls(Decimal("0.5")),
    ).to_pandas()
    assert rows["a"].between(0.2, 0.3).all()
    assert rows["b"].between(1, 2.5).all()
    assert (rows["c"] == np.where(rows["b"] < 1.5, "low", "high")).all()


def test_enums_and_uuids_are_their_values_in_the_table_and_themselves_where_factory_boy_gives_them() -> None:
    class ThingFactory(TableFactory):
        turn = factory.Iterator(Colour)
        drawn = factory.Faker("enum", enum_cls=Colour)
        fixed = FIRST
        of = Given("turn", {Colour.RED: 1, Colour.BLUE: 2})

    rows = Dataset({ThingFactory: 2}).things.to_arrow().to_pylist()
    assert [row["turn"] for row in rows] == ["red", "blue"]
    assert [row["of"] for row in rows] == [1, 2]
    assert {row["drawn"] for row in rows} <= {"red", "blue"}
    assert rows[0]["fixed"] == str(FIRST)


def test_structs_of_branches_have_fields() -> None:
    rows = table(
        c=Categorical({"DE": 0.5, "FR": 0.5}),
        place=Given("c", {"DE": Place("de_DE"), "FR": Place("fr_FR")}),
        city=col("place.city"),
        maybe=Place("de_DE").nulls(0.5),
        town=col("maybe.city"),
        pair=when(col("c") == "DE", {"q": 1}).otherwise({"q": 2.5}),
        q=col("pair.q") * 2,
    ).to_arrow()
    for row in rows.slice(0, 100).to_pylist():
        assert row["city"] == row["place"]["city"]
        assert row["town"] == (row["maybe"] and row["maybe"]["city"])
        assert row["q"] == (2 if row["c"] == "DE" else 5)
    with pytest.raises(DeclarationError, match=r"things\.town: .*'citi'.*did you mean 'city'"):
        table(maybe=Place("de_DE").nulls(0.5), town=col("maybe.citi"))


def test_branches_of_nested_values_and_of_whole_numbers_beside_decimals_have_one_type() -> None:
    kind = Categorical({"a": 0.5, "b": 0.5})
    money = LogNormal(3, 1).cast("decimal(12,2)")
    made = table(
        k=kind,
        tags=Given("k", {"a": ["v"], "b": []}),
        money=Given("k", {"a": 0, "b": money}),
        wide=Given("k", {"a": Constant(7).cast("int"), "b": money}),
    )
    assert str(made.schema.field("tags").type) == "list<item: string>"
    assert str(made.schema.field("money").type) == "decimal128(12, 2)"
    assert str(made.schema.field("wide").type) == "decimal128(12, 2)"
    for row in made.to_arrow().slice(0, 50).to_pylist():
        assert row["tags"] == (["v"] if row["k"] == "a" else [])
        assert (row["money"] == 0) == (row["k"] == "a")
