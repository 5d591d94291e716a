"""What differs from what is declared, in words: the same after `assert_matches` and `synthdata validate`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.columns.arrow.value_texts import first_difference, part_of, plain_text
from pytest_synthdata.errors import cut, printable
from pytest_synthdata.sources import source_of
from pytest_synthdata.validation.results import Check, TableResult, format_value

_MOST_SHOWN = 10  # failed checks in a message
_WIDTH = 24  # letters of a value in it
_BEFORE = 8  # letters before the first that differs


def failures(result: TableResult, declared_by: str, data: Mapping[str, Any]) -> list[str]:
    """What differs in a table: column by column, with rows where single rows are to blame.

    Args:
        result: the table's checks, some of them failed.
        declared_by: the factory.
        data: what was checked and what it refers to, by table; the rows of other tables are not shown.
    """
    failed = [check for check in result.checks if not check.passed]
    lines = [f"{result.table} is not what {declared_by} declares: {len(failed)} of {len(result.checks)} checks fail"]
    wanted: dict[str, set[int]] = {}
    for check in failed:
        wanted.setdefault(check.examples_of or check.table, set()).update(check.examples)
    rows = {table: _rows(data[table], numbers) for table, numbers in wanted.items() if table in data}
    for check in failed[:_MOST_SHOWN]:
        chance = "" if check.p_value is None else f"   ({check.rows:,} rows; by chance {_odds(check.p_value)})"
        lines += [
            "",
            f"{check.place}: {check.title}",
            f"  expected {format_value(check.declared)}",
            f"  actual   {format_value(check.measured)}{chance}",
            *_table(check, rows.get(check.examples_of or check.table, {})),
        ]
    if len(failed) > _MOST_SHOWN:
        lines += ["", f"… and {len(failed) - _MOST_SHOWN} more"]
    return lines


def unchecked_columns(tables: Iterable[TableResult]) -> list[str]:
    """The columns that were not checked, or not whole, each with the reason."""
    named = [
        printable(f"  {table.table}.{name}: {reason}") for table in tables for name, reason in table.unchecked.items()
    ]
    return ["", "not checked:", *named] if named else []


def _odds(p_value: float) -> str:
    return "1 in more than 10^15" if p_value < 1e-15 else f"1 in {1 / p_value:,.0f}"  # noqa: PLR2004


def _rows(data: Any, wanted: set[int]) -> dict[int, dict[str, Any]]:
    """Some rows of the data, by their numbers."""
    found: dict[int, dict[str, Any]] = {}
    if not wanted or isinstance(data, pa.RecordBatchReader):
        return found
    start = 0
    for batch in source_of(data, "validate").batches:
        for row in wanted:
            if start <= row < start + batch.num_rows:
                found[row] = python_of(batch.slice(row - start, 1))[0]
        start += batch.num_rows
        if len(found) == len(wanted):
            break
    return found


def _table(check: Check, rows: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """The rows that break a rule: their numbers and first columns, the blamed one among them."""
    shown_rows = [(row, rows[row]) for row in check.examples if row in rows]
    if not shown_rows:
        return [f"    {check.named_rows}"] if check.examples else []
    of = [f"    {check.examples_of}"] if check.examples_of else []
    head, *steps = check.column.split(".")
    if steps and check.column not in shown_rows[0][1] and head in shown_rows[0][1]:
        shown_rows = [(row, {**cells, check.column: part_of(cells[head], steps)}) for row, cells in shown_rows]
    names = [name for name in shown_rows[0][1] if not steps or name != head]
    blamed = [name for name in names if name == check.column or name.startswith(f"{check.column}_")]
    names = list(dict.fromkeys([*names[:1], *blamed, *names[:6]]))
    lines = [
        ["row", *map(short, names)],
        *([str(row), *(short(cells[name]) for name in names)] for row, cells in shown_rows),
    ]
    return [*of, *(f"    {line}" for line in aligned(lines))]


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Cells in columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def short(value: Any) -> str:
    """A cell in few letters; a time in as many as it needs."""
    if isinstance(value, dt.datetime):
        return str(value)
    return cut(_on_one_line(value), _WIDTH)


def shown_apart(one: Any, other: Any) -> tuple[str, str, str]:
    """Where two cells differ, as a path into them, and what each has there in few letters, of which some differ.

    >>> shown_apart({"low": 1, "high": 7}, {"low": 1, "high": 99})
    ('.high', '7', '99')
    >>> shown_apart("a" * 30, "a" * 29 + "b")
    ('', '…aaaaaaaaa', '…aaaaaaaab')
    """
    path, *both = first_difference(one, other)
    if short(both[0]) != short(both[1]):
        return path, short(both[0]), short(both[1])
    texts = [_on_one_line(value) for value in both]
    same = next((at for at, pair in enumerate(zip(*texts, strict=False)) if len({*pair}) > 1), min(map(len, texts)))
    begin = max(same - _BEFORE, 0)
    left, right = (f"…{cut(text[begin:], _WIDTH - 1)}" if begin else cut(text, _WIDTH) for text in texts)
    return path, left, right


def _on_one_line(value: Any) -> str:
    return printable(plain_text(value)).replace("\n", "\\n")


__all__ = ["aligned", "failures", "short", "shown_apart", "unchecked_columns"]
