"""A failing test as the search sees it: positions of rows, and runs on the datasets that these make."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.tables.closure import parents_of
from pytest_synthdata.columns.tables.replaced import ReplacedColumns
from pytest_synthdata.dataset import Dataset, Table
from pytest_synthdata.plugin.shrinking.failures import Failure
from pytest_synthdata.plugin.shrinking.other_values import OtherValues
from pytest_synthdata.shrinking.order import Order, family_order
from pytest_synthdata.shrinking.runs import Outcome, Positions, Replacement

if TYPE_CHECKING:
    from pytest_synthdata.plugin.shrinking.rerunning import Rerunner
    from pytest_synthdata.plugin.stand_ins import StandIns

_PROBES = 2  # rows of each table on which a test may pass


class Candidates:
    """Parts of a test's dataset, and the runs of the test on them.

    Args:
        dataset: the test's.
        whole: all of its tables.
        read: the names of those that the test read.
        failure: the one that is searched for.
        rerunner: runs the test.
        stand_ins: gives the test its data.
    """

    def __init__(
        self,
        dataset: Dataset,
        whole: Dataset,
        read: Iterable[str],
        *,
        failure: Failure,
        rerunner: Rerunner,
        stand_ins: StandIns,
    ) -> None:
        self.dataset = dataset
        self.whole = whole
        self.read = [table.name for table in whole if table.name in set(read)]
        self.failure = failure
        self._rerunner = rerunner
        self._stand_ins = stand_ins
        self.order = _order(whole)
        self._values = OtherValues(whole)
        self._last: tuple[bytes, Dataset] | None = None

    @property
    def searched(self) -> Positions:
        """The rows of the tables that the test read: the others are there only where one of these refers to them."""
        return self.order.positions({table: self.order.row_numbers[table] for table in self.read or self._names})

    def probes(self) -> list[Positions]:
        """A few rows of different kinds."""
        found = []
        for table in self.read or self._names:
            numbers = self.order.row_numbers[table]
            found += [self.order.positions({table: numbers[at : at + 1]}) for at in (0, len(numbers) // 2)[:_PROBES]]
        return [probe for probe in found if len(probe)]

    @property
    def _names(self) -> list[str]:
        return [table.name for table in self.whole]

    def taken(self, rows: Positions) -> Dataset:
        """The dataset of some rows and of those that they refer to."""
        key = rows.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self.whole.take(**self.order.rows_at(rows)))
        return self._last[1]

    def close(self, rows: Positions) -> Positions:
        """Rows with all that they refer to."""
        taken = self.taken(rows)
        closed = self.order.positions({table.name: table.row_numbers.astype(np.int64) for table in taken})
        self._last = (closed.tobytes(), taken)
        return closed

    def attempt(self, rows: Positions) -> Outcome:
        """Run the test on some rows, which are closed."""
        return self._attempt(self.taken(rows))

    def _attempt(self, candidate: Dataset) -> Outcome:
        with self._stand_ins.instead(self.dataset, candidate):
            error = self._rerunner.run()
        if error is None:
            return Outcome.PASSED
        return Outcome.SAME if Failure.of(error) == self.failure else Outcome.OTHER

    def replacements(self, rows: Positions) -> Sequence[Replacement]:
        """Other values for the columns of the tables that the test read."""
        taken = self.taken(rows)
        return [
            Replacement(
                [f"{table}.{column}" for table, columns in kind.values.items() for column in columns],
                partial(self._replaced, taken, kind.values),
                kind.is_made_up,
            )
            for kind in self._values.kinds(taken, self.read or self._names)
        ]

    def _replaced(
        self, taken: Dataset, values: Mapping[str, Mapping[str, pa.Array]], columns: frozenset[str]
    ) -> Outcome:
        chosen = {
            table: {column: array for column, array in found.items() if f"{table}.{column}" in columns}
            for table, found in values.items()
        }
        return self._attempt(_with(taken, chosen))


def _with(dataset: Dataset, values: Mapping[str, Mapping[str, pa.Array]]) -> Dataset:
    """A dataset with other values in some columns."""
    changed = copy.copy(dataset)
    changed.tables = {
        table.name: Table(ReplacedColumns(table.view, values[table.name]), table.factory)
        if values.get(table.name)
        else table
        for table in dataset
    }
    return changed


def _order(dataset: Dataset) -> Order:
    """Families by each table's first reference to another."""
    numbers: dict[str, Any] = {}
    parents: dict[str, tuple[str, Any]] = {}
    for table in dataset:
        row_numbers = table.row_numbers
        numbers[table.name] = row_numbers.astype(np.int64)
        bound = table.bound
        for name, reference in bound.plan.references.items():
            parent = bound.parent(name).name
            if parent in numbers and parent != table.name:
                parents[table.name] = (parent, parents_of(bound, reference, table.view.origins(row_numbers)))
                break
    return family_order(numbers, parents)


__all__ = ["Candidates"]
