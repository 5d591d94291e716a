"""A factory's declarations as a plan: columns in order, nested factories among them.

A nested row is number i of its place: its random values are named by the path to it, so that two addresses of one
order differ, and the same factory nested in another table gives that table other rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import factory
from factory import builder, enums
from factory import declarations as boy

from pytest_synthdata.columns.arrow.objects import Row
from pytest_synthdata.columns.expressions.conditions import Truth, When
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.modifiers import Cast
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.columns.order.arrival import Arrival
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.declarations.factory_class import (
    EndlessNestingError,
    FactoryClass,
    MissingFactoryError,
    has_table,
    require_factory,
)
from pytest_synthdata.declarations.items import ItemsDeclaration
from pytest_synthdata.declarations.keys import reference_column
from pytest_synthdata.declarations.one_row.binding import enclosing_bound
from pytest_synthdata.declarations.one_row.building import ColumnDeclaration, ReferenceDeclaration
from pytest_synthdata.declarations.one_row.prefetch import NOTHING, made_ahead
from pytest_synthdata.declarations.opaque.columns import is_opaque, reads_rows
from pytest_synthdata.declarations.opaque.hooks import BUILT, RowBuilder, default_of, has_hooks, keeps_values
from pytest_synthdata.declarations.opaque.rowwise import Attribute, BuiltObject, Held, RowByRow, Unmade
from pytest_synthdata.errors import DeclarationError

_DEEPEST = 20  # levels of factories within factories
# The factories around the one that is compiled, each with the names of what it is given.
_nesting: ContextVar[frozenset[Any]] = ContextVar("nesting", default=frozenset())


def compile_factory(factory_class: FactoryClass) -> Plan:
    """The plan of a factory: its declarations as columns, in order."""
    meta = factory_class._meta
    plan = compile_columns(factory_class, meta.pre_declarations, meta.table)
    columns, hidden = plan.columns, plan.hidden | meta.references.keys()
    hooked: Any = factory_class
    if has_hooks(hooked) or not keeps_values(meta.model):
        hidden |= {BUILT}
        built = {name: Attribute(name, column) for name, column in columns.items() if name not in hidden}
        references = {name: column for name, column in columns.items() if isinstance(column, ForeignKeyColumn)}
        kept = {name: columns[name] for name in columns if name in hidden and name not in references}
        columns = {BUILT: BuiltObject(factory_class), **references, **kept, **built}
    compiled = Plan(
        meta.table,
        columns,
        frozenset(hidden),
        meta.key_column(),
        meta.key_columns(),
        where=meta.where,
        correlations=meta.correlations or {},
        history=meta.history,
        arrival=Arrival.of(meta.arrival),
    )
    if isinstance(meta.where, Generator):
        for name in sorted(compiled.redrawn):
            if is_opaque(columns[name]):
                raise DeclarationError(
                    f"{meta.table}: Meta.where depends on {name!r}, which only factory_boy can make, and only once"
                )
    return compiled


def compile_columns(factory_class: Any, declared: Any, place: str) -> Plan:
    """The columns that a set of declarations makes at a place."""
    meta = factory_class._meta
    types = getattr(meta, "types", {})
    stated = [getattr(meta, option, None) for option in ("where", "correlations", "history")]
    if "." in place and any(isinstance(option, Generator) or option for option in stated):
        raise DeclarationError(
            f"{place}: {factory_class.__name__} has Meta.where, Meta.correlations or Meta.history, and nested rows "
            "cannot have them; state them in the Meta of the table around"
        )
    made = {name: _column(factory_class, declared, name, f"{place}.{name}") for name in declared}
    if any(isinstance(declared[name].declaration, NestedDeclaration) and is_opaque(made[name]) for name in made):
        # A function may look into nested rows, which only factory_boy can make.
        made |= {name: RowByRow(factory_class, name) for name in made if reads_rows(made[name])}
    columns: dict[str, Generator] = {}
    for name, column in made.items():
        is_stated = name in types and not isinstance(column, (Cast, ForeignKeyColumn))
        columns[name] = Cast(column, types[name]) if is_stated else column
        if name in meta.rename:
            columns[meta.rename[name]] = Column(name)
    return Plan(place, columns, frozenset({*meta.exclude, *meta.parameters, *meta.rename}))


def _column(factory_class: Any, declared: Any, name: str, place: str) -> Generator:
    _, declaration, context = declared[name]
    if isinstance(declaration, ReferenceDeclaration):
        if context:
            raise DeclarationError(
                f"{place}: a table's parents are what their own factory makes them; "
                f"{', '.join(f'{name}__{field}' for field in context)} can only be given to build()"
            )
        if place != f"{getattr(factory_class._meta, 'table', None)}.{name}":
            raise DeclarationError(
                f"{place}: a nested row cannot refer to a table: write ForeignKey({factory_class.__name__}) in place "
                f"of SubFactory({factory_class.__name__}), or give {name}=None to it"
            )
        return reference_column(factory_class._meta, name, declaration.foreign_key, place)
    if isinstance(declaration, ItemsDeclaration):
        return declaration.array(place)
    if isinstance(declaration, NestedDeclaration):
        return _nested(factory_class, name, declaration, context, place)
    if context:
        return RowByRow(factory_class, name)
    return _generator(factory_class, declared, name, declaration)


def _nested(
    factory_class: Any, name: str, declaration: NestedDeclaration, context: Mapping[str, Any], place: str
) -> Generator:
    try:
        declaration.require(f"{factory_class.__name__}.{name}")
        if any(type(given) is boy.Maybe for given in context.values()):  # from a trait: it looks at the row around
            return RowByRow(factory_class, name)
        return declaration.generator(place, context) or RowByRow(factory_class, name)
    except (EndlessNestingError, MissingFactoryError) as error:
        return Unmade(error)


def _generator(factory_class: Any, declared: Any, name: str, declaration: Any) -> Generator:
    if isinstance(declaration, ColumnDeclaration):
        return declaration.generator
    if type(declaration) is boy.Maybe:
        return _maybe(factory_class, declared, name, declaration)
    if type(declaration) is boy.SelfAttribute and declaration.default is boy._UNSPECIFIED:
        path = (
            "." * declaration.depth + declaration.attribute_name
            if declaration.depth > 1
            else declaration.attribute_name
        )
        head = path.partition(".")[0]
        if head in declared and _is_row(declared[head].declaration, path):
            return RowByRow(factory_class, name)
        return Column(path)
    if enums.get_builder_phase(declaration) is not None:
        return RowByRow(factory_class, name)
    meta = factory_class._meta
    if declaration is boy.SKIP:
        return Constant(default_of(meta.model, name))
    return Held(declaration) if name in meta.exclude or name in meta.parameters else Constant(declaration)


def _is_row(declaration: object, path: str) -> bool:
    """Whether a path leads to, or through, an object that is not a column."""
    if isinstance(declaration, ReferenceDeclaration):
        return "." not in path
    return enums.get_builder_phase(declaration) is not None and "." in path


def _maybe(factory_class: Any, declared: Any, name: str, maybe: Any) -> Generator:
    decider = maybe.decider
    condition: Generator
    if isinstance(decider, ColumnDeclaration):
        condition = decider.generator
    elif type(decider) is not boy.SelfAttribute or decider.depth > 1:
        return RowByRow(factory_class, name)
    elif decider.attribute_name.partition(".")[0] not in declared:
        # A trait that nobody switched on.
        return _generator(factory_class, declared, name, maybe.yes if decider.default else maybe.no)
    else:
        condition = Column(decider.attribute_name)
    switch = (
        declared[decider.attribute_name].declaration
        if isinstance(condition, Column) and condition.name in declared
        else decider
    )
    if enums.get_builder_phase(switch) is None:
        return _generator(factory_class, declared, name, maybe.yes if switch else maybe.no)
    yes, no = (_generator(factory_class, declared, name, branch) for branch in (maybe.yes, maybe.no))
    if isinstance(yes, RowByRow) or isinstance(no, RowByRow):
        return RowByRow(factory_class, name)
    return When((Truth(condition),), (yes, no))


class NestedDeclaration(boy.SubFactory):  # type: ignore[misc]
    """A `SubFactory`, `Dict` or `List` whose row i belongs to row i of the table around it, whatever came before."""

    FORCE_SEQUENCE = True

    def __init__(self, name: str, declaration: boy.SubFactory, translate: Callable[[str, object], object]) -> None:
        fields = {field: translate(field, value) for field, value in declaration._defaults.items()}
        boy.BaseDeclaration.__init__(self, **fields)
        self.factory_wrapper: object = declaration.factory_wrapper
        self.name = name
        self.translate = translate

    def get_factory(self) -> Any:
        return self.require(self.name)

    def given(self) -> Mapping[str, object]:
        """What the nested factory is given where it is nested."""
        given: Mapping[str, object] = self._defaults
        return given

    def require(self, place: str) -> object:
        """The nested factory.

        Raises:
            DeclarationError: if it is not there, or is not a factory.
        """
        try:
            found = super().get_factory()
        except (ImportError, AttributeError, ValueError) as error:
            raise MissingFactoryError(f"{place}: the factory is not there: {error}") from error
        return require_factory(found, place)

    def unroll_context(self, instance: Any, step: Any, context: dict[str, Any]) -> dict[str, Any]:
        unrolled = super().unroll_context(instance, step, context)
        switches = step.builder.factory_meta.parameters
        for name, given in context.items():
            value = given
            while type(value) is boy.Maybe and getattr(value.decider, "attribute_name", None) in switches:
                # A trait's `field__name=…`: the switch is in the row around, and off means as declared.
                decided = getattr(instance, value.decider.attribute_name, False)
                value = value.yes if decided else value.no
            if value is boy.SKIP:
                del unrolled[name]
                unrolled.update({name: self._defaults[name]} if name in self._defaults else {})
            elif value is not given:
                unrolled[name] = value
        return unrolled

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        del instance
        bound = enclosing_bound(step)
        if isinstance(bound.plan.columns.get(self.name), Nested) and step.builder.strategy != enums.STUB_STRATEGY:
            value = made_ahead(bound, self.name, step)
            if value is not NOTHING:
                return value
        column = bound.plan.columns.get(self.name)
        if isinstance(column, Unmade) and extra.keys() <= self._defaults.keys():
            raise column.error
        nested = RowBuilder(self.get_factory()._meta, self.fields(extra), step.builder.strategy)
        nested.bound = self._bound(bound)
        return nested.build(parent_step=step, force_sequence=step.sequence)

    def fields(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the nested factory is given: where it is one of plain factory_boy, all that it declares, made ours."""
        nested = self.get_factory()
        if has_table(nested):
            return dict(given)
        meta = nested._meta
        own = {name: meta.pre_declarations[name].declaration for name in meta.pre_declarations}
        ours = {name: self.translate(name, value) for name, value in own.items()}
        return {name: value for name, value in ours.items() if value is not own[name]} | dict(given)

    def plan(self, place: str, given: Mapping[str, Any]) -> Plan:
        """The columns of the nested row, at a path such as ``orders.billing``."""
        nested = self.get_factory()
        fields = {**self._defaults, **given}
        # The same within itself, and given no more: it will be so at any depth. A Dict has only what it is given.
        one, around = (nested, frozenset(fields)), _nesting.get()
        if (one in around and len(nested._meta.pre_declarations.declarations)) or place.count(".") > _DEEPEST:
            name = place.rpartition(".")[2]
            raise EndlessNestingError(f"{place}: factories nest each other without end; end with {name}=None")
        declared, _ = builder.parse_declarations(self.fields(fields), base_pre=nested._meta.pre_declarations)
        token = _nesting.set(around | {one})
        try:
            plan = compile_columns(nested, declared, place)
        finally:
            _nesting.reset(token)
        return plan

    def _bound(self, outer: BoundTable) -> BoundTable:
        column = outer.plan.columns.get(self.name)
        if isinstance(column, Nested):
            return column.bound(outer)

        def make() -> BoundTable:
            return Nested(self.name, self.plan(f"{outer.plan.table}.{self.name}", {})).bound(outer)

        return outer.cached(("nested", self.name, None), make)

    def generator(self, place: str, given: Mapping[str, Any]) -> Nested | None:
        """The column; None where only factory_boy can make the nested rows."""
        nested = self.get_factory()
        plan = self.plan(place, given)
        for column in plan.columns.values():
            if isinstance(column, Unmade):
                raise column.error
        name = place.rpartition(".")[2]
        if not _is_column(nested, plan):
            return None
        if issubclass(nested, factory.ListFactory):
            return Nested(name, plan, "array")
        return Nested(name, plan)


def _is_column(nested: Any, plan: Plan) -> bool:
    model = nested._meta.model
    if not (model in (dict, list) or (isinstance(model, type) and issubclass(model, Row))) or has_hooks(nested):
        return False
    return not any(map(is_opaque, plan.columns.values()))


__all__ = ["NestedDeclaration", "compile_columns", "compile_factory"]
