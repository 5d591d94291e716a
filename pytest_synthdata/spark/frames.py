"""Tables as Spark DataFrames, with the same schema whichever way they get there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Table


def to_spark(table: Table, spark: Any) -> Any:
    """A table as a DataFrame, handed over as Arrow."""
    from pyspark.sql.pandas.types import from_arrow_schema

    schema = from_arrow_schema(table.schema, prefer_timestamp_ntz=True)
    return spark.createDataFrame(table.to_arrow(), schema)
