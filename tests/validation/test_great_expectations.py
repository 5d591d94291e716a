"""Checks from declarations in Great Expectations itself, which is installed apart: `nox -s great_expectations`."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest

from pytest_synthdata import Dataset, Malformed, Missing, Orphans, OutOfRange, Repeated, Typos
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # nothing is sent from tests
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    gx = pytest.importorskip("great_expectations", reason="it is not installed; nox -s great_expectations")

pytestmark = pytest.mark.filterwarnings("ignore")  # those of its own dependencies

ROWS = {CustomerFactory: 100, OrderFactory: 1_000, TicketFactory: 300}
KINDS = [
    Missing("amount", 0.05),
    OutOfRange("amount", 0.05),
    OutOfRange("order_date", 0.05),
    Typos("status", 0.05),
    Malformed("order_id", 0.05),
    Repeated("order_id", exactly=9),
]


@pytest.fixture(scope="module")
def context() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


def suite_of(factory: Any, **options: Any) -> Any:
    return gx.ExpectationSuite(**factory.expectations("great_expectations", **options))


def validated(source: Any, frame: Any, suite: Any) -> Any:
    asset = source.add_dataframe_asset(f"asset {len(source.assets)}")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    return batch.validate(suite, result_format="COMPLETE")


def failed(result: Any) -> list[str]:
    return [str(one.expectation_config) for one in result.results if not one.success]


def test_clean_data_of_twenty_seeds_passes(context: Any) -> None:
    source = context.data_sources.add_pandas("clean")
    suites = {factory._meta.table: suite_of(factory, references=False) for factory in ROWS}
    assert all(suite.expectations for suite in suites.values())
    for seed in range(20):
        for table in Dataset(ROWS, seed=seed):
            assert failed(validated(source, table.to_pandas(), suites[table.name])) == []


def test_exactly_the_planted_rows_are_caught(context: Any) -> None:
    source = context.data_sources.add_pandas("dirty")
    dataset = Dataset(ROWS, seed=3, defects={OrderFactory: KINDS})
    result = validated(source, dataset.orders.to_pandas(), suite_of(OrderFactory, references=False))
    caught = {row for one in result.results for row in one.result.get("unexpected_index_list") or ()}
    labels = dataset.defects["orders"].to_pandas()
    # Of a key that comes twice both rows fail; where the earlier one has another defect, it does not come twice.
    keys = dataset.orders.to_pandas().order_id
    assert caught == {*labels[labels.kind != "repeated"].row, *keys.index[keys.duplicated(keep=False)]}
    types = {one.expectation_config.type for one in result.results if not one.success}
    assert types == {
        f"expect_column_values_to_{what}"
        for what in ("not_be_null", "be_between", "be_in_set", "match_regex", "be_unique")
    }


def test_references_are_looked_up_by_spark(context: Any, synth_spark: Any) -> None:
    source = context.data_sources.add_spark("spark")
    suite = suite_of(OrderFactory)
    for defects, orphans in ((), 0), ((Orphans("customer", exactly=7),), 7):
        dataset = Dataset(ROWS, seed=3, defects={OrderFactory: list(defects)})
        dataset.customers.to_spark(synth_spark).createOrReplaceTempView("customers")
        result = validated(source, dataset.orders.to_spark(synth_spark), suite)
        (looked_up,) = (one for one in result.results if one.expectation_config.type == "unexpected_rows_expectation")
        assert looked_up.success == (orphans == 0)
        assert looked_up.result["observed_value"] == orphans
        assert not any(one.exception_info.get("raised_exception") for one in result.results)
        others = [one for one in result.results if not one.success and one is not looked_up]
        # An orphan's key has the form of its parents' keys.
        assert others == []
