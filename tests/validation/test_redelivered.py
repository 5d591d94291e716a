"""Rows that `Arrival` declares to come twice do not count twice in the validation of what arrived."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Arrival,
    Count,
    Dataset,
    Exponential,
    ForeignKey,
    Key,
    Lifecycle,
    Step,
    Steps,
    TableFactory,
    Timeline,
    Times,
    assert_matches,
    col,
    hours,
)


class ScanFactory(TableFactory):
    class Meta:
        table = "scans"
        arrival = Arrival("at", hours(Exponential(6)), redelivered=0.05)

    scan_id = Key("S{:05d}")
    at = Timeline("2024-01-01", "2024-01-31", daily=20)


class ParcelFactory(TableFactory):
    class Meta:
        table = "parcels"

    parcel_id = Key("P{:05d}")
    sent = Times("2024-01-01", "2024-01-20")
    life = Lifecycle("new", {"new": {"sent": 1.0}, "sent": {"done": 0.8}}, start="sent", after={"sent": Exponential(9)})
    events = Count("events")


class EventFactory(TableFactory):
    class Meta:
        table = "events"
        arrival = Arrival("happened_at", hours(Exponential(6)), redelivered=0.05)

    parcel = ForeignKey(ParcelFactory, per_parent=Steps("life"))
    step = Step("parcel.life")
    happened_at = col("step.at")


def arrived(table: Any) -> pa.Table:
    batches = [batch.to_arrow() for batch in table.in_batches(by="day")]
    return pa.concat_tables(batches)


@pytest.fixture(scope="module")
def scans() -> tuple[Dataset, pa.Table]:
    dataset = Dataset({ScanFactory: None})
    return dataset, arrived(dataset.scans)


def test_declared_redeliveries_are_allowed_for(scans: tuple[Dataset, pa.Table]) -> None:
    dataset, data = scans
    assert data.num_rows > dataset.scans.num_rows
    result = dataset.validate({"scans": data})
    assert result.ok
    assert result["scans"].rows == dataset.scans.num_rows
    assert_matches(data, ScanFactory, parents=dataset)
    again = next(check for check in result if check.kind == "redelivered")
    assert again.measured == pytest.approx(data.num_rows / dataset.scans.num_rows - 1)
    assert dataset.validate({"scans": dataset.scans.to_arrow()}).ok


def test_steps_and_totals_see_them_once() -> None:
    dataset = Dataset({ParcelFactory: 500, EventFactory: None})
    data = arrived(dataset.events)
    assert data.num_rows > dataset.events.num_rows
    assert dataset.validate({"events": data}).ok


def test_more_than_declared_fail(scans: tuple[Dataset, pa.Table]) -> None:
    dataset, data = scans
    failed = dataset.validate({"scans": pa.concat_tables([data, data])}).failed
    assert {check.kind for check in failed} == {"redelivered", "duplicates"}  # some even come four times
    clean = dataset.scans.to_arrow()
    failed = dataset.validate({"scans": pa.concat_tables([clean, clean])}).failed
    assert [(check.kind, check.declared, check.measured) for check in failed] == [("redelivered", 0.05, 1.0)]


def test_rows_that_come_three_times_or_changed_are_duplicates(scans: tuple[Dataset, pa.Table]) -> None:
    dataset, _ = scans
    clean = dataset.scans.to_arrow()
    thrice = pa.concat_tables([clean.slice(0, 1), clean, clean.slice(0, 1)])
    (failed,) = dataset.validate({"scans": thrice}).failed
    assert (failed.kind, failed.measured) == ("duplicates", 1)
    assert failed.examples == (0, clean.num_rows + 1)  # the second is left out

    later = clean.slice(0, 1).set_column(1, "at", clean["at"].slice(1, 1))
    (failed,) = dataset.validate({"scans": pa.concat_tables([clean.slice(7, 1), clean, later])}).failed
    assert failed.kind == "duplicates"
    assert failed.examples == (1, clean.num_rows + 1)
