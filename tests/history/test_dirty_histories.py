"""Defects in tables that change: a row has them in each of its versions, in snapshots as in feeds."""

from __future__ import annotations

import datetime as dt
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_synthdata import (
    AddedColumn,
    Categorical,
    Dataset,
    DeclarationError,
    Duplicates,
    Exponential,
    History,
    Integers,
    Key,
    Malformed,
    Missing,
    MissingColumn,
    OutOfRange,
    RenamedColumn,
    RetypedColumn,
    SynthDataError,
    TableFactory,
    Times,
    col,
    hours,
)
from pytest_synthdata.history.instants import last_instant
from pytest_synthdata.history.views import snapshots_of


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
    with pytest.raises(SynthDataError, match=r"other rows.*ask the whole table for it: dataset\['plans'\]"):
        Dataset({PlanFactory: 30}).plans.at("2024-03-01").at("2024-02-01")
    copied = Dataset({PlanFactory: 30}, defects={PlanFactory: [Duplicates(0.1)]})
    with pytest.raises(SynthDataError, match=r"Duplicates adds rows, .* redelivered=0\.01"):
        copied.plans.changes()
    with pytest.raises(SynthDataError, match="Duplicates adds rows"):
        copied.plans.at("2024-03-01")
    drifting = Dataset({PlanFactory: 30}, defects={PlanFactory: [AddedColumn("coupon")]})
    with pytest.raises(SynthDataError, match=r"changes its schema; ask the clean table.* dataset\.clean\['plans'\]"):
        drifting.plans.versions()
    both = Dataset({PlanFactory: 30}, defects={PlanFactory: [AddedColumn("coupon"), Duplicates(0.1)]})
    with pytest.raises(SynthDataError, match="Duplicates adds rows"):
        both.plans.changes()


RENAMED, ADDED, MISSING = "2024-03-01", "2024-05-01", "2024-09-01"


class SeatFactory(TableFactory):
    class Meta:
        table = "seats"
        history = History("2024-01-01", "2024-12-31", updates={"tier": 3.0}, deletes=0.3)

    seat_id = Key("S{:04d}")
    tier = Categorical({"Free": 0.5, "Pro": 0.5})
    count = Integers(1, 50).cast("int")
    mail = Categorical([f"a{n}@example.com" for n in range(50)])


CHANGES = [
    Missing("tier", 0.1),
    RenamedColumn("mail", "email", since=RENAMED),
    AddedColumn("plan", col("tier"), since=ADDED, before="tier"),
    RetypedColumn("count", "string", since=ADDED),
    MissingColumn("count", since=MISSING),
]
BEGUN = {"seat_id": "string", "tier": "string", "count": "int32", "mail": "string"}
IN_MAY = {"seat_id": "string", "plan": "string", "tier": "string", "count": "string", "email": "string"}
FORMS: dict[str, dict[str, Any]] = {
    "delta": {"format": "delta"},
    "debezium": {"format": "debezium"},
    "autocdc": {"format": "autocdc"},
    "late": {"format": "autocdc", "delay": hours(Exponential(100)), "redelivered": 0.1},
    "late envelopes": {"format": "debezium", "delay": hours(Exponential(100))},
}


@pytest.fixture(scope="module")
def drifting() -> Any:
    return Dataset({SeatFactory: 200}, defects={SeatFactory: CHANGES})


def _columns(schema: pa.Schema) -> dict[str, str]:
    """The table's columns among those of a feed, with their types."""
    row = list(schema.field("after").type) if "after" in schema.names else list(schema)
    own = ("_change_type", "_commit_version", "_commit_timestamp", "operation", "sequence", "arrived_at")
    return {field.name: str(field.type) for field in row if field.name not in own}


def _told_on(message: dict[str, Any]) -> dt.date:
    """The day on which a change happened."""
    if "_commit_timestamp" in message:
        return message["_commit_timestamp"].date()  # type: ignore[no-any-return]
    micros = message["sequence"] if "sequence" in message else message["source"]["sequence"]
    return (dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(microseconds=micros)).date()


@pytest.mark.parametrize("form", FORMS)
def test_messages_have_the_schema_of_the_time_at_which_they_happen(drifting: Any, form: str) -> None:
    feed, clean = (one.seats.changes(**FORMS[form]) for one in (drifting, drifting.clean))
    parts = feed.by_schema()
    renamed = {**BEGUN, "email": "string"}
    del renamed["mail"]
    without = {name: type_ for name, type_ in IN_MAY.items() if name != "count"}
    assert [_columns(part.schema) for part in parts] == [BEGUN, renamed, IN_MAY, without]
    ends = ["2024-01-01", RENAMED, ADDED, MISSING, "2025-01-01"]
    for part, since, until in zip(parts, ends, ends[1:], strict=False):
        days = [_told_on(message) for message in part.to_arrow().to_pylist()]
        assert dt.date.fromisoformat(since) <= min(days) <= max(days) < dt.date.fromisoformat(until)
    assert sum(part.num_rows for part in parts) == feed.num_rows == clean.num_rows

    # The whole is merged: what the clean feed tells, and null where a message's own schema has no such column.
    assert _columns(feed.schema) == {**BEGUN, "count": "string", "email": "string", "plan": "string"}
    whole = feed.to_arrow()
    whole.validate(full=True)
    for message, declared in zip(whole.to_pylist(), clean.to_arrow().to_pylist(), strict=True):
        day = _told_on(message).isoformat()
        for place in ("before", "after") if "after" in message else (None,):
            told, row = (message, declared) if place is None else (message[place], declared[place])
            if row is None:
                assert told is None
                continue
            assert (told["mail"], told["email"])[:: 1 if day < RENAMED else -1] == (row["mail"], None)
            assert told["plan"] == (None if day < ADDED else row["tier"])  # as the row then is, without its defects
            assert told["count"] == (None if day >= MISSING else str(row["count"]))
            assert told["tier"] in (row["tier"], None)
    assert pickle.loads(pickle.dumps(feed.view)).batch(50, 80).equals(feed.view.batch(50, 80))


def test_batches_of_a_feed_have_the_schema_of_their_messages(drifting: Any, tmp_path: Path) -> None:
    feed = drifting.seats.changes(format="autocdc")
    months = feed.in_batches(by="month")
    assert [_columns(month.schema) == BEGUN for month in months] == [True] * 2 + [False] * 10
    assert _columns(months[4].schema) == IN_MAY
    assert _columns(drifting.seats.changes("2024-05-02", "2024-08-31").schema) == IN_MAY  # of its own time alone
    quarter = list(feed.file_batches(tmp_path, by=int(feed.num_rows)))  # one batch under four schemas
    assert [_columns(pq.read_schema(file)) for file in quarter][2] == IN_MAY
    assert len(quarter) == 4


def test_the_truth_about_the_schema_of_a_table_without_times(drifting: Any) -> None:
    """The table shows its rows as they are first told, under the schema of that time."""
    assert drifting.seats.schema.names == list(BEGUN)
    truth = drifting.defects.schema["seats"].to_pylist()
    assert [(one["kind"], one["dirty"], one["since"], one["rows"]) for one in truth] == [
        ("renamed_column", "email", RENAMED, 0),
        ("added_column", "string", ADDED, 0),
        ("retyped_column", "string", ADDED, 0),
        ("missing_column", None, MISSING, 0),
    ]
    before = Dataset({SeatFactory: 5}, defects={SeatFactory: [AddedColumn("note", until="2024-02-01")]})
    assert before.seats.schema.names == [*BEGUN, "note"]
    assert before.defects.schema["seats"]["rows"].to_pylist() == [5]


def test_snapshots_have_the_schema_of_their_time(drifting: Any) -> None:
    june, october = drifting.at("2024-06-30"), drifting.at("2024-10-01")
    assert _columns(june.seats.schema) == IN_MAY
    assert june.defects.schema["seats"]["rows"].to_pylist() == [june.seats.num_rows] * 3 + [0]
    assert {one["kind"] for one in june.defects["seats"].to_arrow().to_pylist()} == {"missing"}
    assert october.seats.schema.names == ["seat_id", "plan", "tier", "email"]
    assert october.clean.seats.schema.names == list(BEGUN)
    clean = october.clean.seats.to_arrow().to_pylist()
    for row, declared in zip(october.seats.to_arrow().to_pylist(), clean, strict=True):
        assert (row["plan"], row["email"]) == (declared["tier"], declared["mail"])
    feed = drifting.seats.changes(format="autocdc")
    assert snapshots_of(feed.view)(last_instant("2024-10-01")).schema == october.seats.schema
    kinds = [OutOfRange("count", 0.2), MissingColumn("count", since=MISSING)]
    hidden = Dataset({SeatFactory: 50}, defects={SeatFactory: kinds})
    assert [hidden.at(day).defects["seats"].num_rows > 0 for day in ("2024-02-01", "2024-10-01")] == [True, False]


@pytest.mark.parametrize("births", [None, "opened_at"])
def test_of_several_times_that_of_births_says_when_a_row_is_from(births: str | None) -> None:
    class DeskFactory(TableFactory):
        class Meta:
            table = "desks"
            history = History("2024-01-01", "2024-12-31", births=births, updates={"tier": 3.0})

        opened_at = Times("2024-01-01", "2024-12-31")
        closed_at = Times("2024-01-01", "2024-12-31")
        tier = Categorical({"Free": 0.5, "Pro": 0.5})

    desks = Dataset({DeskFactory: 50}, defects={DeskFactory: [RenamedColumn("tier", "plan", since="2024-06-01")]}).desks
    months = [set(month.schema.names) for month in desks.changes(format="autocdc").in_batches(by="month")]
    assert ["plan" in names for names in months] == [month >= 6 for month in range(1, 13)]
    rows = desks.to_arrow().to_pylist()
    if births is None:  # those of the history's start
        assert desks.schema.names == ["opened_at", "closed_at", "tier"]
    else:
        late = [row for row in rows if row["opened_at"] >= dt.datetime(2024, 6, 1, tzinfo=dt.timezone.utc)]
        assert 10 < len(late) < 40
        assert [row for row in rows if row["plan"] is not None] == late


def test_what_a_feed_cannot_tell_of_a_schema_is_said(drifting: Any, tmp_path: Path) -> None:
    from_a_row = Dataset({SeatFactory: 30}, defects={SeatFactory: [MissingColumn("count", since=10)]})
    with pytest.raises(DeclarationError, match=r"seats: MissingColumn\('count'\): since=10, .* give dates or times"):
        from_a_row.seats.changes()
    backwards = AddedColumn("note", since="2024-03-01", until="2024-02-01")
    with pytest.raises(DeclarationError, match="is not before until="):
        Dataset({SeatFactory: 30}, defects={SeatFactory: [backwards]})
    taken = Dataset({SeatFactory: 30}, defects={SeatFactory: [AddedColumn("operation")]})
    with pytest.raises(SynthDataError, match="a column 'operation' of its own"):
        taken.seats.changes(format="autocdc")
    with pytest.raises(SynthDataError, match=r"under one schema, .* dataset\.clean\['seats'\]"):
        drifting.seats.to_delta_history(tmp_path / "delta")
