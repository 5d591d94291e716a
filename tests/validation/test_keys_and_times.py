"""Keys that come twice are named by their rows; rows outside of a timeline are counted, and spikes measured whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, Event, TableFactory, Timeline, Times
from pytest_synthdata.validation.keys.measure import _Piece
from pytest_synthdata.validation.results import Check


def test_rows_keep_their_numbers_through_several_choices() -> None:
    piece = _Piece(np.array([10, 20, 30, 40, 50], np.uint64), start=100)
    some = piece.take(np.array([1, 3, 4]))
    assert some.rows_of(np.array([50, 20])) == [101, 104]
    assert some.take(np.array([0, 2])).rows_of(np.array([50, 20])) == [101, 104]
    assert piece.rows_of(np.array([50, 20])) == [101, 104]


class CallFactory(TableFactory):
    at = Timeline("2024-01-01", "2024-12-31", events=[Event("2024-06-03", "2024-06-16", 4.0)])


def checked(times: list[dt.datetime]) -> dict[str, Check]:
    data = pa.table({"at": pa.array(times, pa.timestamp("us", "UTC"))})
    return {check.kind: check for check in Dataset({CallFactory: 4_000}, seed=2).validate({"calls": data})}


@pytest.fixture(scope="module")
def times() -> list[dt.datetime]:
    made: list[dt.datetime] = Dataset({CallFactory: 4_000}, seed=2).calls.to_arrow()["at"].to_pylist()
    return made


def test_rows_outside_are_among_those_that_were_looked_at(times: list[dt.datetime]) -> None:
    lost = [time.replace(year=1999) if number < 3 else time for number, time in enumerate(times)]
    check = checked(lost)["outside of the period"]
    assert (check.measured, check.rows) == (3, 4_000)


def test_a_spike_is_measured_on_all_of_its_days(times: list[dt.datetime]) -> None:
    assert checked(times)["event"].passed
    assert checked(times)["event"].measured == pytest.approx(4, rel=0.15)
    # Half of its days have no calls at all; its last one has.
    silent = {dt.date(2024, 6, day) for day in range(4, 11)}
    half = checked([time for time in times if time.date() not in silent])["event"]
    assert not half.passed
    assert half.measured == pytest.approx(2, rel=0.2)


class OfficeCallFactory(TableFactory):
    class Meta:
        table = "calls"

    at = Timeline("2024-01-01", "2024-03-31", hours=[0] * 9 + [2, 3, 0, 0, 0, 1] + [0] * 9)


def test_rows_of_the_days_beside_the_period_are_outside_and_silent_hours_are_none() -> None:
    dataset = Dataset({OfficeCallFactory: 2_000}, seed=3)
    times = dataset.calls.to_arrow()["at"].to_pylist()
    beside = [dt.datetime(2023, 12, 31, 9, tzinfo=dt.timezone.utc), dt.datetime(2024, 4, 1, 9, tzinfo=dt.timezone.utc)]
    for first in ([], *([time] for time in beside)):
        data = pa.table({"at": pa.array([*first, *times[len(first) :]], pa.timestamp("us", "UTC"))})
        several = pa.Table.from_batches(data.to_batches(max_chunksize=500))  # which are counted one after the other
        found = {check.kind: check for check in dataset.validate({"calls": several})}
        assert found["outside of the period"].measured == len(first)
        assert found["hours"].passed


@pytest.mark.parametrize("day", ["2024-03-31", "2024-10-27"])
@pytest.mark.parametrize("kind", [Times, Timeline])
def test_on_days_on_which_the_clocks_are_changed_hours_are_left_out_or_come_twice(kind: Any, day: str) -> None:
    class CallFactory(TableFactory):
        at = kind(day, day, tz="Europe/Berlin", hours=[1] * 24)

    for seed in range(4):
        result = Dataset({CallFactory: 2_000}, seed=seed).validate()
        assert result.ok, [*map(str, result.failed)]
    calls = Dataset({CallFactory: 2_000})
    moved = [at - dt.timedelta(hours=2) if at.hour == 1 else at for at in calls.calls.to_arrow()["at"].to_pylist()]
    assert "hours" in {one.kind for one in calls.validate({"calls": pa.table({"at": moved})}).failed}
