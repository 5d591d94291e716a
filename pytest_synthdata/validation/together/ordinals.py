"""Numbers of a parent's children, counted again parent by parent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.order.instants import filled_microseconds
from pytest_synthdata.columns.references.fan_out import Ordinal
from pytest_synthdata.columns.series.readings import ReadingTime
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.validation.measures import Finding, ViolationCounter
from pytest_synthdata.validation.rows import Rows

Numbers = npt.NDArray[np.int64]

_UNKNOWN = np.iinfo(np.int64).min


class OrdinalMeasure:
    """Numbers that a parent's children do not have, or have twice, and those that are not in the order of time.

    Args:
        name: the column.
        ordinal: how it is declared.
        bound: the table.
        whole: whether all rows are there: then a parent's children are numbered without a gap.
    """

    def __init__(self, name: str, ordinal: Ordinal, bound: BoundTable, *, whole: bool) -> None:
        self.name, self.ordinal, self.whole = name, ordinal, whole
        self.time = _time_column(bound)
        self._pieces: list[tuple[Numbers, Numbers, Numbers]] = []

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        column = to_arrow(rows.read(self.name))
        numbers = np.asarray(to_numpy(without_nulls(column, _UNKNOWN)), np.int64)
        if self.time is not None and not rows.has(self.time):
            self.time = None
        times = numbers if self.time is None else filled_microseconds(to_arrow(rows.read(self.time)), _UNKNOWN)
        self._pieces.append((rows.positions(self.ordinal.reference), numbers, times))

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        if not self._pieces:
            return
        parents, numbers, times = (np.concatenate(parts) for parts in zip(*self._pieces, strict=True))
        order = np.lexsort((numbers, parents))
        order = order[(parents[order] >= 0) & (numbers[order] != _UNKNOWN)]  # orphans and nulls are found elsewhere
        whose, numbered, at = parents[order], numbers[order], times[order]
        counts = np.bincount(whose, minlength=1)[whose]
        follows = np.append(False, whose[1:] == whose[:-1])[: len(order)]
        again = follows & (numbered == np.roll(numbered, 1))
        wrong = (numbered < self.ordinal.start) | again | np.append(again[1:], np.zeros(min(len(order), 1), np.bool_))
        if self.whole:
            wrong |= numbered >= self.ordinal.start + counts
        counter, subject = ViolationCounter(), f"from {self.ordinal.start} on, each once"
        counter.add(wrong, order)
        if wrong.any():
            first = int(wrong.argmax())
            subject += f": the first is {numbered[first]}, of a parent with {counts[first]} rows"
        yield counter.finding("numbers of rows", subject, len(order))
        if self.time is not None:
            backwards = ViolationCounter()
            backwards.add(follows & (at < np.roll(at, 1)) & (at != _UNKNOWN), order)
            yield backwards.finding("not numbered in the order of time", self.time, len(order))


def _time_column(bound: BoundTable) -> str | None:
    """The column by which a parent's children are numbered, where they are in the order of time."""
    columns = bound.plan.columns
    return next((name for name in bound.plan.visible if isinstance(columns[name], (Timeline, ReadingTime))), None)


__all__ = ["OrdinalMeasure"]
