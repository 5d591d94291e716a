"""Spark DataFrames as Arrow batches, a partition at a time: neither driver nor executors hold the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_synthdata.sources.source import Source
from pytest_synthdata.spark.spark_install import ignore_pyspark_warnings


def from_spark(frame: Any) -> Source:
    """The rows of a DataFrame, classic or Connect."""
    from pyspark.sql.pandas.types import to_arrow_schema

    # A nested function that refers to nothing of this module is pickled by value: executors need no package of ours.
    def packed(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            yield pa.record_batch({"batch": pa.array([sink.getvalue().to_pybytes()], pa.binary())})

    with ignore_pyspark_warnings():
        messages = frame.mapInArrow(packed, "batch binary")

    def batches() -> Iterator[Any]:
        import pyarrow as pa

        for row in messages.toLocalIterator():
            with pa.ipc.open_stream(pa.py_buffer(bytes(row[0]))) as reader:
                yield from reader

    return Source(to_arrow_schema(frame.schema), batches())


__all__ = ["from_spark"]
