"""Spark DataFrames as Arrow batches, a partition at a time: neither driver nor executors hold the table."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from inspect import signature
from typing import Any

from pytest_synthdata.sources.source import Source
from pytest_synthdata.spark.spark_install import ignore_pyspark_warnings
from pytest_synthdata.spark.worker_python import own_python


def from_spark(frame: Any) -> Source:
    """The rows of a DataFrame, classic or Connect."""
    schema = _arrow_schema(frame.schema)
    if find_spec("pandas") is None and hasattr(frame, "toArrow"):
        # pyspark's mapInArrow asks for pandas, and its toArrow does not; without pandas the driver holds the table.
        with ignore_pyspark_warnings():
            return Source(schema, frame.toArrow().cast(schema).to_batches())

    # A nested function that refers to nothing of this module is pickled by value: executors need no package of ours.
    def packed(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            yield pa.record_batch({"batch": pa.array([sink.getvalue().to_pybytes()], pa.binary())})

    with ignore_pyspark_warnings(), own_python(frame.sparkSession):
        messages = frame.mapInArrow(packed, "batch binary")

    def batches() -> Iterator[Any]:
        import pyarrow as pa

        for row in messages.toLocalIterator():
            with pa.ipc.open_stream(pa.py_buffer(bytes(row[0]))) as reader:
                # Instants come in the session's time zone; here all are in UTC.
                yield from pa.Table.from_batches(reader).cast(schema).to_batches()

    return Source(schema, batches())


def _arrow_schema(schema: Any) -> Any:
    """A Spark schema as Arrow's, instants in UTC: a newer pyspark must be told so, an older one knows no other zone."""
    from pyspark.sql.pandas.types import to_arrow_schema

    known = signature(to_arrow_schema).parameters
    return to_arrow_schema(schema, **({"timezone": "UTC"} if "timezone" in known else {}))


__all__ = ["from_spark"]
