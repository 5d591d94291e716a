"""A plan with a seed and a number of rows, every cell of which is decided; and some of its rows, as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.objects import as_objects
from pytest_synthdata.columns.arrow.types import settled
from pytest_synthdata.columns.arrow.values import Index, Values, join, part, take, to_arrow, without
from pytest_synthdata.columns.generators.base import Cells, Reader
from pytest_synthdata.columns.plan import Plan, Scope
from pytest_synthdata.columns.random import Bits, Stream
from pytest_synthdata.columns.references.fan_out import FanOut
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn, PickStatistics
from pytest_synthdata.columns.table_view import BATCH
from pytest_synthdata.errors import DeclarationError, GenerationError, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.text.tokens import TokenizedText

_BLOCK = 32_768  # rows whose arrays stay in the processor's cache
_SAMPLE = 100  # rows looked at to find the type of an opaque column
_SMALL = 1 << 18  # parents whose columns may be held while children are made
# The columns whose types this thread is finding out.
_asked_for: ContextVar[frozenset[tuple[int, str]]] = ContextVar("asked_for", default=frozenset())


@dataclass(frozen=True)
class BoundTable:
    """A plan with a seed, a number of rows and the tables that it refers to: every cell is now decided.

    Args:
        plan: the columns.
        seed: the dataset's seed.
        num_rows: the table's length.
        parents: the bound tables that references point to, by table name.
        fan_out: how many rows the parents' rows have, where a reference counts them.
    """

    plan: Plan
    seed: int
    num_rows: int
    parents: Mapping[str, BoundTable] = field(default_factory=dict)
    fan_out: FanOut | None = field(default=None, repr=False, compare=False)
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, plan: Plan, seed: int, num_rows: int | None, parents: Mapping[str, BoundTable]) -> BoundTable:
        """A table of a number of rows; None where its parents say how many there are.

        Raises:
            DeclarationError: for a number of rows besides.
        """
        fan_out_key = plan.fan_out_key
        for name, reference in plan.references.items():
            parent_rows = 1 if reference.self_referential else parents[reference.parent.table].num_rows
            if num_rows and parent_rows == 0:
                raise DeclarationError(
                    f"{plan.table}.{name}: the table {reference.parent.table!r} has no rows to refer to; "
                    f"give it some, or {plan.table!r} none"
                )
        if fan_out_key is None:
            return cls(plan, seed, num_rows or 0, parents)
        parent, place = parents[fan_out_key.parent.table], f"{plan.table}.{fan_out_key.name}"
        if num_rows is not None:
            raise DeclarationError(
                f"{place}: the rows of {plan.table!r} are counted from those of {parent.plan.table!r} by per_parent, "
                f"and {num_rows:,} were asked for; give the number of {parent.plan.table!r} alone"
            )
        fan_out = fan_out_key.fan_out(parent, Stream((str(seed), plan.table, fan_out_key.name)), place)
        return cls(plan, seed, fan_out.num_rows, parents, fan_out)

    def __getstate__(self) -> dict[str, Any]:
        # What was computed once is computed again where the plan arrives.
        state = {part.name: getattr(self, part.name) for part in fields(self)}
        return {**state, "memo": {}}

    @property
    def bound(self) -> BoundTable:
        """The table itself, which as a view shows all its rows."""
        return self

    @property
    def name(self) -> str:
        """The table's name."""
        return self.plan.table

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers from ``start`` to before ``stop``."""
        return np.arange(start, stop, dtype=np.uint64)

    def origins(self, row_numbers: Bits) -> Bits:
        """The same rows: all are declared."""
        return row_numbers

    def stream(self, column: str) -> Stream:
        """A column's random bits."""
        key = ("stream", column)
        if key not in self.memo:
            self.memo[key] = Stream((str(self.seed), self.plan.table, column))
        stream: Stream = self.memo[key]
        return stream

    def at(self, rows: Bits, *, scattered: bool = False) -> Batch:
        """Some rows, by their numbers, in any order; ``scattered`` if they may repeat."""
        return Batch(self, rows, scattered=scattered)

    def parent(self, reference: str) -> BoundTable:
        """The table that a reference points to."""
        table = self.plan.references[reference].parent.table
        return self if table == self.plan.table else self.parents[table]

    def pick_statistics(self, reference: ForeignKeyColumn) -> PickStatistics:
        """What is known of a reference of this table before any row is."""
        key = ("pick_statistics", reference.name)
        if key not in self.memo:
            self.memo[key] = reference.pick_statistics(self.scope(reference.name))
        pick_statistics: PickStatistics = self.memo[key]
        return pick_statistics

    def scope(self, column: str) -> Scope:
        """The scope of a column, in which its references see the bound parents."""
        return Scope(self.plan, column, {name: parent.plan for name, parent in self.all_parents().items()})

    def all_parents(self) -> dict[str, BoundTable]:
        """The tables that this one depends on, near and far, by name."""
        found: dict[str, BoundTable] = {}
        for name, parent in self.parents.items():
            found |= {name: parent, **parent.all_parents()}
        return found

    def is_small_for(self, rows: int) -> bool:
        """Whether it pays to make a whole column at once when ``rows`` random ones are asked for."""
        return self.num_rows <= min(_SMALL, max(4 * rows, 64))

    def hold(self, name: str, for_rows: int) -> Values | None:
        """A column from the first row to the last, held from now on; None where that would not pay."""
        key = ("whole", name)
        if key not in self.memo:
            if not self.is_small_for(for_rows):
                return None
            self.memo[key] = self.at(np.arange(self.num_rows, dtype=np.uint64)).read(name)
        values: Values = self.memo[key]
        return values

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the visible columns. Every column may be null, as in a table read from files."""
        return pa.schema([pa.field(name, self.type_of(name)) for name in self.plan.visible])

    def type_of(self, name: str) -> pa.DataType:
        """The Arrow type of a column."""
        key = ("type", name)
        if key not in self.memo:
            asked = _asked_for.get()
            if (id(self), name) in asked:
                raise DeclarationError(f"{self.plan.table}.{name}: columns read each other in a circle")
            token = _asked_for.set(asked | {(id(self), name)})
            try:
                self.memo[key] = settled(self._type_of(name))
            finally:
                _asked_for.reset(token)
        type_: pa.DataType = self.memo[key]
        return type_

    def _type_of(self, name: str) -> pa.DataType:
        type_ = self.plan.columns[name].type(self.scope(name))
        if type_ is None:
            type_ = to_arrow(self.sample().read(name)).type
        return type_

    def sample(self) -> Batch:
        """Some rows that tell the types of opaque columns."""
        return self.at(np.arange(min(max(self.num_rows, 1), _SAMPLE), dtype=np.uint64))

    def batch(self, start: int, stop: int) -> pa.RecordBatch:
        """The visible columns of the rows from ``start`` to before ``stop``."""
        return self.record_batch(self.row_numbers(start, stop))

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The visible columns of the rows with these numbers, in this order."""
        rows = self.at(row_numbers)
        arrays = [self._column(rows, field_) for field_ in self.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _column(self, rows: Batch, declared: pa.Field) -> pa.Array:
        try:
            return to_arrow(rows.read(declared.name), declared.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise GenerationError(
                f"{self.plan.table}.{declared.name}: the values do not fit its type {declared.type}, "
                f"which the first rows gave it: {error}. Add .cast(…)"
            ) from None

    def batches(self, start: int, stop: int, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The rows from ``start`` to before ``stop`` in batches of at most ``size``."""
        for first in range(start, stop, size):
            yield self.batch(first, min(first + size, stop))


class Batch:
    """Some rows of a bound table; a column is made when it is first read, and kept.

    Args:
        bound: the table.
        rows: row numbers, in any order.
        scattered: whether rows may repeat, as a reference's picks do.
    """

    def __init__(self, bound: BoundTable, rows: Bits, *, scattered: bool = False) -> None:
        self.bound = bound
        self.rows = rows
        self._scattered = scattered
        self._known: dict[str, Any] = {}
        self._tokens: dict[str, list[TokenizedText]] = {}
        self._related: dict[str, Batch] = {}

    def read(self, name: str) -> Values:
        """A column at these rows; a parent's as ``reference.column``."""
        if name not in self._known:
            self._known[name] = None
            try:
                self._known[name] = self._make(name)
            except BaseException:
                del self._known[name]
                raise
        values: Values | None = self._known[name]
        if values is None:
            raise GenerationError(f"{self.bound.plan.table}.{name}: columns read each other in a circle")
        return values

    def _make(self, name: str) -> Values:
        head, dot, rest = name.partition(".")
        if dot and name not in self.bound.plan.columns:  # a column may have a dot in its name
            if isinstance(reference := self.bound.plan.columns.get(head), ForeignKeyColumn):
                values = self.related(head).read(rest)
                if reference.self_referential and (none := np.asarray(self.read(head)) < 0).any():
                    values = without(values, none)
                return values
            return pc.struct_field(to_arrow(self.read(head)), rest.split("."))
        if self._scattered:
            held = self.bound.hold(name, for_rows=len(self.rows))
            if held is not None:
                return take(held, self.rows)
        return self.generate(name)

    def generate(self, name: str) -> Values:
        """A column at these rows, made block by block so that its intermediates stay in the cache."""
        plan = self.bound.plan
        if name not in plan.columns:
            raise GenerationError(f"{plan.table}: there is no column {name!r}: {nearest(name, plan.columns)}")
        generator, stream, place = plan.columns[name], self.bound.stream(name), f"{plan.table}.{name}"
        count = len(self.rows)
        readers: list[Reader] = [self]
        if count > _BLOCK and not isinstance(generator, ForeignKeyColumn):
            readers = [Selection(self, slice(start, start + _BLOCK)) for start in range(0, count, _BLOCK)]
        values: list[Values] = []
        for reader in readers:
            cells = Cells(reader, stream, place)
            tokens = generator.tokens(cells) if name in plan.tokenized_columns else None
            if tokens is not None:
                self._tokens.setdefault(name, []).append(tokens)
            values.append(generator.values(cells) if tokens is None else tokens.texts())
        return join(values)

    def tokens(self, name: str) -> TokenizedText | None:
        """A column of this table's as the words that its texts are made of; None where it is not made of such."""
        self.read(name)
        pieces = self._tokens.get(name)
        if pieces is None:
            return None
        if len(pieces) > 1:
            self._tokens[name] = pieces = [pieces[0].then(pieces[1:])]
        return pieces[0]

    def related(self, name: str) -> Batch:
        """The parents' rows that a reference points to; row 0 where it points to none."""
        if name not in self._related:
            picks = np.maximum(np.asarray(self.read(name)), 0).astype(np.uint64)
            self._related[name] = Batch(self.bound.parent(name), picks, scattered=True)
        return self._related[name]

    def objects(self, name: str) -> list[Any]:
        """A column as Python objects, nested rows with their columns as attributes."""
        key = f"{name} as objects"
        if key not in self._known:
            type_ = self.bound.type_of(name)
            self._known[key] = as_objects(to_arrow(self.read(name), type_))
        values: list[Any] = self._known[key]
        return values

    def take(self, index: Index) -> Selection:
        """The rows at some positions; what is known of them already is not made again."""
        return Selection(self, index)

    def row(self, position: int) -> RowView:
        """One row's values as attributes, for opaque functions."""
        return RowView(self, position)


@dataclass(frozen=True)
class Selection:
    """Some of the rows of a batch.

    Args:
        base: the batch, or another selection.
        index: positions in it.
        parents: for references named here, other parents' row numbers than those that they point to.
    """

    base: Reader
    index: slice | Index
    parents: Mapping[str, Bits] = field(default_factory=dict)

    @property
    def bound(self) -> BoundTable:
        """The table."""
        return self.base.bound

    @cached_property
    def rows(self) -> Bits:
        """Row numbers."""
        return self.base.rows[self.index]

    def read(self, name: str) -> Values:
        """A column at these rows."""
        head, dot, rest = name.partition(".")
        if head in self.parents:
            picks = self.parents[head]
            return self.bound.parent(head).at(picks, scattered=True).read(rest) if dot else picks.astype(np.int64)
        values = self.base.read(name)
        if isinstance(self.index, slice):
            return part(values, *self.index.indices(len(values))[:2])
        return take(values, self.index)

    def tokens(self, name: str) -> TokenizedText | None:
        """A column of this table's as words, at these rows."""
        whole = None if name.partition(".")[0] in self.parents else self.base.tokens(name)
        return None if whole is None else whole.take(self.index)

    def take(self, index: Index) -> Selection:
        """Some of these rows."""
        return Selection(self, index, {name: picks[index] for name, picks in self.parents.items()})

    def with_parents(self, name: str, parents: Bits) -> Selection:
        """The same rows as if a reference pointed to other parents."""
        return Selection(self.base, self.index, {name: parents})

    def row(self, position: int) -> Any:
        """One row's values as attributes."""
        start = self.index.start if isinstance(self.index, slice) else 0
        return self.base.row(start + position if isinstance(self.index, slice) else int(self.index[position]))


class RowView:
    """One row of a batch, its columns and its parents' as attributes."""

    def __init__(self, batch: Batch, position: int) -> None:
        self._batch = batch
        self._position = position

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._batch.bound.plan.columns:
            table = self._batch.bound.plan.table
            raise AttributeError(f"{table} has no column {name!r}: {nearest(name, self._batch.bound.plan.columns)}")
        if isinstance(self._batch.bound.plan.columns[name], ForeignKeyColumn):
            none = np.asarray(self._batch.read(name))[self._position] < 0
            return None if none else RowView(self._batch.related(name), self._position)
        return self._batch.objects(name)[self._position]
