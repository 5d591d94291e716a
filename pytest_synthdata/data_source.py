"""`DatasetSource`: tables that Spark reads by name, from Python and SQL, with a schema and partitions of their own.

spark.dataSource.register(DatasetSource)
spark.read.format("synthdata").option("table", "orders").option("rows", 1_000_000).load()
spark.readStream.format("synthdata").option("table", "tickets").option("batch", "day").load()
spark.sql("CREATE TEMPORARY VIEW orders USING synthdata OPTIONS (table 'orders', rows '1000000')")
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pytest_synthdata.errors import SynthDataError, nearest
from pytest_synthdata.spark.frames import representable, require_some, spark_schema
from pytest_synthdata.spark.shipping import row_range
from pytest_synthdata.spark.stream_reader import stream_reader_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_synthdata.spark.shipping import RowRange
    from pytest_synthdata.table import Table

_OPTIONS = ("table", "rows", "seed", "factories", "partitions", "batch", "rate", "column")
_SPARKS_OWN = ("path", "serialization.format")
_ROWS_PER_PARTITION = 1 << 18


def _make_source() -> Any:
    try:
        from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
    except ImportError:
        raise SynthDataError("Python data sources need pyspark 4: pip install 'pyspark>=4'") from None

    stream_reader = stream_reader_class()

    # Nested classes are pickled by value. Executors, which read their pickles, have no such module.
    class DatasetSource(DataSource):  # type: ignore[misc]
        """Spark's data source ``synthdata``.

        Options:
            table: the table's name.
            rows: its number of rows; defaults to its factory's usual number.
            seed: decides every value; defaults to 42.
            factories: modules with tables of your own, separated by commas: ``shop.factories``.
            partitions: how many; defaults to one for each 2^18 rows.
            (a table's name): the number of rows of a table that it refers to, such as ``customers``.

        Options of a stream, whose rows come in the order of time, else in that of their numbers:
            batch: what a micro-batch has at most: a number of rows, or the rows of an ``hour``, ``day``, ``week`` or
                ``month``; defaults to 100,000 rows.
            rate: rows that come in a second; all are there at once by default, and for ``availableNow``.
            column: the column of dates or times that counts; defaults to that of `Table.between`, and for periods to
                the table's only one.

        Where it is planned, which is the driver or the Connect server, this package must be installed. Executors
        need NumPy, PyArrow and SciPy only.
        """

        # Where it is planned is another Python, perhaps one that does not look where this one does.
        search_path = tuple(sys.path)
        python = sys.executable

        @classmethod
        def name(cls) -> str:
            return "synthdata"

        def schema(self) -> Any:
            planning = self._planning()
            table = planning.table_of(self.options)
            self.rows = planning.rows_of(table)  # which travels along, so that nothing is imported for a micro-batch
            return planning.spark_schema(table.schema)

        def reader(self, schema: Any) -> Any:
            del schema
            rows, ranges = self._planning().planned(self.options)

            class Reader(DataSourceReader):  # type: ignore[misc]
                def partitions(self) -> Any:
                    return list(map(InputPartition, ranges))

                def read(self, partition: Any) -> Iterator[Any]:
                    yield from rows(*partition.value)

            return Reader()

        def streamReader(self, schema: Any) -> Any:  # noqa: N802 - pyspark's name
            del schema
            # Where a schema was given to Spark, ours was not asked for.
            rows = getattr(self, "rows", None) or self._planning().rows_of(self._planning().table_of(self.options))
            return stream_reader(rows, lambda: self._planning("streams").TableStream(self.options))

        def _planning(self, module: str = "data_source") -> Any:
            import importlib.util
            import sys

            if importlib.util.find_spec("pyarrow") is None:  # which the workers that follow import at once
                raise ImportError(
                    f"synthdata: Spark's workers run {sys.executable}, which has no pyarrow; set PYSPARK_PYTHON="
                    f"{self.python} in the environment before the session starts"
                )
            sys.path[:] = dict.fromkeys([*sys.path, *self.search_path])
            return importlib.import_module(f"pytest_synthdata.{module}")

    return DatasetSource


def table_of(options: Mapping[str, str]) -> Table:
    """The table that a source's options name.

    Raises:
        SynthDataError: for an unknown table, an unknown option, and numbers that are none.
    """
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.factories.discovery import load_factories, with_shipped

    factories = with_shipped(load_factories(filter(None, options.get("factories", "").split(","))))
    name = options.get("table", "")
    if name not in factories:
        raise SynthDataError(f"option 'table' is {name!r}; {nearest(name, factories)}")
    # Spark's options are case-insensitive, so that a table's name comes in lower case.
    tables = {table.lower(): factory for table, factory in factories.items()}
    rows = number_of(options, "rows")
    counts: dict[Any, int | None] = {factories[name]: factories[name]._meta.usual_rows if rows is None else rows}
    for option in options:
        key = option.lower()
        if key in tables and key != name.lower():
            counts[tables[key]] = number_of(options, option)
        elif key not in (*_OPTIONS, *_SPARKS_OWN) and not key.startswith("option."):  # as CREATE TABLE repeats them
            raise SynthDataError(f"unknown option {option!r}: {nearest(key, [*_OPTIONS, *tables])}")
    seed = number_of(options, "seed")
    return (Dataset(counts) if seed is None else Dataset(counts, seed=seed))[name]


def planned(options: Mapping[str, str]) -> tuple[RowRange, list[tuple[int, int]]]:
    """What executors call for rows, and with what ranges."""
    table = table_of(options)
    count = table.num_rows
    return rows_of(table), ranges_of(options, 0, count)


def rows_of(table: Table) -> RowRange:
    """What executors call for a table's rows."""
    return row_range(table.view, representable(table.schema, table.name))


def ranges_of(options: Mapping[str, str], start: int, stop: int) -> list[tuple[int, int]]:
    """The partitions of some rows."""
    count = stop - start
    partitions = number_of(options, "partitions")
    if partitions is None:
        partitions = max(1, -(-count // _ROWS_PER_PARTITION))
    require_some(partitions, "option 'partitions'")
    return list(pairwise(start + count * number // partitions for number in range(partitions + 1)))


def number_of(options: Mapping[str, str], name: str) -> int | None:
    """The whole number that is an option's value; None where it is not given.

    Raises:
        SynthDataError: for another value.
    """
    value = options.get(name)
    if value is None:
        return None
    try:
        return int(value.replace("_", ""))
    except ValueError:
        raise SynthDataError(f"option {name!r} is {value!r}; it must be a whole number") from None


DatasetSource: Any = _make_source()

__all__ = ["DatasetSource", "number_of", "planned", "ranges_of", "rows_of", "spark_schema", "table_of"]
