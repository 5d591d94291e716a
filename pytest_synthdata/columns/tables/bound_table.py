"""A plan with a seed and a number of rows: every cell is decided."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.types import settled
from pytest_synthdata.columns.arrow.values import Values, to_arrow
from pytest_synthdata.columns.batch import BATCH, Batch
from pytest_synthdata.columns.correlation import CorrelatedStream
from pytest_synthdata.columns.opaque_types import require_kind, type_of_values
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.random import Bits, Stream
from pytest_synthdata.columns.references.fan_out import FanOut
from pytest_synthdata.columns.scope import ColumnScope
from pytest_synthdata.columns.tables.positions import ByPosition
from pytest_synthdata.errors import DeclarationError, GenerationError, MisdeclaredArgumentError

Made = TypeVar("Made")

_SMALL = 1 << 18  # parents whose columns may be held while children are made
# The columns whose types this thread is finding out.
_asked_for: ContextVar[frozenset[tuple[int, str]]] = ContextVar("asked_for", default=frozenset())


@dataclass(frozen=True)
class BoundTable(ByPosition):
    """A plan with a seed, a number of rows and the tables that it refers to: every cell is now decided.

    Args:
        plan: the columns.
        seed: the dataset's seed.
        num_rows: the table's length.
        parents: the bound tables that references point to, by table name.
        fan_out: how many rows the parents' rows have, where a reference counts them.
        children: the bound tables that totals are computed from, by the names that these call them.
    """

    plan: Plan
    seed: int
    num_rows: int
    parents: Mapping[str, BoundTable] = field(default_factory=dict)
    fan_out: FanOut | None = field(default=None, repr=False, compare=False)
    cache: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    children: dict[str, BoundTable] = field(default_factory=dict, repr=False, compare=False)

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
                raise MisdeclaredArgumentError(
                    f"{plan.table}.{name}: the table {reference.parent.table!r} has no rows to refer to; "
                    f"give it some, or {plan.table!r} none"
                )
        if fan_out_key is None:
            return cls(plan, seed, num_rows or 0, parents)
        parent, place = parents[fan_out_key.parent.table], f"{plan.table}.{fan_out_key.name}"
        if num_rows is not None:
            raise MisdeclaredArgumentError(
                f"{place}: the rows of {plan.table!r} are counted from those of {parent.plan.table!r} by per_parent, "
                f"and {num_rows:,} were asked for; give the number of {parent.plan.table!r} alone"
            )
        fan_out = fan_out_key.fan_out(parent, Stream((str(seed), plan.table, fan_out_key.name)), place)
        return cls(plan, seed, fan_out.num_rows, parents, fan_out)

    def __getstate__(self) -> dict[str, Any]:
        # What was computed once is computed again where the plan arrives.
        state = {part.name: getattr(self, part.name) for part in fields(self)}
        return {**state, "cache": {}}

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

    def cached(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was computed once for this table: ``make()``, the first time that the key is asked for."""
        if key not in self.cache:
            self.cache[key] = make()
        made: Made = self.cache[key]
        return made

    def stream(self, column: str, attempt: int = 0) -> Stream:
        """A column's random bits, of an attempt at the table's condition."""
        if attempt:
            return self._stream(column, attempt)
        return self.cached(("stream", column), lambda: self._stream(column, 0))

    def _stream(self, column: str, attempt: int) -> Stream:
        own = self.own_stream(column, attempt)
        mixed = self.plan.loadings.get(column)
        if mixed is None:
            return own
        parts = tuple((weight, self.own_stream(other, attempt)) for weight, other in mixed)
        return CorrelatedStream(own.names, parts=parts)

    def own_stream(self, column: str, attempt: int = 0) -> Stream:
        """A column's random bits before those of the columns that it is correlated with are mixed in."""
        stream = Stream((str(self.seed), self.plan.table, column))
        return stream.of_attempt(attempt) if column in self.plan.redrawn else stream

    def attempt_of(self, row: int, column: str) -> int:
        """The attempt that a cell is of, where the table has a condition."""
        if column not in self.plan.redrawn:
            return 0
        return self.cached(("attempt", row), lambda: int(self.at(np.array([row], np.uint64)).settled.numbers[0]))

    def at(self, rows: Bits, *, scattered: bool = False) -> Batch:
        """Some rows, by their numbers, in any order; ``scattered`` if they may repeat."""
        return Batch(self, rows, scattered=scattered)

    def parent(self, reference: str) -> BoundTable:
        """The table that a reference points to."""
        table = self.plan.references[reference].parent.table
        return self if table == self.plan.table else self.parents[table]

    def scope(self, column: str) -> ColumnScope:
        """The scope of a column, in which its references see the bound parents."""
        seen = self.all_parents()
        for child in self.children.values():
            seen |= {child.plan.table: child, **child.all_parents()}
        return ColumnScope(self.plan, column, {name: table.plan for name, table in seen.items()})

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
        if key not in self.cache and not self.is_small_for(for_rows):
            return None
        return self.cached(key, lambda: self.at(np.arange(self.num_rows, dtype=np.uint64)).read(name))

    def as_declared(self) -> BoundTable:
        """The table before hooks of its factory change its rows, which may read totals of their children."""
        return self.cached("declared", self._as_declared) or self

    def _as_declared(self) -> BoundTable | None:
        """The same, None where there are no hooks."""
        columns = self.plan.columns
        declared = {name: column.as_declared() for name, column in columns.items()}
        if all(declared[name] is column for name, column in columns.items()):
            return None
        return replace(self, plan=replace(self.plan, columns=declared), cache={})

    def with_parents_as_declared(self, table: str) -> BoundTable:
        """The table as the totals of a parent see it: what it reads of that parent is what is declared there."""
        parent = self.parents[table]
        declared = parent.as_declared()
        return self if declared is parent else replace(self, parents={**self.parents, table: declared}, cache={})

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the visible columns. All but those that are declared ``NOT NULL`` may be null."""
        return pa.schema(
            [pa.field(name, self.type_of(name), nullable=self._is_nullable(name)) for name in self.plan.visible]
        )

    def _is_nullable(self, name: str) -> bool:
        scope = self.scope(name)
        return scope.known(("nullable", name), lambda: self.plan.columns[name].nullable(scope))

    def type_of(self, name: str) -> pa.DataType:
        """The Arrow type of a column."""
        return self.cached(("type", name), lambda: self._type_of(name))

    def _type_of(self, name: str) -> pa.DataType:
        asked = _asked_for.get()
        if (id(self), name) in asked:
            raise DeclarationError(f"{self.plan.table}.{name}: columns read each other in a circle")
        token = _asked_for.set(asked | {(id(self), name)})
        try:
            type_ = self._declared_type(name)
            if type_ is not None:
                return settled(type_)
            return type_of_values(lambda count: to_arrow(self.sample(count).read(name)), self.num_rows)
        finally:
            _asked_for.reset(token)

    def type_by_rows(self, name: str) -> pa.DataType | None:
        """The type of a column of which only the values of other rows tell it; None while these are asked for it."""
        is_told = (id(self), name) not in _asked_for.get() and self.is_opaque(name)
        return self.type_of(name) if is_told else None

    def _declared_type(self, name: str) -> pa.DataType | None:
        """The type of a column; None where only its values tell."""
        scope = self.scope(name)
        return scope.known(("own type", name), lambda: self.plan.columns[name].type(scope))

    def sample(self, count: int) -> Batch:
        """The first rows, which tell the types of opaque columns."""
        return self.at(np.arange(count, dtype=np.uint64))

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The visible columns of the rows with these numbers, in this order."""
        return self.visible(self.at(row_numbers))

    def visible(self, rows: Batch) -> pa.RecordBatch:
        """The visible columns of some rows that may be read further."""
        arrays = [self._column(rows, field_) for field_ in self.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def coded_batches(self, start: int, stop: int, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """As `batches`, for writers: columns of texts are dictionaries where they are made so."""
        for first in range(start, stop, size):
            rows = self.at(self.row_numbers(first, min(first + size, stop)))
            arrays = [self._coded(rows, field_) for field_ in self.schema]
            yield pa.RecordBatch.from_arrays(arrays, names=self.schema.names)

    def _coded(self, rows: Batch, declared: pa.Field) -> pa.Array:
        values = rows.read(declared.name)
        if not isinstance(values, pa.DictionaryArray) or values.dictionary.null_count:
            return self._column(rows, declared)
        return values if values.type.value_type == declared.type else self._column(rows, declared)

    def _column(self, rows: Batch, declared: pa.Field) -> pa.Array:
        place, values = f"{self.plan.table}.{declared.name}", rows.read(declared.name)
        if isinstance(values, pa.Array) and self.is_opaque(declared.name):
            require_kind(values.type, declared.type, place)
        try:
            return to_arrow(values, declared.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise GenerationError(
                f"{place}: the values do not fit its type {declared.type}, which the first rows gave it: {error}. "
                f'State a wider one, as in {declared.name}: "decimal(38,6)" = …, or add .cast(…)'
            ) from None

    def is_opaque(self, name: str) -> bool:
        """Whether only the values of a column tell its type."""
        return self.cached(("opaque", name), lambda: self._declared_type(name) is None)


__all__ = ["BATCH", "BoundTable"]
