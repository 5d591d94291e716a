"""Dates and times that follow exactly from others of their row are computed from them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from test_infer import executed, inferred

from pytest_synthdata import Dataset

ROWS = 600
RNG = np.random.default_rng(3)
TIMES = [dt.datetime(2023, 1, 1) + dt.timedelta(seconds=int(one)) for one in RNG.integers(0, 60_000_000, ROWS)]  # noqa: DTZ001
DAYS = [one.date() for one in TIMES]
NIGHTS = RNG.integers(1, 20, ROWS).tolist()


def source_of(**columns: Any) -> str:
    return str(inferred({"stays": pa.table(columns)})[2])


def made(source: str) -> pa.Table:
    (factory,) = executed(source).values()
    return Dataset({factory: 200}).stays.to_arrow()


@pytest.mark.parametrize(
    ("again", "said"),
    [
        (TIMES, 'again = col("at").cast("timestamp_ntz")'),
        ([one.replace(tzinfo=dt.timezone.utc) for one in TIMES], 'again = F.to_timestamp("at")'),
        (DAYS, 'again = F.to_date("at")'),
        ([one.replace(day=1) for one in DAYS], 'again = F.trunc("at", "month")'),
        (
            [one.replace(minute=0, second=0) for one in TIMES],
            'again = F.date_trunc("hour", "at").cast("timestamp_ntz")',
        ),
        ([one.strftime("%Y-%m") for one in TIMES], 'again = F.date_format("at", "yyyy-MM")'),
        ([one.strftime("%m/%d/%y") for one in TIMES], 'again = F.date_format("at", "MM/dd/yy")'),
        ([one.strftime("%d.%m.%Y %H:%M") for one in TIMES], 'again = F.date_format("at", "dd.MM.yyyy HH:mm")'),
        ([one.strftime("%A") for one in TIMES], 'again = F.date_format("at", "EEEE")'),
        ([int(one.strftime("%Y%m%d")) for one in TIMES], 'again = F.date_format("at", "yyyyMMdd").cast("bigint")'),
        (
            [int(one.replace(tzinfo=dt.timezone.utc).timestamp()) for one in TIMES],
            'again = col("at").cast("timestamp").cast("bigint")',
        ),
    ],
)
def test_a_time_in_another_form(again: list[Any], said: str) -> None:
    source = source_of(at=TIMES, again=again)
    assert said in source
    assert made(source).num_rows == 200


def test_the_finest_comes_first() -> None:
    hours = [one.replace(minute=0, second=0) for one in TIMES]
    assert 'hour = F.date_trunc("hour", "at")' in source_of(hour=hours, at=TIMES)


def test_a_day_again_with_nulls_of_its_own() -> None:
    source = source_of(day=DAYS, again=[None if number % 5 == 0 else day for number, day in enumerate(DAYS)])
    assert 'again = col("day").nulls(0.2)' in source


def test_one_that_differs_now_and_then_does_not_follow() -> None:
    again = [day + dt.timedelta(days=number % 10 == 0) for number, day in enumerate(DAYS)]
    assert 'again = col("day")' not in source_of(day=DAYS, again=again)


def test_texts_of_dates() -> None:
    german, short = ([day.strftime(form) for day in DAYS] for form in ("%d.%m.%Y", "%Y-%m"))
    source = source_of(german=german, short=short, again=german)
    assert 'short = F.date_format(F.to_date("german", "dd.MM.yyyy"), "yyyy-MM")' in source
    table = made(source)
    assert table["again"].equals(table["german"])


def test_texts_again() -> None:
    names = [f"{letter}-{number}" for number, letter in zip(NIGHTS * 2, "xyz" * ROWS, strict=False)][:ROWS]
    table = made(source_of(code=names, same=names))
    assert table["code"].equals(table["same"])


def test_an_end_by_its_start_and_the_nights() -> None:
    ends = [day + dt.timedelta(days=nights) for day, nights in zip(DAYS, NIGHTS, strict=True)]
    source = source_of(start=DAYS, end=ends, nights=NIGHTS)
    assert 'end = F.date_add("start", "nights")' in source
    table = made(source)
    assert pc.all(pc.equal(pc.days_between(table["start"], table["end"]), table["nights"])).as_py()


@pytest.mark.parametrize(("unit", "said"), [("minutes", "minutes"), ("hours", "hours")])
def test_an_end_by_its_start_and_a_duration(unit: str, said: str) -> None:
    ends = [at + dt.timedelta(**{unit: nights / 4}) for at, nights in zip(TIMES, NIGHTS, strict=True)]
    source = source_of(took=[nights / 4 for nights in NIGHTS], at=TIMES, end=ends)
    assert f'end = (col("at") + {said}("took")).cast("timestamp_ntz")' in source.replace("F.", "")
    assert made(source).num_rows == 200


def test_an_end_before_there_is_a_duration_is_null() -> None:
    ends = [day + dt.timedelta(days=nights) for day, nights in zip(DAYS, NIGHTS, strict=True)]
    open_ = [number % 4 == 0 for number in range(ROWS)]
    source = source_of(
        start=DAYS,
        end=[None if is_open else end for end, is_open in zip(ends, open_, strict=True)],
        nights=[None if is_open else float(nights) for nights, is_open in zip(NIGHTS, open_, strict=True)],
    )
    table = made(source)
    assert table["end"].is_null().equals(table["nights"].is_null())
    assert 0 < table["end"].null_count < 200
