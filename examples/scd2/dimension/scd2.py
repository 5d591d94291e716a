"""What a batch of changes does to a dimension of type 2.

Changes are rows with an ``operation`` and a ``sequence``, microseconds since 1970. They are kept as they come; of the
keys that a batch names, and of no others, all versions are built again in the order of the sequence.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812


def keep(seen: DataFrame, batch: DataFrame) -> DataFrame:
    """All changes that have come; one that comes again is the same."""
    return seen.unionByName(batch).dropDuplicates(["customer_id", "sequence"])


def merge(dimension: DataFrame, seen: DataFrame, batch: DataFrame) -> DataFrame:
    """The dimension after a batch, which is among the changes that have come."""
    touched = batch.select("customer_id").distinct()
    others = dimension.join(touched, "customer_id", "left_anti")
    return others.unionByName(versions(seen.join(touched, "customer_id", "left_semi")))


def versions(changes: DataFrame) -> DataFrame:
    """Every change opens a version, which ends where the next one begins; a delete opens none."""
    following = F.lead("sequence").over(Window.partitionBy("customer_id").orderBy("sequence"))
    opened = changes.withColumn("next", following).where("operation <> 'DELETE'")
    return opened.select(
        "customer_id",
        "plan",
        "city",
        F.timestamp_micros("sequence").alias("valid_from"),
        F.timestamp_micros("next").alias("valid_to"),
        F.col("next").isNull().alias("is_current"),
    )
