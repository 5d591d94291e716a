"""Factories within factories: `SubFactory`, `Dict` and `List`, as declarations and as columns.

A nested row is number i of its place: its random values are named by the path to it, so that two addresses of one
order differ, and the same factory nested in another table gives that table other rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import factory
from factory import builder, enums
from factory import declarations as boy

from pytest_synthdata.columns.arrow.objects import Row
from pytest_synthdata.columns.bound_table import BoundTable
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.declarations.prefetch import NOTHING, made_ahead
from pytest_synthdata.errors import DeclarationError

_DEEPEST = 20


class NestedBuilder(builder.StepBuilder):  # type: ignore[misc]
    """Builds a nested row from the streams of its place."""

    bound: BoundTable | None = None


class NestedDeclaration(boy.SubFactory):  # type: ignore[misc]
    """A `SubFactory`, `Dict` or `List` whose row i belongs to row i of the table around it, whatever came before."""

    FORCE_SEQUENCE = True

    def __init__(self, name: str, declaration: boy.SubFactory) -> None:
        from pytest_synthdata.declarations.building import as_declaration

        fields = {field: as_declaration(field, value) for field, value in declaration._defaults.items()}
        boy.BaseDeclaration.__init__(self, **fields)
        self.factory_wrapper = declaration.factory_wrapper
        self.name = name

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        del instance
        bound = enclosing_bound(step)
        if isinstance(bound.plan.columns.get(self.name), Nested) and step.builder.strategy != enums.STUB_STRATEGY:
            value = made_ahead(bound, self.name, step)
            if value is not NOTHING:
                return value
        nested = NestedBuilder(self.get_factory()._meta, self.fields(extra), step.builder.strategy)
        nested.bound = self._bound(bound)
        return nested.build(parent_step=step, force_sequence=step.sequence)

    def fields(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the nested factory is given: where it is one of plain factory_boy, all that it declares, made ours."""
        from pytest_synthdata.declarations.building import as_declaration
        from pytest_synthdata.factories.base import TableFactory

        nested = self.get_factory()
        if issubclass(nested, TableFactory):
            return dict(given)
        meta = nested._meta
        own = {name: meta.pre_declarations[name].declaration for name in meta.pre_declarations}
        ours = {name: as_declaration(name, value) for name, value in own.items()}
        return {name: value for name, value in ours.items() if value is not own[name]} | dict(given)

    def plan(self, place: str, given: Mapping[str, Any]) -> Plan:
        """The columns of the nested row, at a path such as ``orders.billing``."""
        from pytest_synthdata.declarations.compiling import compile_columns

        if place.count(".") > _DEEPEST:
            raise DeclarationError(f"{place}: factories nest each other without end; end with parent=None")
        nested = self.get_factory()
        declared, _ = builder.parse_declarations(
            self.fields({**self._defaults, **given}), base_pre=nested._meta.pre_declarations
        )
        return compile_columns(nested, declared, place)

    def _bound(self, outer: BoundTable) -> BoundTable:
        column = outer.plan.columns.get(self.name)
        if isinstance(column, Nested):
            return column.bound(outer)

        def make() -> BoundTable:
            return Nested(self.name, self.plan(f"{outer.plan.table}.{self.name}", {})).bound(outer)

        return outer.cached(("nested", self.name), make)

    def generator(self, place: str, given: Mapping[str, Any]) -> Nested | None:
        """The column; None where only factory_boy can make the nested rows."""
        nested = self.get_factory()
        plan = self.plan(place, given)
        name = place.rpartition(".")[2]
        if not _is_column(nested, plan):
            return None
        if issubclass(nested, factory.ListFactory):
            return Nested(name, plan, "array")
        return Nested(name, plan)


def _is_column(nested: Any, plan: Plan) -> bool:
    from pytest_synthdata.declarations.compiling import has_hooks, is_opaque

    if nested._meta.model not in (dict, list, Row) or has_hooks(nested):
        return False
    return not any(map(is_opaque, plan.columns.values()))


def enclosing_bound(step: Any) -> BoundTable:
    """The table, or the place in one, whose row a step of factory_boy builds."""
    while True:
        bound: BoundTable | None = getattr(step.builder, "bound", None)
        if bound is not None:
            return bound
        if hasattr(step.builder.factory_meta, "bound"):
            bound = step.builder.factory_meta.bound()
            assert bound is not None  # noqa: S101
            return bound
        step = step.parent_step


__all__ = ["NestedBuilder", "NestedDeclaration", "enclosing_bound"]
