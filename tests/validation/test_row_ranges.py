"""What lies a random interval after another column, or is computed from something random, is checked row by row."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    Exponential,
    ForeignKey,
    Given,
    Integers,
    Key,
    LogNormal,
    Normal,
    Poisson,
    TableFactory,
    Times,
    Uniform,
    assert_matches,
    col,
    days,
    hours,
    minutes,
    seconds,
    when,
)
from pytest_synthdata.validation.declared.steps import Round, Snap, digits_of


class WardFactory(TableFactory):
    ward_id = Key("W{}")
    opened = Dates("2010-01-01", "2020-12-31")


class StayFactory(TableFactory):
    stay_id = Key("S{}")
    ward = ForeignKey(WardFactory)
    kind = Categorical({"day": 0.5, "night": 0.5})
    begun = Times("2024-01-01", "2024-12-31")
    on = Dates("2024-01-01", "2024-12-31").nulls(0.2)
    level = Integers(1, 5)
    price = LogNormal(3, 1).round(2)
    ended = col("begun") + days(Poisson(3) + 1)
    left = col("begun") + seconds(Exponential(474_400).clip(117, 4_569_907).round())
    called = col("begun") - hours(Uniform(0, 48))
    seen = minutes(Uniform(5, 50).round(1)) + col("begun")
    due = col("on") + days(Integers(10, 30))
    asked = col("on") - Poisson(4)
    paid = (col("on") + days(Categorical({14: 0.5, 30: 0.5}))).nulls(0.1)
    sent = when(col("kind") == "day", col("begun") + hours(Given("level", {1: Exponential(3)}, default=Uniform(1, 2))))
    closed = col("ward.opened") + days(Uniform(1, 10))
    told = col("begun") + days(Poisson(col("level")))
    rung = col("begun") + hours(Uniform(0, col("level")))
    day = (col("begun") + hours(Exponential(5))).cast("date")
    twice = col("begun") + days(Poisson(1)) + hours(Uniform(1, 2))
    cost = col("price") + Uniform(1, 2)
    gross = (col("price") * Uniform(1.05, 1.25)).round(2)
    rest = (col("price") - Normal(0, 1).clip(0, None)).clip(0, None)
    whole = (col("level") * Uniform(1, 2)).cast("int")
    fixed = dt.date(2024, 5, 1) + days(Poisson(3))


class ShortStayFactory(TableFactory):
    class Meta:
        where = col("ended") < dt.date(2024, 6, 1)

    begun = Times("2024-01-01", "2024-12-31")
    ended = col("begun") + days(Poisson(3) + 1)


class TiedStayFactory(TableFactory):
    class Meta:
        correlations: ClassVar = {("begun", "length"): 0.8}

    begun = Dates("2024-01-01", "2024-12-31")
    length = Integers(1, 20)
    ended = col("begun") + days(col("length"))
    late = col("begun") + days(Poisson(col("length")))


def dataset(seed: int, rows: int) -> Dataset:
    return Dataset({WardFactory: 5, StayFactory: rows, ShortStayFactory: rows, TiedStayFactory: rows}, seed=seed)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("rows", [30, 1_000])
def test_correct_data_passes(seed: int, rows: int) -> None:
    made = dataset(seed, rows)
    result = made.validate()
    assert result.ok, "\n".join(map(str, result.failed))
    if seed < 3:
        assert_matches(made.stays.to_pandas(), StayFactory, parents=made)


@pytest.fixture(scope="module")
def stays() -> Dataset:
    return dataset(7, 1_000)


def test_the_interval_has_the_declared_distribution(stays: Dataset) -> None:
    checks = {(check.column, check.kind): check for check in stays.validate()["stays"].checks}
    assert checks["ended", "shape"].subject == "days after begun"
    assert checks["ended", "outside of the range"].subject == "1 … ∞ days after begun"
    assert checks["called", "outside of the range"].subject == "0 … 48 hours before begun"
    assert checks["due", "outside of the range"].subject == "10 … 30 days after on"
    assert checks["asked", "median"].declared == 4
    assert checks["paid", "share"].declared == 0.5
    assert checks["paid", "nulls"].declared == 0.1


MOVED = ["ended", "left", "seen", "closed", "told", "rung", "twice", "sent"]


@pytest.mark.parametrize("name", MOVED)
def test_one_end_before_its_start_is_found(stays: Dataset, name: str) -> None:
    rows = stays.stays.to_arrow().to_pylist()
    row = next(number for number, one in enumerate(rows) if one[name] is not None)
    rows[row][name] -= dt.timedelta(days=9_999)
    assert failures(stays, rows) == {(name, "outside of the range")}


@pytest.mark.parametrize(
    ("name", "value"),
    [("due", dt.date(2099, 1, 1)), ("asked", dt.date(2099, 1, 1)), ("day", dt.date(1999, 1, 1)), ("cost", 0.5),
     ("gross", 0.0), ("rest", -1.0), ("whole", 11), ("fixed", dt.date(2024, 4, 30))],
)  # fmt: skip
def test_one_value_outside_of_its_row_s_range_is_found(stays: Dataset, name: str, value: Any) -> None:
    rows = stays.stays.to_arrow().to_pylist()
    row = next(number for number, one in enumerate(rows) if one[name] is not None)
    rows[row][name] = value
    assert failures(stays, rows) == {(name, "outside of the range")}


def test_nulls_follow_those_of_the_start(stays: Dataset) -> None:
    rows = stays.stays.to_arrow().to_pylist()
    empty = next(number for number, one in enumerate(rows) if one["on"] is None)
    rows[empty]["due"] = dt.date(2024, 6, 1)
    assert failures(stays, rows) == {("due", "values")}
    rows[empty]["due"] = None
    full = next(number for number, one in enumerate(rows) if one["on"] is not None)
    rows[full]["due"] = None
    assert failures(stays, rows) == {("due", "nulls")}


def test_other_intervals_are_found(stays: Dataset) -> None:
    rows = stays.stays.to_arrow().to_pylist()
    for row in rows:
        row["left"] = row["begun"] + (row["left"] - row["begun"]) / 1.3
        row["told"] = row["begun"] + dt.timedelta(days=9 - row["level"])
    assert {("left", "shape"), ("told", "shape")} <= failures(stays, rows)


def test_what_is_not_looked_at_is_said(stays: Dataset) -> None:
    unchecked = stays.validate()["stays"].unchecked
    assert {*unchecked} == {"day", "twice", "cost", "gross", "rest", "whole"}
    assert unchecked["cost"] == "col('price') + Uniform(low=1, high=2): only the range of each row is checked"


def failures(stays: Dataset, rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    changed = pa.Table.from_pylist(rows, stays.stays.schema)
    parents = {"wards": stays.wards.to_arrow()}
    return {(check.column, check.kind) for check in stays.validate({"stays": changed, **parents}).failed}


def test_rounding_to_parts_of_a_unit() -> None:
    snap = Snap(4)
    assert snap.forward(np.array([0.1, 0.13, 0.9])).tolist() == [0.0, 0.25, 1.0]
    assert snap.back(np.array([0.25, 0.1])).tolist() == [0.375, 0.125]
    assert digits_of((Round(1), Snap(60_000_000))) == 1
    assert digits_of((Round(9), Snap(60_000_000))) is None
