"""`SchemaChange`: the base of defects of a schema: columns missing, new, renamed, of another type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.defects.kind import require_column
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Reader
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.columns.tables.table_view import TableView


@dataclass(frozen=True)
class ShownColumn:
    """A column as rows of one schema show it.

    Args:
        name: what it is called.
        type: its type.
        nullable: whether it may be null.
        origin: the declared column that it is; None for a new one.
        changed_by: the change that makes or converts its values, None for those that are declared.
        renamed_by: the change that gave it its name.
    """

    name: str
    type: pa.DataType
    nullable: bool
    origin: str | None
    changed_by: SchemaChange | None = None
    renamed_by: SchemaChange | None = None

    @property
    def known_as(self) -> str:
        """What declarations call it."""
        return self.name if self.origin is None else self.origin


@dataclass(frozen=True, kw_only=True)
class SchemaChange:
    """A change of a table's schema, and for which rows it holds: all of them by default.

    Args:
        since: the first row with it: a row's number, or a date or time that ``on`` is compared with.
        until: where it ends: the first row, date or time without it.
        on: the column of dates or times; by default the table's only one.
    """

    since: Any = None
    until: Any = None
    on: str | None = None

    @property
    def label(self) -> str:
        """The kind's name in labels: ``missing_column``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def title(self) -> str:
        """How the declaration begins, for messages: ``MissingColumn('amount')``."""
        return f"{type(self).__name__}({', '.join(map(repr, self.named()))})"

    def named(self) -> tuple[str, ...]:
        """The declared columns that it names."""
        column: str | None = getattr(self, "column", None)
        return () if column is None else (column,)

    def usual_times(self) -> str | None:
        """The column that ``since`` and ``until`` are compared with, where the declaration tells."""
        return None

    def check(self, bound: BoundTable) -> None:
        """Raise `DeclarationError` for what cannot be."""
        for name in self.named():
            require_column(bound, name, self.title, "MissingColumn({head!r}) and AddedColumn('other', F.struct(…))")

    def shown(self, columns: Sequence[ShownColumn], bound: BoundTable) -> list[ShownColumn]:
        """The columns of the rows that have it, made from those without it."""
        raise NotImplementedError

    def filled(self, clean: pa.Array | None, bound: BoundTable, rows: Reader) -> pa.Array:
        """What a column that it changes or adds holds.

        Args:
            clean: the declared column's values; None for a new one.
            bound: the clean table.
            rows: its rows, to be read by column.
        """
        raise NotImplementedError

    def truth(self, bound: BoundTable) -> tuple[str | None, str | None, str | None]:
        """The column, and what of it was before and is now, as texts."""
        raise NotImplementedError


def columns_under(view: TableView, changes: Sequence[SchemaChange]) -> list[ShownColumn]:
    """The columns that the rows of a view have under some changes of their schema.

    Raises:
        DeclarationError: where two columns have one name, or none is left.
    """
    columns = [ShownColumn(one.name, one.type, one.nullable, one.name) for one in view.bound.schema]
    for change in changes:
        columns = change.shown(columns, view.bound)
    twice = [name for name, count in Counter(column.name for column in columns).items() if count > 1]
    if twice:
        raise DeclarationError(f"{view.name}: the changes of the schema make two columns {twice[0]!r}")
    if not columns:
        raise DeclarationError(f"{view.name}: the changes of the schema leave no column")
    return columns


def merged_fields(shown: Sequence[Sequence[ShownColumn]]) -> list[pa.Field]:
    """The columns that hold the rows of several schemas."""
    found: dict[str, list[ShownColumn]] = {}
    for columns in shown:
        for column in columns:
            found.setdefault(column.name, []).append(column)
    return [
        pa.field(
            name,
            common_type([column.type for column in columns]),
            nullable=len(columns) < len(shown) or any(column.nullable for column in columns),
        )
        for name, columns in found.items()
    ]


def common_type(types: Sequence[pa.DataType]) -> pa.DataType:
    """A type that holds the values of several: the widest of numbers or of times, else text."""
    if len(set(types)) == 1:
        return types[0]
    try:
        schemas = [pa.schema([pa.field("", type_)]) for type_ in types]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.string()


def text_given(value: Any, what: str, title: str) -> None:
    """Raise `DeclarationError` where a name is not a text."""
    if not isinstance(value, str) or not value:
        raise DeclarationError(f"{title}: {what} is {value!r}; write a text that is not empty")


__all__ = ["SchemaChange", "ShownColumn", "columns_under", "common_type", "merged_fields", "text_given"]
