"""`Table`: any rows of a table, in any form, whenever they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.subset import Subset
from pytest_synthdata.columns.tables.table_view import BATCH, TableView
from pytest_synthdata.factories.base import TableFactory

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame

    from pytest_synthdata.explaining import Explanation


class Table:
    """A table whose every cell is decided, and none is made before it is asked for.

    >>> from pytest_synthdata import Dataset
    >>> Dataset(seed=42).orders.to_arrow(stop=1).select(["order_id", "customer_id", "amount"]).to_pylist()
    [{'order_id': 'ORD-000000', 'customer_id': 'CUST-00638', 'amount': 48.99}]
    """

    def __init__(self, view: TableView, factory: type[TableFactory]) -> None:
        self.view = view
        self.factory = factory

    def __repr__(self) -> str:
        return f"<Table {self.name}: {self.count} rows, seed {self.view.seed}>"

    @property
    def count(self) -> str:
        """The number of rows as a text, with that of the whole table where it shows only some of them."""
        of = f" of {self.view.whole.num_rows:,}" if isinstance(self.view, Subset) else ""
        return f"{self.num_rows:,}{of}"

    @property
    def bound(self) -> BoundTable:
        """What is declared, whichever of its rows this table shows."""
        return self.view.bound

    @property
    def name(self) -> str:
        """The table's name."""
        return self.view.name

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        return self.view.num_rows

    @property
    def row_numbers(self) -> npt.NDArray[np.uint64]:
        """The number of each row in the whole table, as `Dataset.take` and `explain` call it."""
        return self.view.row_numbers(0, self.num_rows)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, the same in every form. Times are in UTC; every column may be null."""
        return self.view.schema

    def batches(self, start: int = 0, stop: int | None = None, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The rows from ``start`` to before ``stop``, in batches of at most ``size`` rows."""
        first, last = self._range(start, stop)
        return self.view.batches(first, last, size)

    def to_arrow(self, start: int = 0, stop: int | None = None) -> pa.Table:
        """The rows from ``start`` to before ``stop``; negative numbers count from the end, as in a slice."""
        return pa.Table.from_batches(list(self.batches(start, stop)), schema=self.schema)

    def to_pandas(self, start: int = 0, stop: int | None = None) -> pd.DataFrame:
        """The rows as a pandas DataFrame. pandas is an optional dependency."""
        return self.to_arrow(start, stop).to_pandas()

    def to_spark(self, spark: Any, *, distributed: bool | None = None, partitions: int | None = None) -> DataFrame:
        """The table as a Spark DataFrame, with its own schema stated: nothing is inferred.

        Args:
            spark: a session, classic or Connect.
            distributed: whether Spark's executors make the rows, whenever an action asks for them, rather than
                this process, at once. Where not given, executors make large tables. The data is the same.
            partitions: how many partitions a distributed table has; defaults to Spark's own number.
        """
        from pytest_synthdata.spark.frames import to_spark

        return to_spark(self.view, spark, distributed=distributed, partitions=partitions)

    def to_parquet(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the table as Parquet; the arguments are those of `to_files`."""
        return self.to_files(path, "parquet", overwrite=overwrite)

    def to_csv(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the table as CSV with a header; the arguments are those of `to_files`."""
        return self.to_files(path, "csv", overwrite=overwrite)

    def to_json(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the table as JSON lines; the arguments are those of `to_files`."""
        return self.to_files(path, "json", overwrite=overwrite)

    def to_delta(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the table as a Delta table; the arguments are those of `to_files`. Needs ``deltalake``."""
        return self.to_files(path, "delta", overwrite=overwrite)

    def to_files(
        self,
        path: str | Path,
        format: str = "parquet",  # noqa: A002 - Spark's and pandas' word
        *,
        overwrite: bool = False,
        rows_per_file: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Path:
        """Write the table: to one file where the path ends in its format, else to a folder of parts.

        What is there appears complete or not at all. Memory does not grow with the table; large tables are written
        by as many processes as there are processors.

        Args:
            path: a file such as ``orders.parquet``, or a folder, which gets ``part-00000…`` and ``_SUCCESS``.
            format: ``parquet``, ``csv``, ``json`` (lines) or ``delta``.
            overwrite: replace what is there.
            rows_per_file: how many rows a file of a folder has at most; by default, the more,
                the larger the table is: from 2^19 to 2^22.
            progress: is called with the number of rows written since the last call.

        Raises:
            SynthDataError: where something is there already, and for what a format cannot hold.
        """
        from pytest_synthdata.files import write_files

        return write_files(self.view, path, format, overwrite=overwrite, rows_per_file=rows_per_file, progress=progress)

    def explain(self, row: int, column: str) -> Explanation:
        """Where a value comes from: what was read and drawn for it, ending in the value; print it.

        Args:
            row: the row's number in the whole table, one of `row_numbers`.
            column: the column.

        Raises:
            SynthDataError: for a row or a column that the table does not have.

        >>> from pytest_synthdata import Dataset
        >>> print(Dataset(seed=42).customers.explain(17, "tier"))
        customers.tier, row 17
          Categorical({'Free': 0.6, 'Pro': 0.3, 'Enterprise': 0.1}) at quantile 0.1004323072690336 → 'Free'
        = 'Free'
        """
        from pytest_synthdata.explaining import explain

        return explain(self.view, row, column)

    def fingerprint(self) -> str:
        """A hash of the contents, whoever made them: equal data has equal fingerprints."""
        return fingerprint(self.batches())

    def _range(self, start: int, stop: int | None) -> tuple[int, int]:
        first, last, _ = slice(start, stop).indices(self.num_rows)
        return first, max(first, last)


__all__ = ["Table"]
