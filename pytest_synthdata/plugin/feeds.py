"""Feeds that a test wants in a Volume: what is to be told of a table, and by which batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pytest_synthdata.errors import DeclarationError, SynthDataError, nearest
from pytest_synthdata.history.views import snapshots_of

if TYPE_CHECKING:
    from pytest_synthdata.columns.order.batches import Batches
    from pytest_synthdata.columns.tables.table_view import TableView
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.table import Table

_OF_CHANGES = ("every", "delay", "late", "redelivered", "again")
OPTIONS = ("by", "changes", "start", "stop", "column", "snapshots", *_OF_CHANGES)


@dataclass(frozen=True)
class FeedOfTest:
    """A feed.

    Args:
        batches: what comes, batch by batch.
        by: the period, or the number of rows, of a batch.
        snapshot: gives the table at an instant, where the feed is to have snapshots beside it.
        identity: what tells it from others, whatever its end.
        is_part: whether only the batches up to some time are asked for.
    """

    batches: Batches[TableView]
    by: str | int
    snapshot: Callable[[int], TableView] | None
    identity: str
    is_part: bool


class Saver(Protocol):
    """What saves tables and feeds in a Volume, and gives their paths."""

    def tables(self, dataset: Dataset, names: Sequence[str], is_default: bool) -> Mapping[str, str]:
        """Save tables; is told whether they are the run's default ones."""

    def feed(self, dataset: Dataset, table: str, feed: FeedOfTest) -> str:
        """Save a table's feed."""


def feed_of(
    table: Table,
    by: str | int = "day",
    *,
    changes: str | None = None,
    start: Any = None,
    stop: Any = None,
    column: str | None = None,
    snapshots: bool = False,
    **more: Any,
) -> FeedOfTest:
    """What is told of a table: its changes, where a format of theirs is given, else its rows in the order of time.

    Raises:
        SynthDataError: for what nobody takes, and as `Table.changes` and `Table.in_batches`.
    """
    for name in more:
        if name not in _OF_CHANGES:
            raise SynthDataError(f"the feed of {table.name!r}: there is no {name}=: {nearest(name, OPTIONS)}")
        if changes is None:
            wanted = "'delta'" if name == "every" else "'autocdc' or 'debezium'"
            raise SynthDataError(f"the feed of {table.name!r}: {name}= goes with changes={wanted}")
    told = table if changes is None else table.changes(format=changes, **more)
    batches = told.in_batches(by, start=start, stop=stop, column=column).map(lambda one: one.view)
    identity = f"{table.name} {(by, changes, str(start), column, bool(snapshots), sorted(more.items()))}"
    return FeedOfTest(batches, by, snapshots_of(told.view) if snapshots else None, identity, stop is not None)


def feeds_of_marker(feeds: Any) -> dict[str, dict[str, Any]]:
    """The arguments of each feed that a marker asks for, by table.

    Raises:
        DeclarationError: for what is not a dict of arguments by table.
    """
    advice = "give arguments by table: feeds={'orders': {'by': 'day', 'changes': 'autocdc'}}"
    if not isinstance(feeds, Mapping):
        raise DeclarationError(f"feeds={feeds!r}; {advice}")
    for table, arguments in feeds.items():
        if not isinstance(arguments, Mapping):
            raise DeclarationError(f"feeds: {table!r} has {arguments!r}; {advice}")
        for name in arguments:
            if name not in OPTIONS:
                raise DeclarationError(f"feeds: {table!r}: there is no {name!r}: {nearest(str(name), OPTIONS)}")
    return {table: dict(arguments) for table, arguments in feeds.items()}


__all__ = ["OPTIONS", "FeedOfTest", "Saver", "feed_of", "feeds_of_marker"]
