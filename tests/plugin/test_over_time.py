"""A test gets tables with a history as they are at a time, their changes and their versions, each made once."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import Categorical, Dataset, History, Key, SynthDataError, TableFactory
from pytest_synthdata.plugin.feeds import feed_of
from pytest_synthdata.plugin.materialise import Materialiser
from pytest_synthdata.plugin.options import Settings
from pytest_synthdata.table import Table


class PlanFactory(TableFactory):
    class Meta:
        table = "plans"
        rows = 60
        history = History("2024-01-01", "2024-12-31", updates={"tier": 3.0}, deletes=0.5)

    plan_id = Key("P{:03d}")
    tier = Categorical(["Free", "Pro"])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that became frames: a frame is here the Arrow table."""
    found: list[str] = []

    def to_spark(table: Table, spark: Any) -> Any:
        found.append(table.name)
        return table.to_arrow()

    monkeypatch.setattr(Table, "to_spark", to_spark)
    return found


def synth(materialiser: Materialiser, **marker: Any) -> Any:
    return materialiser.marked([((), {"factories": [PlanFactory], **marker})], lambda: "a session")


def test_snapshots_changes_and_versions_are_frames_made_once(made: list[str]) -> None:
    data = synth(Materialiser(Settings()))
    plans = data.dataset.plans
    for _ in range(2):
        assert data.at("2024-06-30").plans.equals(plans.at("2024-06-30").to_arrow())
        assert data.changes("plans", "2024-06-01", "2024-06-30").equals(
            plans.changes("2024-06-01", "2024-06-30").to_arrow()
        )
        assert data.changes("plans", format="autocdc").equals(plans.changes(format="autocdc").to_arrow())
        assert data.versions("plans").equals(plans.versions().to_arrow())
    assert sorted(made) == ["plans", "plans_changes", "plans_changes", "plans_versions"]


def test_a_marker_says_when_the_tables_are_looked_at(made: list[str]) -> None:
    materialiser = Materialiser(Settings())
    now, then = synth(materialiser, at="2024-12-31"), synth(materialiser)
    assert now.plans.num_rows < then.plans.num_rows == 60
    assert now.dataset.identity() != then.dataset.identity()
    assert now.dataset.plans.fingerprint() == then.dataset.plans.at("2024-12-31").fingerprint()
    assert synth(materialiser, at="2024-12-31").dataset is now.dataset
    assert [list(one.tables) for one in materialiser.used()] == [["plans"], ["plans"]]
    assert now.bound_of("plans").num_rows == 60
    assert now.at("2024-12-31").dataset.customers.num_rows == 2_500  # without a history: the same at any time


def test_rows_to_be_built_are_those_of_a_table_that_need_not_be_asked_for() -> None:
    materialiser = Materialiser(Settings())
    some = synth(materialiser)
    assert [some.bound_of(table).num_rows for table in ("customers", "plans", "customers")] == [2_500, 60, 2_500]
    assert some.bound_of("planets") is None
    assert [list(one.tables) for one in materialiser.used()] == [["plans"]]  # the test's own


def test_rows_are_taken_of_a_snapshot() -> None:
    materialiser = Materialiser(Settings())
    whole = synth(materialiser, at="2024-12-31").dataset.plans
    some = whole.row_numbers[[3, 8]].tolist()
    taken = synth(materialiser, at="2024-12-31", take={"plans": some}).dataset.plans
    assert taken.row_numbers.tolist() == some
    assert taken.to_arrow().to_pylist() == whole.to_arrow().take([3, 8]).to_pylist()


def test_a_time_that_is_none_is_said() -> None:
    with pytest.raises(SynthDataError, match="'June' is not a day or a time"):
        synth(Materialiser(Settings()), at="June")


def test_a_time_needs_a_table_with_a_history() -> None:
    materialiser = Materialiser(Settings())
    with pytest.raises(
        SynthDataError, match=r"^at='2024-06-30': no table of this test's data has a history, .* declare"
    ):
        materialiser.marked([((), {"at": "2024-06-30"})], lambda: "a session")
    shipped = materialiser.marked([((), {"orders": 10})], lambda: "a session")
    with pytest.raises(SynthDataError, match=r"^synth.at\('2024-06-30'\): no table of this test's data has a history"):
        shipped.at("2024-06-30")
    assert shipped.dataset.at("2024-06-30").orders.num_rows == 10  # of a dataset, tables are the same at any time


def test_names_of_tables_and_arguments_are_told_apart() -> None:
    told = (
        "^there is no table 'sed': did you mean 'seed'[?] Known: customers, orders, tickets; and the arguments at, "
        "defects, factories, feeds, scale, seed, seeds, shrink, take, upload; a table of your own joins"
    )
    with pytest.raises(SynthDataError, match=told):
        Materialiser(Settings()).marked([((), {"sed": 5})], lambda: "a session")


def test_a_feed_has_what_belongs_to_changes_where_changes_are_asked_for() -> None:
    plans = Dataset({PlanFactory: 60}).plans
    feed = feed_of(plans, "day", changes="delta", every="hour", stop="2024-01-08")
    *_, last = feed.batches
    commits = pa.Table.from_batches(last.batches(0, last.num_rows))["_commit_version"].to_pylist()
    assert min(commits) > 24  # a commit holds an hour
    with pytest.raises(SynthDataError, match="the feed of 'plans': every= goes with changes='delta'"):
        feed_of(plans, "day", every="hour")
