"""Rows that cannot be right."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - Spark's custom


def split_orders(orders: DataFrame, customers: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Good orders, and the others with the reason: no such customer, no positive amount, before the sign-up."""
    known = customers.select("customer_id", F.col("created_at").alias("signed_up"))
    checked = orders.join(known, "customer_id", "left").withColumn(
        "reason",
        F.when(F.col("signed_up").isNull(), "unknown customer")
        .when(F.col("amount").isNull() | (F.col("amount") <= 0), "no amount")
        .when(F.col("order_date") < F.col("signed_up"), "before sign-up"),
    )
    good = checked.filter(F.col("reason").isNull()).select(*orders.columns)
    bad = checked.filter(F.col("reason").isNotNull()).select(*orders.columns, "reason")
    return good, bad
