"""How support is doing."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - Spark's custom

DEADLINE_HOURS = {"Critical": 8, "High": 24, "Medium": 72, "Low": 120}


def missed_deadlines(tickets: DataFrame) -> DataFrame:
    """The share of tickets, by priority, that took longer than their priority allows."""
    deadline = F.create_map(*[F.lit(part) for pair in DEADLINE_HOURS.items() for part in pair])
    missed = (F.col("resolution_hours") > deadline[F.col("priority")]).cast("double")
    return tickets.groupBy("priority").agg(F.avg(missed).alias("missed"), F.count("*").alias("tickets"))


def incident_days(tickets: DataFrame, factor: float = 1.6) -> DataFrame:
    """The days with more than ``factor`` times the tickets of a usual day of their kind, weekday or weekend."""
    daily = (
        tickets.groupBy(F.to_date("created_at").alias("day"))
        .count()
        .withColumn("weekend", F.dayofweek("day").isin(1, 7))
    )
    usual = daily.groupBy("weekend").agg(F.median("count").alias("usual"))
    return daily.join(usual, "weekend").filter(F.col("count") > factor * F.col("usual")).select("day", "count")
