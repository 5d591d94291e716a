"""`synthdata upload --by …`: the batches of tables, or of what happens in them, in a Volume."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pytest_synthdata.cli.arguments import batch_size
from pytest_synthdata.cli.over_time import changing_tables

if TYPE_CHECKING:
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

        Raises:
            SynthDataError: where changes are asked for, and no table has any.
        """
        from pytest_synthdata.columns.order.choosing import has_times

        changing = [] if self.changes is None else changing_tables(dataset, f"--changes {self.changes}")
        told = {}
        for table in dataset:
            if self.changes is not None and table.name in changing:
                told[table.name] = Feed(table.changes(format=self.changes), self.snapshots)
            elif has_times(table.bound):
                told[table.name] = Feed(table, snapshots=False)
        return told


@dataclass(frozen=True)
class Feed:
    """What comes of a table, batch by batch, and whether the table as it is at their ends is saved, too."""

    table: Table
    snapshots: bool


def upload_feeds(
    dataset: Dataset, volume: str, feeds: Feeds, *, create: bool, overwrite: bool, format_: str, as_json: bool
) -> None:
    """Save each table of a dataset in a Volume, batch by batch where it has times, and print where it is.

    Raises:
        SynthDataError: for batches that cannot be, and for what the workspace refuses.
    """
    from pytest_synthdata.databricks.upload import upload

    told = feeds.of(dataset)
    whole = {table.name: table.view for table in dataset if table.name not in told}
    coming = [  # all are checked before any is written
        one.table.volume_batches(
            volume,
            batch_size(feeds.by),
            format_,
            start=feeds.start,
            stop=feeds.stop,
            snapshots=one.snapshots,
            create=create,
            overwrite=overwrite,
        )
        for one in told.values()
    ]
    tables: list[str] = []
    if whole:
        saved = upload(whole, volume, create=create, overwrite=overwrite, format=format_)
        tables = [path for name, path in saved.tables.items() if name not in saved.skipped]
    for path in itertools.chain(tables, *coming):
        click.echo(json.dumps({"path": path}) if as_json else path)


__all__ = ["Feeds", "upload_feeds"]
