"""Tables within a table: the columns of a nested factory as one struct or one array in each row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.types import settled
from pytest_synthdata.columns.arrow.values import Values, common_type, to_arrow
from pytest_synthdata.columns.batch import Batch, RowView
from pytest_synthdata.columns.cells import Cells, Declared, Reader, Scope, Table
from pytest_synthdata.columns.generators.base import Generator, is_vectorised
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.random import Stream
from pytest_synthdata.columns.scope import ColumnScope, check_columns
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.errors import DeclarationError

OUTER = ".."


def outward(name: str) -> str:
    """``..x`` as the outer row calls it: ``x``; ``...x`` is ``..x`` there."""
    return name[1:] if name.startswith("...") else name.removeprefix(OUTER)


@dataclass(frozen=True)
class InnerScope(ColumnScope):
    """A scope that sees the columns of the outer row as ``..name``."""

    outer: Any = None

    def column(self, name: str) -> tuple[Scope, Declared]:
        if name.startswith(OUTER):
            if self.outer is None:
                raise DeclarationError(f"{self.place}: {name!r}: there is no outer row")
            return self.outer.column(outward(name))
        scope, generator = super().column(name)
        return (replace(self, name=scope.name) if scope.plan is self.plan else scope), generator

    def seen(self) -> tuple[Plan, ...]:
        return super().seen() if self.outer is None else (*super().seen(), self.outer.plan, *self.outer.seen())


@dataclass(frozen=True)
class InnerBound(BoundTable):
    """A nested plan, bound to the rows of the table around it.

    Args:
        outer: the place in the table around it.
        around: that table.
    """

    outer: Any = None
    around: Table | None = None

    def scope(self, column: str) -> InnerScope:
        return InnerScope(self.plan, column, outer=self.outer)

    def own_stream(self, column: str, attempt: int = 0) -> Stream:
        return super().own_stream(column).of_attempt(attempt)

    def attempt_of(self, row: int, column: str) -> int:
        del column  # all fields are drawn again with the column that they are in
        assert self.around is not None  # noqa: S101
        return self.around.attempt_of(row, self.outer.name)

    def sample(self, count: int) -> Batch:
        assert self.around is not None  # noqa: S101
        return InnerBatch(self, self.around.sample(count))


class InnerBatch(Batch):
    """Rows of a nested plan, which can read those around them.

    Args:
        bound: the nested plan.
        outer: the rows around.
        attempt: at the condition of the table around, which they are of.
    """

    def __init__(self, bound: BoundTable, outer: Reader, attempt: int = 0) -> None:
        super().__init__(bound, outer.rows)
        self.outer = outer
        self.attempt = attempt

    def stream(self, name: str) -> Stream:
        return self.bound.stream(name, self.attempt)

    def read(self, name: str) -> Values:
        return self.outer.read(outward(name)) if name.startswith(OUTER) else super().read(name)

    def row(self, position: int) -> InnerRow:
        return InnerRow(self, position)


class InnerRow(RowView):
    """One row of a nested plan, for opaque functions."""

    _batch: InnerBatch

    @property
    def factory_parent(self) -> Any:
        """The row around it, by factory_boy's name."""
        return self._batch.outer.row(self._position)


@dataclass(frozen=True)
class Nested(Generator):
    """The columns of a nested plan: a struct of them, or an array whose items they are.

    Args:
        name: the column's name in the table around it.
        plan: the nested columns; its table is the path to it, such as ``orders.billing``.
        shape: what the columns become.
        position: of an item in an array, which.
    """

    name: str
    plan: Plan
    shape: Literal["struct", "array"] = "struct"
    position: int | None = None

    def at_position(self, position: int) -> Nested:
        """The same as an item of an array: each has values of its own."""
        return replace(self, position=position)

    def values(self, cells: Cells) -> Values:
        bound = self.bound(cells.reader.bound)
        rows = InnerBatch(bound, cells.reader, cells.stream.attempt)
        types = {name: bound.type_of(name) for name in self.plan.visible}
        arrays = [to_arrow(rows.read(name), type_) for name, type_ in types.items()]
        if self.shape == "struct":
            if not arrays:
                return arrow_array([{}] * len(cells.rows), pa.struct([]))
            return pa.StructArray.from_arrays(arrays, names=list(types))
        return _interleaved(arrays, len(cells.rows))

    @property
    def vectorised(self) -> bool:  # type: ignore[override]
        return all(map(is_vectorised, self.plan.columns.values()))

    def bound(self, outer: Table) -> InnerBound:
        """The nested plan, bound as the table around it is."""
        plan = self.plan if self.position is None else replace(self.plan, table=f"{self.plan.table}.{self.position}")
        return outer.cached(
            ("nested", self.name, self.position),
            lambda: InnerBound(plan, outer.seed, outer.num_rows, outer=outer.scope(self.name), around=outer),
        )

    def reads(self) -> Iterator[str]:
        for generator in self.plan.columns.values():
            yield from (outward(name) for name in generator.reads() if name.startswith(OUTER))

    def type(self, scope: Scope) -> pa.DataType | None:
        types = {
            name: self.plan.columns[name].type(InnerScope(self.plan, name, outer=scope)) for name in self.plan.visible
        }
        if any(type_ is None for type_ in types.values()):
            return None
        if self.shape == "struct":
            return pa.struct([self._field(name, settled(type_), scope) for name, type_ in types.items()])
        try:
            return pa.list_(common_type([settled(type_) for type_ in types.values()]))
        except TypeError as error:
            raise DeclarationError(
                f"{scope.place}: the items of an array have one type, and {error}; use a Dict, or cast them"
            ) from None

    def _field(self, name: str, type_: pa.DataType, scope: Scope) -> pa.Field:
        inner = InnerScope(self.plan, name, scope.parents, outer=scope)
        return pa.field(name, type_, nullable=self.plan.columns[name].nullable(inner))

    def inside(self, scope: Scope) -> Scope | None:
        return InnerScope(self.plan, scope.name, scope.parents, outer=scope) if self.shape == "struct" else None

    def check(self, scope: Scope) -> None:
        check_columns(self.plan, lambda name: InnerScope(self.plan, name, scope.parents, outer=scope))
        self.type(scope)


def _interleaved(items: list[pa.Array], count: int) -> pa.Array:
    """The first values of all arrays as the first list, and so on."""
    type_ = common_type([item.type for item in items])
    flat = pa.concat_arrays([item.cast(type_) for item in items]) if items else arrow_array([], type_)
    order = np.arange(len(flat)).reshape(len(items), count).T.ravel()
    offsets = np.arange(count + 1, dtype=np.int32) * len(items)
    return pa.ListArray.from_arrays(arrow_array(offsets), flat.take(arrow_array(order)))


__all__ = ["OUTER", "InnerBound", "Nested", "outward"]
