"""What runs on a cluster to write a table there, and to read it back.

Its source is sent there after that of `spark.shipment`. It must therefore import nothing of this package.
"""

from __future__ import annotations

import base64
import json
import sys
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.spark.shipment import Shipment  # noqa: TC004 - stands above this in what is sent

ROWS_AT_ONCE = 1 << 17
TELLS = "synthdata: "  # how the line begins that says what was written


def write_table(spark: Any, sent: str, folder: str) -> None:
    """Write a table to a folder as Parquet, in parallel; read it, and print what its fingerprint is made of.

    Args:
        spark: the cluster's session.
        sent: what `generation.packed` made.
        folder: where the table goes. What is there is replaced.

    Raises:
        RuntimeError: on another version of Python than the one in which functions were pickled.
    """
    import pyarrow as pa
    from pyspark.sql.types import StructType

    job = json.loads(zlib.decompress(base64.b64decode(sent)))
    here = list(sys.version_info[:2])
    if job["python"] not in (None, here):
        raise RuntimeError(
            f"the tables have functions of your own, made by Python {job['python']}; the cluster has {here}. Use a "
            "Databricks Runtime of that Python, or write the columns without functions"
        )
    schema = StructType.fromJson(job["spark_schema"])
    num_rows, at_once = job["rows"], ROWS_AT_ONCE
    shipment = Shipment(
        job["package"],
        job["alias"],
        job["engine"],
        base64.b64decode(job["plan"]),
        job["key"],
        pa.ipc.read_schema(pa.py_buffer(base64.b64decode(job["schema"]))),
    )

    def make(numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from shipment.rows(number * at_once, min((number + 1) * at_once, num_rows))

    def sums(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        part = [str(number) for number in shipment.module("columns.arrow.fingerprint").sums(batches)]
        yield pa.RecordBatch.from_arrays([pa.array([text]) for text in part], ["first", "second", "rows"])

    blocks = -(-num_rows // at_once)
    spark.range(0, blocks).mapInArrow(make, schema).write.mode("overwrite").parquet(folder)
    read = spark.read.schema(schema).parquet(folder)
    parts = read.mapInArrow(sums, "first string, second string, rows string").collect()
    print(TELLS + json.dumps([[int(text) for text in part] for part in parts]))  # noqa: T201 - a command's output
