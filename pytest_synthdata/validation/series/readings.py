"""Times of readings, looked at beside their parents: each in its own interval since the parent's first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.order.instants import filled_microseconds
from pytest_synthdata.columns.series.readings import Readings
from pytest_synthdata.validation.measures import Finding, ViolationCounter
from pytest_synthdata.validation.rows import Parent, Rows

Numbers = npt.NDArray[np.int64]


class ReadingTimeMeasure:
    """Readings that are taken at another time than ``start + n * every``, later by more than their jitter, or twice.

    Args:
        name: the column of times.
        readings: when they are declared to be taken.
        reference: the foreign key that leads to what is measured.
        parent: the rows that are measured.
    """

    def __init__(self, name: str, readings: Readings, reference: str, parent: Parent) -> None:
        self.name, self.readings, self.reference, self.parent = name, readings, reference, parent
        self.off = ViolationCounter()
        self.rows = 0
        self._slots: list[tuple[Numbers, Numbers]] = []

    @cached_property
    def _starts(self) -> Numbers:
        return filled_microseconds(to_arrow(self.parent.rows.evaluate(self.readings.start, self.name)), 0)

    @cached_property
    def _counts(self) -> Numbers:
        return np.asarray(self.parent.rows.evaluate(self.readings, self.name), np.int64)

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        positions, times = rows.positions(self.reference), to_arrow(rows.read(self.name))
        starts, counts = (np.resize(each, max(self.parent.rows.count, 1)) for each in (self._starts, self._counts))
        known = (positions >= 0) & np.asarray(to_numpy(pc.is_valid(times)), np.bool_)
        elapsed = filled_microseconds(times, 0) - starts[np.maximum(positions, 0)]
        slots = elapsed // self.readings.interval
        late = elapsed - slots * self.readings.interval
        wrong = (slots < 0) | (slots >= counts[np.maximum(positions, 0)])
        wrong |= late > self.readings.jitter * self.readings.interval
        self.off.add(known & wrong, np.arange(rows.count), rows)
        self._slots.append((np.where(known, positions, -1), slots))
        self.rows += rows.count

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        yield self.off.finding("reading at another time", f"every {self.readings.every}", self.rows)
        if not self._slots:
            return
        positions, slots = (np.concatenate(parts) for parts in zip(*self._slots, strict=True))
        order = np.lexsort((slots, positions))
        same = (positions[order][1:] == positions[order][:-1]) & (slots[order][1:] == slots[order][:-1])
        twice = ViolationCounter()
        twice.add(np.append(False, same & (positions[order][1:] >= 0)), order)
        yield twice.finding("two readings at a time", f"every {self.readings.every}", self.rows)


__all__ = ["ReadingTimeMeasure"]
