"""`Labels`: the labels of a dataset's defects, by table, and what was changed in the tables' schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from pytest_synthdata.table import Table

if TYPE_CHECKING:
    import pyarrow as pa


class Labelled(Protocol):
    """A dataset, as its labels see it."""

    def __getitem__(self, name: str) -> Table:
        """A table."""

    def with_defects(self) -> list[str]:
        """The names of the tables that have defects."""


class Labels(Mapping[str, Table]):
    """The labels of a dataset's defects: a table for each of its tables; those without defects have none."""

    def __init__(self, dataset: Labelled) -> None:
        self._dataset = dataset

    def __getitem__(self, name: str) -> Table:
        from pytest_synthdata.defects.views import label_view

        table = self._dataset[name]
        return Table(label_view(table.view, table.factory._meta.key_columns()), table.factory)

    @property
    def schema(self) -> Mapping[str, pa.Table]:
        """What was changed in the schema of each table that has defects: an Arrow table with a row for each change.

        Columns: ``kind``; ``column``, null for an order; ``clean`` and ``dirty``, the type, name, format or order
        before and after; ``since``, ``until`` and ``on``; ``rows``, how many rows have it.

        >>> from pytest_synthdata import Dataset, RenamedColumn
        >>> from pytest_synthdata.factories import OrderFactory
        >>> dataset = Dataset({OrderFactory: 1_000}, defects={OrderFactory: [RenamedColumn("amount", "amt")]})
        >>> dataset.defects.schema["orders"].select(["kind", "clean", "dirty", "rows"]).to_pylist()
        [{'kind': 'renamed_column', 'clean': 'amount', 'dirty': 'amt', 'rows': 1000}]
        """
        from pytest_synthdata.defects.views import schema_labels

        return {name: schema_labels(self._dataset[name].view) for name in self}

    def __iter__(self) -> Iterator[str]:
        """The names of the tables that have defects."""
        return iter(self._dataset.with_defects())

    def __len__(self) -> int:
        return len(self._dataset.with_defects())

    def __repr__(self) -> str:
        return f"<Labels of {self._dataset!r}>"


__all__ = ["Labels"]
