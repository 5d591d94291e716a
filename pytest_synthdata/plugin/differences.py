"""What chispa found different between frames of generated rows: the cells, and the numbers of their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthdata.plugin.stash import MATERIALISER

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.table import Table

_COMPARERS = ("assert_basic_rows_equality", "assert_generic_rows_equality")
_MOST = 10  # cells that are listed
_IN_ANOTHER_ORDER = "both frames have the same rows, in another order: ignore_row_order=True compares without it"


class Differences:
    """A plugin that ends a failure of chispa's with the rows and columns that differ."""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Add a section to the report of a test that chispa failed."""
        outcome: Any = yield
        error = call.excinfo
        if error is None or error.typename != "DataFramesNotEqualError" or MATERIALISER not in item.config.stash:
            return
        rows = rows_compared(error.tb)
        if rows is not None and (text := explain(*rows, item.config.stash[MATERIALISER].used())):
            outcome.get_result().sections.append(("synthdata: what differs", text))


def rows_compared(traceback: TracebackType | None) -> tuple[list[Any], list[Any]] | None:
    """The rows of both frames, as chispa's innermost function has them: nothing is collected again."""
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code.co_name in _COMPARERS and {"rows1", "rows2"} <= frame.f_locals.keys():
            return frame.f_locals["rows1"], frame.f_locals["rows2"]
        traceback = traceback.tb_next
    return None


def explain(rows1: Sequence[Any], rows2: Sequence[Any], datasets: Any) -> str:
    """Which cells of two frames differ, row by row of the table that both came from.

    Args:
        rows1: the first frame's rows, as Spark collects them.
        rows2: the second frame's.
        datasets: where the table is looked for: the one of whose columns most are there, its key among them.

    Returns:
        A few lines; none where no table's key is among the columns.
    """
    differing = cells_that_differ(rows1, rows2, datasets)
    if differing is None:
        return ""
    table, key, found = differing
    if found:
        return _listed(found, table, key)
    one, other = (_by_key(rows, key) for rows in (rows1, rows2))
    return _IN_ANOTHER_ORDER if one == other else ""


def cells_that_differ(
    rows1: Sequence[Any], rows2: Sequence[Any], datasets: Any
) -> tuple[Table, str, list[tuple[int, Any, str, str, str]]] | None:
    """The table that two frames came from, its key, and of each cell that differs the row, key, column and values."""
    if not rows1 or not rows2:
        return None
    columns = [name for name in rows1[0].__fields__ if name in rows2[0].__fields__]
    table = _origin(columns, datasets)
    if table is None:
        return None
    key = str(table.bound.plan.key)
    one, other = (_by_key(rows, key) for rows in (rows1, rows2))
    numbers = _row_numbers(table, [value for value, _ in dict.fromkeys([*one, *other])])
    found = [
        (numbers[value], value, *cell)
        for value, time in dict.fromkeys([*one, *other])
        if value in numbers
        for cell in _cells(one.get((value, time)), other.get((value, time)), columns)
    ]
    return table, key, sorted(found)


def _origin(columns: Sequence[str], datasets: Any) -> Table | None:
    """The table that rows with these columns were made of."""
    from pytest_synthdata.validation.rows import key_form

    found: list[Dataset] = list(datasets)
    tables = [
        table
        for dataset in found
        for table in dataset
        if (key := table.bound.plan.key) in columns and key_form(table.bound.plan, str(key)) is not None
    ]
    return max(tables, key=lambda table: (len({*table.schema.names} & {*columns}), table.num_rows), default=None)


def _by_key(rows: Sequence[Any], key: str) -> dict[tuple[Any, int], Mapping[str, Any]]:
    """Rows by their key, and which time it is that the key comes: a join may have it several times."""
    times: Counter[Any] = Counter()
    found = {}
    for row in rows:
        found[row[key], times[row[key]]] = row.asDict()
        times[row[key]] += 1
    return found


def _row_numbers(table: Table, keys: Sequence[Any]) -> dict[Any, int]:
    """The number of the row that each key stands for."""
    import pyarrow as pa

    from pytest_synthdata.columns.generators.keys import Key
    from pytest_synthdata.validation.keys import Form, numbers_in

    declared = table.bound.plan.columns[str(table.bound.plan.key)]
    assert isinstance(declared, Key)  # noqa: S101
    numbers = numbers_in(pa.array([str(key) for key in keys]), Form.of(declared)) - declared.start
    return {
        key: number for key, number in zip(keys, numbers.tolist(), strict=True) if 0 <= number < table.bound.num_rows
    }


def _cells(
    one: Mapping[str, Any] | None, other: Mapping[str, Any] | None, columns: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    from pytest_synthdata.assertions import short

    if one is None or other is None:
        yield "(the row)", "missing" if one is None else "there", "missing" if other is None else "there"
        return
    for name in columns:
        if one[name] != other[name] and not (one[name] != one[name] and other[name] != other[name]):
            yield name, short(one[name]), short(other[name])


def _listed(found: Sequence[tuple[int, Any, str, str, str]], table: Table, key: str) -> str:
    from pytest_synthdata.assertions import aligned

    rows = list(dict.fromkeys(number for number, *_ in found))
    names = dict.fromkeys(column for _, _, column, *_ in found)
    lines = [["row", key, "column", "df1", "df2"], *([str(cell) for cell in line] for line in found[:_MOST])]
    text = [f"{table.name} differ in {', '.join(names)}: {len(rows):,} row{'s'[: len(rows) > 1]}", *aligned(lines)]
    if len(found) > _MOST:
        text.append(f"… and {len(found) - _MOST:,} cells more")
    text.append(f"row {rows[0]} as it was generated: dataset.take({table.name}=[{rows[0]}]).{table.name}.to_arrow()")
    return "\n".join(text)


__all__ = ["Differences", "cells_that_differ", "explain", "rows_compared"]
