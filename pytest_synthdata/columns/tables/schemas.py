"""Views whose rows do not all have one schema: what sinks ask that can keep them apart, as files can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pytest_synthdata.columns.tables.part import whole_of
from pytest_synthdata.columns.tables.replaced import ReplacedColumns

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.table_view import TableView


@runtime_checkable
class ManySchemas(Protocol):
    """A view of rows under several schemas, which it shows merged into one."""

    def rows_by_schema(self, row_numbers: Bits) -> list[TableView]:
        """Some rows by the schema that they have, each part under its own."""


def by_schema(view: TableView, start: int, stop: int) -> list[TableView]:
    """The rows at the positions from ``start`` to before ``stop``, a view for each schema that they have.

    Where the view has one schema for all rows, there is nothing to part: an empty list.
    """
    whole = whole_of(view)
    pieces = whole.rows_by_schema(view.row_numbers(start, stop)) if isinstance(whole, ManySchemas) else []
    return [view.in_part(piece) for piece in pieces] if isinstance(view, ReplacedColumns) else pieces


def delivered(view: TableView) -> TableView:
    """Rows under the schema that they have, where that is one for all of them; else under the merged one."""
    pieces = by_schema(view, 0, view.num_rows)
    return pieces[0] if len(pieces) == 1 else view


def files_of(view: TableView, start: int, stop: int, path: Path) -> Iterator[tuple[TableView, int, int, Path]]:
    """The files of some rows, each with a view and the positions in it that it has.

    It is one, or, where the rows have several schemas, ``part-00000-0…``, ``part-00000-1…``.
    """
    pieces = by_schema(view, start, stop)
    if not pieces:
        yield view, start, stop, path
    for number, piece in enumerate(pieces):
        stem, _, ending = path.name.partition(".")
        name = path.name if len(pieces) == 1 else f"{stem}-{number}.{ending}"
        yield piece, 0, piece.num_rows, path.with_name(name)


__all__ = ["ManySchemas", "by_schema", "delivered", "files_of"]
