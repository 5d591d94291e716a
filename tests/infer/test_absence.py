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


def test_numbers_that_depend_on_whether_another_value_is_there() -> None:
    flags = [[None, True, False][number % 3] for number in range(ROWS)]
    values = [900 + number % 97 if flag is None else number % 89 for number, flag in enumerate(flags)]
    assert 'col("flag").is_not_null(), Integers(0, 88)' in made({"flag": flags, "value": values})[0]


def test_nulls_at_random_stay_so() -> None:
    values = [value if drawn < 0.8 else None for value, drawn in zip(VALUES["number"], RNG.random(ROWS), strict=True)]
    source, _ = made({"state": STATES, "value": values})
    assert "when" not in source
    assert ".nulls(0." in source


def struct(number: int) -> dict[str, Any]:
    return {"a": number % 7, "class": "xy"[number % 2], "in": {"z": number % 5} if number % 3 else None}


def test_structs_are_null_as_often_within_structs_too() -> None:
    """Of 2,000 rows 0.1 and of the others 0.33 are null: 5 standard errors are 0.034 and 0.053."""
    rows = [None if drawn < 0.1 else struct(number) for number, drawn in enumerate(RNG.random(ROWS))]
    columns = {"number": range(ROWS), "value": rows}
    _, table = made(columns)
    assert table.schema.field("value").type == pa.table(columns).schema.field("value").type
    values = table["value"].combine_chunks()
    assert abs(values.null_count / ROWS - 0.1) < 0.034
    assert abs(pc.struct_field(values.drop_null(), [2]).null_count / len(values.drop_null()) - 0.33) < 0.053


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([None, {"k": [{"a": 1}]}] * 50, "50.0% of the source's values are null, and none are here."),
        ([None, {"k": [{"a": 1}]}, {"k": None}] * 50, "33.3% of the source's values are null, and none are here."),
        (
            pa.array([None, [[("a", 1)]]] * 50, pa.list_(pa.map_(pa.string(), pa.int64()))),
            "50.0% of the source's values are null, and none are here.",
        ),
        (
            pa.array([None, {"k": [("a", 1)]}] * 50, pa.struct([("k", pa.map_(pa.string(), pa.int64()))])),
            "50.0% of the source's values are null, and none are here.",
        ),
        (
            pa.array([None, [("a", 1)], [("b", 2)], []] * 50, pa.map_(pa.string(), pa.int64())),
            "25.0% of the source's values are null, and none are here.",
        ),
        ([1.5, float("inf"), 2.5, 3.5] * 50, "25.0% of the source's values are infinite or NaN, and null here."),
        ([b"ab", b"cd"] * 50, "Eight letters stand for its bytes."),
    ],
)
def test_what_cannot_be_kept_is_told(values: Any, said: str) -> None:
    source = inferred({"claims": pa.table({"value": values})})[2]
    assert said in " ".join(source.replace("    # ", "").split())
