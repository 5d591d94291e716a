"""What defects were planted in a dataset, counted by kind and column."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.validation import Validation


def with_planted(result: Validation, dataset: Dataset) -> Validation:
    """The validation of a dataset's clean rows, with the number of defects of each kind and column."""
    counts = {name: planted(dataset, name) for name in dataset.defects}
    return replace(result, tables=tuple(replace(table, planted=counts.get(table.table, {})) for table in result.tables))


def planted(dataset: Dataset, table: str) -> dict[str, int]:
    """The number of changed cells and added rows by kind and column: ``{"missing amount": 251, "duplicates": 125}``.

    Of a change of the schema, the number of rows that have it.
    """
    schema = dataset.defects.schema[table].to_pylist()
    changed = {_named(one["kind"], one["column"]): one["rows"] for one in schema}
    found: Counter[str] = Counter()
    for batch in dataset.defects[table].batches():
        pairs = zip(batch.column("kind").to_pylist(), batch.column("column").to_pylist(), strict=True)
        found.update(_named(kind, column) for kind, column in pairs)
    return dict(Counter(found | Counter(changed)).most_common())


def _named(kind: str, column: str | None) -> str:
    return kind if column is None else f"{kind} {column}"


__all__ = ["planted", "with_planted"]
