"""Rows of tables that refer to themselves move to rows before them, or are deleted with these."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_synthdata import Dataset, ForeignKey, History, Key, TableFactory, col

MONTH = "2024-03-01", "2024-03-31"
DAYS = "2024-03-01", "2024-03-11", "2024-03-21", "2024-03-31"


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
    def too_long(*_: Any) -> None:
        raise TimeoutError("not done within a minute")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


class PersonFactory(TableFactory):
    class Meta:
        table = "people"
        history = History(*MONTH, deletes=12, on_parent_delete="move")

    person_id = Key("E{:04d}")
    boss = ForeignKey("self")
    boss_then = col("boss.person_id")


@pytest.mark.parametrize("rows", [0, *range(1, 21), 300])
def test_rows_move_to_a_row_before_them_that_is_there(rows: int, replay: Any, rows_of: Any) -> None:
    people = Dataset({PersonFactory: rows}).people
    feed = people.changes(format="autocdc")
    for day in DAYS:
        now = rows_of(people.at(day), "person_id")
        above = {key: row["boss_id"] for key, row in now.items()}
        assert all(boss is None or (boss < key and boss in above) for key, boss in above.items())
        assert all(row["boss_then"] == row["boss_id"] for row in now.values())
        if rows > 20:
            assert list(above.values()).count(None) < rows / 20  # others find one
    assert replay(feed, "person_id") == now
    deleted = [change for change in feed.to_arrow().to_pylist() if change["operation"] == "DELETE"]
    assert len(deleted) + len(now) == rows


def test_rows_that_move_are_deleted_by_themselves_alone() -> None:
    class LonelyFactory(TableFactory):
        class Meta:
            table = "people"
            history = History(*MONTH, deletes=12)

        person_id = Key("E{:04d}")

    for rows in (5, 20, 300):
        alone, movers = Dataset({LonelyFactory: rows}).people, Dataset({PersonFactory: rows}).people
        for day in DAYS:
            assert alone.at(day).to_arrow()["person_id"] == movers.at(day).to_arrow()["person_id"]


def test_taken_rows_bring_those_that_they_move_to() -> None:
    now = Dataset({PersonFactory: 300}).take(people=range(290, 300)).at(MONTH[1])
    rows = now.people.to_arrow().to_pylist()
    assert {row["boss_id"] for row in rows} - {None} <= {row["person_id"] for row in rows}


def test_rows_below_several_are_found_once() -> None:
    class UnitFactory(TableFactory):
        class Meta:
            table = "units"
            history = History(*MONTH, deletes=0.1, on_parent_delete={"deputy": "move"})

        unit_id = Key("U{:04d}")
        above = ForeignKey("self")
        beside = ForeignKey("self")
        deputy = ForeignKey("self")

    units = Dataset({UnitFactory: 2_000}).units.at(MONTH[1]).to_arrow().to_pylist()
    ids = {row["unit_id"] for row in units}
    assert {row[name] for row in units for name in ("above_id", "beside_id", "deputy_id")} - {None} <= ids
