"""What a table becomes: a Spark DataFrame, files, batches of files, a Delta table with its history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.order.batches import Batches, batches_of
from pytest_synthdata.columns.order.choosing import order_of_batches
from pytest_synthdata.columns.order.instants import Moment
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.factories.base import TableFactory

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Sinks:
    """The methods of a `Table` that hand its rows to others."""

    view: TableView
    factory: type[TableFactory]

    def to_spark(self, spark: Any, *, distributed: bool | None = None, partitions: int | None = None) -> DataFrame:
        """The table as a Spark DataFrame, with its own schema stated: nothing is inferred.

        Args:
            spark: a session, classic or Connect.
            distributed: whether Spark's executors make the rows, whenever an action asks for them, rather than
                this process, at once. Where not given, executors make large tables. The data is the same.
            partitions: into how many partitions of alike size executors divide them; defaults to Spark's own number.
        """
        from pytest_synthdata.spark.frames import to_spark

        return to_spark(self.view, spark, distributed=distributed, partitions=partitions)

    def write(
        self,
        path: str | Path,
        *,
        spark: Any = None,
        format: str = "parquet",  # noqa: A002 - Spark's and pandas' word
        overwrite: bool = False,
        rows_per_file: int | None = None,
        parquet: Mapping[str, Any] | None = None,
    ) -> Path:
        """Write the table as files, by this process and more like it, or by Spark's executors.

        What is there appears complete or not at all. Executors make and encode the rows themselves, without Spark's
        own writer, one file in each task; a task that is tried again leaves no second file.

        Args:
            path: a file such as ``orders.parquet``, or a folder, which gets ``part-00000…`` and ``_SUCCESS``; where
                executors write, a folder that they see under the same path.
            spark: a session, classic or Connect, whose executors write.
            format: ``parquet``, ``csv``, ``json`` (lines) or ``delta``; executors write Parquet.
            overwrite: replace what is there.
            rows_per_file: how many rows a file of a folder has at most; defaults as for `to_files`.
            parquet: how Parquet is encoded, as for `to_files`.

        Raises:
            SynthDataError: as `to_files`, and where executors cannot make the rows or do not see the path.
        """
        if spark is None:
            return self.to_files(path, format, overwrite=overwrite, rows_per_file=rows_per_file, parquet=parquet)
        from pytest_synthdata.spark.parquet_folder import write_by_executors

        return write_by_executors(
            self.view, path, spark, format=format, overwrite=overwrite, rows_per_file=rows_per_file, parquet=parquet
        )

    def to_parquet(
        self, path: str | Path, *, overwrite: bool = False, parquet: Mapping[str, Any] | None = None
    ) -> Path:
        """Write the table as Parquet; the arguments are those of `to_files`."""
        return self.to_files(path, "parquet", overwrite=overwrite, parquet=parquet)

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
        parquet: Mapping[str, Any] | None = None,
    ) -> Path:
        """Write the table: to one file where the path ends in its format, else to a folder of parts.

        What is there appears complete or not at all. Memory does not grow with the table; large tables are written
        by as many processes as pay.

        Args:
            path: a file such as ``orders.parquet``, or a folder, which gets ``part-00000…`` and ``_SUCCESS``.
            format: ``parquet``, ``csv``, ``json`` (lines) or ``delta``.
            overwrite: replace what is there.
            rows_per_file: how many rows a file of a folder has at most; by default, the more,
                the larger the table is: from 2^19 to 2^22.
            progress: is called with the number of rows written since the last call.
            parquet: how Parquet is encoded: any argument of `pyarrow.parquet.ParquetWriter`, such as
                ``{"compression": "snappy", "write_statistics": True}``, and ``row_group_size``, in rows.

        Raises:
            SynthDataError: where something is there already, for what a format cannot hold, and for unknown options.
        """
        from pytest_synthdata.files import write_files

        return write_files(
            self.view,
            path,
            format,
            overwrite=overwrite,
            rows_per_file=rows_per_file,
            progress=progress,
            parquet=parquet,
        )

    def file_batches(
        self,
        folder: str | Path,
        by: str | int = "day",
        format: str = "parquet",  # noqa: A002 - as above
        *,
        every: float = 0.0,
        start: Moment | None = None,
        stop: Moment | None = None,
        column: str | None = None,
    ) -> Iterator[Path]:
        """Write the table's batches as files of a folder, one after the other, for a stream that watches it.

        Each file appears complete. Those that are there are passed over, so that one goes on where one was; the
        folder's file ``_batches`` says what they are of.

        Args:
            folder: the folder; files are called ``batch-000000…`` and so on.
            by: the batches, as for `in_batches`.
            format: ``parquet``, ``csv`` or ``json`` (lines).
            every: the seconds between two files.
            start: only from this instant on.
            stop: only before this instant.
            column: the column of dates or times that counts.

        Returns:
            The files, each when it has appeared: nothing is written that is not asked for.

        Raises:
            SynthDataError: as `in_batches`, and where the folder has batches of other data.
        """
        from pytest_synthdata.files.batch_files import write_batch_files

        order = order_of_batches(self.view, by, column)
        batches = batches_of(order, by, start, stop, lambda rows: rows)
        return write_batch_files(batches, folder, format, every=every)

    def volume_batches(
        self,
        path: str,
        by: str | int = "day",
        format: str = "parquet",  # noqa: A002 - as above
        *,
        start: Moment | None = None,
        stop: Moment | None = None,
        column: str | None = None,
        snapshots: bool = False,
        client: Any = None,
        create: bool = False,
        overwrite: bool = False,
    ) -> Iterator[str]:
        """Save the table's batches in a Unity Catalog Volume, a folder each, one after the other, for Auto Loader.

        A batch is listed in the manifest of the table's folder when it is there, whole. Those that are listed are
        passed over, so that one goes on where one was, and later nights are added to earlier ones. They are compared at
        once: nothing is sent where any is of other data.

        Args:
            path: ``catalog.schema.volume/folder`` or ``/Volumes/…``. The table gets a folder of its name in it, and in
                that each batch one, by the day or time at which it begins: ``orders/2024-06-30/part-00000…``.
            by: the batches, as for `in_batches`.
            format: ``parquet``, ``csv`` or ``json`` (lines).
            start: only from this instant on.
            stop: only before this instant.
            column: the column of dates or times that counts.
            snapshots: of a table with a `History`, also save how it is at the end of each period, before the batch:
                ``orders_at/2024-06-30/part-00000…``.
            client: a ``databricks.sdk.WorkspaceClient``; defaults to one with the SDK's own settings.
            create: make the schema and the Volume where they are missing.
            overwrite: replace batches of other data.

        Returns:
            The folders, each when it is there: nothing is sent that is not asked for.

        Raises:
            SynthDataError: as `in_batches`, and for what is missing, refused, or there already.
        """
        batches = batches_of(order_of_batches(self.view, by, column), by, start, stop, lambda rows: rows)
        return save_batches(
            batches, path, format, snapshots=snapshots, client=client, create=create, overwrite=overwrite
        )

    def to_delta_history(self, path: str | Path, *, every: str = "day", overwrite: bool = False) -> Path:
        """Write the table's history as a Delta table: a commit a day, with its change data feed. Needs ``deltalake``.

        Version k of the table is how it is at the end of day k; the feed is that of `changes`, its versions and
        timestamps, too.

        Args:
            path: a folder.
            every: the period of a commit: ``"hour"``, ``"day"`` or ``"week"``.
            overwrite: replace what is there, once all is written.

        Raises:
            SynthDataError: for a table without history or key or with a changed schema, and where something is there.
        """
        from pytest_synthdata.files.delta_history import write_delta_history
        from pytest_synthdata.history.views import change_view

        feed: Any = change_view(self.view, None, None, "delta", every=every)
        if not hasattr(feed, "commit_times"):
            raise SynthDataError(
                f"{self.view.name}: all commits are written under one schema, and a defect changes that of this table; "
                f"write dataset.clean[{self.view.bound.name!r}], or the feed: changes().to_parquet({str(path)!r})"
            )
        columns = self.view.bound.schema.names
        key = [name for name in self.factory._meta.key_columns() if name in columns]
        return write_delta_history(feed, columns, key, path, times=feed.commit_times, overwrite=overwrite)


def save_batches(
    batches: Batches[TableView],
    path: str,
    format_: str,
    *,
    snapshots: bool,
    client: Any = None,
    create: bool = False,
    overwrite: bool = False,
) -> Iterator[str]:
    """Save batches in a Volume; the other arguments are those of `Table.volume_batches`."""
    from pytest_synthdata.databricks.batch_upload import BatchUpload
    from pytest_synthdata.databricks.client import preflight
    from pytest_synthdata.databricks.names import VolumePath
    from pytest_synthdata.databricks.volumes import Files
    from pytest_synthdata.history.views import snapshots_of

    view = batches.order.view
    target = VolumePath.parse(path) / view.bound.name
    snapshot = snapshots_of(view) if snapshots else None
    files = Files(preflight(target, client, create=create))
    return map(str, BatchUpload(files, target, batches.by, format_, overwrite, snapshot).save(batches))


__all__ = ["Sinks", "save_batches"]
