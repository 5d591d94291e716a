"""Defects of rows that change: whoever plants them in a table does so in each of its versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.columns.tables.replaced import ReplacedColumns
from pytest_synthdata.columns.tables.subset import Subset
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.errors import SynthDataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from pytest_synthdata.columns.batch import Batch
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.versions.occurrences import Instants


class Alteration(Protocol):
    """What changes cells of a table's rows, whatever they hold at a time."""

    @property
    def told(self) -> pa.Schema:
        """The columns of rows as `altered` gives them: the table's own, perhaps with more behind them."""

    def altered(self, clean: pa.RecordBatch, rows: Batch) -> pa.RecordBatch:
        """Rows with their defects.

        Args:
            clean: the rows.
            rows: the same, to be read by column.
        """


class Dirt(Alteration, TableView, Protocol):
    """Dirty rows of a table, whose defects are in each state of them."""

    def require_no_copies(self) -> None:
        """Raise `SynthDataError` where rows are added, too."""


class ToldSchemas(Dirt, Protocol):
    """Dirt that also changes the schema under which rows are told, from a time on. Schemas are in its order."""

    def states_at(self, times: Instants) -> npt.NDArray[np.int64]:
        """The number of the schema that holds at some times."""

    def fields(self, states: Sequence[int]) -> list[pa.Field]:
        """The columns of rows under a schema, or those that hold the rows of several."""

    def reshaped(self, batch: pa.RecordBatch, numbers: Bits, state: int) -> list[pa.Array]:
        """Rows under a schema.

        Args:
            batch: the rows as `altered` gives them.
            numbers: which rows of the table they are.
            state: the schema's number.
        """


class ChangingSchema(TableView, Protocol):
    """Rows whose schema changes with time."""

    @property
    def view(self) -> TableView:
        """The rows under the declared schema."""

    def in_time(self) -> ToldSchemas:
        """The schemas under which it is told what happens to them."""

    def at_time(self, rows: TableView, instant: int) -> TableView:
        """Rows as they are at a time, under the schema that then holds."""


@dataclass(frozen=True)
class Replaced:
    """What puts other values in the place of a table's, in whatever state its rows are.

    Args:
        rows: the values, of the table's rows.
        under: the defects of the rows, over which they are put; None where there are none.
    """

    rows: ReplacedColumns
    under: Alteration | None

    @property
    def told(self) -> pa.Schema:
        """The columns of rows as `altered` gives them."""
        return self.rows.schema if self.under is None else self.under.told

    def altered(self, clean: pa.RecordBatch, rows: Batch) -> pa.RecordBatch:
        """Rows with their defects and other values."""
        return self.rows.put(clean if self.under is None else self.under.altered(clean, rows), rows.rows)


def changing_schema(view: TableView) -> ChangingSchema | None:
    """The table whose rows a view shows, where its schema changes; None where it does not."""
    whole: Any = view.whole if isinstance(view, Subset) else view
    return whole if hasattr(whole, "at_time") else None


def told_schemas(view: TableView) -> ToldSchemas | None:
    """The schemas under which it is told what happens to a view's rows; None where it is the declared one.

    Raises:
        SynthDataError: for what a history cannot tell.
    """
    changed = changing_schema(view)
    if changed is None:
        return None
    dirt_of(changed.view)  # says what cannot be
    return changed.in_time()


def dirt_of(view: TableView) -> Alteration | None:
    """The defects of a view's table; None where it has none.

    Raises:
        SynthDataError: for what a history cannot tell.
    """
    if isinstance(view, ReplacedColumns):
        return Replaced(view, dirt_of(view.whole))
    whole: Any = view.whole if isinstance(view, Subset) else view
    if isinstance(whole, BoundTable):
        return None
    if not hasattr(whole, "altered"):
        if changing_schema(view) is not None:
            raise SynthDataError(
                f"{view.name}: a defect changes its schema; ask the clean table for it: "
                f"dataset.clean[{view.bound.name!r}]"
            )
        raise SynthDataError(
            f"{view.name}: these are other rows than the history's (a period of the table, its versions, another at); "
            f"ask the whole table for it: dataset[{view.bound.name!r}]"
        )
    dirt: Dirt = whole
    dirt.require_no_copies()
    return dirt


__all__ = ["Alteration", "Dirt", "ToldSchemas", "changing_schema", "dirt_of", "told_schemas"]
