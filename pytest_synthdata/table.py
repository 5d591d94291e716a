"""`Table`: any rows of a table, in any form, whenever they are asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.fingerprint import fingerprint
from pytest_synthdata.columns.order.batches import Batches, batches_of, period_ranks
from pytest_synthdata.columns.order.choosing import BatchOrder, order_of, order_of_batches
from pytest_synthdata.columns.order.instants import Moment
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.part import Part
from pytest_synthdata.columns.tables.schemas import by_schema, delivered
from pytest_synthdata.columns.tables.table_view import BATCH, TableView
from pytest_synthdata.factories.base import TableFactory
from pytest_synthdata.table_sinks import Sinks

if TYPE_CHECKING:
    import pandas as pd

    from pytest_synthdata.explaining import Explanation


class Table(Sinks):
    """A table whose every cell is decided, and none is made before it is asked for.

    >>> from pytest_synthdata import Dataset
    >>> Dataset(seed=42).orders.to_arrow(stop=1).select(["order_id", "customer_id", "amount"]).to_pylist()
    [{'order_id': 'ORD-000000', 'customer_id': 'CUST-00638', 'amount': 48.99}]
    """

    def __init__(self, view: TableView, factory: type[TableFactory]) -> None:
        self.view = view
        self.factory = factory
        self._orders: dict[tuple[Any, ...], BatchOrder] = {}

    def __repr__(self) -> str:
        return f"<Table {self.name}: {self.count} rows, seed {self.view.seed}>"

    @property
    def count(self) -> str:
        """The number of rows as a text, with that of the whole table where it shows only some of them.

        "?" where they cannot be counted, as with ``exactly=`` more defects than there are rows.
        """
        try:
            number, of = self.num_rows, self.view.whole.num_rows if isinstance(self.view, Part) else None
        except Exception:  # noqa: BLE001 - a user's function may raise anything: whoever asks for rows is told
            return "?"
        return f"{number:,}" if of is None else f"{number:,} of {of:,}"

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
        scan = getattr(self.view, "scan", None)
        if scan is not None and start == 0 and stop is None:  # nothing need be counted
            return (batch.slice(first, size) for batch in scan() for first in range(0, batch.num_rows, size))
        first, last = self._range(start, stop)
        return self.view.batches(first, last, size)

    def between(self, start: Moment | None = None, stop: Moment | None = None, *, column: str | None = None) -> Table:
        """The rows that come from ``start`` to before ``stop``, found without making the rest.

        The periods of a table, one after the other, are the whole table.

        Args:
            start: a date or a time, as ISO text or as such; in UTC where it has no zone. None for the beginning.
            stop: that before which they come. None for the end.
            column: the column of dates or times that counts; every row is looked at where rows are not in its order.
                Defaults to the factory's ``Meta.arrival`` (rows are then in the order of arrival), else its `Timeline`,
                else a column in whose order the rows are. A table without times comes with the rows that it refers to.

        Raises:
            SynthDataError: for a table without an order of time, which says what to write, and for a wrong period.

        >>> from pytest_synthdata import Dataset
        >>> week = Dataset(seed=42).tickets.between("2024-06-03", "2024-06-10")
        >>> week.num_rows, week.row_numbers[:3].tolist()
        (145, [3198, 3199, 3200])
        """
        order = self._order(column)
        first, last = period_ranks(order, start, stop)
        return Table(order.rows(first, last), self.factory)

    def in_batches(
        self,
        by: str | int = "day",
        *,
        start: Moment | None = None,
        stop: Moment | None = None,
        column: str | None = None,
    ) -> Batches[Table]:
        """The table as incremental jobs get it: batch by batch in the order of time, which together are the whole.

        A period without rows is a batch without rows. Where defects change the schema over time, a batch has the schema
        of its rows, or, where these have several, the merged one.

        Args:
            by: ``"hour"``, ``"day"``, ``"week"`` (from Monday) or ``"month"`` in UTC, or a number of rows, which come
                by their numbers where the table has no times.
            start: only from this instant on, where the first batch begins.
            stop: only before this instant, where the last batch ends.
            column: as for `between`; defaults also to the table's only column of dates or times.

        Raises:
            SynthDataError: as `between`, and for another ``by``.

        >>> from pytest_synthdata import Dataset
        >>> days = Dataset(seed=42).tickets.in_batches(by="day")
        >>> len(days), days[0].num_rows, days.starts[1].isoformat()
        (366, 18, '2024-01-02T00:00:00')
        """
        order = self._order(column, by=by)
        return batches_of(order, by, start, stop, lambda rows: Table(delivered(rows), self.factory))

    def _order(self, column: str | None, *, by: object = None) -> BatchOrder:
        """How the rows come, in batches where these are asked for; what was looked at for it is kept."""
        is_by_number = not isinstance(by, str)
        kept = (column, by is not None, is_by_number)
        if kept not in self._orders:
            view = self.view
            self._orders[kept] = order_of(view, column) if by is None else order_of_batches(view, by, column)
        return self._orders[kept]

    def by_schema(self) -> list[Table]:
        """The rows by the schema that they are delivered with; the table itself where all have the same.

        Defects of the schema with ``since=`` make several; they come in its order.

        >>> from pytest_synthdata import AddedColumn, Dataset
        >>> from pytest_synthdata.factories import OrderFactory
        >>> kind = AddedColumn("coupon", since="2024-07-01")
        >>> dataset = Dataset({OrderFactory: 100}, defects={OrderFactory: [kind]})
        >>> [(part.num_rows, len(part.schema)) for part in dataset.orders.by_schema()]
        [(48, 5), (52, 6)]
        """
        parts = by_schema(self.view, 0, self.num_rows)
        return [Table(part, self.factory) for part in parts] or [self]

    def to_arrow(self, start: int = 0, stop: int | None = None) -> pa.Table:
        """The rows from ``start`` to before ``stop``; negative numbers count from the end, as in a slice."""
        return pa.Table.from_batches(list(self.batches(start, stop)), schema=self.schema)

    def to_pandas(self, start: int = 0, stop: int | None = None) -> pd.DataFrame:
        """The rows as a pandas DataFrame. pandas is an optional dependency."""
        return self.to_arrow(start, stop).to_pandas()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows for any library that takes Arrow's streams: ``polars.DataFrame(table)``, DuckDB's ``FROM table``."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches()).__arrow_c_stream__(requested_schema)

    def at(self, when: str | dt.date) -> Table:
        """The table as it is at a time, where its factory has a `History`: the rows that are there, as they are then.

        Rows keep their numbers. A table without a history of its own has the rows whose parents are there.

        Args:
            when: a day, which stands for its end, or a time, in UTC where it has no zone.

        Raises:
            SynthDataError: for a time outside of the history's period.

        >>> from pytest_synthdata import Categorical, Dataset, History, Key, TableFactory
        >>> class PlanFactory(TableFactory):
        ...     class Meta:
        ...         history = History("2024-01-01", "2024-12-31", updates={"tier": 0.8}, deletes=0.05)
        ...     plan_id = Key("P-{:04d}")
        ...     tier = Categorical({"Free": 0.7, "Pro": 0.3})
        >>> plans = Dataset({PlanFactory: 1_000}).plans
        >>> plans.at("2024-01-01").num_rows, plans.at("2024-12-31").num_rows
        (1000, 935)
        """
        from pytest_synthdata.history.views import snapshot_view

        return Table(snapshot_view(self.view, when), self.factory)

    def changes(
        self,
        start: str | dt.date | None = None,
        stop: str | dt.date | None = None,
        format: str = "delta",  # noqa: A002 - Spark's and pandas' word
        *,
        every: str = "day",
        delay: Any = None,
        late: float = 1.0,
        redelivered: float = 0.0,
        again: Any = None,
    ) -> Table:
        """What happens to the table's rows, where its factory has a `History`: inserts, updates and deletes.

        Played from the start of the history up to a time, the changes give the table as `at` has it then.

        Args:
            start: the first day, or a time; defaults to the start of the history, when the first rows are inserted.
            stop: the last day, included, or a time; defaults to the end of the history.
            format: ``"delta"``, the columns of Delta's change data feed, one commit a day: ``_change_type``
                (``insert``, ``update_preimage``, ``update_postimage``, ``delete``), ``_commit_version`` (0 is the first
                day) and ``_commit_timestamp`` (the last instant of the commit). ``"debezium"``, an envelope for each
                change: ``before``, ``after``, ``source``, ``op`` and ``ts_ms``. ``"autocdc"``, each row as it then is
                (a deleted one as it was) with ``operation`` and ``sequence``, microseconds since 1970.
            every: the period of Delta's commits: ``"hour"``, ``"day"`` or ``"week"``, seven days from the first.
            delay: how much later changes arrive than they happen, such as ``hours(Exponential(2))``: they then come in
                the order of arrival, with its time in ``arrived_at``. Not for Delta, whose commits are in order.
            late: the share of the changes that are delayed.
            redelivered: the share of the changes that arrive a second time.
            again: how much later they do, after the first time; defaults to another ``delay``.

        Raises:
            SynthDataError: for a table without a history, a time outside of it, and an unknown format.
        """
        from pytest_synthdata.history.views import change_view

        delays = {"delay": delay, "late": late, "redelivered": redelivered, "again": again}
        return Table(change_view(self.view, start, stop, format, every=every, **delays), self.factory)

    def versions(self) -> Table:
        """All versions of the table's rows, where its factory has a `History`: a slowly changing dimension of type 2.

        Beside the table's columns there are ``valid_from``, ``valid_to`` (from when on the next version holds, or the
        row is deleted; null for the last version of a row that is there at the end) and ``is_current``. The versions of
        a row follow one another without gaps.

        Raises:
            SynthDataError: for a table without a history.
        """
        from pytest_synthdata.history.views import version_view

        return Table(version_view(self.view), self.factory)

    def explain(self, row: int | str, column: str) -> Explanation:
        """Where a value comes from: what was read and drawn for it, ending in the value; print it.

        Args:
            row: the row's number in the whole table, one of `row_numbers`; or its key, a text such as
                ``"ORD-000017"``, as it is declared or as a planted defect has made it.
            column: the column.

        Raises:
            SynthDataError: for a row or a column that the table does not have.

        >>> from pytest_synthdata import Dataset
        >>> print(Dataset(seed=42).customers.explain(17, "tier"))
        customers.tier, row 17
          Categorical({'Free': 0.6, 'Pro': 0.3, 'Enterprise': 0.1}) at quantile 0.1004323072690336 → 'Free'
        = 'Free'
        """
        from pytest_synthdata.defects.views import cell_defects, row_of_dirty_key
        from pytest_synthdata.explaining import explain, row_number

        number = row_number(self.view, row, partial(row_of_dirty_key, self.view))
        return explain(self.view, number, column, cell_defects(self.view, number, column))

    def fingerprint(self) -> str:
        """A hash of the contents, whoever made them: equal data has equal fingerprints."""
        return fingerprint(self.batches())

    def _range(self, start: int, stop: int | None) -> tuple[int, int]:
        first, last, _ = slice(start, stop).indices(self.num_rows)
        return first, max(first, last)


__all__ = ["Table"]
