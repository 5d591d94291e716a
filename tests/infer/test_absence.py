"""Nulls that depend on another column are found: generated rows are null where the source's are."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from test_infer import executed, inferred

from pytest_synthdata import Dataset

ROWS = 2_000
RNG = np.random.default_rng(11)
STATES = RNG.choice(["open", "closed", "cancelled"], ROWS, p=[0.2, 0.6, 0.2])
DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=int(day)) for day in RNG.integers(0, 300, ROWS)]
VALUES = {
    "number": RNG.normal(10, 1, ROWS).round(2).tolist(),
    "listed": RNG.choice(["a", "b", "c"], ROWS).tolist(),
    "date": [day.isoformat() for day in DAYS],
    "day": DAYS,
    "address": [f"x{number}@example.org" for number in range(ROWS)],
}


def made(columns: dict[str, Any]) -> tuple[str, pa.Table]:
    source = inferred({"claims": pa.table(columns)})[2]
    (factory,) = executed(source).values()
    return source, Dataset({factory: ROWS}).claims.to_arrow()


def nulls(table: pa.Table, name: str, where: Any) -> float:
    """The share of nulls in the rows that meet a condition."""
    return float(pc.mean(table.filter(where)[name].is_null().cast("int8")).as_py() or 0)


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("is_first", [True, False])
def test_null_in_the_rows_of_one_value(kind: str, is_first: bool) -> None:
    values = [value if state != "open" else None for value, state in zip(VALUES[kind], STATES, strict=True)]
    columns = {"value": values, "state": STATES} if is_first else {"state": STATES, "value": values}
    _, table = made(columns)
    is_open = pc.equal(table["state"], "open")
    assert nulls(table, "value", is_open) == 1
    assert nulls(table, "value", pc.invert(is_open)) == 0


def test_shares_of_nulls_differ() -> None:
    """0.5 of 400 rows: a standard deviation of 0.025 in the source, and as much in what is generated."""
    values = [value if state != "open" or drawn < 0.5 else None for value, state, drawn in zip(VALUES["number"], STATES, RNG.random(ROWS), strict=True)]  # fmt: skip # noqa: E501
    _, table = made({"state": STATES, "value": values})
    is_open = pc.equal(table["state"], "open")
    assert abs(nulls(table, "value", is_open) - 0.5) < 0.18
    assert nulls(table, "value", pc.invert(is_open)) == 0


def test_an_end_that_follows_a_start_is_null_while_the_row_is_open() -> None:
    ends = [day + dt.timedelta(days=1 + number % 9) for number, day in enumerate(DAYS)]
    ended = [end if state != "open" else None for end, state in zip(ends, STATES, strict=True)]
    source, table = made({"started": DAYS, "ended": ended, "state": STATES})
    assert 'when(\n        col("state") != "open"' in source or 'when(col("state") != "open"' in source
    assert nulls(table, "ended", pc.equal(table["state"], "open")) == 1
    assert pc.all(pc.greater(table["ended"], table["started"])).as_py()


@pytest.mark.parametrize("is_there", [True, False])
def test_a_flag_decides(is_there: bool) -> None:
    flags = STATES == "open"
    values = [value if flag == is_there else None for value, flag in zip(VALUES["number"], flags, strict=True)]
    source, table = made({"is_open": flags, "value": values})
    assert ("when(col" in source) is is_there
    assert nulls(table, "value", table["is_open"]) == (not is_there)
    assert nulls(table, "value", pc.invert(table["is_open"])) == is_there


def test_a_number_decides() -> None:
    levels = RNG.integers(1, 6, ROWS)
    values = [value if level >= 3 else None for value, level in zip(VALUES["number"], levels, strict=True)]
    source, table = made({"level": levels, "value": values})
    assert 'col("level") >= 3' in source
    assert nulls(table, "value", pc.less(table["level"], 3)) == 1


def test_a_value_that_is_missing_decides() -> None:
    grades = [None if state == "open" else state for state in STATES]
    values = [value if grade is None else None for value, grade in zip(VALUES["number"], grades, strict=True)]
    _, table = made({"grade": grades, "value": values})
    assert nulls(table, "value", table["grade"].is_null()) == 0
    assert nulls(table, "value", table["grade"].is_valid()) == 1


def test_nulls_at_random_stay_so() -> None:
    values = [value if drawn < 0.8 else None for value, drawn in zip(VALUES["number"], RNG.random(ROWS), strict=True)]
    source, _ = made({"state": STATES, "value": values})
    assert "when" not in source
    assert ".nulls(0." in source
