"""Integers of 18 digits and decimals keep all of them; functions of rows have one type for all rows."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from typing import Any

import factory
import numpy as np
import pytest

from pytest_synthdata import Constant, Dataset, GenerationError, Key, Normal, TableFactory, Uniform, column

BEYOND_FLOATS = 2**53 + 1


def table(rows: int = 10_000, **columns: Any) -> Any:
    made = type("ThingFactory", (TableFactory,), {"__module__": __name__, **columns})
    return Dataset({made: rows}, seed=3).things


@pytest.mark.parametrize(
    "uniform",
    [
        Uniform(10**18, 2 * 10**18).cast("bigint"),
        Uniform(10**16, 9 * 10**16).nulls(0.2).cast("bigint"),
        Uniform(-(10**18), 10**18).clip(-(10**17), None).cast("bigint"),
        Uniform(-(2**63), 2**63 - 1).cast("bigint"),
    ],
)
def test_whole_numbers_of_18_digits_have_all_their_digits(uniform: Any) -> None:
    made = [value for value in table(x=uniform).to_arrow()["x"].to_pylist() if value is not None]
    low, high = min(made), max(made)
    assert math.gcd(*np.diff(np.array(sorted(set(made)), object)).tolist()) == 1
    # Half of the numbers are odd: 5 standard deviations of a share of 0.5 among n; the clipped ones' ends apart.
    inside = [value for value in made if low < value < high]
    odd = sum(value % 2 for value in inside) / len(inside)
    assert abs(odd - 0.5) < 5 * 0.5 / len(inside) ** 0.5
    assert high > 8 * 10**16


@pytest.mark.parametrize(
    ("low", "high", "whole"),
    [
        (2**60, 2**60 + 3, {2**60, 2**60 + 1, 2**60 + 2}),
        (-(2**60) - 3, -(2**60), {-(2**60) - 2, -(2**60) - 1, -(2**60)}),
    ],
)
def test_the_ends_of_large_ranges_are_those_of_small_ones(low: int, high: int, whole: set[int]) -> None:
    assert set(table(300, x=Uniform(low, high).cast("bigint")).to_arrow()["x"].to_pylist()) == whole


def test_long_integers_with_nulls_and_decimals_go_through_functions_unchanged() -> None:
    @column(type="bigint")
    def same(big):  # noqa: ANN001, ANN202
        return big

    @column
    def more(big):  # noqa: ANN001, ANN202
        return big + 1

    @column
    def gross(money):  # noqa: ANN001, ANN202
        return money * 2

    @column
    def rounded(money):  # noqa: ANN001, ANN202
        return np.round(money * 1.19, 2)

    @column
    def chosen(money, big):  # noqa: ANN001, ANN202
        return np.where(np.isnan(big), 0, money)

    rows = table(
        1_000,
        big=Key("{}", start=BEYOND_FLOATS).cast("bigint").nulls(0.3),
        money=Constant(Decimal("12.51")).cast("decimal(12,2)").nulls(0.1),
        same=same,
        more=more,
        gross=gross,
        rounded=rounded,
        chosen=chosen,
    )
    assert str(rows.schema.field("gross").type) == "decimal128(18, 2)"
    assert str(rows.schema.field("rounded").type) == "double"
    for row in rows.to_arrow().to_pylist():
        assert row["same"] == row["big"]
        assert row["more"] == (None if row["big"] is None else row["big"] + 1)
        assert row["gross"] == (None if row["money"] is None else Decimal("25.02"))
        assert row["rounded"] == (None if row["money"] is None else 14.89)
        assert row["chosen"] == (0 if row["big"] is None else row["money"])


def test_the_type_of_a_function_does_not_depend_on_how_many_rows_there_are() -> None:
    @column
    def half(number):  # noqa: ANN001, ANN202
        return number // 2

    @column
    def shown(number):  # noqa: ANN001, ANN202
        return np.array([f"{one}" for one in number], object)

    made = {"number": Uniform(10, 90).cast("bigint").nulls(0.1), "half": half, "shown": shown}
    few, many = table(3, **made), table(300, **made)
    assert few.schema == many.schema
    assert str(many.schema.field("half").type) == "int64"
    rows = many.to_arrow().to_pylist()
    assert few.to_arrow().to_pylist() == rows[:3]
    for row in rows:
        empty = row["number"] is None
        assert (row["half"], row["shown"]) == ((None, "nan") if empty else (row["number"] // 2, str(row["number"])))


class RareFactory(TableFactory):
    number = Key("{}").cast("bigint")
    rare = factory.LazyAttribute(lambda row: row.number if row.number > 100 and row.number % 97 == 0 else None)


def test_a_function_that_begins_with_nulls_has_the_type_of_its_values() -> None:
    rares = Dataset({RareFactory: 1_000}).rares
    assert str(rares.schema.field("rare").type) == "int64"
    assert rares.to_arrow()["rare"][194].as_py() == 194 == RareFactory.build(__sequence=194).rare


def test_inferred_decimals_have_room_for_greater_ones() -> None:
    def price() -> Decimal:
        return Decimal(str(round(random.lognormvariate(3, 1.5), 2)))

    made = table(6_000, price=factory.LazyFunction(price), cents=factory.Sequence(lambda n: Decimal(n) / 100))
    assert str(made.schema.field("cents").type) == "decimal128(18, 2)"
    assert made.to_arrow()["cents"].to_pylist()[5_999] == Decimal("59.99")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (
            lambda number: "a" if number < 150 else number,
            "no column can hold",
        ),
        (lambda number: number if number < 150 else 0.5, "do not fit its type int64"),
        (lambda number: Decimal(1) if number < 150 else Decimal("1.5"), "do not fit its type decimal"),
        (
            lambda number: None if number < 20_000 else number,
            'a value is int64, .* are string; state the type, as in x: "bigint"',
        ),
    ],
)
def test_values_of_another_kind_than_the_first_rows_ask_for_a_type(function: Any, words: str) -> None:
    with pytest.raises(GenerationError, match=rf"^things\.x: .*{words}"):
        table(20_010, x=factory.Sequence(function)).to_arrow()


def test_a_stated_type_holds_whatever_comes() -> None:
    class ThingFactory(TableFactory):
        x: "double" = factory.Sequence(lambda number: number if number < 150 else 0.5)  # noqa: F821, UP037

    assert Dataset({ThingFactory: 200}).things.to_arrow()["x"].to_pylist()[149:151] == [149.0, 0.5]


def test_a_reader_of_floats_is_as_before() -> None:
    @column
    def half(a):  # noqa: ANN001, ANN202
        return np.where(np.isnan(a), 0.0, a / 2)

    rows = table(100, a=Normal().nulls(0.5), half=half).to_arrow().to_pylist()
    assert all(row["half"] == (0 if row["a"] is None else row["a"] / 2) for row in rows)
