"""Where factory_boy and columns meet: what a factory's class body says, as declarations and as a plan.

Every declaration has one meaning, in `build()` and in a table. Ours, and factory_boy's where they have a counterpart,
are generators of columns wrapped so that factory_boy can ask for one row. All other declarations stay
factory_boy's own and fill a table row by row.
"""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import factory
import numpy as np
import pyarrow as pa
from factory import builder, enums
from factory import declarations as boy
from faker.providers import DynamicProvider

from pytest_synthdata.ahead import NOTHING, made_ahead
from pytest_synthdata.columns.expressions import FIRST_CONDITION, Column, Truth, When, literal
from pytest_synthdata.columns.generators import Cast, Cells, Constant, Generator
from pytest_synthdata.columns.nested import plain
from pytest_synthdata.columns.plan import Bound, Plan, Selection
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.references import Reference
from pytest_synthdata.columns.rows import as_objects
from pytest_synthdata.columns.rowwise import Cycle, RowFunction, borrowed_generators, python_values
from pytest_synthdata.columns.text import Fake
from pytest_synthdata.columns.values import Index, Values, to_arrow
from pytest_synthdata.errors import DeclarationError, GenerationError
from pytest_synthdata.nesting import NestedDeclaration, enclosing_bound
from pytest_synthdata.related import RelatedDeclaration

if TYPE_CHECKING:
    from pytest_synthdata.factories.base import TableFactory

# What of a factory can change the rows that `build()` gives, unseen by its declarations.
_FACTORY_HOOKS = ("_build", "_adjust_kwargs", "_after_postgeneration")


class ForeignKey:
    """A reference to a row of another table.

    In a factory, ``customer = ForeignKey(CustomerFactory)`` puts the parent's key into the table as ``customer_id``,
    and the parent's columns can be read as ``customer.tier``. A pick is a pure function of the row number; new
    parents take over only the share of references that is due to them.

    Args:
        parent: the parent's factory; ``"self"`` for a row of the same table before this one, such as a manager. The
            first row has none.
        weights: evaluated on the parent's rows, such as ``Given("tier", {"Enterprise": 5, "Free": 1})``:
            a parent is picked in proportion to it. All alike where not given. A law such as ``Pareto(2.5)`` gives
            each parent a popularity of its own, and ``ZipfRank(1.0)`` one by its row number.
        where: a condition that each pick meets, such as ``col("customer.created_at") <= col("order_date")``.
        column: the name of the key's column; the attribute's name and ``_id`` where not given. Of a key of several
            columns, their names; where not given, the attribute's name and each one's.
        per_parent: evaluated on the parent's rows, such as ``Poisson(3)`` or ``1``: how many children each has. The
            table's rows are then counted from the parents: those of the first come first, except in a table with a
            `Timeline`, which is in the order of time. `Ordinal` numbers them.
    """

    def __init__(
        self,
        parent: type[TableFactory] | Literal["self"],
        *,
        weights: Generator | None = None,
        where: Generator | None = None,
        column: str | Sequence[str] | None = None,
        per_parent: Generator | int | None = None,
    ) -> None:
        if parent != "self" and not hasattr(getattr(parent, "_meta", None), "table"):
            raise DeclarationError(f"ForeignKey({parent!r}): the parent must be a TableFactory, or 'self'")
        self.parent: Any = parent
        self.weights = weights
        self.where = where
        self.column = column
        self.per_parent = None if per_parent is None else literal(per_parent)


class ColumnDeclaration(boy.BaseDeclaration):  # type: ignore[misc]
    """A generator as a declaration of factory_boy: one row of the column that the table would have."""

    def __init__(self, name: str, generator: Generator, lane: str | None = None) -> None:
        super().__init__()
        self.name = name
        self.generator = generator
        self.lane = lane

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        if extra:
            raise DeclarationError(f"{self.name} is a column and takes no '__' arguments: {', '.join(extra)}")
        bound = enclosing_bound(step)
        declared = bound.plan.columns.get(self.name) is self.generator
        if declared and (value := made_ahead(bound, self.name, step)) is not NOTHING:
            return value
        cells = _single_cell(self.name, instance, step)
        if self.lane is not None:
            cells = cells.lane(self.lane)
        if isinstance(self.generator, RowFunction):
            return self.generator.objects(cells)[0]
        type_ = bound.type_of(self.name) if declared else self.generator.type(bound.scope(self.name))
        return as_objects(to_arrow(self.generator.values(cells), type_))[0]


class ReferenceDeclaration(boy.SubFactory):  # type: ignore[misc]
    """A foreign key as a declaration of factory_boy: the parent's row that the table would refer to."""

    def __init__(self, name: str, foreign_key: ForeignKey) -> None:
        if foreign_key.parent == "self":
            boy.BaseDeclaration.__init__(self)
        else:
            super().__init__(foreign_key.parent)
        self.name = name
        self.foreign_key = foreign_key

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        pick = made_ahead(enclosing_bound(step), self.name, step)
        if pick is NOTHING:
            cells = _single_cell(self.name, instance, step)
            pick = int(np.asarray(cells.reader.bound.plan.columns[self.name].values(cells))[0])
        if pick < 0 and not extra:
            return None
        itself = self.foreign_key.parent == "self"
        parent = step.builder.factory_meta.factory if itself else self.foreign_key.parent
        return step.recurse(parent, extra, force_sequence=max(pick, 0))


class SeededDeclaration(boy.BaseDeclaration):  # type: ignore[misc]
    """Somebody else's declaration, evaluated with the global random generators seeded for the row."""

    def __init__(self, name: str, declaration: boy.BaseDeclaration) -> None:
        super().__init__()
        self.name = name
        self.declaration = declaration
        self.CAPTURE_OVERRIDES = declaration.CAPTURE_OVERRIDES

    def evaluate_pre(self, instance: Any, step: Any, overrides: dict[str, Any]) -> Any:
        seed = int(_single_cell(self.name, instance, step).bits()[0])
        with borrowed_generators() as reseed:
            reseed(seed)
            return self.declaration.evaluate_pre(instance=instance, step=step, overrides=overrides)


def _single_cell(name: str, instance: Any, step: Any) -> Cells:
    bound = enclosing_bound(step)
    return Cells(BuiltRow(bound, instance, step.sequence), bound.stream(name), f"{bound.plan.table}.{name}")


class BuiltRow:
    """The row that factory_boy is building, as a reader: overrides reach the columns that depend on them."""

    def __init__(self, bound: Bound, instance: Any, sequence: int) -> None:
        self.bound = bound
        self.rows: Bits = np.array([sequence], np.uint64)
        self._instance = instance

    def read(self, name: str) -> Values:
        value = self._instance
        path = name.lstrip(".")
        for _ in range(len(name) - len(path) - 1):  # "..x" is x of the row around this one
            value = value.factory_parent
        for part in path.split("."):
            value = None if value is None else getattr(value, part)
        if isinstance(value, (bool, int, float)):
            return np.array([value])
        return pa.array([value])

    def take(self, index: Index) -> Selection:
        return Selection(self, index)

    def row(self, position: int) -> Any:
        del position
        return self._instance


def as_declaration(name: str, value: Any) -> Any:
    """What factory_boy shall hold for a value of a class body or an override."""
    name = name.rpartition("__")[2]  # billing__city is the city of what is nested
    if isinstance(value, Generator):
        return ColumnDeclaration(name, value)
    if isinstance(value, ForeignKey):
        return ReferenceDeclaration(name, value)
    if isinstance(value, (ColumnDeclaration, ReferenceDeclaration, SeededDeclaration, NestedDeclaration)):
        return value
    if type(value) in (boy.RelatedFactory, boy.RelatedFactoryList):
        return RelatedDeclaration(name, value)
    if type(value) is boy.Maybe:
        return _decided(name, value)
    if type(value) is boy.Trait:
        trait = copy.copy(value)
        trait.overrides = {field: as_declaration(field, item) for field, item in value.overrides.items()}
        return trait
    if type(value) in (boy.SubFactory, boy.Dict, boy.List):
        return NestedDeclaration(name, value)
    generator = _GENERATORS[type(value)](value) if type(value) in _GENERATORS else None
    if generator is not None:
        return ColumnDeclaration(name, generator)
    if enums.get_builder_phase(value) == enums.BuilderPhase.ATTRIBUTE_RESOLUTION and not isinstance(
        value, boy.SelfAttribute
    ):
        return SeededDeclaration(name, value)
    return value


def _decided(name: str, declared: Any) -> Any:
    """A `Maybe` whose sides and decider are ours where they can be."""
    maybe = copy.copy(declared)
    maybe.yes, maybe.no = as_declaration(name, declared.yes), as_declaration(name, declared.no)
    if type(declared.decider) in _GENERATORS and (decider := _GENERATORS[type(declared.decider)](declared.decider)):
        maybe.decider = ColumnDeclaration(name, decider, FIRST_CONDITION)
    return maybe


def _from_faker(declaration: Any) -> Generator | None:
    arguments = dict(declaration._defaults)
    if any(enums.get_builder_phase(argument) for argument in arguments.values()):
        return None
    locale = arguments.pop("locale", None) or "en_US"
    return Fake(declaration.provider, locale=locale, providers=_added_providers(locale), **arguments)


def _added_providers(locale: str) -> list[Any]:
    """What a project gave to `factory.Faker.add_provider`."""
    registered = factory.Faker._FAKER_REGISTRY.get(locale)
    added: list[Any] = []
    for provider in reversed(registered.providers if registered else ()):
        if isinstance(provider, DynamicProvider):
            added.append(provider)
        elif not f"{type(provider).__module__}.".startswith("faker.providers."):
            added.append(type(provider))
    return added


def _from_iterator(declaration: Any) -> Generator | None:
    source = inspect.getclosurevars(declaration.iterator_builder).nonlocals.get("iterator")
    getter: Callable[[Any], Any] = declaration.getter or (lambda item: item)
    if isinstance(source, Sized) and len(source):
        items = list(itertools.islice(declaration.iterator_builder(), len(source) + 1))
        if len(items) > len(source):
            return Cycle(tuple(getter(item) for item in items[:-1]))
    return RowFunction(_Remembered(declaration.iterator_builder, getter), takes_number=True, seeded=False)


_END = object()


class _Remembered:
    """The n-th item of an iterator, which is asked once for each."""

    def __init__(self, build: Callable[[], Iterator[Any]], getter: Callable[[Any], Any]) -> None:
        self._build = build
        self._getter = getter
        self._items: list[Any] = []
        self._source: Iterator[Any] | None = None

    def __call__(self, number: int) -> Any:
        if self._source is None:
            self._source = iter(self._build())
        while len(self._items) <= number:
            item = next(self._source, _END)
            if item is _END:
                raise GenerationError(
                    f"an Iterator ended after {len(self._items)} items and row {number} was asked for"
                )
            self._items.append(self._getter(item))
        return self._items[number]


_GENERATORS: Mapping[type, Callable[[Any], Generator | None]] = {
    factory.LazyAttribute: lambda declaration: RowFunction(declaration.function, takes_row=True),
    factory.LazyFunction: lambda declaration: RowFunction(declaration.function),
    factory.Sequence: lambda declaration: RowFunction(declaration.function, takes_number=True, seeded=False),
    factory.LazyAttributeSequence: lambda declaration: RowFunction(
        declaration.function, takes_row=True, takes_number=True
    ),
    factory.Iterator: _from_iterator,
    factory.Faker: _from_faker,
}


@dataclass(frozen=True)
class RowByRow(Generator):
    """A column whose declaration only factory_boy can evaluate: it resolves each row's attribute."""

    factory: type[TableFactory]
    name: str

    vectorised = False

    def values(self, cells: Cells) -> Values:
        from pytest_synthdata.factories.base import bound_to

        with bound_to(cells.reader.bound), borrowed_generators(for_rows=True):
            return python_values([plain(self._value(sequence)) for sequence in cells.rows.tolist()], cells)

    def _value(self, sequence: int) -> Any:
        meta = self.factory._meta
        step = builder.BuildStep(builder.StepBuilder(meta, {}, enums.BUILD_STRATEGY), sequence)
        step.stub = builder.Resolver(meta.pre_declarations, step, sequence)
        value = getattr(step.stub, self.name)
        return None if value is boy.SKIP else value

    def children(self) -> Iterator[Generator]:
        return iter(())

    def type(self, scope: Any) -> pa.DataType | None:
        del scope
        return None


@dataclass(frozen=True)
class BuiltObject(Generator):
    """The objects that a factory with hooks of its own builds, one a row: its columns are their attributes."""

    factory: type[TableFactory]

    vectorised = False

    def values(self, cells: Cells) -> Values:
        objects = np.empty(len(cells.rows), object)
        from pytest_synthdata.factories.base import bound_to

        with bound_to(cells.reader.bound):
            for position, sequence in enumerate(cells.rows.tolist()):
                objects[position] = self.factory.build(__sequence=sequence)
        return objects

    def children(self) -> Iterator[Generator]:
        return iter(())

    def type(self, scope: Any) -> pa.DataType | None:
        del scope
        return None


BUILT = "(built row)"


@dataclass(frozen=True)
class Attribute(Generator):
    """An attribute of the objects that the factory builds."""

    name: str

    vectorised = False

    def values(self, cells: Cells) -> Values:
        return python_values([plain(getattr(built, self.name, None)) for built in cells.read(BUILT)], cells)

    def reads(self) -> Iterator[str]:
        yield BUILT

    def type(self, scope: Any) -> pa.DataType | None:
        del scope
        return None


def compile_factory(factory_class: type[TableFactory]) -> Plan:
    """The plan of a factory: its declarations as columns, in order."""
    meta = factory_class._meta
    plan = compile_columns(factory_class, meta.pre_declarations, meta.table)
    columns, hidden = plan.columns, plan.hidden | meta.references.keys()
    if has_hooks(factory_class):
        hidden |= {BUILT}
        built = {name: Attribute(name) for name in columns if name not in hidden}
        references = {name: column for name, column in columns.items() if isinstance(column, Reference)}
        columns = {BUILT: BuiltObject(factory_class), **references, **built}
    return Plan(meta.table, columns, frozenset(hidden), meta.key_column())


def compile_columns(factory_class: Any, declared: Any, place: str) -> Plan:
    """The columns that a set of declarations makes at a place."""
    meta = factory_class._meta
    types = getattr(meta, "types", {})
    made = {name: _column(factory_class, declared, name, f"{place}.{name}") for name in declared}
    if any(isinstance(declared[name].declaration, NestedDeclaration) and is_opaque(made[name]) for name in made):
        # A function may look into nested rows, which only factory_boy can make.
        made |= {name: RowByRow(factory_class, name) for name in made if _reads_rows(made[name])}
    columns: dict[str, Generator] = {}
    for name, column in made.items():
        is_stated = name in types and not isinstance(column, (Cast, Reference))
        columns[name] = Cast(column, types[name]) if is_stated else column
        if name in meta.rename:
            columns[meta.rename[name]] = Column(name)
    return Plan(place, columns, frozenset({*meta.exclude, *meta.parameters, *meta.rename}))


def has_hooks(factory_class: Any) -> bool:
    """Whether a factory does more to the rows that it builds than to declare their columns."""
    meta = factory_class._meta
    after = meta.post_declarations.declarations.values()
    if meta.inline_args or any(not isinstance(one, RelatedDeclaration) for one in after):
        return True
    return any(
        getattr(getattr(factory_class, hook), "__func__", None) not in _OWN_HOOKS[hook] for hook in _FACTORY_HOOKS
    )


class _OwnHooks(dict[str, Any]):
    def __missing__(self, hook: str) -> Any:
        from pytest_synthdata.factories.base import TableFactory

        known = (TableFactory, factory.Factory, factory.DictFactory, factory.ListFactory)
        self[hook] = {getattr(one, hook).__func__ for one in known}
        return self[hook]


_OWN_HOOKS = _OwnHooks()


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
        foreign_key = declaration.foreign_key
        examples = {"weights": "Given('tier', {'Pro': 2, 'Free': 1})", "where": f"col('{name}.day') <= col('day')"}
        for argument, example in examples.items():
            value = getattr(foreign_key, argument)
            if value is not None and not isinstance(value, Generator):
                raise DeclarationError(
                    f"{place}: ForeignKey: {argument}={value!r}; write a generator, such as {example}"
                )
        itself = foreign_key.parent == "self"
        meta = factory_class._meta
        plan = Plan(meta.table, {}, key=meta.key_column()) if itself else foreign_key.parent._meta.plan()
        return Reference(name, plan, foreign_key.weights, foreign_key.where, foreign_key.per_parent, itself)
    if isinstance(declaration, NestedDeclaration):
        return declaration.generator(place, context) or RowByRow(factory_class, name)
    if context:
        return RowByRow(factory_class, name)
    return _generator(factory_class, declared, name, declaration)


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
    if declaration is boy.SKIP:
        return Constant(None)
    return Constant(declaration)


def is_opaque(generator: Generator) -> bool:
    """Whether only factory_boy can make a column, or a part of it."""
    return isinstance(generator, (RowByRow, BuiltObject, Attribute)) or any(map(is_opaque, generator.children()))


def _reads_rows(generator: Generator) -> bool:
    return getattr(generator, "takes_row", False) or any(map(_reads_rows, generator.children()))


def _is_row(declaration: Any, path: str) -> bool:
    """Whether a path leads to, or through, an object that is no column."""
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
