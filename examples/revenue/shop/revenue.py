"""What customers bring in."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - Spark's custom


def revenue_by_tier_and_month(orders: DataFrame, customers: DataFrame) -> DataFrame:
    """Completed orders' amounts by customer tier and month."""
    return (
        orders.filter(F.col("status") == "completed")
        .join(customers.select("customer_id", "tier"), "customer_id")
        .groupBy("tier", F.trunc("order_date", "month").alias("month"))
        .agg(F.round(F.sum("amount"), 2).alias("revenue"), F.count("*").alias("orders"))
    )


def lifetime_value(orders: DataFrame, customers: DataFrame) -> DataFrame:
    """Each customer's revenue so far, 0 for those who never ordered, and the day of the first order."""
    completed = orders.filter(F.col("status") == "completed")
    spent = completed.groupBy("customer_id").agg(
        F.round(F.sum("amount"), 2).alias("lifetime_value"), F.min("order_date").alias("first_order")
    )
    return (
        customers.select("customer_id", "tier")
        .join(spent, "customer_id", "left")
        .fillna({"lifetime_value": 0.0})
        .select("customer_id", "tier", "lifetime_value", "first_order")
    )
