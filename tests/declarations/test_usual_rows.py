"""How many rows a table has where nobody says: the same whoever asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from pytest_synthdata import Dataset, ForeignKey, Key, TableFactory, Timeline
from pytest_synthdata.cli.arguments import dataset_of
from pytest_synthdata.plugin.on_demand import scaled_rows


class AlertFactory(TableFactory):
    class Meta:
        table = "alerts"
        rows = 2_000

    alert_id = Key("A{}")
    raised_at = Timeline("2024-03-01", "2024-03-31")


class CallFactory(TableFactory):
    class Meta:
        table = "calls"
        rows = 2_000

    call_id = Key("C{}")
    called_at = Timeline("2024-03-01", "2024-03-31", daily=10)


class VisitFactory(TableFactory):
    class Meta:
        table = "visits"

    visit_id = Key("V{}")
    at = Timeline("2024-03-01", "2024-03-31", daily=1)


class PlainFactory(TableFactory):
    class Meta:
        table = "plain"
        rows = 2_000

    plain_id = Key("P{}")


class StepFactory(TableFactory):
    class Meta:
        table = "steps"

    plain = ForeignKey(PlainFactory, per_parent=2)


FACTORIES = (AlertFactory, CallFactory, VisitFactory, PlainFactory, StepFactory)
USUAL = {"alerts": 2_000, "calls": 2_000, "visits": 31, "plain": 2_000, "steps": 4_000}


@pytest.fixture
def module() -> Iterator[str]:
    name = "usual_rows_of_a_project"
    made: Any = ModuleType(name)
    for factory in FACTORIES:
        own = type(factory)(factory.__name__, (factory,), {"__module__": name})
        setattr(made, factory.__name__, own)
    sys.modules[name] = made
    yield name
    del sys.modules[name]


@pytest.mark.parametrize("table", USUAL)
def test_the_command_makes_as_many_rows_with_the_tables_name_as_without(module: str, table: str) -> None:
    named = dataset_of([table], 7, [module], None)
    unnamed = dataset_of([], 7, [module], None)
    assert named[table].num_rows == unnamed[table].num_rows == USUAL[table]


@pytest.mark.parametrize("factory", FACTORIES[:4])
def test_a_test_and_a_parent_have_the_usual_number(factory: type[TableFactory]) -> None:
    assert scaled_rows(factory, 1) == USUAL[factory._meta.table]
    child = type(factory)("ChildFactory", (TableFactory,), {"__module__": __name__, "one": ForeignKey(factory)})
    assert Dataset({child: 5})[factory._meta.table].num_rows == USUAL[factory._meta.table]


def test_none_is_the_usual_number_but_for_a_timeline_that_says_how_many_a_day() -> None:
    none = Dataset(dict.fromkeys(FACTORIES), seed=7)
    assert {table.name: table.num_rows for table in none} == {**USUAL, "calls": 310}  # 31 days of 10
