"""A null in one row changes no cell of another, nor does its absence, by whatever a column is computed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Array,
    Boolean,
    Categorical,
    Dataset,
    Dates,
    Given,
    Integers,
    Normal,
    Poisson,
    TableFactory,
    Template,
    Times,
    Uniform,
    col,
    column,
    when,
)
from pytest_synthdata import functions as F
from pytest_synthdata.columns.expressions.operators import FUNCTIONS, SYMBOLS, Call, Operation
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.modifiers import Modifier

ROWS = 300
SHARE = 0.03  # of nulls in each column that others read: most rows have none, and each column has some


@column
def of_whole_columns(number: Any, whole: Any, price: Any) -> Any:
    return np.round(number * 1.5 + whole / 7 + price, 2)


@column
def as_texts(whole: Any, long: Any, yes: Any) -> Any:
    return [f"{one} {two} {three}" for one, two, three in zip(whole, long, yes, strict=True)]


@column
def halves(whole: Any, yes: Any) -> Any:
    return np.where(yes == np.True_, whole // 2, whole)


class InputFactory(TableFactory):
    class Meta:
        table = "inputs"

    number = Normal(9, 2).round(2).nulls(SHARE)
    odd = Categorical([math.nan, math.inf, -0.0, 2.675, 1.005, -3.5]).nulls(SHARE)
    whole = Integers(-9, 60).nulls(SHARE)
    long = Integers(-(2**62), 2**62).nulls(SHARE)
    small = Integers(0, 9).cast("int").nulls(SHARE)
    price = Normal(9, 2).cast("decimal(10,3)").nulls(SHARE)
    single = Normal(9, 2).cast("float").nulls(SHARE)
    yes = Boolean(0.5).nulls(SHARE)
    text = Categorical(["ab-c", " Straße 12", "", "2024-02-29"]).nulls(SHARE)
    day = Dates("2020-01-01", "2024-12-31").nulls(SHARE)
    at = Times("2020-01-01", "2024-12-31").nulls(SHARE)


def is_null_unless_kept(name: str) -> Any:
    """A column of `InputFactory`, null by a condition: of a part of the rows, all values may be."""
    generator = InputFactory._meta.pre_declarations[name].declaration.generator
    if name in ("whole", "text"):
        return Given("kept", {True: generator}, default=None)
    return when(col("kept"), generator).otherwise(None)


class ConditionalFactory(TableFactory):
    class Meta:
        table = "inputs"

    kept = Boolean(0.9)


NUMBERS = [col(name) for name in ("number", "odd", "whole", "long", "price", "single")]
FINITE = [one for one in NUMBERS if one.name != "odd"]


def arithmetic() -> Iterator[Any]:
    for one in NUMBERS:
        yield from (one + 1.1, one - col("number"), one * 1.5, one / 7, one % 0.7, -one, F.sqrt(one), F.abs(one))
        yield from (one < 2.675, one >= col("odd"), one == 1.005, F.nullif(one, F.lit(0)))
        yield from (F.coalesce(one, F.lit(1.5)), F.greatest(one, "odd"), F.least(one, "number"), one <= 3, one > 1)
        yield from (when(col("yes"), one * 1.1), F.pmod(one, F.lit(3)))
        yield when(one > 2, one).otherwise(col("whole") if one.name == "price" else col("number"))
    for one in FINITE:
        yield from (one.isin(1, 9) if one.name == "price" else one.isin(1, 2.675),)
        yield from (one // 0.7, F.floor(one / 3), F.ceil(one / 3), Normal((one * 1.0).clip(0, 9), 1))
        yield Given(one.name, bins=[0, 5.5], then=[1, col("number") * 1.5, col("whole")])
    yield from (Poisson(F.abs("number")), Uniform(col("number"), 90), Integers(-9, col("whole").clip(-9)))
    yield from (Boolean((col("whole") / 70).clip(0, 1)), Given("yes", {True: col("number") * 1.5}, default=col("odd")))


def modified() -> Iterator[Any]:
    for one in (*NUMBERS, *(number * 1.5 for number in NUMBERS), *(number / col("number") for number in NUMBERS)):
        yield from (one.round(digits) for digits in (-1, 0, 1, 2, 3))
        yield from (one.clip(-2.3, 7.7), one.clip(0, None).round(1), one.nulls(0.1).round(2), one.cast("double"))
        yield from (F.coalesce(one, F.lit(0)).not_null(), one.cast("string"), one.cast("float").round(1))
    for one in FINITE:
        yield from ((one / 7).cast("decimal(38,3)"), (one * 1.5).clip(-9, 9).cast("int"))
    yield from (Dates("2020-01-01", "2024-12-31").unique(), Integers(0, ROWS).unique().nulls(0.2))


def functions() -> Iterator[Any]:
    text, day, at = col("text"), col("day"), col("at")
    yield from (getattr(F, name)("text") for name in ("upper", "lower", "initcap", "length", "reverse"))
    yield from (getattr(F, name)("text") for name in ("trim", "ltrim", "rtrim"))
    yield from (getattr(text, name)("2") for name in ("contains", "startswith", "endswith", "like", "rlike"))
    yield from (
        F.substring("text", 2, 3),
        F.lpad("text", 5, "*"),
        F.rpad("text", 5, "*"),
        F.replace("text", F.lit("a"), F.lit("o")),
    )
    yield from (F.regexp_extract("text", r"(\d+)", 1), F.regexp_replace("text", r"\d", "x"), F.concat("text", "number"))
    yield from (F.concat_ws("-", "text", "whole", "number"), F.to_json(F.struct("number", "whole", "text", "day")))
    yield from (F.struct("number", "text"), F.greatest("text", F.lit("b")), F.isnull("text"), F.isnotnull("number"))
    yield F.replace("text", F.lit("a"), F.lit("o"))
    yield F.replace("text", F.substring("text", 1, 1), F.concat("whole", F.lit("x")))
    yield from (F.size(Array("x", length=col("small"))), F.size(F.create_map(F.lit("a"), "number")))
    yield F.create_map(F.lit("a"), "number", F.lit("b"), "small")
    for name in ("year", "quarter", "month", "weekofyear", "dayofyear", "dayofmonth", "dayofweek", "weekday"):
        yield from (getattr(F, name)("day"), getattr(F, name)("at"))
    yield from (getattr(F, name)("at") for name in ("hour", "minute", "second"))
    yield from (F.date_add("day", "small"), F.date_sub("day", 3), F.add_months("day", "small"), F.last_day("day"))
    yield from (F.datediff("at", "day"), F.date_trunc("week", "at"), F.trunc("day", "quarter"), at - day, day < at)
    yield from (F.date_format("at", "EEE, d. MMMM yy h:mm a.SSS"), F.to_date("at"), F.to_timestamp("day"))
    yield from (day + F.days("small"), at + F.days(col("number")), day + F.hours("number"), at - F.minutes("price"))
    yield from (at + F.seconds("number"), (col("whole") > 3) & col("yes"), (col("number") > 9) | ~col("yes"))
    yield from (~(text == "ab-c"), text != "", Template("{number} {whole} {text|upper} {day}"), of_whole_columns)
    yield from (Array(col("number") * 1.5, length=2), as_texts, halves)


def parts(declared: Generator) -> Iterator[Generator]:
    yield declared
    for child in declared.children():
        yield from parts(child)


def comparable(value: Any) -> Any:
    return "nan" if isinstance(value, float) and math.isnan(value) else repr(value)


def differing(made: dict[str, Any], part: Any, whole: Any, rows: list[int]) -> list[str]:
    return [
        f"{one!r}: {found!r} in row {row}, and {expected!r} in the whole table"
        for name, one in made.items()
        for row, found, expected in zip(rows, part[name].to_pylist(), whole[name].to_pylist(), strict=True)
        if comparable(found) != comparable(expected)
    ]


@pytest.mark.parametrize("declared", [arithmetic, modified, functions])
def test_rows_without_nulls_are_as_they_are_among_rows_with_nulls(declared: Any) -> None:
    made = {f"c{number}": one for number, one in enumerate(declared())}
    dataset = Dataset({type("ResultFactory", (InputFactory,), {"__module__": __name__, **made}): ROWS}, seed=3)
    whole = dataset.inputs.to_arrow()
    inputs = zip(*(whole[name].is_valid().to_pylist() for name in InputFactory._meta.pre_declarations), strict=True)
    rows = [row for row, valid in enumerate(inputs) if all(valid)]
    alone = dataset.take(inputs=rows).inputs.to_arrow()
    assert differing(made, alone, whole.take(rows), rows) == []


@pytest.mark.parametrize("declared", [arithmetic, modified, functions])
def test_rows_that_are_all_null_are_as_they_are_among_others(declared: Any) -> None:
    made = {f"c{number}": one for number, one in enumerate(declared())}
    inputs = {name: is_null_unless_kept(name) for name in InputFactory._meta.pre_declarations}
    kind = type("ResultFactory", (ConditionalFactory,), {"__module__": __name__, **inputs, **made})
    dataset = Dataset({kind: ROWS}, seed=3)
    whole = dataset.inputs.to_arrow()
    rows = [row for row, kept in enumerate(whole["kept"].to_pylist()) if not kept]
    part = dataset.take(inputs=rows).inputs.to_arrow()
    assert differing(made, part, whole.take(rows), rows) == []


class MixedFactory(TableFactory):
    kept = Boolean(0.5)
    number = when(col("kept"), Integers(1, 9)).otherwise(Uniform(1, 9).round(1))
    number_as_text = Template("{number}")
    price = Given("kept", {True: Integers(1, 9).cast("decimal(10,2)")}, default=Integers(1, 9))
    price_as_text = Template("{price}")
    items = when(col("kept"), Array(Integers(1, 9), length=2))
    nested = factory.Dict({"items": factory.SelfAttribute("..items"), "x": when(col("..kept"), 1).otherwise(None)})
    nested_as_text = F.to_json("nested")
    code = factory.LazyAttribute(lambda row: 5 if row.kept else None)
    size = Given("code", bins=[3], then=["small", "large"])
    is_sold = factory.LazyAttribute(lambda row: True if row.kept else None)
    is_unsold = ~col("is_sold")


def test_rows_of_one_branch_are_as_they_are_among_those_of_others() -> None:
    table = Dataset({MixedFactory: 12}, seed=3).mixeds
    whole = table.to_arrow()
    assert pa.concat_tables([table.to_arrow(row, row + 1) for row in range(12)]).equals(whole)
    assert set(whole["kept"].to_pylist()) == {True, False}


def test_all_functions_operators_and_modifiers_are_among_them() -> None:
    used = [part for declared in (arithmetic, modified, functions) for one in declared() for part in parts(one)]
    assert {one.function for one in used if isinstance(one, Call)} == set(FUNCTIONS)
    assert {one.function for one in used if isinstance(one, Operation)} >= set(SYMBOLS)
    assert {type(one) for one in used if isinstance(one, Modifier)} == set(Modifier.__subclasses__())
