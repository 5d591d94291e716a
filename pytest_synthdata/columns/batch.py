"""Some rows of a bound table, as they are read: each column is made once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.objects import as_objects
from pytest_synthdata.columns.arrow.values import Index, Values, chosen, join, part, take, to_arrow, without
from pytest_synthdata.columns.attempts import Settled
from pytest_synthdata.columns.cells import Cells, Reader, Table
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.random import Bits, Stream
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.errors import GenerationError, cause, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.text.tokens import TokenizedText

BATCH = 262_144  # rows generated at once
_BLOCK = 32_768  # rows whose arrays stay in the processor's cache


class Batch:
    """Some rows of a bound table; a column is made when it is first read, and kept.

    Args:
        bound: the table.
        rows: row numbers, in any order.
        scattered: whether rows may repeat, as a reference's picks do.
    """

    def __init__(self, bound: Table, rows: Bits, *, scattered: bool = False) -> None:
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
                if reference.is_nullable and (none := np.asarray(self.read(head)) < 0).any():
                    values = without(values, none)
                return values
            return pc.struct_field(to_arrow(self.read(head)), rest.split("."))
        if self._scattered and (not len(self.rows) or int(self.rows.max()) < self.bound.num_rows):
            held = self.bound.hold(name, for_rows=len(self.rows))
            if held is not None:
                return chosen(held, self.rows)
        if name in self.bound.plan.redrawn:
            return self.settled.read(name)
        return self.generate(name)

    @cached_property
    def settled(self) -> Settled:
        """The rows as they meet the table's condition."""
        where = self.bound.plan.where
        assert where is not None  # noqa: S101
        return Settled(self.bound, where, self.rows, lambda rows, number: Attempt(self.bound, rows, number))

    def stream(self, name: str) -> Stream:
        """A column's random bits."""
        return self.bound.stream(name)

    def generate(self, name: str) -> Values:
        """A column at these rows, made block by block so that its intermediates stay in the cache."""
        plan = self.bound.plan
        if name not in plan.columns:
            raise GenerationError(f"{plan.table}: there is no column {name!r}: {nearest(name, plan.columns)}")
        for read in plan.chains.get(name, ()):
            self.read(read)
        generator, stream, place = plan.columns[name], self.stream(name), f"{plan.table}.{name}"
        count = len(self.rows)
        readers: list[Reader] = [self]
        if count > _BLOCK and not isinstance(generator, ForeignKeyColumn):
            readers = [Selection(self, slice(start, start + _BLOCK)) for start in range(0, count, _BLOCK)]
        values: list[Values] = []
        for reader in readers:
            cells = Cells(reader, stream, place)
            with own_code(place):
                try:
                    tokens = generator.tokens(cells) if name in plan.tokenized_columns else None
                    if tokens is not None:
                        self._tokens.setdefault(name, []).append(tokens)
                    values.append(generator.values(cells) if tokens is None else tokens.texts())
                except (UnicodeEncodeError, OverflowError, pa.ArrowException) as error:
                    raise GenerationError(f"{place}: values that no column can hold: {cause(error)}") from error
        try:
            joined = join(values)
        except TypeError as error:
            raise GenerationError(f"{place}: the values of some rows differ in type: {error}; state its type") from None
        if isinstance(joined, pa.Array) and pa.types.is_null(joined.type) and (type_ := self.bound.type_by_rows(name)):
            return joined.cast(type_)
        return joined

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

    def built_objects(self, name: str) -> list[Any]:
        """A column as `build()` has it: the very objects of a function, else as `objects`."""
        key = f"{name} as built"
        if key not in self._known:
            cells = Cells(self, self.bound.stream(name), f"{self.bound.plan.table}.{name}")
            made = self.bound.plan.columns[name].objects(cells)
            self._known[key] = self.objects(name) if made is None else made
        values: list[Any] = self._known[key]
        return values

    def take(self, index: Index) -> Selection:
        """The rows at some positions; what is known of them already is not made again."""
        return Selection(self, index)

    def row(self, position: int) -> RowView:
        """One row's values as attributes, for opaque functions."""
        return RowView(self, position)


class Attempt(Batch):
    """Rows as one of their attempts at the table's condition has them."""

    def __init__(self, bound: Table, rows: Bits, number: int) -> None:
        super().__init__(bound, rows)
        self.number = number

    def _make(self, name: str) -> Values:
        return self.generate(name) if name in self.bound.plan.redrawn else super()._make(name)

    def stream(self, name: str) -> Stream:
        return self.bound.stream(name, self.number)


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
    def bound(self) -> Table:
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
        return self._batch.built_objects(name)[self._position]


__all__ = ["BATCH", "Batch", "RowView", "Selection"]
