"""Orders that can be loaded, and orders that cannot, each with the first rule that it breaks."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

STATUSES = ("completed", "pending", "cancelled")


def split(orders: DataFrame, customers: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Good orders, and bad ones with a column ``rule``."""
    known = customers.select(F.col("customer_id").alias("known_id")).distinct()
    copy = Window.partitionBy("order_id").orderBy("order_date", "customer_id")
    checked = (
        orders.withColumn("copy", F.row_number().over(copy))
        .join(known, F.col("customer_id") == F.col("known_id"), "left")
        .withColumn("rule", first_broken())
    )
    columns = orders.columns
    return (
        checked.where("rule IS NULL").select(columns),
        checked.where("rule IS NOT NULL").select(*columns, "rule"),
    )


def first_broken() -> Column:
    """The first rule that a row breaks; null where it breaks none."""
    amount, status = F.col("amount"), F.col("status")
    return (
        F.when(F.col("copy") > 1, "duplicate")
        .when(F.col("known_id").isNull(), "unknown customer")
        .when(amount.isNull() | (amount < 0), "amount")
        .when(status.isNull() | ~status.isin(*STATUSES), "status")
    )
