"""Circles: columns that read each other, in one table or through the totals of parents and children."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias, TypeVar

from pytest_synthdata.columns.cells import Declarations
from pytest_synthdata.columns.references.aggregates import aggregates_of
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.series.series import Series
from pytest_synthdata.errors import DeclarationError

Place: TypeAlias = tuple[str, str]
_Node = TypeVar("_Node", bound=Hashable)


def check_totals(plan: Declarations, known: Mapping[str, Declarations] | None = None) -> None:
    """Raise `DeclarationError` for a total that is needed to compute what it is a total of.

    Args:
        plan: a table with totals.
        known: plans by table, which take the place of those that references and totals were declared with.
    """
    plans: dict[str, Declarations] = {}

    def located(seen: Declarations, name: str) -> Iterator[Place]:
        """The columns that a name is read from: the table's own, and where it is a reference's, the parent's."""
        head, _, rest = (name, "", "") if name in seen.columns else name.partition(".")
        if (column := seen.columns.get(head)) is None:
            return
        plans[seen.table] = seen
        yield seen.table, head
        if isinstance(column, ForeignKeyColumn) and not column.self_referential and rest:
            yield from located((known or {}).get(column.parent.table, column.parent), rest)

    def reads(place: Place) -> Iterator[Place]:
        table, name = place
        for read_in, read in _reads(plans[table], name, known or {}):
            yield from located(read_in, read)

    names = (name for name, column in plan.columns.items() if any(aggregates_of(column)))
    totals = [place for name in names for place in located(plan, name)]
    if circle := circle_in(totals, reads):
        first = next((name for table, name in circle if (table, name) in totals), circle[0][1])
        raise DeclarationError(
            f"{plan.table}.{first}: a total cannot be read by what it is the total of: "
            + " → ".join(f"{table}.{column}" for table, column in circle)
        )


def circle_in(starts: Iterable[_Node], reads: Callable[[_Node], Iterable[_Node]]) -> list[_Node]:
    """Nodes of which each reads the next, and the last is the first again; none where nothing reads itself.

    Args:
        starts: where to begin.
        reads: what a node reads.
    """
    graph: dict[_Node, list[_Node]] = {}
    first = list(starts)
    waiting = first[:]
    while waiting:
        node = waiting.pop()
        if node not in graph:
            graph[node] = list(dict.fromkeys(reads(node)))
            waiting += graph[node]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[_Node] = error.args[1][:0:-1]  # graphlib names what is read first
        begins = circle.index(next((node for node in first if node in circle), circle[0]))
        return [*circle[begins:], *circle[: begins + 1]]
    return []


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


__all__ = ["check_totals", "circle_in"]
