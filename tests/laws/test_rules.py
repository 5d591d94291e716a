"""Conditions and correlations: rows that meet a condition keep their values, and each column keeps its distribution."""

from __future__ import annotations

import pickle
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    DeclarationError,
    Exponential,
    ForeignKey,
    GenerationError,
    Given,
    Integers,
    Key,
    LogNormal,
    Normal,
    Pareto,
    Poisson,
    Sum,
    TableFactory,
    Timeline,
    Uniform,
    col,
    when,
)
from pytest_synthdata import functions as F


class OwnerFactory(TableFactory):
    class Meta:
        table = "owners"

    owner_id = Key("P{:03d}")
    tier = Categorical({"a": 0.5, "b": 0.3, "c": 0.2})
    since = Dates("2024-01-01", "2024-12-31")
    limit = Integers(1, 9)


class FreeFactory(TableFactory):
    class Meta:
        table = "things"

    thing_id = Key("T{:05d}")
    owner = ForeignKey(OwnerFactory, weights=Given("tier", {"a": 3, "b": 1}, default=2))
    start = Dates("2024-01-01", "2024-12-31")
    end = Dates("2024-01-01", "2024-12-31").nulls(0.1)
    amount = LogNormal(3, 1)
    level = when(col("start") < col("end"), Poisson(3)).otherwise(Normal(5, 1).cast("int"))
    note = F.concat("thing_id", F.lit("/"), "level")
    extent = factory.Dict({"low": Integers(1, 9), "ends": factory.Dict({"high": Integers(1, 9), "kind": "x"})})


def conditioned(where: Any, base: type[TableFactory] = FreeFactory, **columns: Any) -> type[TableFactory]:
    meta = type("Meta", (), {"table": "things", "where": where})
    return type("ThingFactory", (base,), {"__module__": __name__, "Meta": meta, **columns})


def rows_of(factory_class: type[TableFactory], rows: int = 1_500, owners: int = 60, seed: int = 5) -> pa.Table:
    return Dataset({OwnerFactory: owners, factory_class: rows}, seed=seed)["things"].to_arrow()


CONDITIONS = {
    "two columns": (col("start") < col("end"), {"start", "end"}),
    "the parent's": (col("owner.since") <= col("start"), {"owner_id", "start"}),
    "a computed column": ((col("level") >= 3) & (col("amount") > 10), {"start", "end", "level", "amount"}),
    "fields": (col("extent.low") < col("extent.ends.high"), {"extent"}),
    "a rare one": ((col("amount") > 150) & col("end").is_not_null(), {"amount", "end"}),
}


@pytest.mark.parametrize(("where", "moved"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_all_rows_meet_a_condition_and_those_that_did_keep_their_values(where: Any, moved: set[str]) -> None:
    ruled = conditioned(where)
    dataset = Dataset({OwnerFactory: 60, ruled: 1_500}, seed=5)
    table = dataset["things"]
    free, made = rows_of(FreeFactory).to_pylist(), table.to_arrow().to_pylist()
    check = rows_of(conditioned(None, base=ruled, met=where)).to_pylist()
    kept = [number for number, row in enumerate(check) if row["met"]]
    assert 0 < len(kept) < 1_500
    for number in kept:
        assert made[number] == free[number]
    dependants = moved | ({"level", "note"} if moved & {"start", "end", "level"} else set())
    for name in set(free[0]) - dependants:
        assert [row[name] for row in made] == [row[name] for row in free]
    validation = dataset.validate()
    assert not validation.failed
    # Any part, any order, fewer rows, another process, build(): the same.
    assert table.to_arrow(700, 750).to_pylist() == made[700:750]
    assert rows_of(ruled, rows=40).to_pylist() == made[:40]
    assert pickle.loads(pickle.dumps(table.bound)).batch(10, 20).to_pylist() == made[10:20]
    assert dataset.take(things=[3, 1_000])["things"].to_arrow().to_pylist() == [made[3], made[1_000]]
    with dataset.factories():
        ruled.reset_sequence()
        assert [dict(ruled.build()) for _ in range(20)] == made[:20]
        assert dict(ruled.build(__sequence=1_001)) == made[1_001]


def test_the_law_under_the_condition_is_the_declared_one_where_it_holds() -> None:
    made = rows_of(conditioned(col("x") < col("y"), x=Uniform(0, 1), y=Uniform(0, 1)), rows=4_000)
    # Of two uniforms of which x is the lesser, x has the CDF 1 - (1 - x)^2.
    assert stats.kstest(made["x"].to_numpy(), lambda x: 1 - (1 - x) ** 2).pvalue > 1e-4


def test_parents_and_timelines_with_a_condition() -> None:
    class StrictOwnerFactory(OwnerFactory):
        class Meta:
            where = (col("limit") > 4) & (col("since") < "2024-07-01")

    class VisitFactory(TableFactory):
        class Meta:
            table = "visits"
            where = col("hours") < col("owner.limit")

        owner = ForeignKey(StrictOwnerFactory)
        at = Timeline("2024-01-01", "2024-12-31")
        hours = Exponential(4)

    dataset = Dataset({StrictOwnerFactory: 40, VisitFactory: 900}, seed=2)
    visits = dataset.visits.to_arrow()
    assert visits["at"].to_pylist() == sorted(visits["at"].to_pylist())
    assert pa.compute.min(dataset.owners.to_arrow()["limit"]).as_py() == 5
    assert not dataset.validate().failed
    broken = visits.set_column(2, "hours", pa.array([9.5] * 900))
    failed = [check for check in dataset.validate({"visits": broken}).failed if check.column == "Meta.where"]
    assert [(check.kind, check.measured) for check in failed] == [("condition not met", 900)]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (col("start") < col("finish"), "no column 'finish'"),
        (col("amount") * 2, "is double, not a condition"),
        ("start < end", "'start < end' is not a condition; write one such as"),
        (col("amount") < -1, "no row can ever meet"),
        (col("thing_id") == "T00001", "holds for 0 of the rows|in none of 2,000 attempts"),
        (col("amount") > 1e9, "holds for 0 of the rows as they are drawn, and at least 0.01 must meet it"),
    ],
)
def test_conditions_that_cannot_be_are_said(where: Any, message: str) -> None:
    with pytest.raises((DeclarationError, GenerationError), match=message):
        rows_of(conditioned(where), rows=50)


class BasketFactory(TableFactory):
    class Meta:
        table = "baskets"
        where = (col("total") > 2) & (col("limit") < 9.9)

    basket_id = Key("B{}")
    limit = Uniform(0, 10)
    total = Sum("lines.price")


class LineFactory(TableFactory):
    class Meta:
        table = "lines"

    basket = ForeignKey(BasketFactory, per_parent=3)
    price = Uniform(0, col("basket.limit") * 2)


def test_a_condition_on_totals_of_children_that_read_the_row() -> None:
    dataset = Dataset({BasketFactory: 200, LineFactory: None}, seed=1)
    baskets, lines = dataset.baskets.to_arrow().to_pylist(), dataset["lines"].to_arrow().to_pylist()
    for number, basket in enumerate(baskets):
        assert basket["total"] > 2
        assert basket["limit"] < 9.9
        assert np.isclose(basket["total"], sum(line["price"] for line in lines[3 * number : 3 * number + 3]))
    assert not dataset.validate().failed


def test_a_condition_that_looks_at_its_own_rows_is_a_circle() -> None:
    class StrictLineFactory(LineFactory):
        class Meta:
            where = col("price") < col("basket.total") / 2

    with pytest.raises(GenerationError, match=r"lines: Meta.where: .* goes round in a circle"):
        Dataset({BasketFactory: 20, StrictLineFactory: None}, seed=1)["lines"].to_arrow()


class PersonFactory(TableFactory):
    class Meta:
        table = "people"
        correlations = {("age", "income"): 0.6, ("income", "since"): -0.5, ("age", "rank"): 0.4}  # noqa: RUF012

    tier = Categorical(["a", "b"])
    age = Normal(40, 12)
    income = Given("tier", {"a": LogNormal(10, 0.5), "b": LogNormal(10, 0.5)}).round(2)
    since = Dates("2000-01-01", "2024-12-31")
    rank = Categorical({"low": 0.5, "middle": 0.3, "high": 0.2})
    other = Pareto(3)


def test_columns_are_correlated_and_keep_their_distributions() -> None:
    dataset = Dataset({PersonFactory: 8_000}, seed=4)
    people = dataset.people.to_arrow()
    ages, incomes = people["age"].to_numpy(), people["income"].to_numpy()
    days = people["since"].cast(pa.int32()).to_numpy()

    def spearman(left: Any, right: Any) -> float:
        return float(stats.spearmanr(left, right).statistic)

    # Spearman's of a copula of r is 6/π asin(r/2); its standard error is at most 1/sqrt(8,000): 4 are 0.045.
    for left, right, r in (
        (ages, incomes, 0.6),
        (incomes, days, -0.5),
        (ages, days, 0.0),
        (ages, people["other"].to_numpy(), 0.0),
    ):
        assert abs(spearman(left, right) - 6 / np.pi * np.arcsin(r / 2)) < 0.045
    mean_age = {rank: np.mean(ages[np.array(people["rank"].to_pylist()) == rank]) for rank in ("low", "middle", "high")}
    assert mean_age["low"] < mean_age["middle"] < mean_age["high"]
    assert stats.kstest(ages, stats.norm(40, 12).cdf).pvalue > 1e-4
    assert stats.kstest(np.log(incomes), stats.norm(10, 0.5).cdf).pvalue > 1e-4
    assert not dataset.validate().failed
    assert dataset.people.to_arrow(300, 310).to_pylist() == people.to_pylist()[300:310]
    with dataset.factories():
        assert dict(PersonFactory.build(__sequence=77)) == people.to_pylist()[77]

    class PlainFactory(PersonFactory):
        class Meta:
            correlations = None

    plain = Dataset({PlainFactory: 8_000}, seed=4)["people"].to_arrow()
    assert plain["age"].equals(people["age"])  # the first of a group keeps its values, and so does every other column
    assert plain["other"].equals(people["other"])
    assert not plain["income"].equals(people["income"])


def test_correlated_columns_with_a_condition() -> None:
    class StrictFactory(PersonFactory):
        class Meta:
            where = col("income") > 30_000

    strict, free = (
        Dataset({one: 1_000}, seed=4)["people"].to_arrow().to_pylist() for one in (StrictFactory, PersonFactory)
    )
    for one, other in zip(strict, free, strict=True):
        assert one["income"] > 30_000
        assert other["income"] <= 30_000 or one == other


@pytest.mark.parametrize(
    ("correlations", "message"),
    [
        ({("age", "wage"): 0.5}, "no column 'wage'"),
        ({("age", "age"): 0.5}, "not a pair of columns"),
        ({("age", "income"): 1.5}, "lies between -1 and 1"),
        ({("age", "income"): 0.5, ("income", "age"): 0.5}, "given twice"),
        (
            {("age", "half"): 0.5},
            r"\('age', 'half'\): 'age' decides between the branches of 'half'.*leave",
        ),
        ({("far", "age"): 0.5}, r"\('far', 'age'\): 'age' decides between the branches of 'far'"),
        ({("age", "key"): 0.5}, r"key: Key\(.*cannot be correlated"),
        (
            {("age", "income"): 0.9, ("income", "since"): 0.9, ("age", "since"): -0.9},
            r"not positive definite.*The nearest that can: \{\('age', 'income'\): 0\.\d+, .*\('age', 'since'\): -0",
        ),
    ],
)
def test_correlations_that_cannot_be_are_said(correlations: Any, message: str) -> None:
    meta = type("Meta", (), {"table": "people", "correlations": correlations})
    columns = {
        "key": Key("K{}"),
        "half": Given("age", bins=[40], then=[Normal(0, 1), Normal(5, 1)]).round(1),
        "far": when(col("half") * 2 > 4, Normal(0, 1)).otherwise(Normal(9, 1)),
    }
    factory_class = type("WrongFactory", (PersonFactory,), {"__module__": __name__, "Meta": meta, **columns})
    with pytest.raises(DeclarationError, match=f"(?s)^people: Meta.correlations.*{message}"):
        Dataset({factory_class: 10})


def test_what_only_looks_at_nulls_or_is_computed_may_be_correlated() -> None:
    class HomeFactory(TableFactory):
        class Meta:
            correlations = {("m2", "kwh"): 0.5, ("m2", "rent"): 0.5}  # noqa: RUF012

        m2 = Normal(90, 20).nulls(0.2)
        kwh = Normal(F.coalesce("m2", F.lit(90)) * 30, 100)
        rent = when(col("m2").is_null(), None).otherwise(LogNormal(7, 0.3))

    assert not Dataset({HomeFactory: 2_000}).validate().failed


def test_a_condition_on_fields_can_be_exported_and_stands_in_the_table_around() -> None:
    ruled = conditioned(col("extent.low") < col("extent.ends.high"))
    assert ruled.expectations()["where_is_met"] == "coalesce((extent.low < extent.ends.high), false)"
    inner = type(
        "InnerFactory", (TableFactory,), {"low": Integers(1, 9), "Meta": type("Meta", (), {"where": col("low") > 1})}
    )
    with pytest.raises(
        DeclarationError, match=r"InnerFactory has Meta.where.*state them in the Meta of the table around"
    ):
        rows_of(conditioned(None, inner=factory.SubFactory(inner)))
