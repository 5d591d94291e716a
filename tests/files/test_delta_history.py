"""A history as a Delta table: its versions are the snapshots, its change data feed is the feed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from pytest_synthdata import Categorical, Dataset, Dates, History, Key, LogNormal, SynthDataError, TableFactory
from pytest_synthdata.columns.arrow.fingerprint import fingerprint


class PlanFactory(TableFactory):
    class Meta:
        history = History("2024-01-01", "2024-01-20", updates={"tier": 4, "price": 2}, deletes=1)

    plan_id = Key("P-{:04d}")
    tier = Categorical({"Free": 0.7, "Pro": 0.3})
    price = LogNormal(2, 1).round(2)


def of(table: pa.Table, schema: pa.Schema) -> str:
    return fingerprint(table.cast(schema).combine_chunks().to_batches())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Any:
    plans = Dataset({PlanFactory: 40}).plans
    path = plans.to_delta_history(tmp_path_factory.mktemp("delta") / "plans")
    return plans, path


def test_each_version_is_a_snapshot(written: Any) -> None:
    plans, path = written
    assert DeltaTable(path).version() == 19
    for version in range(20):
        day = dt.date(2024, 1, 1) + dt.timedelta(days=version)
        there = DeltaTable(path, version=version).to_pyarrow_table()
        assert of(there, plans.schema) == plans.at(day).fingerprint()


def test_the_change_data_feed_tells_the_same(written: Any) -> None:
    plans, path = written
    feed = plans.changes().to_arrow()
    found = pa.table(DeltaTable(path).load_cdf(starting_version=0))
    names = [*plans.schema.names, "_change_type", "_commit_version"]
    assert of(found.select(names), feed.select(names).schema) == of(feed.select(names), feed.select(names).schema)
    assert set(feed["_change_type"].to_pylist()) == {"insert", "update_preimage", "update_postimage", "delete"}
    told = zip(feed["_commit_version"].to_pylist(), feed["_commit_timestamp"].to_pylist(), strict=True)
    milliseconds = {version: time.replace(microsecond=999_000) for version, time in told}
    times = zip(found["_commit_version"].to_pylist(), found["_commit_timestamp"].to_pylist(), strict=True)
    assert {version: time.replace(tzinfo=dt.timezone.utc) for version, time in times} == milliseconds


def test_a_day_on_which_nothing_happens_is_a_commit(written: Any) -> None:
    plans, path = written
    quiet = set(range(20)) - set(plans.changes().to_arrow()["_commit_version"].to_pylist())
    assert quiet
    for version in quiet:
        log = (path / "_delta_log" / f"{version:020d}.json").read_text().splitlines()
        actions = [json.loads(line) for line in log]
        assert not [action for action in actions if {"add", "remove", "cdc"} & action.keys()]
        time = next(action["commitInfo"]["timestamp"] for action in actions if "commitInfo" in action)
        assert dt.datetime.fromtimestamp(time / 1e3, dt.timezone.utc).date() == dt.date(2024, 1, 1 + version)


@pytest.mark.parametrize("rows", [0, 1, 2, 5, 50])
def test_nothing_may_happen_on_the_first_days(rows: int, tmp_path: Path) -> None:
    class ParcelFactory(TableFactory):
        class Meta:
            history = History("2024-03-01", "2024-03-31", births="sent_on")

        parcel_id = Key("P{:03d}")
        sent_on = Dates("2024-03-01", "2024-03-31")

    parcels = Dataset({ParcelFactory: rows}).parcels
    path = parcels.to_delta_history(tmp_path / "parcels")
    days = [dt.date(2024, 3, day) for day in range(1, 32)]
    for version, day in enumerate(days):
        there = DeltaTable(path, version=version).to_pyarrow_table()
        assert of(there, parcels.schema) == parcels.at(day).fingerprint()
    told = [dt.datetime.fromtimestamp(one["timestamp"] / 1e3, dt.timezone.utc) for one in DeltaTable(path).history()]
    assert [time.date() for time in reversed(told)] == days


def test_what_cannot_be_written(written: Any, tmp_path: Path) -> None:
    plans, path = written
    with pytest.raises(SynthDataError, match="is not empty"):
        plans.to_delta_history(path)

    class NamelessFactory(PlanFactory):
        class Meta:
            table = "nameless"

        plan_id = "P"

    with pytest.raises(SynthDataError, match="nameless_changes: a Delta table with changes needs a key"):
        Dataset({NamelessFactory: 5}).nameless.to_delta_history(tmp_path / "nameless")
