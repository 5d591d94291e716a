"""`synthdata upload --by …`: the batches of tables, or of what happens in them, in a Volume."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pytest_synthdata.cli.arguments import batch_size

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.table import Table

CHANGES = ("autocdc", "debezium", "delta")


@dataclass(frozen=True)
class Feeds:
    """Which batches are asked for.

    Args:
        by: a period, or a number of rows.
        start: from when on.
        stop: before when.
        changes: the format in which tables with a history tell what happens; None for their rows.
        snapshots: whether these are saved, too.
    """

    by: str
    start: str | None
    stop: str | None
    changes: str | None
    snapshots: bool

    def of(self, table: Table) -> Table | None:
        """What comes batch by batch of a table; None for one that is saved whole."""
        from pytest_synthdata.columns.order.choosing import has_times
        from pytest_synthdata.history.lives import lives_of

        if self.changes is not None:
            return None if lives_of(table.bound) is None else table.changes(format=self.changes)
        return table if has_times(table.bound) else None


def upload_feeds(
    dataset: Dataset, volume: str, feeds: Feeds, *, create: bool, overwrite: bool, format_: str, as_json: bool
) -> None:
    """Save each table of a dataset in a Volume, batch by batch where it has times, and print where it is.

    Raises:
        SynthDataError: for batches that cannot be, and for what the workspace refuses.
    """
    from pytest_synthdata.databricks.upload import upload

    told = {table.name: feeds.of(table) for table in dataset}
    coming = [
        one.volume_batches(
            volume,
            batch_size(feeds.by),
            format_,
            start=feeds.start,
            stop=feeds.stop,
            snapshots=feeds.snapshots,
            create=create,
            overwrite=overwrite,
        )
        for one in told.values()
        if one is not None
    ]
    whole = {table.name: table.view for table in dataset if told[table.name] is None}
    tables: list[str] = []
    if whole:
        saved = upload(whole, volume, create=create, overwrite=overwrite, format=format_)
        tables = [path for name, path in saved.tables.items() if name not in saved.skipped]
    for path in itertools.chain(tables, *coming):
        click.echo(json.dumps({"path": path}) if as_json else path)


__all__ = ["CHANGES", "Feeds", "upload_feeds"]
