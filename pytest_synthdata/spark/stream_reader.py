"""The reader of a stream, as Spark asks for it: a class that is pickled by value, for executors have no such module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_synthdata.spark.shipping import RowRange


def stream_reader_class() -> Any:  # noqa: C901 - a class with its methods
    """A class of readers for pyspark 4.2; before, sources are not told where a query stands, and it is a refusal.

    What it plans with is made where it is planned, and does not travel.
    """
    try:
        from pyspark.sql.datasource import DataSourceStreamReader, InputPartition
        from pyspark.sql.streaming.datasource import ReadMaxFiles, ReadMaxRows, SupportsTriggerAvailableNow
    except ImportError:
        return _refuse

    class StreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):  # type: ignore[misc]
        def __init__(self, rows: RowRange, plan: Callable[[], Any]) -> None:
            self.rows = rows
            self.plan = plan
            self.planned: Any = None

        def __getstate__(self) -> dict[str, Any]:
            return {**vars(self), "planned": None}

        @property
        def stream(self) -> Any:
            if self.planned is None:
                self.planned = self.plan()
            return self.planned

        def initialOffset(self) -> Any:  # noqa: N802 - pyspark's names
            return self.stream.offset(0)

        def getDefaultReadLimit(self) -> Any:  # noqa: N802
            batch = self.stream.batch
            return ReadMaxRows(batch) if isinstance(batch, int) else ReadMaxFiles(1)  # a period stands as a file

        def latestOffset(self, start: Any, limit: Any) -> Any:  # noqa: N802
            if hasattr(limit, "max_files"):
                return self.stream.latest(start, self.stream.batch)
            return self.stream.latest(start, getattr(limit, "max_rows", None))

        def reportLatestOffset(self) -> Any:  # noqa: N802
            return self.stream.offset(self.stream.num_rows)

        def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802
            self.stream.come_all_now()

        def partitions(self, start: Any, end: Any) -> Any:
            return [InputPartition(arguments) for arguments in self.stream.partitions(start, end)]

        def read(self, partition: Any) -> Iterator[Any]:
            yield from self.rows(*partition.value)

    return StreamReader


def _refuse(*_: Any) -> Any:
    raise SynthDataError(
        "streams of the source 'synthdata' need pyspark 4.2; before, let files come into a folder that a stream reads: "
        "for file in table.file_batches(folder): …, or synthdata stream"
    )


__all__ = ["stream_reader_class"]
