"""`Synth`: what a test holds, a dataset whose tables are Spark DataFrames."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from pytest_synthdata.dataset import Dataset
from pytest_synthdata.plugin.feeds import Saver, feed_of
from pytest_synthdata.plugin.on_demand import OnDemandDataset, why_missing
from pytest_synthdata.plugin.stand_ins import StandIns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from pytest_synthdata.columns.order.batches import Batches
    from pytest_synthdata.columns.order.instants import Moment
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.labels import Labels
    from pytest_synthdata.table import Table

# Makes a DataFrame of what belongs to a dataset under a name, with a session, once.
MadeOnce: TypeAlias = "Callable[[Dataset, str, Any, Callable[[], Table]], Any]"


class Synth:
    """A dataset in a test. Its tables are Spark DataFrames: ``synth.orders``, ``synth["payments"]``.

    Args:
        dataset: the tables without Spark.
        frames: makes a table's DataFrame, or gives the one made before.
        session: gives the Spark session; it is not asked for before a DataFrame is.
        save: saves tables in a Volume and gives their paths, where the run was asked to.
        clean: gives the same data without defects.
        arguments: what the markers said of this data.
        stand_ins: what is given in the dataset's place.
        made_once: makes a DataFrame of what belongs to a dataset under a name, or gives the one made before.
        saver: saves other tables and feeds in a Volume and gives their paths, where the run was asked to.

    Tests get one from the fixtures ``synth`` and ``synth_session``; its name is there for their annotations:

    >>> from pytest_synthdata import Synth
    >>> def test_revenue(synth: Synth) -> None:
    ...     assert synth.orders.count() == synth.dataset.orders.num_rows
    """

    def __init__(
        self,
        dataset: Dataset,
        frames: Callable[[str, Any], DataFrame],
        session: Callable[[], SparkSession],
        save: Callable[[Sequence[str]], Mapping[str, str]] | None = None,
        clean: Callable[[], Synth] | None = None,
        *,
        arguments: Mapping[str, Any] | None = None,
        stand_ins: StandIns | None = None,
        made_once: MadeOnce | None = None,
        saver: Saver | None = None,
    ) -> None:
        self.asked_for = dataset
        self.arguments = arguments or {}
        self._stand_ins = stand_ins or StandIns()
        self._clean = clean
        self._frames = frames
        self._session = session
        self._save = save
        self._saver = saver
        self._made_once = made_once or (lambda _, __, spark, table: table().to_spark(spark))

    @property
    def dataset(self) -> Dataset:
        """The tables without Spark."""
        self._stand_ins.reading.all_tables = True
        return self._current

    @property
    def _current(self) -> Dataset:
        self._stand_ins.reading.has_begun = True
        return self._stand_ins.current(self.asked_for)

    @property
    def seed(self) -> int:
        """The seed that decides every value."""
        return self.asked_for.seed

    @property
    def spark(self) -> SparkSession:
        """The Spark session."""
        return self._session()

    @property
    def clean(self) -> Synth:
        """The same tables without their defects: ``synth.clean["orders"]`` is a Spark DataFrame, too."""
        return self if self._clean is None else self._clean()

    @property
    def defects(self) -> Labels:
        """Where the defects are: ``synth.defects["orders"]`` is a `Table` of labels, for `assert_caught`."""
        return self._current.defects

    def at(self, when: str | dt.date) -> Synth:
        """The tables as they are at a time, where factories have a `History`: ``synth.at("2024-06-30").customers``.

        Args:
            when: a day, which stands for its end, or a time, in UTC where it has no zone.

        Raises:
            SynthDataError: where no table has a `History`, and for a time outside of that of one.
        """
        current = self._current
        if isinstance(current, OnDemandDataset):
            current.require_history(f"synth.at({str(when)!r})")
        snapshot = current.at(when)

        def frame(name: str, spark: Any) -> Any:
            self._stand_ins.reading.tables.add(name)
            return self._made_once(current, f"{name} at {when}", spark, lambda: snapshot[name])

        saver = self._saver

        def save(tables: Sequence[str]) -> Mapping[str, str]:
            assert saver is not None  # noqa: S101 - asked only then
            return saver.tables(snapshot, tables, False)

        asked = None if saver is None else save
        return Synth(snapshot, frame, self._session, asked, made_once=self._made_once, saver=saver)

    def changes(
        self,
        table: str,
        start: str | dt.date | None = None,
        stop: str | dt.date | None = None,
        format: str = "delta",  # noqa: A002 - Spark's and pandas' word
        **more: Any,
    ) -> DataFrame:
        """What happens to the rows of a table with a `History`, as a Spark DataFrame.

        The arguments after the table are those of `Table.changes`.
        """
        return self._about(table, "changes", start, stop, format, **more)

    def versions(self, table: str) -> DataFrame:
        """All versions of the rows of a table with a `History`, as a Spark DataFrame; see `Table.versions`."""
        return self._about(table, "versions")

    def _about(self, table: str, what: str, *arguments: Any, **more: Any) -> DataFrame:
        current = self._current
        name = current[table].name
        self._stand_ins.reading.tables.add(name)
        label = f"{name} {what} {arguments} {sorted(more.items())}"
        return self._made_once(current, label, self.spark, lambda: getattr(current[name], what)(*arguments, **more))

    def volume_path(self, table: str) -> str:
        """Where a table is in a Unity Catalog Volume, saved there at the latest now, with those that it refers to.

        Without ``--synth-upload`` the test is skipped, which says why.
        """
        name = self._current[table].name
        return self._saved([name])[name]

    def upload(self) -> None:
        """Save every table in a Volume, as ``volume_path`` does one.

        Of the tables that ship, where a project has its own, only those that a test has asked for.
        """
        current = self._current
        names = current.own_tables() if isinstance(current, OnDemandDataset) else list(current.tables)
        self._saved(names)

    def feed_path(
        self,
        table: str,
        by: str | int = "day",
        *,
        changes: str | None = None,
        start: Moment | None = None,
        stop: Moment | None = None,
        column: str | None = None,
        snapshots: bool = False,
        **more: Any,
    ) -> str:
        """Where a table's feed is in a Unity Catalog Volume, a folder for each batch: the input of Auto Loader.

        The batches are saved at the latest now: ``…/orders/2024-06-30/part-00000…``. Asked for again with a later
        ``stop``, the same folder has more of them. Without ``--synth-upload`` the test is skipped, which says why.

        Args:
            table: the table's name.
            by: ``"hour"``, ``"day"``, ``"week"`` or ``"month"``, or a number of rows.
            changes: ``"autocdc"``, ``"debezium"`` or ``"delta"``: what happens to the rows of a table with a `History`,
                in this format. By default, the rows themselves in the order of time or arrival.
            start: only from this instant on.
            stop: only before this instant.
            column: the column of dates or times that counts; see `Table.in_batches`.
            snapshots: also save how the table is at the end of each batch, in a folder beside the feed's whose name
                ends in ``_at``.
            more: ``delay``, ``late``, ``redelivered``, ``again`` and ``every``, as for `Table.changes`.

        Raises:
            SynthDataError: as `Table.in_batches` and `Table.changes`.
        """
        if self._saver is None:
            self._skip()
        current = self._current
        one = current[table]
        options: dict[str, Any] = {
            "changes": changes,
            "start": start,
            "stop": stop,
            "column": column,
            "snapshots": snapshots,
        }
        return self._saver.feed(current, one.name, feed_of(one, by, **options, **more))

    def _saved(self, tables: Sequence[str]) -> Mapping[str, str]:
        if self._save is None:
            self._skip()
        return self._save(tables)

    def _skip(self) -> NoReturn:
        import pytest

        pytest.skip("needs data in a Volume: run with --synth-upload=catalog.schema.volume")

    def __getitem__(self, table: str) -> DataFrame:
        name = self._current[table].name
        self._stand_ins.reading.tables.add(name)
        if self._save is not None:
            self._save([name])
        return self._frames(name, self.spark)

    def batches(
        self,
        table: str,
        by: str | int = "day",
        *,
        start: Moment | None = None,
        stop: Moment | None = None,
        column: str | None = None,
    ) -> Batches[DataFrame]:
        """A table as incremental jobs get it: Spark DataFrames in the order of time, which together are the whole.

        Args:
            table: the table's name.
            by: ``"hour"``, ``"day"``, ``"week"`` or ``"month"``, or a number of rows.
            start: only from this instant on.
            stop: only before this instant.
            column: the column of dates or times that counts; see `Table.in_batches`.

        Raises:
            SynthDataError: where nothing says when the table's rows come, and for another ``by``.
        """
        asked_for = self._current[table]
        self._stand_ins.reading.tables.add(asked_for.name)
        batches = asked_for.in_batches(by, start=start, stop=stop, column=column)
        return batches.map(lambda batch: batch.to_spark(self.spark))

    def __getattr__(self, name: str) -> DataFrame:
        __tracebackhide__ = True  # a misspelt name is explained where the test wrote it
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._current.tables:
            raise AttributeError(why_missing(name, self._current))
        return self[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the tables, each after those that it refers to."""
        return iter(self._current.tables)

    def __len__(self) -> int:
        return len(self._current.tables)

    def __contains__(self, table: object) -> bool:
        return table in self._current.tables

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._current.tables]

    def bound_of(self, table: str) -> BoundTable | None:
        """The table whose rows ``build()`` gives; None where this data has none of that name."""
        current = self._current
        return current.bound_of(table) if isinstance(current, OnDemandDataset) else None

    def describe(self) -> str:
        """The dataset in a line: its seed and how many rows each table has."""
        return repr(self._stand_ins.current(self.asked_for))

    def __repr__(self) -> str:
        return f"<Synth {self.describe()}>"


__all__ = ["Synth"]
