"""Rows that a failure names: by keys in its message, in chispa's differences, and in the variables around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.plugin.failures.differing_cells import differing_cells, rows_compared
from pytest_synthdata.plugin.shrinking.failures import message_of, strings_in

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset, Table
    from pytest_synthdata.shrinking.order import Order
    from pytest_synthdata.shrinking.runs import Positions

_MOST = 500  # rows that are worth a try: more than that is not a hint
_LONGEST = 200_000  # letters of a message


def hints(error: BaseException, dataset: Dataset, order: Order) -> Iterator[Positions]:
    """Rows that are likely to be enough, the likeliest first: those that are named, then with their relatives.

    Args:
        error: the failure.
        dataset: the test's.
        order: of its rows.
    """
    named = (
        _in_differences(error, dataset),
        _named([message_of(error)[:_LONGEST]], dataset),
        _named(strings_in(error), dataset),
    )
    for rows in named:
        found = {
            table: np.intersect1d(np.array(sorted(numbers), np.int64), order.row_numbers[table])
            for table, numbers in rows.items()
            if table in order.row_numbers
        }
        positions = order.positions(found)
        if 0 < len(positions) <= _MOST:
            yield positions
            yield order.relatives(positions)


def _in_differences(error: BaseException, dataset: Dataset) -> dict[str, set[int]]:
    compared = rows_compared(error.__traceback__)
    differing = None if compared is None else differing_cells(compared, [dataset])
    return {one.table.name: {cell.row for cell in one.cells} for one in differing or () if one.cells}


def _named(texts: Iterable[str], dataset: Dataset) -> dict[str, set[int]]:
    patterns = {table.name: known for table in dataset if (known := _pattern(table)) is not None}
    found: dict[str, set[int]] = {table: set() for table in patterns}
    for text in texts:
        for table, (pattern, key) in patterns.items():
            numbers = np.array([int(number) for number in pattern.findall(text)], np.int64)
            found[table].update(key.rows(numbers).tolist())
    return found


def _pattern(table: Table) -> tuple[re.Pattern[str], Key] | None:
    """What keys of a table look like in a text, and the key; None where it could be any number."""
    key = table.bound.plan.columns.get(str(table.bound.plan.key))
    if not isinstance(key, Key):
        return None
    before, width, after = key.parts()
    if not before.strip() and not after.strip():
        return None
    return re.compile(rf"{re.escape(before)}(\d{{{width},18}}){re.escape(after)}(?!\d)"), key


__all__ = ["hints"]
