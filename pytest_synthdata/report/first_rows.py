"""The first rows of a table in the terminal, as many of its columns as there is room for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.value_texts import plain_text
from pytest_synthdata.columns.references.through import held_keys
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.errors import counted, cut
from pytest_synthdata.validation.results import format_value

LETTERS = 28  # of a cell
_LEAST = 12  # letters of a long text that are shown at any rate
_GAP = 2  # between two columns


@dataclass(frozen=True)
class _Column:
    """A column's texts, its name first.

    Args:
        texts: the name and the cells.
        is_number: whether they stand at the right.
        least: the fewest letters in which it is shown.
    """

    texts: tuple[str, ...]
    is_number: bool
    least: int

    @property
    def width(self) -> int:
        """The letters that it takes when nothing is cut."""
        return max(map(cell_len, self.texts))


class FirstRows:
    """The first rows of a table: long texts are cut, and columns for which there is no room are named below.

    Keys, numbers and times are shown whole, before texts get what room is left.

    Args:
        view: the table.
        first: how many rows are shown.
    """

    def __init__(self, view: TableView, first: int) -> None:
        numbers = view.row_numbers(0, min(first, view.num_rows))
        batch = view.record_batch(numbers)
        keys = _keys(view.bound)
        self._columns = [_column(("row", *map(str, numbers.tolist())), is_number=True, is_whole=True)]
        for field, column in zip(view.schema, batch.columns, strict=True):
            is_whole = field.name in keys or is_number(field.type) or pa.types.is_temporal(field.type)
            cells = (
                str(cell) if field.name in keys and cell is not None else cell_text(cell) for cell in python_of(column)
            )
            self._columns.append(_column((field.name, *cells), is_number=is_number(field.type), is_whole=is_whole))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as many columns as the width has room for."""
        shown = _fitting(self._columns, options.max_width)
        columns = [self._columns[at] for at in shown]
        widths = _widths(columns, options.max_width)
        table = Table(box=None, padding=(0, _GAP, 0, 0), header_style="bold", pad_edge=False)
        for number, (column, width) in enumerate(zip(columns, widths, strict=True)):
            style = "" if number else "dim"
            justify: Any = "right" if column.is_number else "left"
            table.add_column(Text(column.texts[0]), justify=justify, no_wrap=True, width=width, style=style)
        for cells in zip(*(column.texts[1:] for column in columns), strict=True):
            table.add_row(*map(Text, cells))
        yield table
        left_out = [column.texts[0] for at, column in enumerate(self._columns) if at not in shown]
        if left_out:
            yield Text(f"… and {counted(len(left_out), 'more column')}: {', '.join(left_out)}", "dim")


def _column(texts: tuple[str, ...], *, is_number: bool, is_whole: bool) -> _Column:
    width = max(map(cell_len, texts))
    return _Column(texts, is_number, width if is_whole else max(min(width, _LEAST), cell_len(texts[0])))


def _keys(bound: BoundTable) -> set[str | None]:
    """The columns that hold keys, the table's own and those that it refers to."""
    plan = bound.plan
    return {
        plan.key,
        *plan.key_columns,
        *(name for reference in plan.references for name in held_keys(plan, reference)),
    }


def _fitting(columns: Sequence[_Column], room: int) -> list[int]:
    """Which columns are shown: the row's number and the first one, then whole ones, then those that are cut."""
    shown, taken = [0, 1][: len(columns)], -_GAP
    for at in sorted(range(len(columns)), key=lambda at: (at not in shown, columns[at].least < columns[at].width)):
        wanted = taken + _GAP + columns[at].least
        if at < 2:  # noqa: PLR2004
            taken = wanted
        elif wanted <= room:
            shown.append(at)
            taken = wanted
    return sorted(shown)


def _widths(columns: Sequence[_Column], room: int) -> list[int]:
    """How wide columns are: what is left of the room goes to the narrowest of those that are cut."""
    widths = [column.least for column in columns]
    left = room - sum(widths) - _GAP * (len(widths) - 1)
    while left > 0:
        cut_ones = [at for at, column in enumerate(columns) if widths[at] < column.width]
        if not cut_ones:
            break
        widths[min(cut_ones, key=lambda at: widths[at])] += 1
        left -= 1
    return widths


def cell_text(value: Any) -> str:
    """A cell on one line."""
    if value is None:
        return "null"
    if isinstance(value, float):
        return format_value(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return cut(plain_text(value), LETTERS)


__all__ = ["LETTERS", "FirstRows", "cell_text"]
