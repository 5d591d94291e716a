"""Totals that depend on themselves: columns that read each other in a circle through parents and children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from pytest_synthdata.columns.cells import Declarations
from pytest_synthdata.columns.references.aggregates import aggregates_of
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.series.series import Series
from pytest_synthdata.errors import DeclarationError

Place: TypeAlias = tuple[str, str]


def check_totals(plan: Declarations, known: Mapping[str, Declarations] | None = None) -> None:
    """Raise `DeclarationError` for a total that is needed to compute what it is a total of.

    Args:
        plan: a table with totals.
        known: plans by table, which take the place of those that references and totals were declared with.
    """
    finished: set[Place] = set()

    def visit(seen: Declarations, name: str, path: list[Place]) -> None:
        head = name if name in seen.columns else name.partition(".")[0]
        if head not in seen.columns:
            return
        place = seen.table, head
        if place in path:
            circle = " → ".join(f"{table}.{column}" for table, column in [*path[path.index(place) :], place])
            raise DeclarationError(
                f"{plan.table}.{path[0][1]}: a total cannot be read by what it is the total of: {circle}"
            )
        if place not in finished:
            for table, read in _reads(seen, head, known or {}):
                visit(table, read, [*path, place])
            finished.add(place)
        column = seen.columns[head]
        if isinstance(column, ForeignKeyColumn) and not column.self_referential and name != head:
            parent = (known or {}).get(column.parent.table, column.parent)
            visit(parent, name.partition(".")[2], path)

    for name, generator in plan.columns.items():
        if any(aggregates_of(generator)):
            visit(plan, name, [])


def _reads(plan: Declarations, name: str, known: Mapping[str, Declarations]) -> Iterator[tuple[Declarations, str]]:
    """The columns that a column is computed from, with the tables that they stand in."""
    column = plan.columns[name]
    for read in column.reads():
        yield plan, read
    if isinstance(column, ForeignKeyColumn) and not column.self_referential:
        parent = known.get(column.parent.table, column.parent)
        candidates = column.where.reads() if column.where is not None else ()
        yield from ((parent, read.removeprefix(f"{name}.")) for read in candidates if read.startswith(f"{name}."))
        yield from ((parent, read) for generator in column.of_parent() for read in generator.reads())
    if isinstance(column, Series) and plan.fan_out_key is not None:
        parent = known.get(plan.fan_out_key.parent.table, plan.fan_out_key.parent)
        yield from ((parent, read) for _, generator in column.of_parent() for read in generator.reads())
    for aggregate in aggregates_of(column):
        if (declared := plan.children.get(aggregate.children_name)) is not None:
            child = known.get(declared.plan.table, declared.plan)
            yield from ((child, read) for read in (declared.reference, *aggregate.child_reads()))


__all__ = ["check_totals"]
