"""Totals: what a parent's row says of its children, computed from the children's rows.

A parent's children are known rows of their table, so that a total needs no join: the children's column is made for
them, and summed up parent by parent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, without_nulls
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy, without
from pytest_synthdata.columns.cells import Cells, Declared, Scope, Table, parts
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.references.children import read_children
from pytest_synthdata.columns.references.decimals import (
    as_decimal128,
    as_float64,
    as_int64,
    decimal_places,
    integer_sums,
    segment_sums,
    unscaled,
)
from pytest_synthdata.columns.references.family import Family, reduced, sums_of_floats
from pytest_synthdata.errors import DeclarationError, GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.plan import ChildTable

_MOST_DIGITS = 38


@dataclass(frozen=True)
class Aggregate(Generator):
    """What is said of the children of each row.

    Args:
        path: the children and their column, such as ``"lines.price"``: the `RelatedFactoryList` or the name of the
            children's table, and a column of theirs.
        where: a condition on the children; those that do not meet it do not count.
    """

    pinned = True

    path: str
    where: Generator | None = field(default=None, kw_only=True)

    needs_column: ClassVar[bool] = True

    @property
    def children_name(self) -> str:
        """The children, as the path calls them."""
        return self.path.partition(".")[0]

    @property
    def column(self) -> str:
        """The children's column."""
        return self.path.partition(".")[2]

    def child_reads(self) -> Iterator[str]:
        """The names of the children's columns that it depends on."""
        if self.column:
            yield self.column
        if self.where is not None:
            yield from self.where.reads()

    def reads(self) -> Iterator[str]:
        # Its columns are the children's, whose names mean nothing here.
        yield from ()

    def children(self) -> Iterator[Generator]:
        yield from ()

    def values(self, cells: Cells) -> Values:
        child, declared = self._children_in(cells)
        family, batch = read_children(cells.reader, child, declared)
        counted = np.ones(len(family.rows), np.bool_)
        if self.where is not None:
            met = to_arrow(self.where.values(Cells(batch, cells.stream.child("where"), cells.place)))
            counted = np.asarray(to_numpy(without_nulls(met, False)), np.bool_)
        column = to_arrow(batch.read(self.column)) if self.column else None
        if column is not None and column.null_count:
            counted &= ~np.asarray(to_numpy(pc.is_null(column)), np.bool_)
        if not counted.all():
            family = Family(
                family.rows[counted],
                family.parents[counted],
                np.bincount(family.parents[counted], minlength=len(family.counts)),
            )
            column = None if column is None else column.filter(arrow_array(counted))
        return self.of(column, family, cells.scope)

    def _children_in(self, cells: Cells) -> tuple[Table, ChildTable]:
        bound = cells.reader.bound
        child, declared = bound.children.get(self.children_name), bound.plan.children.get(self.children_name)
        if child is None or declared is None:
            raise GenerationError(f"{cells.place}: {self!r}: the rows of {self.children_name!r} are not at hand")
        return child, declared

    def of(self, column: pa.Array | None, family: Family, scope: Scope) -> Values:
        """The values of all parents, from their children's."""
        raise NotImplementedError

    def type(self, scope: Scope) -> pa.DataType | None:
        if not self.column:
            return self.type_of(pa.null())
        inner, generator = self._child(scope).column(self.column)
        type_ = generator.type(inner)
        return None if type_ is None else self.type_of(type_)

    def type_of(self, type_: pa.DataType) -> pa.DataType:
        """The type of the values, from that of the children's."""
        raise NotImplementedError

    def check(self, scope: Scope) -> None:
        if not isinstance(self.path, str):
            raise DeclarationError(f"{scope.place}: {self!r}: write the children's column as text, 'lines.price'")
        if self.needs_column and not self.column:
            raise DeclarationError(
                f"{scope.place}: {self!r}: say which column of {self.children_name!r}, such as "
                f"{type(self).__name__}('{self.children_name}.price')"
            )
        child = self._child(scope)
        if self.where is not None:
            if not isinstance(self.where, Generator):
                raise DeclarationError(f"{scope.place}: {self!r}: where= is a condition, such as col('status') == 'x'")
            for name in self.where.reads():
                child.column(name)
            type_ = self.where.type(child)
            if type_ is not None and not pa.types.is_boolean(type_):
                raise DeclarationError(f"{scope.place}: {self!r}: where= is a condition, and this is {type_}")
        if self.column:
            inner, generator = child.column(self.column)
            self.check_type(generator.type(inner), scope)

    def check_type(self, type_: pa.DataType | None, scope: Scope) -> None:
        """Raise `DeclarationError` for a type of the children's column that this cannot be said of."""
        if type_ is not None and not is_number(type_):
            raise DeclarationError(f"{scope.place}: {self!r}: {self.column} is {type_}, not a number")

    def _child(self, scope: Scope) -> Scope:
        return scope.of_children(self.children_name, repr(self))

    def _child_bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self._child(scope).bounds(self.column)


@dataclass(frozen=True)
class Sum(Aggregate):
    """The sum of a column of a row's children, exact to the last digit; 0 where there are none.

    Decimals are summed as decimals, integers as integers, numbers with a declared ``.round(n)`` at that many digits.

    Args:
        path: the children and their column, such as ``"lines.price"``. The children are a `RelatedFactoryList` of
            this factory, or the table of a factory whose `ForeignKey` to this one has ``per_parent``.
        where: a condition on the children's columns; the others do not count.

    Raises:
        DeclarationError: when the table is used: for children and columns that there are not, for a column that is
            not a number, and for one that depends on the sum itself.

    >>> Sum("lines.price")
    Sum(path='lines.price', where=None)
    """

    def of(self, column: pa.Array | None, family: Family, scope: Scope) -> Values:
        assert column is not None  # noqa: S101
        if pa.types.is_decimal(column.type):
            low, high = segment_sums(unscaled(column), family.counts, column.type.precision)
            return as_decimal128(low, high, self.type_of(column.type))
        if pa.types.is_integer(column.type):
            sums = integer_sums(to_numpy(column).astype(np.int64), family.counts)
            return as_int64(*sums, f"{scope.place}: {self!r}")
        return sums_of_floats(to_numpy(column).astype(np.float64), family, self.decimal_places(scope))

    def decimal_places(self, scope: Scope) -> int | None:
        """How many digits after the point the children's column has; None where its declaration does not say."""
        inner, generator = self._child(scope).column(self.column)
        return decimal_places(generator, inner)

    def type_of(self, type_: pa.DataType) -> pa.DataType:
        return sum_type(type_)

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        bounds = self._child_bounds(scope)
        return (0, float("inf")) if bounds is not None and bounds[0] >= 0 else None


@dataclass(frozen=True)
class Count(Aggregate):
    """The number of a row's children; with a column, of its values that are not null.

    Args:
        path: the children, such as ``"lines"``, or a column of theirs, ``"lines.discount"``; see `Sum`.
        where: a condition on the children's columns; the others do not count.

    >>> Count("lines")
    Count(path='lines', where=None)
    """

    needs_column: ClassVar[bool] = False

    def values(self, cells: Cells) -> Values:
        child, declared = self._children_in(cells)
        if self.column or self.where is not None:
            return super().values(cells)
        return child.plan.references[declared.reference].spans(child, cells.rows)[1]

    def of(self, column: pa.Array | None, family: Family, scope: Scope) -> Values:
        del column, scope
        return family.counts

    def type_of(self, type_: pa.DataType) -> pa.DataType:
        del type_
        return pa.int64()

    def check_type(self, type_: pa.DataType | None, scope: Scope) -> None:
        del type_, scope

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        del scope
        return 0, float("inf")


@dataclass(frozen=True)
class Extreme(Aggregate):
    """The least or the greatest value of a column of a row's children; null where there are none."""

    function: ClassVar[np.ufunc]

    def of(self, column: pa.Array | None, family: Family, scope: Scope) -> Values:
        del scope
        assert column is not None  # noqa: S101
        if not len(column):
            return pa.nulls(len(family.counts), column.type)
        ranks = to_numpy(pc.rank(column, sort_keys="ascending", tiebreaker="first")).astype(np.int64)
        row_of = np.argsort(ranks)  # by rank, from 1
        best = reduced(self.function, ranks - 1, family)
        chosen = column.take(arrow_array(row_of[np.clip(best, 0, len(ranks) - 1)]))
        return chosen if family.counts.all() else without(chosen, family.counts == 0)

    def type_of(self, type_: pa.DataType) -> pa.DataType:
        return type_

    def check_type(self, type_: pa.DataType | None, scope: Scope) -> None:
        if type_ is not None and pa.types.is_nested(type_):
            raise DeclarationError(f"{scope.place}: {self!r}: {self.column} is {type_}, which has no order")

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self._child_bounds(scope)


@dataclass(frozen=True)
class Min(Extreme):
    """The least value of a column of a row's children; null where there are none. The arguments are those of `Sum`.

    >>> Min("lines.shipped_at")
    Min(path='lines.shipped_at', where=None)
    """

    function: ClassVar[np.ufunc] = np.minimum


@dataclass(frozen=True)
class Max(Extreme):
    """The greatest value of a column of a row's children; null where there are none. The arguments are those of `Sum`.

    >>> Max("lines.shipped_at")
    Max(path='lines.shipped_at', where=None)
    """

    function: ClassVar[np.ufunc] = np.maximum


@dataclass(frozen=True)
class Mean(Aggregate):
    """The mean of a column of a row's children, a double; null where there are none. The arguments are those of `Sum`.

    >>> Mean("lines.price")
    Mean(path='lines.price', where=None)
    """

    def of(self, column: pa.Array | None, family: Family, scope: Scope) -> Values:
        assert column is not None  # noqa: S101
        counts = np.maximum(family.counts, 1)
        if pa.types.is_integer(column.type):  # as in Spark, their sum may be beyond all integers
            numbers = as_float64(*integer_sums(to_numpy(column).astype(np.int64), family.counts))
        else:
            numbers = to_numpy(to_arrow(Sum(self.path).of(column, family, scope), pa.float64()))
        return without(numbers / counts, family.counts == 0)

    def type_of(self, type_: pa.DataType) -> pa.DataType:
        del type_
        return pa.float64()

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self._child_bounds(scope)


def sum_type(type_: pa.DataType) -> pa.DataType:
    """The type of a sum of values of a type, as Spark has it."""
    if pa.types.is_decimal(type_):
        return pa.decimal128(min(type_.precision + 10, _MOST_DIGITS), type_.scale)
    return pa.int64() if pa.types.is_integer(type_) else pa.float64()


def aggregates_of(generator: Declared) -> Iterator[Aggregate]:
    """The aggregates that a generator is made of."""
    return (part for part in parts(generator) if isinstance(part, Aggregate))


__all__ = ["Aggregate", "Count", "Max", "Mean", "Min", "Sum", "aggregates_of", "sum_type"]
