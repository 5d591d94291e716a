"""A condition only leaves values out: ranges, lists, periods and nulls of the columns that it reads stay checked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    Fake,
    Integers,
    Key,
    LogNormal,
    Poisson,
    TableFactory,
    Times,
    assert_matches,
    col,
    days,
    when,
)

RANGE = "outside of the range"
MOMENT = dt.datetime(1999, 1, 1, tzinfo=dt.timezone.utc)


class LeaseFactory(TableFactory):
    class Meta:
        where = (
            (col("start") < col("end"))
            & (col("grade") != "c")
            & (col("seen") > "2024-02-01")
            & (col("left") < col("told"))
            & (col("number") < col("top"))
            & (col("note") != "x")
        )

    lease_id = Key("L{}")
    kind = Categorical({"buy": 0.4, "rent": 0.6})
    grade = Categorical({"a": 0.3, "b": 0.4, "c": 0.3})
    start = Dates("2023-01-01", "2024-12-31")
    end = when(col("kind") == "rent", Dates("2023-01-01", "2026-12-31")).otherwise(Dates("2030-01-01", "2030-12-31"))
    seen = Times("2024-01-01", "2024-12-31")
    left = col("seen") + days(Poisson(3))
    told = (col("seen") + days(Poisson(9) + 1)).nulls(0.1)
    number = Integers(1, col("top"))
    top = Integers(2, 9)
    price = when(col("kind") == "rent", LogNormal(7, 0.5).round(2))
    note = Fake("word")


@pytest.fixture(scope="module")
def leases() -> Dataset:
    return Dataset({LeaseFactory: 500})


@pytest.mark.parametrize("rows", [20, 500])
@pytest.mark.parametrize("seed", range(10))
def test_correct_data_passes(seed: int, rows: int) -> None:
    result = Dataset({LeaseFactory: rows}, seed=seed).validate()
    assert result.ok, "\n".join(map(str, result.failed))


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("grade", "d", "other values"), ("grade", None, "nulls"), ("start", dt.date(1999, 1, 1), RANGE),
        ("start", None, "nulls"), ("end", dt.date(2099, 1, 1), RANGE), ("end", None, "nulls"),
        ("seen", MOMENT, "outside of the period"), ("seen", None, "nulls"), ("left", MOMENT, RANGE),
        ("number", 0, RANGE), ("top", 10, RANGE),
    ],
)  # fmt: skip
def test_one_value_that_cannot_come_out_is_found(leases: Dataset, column: str, value: Any, kind: str) -> None:
    rows = leases.leases.to_arrow().to_pylist()
    rows[3][column] = value
    result = leases.validate({"leases": pa.Table.from_pylist(rows, leases.leases.schema)})
    assert (column, kind) in {(check.column, check.kind) for check in result.failed}


def test_shares_and_shapes_are_not_judged_and_that_is_said(leases: Dataset) -> None:
    (result,) = leases.validate().tables
    chosen = {"grade", "start", "end", "seen", "left", "told", "number", "top"}
    assert not {check.kind for check in result.checks if check.column in chosen and check.p_value is not None}
    assert {result.unchecked[name] for name in chosen} == {
        "only single rows are checked: how often each value stays depends on Meta.where"
    }
    assert "any value may come out" in result.unchecked["note"]
    assert_matches(leases.leases.to_pandas(), LeaseFactory)
