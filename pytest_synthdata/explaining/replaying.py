"""One cell made again from the record of how it was made, and from nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_synthdata.columns.arrow.values import Index, Values
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.columns.random import Bits, Floats, Stream
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.explaining.tracing import OF_OTHER_ROWS, Draw, Step, TracedPart, stream_of, with_parts


def replay(bound: BoundTable, row: int, column: str, root: Step) -> Values:
    """The same cell from a record alone: columns and numbers are taken from it, and none is made again.

    Picks of parents, totals of children and shares of a parent are of other rows, and taken as they were noted.

    Raises:
        KeyError: for what the record does not have.
    """
    steps = list(root.all())
    reads = {name: values for step in steps for name, values in step.reads.items()}
    objects = {name: value for step in steps for name, value in step.objects.items()}
    drawn = {(draw.names, draw.row): draw for step in steps for draw in step.draws}
    stream = stream_of(bound, row, column)
    recorded = _RecordedStream.holding(stream, drawn, len(stream.names))
    reader: Any = _RecordedReader(bound, row, reads, objects)
    return _replayable(root).values(Cells(reader, recorded, f"{bound.plan.table}.{column}"))


def _replayable(step: Step) -> Generator:
    """A step's declaration as it was watched: what is of other rows is what it was, and the rest draws as it did.

    Parts are hidden from the one around them, as they were then: those that it knows it may draw for all at once.
    """
    if isinstance(step.generator, OF_OTHER_ROWS):
        return _Known(step.values)
    if isinstance(step.generator, Nested) or not step.is_watched:
        return step.generator
    asked = {part.role: part for part in step.steps}

    def replayed(part: Generator, role: tuple[str, int]) -> Generator:
        return TracedPart(_replayable(asked[role]) if role in asked else part, role)

    return with_parts(step.generator, replayed)


class _Known(Generator):
    """The one value that was noted."""

    def __init__(self, noted: Values) -> None:
        self.noted = noted

    def values(self, cells: Cells) -> Values:
        return self.noted if len(cells.rows) else self.noted[:0]


class _RecordedStream(Stream):
    """A stream of the numbers of a record; what belongs to all of a table's rows is the stream's own."""

    drawn: dict[tuple[tuple[str, ...], int], Draw]
    own: int

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @classmethod
    def holding(cls, stream: Stream, drawn: dict[tuple[tuple[str, ...], int], Draw], own: int) -> _RecordedStream:
        recorded = cls(stream.names)
        object.__setattr__(recorded, "drawn", drawn)
        object.__setattr__(recorded, "own", own)
        return recorded

    def child(self, *names: str) -> Stream:
        return _RecordedStream.holding(super().child(*names), self.drawn, self.own)

    def bits(self, rows: Bits) -> Bits:
        if len(rows) != 1:
            return super().bits(rows)
        return np.array([self.drawn[self.names[self.own :], int(rows[0])].bits], np.uint64)

    def uniform(self, rows: Bits) -> Floats:
        if len(rows) != 1:
            return super().uniform(rows)
        return np.array([self.drawn[self.names[self.own :], int(rows[0])].uniform], np.float64)


class _RecordedReader:
    """The columns of one row that a record has."""

    def __init__(
        self, bound: BoundTable, row: int, reads: dict[str, Values], objects: dict[str, Any], count: int = 1
    ) -> None:
        self.bound, self._row, self._reads, self._objects, self._count = bound, row, reads, objects, count
        self.rows: Bits = np.full(count, row, np.uint64)

    def read(self, name: str) -> Values:
        values = self._reads[name]
        return values if self._count else values[:0]

    def tokens(self, name: str) -> None:
        del name

    def take(self, index: Index) -> _RecordedReader:
        return _RecordedReader(self.bound, self._row, self._reads, self._objects, len(index))

    def row(self, position: int) -> Any:
        del position
        return _RecordedRow(self._objects, "")


class _RecordedRow:
    def __init__(self, objects: dict[str, Any], path: str) -> None:
        self._objects, self._path = objects, path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}{name}"
        if path in self._objects:
            return self._objects[path]
        if any(read.startswith(f"{path}.") for read in self._objects):
            return _RecordedRow(self._objects, f"{path}.")
        raise AttributeError(name)


__all__ = ["replay"]
