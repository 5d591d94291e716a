"""Parameters that are columns, `Given` on several columns, whole numbers, coins and exact numbers."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from pytest_synthdata import (
    Boolean,
    Categorical,
    Constant,
    Dataset,
    Dates,
    DeclarationError,
    Exponential,
    GenerationError,
    Given,
    Integers,
    LogNormal,
    Normal,
    Pareto,
    Poisson,
    TableFactory,
    Uniform,
    col,
)
from pytest_synthdata import functions as F


def table(rows: int = 2_000, seed: int = 3, **columns: Any) -> pa.Table:
    factory_class = type("OneFactory", (TableFactory,), {"__module__": __name__, **columns})
    made = Dataset({factory_class: rows}, seed=seed)
    whole = made.ones.to_arrow()
    assert made.ones.to_arrow(71, 90).equals(whole.slice(71, 19))
    with made.factories():
        assert dict(factory_class.build(__sequence=9)) == whole.slice(9, 1).to_pylist()[0]
    return whole


GROUPS = Categorical([1, 4])


@pytest.mark.parametrize(
    ("fixed", "by_row"),
    [
        (lambda n: Poisson(n * 2.5), Poisson(col("n") * 2.5)),
        (lambda n: Normal(n, 0.5), Normal(col("n"), 0.5)),
        (lambda n: LogNormal(0.1, n), LogNormal(0.1, col("n"))),
        (Exponential, Exponential(col("n"))),
        (Pareto, Pareto(col("n"))),
        (lambda n: Uniform(-n, n), Uniform(-col("n"), col("n"))),
        (lambda n: Integers(0, n), Integers(0, col("n"))),
        (lambda n: Boolean(n / 5), Boolean(col("n") / 5)),
    ],
)
def test_a_parameter_from_a_column_gives_what_the_number_would(fixed: Any, by_row: Any) -> None:
    rows = table(n=GROUPS, x=by_row)
    for number in (1, 4):
        same = table(n=GROUPS, x=fixed(number)).filter(pa.compute.equal(rows["n"], number))
        assert rows.filter(pa.compute.equal(rows["n"], number))["x"].to_pylist() == same["x"].to_pylist()


def test_counts_of_many_expectations_are_those_of_few() -> None:
    uniform, lam = np.linspace(0.0005, 0.9995, 1_000), np.repeat(np.linspace(0, 200, 100), 10)
    many = Poisson.inverse(uniform, lam)
    few = [Poisson.inverse(uniform[at : at + 10], lam[at : at + 10]) for at in range(0, 1_000, 10)]
    assert many.tolist() == np.concatenate(few).tolist()


def test_parameters_may_be_random_null_and_the_parents() -> None:
    rows = table(n=Poisson(2).nulls(0.3), x=Poisson(col("n")), y=Normal(Uniform(0, 10), 0.01))
    assert rows["x"].is_null().to_pylist() == rows["n"].is_null().to_pylist()
    drawn = np.sort(rows["y"].to_numpy())
    assert stats.kstest(drawn, stats.uniform(0, 10).cdf).pvalue > 1e-4


def test_parameters_that_cannot_be_are_said_with_their_row() -> None:
    with pytest.raises(GenerationError, match=r"ones\.x: .*scale must be positive: in row \d+ its parameters are 0;"):
        table(n=Poisson(1), x=Exponential(col("n")))
    with pytest.raises(DeclarationError, match=r"ones\.x: Poisson: lam is for numbers, and these are string"):
        table(n=Constant("a"), x=Poisson(col("n")))
    with pytest.raises(DeclarationError, match=r"lam: write col\('n'\) for a column"):
        table(n=Constant(1), x=Poisson("n"))


def test_dates_between_columns() -> None:
    start, end = Dates("2024-01-01", "2024-06-30"), dt.date(2024, 12, 31)
    rows = table(s=start.nulls(0.1), x=Dates(col("s"), "2024-12-31"), y=Dates(col("x"), F.date_add("x", 3)))
    for s, x, y in zip(*(rows[name].to_pylist() for name in "sxy"), strict=True):
        assert (s is None) == (x is None) == (y is None)
        if s is not None:
            assert s <= x <= end
            assert x <= y <= x + dt.timedelta(days=3)
    with pytest.raises(GenerationError, match=r"ones\.x: .*in row \d+ the range is inverted: 2024-06-\d+ is after"):
        table(s=start, x=Dates(col("s"), "2024-06-01"))
    with pytest.raises(DeclarationError, match=r"ones\.x: .*2025-01-01 is after 2024-06-30"):
        table(s=start, x=Dates("2025-01-01", col("s")))


def test_given_several_columns() -> None:
    cases = {("a", 1): "first", ("b", 2): "second"}
    rows = table(k=Categorical(["a", "b"]), n=Categorical([1, 2]), x=Given(("k", "n"), cases, default="other"))
    for k, n, x in zip(*(rows[name].to_pylist() for name in "knx"), strict=True):
        assert x == cases.get((k, n), "other")
    whole = {(k, n): f"{k}{n}" for k in "ab" for n in (1, 2)}
    given = Given(["k", "n"], whole)
    dataset_class = type(
        "OneFactory", (TableFactory,), {"k": Categorical(["a", "b"]), "n": Categorical([1, 2]), "x": given}
    )
    assert not Dataset({dataset_class: 500}, seed=1).validate().failed
    columns = {"k": Categorical(["a", "b"]), "n": Categorical([1, 2])}
    with pytest.raises(DeclarationError, match=r"no case for \('a', 2\); add one"):
        table(**columns, x=Given(("k", "n"), cases))
    with pytest.raises(DeclarationError, match="k is never 'c'"):
        table(**columns, x=Given(("k", "n"), {("c", 1): 0}, default=1))
    with pytest.raises(DeclarationError, match="the case 'a' is not one of 2 values: write a tuple"):
        table(**columns, x=Given(("k", "n"), {"a": 0}, default=1))
    with pytest.raises(GenerationError, match=r"no case for \('b', \d\) \(row \d+\)"):
        table(k=Constant("b"), n=Poisson(3), x=Given(("k", "n"), {("b", 1): 0}))


def test_whole_numbers_have_both_ends_alike() -> None:
    rows = table(12_000, x=Integers(1, 6), y=Integers(-(2**63), 2**63 - 1), z=Integers(10**17, 10**17 + 2))
    counts = Counter(rows["x"].to_pylist())
    assert sorted(counts) == [1, 2, 3, 4, 5, 6]
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4
    assert set(rows["z"].to_pylist()) == {10**17, 10**17 + 1, 10**17 + 2}
    # The signs of 12,000 numbers of 64 bits: 4 standard errors of a half are 0.0183.
    assert abs(np.mean(rows["y"].to_numpy() < 0) - 0.5) < 0.0183
    assert sorted(table(90, x=Integers(10, 99).unique())["x"].to_pylist()) == list(range(10, 100))
    for low, high in ((6, 1), (1, 2.5), (0, 2**63)):
        with pytest.raises(DeclarationError, match=r"ones\.x: Integers"):
            table(x=Integers(low, high))


def test_a_coin() -> None:
    # 2,000 draws of 0.3: 4 standard errors are 0.041.
    assert abs(np.mean(table(x=Boolean(0.3))["x"].to_pylist()) - 0.3) < 0.041
    assert set(table(x=Boolean(1))["x"].to_pylist()) == {True}
    with pytest.raises(DeclarationError, match="p must lie between 0 and 1"):
        table(x=Boolean(1.5))


def test_exact_numbers() -> None:
    rows = table(
        1_003,
        x=Categorical({"a": 0.5, "b": 0.3, "c": 0.2}, exactly=True),
        y=Dates("2024-01-01", "2024-12-31", exactly=True),
    )
    assert Counter(rows["x"].to_pylist()) == {"a": 501, "b": 301, "c": 201}
    days = Counter(rows["y"].to_pylist())
    assert (len(days), min(days.values()), max(days.values())) == (366, 2, 3)
    # In random order: neighbours are equal as often as by chance, 0.38 of 1,002 pairs; 4 standard errors are 0.062.
    texts = rows["x"].to_pylist()
    assert abs(np.mean([one == other for one, other in itertools.pairwise(texts)]) - 0.38) < 0.062
    with pytest.raises(DeclarationError, match="a branch or a part of a column cannot have it"):
        table(n=GROUPS, x=Given("n", {1: Categorical(["a", "b"], exactly=True)}, default="c"))


def test_weights_of_any_scale() -> None:
    assert Categorical(["a", "b"], weights=[3, 1]) == Categorical({"a": 0.75, "b": 0.25})
    assert Categorical(["a", "b"], [0.75, 0.25]).shares == (0.75, 0.25)
    with pytest.raises(DeclarationError, match="2 values have 1 weights"):
        Categorical(["a", "b"], weights=[1])
