"""The order in which rows are searched: relatives side by side, for rows that fail together often are relatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pytest_synthdata.shrinking.runs import Positions

Numbers: TypeAlias = npt.NDArray[np.int64]
Rows: TypeAlias = Mapping[str, Numbers]


@dataclass(frozen=True)
class Order:
    """Rows of several tables in one order.

    Args:
        row_numbers: by table, ascending.
        positions_of: by table, the position of each of these rows.
        tables: of each position, which table its row is of.
        rows: of each position, the row's number in that table.
        families: of each position, a number that its relatives share; it does not decrease.
    """

    row_numbers: Rows
    positions_of: Rows
    tables: npt.NDArray[np.int16]
    rows: Numbers
    families: Numbers

    def __len__(self) -> int:
        return len(self.rows)

    def positions(self, rows: Rows) -> Positions:
        """Where some rows are, sorted."""
        found = [
            self.positions_of[table][np.searchsorted(self.row_numbers[table], numbers)]
            for table, numbers in rows.items()
            if len(numbers)
        ]
        return np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)

    def rows_at(self, positions: Positions) -> dict[str, Numbers]:
        """The rows at some positions: by table, ascending."""
        tables, rows = self.tables[positions], self.rows[positions]
        return {table: np.sort(rows[tables == number]) for number, table in enumerate(self.row_numbers)}

    def relatives(self, positions: Positions) -> Positions:
        """All rows of the families that some rows belong to."""
        return np.flatnonzero(np.isin(self.families, self.families[positions]))


def family_order(row_numbers: Rows, parents: Mapping[str, tuple[str, Numbers]]) -> Order:
    """Rows in the order of their families: what has no parent, followed by its children and theirs.

    Args:
        row_numbers: by table, ascending; a table comes after the one that holds its parents.
        parents: by table, the table that its rows belong to, and the number of each one's parent there, below 0 for
            none.
    """
    family: dict[str, Numbers] = {}
    for table, numbers in row_numbers.items():
        family[table] = numbers
        if table in parents and len(numbers):
            parent, picks = parents[table]
            index = np.searchsorted(row_numbers[parent], np.maximum(picks, 0))
            index = np.minimum(index, max(len(row_numbers[parent]) - 1, 0))
            family[table] = np.where(picks < 0, numbers, family[parent][index] if len(family[parent]) else numbers)
    tables = np.repeat(np.arange(len(row_numbers), dtype=np.int16), [len(numbers) for numbers in row_numbers.values()])
    rows = np.concatenate([*row_numbers.values(), np.empty(0, np.int64)])
    families = np.concatenate([*family.values(), np.empty(0, np.int64)])
    order = np.lexsort((rows, tables, families))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    ends = np.cumsum([0, *(len(numbers) for numbers in row_numbers.values())])
    positions_of = {table: place[ends[n] : ends[n + 1]] for n, table in enumerate(row_numbers)}
    return Order(dict(row_numbers), positions_of, tables[order], rows[order], families[order])


__all__ = ["Numbers", "Order", "Rows", "family_order"]
