"""Columns that those that matter are declared from or joined with: a failure often depends on how they compare."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from pytest_synthdata.columns.references.aggregates import aggregates_of
from pytest_synthdata.defects.kinds.orphans import key_columns

if TYPE_CHECKING:
    from pytest_synthdata.columns.generators.base import Generator
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.dataset import Dataset


def related_columns(dataset: Dataset, matter: Collection[str]) -> set[str]:
    """Some columns, those that they are declared from, and of keys those of the same name in other tables.

    Args:
        dataset: the tables.
        matter: columns, with their tables' names, as all that is returned.
    """
    found = set(matter)
    for table in dataset:
        bound = table.bound
        for name in (name for name in bound.plan.visible if f"{table.name}.{name}" in matter):
            found.update(_sources(bound, bound.plan.columns[name]))
            if name in _keys(bound):
                found.update(f"{other.name}.{name}" for other in dataset if name in other.schema.names)
    return found


def _keys(bound: BoundTable) -> set[str | None]:
    references = (name for reference in bound.plan.references for name in key_columns(bound, reference))
    return {bound.plan.key, *bound.plan.key_columns, *references}


def _sources(bound: BoundTable, declared: Generator) -> Iterator[str]:
    """The visible columns that a declaration reads, of this table or of others."""
    for name in declared.reads():
        yield from _visible(bound, name)
    for aggregate in aggregates_of(declared):
        child = bound.children.get(aggregate.children_name)
        if child is not None:
            for name in aggregate.child_reads():
                yield from _visible(child, name)


def _visible(bound: BoundTable, name: str) -> Iterator[str]:
    """A column that is read, or what it is declared from where the table does not show it."""
    head, _, rest = name.partition(".")
    if name in bound.plan.visible:
        yield f"{bound.name}.{name}"
    elif name in bound.plan.columns:
        yield from _sources(bound, bound.plan.columns[name])
    elif rest and head in bound.plan.references:
        yield from _visible(bound.parent(head), rest)


__all__ = ["related_columns"]
