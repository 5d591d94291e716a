"""A failing test as the search sees it: positions of rows, and runs on the datasets that these make."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.tables.closure import parents_of
from pytest_synthdata.columns.tables.replaced import ReplacedColumns
from pytest_synthdata.dataset import Dataset, Table
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.plugin.shrinking.failures import Failure
from pytest_synthdata.plugin.shrinking.other_values import OtherValues
from pytest_synthdata.plugin.shrinking.over_time import Asked, AskedTable
from pytest_synthdata.plugin.shrinking.said import said_by
from pytest_synthdata.shrinking.order import Order, family_order
from pytest_synthdata.shrinking.runs import NONE, Outcome, Positions, Replacement, digest, union

if TYPE_CHECKING:
    from pytest_synthdata.plugin.shrinking.rerunning import Rerunner
    from pytest_synthdata.plugin.stand_ins import StandIns

_MOST_ROWS = 10_000_000  # whose order fits in memory beside the test's data
_MOST_PROBES = 16  # parts on which a test may pass
_SINGLE = 10  # of them that are a single row, of all tables together
_FEWEST_PLACES = 2  # of each table
_PLACES = (0, 0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875, 0.3, 0.7)  # in a table


class Candidates:
    """Parts of a test's dataset, and the runs of the test on them.

    Args:
        dataset: the test's.
        whole: all of its tables.
        read: the names of those that the test read.
        error: the failure that is searched for.
        rerunner: runs the test.
        stand_ins: gives the test its data.
    """

    def __init__(
        self,
        dataset: Dataset,
        whole: Dataset,
        read: Iterable[str],
        *,
        error: BaseException,
        rerunner: Rerunner,
        stand_ins: StandIns,
    ) -> None:
        self.dataset = dataset
        self.whole = whole
        self.read = [table.name for table in whole if table.name in set(read)]
        self.failure = Failure.of(error)
        self.said = said_by(error)
        self.asked = Asked()
        self._rerunner = rerunner
        self._stand_ins = stand_ins
        self.order = _order([table for table in whole if table.name in self._with_parents()])
        self._values = OtherValues(whole)
        self._last: tuple[bytes, Dataset] | None = None
        self._said: dict[bytes, str] = {}  # by rows
        self.named: Positions = NONE  # rows that the failure names
        self._on_none: str | None = None  # where the test fails in the same way on no rows at all

    def _with_parents(self) -> set[str]:
        """The tables that the test read, and those that they refer to, near and far."""
        return {*self.read}.union(*(self.whole[name].bound.all_parents() for name in self.read))

    @property
    def searched(self) -> Positions:
        """The rows of the tables that the test read: the others are there only where one of these refers to them."""
        return self.order.positions({table: self.order.row_numbers[table] for table in self.read})

    def probes(self) -> list[Positions]:
        """Single rows of different places in each table, then a few with their relatives."""
        numbers = [(table, rows) for table in self.read if len(rows := self.order.row_numbers[table])]
        places = _PLACES[: max(_FEWEST_PLACES, _SINGLE // max(len(numbers), 1))]
        single = [{table: rows[int(place * len(rows)) :][:1]} for place in places for table, rows in numbers]
        alone = [self.order.positions(row) for row in single]
        return [*alone, *map(self.order.relatives, alone[: _FEWEST_PLACES * len(numbers)])][:_MOST_PROBES]

    def taken(self, rows: Positions) -> Dataset:
        """The dataset of some rows and of those that they refer to."""
        key = rows.tobytes()
        if self._last is None or self._last[0] != key:
            taken = self.whole.take(**self.order.rows_at(rows))
            taken.tables = {table.name: AskedTable(table.view, table.factory, self.asked) for table in taken}
            self._last = (key, taken)
        return self._last[1]

    def close(self, rows: Positions) -> Positions:
        """Rows with all that they need."""
        taken = self.taken(rows)
        rows = self.order.positions({name: taken[name].row_numbers.astype(np.int64) for name in self.order.row_numbers})
        self._last = (rows.tobytes(), taken)
        return rows

    def attempt(self, rows: Positions) -> Outcome:
        """Run the test on some rows, which are closed."""
        error = self._run(self.taken(rows))
        if error is not None:
            self._said[digest(rows)] = said_by(error)
        outcome = self._outcome(error)
        if not len(rows) and outcome is Outcome.SAME:
            self._on_none = self.said_on(rows)
        return outcome

    def said_on(self, rows: Positions) -> str:
        """What the last failure on some rows said, which are closed."""
        return self._said.get(digest(rows), "")

    def _run(self, candidate: Dataset) -> BaseException | None:
        with self._stand_ins.instead(self.dataset, candidate):
            return self._rerunner.run()

    def _outcome(self, error: BaseException | None) -> Outcome:
        if error is None:
            return Outcome.PASSED
        # What says the same as on no rows at all, but not as on all, is of no rows that the test looks at.
        as_on_none = said_by(error) == self._on_none != self.said
        return Outcome.SAME if Failure.of(error) == self.failure and not as_on_none else Outcome.OTHER

    def attempt_replaced(self, rows: Positions) -> Outcome:
        """Run the test on some rows, with their own values put in the place of these."""
        taken = self.taken(rows)
        return self._outcome(self._run(_with(taken, self._values.own(taken, self.read))))

    def of_each_table(self, rows: Positions) -> list[Positions]:
        """Rows by their tables, those that others refer to first."""
        numbers = self.order.rows_at(rows)
        return [self.order.positions({name: some}) for name, some in numbers.items() if len(some)]

    def told(self, rows: Positions) -> Positions:
        """Of some closed rows, those that a report names: with planted defects, and in the failure's own words."""
        defects = self.taken(rows).defects
        planted = {name: distinct(to_numpy(to_arrow(defects[name].to_arrow()["row"]))) for name in defects}
        return np.intersect1d(rows, union(self.named, self.order.positions(planted)), assume_unique=True)

    def replacements(self, rows: Positions) -> Sequence[Replacement]:
        """Other values for the columns of the tables that the test read."""
        taken = self.taken(rows)
        return [
            Replacement(
                [f"{table}.{column}" for table, columns in kind.values.items() for column in columns],
                partial(self._replaced, taken, kind.values),
                kind.is_made_up,
            )
            for kind in self._values.kinds(taken, self.read)
        ]

    def _replaced(
        self, taken: Dataset, values: Mapping[str, Mapping[str, pa.Array]], columns: frozenset[str]
    ) -> Outcome:
        chosen = {
            table: {column: array for column, array in found.items() if f"{table}.{column}" in columns}
            for table, found in values.items()
        }
        return self._outcome(self._run(_with(taken, chosen)))


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


def _order(tables: Sequence[Table]) -> Order:
    """Families by each table's first reference to another."""
    num_rows = sum(table.num_rows for table in tables)
    if num_rows > _MOST_ROWS:
        raise SynthDataError(f"{num_rows:,} rows are too many; try --synth-scale")
    numbers: dict[str, Any] = {}
    parents: dict[str, tuple[str, Any]] = {}
    for table in tables:
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
