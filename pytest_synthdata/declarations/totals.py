"""Which tables a factory's totals are computed from: its related factories, and those that count their rows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_synthdata.columns.plan import ChildTable, Plan
from pytest_synthdata.columns.references.aggregates import aggregates_of
from pytest_synthdata.declarations.related import RelatedDeclaration, children
from pytest_synthdata.errors import DeclarationError, nearest


def children_of_totals(
    factory_class: object, plan: Plan, known: Mapping[str, object] | None = None
) -> dict[str, tuple[Any, str]]:
    """The children that a factory's totals name: their factory and its reference to this one, by that name.

    Args:
        factory_class: the parent's factory.
        plan: its columns.
        known: factories by table, which take the place of those that were declared.

    Raises:
        DeclarationError: for children that there are not.
    """
    found: dict[str, tuple[Any, str]] = {}
    for column, generator in plan.columns.items():
        for aggregate in aggregates_of(generator):
            name = aggregate.children_name
            if name not in found:
                place = f"{plan.table}.{column}: {aggregate!r}"
                found[name] = _children(factory_class, name, place, known or {})
    return found


def _children(factory_class: Any, name: str, place: str, known: Mapping[str, Any]) -> tuple[Any, str]:
    related = factory_class._meta.post_declarations.declarations
    if isinstance(related.get(name), RelatedDeclaration) and name in (of := children(factory_class, known)):
        return of[name], related[name].name
    counted = {
        table: entry
        for one in reversed(factory_class.__mro__)
        for table, entry in getattr(getattr(one, "_meta", None), "counted_by", {}).items()
    }
    if name not in counted:
        names = [*(field for field, one in related.items() if isinstance(one, RelatedDeclaration)), *counted]
        raise DeclarationError(
            f"{place}: {factory_class.__name__} has no children {name!r}: "
            + (
                nearest(name, names)
                if names
                else f"declare {name} = RelatedFactoryList(…), or a table {name!r} whose ForeignKey("
                f"{factory_class.__name__}) has per_parent"
            )
        )
    child, reference = counted[name]
    chosen = known.get(name, child)
    return (chosen if issubclass(chosen, child) else child), reference


def register_counted(child: Any) -> None:
    """Let the parent that a factory's rows are counted from find it, by the name of its table."""
    meta = child._meta
    for name, key in meta.references.items():
        if key.per_parent is None or key.parent == "self":
            continue
        counted_by = key.parent._meta.counted_by
        before = counted_by.get(meta.table)
        if before is None or not issubclass(child, before[0]):  # a subclass is chosen by a dataset that names it
            counted_by[meta.table] = child, name


def attach_children(factory_class: Any, plan: Plan) -> None:
    """Tell a plan the tables that its totals are computed from."""
    for name, (child, reference) in children_of_totals(factory_class, plan).items():
        plan.children[name] = ChildTable(child._meta.compiled(), reference)


__all__ = ["attach_children", "children_of_totals", "register_counted"]
