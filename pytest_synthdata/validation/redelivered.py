"""Rows that data has a second time, because `Arrival` declares that some are redelivered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.fingerprint import row_hashes
from pytest_synthdata.columns.generators.modifiers import Unique
from pytest_synthdata.columns.lives.steps import Step
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.series.readings import ReadingTime
from pytest_synthdata.validation.results import Check
from pytest_synthdata.validation.rows import looked_up_key


class Redeliveries:
    """The second arrivals of rows, which are left out of all other checks. A word is held for each row.

    Args:
        plan: the table's columns.
        present: the columns that the data has.
    """

    def __init__(self, plan: Plan, present: Collection[str]) -> None:
        self.table: str = plan.table
        share = 0.0 if plan.arrival is None else plan.arrival.redelivered
        self.share: float = share if _tells_rows_apart(plan, present) else 0.0
        self.rows: int = 0
        self._once, self._twice = _Words(), _Words()
        self._places: list[npt.NDArray[np.int64]] = []

    def without(self, batches: Iterable[Mapping[str, pa.Array]]) -> Iterator[Mapping[str, pa.Array]]:
        """Batches without the rows that came before, unchanged; one that comes a third time stays."""
        for columns in batches:
            if not self.share or not columns:
                yield columns
                continue
            again = self._come_again(row_hashes(pa.RecordBatch.from_pydict(dict(columns))))
            self._places.append(np.flatnonzero(again) + self.rows)
            self.rows += len(again)
            first = arrow_array(~again)
            yield {name: array.filter(first) for name, array in columns.items()} if again.any() else columns

    def _come_again(self, words: Bits) -> npt.NDArray[np.bool_]:
        """Which rows are here for the second time."""
        order = np.argsort(words, kind="stable")
        ordered = words[order]
        begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(words) else order
        each, counts = ordered[begins], np.diff([*begins, len(words)])
        before = self._once.have(each).astype(np.int64) + self._twice.have(each)
        # Of the rows that are alike, the one that makes it two.
        second = (before < 2) & (before + counts >= 2)  # noqa: PLR2004
        again = np.zeros(len(words), np.bool_)
        again[order[begins[second] + 1 - before[second]]] = True
        self._once.add(each[before == 0])
        self._twice.add(each[second])
        return again

    @property
    def count(self) -> int:
        """How many rows were left out."""
        return sum(map(len, self._places))

    def place(self, kept: int) -> int:
        """Where in the data a row is that was not left out, by its number among these."""
        places = np.concatenate([np.zeros(0, np.int64), *self._places])
        return kept + int(np.searchsorted(places - np.arange(len(places)), kept, side="right"))

    def checks(self) -> Iterator[Check]:
        """Whether more rows came again than declared: fewer may, as some come after the data at hand."""
        from scipy.special import bdtrc

        if self.count:
            rows = self.rows - self.count
            share = self.count / rows
            p_value = float(bdtrc(self.count - 1, rows, min(self.share, 1.0)))
            yield Check(self.table, "", "redelivered", "", "", self.share, share, rows, p_value=p_value)


class _Words:
    """A set of words, in ascending arrays of which each is more than twice as long as the next."""

    def __init__(self) -> None:
        self._sorted: list[Bits] = []

    def add(self, words: Bits) -> None:
        """Add words that are not in it."""
        while self._sorted and len(self._sorted[-1]) <= 2 * len(words):
            words = np.concatenate([self._sorted.pop(), words])
        self._sorted.append(np.sort(words))

    def have(self, words: Bits) -> npt.NDArray[np.bool_]:
        """Whether each of some words is in it."""
        found = np.zeros(len(words), np.bool_)
        for held in self._sorted:
            if len(held):
                found |= held[np.minimum(np.searchsorted(held, words), len(held) - 1)] == words
        return found


def _tells_rows_apart(plan: Plan, present: Collection[str]) -> bool:
    """Whether no two rows of a table can be alike in the columns that the data has."""
    key = looked_up_key(plan)
    if key and {*key} <= {*present}:
        return True
    return any(isinstance(plan.columns[name], (Unique, Step, ReadingTime)) for name in plan.visible if name in present)


__all__ = ["Redeliveries"]
