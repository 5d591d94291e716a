"""`synthdata upload --by …`: the batches of tables, or of what happens in them, in a Volume."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthdata.cli.arguments import batch_size
from pytest_synthdata.cli.over_time import changing_tables
from pytest_synthdata.cli.results import print_each

if TYPE_CHECKING:
    from pytest_synthdata.columns.order.batches import Batches
    from pytest_synthdata.columns.tables.table_view import TableView
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.table import Table


@dataclass(frozen=True)
class Feeds:
    """Which batches are asked for.

    Args:
        by: a period, or a number of rows.
        start: from when on.
        stop: before when.
        changes: the format in which tables with a history tell what happens, beside the rows of others; None for rows.
        snapshots: whether these are saved, too.
    """

    by: str
    start: str | None
    stop: str | None
    changes: str | None
    snapshots: bool

    def of(self, dataset: Dataset) -> Mapping[str, Feed]:
        """What comes batch by batch, by table; tables without a history and times, near and far, are not among it.

        Beside changes, which begin with a history, the rows of other tables that are older come in one first batch.

        Raises:
            SynthDataError: where changes are asked for, and no table has any; as `Table.volume_batches`; and for more
                batches than are sent at once.
        """
        from pytest_synthdata.columns.order.choosing import has_times
        from pytest_synthdata.databricks.batch_upload import require_few
        from pytest_synthdata.history.lives import lives_of

        changing = [] if self.changes is None else changing_tables(dataset, f"--changes {self.changes}")
        begins = min((lives.start for name in changing if (lives := lives_of(dataset[name].bound))), default=None)
        told = {}
        for table in dataset:
            if self.changes is not None and table.name in changing:
                told[table.name] = Feed(self._batches(table.changes(format=self.changes)), self.snapshots)
            elif has_times(table.bound):
                batches = self._batches(table)
                if begins is not None and self.start is None:
                    batches = batches.with_all_before(begins)
                told[table.name] = Feed(batches, snapshots=False)
        for feed in told.values():
            require_few(feed.batches, "take a later --from, an earlier --to, or a longer --by")
        return told

    def _batches(self, table: Table) -> Batches[TableView]:
        from pytest_synthdata.columns.order.batches import batches_of
        from pytest_synthdata.columns.order.choosing import order_of

        order = order_of(table.view, scan=True)
        return batches_of(order, batch_size(self.by), self.start, self.stop, lambda rows: rows)


@dataclass(frozen=True)
class Feed:
    """What comes of a table, batch by batch, and whether the table as it is at their ends is saved, too."""

    batches: Batches[TableView]
    snapshots: bool


def upload_feeds(
    dataset: Dataset, volume: str, feeds: Feeds, *, create: bool, overwrite: bool, format_: str, as_json: bool
) -> None:
    """Save each table of a dataset in a Volume, batch by batch where it has times, and print where it is.

    Raises:
        SynthDataError: for batches that cannot be, and for what the workspace refuses.
    """
    from pytest_synthdata.databricks.upload import upload
    from pytest_synthdata.table_sinks import save_batches

    told = feeds.of(dataset)
    whole = {table.name: table.view for table in dataset if table.name not in told}
    coming = [  # all are checked before any is written
        save_batches(one.batches, volume, format_, snapshots=one.snapshots, create=create, overwrite=overwrite)
        for one in told.values()
    ]
    tables: list[str] = []
    if whole:
        saved = upload(whole, volume, create=create, overwrite=overwrite, format=format_)
        tables = [path for name, path in saved.tables.items() if name not in saved.skipped]
    nothing = f"{volume}: nothing is new: all tables and batches that were asked for are there"
    print_each("path", itertools.chain(tables, *coming), nothing, as_json=as_json)


__all__ = ["Feeds", "upload_feeds"]
