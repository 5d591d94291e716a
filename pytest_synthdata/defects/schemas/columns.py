"""Defects of a schema: columns that are missing, new, renamed, or in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import settled
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.opaque_types import type_of_values
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.random import Stream
from pytest_synthdata.defects.kind import typed
from pytest_synthdata.defects.schemas.change import SchemaChange, ShownColumn, text_given
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Reader
    from pytest_synthdata.columns.tables.bound_table import BoundTable


@dataclass(frozen=True)
class MissingColumn(SchemaChange):
    """A column that is not delivered.

    Args:
        column: a declared column.
        since: the first row, date or time without it; the beginning by default.
        until: the first row, date or time with it again; by default there is none.
        on: the dates or times that are compared; by default the table's only ones.

    Raises:
        DeclarationError: for an unknown column, and for what is not a place in the table.

    >>> from pytest_synthdata import Dataset
    >>> from pytest_synthdata.factories import OrderFactory
    >>> Dataset({OrderFactory: 10}, defects={OrderFactory: [MissingColumn("amount")]}).orders.schema.names
    ['order_id', 'customer_id', 'status', 'order_date']
    """

    column: str

    def shown(self, columns: Sequence[ShownColumn], bound: BoundTable) -> list[ShownColumn]:
        del bound
        return [column for column in columns if column.origin != self.column]

    def truth(self, bound: BoundTable) -> tuple[str | None, str | None, str | None]:
        return self.column, str(bound.type_of(self.column)), None


@dataclass(frozen=True)
class RenamedColumn(SchemaChange):
    """A column that is called otherwise.

    Args:
        column: a declared column.
        name: its other name.
        since: the first row, date or time with that name; the beginning by default.
        until: the first row, date or time with the declared name again; by default there is none.
        on: the dates or times that are compared; by default the table's only ones.

    >>> RenamedColumn("amount", "amt", since="2024-06-01").label
    'renamed_column'
    """

    column: str
    name: str

    def check(self, bound: BoundTable) -> None:
        super().check(bound)
        text_given(self.name, "the other name", self.title)
        if self.name == self.column:
            raise DeclarationError(f"{bound.name}: {self.title}: the column is called {self.name!r} already")

    def shown(self, columns: Sequence[ShownColumn], bound: BoundTable) -> list[ShownColumn]:
        del bound
        return [
            replace(column, name=self.name, renamed_by=self) if column.origin == self.column else column
            for column in columns
        ]

    def truth(self, bound: BoundTable) -> tuple[str | None, str | None, str | None]:
        del bound
        return self.column, self.column, self.name


@dataclass(frozen=True)
class AddedColumn(SchemaChange):
    """A column that nobody declared.

    Args:
        name: what it is called.
        values: a generator, which may read columns of the row, or one value for all rows.
        before: the declared column that it stands before; the last place by default.
        since: the first row, date or time with it; the beginning by default.
        until: the first row, date or time without it; by default there is none.
        on: the dates or times that are compared; by default the table's only ones.

    >>> from pytest_synthdata import Categorical
    >>> AddedColumn("coupon", Categorical({"NEW10": 0.2, None: 0.8}), since="2024-06-01").label
    'added_column'
    """

    name: str
    values: Any = "added"
    before: str | None = None

    def named(self) -> tuple[str, ...]:
        return () if self.before is None else (self.before,)

    @property
    def title(self) -> str:
        return f"AddedColumn({self.name!r})"

    @property
    def _generator(self) -> Generator:
        return self.values if isinstance(self.values, Generator) else Constant(self.values)

    def check(self, bound: BoundTable) -> None:
        super().check(bound)
        text_given(self.name, "the name", self.title)
        if self.name in bound.plan.visible:
            raise DeclarationError(f"{bound.name}: {self.title}: the table has a column {self.name!r} already")
        generator, scope = self._generator, bound.scope(self.title)
        for name in generator.reads():
            scope.column(name)
        generator.check(scope)

    def shown(self, columns: Sequence[ShownColumn], bound: BoundTable) -> list[ShownColumn]:
        added = ShownColumn(self.name, self.value_type(bound), nullable=True, origin=None, changed_by=self)
        place = next((place for place, column in enumerate(columns) if column.origin == self.before), len(columns))
        return [*columns[:place], added, *columns[place:]] if self.before else [*columns, added]

    def value_type(self, bound: BoundTable) -> pa.DataType:
        """The type of its values."""
        generator, stream = self._generator, self._stream(bound)
        type_ = generator.type(bound.scope(self.title))
        if type_ is not None and not pa.types.is_null(type_):
            return settled(type_)
        place = f"{bound.name}.{self.name}"
        return type_of_values(
            lambda count: to_arrow(generator.values(Cells(bound.sample(count), stream, place))), bound.num_rows
        )

    def _stream(self, bound: BoundTable) -> Stream:
        return Stream((str(bound.seed), bound.name)).child("defect", self.label, self.name)

    def filled(self, clean: pa.Array | None, bound: BoundTable, rows: Reader) -> pa.Array:
        del clean
        cells = Cells(rows, self._stream(bound), f"{bound.name}.{self.name}")
        with own_code(f"{cells.place}: {self.title}"):
            return typed(self._generator.values(cells), self.value_type(bound))

    def truth(self, bound: BoundTable) -> tuple[str | None, str | None, str | None]:
        return self.name, None, str(self.value_type(bound))


@dataclass(frozen=True)
class ReorderedColumns(SchemaChange):
    """Columns in another order, which breaks what reads them by their places.

    Args:
        order: the names of columns that come first, in this order; the others follow as they are declared. By
            default all columns come in the reverse order.
        since: the first row, date or time with it; the beginning by default. A frame has one order of columns, that
            of its first rows; files have each their own.
        until: the first row, date or time without it; by default there is none.
        on: the dates or times that are compared; by default the table's only ones.

    >>> from pytest_synthdata import Dataset
    >>> from pytest_synthdata.factories import OrderFactory
    >>> Dataset({OrderFactory: 10}, defects={OrderFactory: [ReorderedColumns(["amount"])]}).orders.schema.names
    ['amount', 'order_id', 'customer_id', 'status', 'order_date']
    """

    order: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.order is not None:
            is_list = isinstance(self.order, (tuple, list))
            if not is_list or not all(isinstance(name, str) for name in self.order):
                raise DeclarationError(f"ReorderedColumns: order={self.order!r}; give columns' names: ['amount']")
            object.__setattr__(self, "order", tuple(self.order))

    def named(self) -> tuple[str, ...]:
        return () if self.order is None else tuple(self.order)

    def shown(self, columns: Sequence[ShownColumn], bound: BoundTable) -> list[ShownColumn]:
        del bound
        if self.order is None:
            return list(columns)[::-1]
        places = {name: place for place, name in enumerate(self.order)}
        return sorted(columns, key=lambda column: places.get(column.known_as, len(places)))

    def truth(self, bound: BoundTable) -> tuple[str | None, str | None, str | None]:
        columns = [ShownColumn(name, pa.null(), nullable=True, origin=name) for name in bound.plan.visible]
        after = ", ".join(column.name for column in self.shown(columns, bound))
        return None, ", ".join(bound.plan.visible), after


__all__ = ["AddedColumn", "MissingColumn", "RenamedColumn", "ReorderedColumns"]
