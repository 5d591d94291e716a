"""`RelatedFactory` and `RelatedFactoryList`: child tables, declared where their parents are.

``items = factory.RelatedFactoryList(ItemFactory, "order", size=3)`` in the factory of orders counts the items from
the orders, as ``order = ForeignKey(OrderFactory, per_parent=3)`` in the factory of items would; `build()` of an order
builds the very rows of its items.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from factory import declarations as boy
from factory import enums

from pytest_synthdata.columns.expressions.conditions import Truth, When
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.base import Generator, literal
from pytest_synthdata.columns.generators.rowwise import RowFunction
from pytest_synthdata.declarations.factory_class import Factory, has_table
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.declarations.one_row.binding import are_without_children
from pytest_synthdata.errors import DeclarationError, nearest


class RelatedDeclaration(boy.RelatedFactoryList):  # type: ignore[misc]
    """The children of a row: as rows of their table where they have one, else as factory_boy builds them."""

    def __init__(self, field: str, declared: boy.RelatedFactory) -> None:
        boy.PostGenerationDeclaration.__init__(self)
        self.name: str = declared.name
        self.defaults: dict[str, object] = declared.defaults
        self.factory_wrapper: object = declared.factory_wrapper
        self.size: Any = getattr(declared, "size", 1)
        self.field = field
        self.is_single: bool = not isinstance(declared, boy.RelatedFactoryList)
        self._declared = declared
        self._creation_counter = declared._creation_counter  # it takes its turn among the hooks

    def call(self, instance: Any, step: Any, context: Any) -> Any:
        child = children(step.builder.factory_meta.factory).get(self.field)
        if are_without_children() and has_table(self.get_factory()):
            return None if self.is_single else []
        if child is None:
            return self._declared.call(instance, step, context)
        if context.value_provided:
            return context.value
        built = [
            step.recurse(child, {**context.extra, self.name: instance}, force_sequence=row)
            for row in _rows(child, self.name, step.sequence)
        ]
        return built[0] if self.is_single else built

    def where(self, condition: Generator) -> RelatedDeclaration:
        """The same children, of those rows that meet a condition."""
        size = self.per_parent()
        one = copy.copy(self)
        one.size = When((condition,), (literal(size), literal(0)))
        return one

    def per_parent(self) -> Any:
        """How many children a parent has, as `ForeignKey` takes it."""
        if isinstance(self.size, (int, Generator)):
            return self.size
        return RowFunction(self.size).cast("bigint")

    @cached_property
    def factories(self) -> dict[object, object]:
        """The children's factory, their rows counted, by the parent's and the children's own."""
        return {}


def children(factory_class: Any, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The factories of a factory's child tables, their rows counted from its own, by the field that declares them.

    Args:
        factory_class: the parent's factory.
        known: factories by table, of which a subclass of the child's takes its place.

    Raises:
        DeclarationError: for children that refer to another table, or by another name.
    """
    found = {}
    for field, stated in factory_class._meta.post_declarations.declarations.items():
        declared = _chosen(factory_class, stated)
        if declared is None:
            continue
        place = f"{factory_class._meta.table}.{field}"
        try:
            child = declared.get_factory()
        except (ImportError, AttributeError, ValueError) as error:
            raise DeclarationError(f"{place}: the factory of the children is not there: {error}") from None
        if not has_table(child):
            continue
        if declared.name not in child._meta.references:
            _require_no_other(child, declared.name, factory_class, place)
            continue
        table = child._meta.table
        if table == factory_class._meta.table or child._meta.references[declared.name].parent == "self":
            continue
        chosen = (known or {}).get(table, child)
        key = factory_class, chosen if issubclass(chosen, child) else child
        if key not in declared.factories:
            declared.factories[key] = _counted(factory_class, field, declared, key[1])
        found[field] = declared.factories[key]
    return found


def _chosen(factory_class: Any, declared: Any) -> RelatedDeclaration | None:
    """The children that a declaration makes in the table: of a trait, those of the side that its factory is on."""
    if isinstance(declared, RelatedDeclaration):
        return declared
    if type(declared) is not boy.Maybe or type(declared.decider) is not boy.SelfAttribute:
        return None
    known = factory_class._meta.pre_declarations
    name = declared.decider.attribute_name
    switch = known[name].declaration if name in known else declared.decider.default
    if enums.get_builder_phase(switch) is None and switch is not boy._UNSPECIFIED:
        return _chosen(factory_class, declared.yes if switch else declared.no)
    if isinstance(declared.yes, RelatedDeclaration) and declared.no is boy.SKIP:
        return declared.yes.where(Truth(Column(name)))
    return None


def _require_no_other(child: Any, name: str, parent: Any, place: str) -> None:
    """Raise `DeclarationError` where children refer to their parent by another name than the parent says."""
    to_parent = [
        reference
        for reference, declared in child._meta.references.items()
        if declared.parent != "self" and issubclass(parent, declared.parent)
    ]
    if to_parent:
        raise DeclarationError(
            f"{place}: {child.__name__} has no reference {name!r}: {nearest(name, to_parent)}; its name comes second, "
            f"RelatedFactoryList({child.__name__}, {to_parent[0]!r}, …)"
        )


def _counted(parent: Any, field: str, declared: RelatedDeclaration, child: Any) -> Any:
    """The child's factory, its rows counted from the parent's."""
    own = child._meta.references[declared.name]
    if own.parent._meta.table != parent._meta.table and not issubclass(parent, own.parent):
        raise DeclarationError(
            f"{parent._meta.table}.{field}: {child.__name__}.{declared.name} refers to {own.parent._meta.table!r}, not "
            f"to {parent._meta.table!r}"
        )
    counted = own.per_parent if own.per_parent is not None else declared.per_parent()
    key = ForeignKey(parent, column=own.column, per_parent=counted)
    options = type("Meta", (), {"rows": None})  # they are counted
    body = {"__module__": child.__module__, "Meta": options, declared.name: key, **declared.defaults}
    made: Any = type(child)(child.__name__, (child,), body)
    return made


def _rows(child: Any, reference: str, parent: int) -> range | list[int]:
    """The rows of a parent's children."""
    bound = child._meta.bound()
    first, count = bound.plan.references[reference].children_of(bound, parent)
    if bound.plan.references[reference].spread(bound) is None or first + count > bound.num_rows:
        return range(first, first + count)
    # In a table that runs in time, children of one parent are not side by side.
    numbers = np.arange(first, first + count, dtype=np.uint64)
    return bound.plan.references[reference].rows_of(bound, numbers).tolist()


def with_children(factories: Iterable[Factory]) -> dict[str, Factory]:
    """Factories by their tables, and those of their child tables: each such in place of the plain one.

    Raises:
        DeclarationError: for a table whose rows two others count.
    """
    found = {factory._meta.table: factory for factory in factories}
    counted: dict[str, str] = {}
    for parent, field, child in _all_children(list(found.values()), dict(found)):
        table, place = child._meta.table, f"{parent._meta.table}.{field}"
        if counted.setdefault(table, place) != place:
            raise DeclarationError(f"{place}: the rows of {table!r} are counted by {counted[table]} already")
        found[table] = child
    return found


def _all_children(parents: list[Any], known: Mapping[str, Any]) -> Iterator[tuple[Any, str, Any]]:
    for parent in parents:
        if not parent._meta.abstract:
            for field, child in children(parent, known).items():
                yield parent, field, child
                yield from _all_children([child], known)


__all__ = ["RelatedDeclaration", "children", "with_children"]
