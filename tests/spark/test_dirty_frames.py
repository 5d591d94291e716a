"""Dirty tables and their labels as Spark DataFrames: made by executors, they are the same."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthdata import (
    AddedColumn,
    Dataset,
    Defect,
    Duplicates,
    Late,
    Missing,
    Nasty,
    Orphans,
    ReformattedDates,
    RenamedColumn,
    Repeated,
    RetypedColumn,
    assert_caught,
    assert_repaired,
    col,
)
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.factories import CustomerFactory, OrderFactory

pytest.importorskip("pandas", reason="pyspark asks for pandas where executors make rows, and where Arrow comes back")

KINDS = [
    Missing("amount", 0.02),
    Nasty("status", 0.05),
    Nasty("order_date", 0.02),
    Orphans("customer", 0.02, where=col("customer.tier") == "Pro"),
    Repeated("order_id", exactly=25),
    Late("order_date", 0.02),
    Defect("in_cents", lambda amount: amount * 100, "amount", 0.02),
    Duplicates(0.02, changing=["status"]),
]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset({CustomerFactory: 300, OrderFactory: 5_000}, seed=8, defects={OrderFactory: KINDS})


@pytest.mark.parametrize("distributed", [False, True])
def test_dirty_rows_and_labels_are_the_same_in_spark(synth_spark: Any, dataset: Dataset, distributed: bool) -> None:
    for table in (dataset.orders, dataset.defects["orders"], dataset.take(orders=[3, 5_002]).orders):
        frame = table.to_spark(synth_spark, distributed=distributed)
        assert frame.count() == table.num_rows
        rows = frame.toPandas() if not hasattr(frame, "toArrow") else None
        if rows is None:
            assert fingerprint(frame.toArrow().to_batches()) == table.fingerprint()


def test_assertions_take_frames(synth_spark: Any, dataset: Dataset) -> None:
    orders = dataset.orders.to_spark(synth_spark)
    nulls = orders.where("amount IS NULL")
    assert_caught(nulls, dataset.defects["orders"], kinds=[Missing])
    with pytest.raises(AssertionError, match="dirty rows missed"):
        assert_caught(nulls.limit(5), dataset.defects["orders"], kinds=[Missing])
    clean = dataset.clean.orders.to_spark(synth_spark)
    assert_repaired(clean, clean)
    with pytest.raises(AssertionError, match="rows too many"):
        assert_repaired(orders, clean)
    labels, dirty = dataset.defects["orders"], orders.exceptAll(clean)
    assert_caught(dirty.selectExpr("* EXCEPT (status)", "INTERVAL 1 DAY status"), labels, kinds=[Repeated])
    with pytest.raises(AssertionError, match=r"recall 0\.000"):
        assert_caught(clean.join(dirty, "order_id", "left_semi"), labels, kinds=[Repeated])


SCHEMA = [
    ReformattedDates("order_date", "%d/%m/%Y", since="2024-07-01"),
    AddedColumn("discount", col("amount") * 0.1, since=3_000),
    RenamedColumn("status", "state"),
    RetypedColumn("amount", "string"),
    Missing("amount", 0.02),
]


@pytest.mark.parametrize("distributed", [False, True])
def test_a_changed_schema_is_the_same_in_spark(synth_spark: Any, distributed: bool) -> None:
    dataset = Dataset({CustomerFactory: 300, OrderFactory: 5_000}, seed=8, defects={OrderFactory: SCHEMA})
    frame = dataset.orders.to_spark(synth_spark, distributed=distributed)
    assert frame.columns == dataset.orders.schema.names
    dates = frame.where("order_date LIKE '__/__/____'")
    assert_caught(dates, dataset.defects["orders"], kinds=[ReformattedDates])
    assert dates.count() == dataset.defects.schema["orders"]["rows"][0].as_py()
    if hasattr(frame, "toArrow"):
        assert fingerprint(frame.toArrow().to_batches()) == dataset.orders.fingerprint()
