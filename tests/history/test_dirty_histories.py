"""Defects in tables that change: a row has them in each of its versions, in snapshots as in feeds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from pytest_synthdata import (
    AddedColumn,
    Categorical,
    Dataset,
    Duplicates,
    History,
    Key,
    Malformed,
    Missing,
    SynthDataError,
    TableFactory,
    col,
)


class PlanFactory(TableFactory):
    class Meta:
        table = "plans"
        history = History("2024-01-01", "2024-12-31", updates={"tier": 3.0}, deletes=0.3)

    plan_id = Key("P{:04d}")
    tier = Categorical({"Free": 0.5, "Pro": 0.5})
    mail = Categorical([f"a{n}@example.com" for n in range(50)])


KINDS = [Missing("tier", 0.1), Malformed("mail", 0.1, where=col("tier") == "Pro")]


@pytest.fixture(scope="module")
def dataset() -> Any:
    return Dataset({PlanFactory: 300}, defects={PlanFactory: KINDS})


def test_snapshots_are_dirty_where_the_rows_are(dataset: Any, rows_of: Any) -> None:
    then = dataset.at("2024-10-01")
    dirty, clean = (rows_of(one.plans, "plan_id") for one in (then, then.clean))
    assert clean == rows_of(dataset.clean.plans.at("2024-10-01"), "plan_id")
    labels = then.defects["plans"].to_arrow().to_pylist()
    changed = {
        (key, column, row[column], dirty[key][column])
        for key, row in clean.items()
        for column in row
        if row[column] != dirty[key][column]
    }
    assert {(one["plan_id"], one["column"], one["clean"], one["dirty"]) for one in labels} == changed
    assert {one["kind"] for one in labels} == {"missing", "malformed"}
    # A row is hit, or not, at all times alike: a tenth of those that there were.
    missing = {one["plan_id"] for one in dataset.defects["plans"].to_arrow().to_pylist() if one["kind"] == "missing"}
    assert {one["plan_id"] for one in labels if one["kind"] == "missing"} == missing & set(clean)


@pytest.mark.parametrize("form", ["delta", "debezium", "autocdc"])
def test_a_dirty_feed_leads_to_the_dirty_snapshot(dataset: Any, rows_of: Any, form: str) -> None:
    last: dict[str, Any] = {}
    for change in dataset.plans.changes("2024-01-01", "2024-10-01", format=form).to_arrow().to_pylist():
        row = change.get("after") or change.get("before") or change
        kind = change.get("op") or change.get("operation") or change["_change_type"]
        if kind == "update_preimage":
            assert last[row["plan_id"]] == {name: row[name] for name in ("plan_id", "tier", "mail")}
        elif kind in ("d", "DELETE", "delete"):
            del last[row["plan_id"]]
        else:
            last[row["plan_id"]] = {name: row[name] for name in ("plan_id", "tier", "mail")}
    assert last == rows_of(dataset.plans.at("2024-10-01"), "plan_id")


def test_versions_and_taken_rows_are_dirty_too(dataset: Any) -> None:
    versions = dataset.plans.versions().to_arrow()
    assert versions["tier"].null_count > 30
    row = int(dataset.defects["plans"].to_arrow()["row"][0].as_py())
    taken = dataset.take(plans=[row]).at(dt.date(2024, 1, 1))
    assert taken.defects["plans"].num_rows >= 1
    assert taken.plans.to_arrow().to_pylist() != taken.clean.plans.to_arrow().to_pylist()


def test_what_a_history_cannot_tell_is_said() -> None:
    copied = Dataset({PlanFactory: 30}, defects={PlanFactory: [Duplicates(0.1)]})
    with pytest.raises(SynthDataError, match=r"Duplicates adds rows, .* redelivered=0\.01"):
        copied.plans.changes()
    with pytest.raises(SynthDataError, match="Duplicates adds rows"):
        copied.plans.at("2024-03-01")
    drifting = Dataset({PlanFactory: 30}, defects={PlanFactory: [AddedColumn("coupon")]})
    with pytest.raises(SynthDataError, match=r"another schema; ask dataset\.clean\['plans'\]"):
        drifting.plans.changes()
