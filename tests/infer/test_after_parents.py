"""Dates and times of children never precede those of their parents, in whatever form either has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_infer import inferred

from pytest_synthdata import Dataset

PARENTS, CHILDREN = 300, 1_500
RNG = np.random.default_rng(8)
OPENED = [dt.datetime(2023, 1, 1) + dt.timedelta(seconds=int(one)) for one in RNG.integers(0, 60_000_000, PARENTS)]  # noqa: DTZ001
PICKS = RNG.integers(0, PARENTS, CHILDREN).tolist()
HAPPENED = [OPENED[pick] + dt.timedelta(hours=int(hours)) for pick, hours in zip(PICKS, RNG.integers(0, 900, CHILDREN), strict=True)]  # fmt: skip # noqa: E501
COUNTS = RNG.integers(0, 9, PARENTS).tolist()
TAKEN = [OPENED[number] + dt.timedelta(minutes=int(minutes)) for number, count in enumerate(COUNTS) for minutes in RNG.integers(0, 3_000, count)]  # fmt: skip # noqa: E501

Form = Callable[[dt.datetime], Any]


def same(one: dt.datetime) -> dt.datetime:
    return one


def utc(one: dt.datetime) -> dt.datetime:
    return one.replace(tzinfo=dt.timezone.utc)


def day(one: dt.datetime) -> dt.date:
    return one.date()


def written(pattern: str) -> Form:
    return lambda one: one.strftime(pattern)


def read(value: Any, pattern: str) -> dt.datetime:
    if isinstance(value, str):
        return dt.datetime.strptime(value, pattern)  # noqa: DTZ007
    return dt.datetime(*value.timetuple()[:6])  # noqa: DTZ001


@pytest.mark.parametrize(
    ("parents", "children", "pattern"),
    [
        (written("%d.%m.%Y"), written("%d.%m.%Y"), "%d.%m.%Y"),
        (same, written("%d/%m/%Y %H:%M"), "%d/%m/%Y %H:%M"),
        (utc, written("%m/%d/%Y"), "%m/%d/%Y"),
        (day, written("%d.%m.%Y %H:%M"), "%d.%m.%Y %H:%M"),
        (written("%d.%m.%Y %H:%M:%S"), same, "%d.%m.%Y %H:%M:%S"),
    ],
)
@pytest.mark.parametrize("is_counted", [False, True])
def test_no_child_precedes_its_parent(parents: Form, children: Form, pattern: str, is_counted: bool) -> None:
    """To the day: texts say no more of some."""
    numbers = [number for number, count in enumerate(COUNTS) for _ in range(count)] if is_counted else PICKS
    tables = {
        "cases": pa.table({"case_id": range(PARENTS), "opened": list(map(parents, OPENED))}),
        "events": pa.table({"case_id": numbers, "happened": list(map(children, TAKEN if is_counted else HAPPENED))}),
    }
    _, classes, source = inferred(tables)
    assert ("per_parent" in source) is is_counted
    made = Dataset({classes["cases"]: PARENTS, classes["events"]: None if is_counted else 600})
    cases = made.cases.to_arrow()
    opened = dict(zip(cases["case_id"].to_pylist(), cases["opened"].to_pylist(), strict=True))
    events = made.events.to_arrow().to_pylist()
    assert len(events) > 500
    for event in events:
        before, after = read(opened[event["case_id"]], pattern), read(event["happened"], pattern)
        assert before.date() <= after.date()
