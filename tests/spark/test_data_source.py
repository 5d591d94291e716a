"""The Spark data source `synthdata`: the tables that a Dataset has, by name, from Python and SQL."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyspark.sql.datasource")

from pyspark.errors import StreamingQueryException
from test_frames import SPARK_TYPES, everything

from pytest_synthdata import Arrival, Dataset, Exponential, days
from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.data_source import DatasetSource
from pytest_synthdata.factories import CustomerFactory, OrderFactory

if TYPE_CHECKING:
    from collections.abc import Callable


class LateCustomerFactory(CustomerFactory):
    class Meta:
        table = "customers"
        arrival = Arrival("created_at", days(Exponential(9)), redelivered=0.1)


@pytest.fixture(scope="module")
def source(synth_session: Any) -> Callable[..., Any]:
    """Reads from the source with some options."""
    spark = synth_session.spark
    spark.dataSource.register(DatasetSource)
    return lambda **options: spark.read.format("synthdata").options(**options).load()


def fingerprint_of(frame: Any) -> str:
    return fingerprint(frame.toArrow().combine_chunks().to_batches())


def test_a_table_by_name(source: Any) -> None:
    frame = source(table="orders", rows=2_000, seed=9, customers=100)
    table = Dataset({CustomerFactory: 100, OrderFactory: 2_000}, seed=9).orders
    assert frame.schema == table.to_spark(frame.sparkSession).schema
    assert fingerprint_of(frame) == table.fingerprint()


def test_a_table_of_the_usual_size(source: Any) -> None:
    assert fingerprint_of(source(table="tickets")) == Dataset().tickets.fingerprint()


def test_all_types_of_a_projects_own_table(source: Any) -> None:
    frame = source(
        table="everything",
        rows=5_000,
        shops=100,
        seed=3,
        factories="test_frames:EverythingFactory,test_frames:ShopFactory",
    )
    assert dict(frame.dtypes) == SPARK_TYPES
    assert all(field.nullable for field in frame.schema)
    assert fingerprint_of(frame) == everything().fingerprint()


def test_from_sql(source: Any, synth_spark: Any) -> None:
    synth_spark.sql(
        "CREATE TEMPORARY VIEW source_orders USING synthdata OPTIONS (table 'orders', rows '3000', partitions '5')"
    )
    try:
        parts = synth_spark.sql("SELECT spark_partition_id() AS part, count(*) AS n FROM source_orders GROUP BY 1")
        assert sorted(map(tuple, parts.collect())) == [(part, 600) for part in range(5)]
    finally:
        synth_spark.catalog.dropTempView("source_orders")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"table": "ordres"}, "did you mean 'orders'"),
        ({}, "option 'table' is ''"),
        ({"table": "orders", "rws": 5}, "did you mean 'rows'"),
        ({"table": "orders", "rows": "many"}, "option 'rows' is 'many'"),
        ({"table": "orders", "partitions": 0}, "option 'partitions' is 0"),
    ],
)
def test_mistakes_are_named(source: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=message):
        source(**options).count()


def test_a_stream_that_is_stopped_goes_on_where_it_was(synth_session: Any, tmp_path: Path) -> None:
    """Rows come in the order of arrival; those that are redelivered come twice, and no others."""
    spark = synth_session.spark
    spark.dataSource.register(DatasetSource)
    options = {"table": "customers", "rows": 300, "batch": 120, "factories": "test_data_source:LateCustomerFactory"}
    places = {"path": str(tmp_path / "rows"), "checkpointLocation": str(tmp_path / "checkpoint")}

    def start(**trigger: Any) -> Any:
        read = spark.readStream.format("synthdata").options(**options).load()
        return read.writeStream.format("parquet").options(**places).trigger(**trigger).start()

    query = start(processingTime="0 seconds")
    while query.isActive and query.lastProgress is None:
        time.sleep(0.05)
    query.stop()
    for _ in range(5):
        query = start(availableNow=True)
        try:
            assert query.awaitTermination(120)
            break
        except StreamingQueryException as error:
            # Spark gives its Python ten seconds to start, which a busy machine does not always keep.
            if "failed to connect back" not in str(error):
                raise
    batches = Dataset({LateCustomerFactory: 300}).customers.in_batches(120)
    rows = [batch for table in batches for batch in table.batches()]
    assert fingerprint_of(spark.read.parquet(places["path"])) == fingerprint(rows)
    assert len({row.customer_id for row in spark.read.parquet(places["path"]).collect()}) == 300 < sum(map(len, rows))
