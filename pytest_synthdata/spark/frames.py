"""Tables as Spark DataFrames, with the same schema whichever way they get there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import pyarrow as pa

from pytest_synthdata.disk.refusals import told_in_a_line
from pytest_synthdata.disk.temporary import temporary_folder
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.pickling import PicklingError
from pytest_synthdata.spark.shipping import row_range
from pytest_synthdata.spark.spark_install import ignore_pyspark_warnings
from pytest_synthdata.spark.worker_python import own_python

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView

LARGE = 500_000  # rows from which executors are quicker than handing the table over
_BLOCK = 1 << 17  # rows that an executor makes at once
_BYTES_WORTH_KEEPING = 1 << 16  # of a table on a Connect server
_keeping: WeakSet[Any] = WeakSet()  # Connect sessions whose server keeps tables


def to_spark(view: TableView, spark: Any, *, distributed: bool | None = None, partitions: int | None = None) -> Any:
    """The rows of a table as a DataFrame: the same rows, types and nullability whichever way it takes.

    Args:
        view: the rows.
        spark: a session: classic, Connect, or Sail's.
        distributed: whether executors make the rows, when an action asks for them. Else they are made here,
            once. Where not given, large tables are made by executors if their columns can be.
        partitions: into how many partitions of alike size executors divide them; defaults to Spark's own number.

    Raises:
        SynthDataError: for a type that Spark has not, and for a distributed table that executors cannot make.
    """
    if partitions is not None:
        require_some(partitions, "partitions")
        if distributed is False:
            raise SynthDataError(
                f"{view.name}: partitions={partitions} is for rows that executors make: leave out distributed=False"
            )
        distributed = True
    schema = representable(view.schema, view.name)
    hand_over = _hand_over(spark)
    if distributed is None:
        distributed = (view.num_rows >= LARGE or hand_over is _row_by_row) and _has_pandas()
        if distributed:
            try:
                return _by_executors(view, spark, schema, partitions)
            except PicklingError:
                distributed = False
    if distributed:
        if not _has_pandas():
            raise SynthDataError("a distributed table needs pandas here, for Spark's mapInArrow: pip install pandas")
        return _by_executors(view, spark, schema, partitions)
    if view.num_rows == 0:
        hand_over = _row_by_row  # Spark fails on nested columns of an Arrow table without rows
    rows = pa.Table.from_batches(view.batches(0, view.num_rows), schema=view.schema)
    return hand_over(rows.cast(schema), spark, spark_schema(schema))


def require_some(partitions: int, what: str) -> None:
    """Raise `SynthDataError` for a number of partitions that is none."""
    if isinstance(partitions, bool) or not isinstance(partitions, int) or partitions < 1:
        raise SynthDataError(f"{what} is {partitions!r}; it must be a whole number from 1")


def _by_executors(view: TableView, spark: Any, schema: pa.Schema, partitions: int | None) -> Any:
    """Each executor makes the blocks whose numbers it gets: nothing else crosses the wire but the plan."""
    block = _BLOCK if partitions is None else min(_BLOCK, max(-(-view.num_rows // partitions), 1))
    numbers = spark.range(0, -(-view.num_rows // block), 1, partitions)
    make = _maker(view, schema, block)
    with ignore_pyspark_warnings(), own_python(spark):
        return numbers.mapInArrow(make, spark_schema(schema))


def _maker(
    view: TableView, schema: pa.Schema, block: int
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    rows, num_rows = row_range(view, schema), view.num_rows

    def make(numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from rows(number * block, min((number + 1) * block, num_rows))

    return make


def _has_pandas() -> bool:
    return find_spec("pandas") is not None


def _hand_over(spark: Any) -> Callable[[pa.Table, Any, Any], Any]:
    """How rows that are here get into a session: pyspark 3.5 takes no Arrow tables, but its JVM reads Arrow."""
    is_classic = hasattr(spark, "_jsparkSession")
    # Asking a frame would be the first query of a JVM, which takes a sixth of a second.
    frames = import_module("pyspark.sql" if is_classic else "pyspark.sql.connect.dataframe")
    if hasattr(frames.DataFrame, "toArrow"):
        return _as_arrow
    return _as_stream if is_classic else _row_by_row


def _as_arrow(rows: pa.Table, spark: Any, schema: Any) -> Any:
    frame = spark.createDataFrame(rows, schema)
    if spark in _keeping and rows.nbytes >= _BYTES_WORTH_KEEPING:
        return frame.localCheckpoint(eager=False)
    return frame


def keep_on_server(spark: Any) -> None:
    """Have the Connect server of a session keep the rows of tables from the first query that reads them.

    Else each query reads the whole table from Arrow anew and projects it row by row while it is planned: half of the
    time of a short query of 25,000 rows. What is kept goes where an executor ends, so this is for local servers.
    """
    _keeping.add(spark)


def _as_stream(rows: pa.Table, spark: Any, schema: Any) -> Any:
    """The end of pyspark 3.5's own way from pandas to Spark, which begins with Arrow here."""
    from pyspark.sql import DataFrame

    with temporary_folder("arrow") as (folder, _):
        file = folder / "rows.arrow"
        refused = told_in_a_line("handing rows to Spark", file)
        with refused, pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
        batches = spark._jvm.PythonSQLUtils.readArrowStreamFromFile(str(file))
        return DataFrame(spark._jvm.PythonSQLUtils.toDataFrame(batches, schema.json(), spark._jsparkSession), spark)


def _row_by_row(rows: pa.Table, spark: Any, schema: Any) -> Any:
    tuples = list(zip(*(column.to_pylist() for column in rows.columns), strict=True))
    return spark.createDataFrame(tuples, schema)


def representable(schema: pa.Schema, table: str) -> pa.Schema:
    """The schema in those of Arrow's types that Spark has."""
    fields = [(field, _spark_arrow(field.type, f"{table}.{field.name}")) for field in schema]
    return pa.schema([pa.field(field.name, type_, nullable=field.nullable) for field, type_ in fields])


def _spark_arrow(type_: pa.DataType, place: str) -> pa.DataType:
    types = pa.types
    if types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_):
        item = _spark_arrow(type_.value_type, place)
        return pa.list_(pa.field("item", item, nullable=type_.value_field.nullable))
    if types.is_struct(type_):
        return pa.struct([field.with_type(_spark_arrow(field.type, place)) for field in type_])
    if types.is_map(type_):
        return pa.map_(_spark_arrow(type_.key_type, place), _spark_arrow(type_.item_type, place))
    if types.is_timestamp(type_):
        return pa.timestamp("us", "UTC" if type_.tz else None)
    if types.is_duration(type_):
        return pa.duration("us")
    if types.is_decimal(type_):
        return pa.decimal128(type_.precision, type_.scale)
    nearest = _NEAREST.get(type_, type_)
    if nearest not in _NAMES:
        raise SynthDataError(f"{place}: Spark has no type for {type_}; add .cast(…), for example .cast('string')")
    return nearest


_NEAREST = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.int64(),  # a number beyond 2^63 fails; decimal(20,0) would surprise all others
    pa.float16(): pa.float32(),
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.date64(): pa.date32(),
}

_NAMES = {
    pa.bool_(): "BooleanType",
    pa.int8(): "ByteType",
    pa.int16(): "ShortType",
    pa.int32(): "IntegerType",
    pa.int64(): "LongType",
    pa.float32(): "FloatType",
    pa.float64(): "DoubleType",
    pa.string(): "StringType",
    pa.binary(): "BinaryType",
    pa.date32(): "DateType",
    pa.timestamp("us"): "TimestampNTZType",
    pa.timestamp("us", "UTC"): "TimestampType",
    pa.duration("us"): "DayTimeIntervalType",
}


def spark_schema(schema: pa.Schema) -> Any:
    """An Arrow schema as Spark's ``StructType``. What may be null there, may be null here, also inside of columns.

    Timestamps with a time zone are Spark's ``timestamp``, an instant; those without are ``timestamp_ntz``.
    """
    from pyspark.sql.types import StructField, StructType

    schema = representable(schema, "schema")
    return StructType([StructField(field.name, _spark_type(field.type), nullable=field.nullable) for field in schema])


def _spark_type(type_: pa.DataType) -> Any:
    from pyspark.sql import types

    if pa.types.is_list(type_):
        return types.ArrayType(_spark_type(type_.value_type), containsNull=type_.value_field.nullable)
    if pa.types.is_struct(type_):
        fields = [types.StructField(field.name, _spark_type(field.type), nullable=field.nullable) for field in type_]
        return types.StructType(fields)
    if pa.types.is_map(type_):
        return types.MapType(_spark_type(type_.key_type), _spark_type(type_.item_type), valueContainsNull=True)
    if pa.types.is_decimal(type_):
        return types.DecimalType(type_.precision, type_.scale)
    plain: Any = getattr(types, _NAMES[type_])
    return plain()


__all__ = ["LARGE", "keep_on_server", "representable", "spark_schema", "to_spark"]
