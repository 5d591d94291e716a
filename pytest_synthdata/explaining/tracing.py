"""One cell made with a record of all that it takes: the columns read, the numbers drawn, and each part's own value."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.arrow.values import Index, Values, to_arrow
from pytest_synthdata.columns.batch import RowView
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.nested import InnerBatch, Nested
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.random import Bits, Floats, Stream
from pytest_synthdata.columns.references.aggregates import Aggregate
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.references.shares import Share
from pytest_synthdata.columns.siblings.running import OfSiblings
from pytest_synthdata.columns.tables.bound_table import BoundTable

# What they draw and read is not their row's: candidates for a parent, and other rows.
OF_OTHER_ROWS = (ForeignKeyColumn, Aggregate, Share, OfSiblings)


@dataclass(frozen=True)
class Draw:
    """A number that was drawn for a cell.

    Args:
        names: the substream of the column's stream; none for the column's own.
        row: the row number that it was drawn for.
        bits: 64 random bits.
        uniform: these as a number between 0 and 1, where a uniform was asked for.
    """

    names: tuple[str, ...]
    row: int
    bits: int
    uniform: float | None = None

    @property
    def quantile(self) -> float:
        """The share of all draws that lie below."""
        return self.bits / 2.0**64 if self.uniform is None else self.uniform


@dataclass
class Step:
    """A part of a declaration, and what it gave.

    Args:
        generator: the part.
        role: the field of the part around it that it fills, such as ``branches``; with its number if there are several.
        reads: the columns that it read itself, by name.
        draws: the numbers that it drew itself.
        steps: the parts that it asked, in order.
        objects: what a function read of the row, by path, as the function got it.
        values: what it gave, an array of one value.
        is_watched: whether its parts were noted one by one, and not what it drew for all of them together.
    """

    generator: Generator
    role: tuple[str, int] = ("", 0)
    reads: dict[str, Any] = field(default_factory=dict)
    draws: list[Draw] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=dict)
    values: Any = None
    is_watched: bool = False

    @property
    def value(self) -> Any:
        """What it gave, as a Python object."""
        return as_python(self.values)

    def all(self) -> Iterator[Step]:
        """This step and all within it."""
        yield self
        for step in self.steps:
            yield from step.all()


def as_python(values: Values) -> Any:
    """The one value of an array."""
    return python_of(to_arrow(values))[0]


class Record:
    """What is being noted: the innermost step is the one that is at work."""

    def __init__(self, root: Step) -> None:
        self.open: list[Step] = [root]

    @property
    def step(self) -> Step:
        """The step at work."""
        return self.open[-1]


class TracedStream(Stream):
    """A stream that notes the single numbers that are taken from it."""

    record: Record
    own: int
    source: Stream

    # One of another record is another stream, also to what caches by streams.
    def __hash__(self) -> int:
        return object.__hash__(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @classmethod
    def of(cls, stream: Stream, record: Record, own: int) -> TracedStream:
        """A stream whose first ``own`` names are the column's."""
        traced = cls(stream.names)
        object.__setattr__(traced, "record", record)
        object.__setattr__(traced, "own", own)
        object.__setattr__(traced, "source", stream)
        return traced

    def child(self, *names: str) -> Stream:
        return TracedStream.of(self.source.child(*names), self.record, self.own)

    def bits(self, rows: Bits) -> Bits:
        bits = self.source.bits(rows)
        if len(rows) == 1:
            self.record.step.draws.append(Draw(self.names[self.own :], int(rows[0]), int(bits[0])))
        return bits

    def uniform(self, rows: Bits) -> Floats:
        self.bits(rows)
        uniform = self.source.uniform(rows)
        if len(rows) == 1:
            draws = self.record.step.draws
            draws[-1] = dataclasses.replace(draws[-1], uniform=float(uniform[0]))
        return uniform


class TracedReader:
    """One row that notes which of its columns are read."""

    def __init__(self, base: Any, bound: BoundTable, record: Record) -> None:
        self.base: Any = base
        self.bound: BoundTable = bound
        self.record: Record = record

    @property
    def rows(self) -> Bits:
        """The row's number."""
        rows: Bits = self.base.rows
        return rows

    def read(self, name: str) -> Values:
        """A column, noted."""
        values: Values = self.base.read(name)
        if len(values) == 1:
            self.record.step.reads[name] = values
        return values

    def tokens(self, name: str) -> Any:
        """A column of texts as words, noted as a text."""
        self.read(name)
        return self.base.tokens(name)

    def take(self, index: Index) -> Any:
        """The same row; or none, of which nothing is noted."""
        taken = self.base.take(index)
        return TracedReader(taken, self.bound, self.record) if len(taken.rows) == 1 else taken

    def row(self, position: int) -> Any:
        """The row as an object whose attributes are noted."""
        row = self.base.row(position)
        return TracedRow(row, "", self.record) if type(row) is RowView else row


class TracedRow:
    """One row as an object: what a function reads of it is noted."""

    def __init__(self, row: RowView, path: str, record: Record) -> None:
        self._row, self._path, self._record = row, path, record

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._row, name)
        if isinstance(value, RowView):
            return TracedRow(value, f"{self._path}{name}.", self._record)
        if not name.startswith("_"):
            self._record.step.objects[f"{self._path}{name}"] = value
            self._record.step.reads[f"{self._path}{name}"] = arrow_array([plain(value)])
        return value


class TracedPart(Generator):
    """A part of a generator that notes what it is asked for."""

    def __init__(self, generator: Generator, role: tuple[str, int]) -> None:
        self.generator: Generator = generator
        self.role: tuple[str, int] = role

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.generator, name)

    def values(self, cells: Cells) -> Values:
        if not isinstance(cells.reader, TracedReader):
            return self.generator.values(cells)
        record = cells.reader.record
        step = Step(self.generator, self.role)
        record.step.steps.append(step)
        record.open.append(step)
        try:
            step.values = traced_values(step, cells)
        finally:
            record.open.pop()
        return step.values

    def children(self) -> Iterator[Generator]:
        return self.generator.children()

    def type(self, scope: Any) -> pa.DataType | None:
        return self.generator.type(scope)


def traced_values(step: Step, cells: Cells) -> Values:
    """A step's values, its parts noted if they can be watched without a change of the outcome."""
    generator = step.generator
    if isinstance(generator, OF_OTHER_ROWS):
        return generator.values(_unwatched(cells))
    expected = generator.values(_unwatched(cells))
    if isinstance(generator, Nested) and isinstance(cells.reader, TracedReader):
        _trace_fields(generator, cells.reader, cells.stream.attempt)
        return expected
    if isinstance(generator, Array) and isinstance(generator.item, Nested) and isinstance(cells.reader, TracedReader):
        TracedPart(generator.length, ("length", 0)).values(cells.substream("length"))
        for position in range(len(as_python(expected))):
            part = TracedPart(generator.item.at_position(position), ("item", position))
            part.values(cells.substream(f"item {position}"))
        return expected
    for watched in (with_parts(generator, TracedPart), generator):
        step.reads, step.draws, step.steps, step.objects = {}, [], [], {}
        try:
            found = watched.values(cells)
        except Exception:  # noqa: BLE001, S112 - a part that looks into others sees strangers, and may say so anyhow
            continue
        if _same(found, expected):
            step.is_watched = watched is not generator
            return found
    return expected


def _trace_fields(nested: Nested, reader: TracedReader, attempt: int) -> None:
    """Note each field of a nested row as a part."""
    record, inner = reader.record, nested.bound(reader.bound)
    rows = TracedReader(InnerBatch(inner, reader, attempt), inner, record)
    for name in nested.plan.visible:
        stream = inner.stream(name, attempt)
        traced = TracedStream.of(stream, record, len(stream.names))
        part = TracedPart(nested.plan.columns[name], (name, 0))
        part.values(Cells(rows, traced, f"{inner.plan.table}.{name}"))


def _unwatched(cells: Cells) -> Cells:
    reader = cells.reader.base if isinstance(cells.reader, TracedReader) else cells.reader
    stream = cells.stream.source if isinstance(cells.stream, TracedStream) else cells.stream
    return Cells(reader, stream, cells.place)


def _same(found: Values, expected: Values) -> bool:
    left, right = to_arrow(found), to_arrow(expected)
    return left.type == right.type and repr(python_of(left)) == repr(python_of(right))


def with_parts(generator: Generator, replaced: Callable[[Generator, tuple[str, int]], Generator]) -> Generator:
    """A generator with others in the place of the parts that its fields hold; itself if there are none.

    Args:
        generator: of any class.
        replaced: gives another one for a part and its role.
    """
    whole: Any = generator
    if not dataclasses.is_dataclass(whole):
        return generator
    watched = copy.copy(generator)
    for part in dataclasses.fields(whole):
        value = getattr(generator, part.name)
        if isinstance(value, Generator):
            object.__setattr__(watched, part.name, replaced(value, (part.name, 0)))
        elif isinstance(value, tuple) and any(isinstance(item, Generator) for item in value):
            parts = tuple(
                replaced(item, (part.name, number)) if isinstance(item, Generator) else item
                for number, item in enumerate(value)
            )
            object.__setattr__(watched, part.name, parts)
    return watched


def stream_of(bound: BoundTable, row: int, column: str) -> Stream:
    """The random bits that a cell was drawn from, at the attempt that met the table's condition."""
    return bound.stream(column, bound.attempt_of(row, column))


def trace(bound: BoundTable, row: int, column: str) -> Step:
    """How one cell is made."""
    stream = stream_of(bound, row, column)
    root = Step(bound.plan.columns[column])
    record = Record(root)
    # What a generator keeps for its table must not keep the record.
    own = dataclasses.replace(bound, cache={})
    reader = TracedReader(own.at(np.array([row], np.uint64)), own, record)
    traced = TracedStream.of(stream, record, len(stream.names))
    cells = Cells(reader, traced, f"{bound.plan.table}.{column}")
    with own_code(cells.place):
        root.values = traced_values(root, cells)
    return root


__all__ = ["OF_OTHER_ROWS", "Draw", "Step", "TracedPart", "as_python", "stream_of", "trace", "with_parts"]
