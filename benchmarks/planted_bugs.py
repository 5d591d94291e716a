"""Twelve planted bugs: each test compares a pipeline's result, on the default 35,500 rows, with what it should be."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


def collected(frame: DataFrame) -> list[tuple[object, ...]]:
    return sorted(map(tuple, frame.collect()))


def test_needle(synth):
    """One order in 25,000 is above the cap."""
    orders = synth.orders
    capped = orders.agg(F.sum(F.least("amount", F.lit(16_000.0)).cast("decimal(18,2)")))
    assert capped.first() == orders.agg(F.sum(F.col("amount").cast("decimal(18,2)"))).first()


def test_one_row_in_a_hundred(synth):
    """Cancelled orders from the East are lost."""
    orders = synth.orders.join(synth.customers, "customer_id")
    kept = orders.filter("not (status = 'cancelled' and region = 'East')")
    assert kept.count() == orders.count()


def test_two_rows_of_one_customer(synth):
    """The latest order of a customer are two, where two are of one day."""
    orders = synth.orders
    last = orders.groupBy("customer_id").agg(F.max("order_date").alias("order_date"))
    latest = orders.join(last, ["customer_id", "order_date"])
    assert latest.count() == last.count()


def test_three_tables(synth):
    """Enterprise customers with a cancelled order and a critical ticket are counted as lost."""
    cancelled = synth.orders.filter("status = 'cancelled'").select("customer_id").distinct()
    critical = synth.tickets.filter("priority = 'Critical' and csat_score = 1").select("customer_id").distinct()
    kept = synth.customers.join(cancelled.join(critical, "customer_id"), "customer_id", "left_anti")
    assert kept.filter("tier = 'Enterprise'").count() == synth.customers.filter("tier = 'Enterprise'").count()


def test_ties(synth):
    """The ticket that took longest is not one, where two took equally long."""
    tickets = synth.tickets.select("customer_id", "ticket_id", "resolution_hours")
    longest = tickets.groupBy("customer_id").agg(F.max("resolution_hours").alias("resolution_hours"))
    found = tickets.join(longest, ["customer_id", "resolution_hours"])
    assert found.count() == longest.count()


def test_share_of_nulls(synth):
    """Scores are missing for more customers than is allowed."""
    scores = synth.tickets.groupBy("customer_id").agg(F.avg("csat_score").alias("score"))
    joined = synth.customers.join(scores, "customer_id", "left")
    share = joined.agg(F.avg(F.col("score").isNull().cast("double"))).first()[0] or 0.0
    assert share <= 0.02


def test_fan_out_in_a_join(synth):
    """Revenue is counted once for each ticket."""
    joined = synth.orders.join(synth.tickets.select("customer_id", "ticket_id"), "customer_id", "left")
    revenue = joined.groupBy("customer_id").agg(F.count("order_id").alias("orders"))
    assert collected(revenue) == collected(synth.orders.groupBy("customer_id").count())


def test_wrong_kind_of_join(synth):
    """Customers without an order are lost."""
    totals = synth.orders.groupBy("customer_id").agg(F.sum("amount").alias("revenue"))
    assert synth.customers.join(totals, "customer_id").count() == synth.customers.count()


def test_window_without_its_partition(synth):
    """Only one customer has a first order."""
    orders = synth.orders.select("customer_id", "order_id", "order_date")
    numbered = orders.withColumn("n", F.row_number().over(Window.orderBy("order_date", "order_id")))
    assert numbered.filter("n = 1").count() == orders.select("customer_id").distinct().count()


def test_overflow(synth):
    """Tenths of a large amount do not fit in 16 bits."""
    cents = synth.orders.select((F.col("amount") * 10).cast("int").cast("smallint").alias("tenths"))
    assert all(row.tenths >= 0 for row in cents.collect())


def test_time_zone(synth):
    """Days are New York's, where they should be UTC's."""
    local = F.to_date(F.from_utc_timestamp("created_at", "America/New_York"))
    tickets = synth.tickets.select(local.alias("day"), F.to_date("created_at").alias("expected"))
    assert tickets.filter("day != expected").count() == 0


def test_not_monotone(synth):
    """The best tier is the one with most orders, where it should be the one with most revenue."""
    tiers = synth.orders.join(synth.customers, "customer_id").groupBy("tier")
    found = tiers.agg(F.count("order_id").alias("n"), F.sum("amount").alias("revenue")).collect()
    assert max(found, key=lambda row: (row.n, row.tier), default=None) == max(
        found, key=lambda row: (row.revenue, row.tier), default=None
    )
