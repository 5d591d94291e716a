"""Checks from declarations in Databricks Labs DQX itself. It has dependencies of its own: `nox -s dqx`."""

from __future__ import annotations

from typing import Any
from unittest.mock import create_autospec

import pytest

from pytest_synthdata import Dataset, Malformed, Missing, Orphans, OutOfRange, Repeated, Typos, assert_caught
from pytest_synthdata.factories import CustomerFactory, OrderFactory

engine = pytest.importorskip("databricks.labs.dqx.engine", reason="DQX is not installed; nox -s dqx")

KINDS = [
    Missing("amount", 0.05),
    OutOfRange("amount", 0.05),
    OutOfRange("order_date", 0.05),
    Typos("status", 0.05),
    Malformed("order_id", 0.05),
    Orphans("customer", 0.05),
]


def split(spark: Any, dataset: Dataset) -> Any:
    from databricks.sdk import WorkspaceClient

    dqx = engine.DQEngineCore(create_autospec(WorkspaceClient), spark)
    checks = OrderFactory.expectations("dqx")
    assert not dqx.validate_checks(checks).has_errors
    orders, customers = (table.to_spark(spark) for table in (dataset.orders, dataset.customers))
    return dqx.apply_checks_by_metadata_and_split(orders, checks, ref_dfs={"customers": customers})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_clean_data_passes(synth_spark: Any, seed: int) -> None:
    good, bad = split(synth_spark, Dataset({CustomerFactory: 200, OrderFactory: 2_000}, seed=seed))
    assert (good.count(), bad.count()) == (2_000, 0)


def test_planted_defects_are_quarantined(synth_spark: Any) -> None:
    dataset = Dataset({CustomerFactory: 200, OrderFactory: 2_000}, defects={OrderFactory: KINDS})
    _, bad = split(synth_spark, dataset)
    assert_caught(bad, dataset.defects["orders"])


def test_a_key_that_comes_twice_is_found(synth_spark: Any) -> None:
    dataset = Dataset(
        {CustomerFactory: 200, OrderFactory: 2_000}, defects={OrderFactory: [Repeated("order_id", exactly=9)]}
    )
    _, bad = split(synth_spark, dataset)
    repeated = {row["order_id"] for row in dataset.defects["orders"].to_arrow().to_pylist()}
    assert {row["order_id"] for row in bad.collect()} == repeated
