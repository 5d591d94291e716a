"""Checks from declarations: clean data meets them, planted defects do not; in Spark SQL and in other tools' forms."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
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
    Ordinal,
    Orphans,
    OutOfRange,
    RunningSum,
    Share,
    Sum,
    SynthDataError,
    TableFactory,
    Times,
    Typos,
    Uniform,
    assert_caught,
    col,
    when,
)
from pytest_synthdata import functions as F
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory
from pytest_synthdata.functions import days, hours

SEEDS = range(20)
ROWS = {CustomerFactory: 60, OrderFactory: 300, TicketFactory: 100}


class OddFactory(TableFactory):
    """Names, values and types that SQL writes in its own way."""

    class Meta:
        table = "odd rows"
        where = (
            ((col("fee") > 0) | col("fee").isin([Decimal("-1.50")]) | ~(col("whole") * 2 + 1 < -col("free")))
            & (F.length("two_words").is_null() | (F.length("two_words") < 20) & col("two_words").contains("s"))
            & (F.year("day") == 2024) & (col("day") + days(30) > dt.date(2024, 1, 1)) & (col("day") + 1 < "2024-02-29")
            & (col("day") - col("day") < days(1)) & (col("seen") + hours(1) >= dt.date(2024, 2, 2))
            & (F.abs("free") < 1e9) & when(col("free") > 0, F.coalesce("maybe", "free") > 0).otherwise(True)
        )  # fmt: skip

    odd_id = Key("A.b^[{}]\\'")
    two_words = Categorical({"it's": 0.5, "back\\slash\n": 0.5}).nulls(0.3)
    order = ForeignKey(OrderFactory, column="order key")
    whole = Uniform(-5, 5).cast("tinyint")
    exact = Uniform(0, 99).round(2).cast("decimal(8,2)")
    free = Normal(0, 1)
    maybe = when(col("free") > 0, 1.5)
    day = Dates("2024-02-01", "2024-02-29")
    at = Times("2024-02-01", "2024-02-29").cast("timestamp_ntz")
    seen = Times("2024-02-01", "2024-02-29")
    seen_on = F.to_date(col("seen"))
    rate = Categorical([0.1, 2.5])
    short = Categorical([0.1, 0.7]).cast("float")
    fee = Categorical([Decimal("-1.50"), Decimal("2.00")])
    closed = Categorical([dt.date(2024, 5, 1), dt.date(2024, 12, 26)])


class PayerFactory(TableFactory):
    """A parent with an amount."""

    payer_id = Key("P-{}")
    total = Uniform(0, 100).round(2)
    paid = Sum("parts.part")


class PartFactory(TableFactory):
    """Rows that are numbered within their parents, whose amount they split."""

    class Meta:
        key = ("payer_id", "number")

    payer = ForeignKey(PayerFactory, per_parent=2)
    number = Ordinal("payer")
    part = Share("payer.total")
    so_far = RunningSum("part")
    share = col("part") / col("payer.total")


ALL = {**ROWS, OddFactory: 100, PayerFactory: 50, PartFactory: None}


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
    assert found["where_is_met"] >= expected


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


def test_what_is_declared_is_there_or_listed() -> None:
    conditions = PartFactory.expectations()
    assert conditions["part_in_range"] == "part IS NULL OR (part >= 0 AND part <= 100)"
    assert {"number_in_range", "so_far_not_null", "so_far_in_range"} < conditions.keys()
    assert PartFactory.not_in_expectations() == {
        "payer_id_in_payers": "a condition looks at one table; references=True looks parents up",
        "payer_id_number_unique": "a condition looks at one row",
        "number": "Ordinal(reference='payer', start=1) depends on other rows",
        "part": "Share(path='payer.total', weights=Exponential(scale=1.0)) depends on other rows",
        "so_far": "RunningSum('part') depends on other rows",
        "share": "it is not compared with what it depends on: part, payer.total",
    }
    unique = {"function": "is_unique", "arguments": {"columns": ["payer_id", "number"]}}
    assert unique in [one["check"] for one in PartFactory.expectations("dqx")]
    suite = {one["type"]: one["kwargs"] for one in PartFactory.expectations("great_expectations")["expectations"]}
    assert suite["expect_compound_columns_to_be_unique"]["column_list"] == ["payer_id", "number"]
    assert not {"payer_id_in_payers", "payer_id_number_unique"} & PartFactory.not_in_expectations("dqx").keys()
    for factory in ALL:  # a column has a condition on its values, or a line of its own
        checks = [one for one in factory.expectations("dqx") if not one["name"].endswith(("_not_null", "_unique"))]
        said = {name.strip("`") for one in checks for name in one["check"]["arguments"]["columns"]}
        assert said | factory.not_in_expectations("dqx").keys() >= set(factory._meta.bound().plan.visible)


def test_conditions_of_whole_rows_are_exported_in_each_form() -> None:
    assert "where_is_met" in OddFactory.expectations()
    checks = {one["name"]: one["check"]["arguments"] for one in OddFactory.expectations("dqx")}
    assert checks["where_is_met"]["columns"] == ["fee", "whole", "free", "two_words", "day", "seen", "maybe"]
    suite = OddFactory.expectations("great_expectations", references=False)["expectations"]
    assert not [one for one in suite if one["type"] == "unexpected_rows_expectation"]
    left = OddFactory.not_in_expectations("great_expectations", references=False)
    assert left["where_is_met"] == "it is a query, which references=False leaves out"
    kinds = {one["kwargs"]["column"]: one for one in suite if not one["type"].endswith("null")}
    assert kinds["rate"]["kwargs"]["value_set"] == [0.1, 2.5]
    assert kinds["fee"]["kwargs"] == {"column": "fee", "min_value": -1.5, "max_value": 2.0}  # JSON has no decimals
    assert kinds["closed"]["kwargs"]["max_value"] == "2024-12-26"


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (col("order.amount") > 0, "it reads 'order.amount', which is not a column of the table"),
        (col("free").round(1) > -1, "has no counterpart in SQL"),
        (F.hour("seen") >= 0, "depends on the session"),
        (col("seen") > col("day"), "depends on the session's time zone"),
        (-col("whole") < 100, "has no counterpart in SQL"),
    ],
)
def test_a_condition_without_sql_is_listed(condition: Any, reason: str) -> None:
    factory = type("OtherFactory", (OddFactory,), {"Meta": type("Meta", (), {"table": "others", "where": condition})})
    assert reason in factory.not_in_expectations()["where"]
    assert "where_is_met" not in factory.expectations()


def test_another_form_is_refused() -> None:
    with pytest.raises(SynthDataError, match=r"no form 'dlt': .*sql"):
        OrderFactory.not_in_expectations("dlt")
    with pytest.raises(SynthDataError, match=r"no form 'dlt': .*sql"):
        OrderFactory.expectations("dlt")
