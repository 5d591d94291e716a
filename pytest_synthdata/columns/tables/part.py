"""What views have in common that are made from another view, and those that show a part of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthdata.columns.tables.positions import ByPosition
from pytest_synthdata.columns.tables.table_view import TableView

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable


class Derived(ByPosition):
    """Rows that are made from those of a view, `view`: they belong to the same table, and are as many."""

    view: TableView

    @property
    def bound(self) -> BoundTable:
        """What is declared, all rows of it."""
        return self.view.bound

    @property
    def name(self) -> str:
        """The table's name."""
        return self.view.name

    @property
    def seed(self) -> int:
        """The dataset's seed."""
        return self.view.seed

    @property
    def schema(self) -> pa.Schema:
        """The view's Arrow schema."""
        return self.view.schema

    @property
    def num_rows(self) -> int:
        """How many rows are shown."""
        return self.view.num_rows

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows at some positions."""
        return self.view.row_numbers(start, stop)

    def origins(self, row_numbers: Bits) -> Bits:
        """The declared rows that these are made from."""
        return self.view.origins(row_numbers)

    def record_batch(self, row_numbers: Bits) -> pa.RecordBatch:
        """The rows with these numbers, in this order."""
        return self.view.record_batch(row_numbers)


class Part(Derived):
    """Some rows of a view: `whole` is that view; which rows they are, subclasses say."""

    whole: TableView

    @property
    def view(self) -> TableView:  # type: ignore[override]
        """The view whose rows are shown."""
        return self.whole

    @property
    def num_rows(self) -> int:
        """How many rows are shown."""
        raise NotImplementedError

    def row_numbers(self, start: int, stop: int) -> Bits:
        """The numbers of the rows from the ``start``-th to before the ``stop``-th."""
        raise NotImplementedError


def whole_of(view: TableView) -> TableView:
    """The view whose rows a part shows; a view that is not a part is its own whole."""
    return whole_of(view.whole) if isinstance(view, Part) else view


__all__ = ["Derived", "Part", "whole_of"]
