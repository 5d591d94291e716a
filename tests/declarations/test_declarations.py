"""What can never work fails when the factory is compiled, not before or later, and says where and what to write."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import factory
import numpy as np
import pytest
import scipy.stats

from pytest_synthdata import (
    Array,
    Categorical,
    Constant,
    Dataset,
    Dates,
    DeclarationError,
    Distribution,
    Event,
    Exponential,
    Fake,
    ForeignKey,
    Given,
    Key,
    LogNormal,
    Normal,
    Pareto,
    Poisson,
    TableFactory,
    Timeline,
    Times,
    Uniform,
    col,
    column,
    when,
)
from pytest_synthdata import functions as F
from pytest_synthdata.factories import CustomerFactory, OrderFactory

YEAR = ("2024-01-01", "2024-12-31")
TIERS = Categorical({"Enterprise": 0.5, "Pro": 0.5})
NUMBERS = Poisson(3)


class ParentFactory(TableFactory):
    class Meta:
        table = "parents"

    parent_id = Key("P{}")
    tier = TIERS
    joined = Dates("2020-01-01", "2020-12-31")


def timeline(**arguments: Any) -> Any:
    return {"x": Timeline(*YEAR, **arguments)}


def parent(**arguments: Any) -> Any:
    return {"x": ForeignKey(ParentFactory, **arguments)}


# What is declared, and what the message must say after "table.column".
BAD = {
    # Other columns
    "a circle": ({"x": col("y") + 1, "y": col("x") * 2}, "circle: x → y → x"),
    "a column of itself": ({"x": col("x") + 1}, "circle"),
    "a circle through all forms": (
        {"x": Given("y", {1: 2}, default=0), "y": when(col("z") > 1, 2), "z": column(lambda x: x)},
        "circle: x → y → z → x",
    ),
    "unknown in Given": ({"tier": TIERS, "x": Given("teir", {"Pro": 1})}, "did you mean 'tier'"),
    "unknown in col": ({"tier": TIERS, "x": col("teir") == "Pro"}, "did you mean 'tier'"),
    "unknown in when": ({"tier": TIERS, "x": when(col("teir") == "Pro", 1)}, "did you mean 'tier'"),
    "unknown in @column": ({"tier": TIERS, "x": column(lambda teir: teir)}, "did you mean 'tier'"),
    "unknown in SelfAttribute": ({"tier": TIERS, "x": factory.SelfAttribute("teir")}, "did you mean 'tier'"),
    "an outer row that is not": ({"x": factory.SelfAttribute("..tier")}, "row around this one"),
    "no reference": ({"n": NUMBERS, "x": Given("n.tier", {"Pro": 1}, default=0)}, "neither a reference"),
    # Given
    "a misspelt case": (
        {"tier": TIERS, "x": Given("tier", {"Enterprize": 1}, default=0)},
        "never 'Enterprize': did you mean 'Enterprise'",
    ),
    "a case of another type": (
        {"n": Categorical({1: 0.5, 2: 0.5}), "x": Given("n", {"1": 1, "2": 2})},
        "never '1': did you mean 1?",
    ),
    "no case and no default": ({"tier": TIERS, "x": Given("tier", {"Pro": 1})}, "no case for 'Enterprise'; add one"),
    "no case at all": ({"n": NUMBERS, "x": Given("n", {})}, "has no case; add one, or a default"),
    "branches of two types": ({"tier": TIERS, "x": Given("tier", {"Pro": 1, "Enterprise": "x"})}, "int64 and string"),
    "descending bins": ({"n": NUMBERS, "x": Given("n", bins=[5, 2], then=[1, 2, 3])}, "must ascend"),
    "too many intervals": ({"n": NUMBERS, "x": Given("n", bins=[5], then=[1, 2, 3])}, "`then` has 3"),
    "bins of text": ({"tier": TIERS, "x": Given("tier", bins=[5], then=[1, 2])}, "bins are for numbers"),
    "bins that are text": ({"n": NUMBERS, "x": Given("n", bins=["5"], then=[1, 2])}, "'5' is not a number"),
    "a number as column": ({"n": NUMBERS, "x": Given(5, {1: 2})}, "5 is not a column name"),
    "an expression as column": ({"n": NUMBERS, "x": Given(col("n"), {1: 2})}, "write it as text"),
    # Categorical
    "shares below 1": ({"x": Categorical({"a": 0.5, "b": 0.4})}, "sum to 0.9, not to 1"),
    "shares just above 1": ({"x": Categorical({"a": 0.5, "b": 0.5 + 1e-8})}, r"sum to 1\.00000001, not to 1"),
    "a negative share": ({"x": Categorical({"a": 1.5, "b": -0.5})}, "'b' is -0.5"),
    "no values": ({"x": Categorical({})}, "no values"),
    "a share of text": ({"x": Categorical({"a": "half", "b": 0.5})}, "'a' is 'half'"),
    "a share of nothing": ({"x": Categorical({"a": None, "b": 0.5})}, "'a' is None"),
    "a share that is NaN": ({"x": Categorical({"a": math.nan, "b": 0.5})}, "'a' is nan"),
    "values of two types": ({"x": Categorical({"a": 0.5, 1: 0.5})}, "string and int64"),
    "objects as values": ({"x": Categorical({object(): 1.0})}, "Could not convert"),
    # Time
    "a month after the last": ({"x": Dates("+0d", "+2m", anchor="9999-11-30")}, "beyond the years 1 to 9999"),
    "a case of too few values": (
        {"tier": TIERS, "kind": TIERS, "x": Given(("tier", "kind"), {("Pro",): 1}, default=0)},
        "is not one of 2 values",
    ),
    "an hour below zero": ({"x": Times(*YEAR, hours=[-1, *[1] * 23])}, "24 weights ≥ 0"),
    "no hours": (timeline(hours=np.array([])), "24 weights"),
    "an inverted range": ({"x": Dates("2024-12-31", "2024-01-01")}, "inverted: 2024-12-31 is after 2024-01-01"),
    "no date": ({"x": Dates("2024-13-01", "2025-01-01")}, "'2024-13-01' is not a date; write it as"),
    "years as numbers": ({"x": Dates(2024, 2025)}, "2024 is not a date; write it as"),
    "None as date": ({"x": Dates(None, "2025-01-01")}, "None is not a date"),
    "relative to nothing": ({"x": Dates("-2y", "2024-01-01")}, "give anchor="),
    "an inverted period": ({"x": Timeline(*reversed(YEAR))}, "inverted"),
    "a period from None": ({"x": Timeline(None, "2024-12-31")}, "None is not a date"),
    "negative volume": (timeline(daily=-1), "must not be negative"),
    "no volume at all": (timeline(daily=0), "0 on all"),
    "text as volume": (timeline(daily="many"), "'many' is not a number"),
    "a falling trend": (timeline(trend=-5), "check trend and daily"),
    "two hours": (timeline(hours=[1, 2]), "24 weights"),
    "two months": (timeline(season=[1, 2]), "12 months"),
    "great noise": (timeline(noise=2), "from 0 to below 1"),
    "an event outside": (timeline(events=[Event("2025-01-01", "2025-01-02", 3)]), "lies outside of 2024-01-01"),
    "an inverted event": (timeline(events=[Event("2024-02-01", "2024-01-02", 3)]), "inverted"),
    "no event": (timeline(events=["2024-01-03"]), r"write Event\("),
    # Distributions
    "ends without an integer": ({"x": NUMBERS.clip(0.2, 0.8)}, "no int64 lies between them"),
    "an end of too many digits": ({"x": Normal().cast("decimal(3,2)").clip(None, 999)}, "does not fit into precision"),
    "more zeros than digits": ({"x": NUMBERS.round(-19)}, "out of range for type int64"),
    "a key padded with spaces": ({"x": Key("A{:6d}")}, "zero-padded '{:06d}'"),
    "a key that starts too high": ({"x": Key("A{}", start=2**64)}, r"below 10\^18"),
    "a negative scale": ({"x": Normal(0, -1)}, "scale must not be negative"),
    "a text as parameter": ({"x": Normal("a", 1)}, r"write col\('a'\) for a column"),
    "NaN as parameter": ({"x": Normal(math.nan, 1)}, "loc must be a finite number"),
    "a negative sigma": ({"x": LogNormal(1, -1)}, "sigma must not be negative"),
    "no waiting time": ({"x": Exponential(0)}, "scale must be positive"),
    "no tail": ({"x": Pareto(0)}, "a must be positive"),
    "a negative rate": ({"x": Poisson(-1)}, "lam must lie between"),
    "an inverted interval": ({"x": Uniform(3, 1)}, "low is above high"),
    "not frozen": ({"x": Distribution(scipy.stats.gamma)}, "give a frozen scipy.stats distribution"),
    "invalid parameters": ({"x": Distribution(scipy.stats.gamma(-1))}, "not valid"),
    # Modifiers
    "rounded text": ({"x": Constant("a").round(2)}, "for numbers"),
    "digits as text": ({"x": Normal().round("2")}, "number of digits is an integer"),
    "an inverted clip": ({"x": Normal().clip(3, 1)}, "low is above high"),
    "a clip to text": ({"x": Normal().clip("a")}, "'a' is not a number"),
    "too many nulls": ({"x": Normal().nulls(2)}, "between 0 and 1"),
    "nulls as text": ({"x": Normal().nulls("half")}, "'half'"),
    "an unknown type": ({"x": Normal().cast("strin")}, "did you mean 'string'"),
    "a key that is no number": ({"x": Key("C{}").cast("bigint")}, r"'C0' is not a value of int64; cast to a type that"),
    "a listed value of another type": (
        {"x": Categorical(["1", "x"]).nulls(0.1).cast("int")},
        "'x' is not a value of int",
    ),
    "a share by a column": (
        {"y": TIERS, "x": Normal().nulls(Given("y", {"Pro": 0.1}, default=0.9))},
        r"\.nulls\(Given\('y', \{'Pro': 0.1\}, default=0.9\)\): the share is a number; .* in each branch",
    ),
    "an impossible type": ({"x": Normal().cast("date")}, r"cannot cast double to date32"),
    "a misspelt field of a type": (
        {"x": Array(F.struct(low=Normal(), high=Normal()), length=1).cast("array<struct<low:double,hihg:double>>")},
        "no field 'high', which its values have: did you mean 'hihg'",
    ),
    "a number as type": ({"x": Normal().cast(5)}, "5 is not a type"),
    "an endless type": ({"x": Normal().cast("array<int")}, "cannot read the type"),
    # Expressions
    "a number as condition": ({"n": NUMBERS, "x": when(col("n"), 1)}, "int64, not boolean"),
    "Python's truth as condition": ({"n": NUMBERS, "x": when(True, 1)}, "write a condition on columns"),
    "cases of two types": ({"n": NUMBERS, "x": when(col("n") > 1, 1).otherwise("a")}, "int64 and string"),
    "numbers against text": ({"n": NUMBERS, "x": when(col("n") > "a", 1)}, "cannot compare int64 and string"),
    "arithmetic with text": ({"tier": TIERS, "x": col("tier") * 2}, "cannot multiply string and int32"),
    "numbers among texts": ({"n": NUMBERS, "x": col("n").isin("a", "b")}, "can never be"),
    # References
    "a negative weight": (parent(weights=Given("tier", {"Pro": 1, "Enterprise": -1})), "not be negative.* is -1"),
    "no weight at all": (parent(weights=Given("tier", {"Pro": 0, "Enterprise": 0})), "all weights are 0"),
    "weights by an unknown column": (parent(weights=Given("teir", {"Pro": 1}, default=0)), "did you mean 'tier'"),
    "weights as a dict": (parent(weights={"Pro": 1}), "write a generator"),
    "weights without a bound": (parent(weights=LogNormal() * LogNormal()), r"add \.clip"),
    "a condition as text": (parent(where="joined < day"), "write a generator"),
    "a condition that is none": (parent(where=col("x.joined")), "where is a condition"),
    "a condition on an unknown column": (parent(where=col("x.joind") < "2020-01-01"), "did you mean 'joined'"),
    "a condition that nobody meets": (
        {"day": Dates("2010-01-01", "2010-12-31"), **parent(where=col("x.joined") <= col("day"))},
        "no parent can ever meet .*ranges of both sides do not touch",
    ),
    # Keys and texts
    "a key without a number": ({"x": Key("ABC")}, "write one place for the number"),
    "a key with two": ({"x": Key("{}{}")}, "write one place for the number"),
    "a negative start": ({"x": Key("{}", start=-1)}, "start must be an integer"),
    "an unknown provider": ({"x": Fake("compny")}, "did you mean 'company'"),
    "an unknown locale": ({"x": Fake("company", locale="de_GE")}, "no locale 'de_GE': did you mean 'de_DE'"),
    "an unknown provider in factory_boy's words": ({"x": factory.Faker("compny")}, "did you mean 'company'"),
    # Constants and nested values
    "an object": ({"x": object()}, "cannot be a column's value"),
    "a class": ({"x": Normal}, r"write Normal\(…\)"),
    "a list of two types": ({"x": [1, "a"]}, "cannot be a column's value"),
    "an array of two types": ({"x": factory.List([1, "a"])}, "items of an array have one type"),
    "a bad item": ({"x": factory.List([Normal(0, -1)])}, "scale must not be negative"),
    "a bad field": ({"x": factory.Dict({"a": Categorical({"u": 0.2})})}, "sum to 0.2"),
    "a nested foreign key": ({"x": factory.SubFactory(OrderFactory)}, r"write ForeignKey\(OrderFactory\) in place"),
}


@pytest.mark.parametrize(("declared", "message"), BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("compile_", ["plan", "Dataset", "build"])
def test_what_can_never_work_is_said_when_the_factory_is_compiled(declared: Any, message: Any, compile_: Any) -> None:
    # Writing it down is not an error: the factory may be abstract, or a subclass may mend it.
    meta = type("Meta", (), {"table": "bad"})
    factory_class = type(TableFactory)("BadFactory", (TableFactory,), {"Meta": meta, **declared})
    ways = {
        "plan": factory_class._meta.plan,
        "Dataset": lambda: Dataset({factory_class: 5}),
        "build": factory_class.build,
    }
    with pytest.raises(DeclarationError, match=rf"(?s)^bad\.x.*{message}"):
        ways[compile_]()


@pytest.mark.parametrize("rows", [-1, 1.5, "10", True, math.nan, [1]])
def test_row_counts_are_whole_numbers(rows: Any) -> None:
    with pytest.raises(DeclarationError, match=r"rows of 'customers' is .*must"):
        Dataset({CustomerFactory: rows})


@pytest.mark.parametrize("rows", [0, 1, np.int64(3)])
def test_any_whole_number_of_rows_will_do(rows: Any) -> None:
    dataset = Dataset({CustomerFactory: rows})
    assert dataset.customers.to_arrow().num_rows == dataset.customers.num_rows == rows


@pytest.mark.parametrize("rows", [-1, 1.5, "10", True])
def test_rows_of_meta_are_whole_numbers(rows: Any) -> None:
    class WrongFactory(TableFactory):
        class Meta:
            table = "wrong"

        x = NUMBERS

    WrongFactory._meta.rows = rows
    with pytest.raises(DeclarationError, match=r"wrong: Meta\.rows is"):
        WrongFactory._meta.plan()


@pytest.mark.parametrize("seed", [1.5, "42", None, True])
def test_seeds_are_whole_numbers(seed: Any) -> None:
    with pytest.raises(DeclarationError, match=r"seed is .*must be an integer"):
        Dataset({CustomerFactory: 1}, seed=seed)


@pytest.mark.parametrize("given", [factory.Factory, "orders", OrderFactory.build, 5])
def test_only_table_factories_make_tables(given: Any) -> None:
    with pytest.raises(DeclarationError, match="is not a TableFactory"):
        Dataset({given: 5})


def test_two_factories_of_one_table() -> None:
    class OtherFactory(CustomerFactory):
        class Meta:
            table = "customers"

    with pytest.raises(DeclarationError, match=r"both make the table 'customers'.*Meta.table"):
        Dataset({CustomerFactory: 5, OtherFactory: 5})


def test_columns_are_checked_once_and_again_where_another_table_takes_the_place_of_their_parent() -> None:
    checked: list[str] = []

    @dataclass(frozen=True, init=False, repr=False)
    class Noted(Given):
        def check(self, scope: Any) -> None:
            checked.append(scope.place)
            super().check(scope)

    class VisitFactory(TableFactory):
        parent = ForeignKey(ParentFactory)
        fee = Noted("parent.tier", {"Enterprise": 0, "Pro": 5})

    class BossFactory(ParentFactory):
        boss = ForeignKey("self")

    class FreeFactory(ParentFactory):
        tier = "Free"

    for seed in (1, 2):
        Dataset({VisitFactory: 3, ParentFactory: 2}, seed=seed)
    assert checked == ["visits.fee"]
    Dataset({VisitFactory: 3, BossFactory: 2})
    assert checked == ["visits.fee"] * 2
    with pytest.raises(DeclarationError, match=r"visits.fee: Given\('parent.tier'\) has no case for 'Free'"):
        Dataset({VisitFactory: 3, FreeFactory: 2})


def test_nested_columns_have_the_type_of_the_table_that_takes_a_parents_place() -> None:
    class FeeFactory(TableFactory):
        fee = col("..parent.tier")

    class BillFactory(TableFactory):
        parent = ForeignKey(ParentFactory)
        nested = factory.SubFactory(FeeFactory)

    class RankedFactory(ParentFactory):
        tier = 1.5

    for parent_factory, fees in ((ParentFactory, {"Enterprise", "Pro"}), (RankedFactory, {1.5})):
        bills = Dataset({BillFactory: 1, parent_factory: 1}).bills.to_arrow().to_pylist()
        assert {bill["nested"]["fee"] for bill in bills} <= fees


def test_a_foreign_key_to_what_has_no_key() -> None:
    class KeylessFactory(TableFactory):
        x = NUMBERS

    with pytest.raises(DeclarationError, match="has no key to refer to: declare a Key in KeylessFactory"):

        class ChildFactory(TableFactory):
            keyless = ForeignKey(KeylessFactory)


def test_a_key_that_is_no_column() -> None:
    class MisspeltFactory(TableFactory):
        class Meta:
            table = "misspelt"
            key = "idd"

        id = Key("{}")

    with pytest.raises(DeclarationError, match=r"misspelt: Meta.key is 'idd': did you mean 'id'"):
        MisspeltFactory._meta.plan()


def test_a_subclass_may_leave_cases_of_its_parent_unused() -> None:
    class FreeFactory(CustomerFactory):
        tier = "Free"

    class PaidFactory(CustomerFactory):
        tier = Categorical({"Pro": 0.5, "Enterprise": 0.5})

    assert {row["arr"] for row in Dataset({FreeFactory: 20}).customers.to_arrow().to_pylist()} == {0.0}
    assert Dataset({PaidFactory: 20}).customers.to_arrow()["arr"].to_pylist()[0] > 0


def test_arrays_of_numbers_are_as_good_as_lists() -> None:
    months, hours = [1.0, 2.0] * 6, [1.0] * 24
    lists = Timeline(*YEAR, season=months, hours=hours)
    arrays = Timeline(*YEAR, season=np.array(months), hours=np.array(hours))
    assert lists == arrays


def test_factories_that_nest_each_other_without_end() -> None:
    class EndlessFactory(TableFactory):
        again = factory.SubFactory("test_declarations.EndlessFactory")

    globals()["EndlessFactory"] = EndlessFactory
    with pytest.raises(DeclarationError, match="without end"):
        EndlessFactory._meta.plan()


def net(amount: Any) -> Any:
    return amount / 1.19


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (net, "the function net is not a value: write @column above"),
        (lambda amount: amount, "a lambda is not a value: write @column above"),
        (len, "the function len is not a value"),
        (property(net), "a property is not a value"),
        (Normal().round, r"\.round is a method: call it, as in \.round\("),
    ],
)
def test_functions_in_place_of_values_say_what_to_write(value: Any, message: str) -> None:
    factory_class: Any = type("BadFactory", (TableFactory,), {"Meta": type("Meta", (), {"table": "bad"}), "x": value})
    for attempt in (factory_class.build, factory_class._meta.plan):
        with pytest.raises(DeclarationError, match=rf"^bad\.x: {message}"):
            attempt()
