"""Tests that stop the clock see the data that all others see, whichever test comes first."""

from __future__ import annotations

import datetime as dt
import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import factory
import freezegun
import pytest
import time_machine

from pytest_synthdata import Constant, Dataset, Dates, Fake, Given, Key, TableFactory, Timeline, Times, col, when

STOPPED = dt.datetime(2031, 2, 3, 4, 5, 6, tzinfo=dt.timezone.utc)
CLOCKS = ("running", "freezegun", "time_machine", "freezegun ticking")


@contextmanager
def clock(kind: str) -> Iterator[None]:
    with ExitStack() as stack:
        if kind.startswith("freezegun"):
            stack.enter_context(freezegun.freeze_time(STOPPED, tick=kind.endswith("ticking")))
        elif kind == "time_machine":
            stack.enter_context(time_machine.travel(STOPPED, tick=False))
        if kind != "running":
            assert dt.datetime.now(dt.timezone.utc).year == 2031
        yield


def declare() -> Any:
    """A factory of every kind of time, declared by whatever classes `datetime` has at the moment."""

    class VisitFactory(TableFactory):
        class Meta:
            table = "visits"

        visit_id = Key("V{}")
        born = Fake("date_of_birth")
        seen = Fake("date_time_this_year")
        text = Fake("date", pattern="%d.%m.%Y")
        past = factory.Faker("past_date")
        by_faker = factory.Faker("date_time_between", start_date="-30d", end_date="now")
        on = Dates("2024-01-01", dt.date(2024, 12, 31))
        at = Times("2024-01-01", dt.datetime(2024, 12, 31, 12))  # noqa: DTZ001
        along = Timeline(dt.date(2024, 1, 1), "2024-12-31")
        since: dt.date = Constant("2020-02-29")
        fixed = Constant(dt.datetime(2024, 5, 6, 7, tzinfo=dt.timezone.utc))
        early = when(col("on") < dt.date(2024, 7, 1), Decimal("1.5")).otherwise(Decimal("2.5"))
        named = Given("since", {dt.date(2020, 2, 29): "leap"}, default="other")
        later = factory.LazyAttribute(lambda row: row.on + dt.timedelta(days=3))

    return VisitFactory


def data(visit: Any) -> tuple[Any, str]:
    table = Dataset({visit: 40}, seed=11).visits
    with Dataset({visit: 40}, seed=11).factories():
        rows = [visit.build(__sequence=number) for number in (3, 7)]
    assert [dict(row) for row in rows] == [table.to_arrow().to_pylist()[number] for number in (3, 7)]
    return table.schema, table.fingerprint()


@pytest.mark.parametrize(
    ("declared", "used"),
    [*((clock, clock) for clock in CLOCKS[1:]), *itertools.permutations(CLOCKS[:3], 2)],
)
def test_a_stopped_clock_changes_nothing(declared: str, used: str) -> None:
    with clock(declared):
        visit = declare()
    with clock(used):
        found = data(visit)
    assert found == data(declare())


FIRST = """
import sys, freezegun, time_machine
stopped = freezegun.freeze_time("2031-02-03") if {kind!r} == "freezegun" else time_machine.travel(1.9e9, tick=False)
sys.path.insert(0, {folder!r})
with stopped:
    import test_stopped_clocks
    from pytest_synthdata.infer.printing.code import code
    print(test_stopped_clocks.data(test_stopped_clocks.declare())[1])
print(test_stopped_clocks.data(test_stopped_clocks.declare())[1])
print(code(test_stopped_clocks.dt.date(2024, 12, 31)))
"""


@pytest.mark.parametrize("kind", ["freezegun", "time_machine"])
def test_the_first_use_may_be_under_a_stopped_clock(kind: str) -> None:
    code = FIRST.format(folder=str(Path(__file__).parent), kind=kind)
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == [*[data(declare())[1]] * 2, "dt.date(2024, 12, 31)", ""]
