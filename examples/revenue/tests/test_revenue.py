"""Revenue, on a whole year of business and on rows written by hand."""

import datetime as dt

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F  # noqa: N812 - Spark's custom
from shop.revenue import lifetime_value, revenue_by_tier_and_month


def test_every_tier_earns_in_every_month(orders_df, customers_df):
    report = revenue_by_tier_and_month(orders_df, customers_df)
    assert report.count() == 3 * 12


def test_no_completed_order_is_lost(orders_df, customers_df):
    report = revenue_by_tier_and_month(orders_df, customers_df).agg(F.sum("orders").alias("orders"))
    counted = orders_df.filter("status = 'completed'").agg(F.count("*").alias("orders"))
    assert_df_equality(report, counted, ignore_nullable=True)


def test_enterprise_orders_are_the_largest(synth):
    report = revenue_by_tier_and_month(synth.orders, synth.customers).groupBy("tier")
    average = {
        row.tier: row.average for row in report.agg((F.sum("revenue") / F.sum("orders")).alias("average")).collect()
    }
    assert average["Enterprise"] > 5 * average["Pro"] > 5 * 2 * average["Free"]


@pytest.mark.synth(customers=40, orders=15, seed=3)
def test_customers_without_orders_have_no_value(synth):
    values = lifetime_value(synth.orders, synth.customers)
    silent = synth.customers.join(synth.orders.filter("status = 'completed'"), "customer_id", "left_anti")
    assert silent.count() >= 40 - 15
    worthless = values.filter("lifetime_value = 0").select("customer_id")
    assert_df_equality(worthless, silent.select("customer_id"), ignore_row_order=True, ignore_nullable=True)


def test_by_hand(synth_spark):
    customers = synth_spark.createDataFrame([("C1", "Pro")], "customer_id string, tier string")
    orders = synth_spark.createDataFrame(
        [
            ("C1", 10.5, "completed", dt.date(2024, 3, 1)),
            ("C1", 4.5, "completed", dt.date(2024, 3, 31)),
            ("C1", 99.0, "cancelled", dt.date(2024, 3, 31)),
        ],
        "customer_id string, amount double, status string, order_date date",
    )
    expected = synth_spark.createDataFrame(
        [("Pro", dt.date(2024, 3, 1), 15.0, 2)], "tier string, month date, revenue double, orders bigint"
    )
    assert_df_equality(revenue_by_tier_and_month(orders, customers), expected, ignore_nullable=True)
