"""Three versions of `split` as they were first written. On clean data all of them are right."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from intake.quarantine import STATUSES, split


def without_nulls(orders: DataFrame, customers: DataFrame) -> tuple[DataFrame, DataFrame]:
    """A comparison with null is null, so that an order without an amount is neither good nor bad: it is lost."""
    good, bad = split(orders.where(F.col("amount").isNotNull()), customers)
    return good.where("amount >= 0"), bad


def without_unknown_customers(orders: DataFrame, customers: DataFrame) -> tuple[DataFrame, DataFrame]:
    """An inner join loses orders of unknown customers before any rule sees them."""
    return split(orders.join(customers.select("customer_id"), "customer_id").select(orders.columns), customers)


def with_all_copies(orders: DataFrame, customers: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Every row of a key that comes twice is thrown out, the one that should stay among them."""
    counts = orders.groupBy("order_id").count().where("count > 1").select("order_id")
    once = orders.join(counts, "order_id", "left_anti").select(orders.columns)
    good, bad = split(once, customers)
    copies = orders.join(counts, "order_id", "left_semi").select(orders.columns)
    return good, bad.unionByName(copies.withColumn("rule", F.lit("duplicate")))


BUGS = {
    "nulls are lost": without_nulls,
    "unknown customers are lost": without_unknown_customers,
    "all copies are thrown out": with_all_copies,
}

__all__ = ["BUGS", "STATUSES"]
