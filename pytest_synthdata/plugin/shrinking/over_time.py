"""What a test asks of its tables over time, and what then happens to their rows, for its report."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.columns.order.batches import Batches
from pytest_synthdata.columns.order.clock import ArrivalClock
from pytest_synthdata.columns.order.instants import as_datetime, instant
from pytest_synthdata.columns.tables.part import whole_of
from pytest_synthdata.columns.tables.subset import Subset
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.factories.base import TableFactory
from pytest_synthdata.history.evolution import changing_columns
from pytest_synthdata.history.lives import lives_of
from pytest_synthdata.history.snapshot import Snapshot
from pytest_synthdata.history.views import version_view
from pytest_synthdata.plugin.failures.reasons import ANYTHING
from pytest_synthdata.table import Table

_MOST_ROWS = 5  # of a table, of which is told what happens to them
_MOST_VERSIONS = 5  # of a row
_MOST_COLUMNS = 4  # of a version, where it is not known which matter

Cell: TypeAlias = "Callable[[Any], str]"  # a value as text
Arrivals: TypeAlias = "Mapping[tuple[int, int], Sequence[dt.datetime]]"  # by row, and when it changed


@dataclass
class Asked:
    """What a test asked for.

    Args:
        over_time: the tables of which it asked for states, changes or versions.
        in_batches: those that it took in the order of time.
        delayed: the arguments of changes that arrive later than they happen, by table.
    """

    over_time: set[str] = field(default_factory=set)
    in_batches: set[str] = field(default_factory=set)
    delayed: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)


class AskedTable(Table):
    """A table that tells what is asked of it.

    Args:
        view: its rows.
        factory: its factory.
        asked: is told.
    """

    def __init__(self, view: TableView, factory: type[TableFactory], asked: Asked) -> None:
        super().__init__(view, factory)
        self._asked = asked

    def at(self, when: str | dt.date) -> Table:
        """The table as it is at a time."""
        self._asked.over_time.add(self.name)
        return super().at(when)

    def changes(self, *arguments: Any, **more: Any) -> Table:
        """What happens to the table's rows."""
        self._asked.over_time.add(self.name)
        if more.get("delay") is not None:
            self._asked.delayed[self.name] = arguments, more
        return super().changes(*arguments, **more)

    def versions(self) -> Table:
        """All versions of the table's rows."""
        self._asked.over_time.add(self.name)
        return super().versions()

    def in_batches(self, *arguments: Any, **more: Any) -> Batches[Table]:
        """The table batch by batch."""
        self._asked.in_batches.add(self.name)
        return super().in_batches(*arguments, **more)


def happenings(table: Table, asked: Asked, matter: Collection[str], cell: Cell) -> list[str]:
    """What happens to the rows of a table over time, as far as a test asked for it: a line for each of a few rows.

    Args:
        table: the rows.
        asked: what was asked for.
        matter: the columns to tell of, with their tables' names; all that change where none of these does.
        cell: shows a value or a time.
    """
    lines = []
    # Versions that the test never looked at are made, too, and a user's function may raise anything.
    with suppress(*ANYTHING):
        if table.name in asked.over_time or isinstance(whole_of(table.view), Snapshot):
            lines += _cut(table, list(_lives(table, asked, matter, cell)))
        if table.name in asked.in_batches:
            lines += _cut(table, list(_arrivals(table, cell)))
    return lines


def _cut(table: Table, lines: list[str]) -> list[str]:
    more = len(lines) - _MOST_ROWS
    return lines if more <= 0 else [*lines[:_MOST_ROWS], f"{table.name}: … and {more:,} more"]


def _lives(table: Table, asked: Asked, matter: Collection[str], cell: Cell) -> Iterator[str]:
    """The versions of each row."""
    if lives_of(table.bound) is None:
        return
    view = table.view
    if isinstance(whole_of(view), Snapshot):  # of rows that are there then, all that happens is told
        view = Subset(table.bound, table.row_numbers)
    versions = Table(version_view(view), table.factory)
    rows = python_of(versions.to_arrow())
    arrivals = _arrivals_of_changes(Table(view, table.factory), asked.delayed.get(table.name))
    changing = changing_columns(table.bound)
    names = [name for name in table.bound.schema.names if name in changing]
    names = [name for name in names if f"{table.name}.{name}" in matter] or names[:_MOST_COLUMNS]
    numbers = versions.view.origins(versions.row_numbers).tolist()
    for number, some in groupby(zip(numbers, rows, strict=True), key=lambda one: one[0]):
        told = [version for _, version in some]
        yield f"{table.name} row {number}: {_life(number, told, names, arrivals, cell)}"


def _life(
    number: int, versions: Sequence[Mapping[str, Any]], names: Sequence[str], arrivals: Arrivals, cell: Cell
) -> str:
    def since(time: dt.datetime) -> str:
        arrived = arrivals.get((number, instant(time, "since")), ())
        return cell(time) + (f" (arrives {', again '.join(map(cell, arrived))})" if arrived else "")

    parts: list[str] = []
    before: Mapping[str, Any] = {}
    for version in versions:
        changed = [name for name in names if not before or repr(version[name]) != repr(before[name])]
        if changed or not before:
            values = [cell(version[name]) if len(names) == 1 else f"{name}={cell(version[name])}" for name in changed]
            parts.append(" ".join([*values, "from", since(version["valid_from"])]))
        before = version
    if (more := len(parts) - _MOST_VERSIONS) > 0:
        parts[_MOST_VERSIONS:] = [f"… ({more:,} more)"]
    if not versions[-1]["is_current"]:
        parts.append(f"deleted {since(versions[-1]['valid_to'])}")
    return ", ".join(parts)


def _arrivals_of_changes(table: Table, delayed: tuple[tuple[Any, ...], dict[str, Any]] | None) -> Arrivals:
    if delayed is None:
        return {}
    arguments, more = delayed
    feed: Any = table.changes(*arguments, **more).view
    feed = getattr(feed, "view", feed)  # under the schemas of its time, it is that of another
    numbers = feed.row_numbers(0, feed.num_rows)
    batch, rows = feed.gathered(numbers)
    found: dict[tuple[int, int], list[dt.datetime]] = defaultdict(list)
    for row, time, arrived in zip(
        rows.tolist(), feed.told_at(numbers).tolist(), python_of(batch.column(batch.num_columns - 1)), strict=True
    ):
        found[row, time].append(arrived)
    return found


def _arrivals(table: Table, cell: Cell) -> Iterator[str]:
    """When each row arrives, where that is not at once."""
    arrival = table.bound.plan.arrival
    if arrival is None or (arrival.delay is None and not arrival.redelivered):
        return
    clock = ArrivalClock(table.bound, arrival)
    numbers = table.row_numbers
    rows = table.view.origins(numbers)
    for number, row in zip(numbers.tolist(), np.split(rows, len(rows)), strict=True):
        text = f"{table.name} row {number}: arrives {cell(_instant(clock.times(row)))}"
        yield text + (f", again {cell(_instant(clock.times_again(row)))}" if clock.is_redelivered(row)[0] else "")


def _instant(times: Any) -> dt.datetime:
    return as_datetime(int(times[0])).replace(tzinfo=dt.timezone.utc)


__all__ = ["Asked", "AskedTable", "happenings"]
