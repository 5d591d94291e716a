"""Defects of rows that change: whoever plants them in a table does so in each of its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.subset import Subset
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.batch import Batch


class Dirt(TableView, Protocol):
    """What changes cells of a table's rows, whatever they hold at a time."""

    def altered(self, clean: pa.RecordBatch, rows: Batch) -> pa.RecordBatch:
        """Rows with their defects.

        Args:
            clean: the rows.
            rows: the same, to be read by column.
        """

    def require_no_copies(self) -> None:
        """Raise `SynthDataError` where rows are added, too."""


def dirt_of(view: TableView) -> Dirt | None:
    """The defects of a view's table; None where it has none.

    Raises:
        SynthDataError: for what a history cannot tell.
    """
    whole: Any = view.whole if isinstance(view, Subset) else view
    if isinstance(whole, BoundTable):
        return None
    if not hasattr(whole, "altered"):
        raise SynthDataError(
            f"{view.name}: the history is that of the whole table, and these are other rows (a period of it, its "
            f"versions, another at) or another schema; ask dataset.clean[{view.bound.name!r}] for it"
        )
    dirt: Dirt = whole
    dirt.require_no_copies()
    return dirt


__all__ = ["Dirt", "dirt_of"]
