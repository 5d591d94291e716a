"""The rows that are left of a test's data, as lines of its report."""

from __future__ import annotations

import contextlib
import datetime as dt
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.columns.arrow.value_texts import plain_text
from pytest_synthdata.errors import counted, printable
from pytest_synthdata.plugin.shrinking.over_time import Asked, happenings
from pytest_synthdata.plugin.shrinking.related_columns import related_columns
from pytest_synthdata.validation.messages import aligned, short

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset, Table

MOST_ROWS = 20  # that are shown
_MOST_CELLS = 8  # of a row, where it is not known which columns matter, or one of the table's does
_FEW_ROWS = 10  # of a table, all of whose cells are shown where one of its columns matters
_LONGEST = 200  # letters of a value that matters


class ShownRows:
    """The rows of a dataset: their tables and numbers in columns of one width, the cells of each table in its own.

    Args:
        taken: the dataset.
        matter: the columns to show, beside keys and what is related; all columns where it is None or empty.
        zone: the time zone in which instants are shown.
        asked: what the test asked of the tables over time.
        read: the tables that the test read; None for all. Of others, the rows are counted, as long as none of their
            columns is related to one that matters.
    """

    def __init__(
        self,
        taken: Dataset,
        matter: Collection[str] | None,
        zone: str,
        asked: Asked | None = None,
        read: Collection[str] | None = None,
    ) -> None:
        self._taken = taken
        self._asked = asked or Asked()
        self._matter = matter or None
        self._related = related_columns(taken, matter or ())
        self._read = read
        self._zone: dt.tzinfo = dt.timezone.utc
        self._zone_name = "UTC"
        # Of a zone as only Java knows it, UTC is true as well.
        with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            self._zone, self._zone_name = zoneinfo.ZoneInfo(zone), zone
        self._has_instants = False

    def lines(self) -> list[str]:
        """The rows, a few of each table where there are many; what happens to them; the zone of the instants."""
        all_counts = {table.name: table.num_rows for table in self._taken if table.num_rows}
        counts = {table: count for table, count in all_counts.items() if self._is_told(table)}
        shown = {table: range(count) for table, count in _shared_out(counts, MOST_ROWS).items()}
        numbers = {table: self._taken[table].row_numbers[: len(places)].tolist() for table, places in shown.items()}
        name_width = max(map(len, counts), default=0)
        number_width = max((len(f"row {number}") for some in numbers.values() for number in some), default=0)
        text = []
        for table, some in numbers.items():
            cells = self._cells(self._taken[table], len(some))
            heads = (f"  {table:{name_width}}  {f'row {number}':{number_width}}" for number in some)
            text += [f"{head}  {rest}" for head, rest in zip(heads, cells, strict=True)]
            if more := counts[table] - len(some):
                text.append(f"  {table:{name_width}}  … and {more:,} more")
        if unread := [count for table, count in all_counts.items() if table not in counts]:
            tables = "a table" if len(unread) == 1 else "tables"
            text.append(f"  and {counted(sum(unread), 'row')} of {tables} that the test did not read")
        for table in counts:
            told = happenings(self._taken[table], self._asked, self._matter or (), self._told)
            text += [f"  {line}" for line in told]
        return [*text, f"  times are in {self._zone_name}"] if self._has_instants else text

    def _is_told(self, table: str) -> bool:
        """Whether the rows of a table are shown one by one."""
        key = f"{table}.{self._taken[table].bound.plan.key}"
        return (
            self._read is None or table in self._read or any(_table_of(one) == table for one in self._related - {key})
        )

    def _are_all(self, table: Table) -> bool:
        """Whether all cells of a table are shown."""
        if self._matter is None:
            return sum(one.num_rows for one in self._taken if self._is_told(one.name)) <= MOST_ROWS
        is_small = table.num_rows <= _FEW_ROWS and len(table.schema.names) <= _MOST_CELLS
        return is_small and any(_table_of(one) == table.name for one in self._matter)

    def _cells(self, table: Table, count: int) -> list[str]:
        are_all = self._are_all(table)
        names = self.columns(table.name, str(table.bound.plan.key), table.schema.names, are_all=are_all)
        places = [None if name is None else f"{table.name}.{name}" for name in names]
        # What may matter is not cut.
        whole = {place for place in places if are_all} if self._matter is None else {*self._matter}
        columns = list(zip(names, places, strict=True))
        rows = python_of(table.to_arrow(0, count))
        return aligned(
            [
                ["…" if name is None else self._cell(row[name], is_whole=place in whole) for name, place in columns]
                for row in rows
            ]
        )

    def _cell(self, value: Any, *, is_whole: bool) -> str:
        if isinstance(value, dt.datetime) and value.tzinfo is not None:
            self._has_instants = True
            return _in_zone(value, self._zone)
        return value_text(value) if is_whole else short(value)

    def _told(self, value: Any) -> str:
        """A value or an instant of what happens to a row, which is told by the second."""
        return self._cell(value.replace(microsecond=0) if isinstance(value, dt.datetime) else value, is_whole=False)

    def columns(self, table: str, key: str, columns: Sequence[str], *, are_all: bool) -> list[str | None]:
        """The key and what matters or is related to that; None in place of others between and after them."""
        kept = [
            are_all
            or name == key
            or (place < _MOST_CELLS if self._matter is None else f"{table}.{name}" in self._related)
            for place, name in enumerate(columns)
        ]
        shown: list[str | None] = []
        for name, is_kept in zip(columns, kept, strict=True):
            if is_kept:
                shown.append(name)
            elif not shown or shown[-1] is not None:
                shown.append(None)
        return shown


def _table_of(column: str) -> str:
    return column.partition(".")[0]


def value_text(value: Any) -> str:
    """A value that is read letter by letter: blanks at its ends are seen, and only very long ones are cut."""
    if value is None:
        return "null"
    text = printable(plain_text(value)).replace("\n", "\\n")
    if isinstance(value, str) and (not value or value != value.strip()):
        text = f"'{text}'"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(str(value)):,} letters)"


def _in_zone(instant: dt.datetime, zone: dt.tzinfo) -> str:
    """An instant as the clocks of a zone show it; with its offset in the hour that they show twice."""
    try:
        local = instant.astimezone(zone)
    except OverflowError:  # the first and the last day that there are
        return str(instant)
    is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return str(local if is_twice else local.replace(tzinfo=None))


def _shared_out(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """How many rows of each table are shown: all, or as many of each as there is room for."""
    left, shown = most, {}
    for place, (table, count) in enumerate(sorted(counts.items(), key=lambda one: one[1])):
        shown[table] = min(count, max(1, left // (len(counts) - place)))
        left -= shown[table]
    return {table: shown[table] for table in counts}


__all__ = ["MOST_ROWS", "ShownRows", "value_text"]
