"""Checks from declarations: clean data meets them, planted defects do not; in Spark SQL and in other tools' forms."""

from __future__ import annotations

import json
import math
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    ForeignKey,
    Key,
    Malformed,
    Missing,
    Nasty,
    Normal,
    Orphans,
    OutOfRange,
    SynthDataError,
    TableFactory,
    Times,
    Typos,
    Uniform,
    assert_caught,
    col,
    when,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory

SEEDS = range(20)
ROWS = {CustomerFactory: 60, OrderFactory: 300, TicketFactory: 100}


class OddFactory(TableFactory):
    """Names, values and types that SQL writes in its own way."""

    class Meta:
        table = "odd rows"

    odd_id = Key("A.b^[{}]\\'")
    two_words = Categorical({"it's": 0.5, "back\\slash\n": 0.5}).nulls(0.3)
    order = ForeignKey(OrderFactory, column="order key")
    whole = Uniform(-5, 5).cast("tinyint")
    exact = Uniform(0, 99).round(2).cast("decimal(8,2)")
    free = Normal(0, 1)
    maybe = when(col("free") > 0, 1.5)
    day = Dates("2024-02-01", "2024-02-29")
    at = Times("2024-02-01", "2024-02-29").cast("timestamp_ntz")


ALL = {**ROWS, OddFactory: 100}


@pytest.fixture(scope="module")
def clean() -> dict[str, pa.Table]:
    """The tables of 20 seeds, one after the other."""
    datasets = [Dataset(ALL, seed=seed) for seed in SEEDS]
    return {name: pa.concat_tables([one[name].to_arrow() for one in datasets]) for name in datasets[0].tables}


def broken(spark: Any, frame: Any, expectations: dict[str, str]) -> dict[str, int]:
    """How many rows of a frame do not meet each condition; a condition that is null counts, too."""
    from pyspark.sql import functions as F

    met = frame.select([F.expr(condition).alias(name) for name, condition in expectations.items()])
    counts = met.select(
        [F.count_if(~F.coalesce(F.col(f"`{name}`"), F.lit(False))).alias(name) for name in expectations]
    )
    return {name: count for name, count in counts.first().asDict().items() if count}


@pytest.mark.parametrize("factory", ALL, ids=lambda factory: factory.__name__)
def test_clean_data_of_20_seeds_meets_all(synth_spark: Any, clean: dict[str, pa.Table], factory: Any) -> None:
    name = factory._meta.table
    expectations = factory.expectations()
    assert len(expectations) >= len([column for column in clean[name].schema.names if column != "maybe"]) - 1
    assert broken(synth_spark, synth_spark.createDataFrame(clean[name]), expectations) == {}


def test_planted_defects_are_caught(synth_spark: Any) -> None:
    kinds = [
        Missing("amount", 0.05), OutOfRange("amount", 0.05), OutOfRange("order_date", 0.05),
        Nasty("order_id", exactly=20), Typos("status", 0.05), Malformed("order_id", 0.05), Orphans("customer", 0.05),
        Missing("customer_id", 0.02),
    ]  # fmt: skip
    dataset = Dataset({CustomerFactory: 200, OrderFactory: 2_000}, defects={OrderFactory: kinds})
    dataset.customers.to_spark(synth_spark).createOrReplaceTempView("known_customers")
    orders = dataset.orders.to_spark(synth_spark)
    expectations = OrderFactory.expectations(references={"customers": "known_customers"})
    good = orders
    for condition in expectations.values():
        good = good.where(condition)
    bad = orders.exceptAll(good)
    assert_caught(bad, dataset.defects["orders"])
    row_level = {name: condition for name, condition in expectations.items() if "SELECT" not in condition}
    assert broken(synth_spark, orders, row_level).keys() == {
        *("amount_not_null", "amount_in_range", "order_id_has_pattern"),
        *("order_date_in_range", "status_in_list", "customer_id_not_null"),
    }  # fmt: skip


def test_infinite_numbers_and_nan_are_out_of_every_range(synth_spark: Any) -> None:
    dataset = Dataset({OddFactory: 100, OrderFactory: 10}, defects={OddFactory: [Nasty("free", 1.0)]})
    values = dataset["odd rows"].to_arrow()["free"].to_pylist()
    expected = sum(not math.isfinite(value) for value in values)
    found = broken(synth_spark, dataset["odd rows"].to_spark(synth_spark), OddFactory.expectations())
    assert found["free_in_range"] == expected > 0


def test_sql_by_default_reads_no_other_table() -> None:
    assert not any("SELECT" in condition for condition in TicketFactory.expectations().values())
    there = OrderFactory.expectations(references={"customers": "main.crm.customers"})
    assert there["customer_id_in_customers"].endswith("IN (SELECT customer_id FROM main.crm.customers))")
    assert "order key_in_orders" in OddFactory.expectations(references=True)


def test_forms_are_plain_data() -> None:
    checks = OrderFactory.expectations("dqx")
    assert json.loads(json.dumps(checks)) == checks
    assert {check["check"]["function"] for check in checks} == {
        "is_not_null",
        "sql_expression",
        "is_unique",
        "foreign_key",
    }
    suite = OrderFactory.expectations("great_expectations")
    assert json.loads(json.dumps(suite)) == suite
    kinds = {one["type"]: one["kwargs"] for one in suite["expectations"]}
    assert kinds["expect_column_values_to_be_in_set"] == {
        "column": "status",
        "value_set": ["completed", "pending", "cancelled"],
    }
    assert kinds["expect_column_values_to_be_between"]["min_value"] == "2024-01-01"
    assert "unexpected_rows_expectation" in kinds


def test_another_form_is_refused() -> None:
    with pytest.raises(SynthDataError, match=r"no form 'dlt': .*sql"):
        OrderFactory.expectations("dlt")
