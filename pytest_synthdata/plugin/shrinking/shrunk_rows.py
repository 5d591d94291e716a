"""The rows that are left of a test's data, as lines of its report."""

from __future__ import annotations

import contextlib
import datetime as dt
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.columns.arrow.value_texts import plain_text
from pytest_synthdata.errors import printable
from pytest_synthdata.plugin.shrinking.over_time import Asked, happenings
from pytest_synthdata.validation.messages import aligned, short

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset, Table

MOST_ROWS = 20  # that are shown
_MOST_CELLS = 8  # of a row, where there are more rows and it is not known which columns matter
_LONGEST = 200  # letters of a value that matters


class ShownRows:
    """The rows of a dataset: their tables and numbers in columns of one width, the cells of each table in its own.

    Args:
        taken: the dataset.
        matter: the columns to show, beside keys; all columns where it is None or empty.
        zone: the time zone in which instants are shown.
        asked: what the test asked of the tables over time.
    """

    def __init__(self, taken: Dataset, matter: Collection[str] | None, zone: str, asked: Asked | None = None) -> None:
        self._taken = taken
        self._asked = asked or Asked()
        self._matter = matter or None
        self._zone: dt.tzinfo = dt.timezone.utc
        self._zone_name = "UTC"
        # Of a zone as only Java knows it, UTC is true as well.
        with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            self._zone, self._zone_name = zoneinfo.ZoneInfo(zone), zone
        self._has_instants = False

    def lines(self) -> list[str]:
        """The rows, a few of each table where there are many; what happens to them; the zone of the instants."""
        counts = {table.name: table.num_rows for table in self._taken if table.num_rows}
        shown = {table: range(count) for table, count in _shared_out(counts, MOST_ROWS).items()}
        numbers = {table: self._taken[table].row_numbers[: len(places)].tolist() for table, places in shown.items()}
        name_width = max(map(len, counts), default=0)
        number_width = max((len(f"row {number}") for some in numbers.values() for number in some), default=0)
        text = []
        for table, some in numbers.items():
            cells = self._cells(self._taken[table], len(some), are_all=sum(counts.values()) <= MOST_ROWS)
            heads = (f"  {table:{name_width}}  {f'row {number}':{number_width}}" for number in some)
            text += [f"{head}  {rest}" for head, rest in zip(heads, cells, strict=True)]
            if more := counts[table] - len(some):
                text.append(f"  {table:{name_width}}  … and {more:,} more")
        for table in counts:
            told = happenings(self._taken[table], self._asked, self._matter or (), self._told)
            text += [f"  {line}" for line in told]
        return [*text, f"  times are in {self._zone_name}"] if self._has_instants else text

    def _cells(self, table: Table, count: int, *, are_all: bool) -> list[str]:
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
        """The key and the columns that matter; None in place of others between and after them."""
        matter = self._matter
        kept = [
            name == key or (f"{table}.{name}" in matter if matter is not None else are_all or place < _MOST_CELLS)
            for place, name in enumerate(columns)
        ]
        shown: list[str | None] = []
        for name, is_kept in zip(columns, kept, strict=True):
            if is_kept:
                shown.append(name)
            elif not shown or shown[-1] is not None:
                shown.append(None)
        return shown


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
