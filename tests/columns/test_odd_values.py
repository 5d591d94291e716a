"""Numbers at the ends of their types, and values that no column can hold: the right value, or one line."""

from __future__ import annotations

import datetime as dt
import math
import sys
import time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import factory
import numpy as np
import pytest

from pytest_synthdata import (
    Categorical,
    Constant,
    Dataset,
    Exponential,
    Given,
    Integers,
    Key,
    Normal,
    Poisson,
    SynthDataError,
    TableFactory,
    Template,
    Uniform,
    col,
    column,
    when,
)


def made(value: Any, rows: int = 2_000, **others: Any) -> list[Any]:
    """The values of column x, which are those that are built."""
    kind: Any = type("OneFactory", (TableFactory,), {"__module__": __name__, **others, "x": value})
    dataset = Dataset({kind: rows}, seed=2)
    found: list[Any] = dataset.ones.to_arrow()["x"].to_pylist()
    with dataset.factories():
        assert kind.build(__sequence=7).x == found[7]
    return found


@pytest.mark.parametrize("lam", [1e5 + 1, 1e9, 1e12])
@pytest.mark.parametrize("parameter", [False, True])
def test_counts_of_great_expectations(lam: float, parameter: bool) -> None:
    found = np.array(made(Poisson(col("lam")), lam=Constant(lam)) if parameter else made(Poisson(lam)), np.float64)
    z = (found - lam) / math.sqrt(lam)
    # 4 standard errors of a mean, and of a variance, of 2,000.
    assert abs(z.mean()) < 4 / math.sqrt(2_000)
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / 2_000)


def test_counts_of_many_expectations_are_those_of_each() -> None:
    values = [0.5 + 700.0 * number for number in range(400)]
    found = made(Poisson(col("lam")), lam=factory.Iterator(values, cycle=True))
    alone = made(Poisson(values[3]))
    # The CDF of the same expectation, by the same random bits.
    assert found[3::400] == alone[3::400]
    great = made(Poisson(col("lam")), lam=Constant(2e5))
    assert made(Poisson(2e5)) == great
    assert set(made(Poisson(0))) == {0} == set(made(Poisson(1e-300)))


def test_ranges_wider_than_the_greatest_float() -> None:
    greatest = sys.float_info.max
    for low, high in ((-1e308, 1e308), (-greatest, greatest)):
        found = np.array(made(Uniform(low, high)))
        assert low <= found.min() < low / 2
        assert high / 2 < found.max() <= high
        assert abs((found / high).mean()) < 4 / math.sqrt(3 * 2_000)
    assert made(Uniform(col("low"), 1e308), low=-1e308) == made(Uniform(-1e308, 1e308), low=-1e308)
    assert max(made(Normal(1e308, 1e308))) == math.inf
    assert max(made(Exponential(1e308))) == math.inf


def test_rounding_by_more_digits_than_numbers_have() -> None:
    plain = made(Normal(1e10, 1))
    for digits in (300, 308, 309, 400, 10_000):
        assert made(Normal(1e10, 1).round(digits)) == plain
    assert set(made(Normal(1e10, 1).round(-309))) == set(made(Normal(1e10, 1).round(-400))) == {0.0}
    assert made(Constant(math.inf).round(400))[0] == math.inf
    assert math.isinf(made(Constant(math.inf).round(-400))[0])


def test_whole_numbers_to_the_ends_of_64_bits() -> None:
    every = Integers(-(2**63), 2**63 - 1)
    assert len(set(made(every.unique()))) == 2_000
    assert abs(np.mean(np.array(made(every), np.float64) / 2**63)) < 4 / math.sqrt(3 * 2_000)
    assert set(made(Integers(-(2**63), -(2**63)))) == {-(2**63)}


class Plain:
    """Nothing that could be stored."""


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (np.datetime64("2024-02-29"), dt.date(2024, 2, 29)),
        (np.datetime64("2024-02"), dt.date(2024, 2, 1)),
        (np.datetime64("2024-02-29T01:02:03.5"), dt.datetime(2024, 2, 29, 1, 2, 3, 500_000)),  # noqa: DTZ001
        (np.timedelta64(90, "m"), dt.timedelta(minutes=90)),
        (np.datetime64("NaT"), None),
        (np.array([1, 2]), [1, 2]),
    ],
)
def test_scalars_of_numpy(value: Any, stored: Any) -> None:
    class OneFactory(TableFactory):
        x = Constant(value)

    assert Dataset({OneFactory: 2}).ones.to_arrow()["x"].to_pylist() == [stored] * 2


def test_scalars_and_columns_of_pandas() -> None:
    pd = pytest.importorskip("pandas")
    for value, stored in {
        pd.Timestamp("2024-02-29 12:00"): dt.datetime(2024, 2, 29, 12),  # noqa: DTZ001
        pd.Timedelta("1h"): dt.timedelta(hours=1),
        pd.NaT: None,
        pd.NA: None,
    }.items():
        kind: Any = type("OneFactory", (TableFactory,), {"x": value})
        assert Dataset({kind: 2}).ones.to_arrow()["x"].to_pylist() == [stored] * 2
    series: Any = type("OneFactory", (TableFactory,), {"x": pd.Series([1, 2])})
    assert Dataset({series: 1}).ones.to_arrow()["x"].to_pylist() == [[1, 2]]


def returns(value: Any) -> Any:
    def function() -> Any:
        return value

    return function


UNSTORABLE = {
    "infinite decimal": (Decimal("Infinity"), r"Decimal\('Infinity'\) is not a number"),
    "no decimal": (Constant(Decimal("NaN")), "float"),
    "infinite category": (Categorical([Decimal("-Infinity")]), "is not a number"),
    "infinite decimals of rows": (factory.LazyFunction(returns(Decimal("sNaN"))), "is not a number"),
    "infinite decimals of columns": (column(returns(Decimal("Infinity"))), "@column function function"),
    "nothing": (column(returns(None)), "gave None"),
    "an object": (column(returns(Plain())), "what no column can hold"),
    "empty object": (Plain(), "a Plain cannot be a column's value"),
    "too many digits": (Decimal(10) ** 39, "40 digits, and a column holds 38"),
    "half a character": ("\ud800", "surrogates not allowed"),
    "half a character of rows": (factory.LazyFunction(returns("\udfff")), "surrogates not allowed"),
    "half a character in a key": (Key("\ud800{}"), "surrogates not allowed"),
    "half a character in a template": (Template("a\ud800"), "surrogates not allowed"),
    "half a character in a function": (column(returns("\ud800")), "surrogate"),
    "number of 65 bits": (2**64, "too large"),
    "not a bound": (Normal().clip(math.nan, 1), "not-a-number is not a bound"),
}


@pytest.mark.parametrize(("value", "message"), UNSTORABLE.values(), ids=UNSTORABLE.keys())
def test_what_no_column_can_hold_is_said_in_one_line(value: Any, message: str) -> None:
    with pytest.raises(SynthDataError, match=rf"^ones\.x: .*{message}") as raised:
        made(value, rows=3)
    assert "\n" not in str(raised.value)
    assert " at 0x" not in str(raised.value)


def test_names_that_are_no_text() -> None:
    kind: Any = type("OneFactory", (TableFactory,), {"x": 1, "y\ud800": 2})
    with pytest.raises(SynthDataError, match=r"^ones: 'y\\ud800' cannot be a column's name"):
        Dataset({kind: 1})


def chain(length: int, link: Any) -> Any:
    columns = {f"x{number}": link(f"x{number - 1}") for number in range(1, length)}
    body = {"Meta": type("Meta", (), {"table": "chains"}), "x0": Normal(), **columns}
    return type("ChainFactory", (TableFactory,), body)


LINKS = {
    "sums": lambda before: col(before) + 1,
    "branches": lambda before: when(col(before) > 0, col(before)).otherwise(col(before) * 0.5),
    "parameters": lambda before: Normal(col(before), 1),
    "modifiers": lambda before: col(before).round(9).clip(-100, 100),
    "functions": lambda before: factory.LazyAttribute(lambda row: getattr(row, before) + 1),
}


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS.keys())
def test_chains_of_columns_take_time_and_depth_in_proportion(link: Any) -> None:
    kind = chain(180, link)
    begin = time.process_time()
    table = Dataset({kind: 20}).chains
    last = table.to_arrow()["x179"].to_pylist()
    assert dict(kind.build(__sequence=3)) == table.to_arrow(3, 4).to_pylist()[0]
    assert table.bound.at(np.arange(20, dtype=np.uint64)).read("x179").tolist() == last
    assert time.process_time() - begin < 30  # without care, 180 columns took longer than anybody waited


def test_times_in_an_hour_that_comes_twice_are_the_same_in_any_zone() -> None:
    late = dt.datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    for stored in (late, late.astimezone(dt.timezone.utc)):
        assert (
            made(Given("at", {late: "late"}, default="other"), rows=9, at=factory.LazyFunction(returns(stored)))
            == ["late"] * 9
        )
        assert set(made(Given("at", {late: 1, None: 2}), rows=9, at=Categorical([stored, None]))) == {1, 2}
