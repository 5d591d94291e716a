"""Where factory_boy and columns meet: what a factory's class body says, as declarations and as a plan.

Every declaration has one meaning, in `build()` and in a table. Ours, and factory_boy's where they have a counterpart,
are generators of columns wrapped so that factory_boy can ask for one row. All other declarations stay
factory_boy's own and fill a table row by row.
"""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import factory
import numpy as np
import pyarrow as pa
from factory import builder, enums
from factory import declarations as boy

from pytest_synthdata.columns.expressions import Column, Truth, When
from pytest_synthdata.columns.generators import Cells, Constant, Generator
from pytest_synthdata.columns.plan import Bound, Plan, Selection
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.references import Reference
from pytest_synthdata.columns.rowwise import Cycle, RowFunction, borrowed_generators, python_values
from pytest_synthdata.columns.text import Fake
from pytest_synthdata.columns.values import Index, Values, to_arrow
from pytest_synthdata.errors import DeclarationError, SynthDataError

if TYPE_CHECKING:
    from pytest_synthdata.factories.base import TableFactory

_FACTORY_HOOKS = ("_build", "_create", "_adjust_kwargs", "_after_postgeneration")


class ForeignKey:
    """A reference to a row of another table.

    In a factory, ``customer = ForeignKey(CustomerFactory)`` puts the parent's key into the table as ``customer_id``,
    and the parent's columns can be read as ``customer.tier``. A pick is a pure function of the row number; new
    parents take over only the share of references that is due to them.

    Args:
        parent: the parent's factory.
        weights: evaluated on the parent's rows, such as ``Given("tier", {"Enterprise": 5, "Free": 1})``:
            a parent is picked in proportion to it. All alike where not given.
        where: a condition that each pick meets, such as ``col("customer.created_at") <= col("order_date")``.
        column: the name of the key's column; the attribute's name and ``_id`` where not given.
    """

    def __init__(
        self,
        parent: type[TableFactory],
        *,
        weights: Generator | None = None,
        where: Generator | None = None,
        column: str | None = None,
    ) -> None:
        if not hasattr(parent, "_meta") or not hasattr(parent._meta, "table"):
            raise DeclarationError(f"ForeignKey({parent!r}): the parent must be a TableFactory")
        self.parent = parent
        self.weights = weights
        self.where = where
        self.column = column


class ColumnDeclaration(boy.BaseDeclaration):  # type: ignore[misc]
    """A generator as a declaration of factory_boy: one row of the column that the table would have."""

    def __init__(self, name: str, generator: Generator) -> None:
        super().__init__()
        self.name = name
        self.generator = generator

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        if extra:
            raise DeclarationError(f"{self.name} is a column and takes no '__' arguments: {', '.join(extra)}")
        cells = _single_cell(self.name, instance, step)
        if isinstance(self.generator, RowFunction):
            return self.generator.objects(cells)[0]
        type_ = self.generator.type(cells.reader.bound.scope(self.name))
        return to_arrow(self.generator.values(cells), type_).to_pylist()[0]


class ReferenceDeclaration(boy.SubFactory):  # type: ignore[misc]
    """A foreign key as a declaration of factory_boy: the parent's row that the table would refer to."""

    def __init__(self, name: str, foreign_key: ForeignKey) -> None:
        super().__init__(foreign_key.parent)
        self.name = name
        self.foreign_key = foreign_key

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        cells = _single_cell(self.name, instance, step)
        pick = cells.reader.bound.plan.columns[self.name].values(cells)
        return step.recurse(self.foreign_key.parent, extra, force_sequence=int(np.asarray(pick)[0]))


class SeededDeclaration(boy.BaseDeclaration):  # type: ignore[misc]
    """Somebody else's declaration, evaluated with the global random generators seeded for the row."""

    CAPTURE_OVERRIDES = False

    def __init__(self, name: str, declaration: boy.BaseDeclaration) -> None:
        super().__init__()
        self.name = name
        self.declaration = declaration

    def evaluate_pre(self, instance: Any, step: Any, overrides: dict[str, Any]) -> Any:
        seed = int(_single_cell(self.name, instance, step).bits()[0])
        with borrowed_generators() as reseed:
            reseed(seed)
            return self.declaration.evaluate_pre(instance=instance, step=step, overrides=overrides)


def _single_cell(name: str, instance: Any, step: Any) -> Cells:
    bound = step.builder.factory_meta.bound()
    return Cells(BuiltRow(bound, instance, step.sequence), bound.stream(name), f"{bound.plan.table}.{name}")


class BuiltRow:
    """The row that factory_boy is building, as a reader: overrides reach the columns that depend on them."""

    def __init__(self, bound: Bound, instance: Any, sequence: int) -> None:
        self.bound = bound
        self.rows: Bits = np.array([sequence], np.uint64)
        self._instance = instance

    def read(self, name: str) -> Values:
        value = self._instance
        for part in name.split("."):
            value = getattr(value, part)
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
    if isinstance(value, Generator):
        return ColumnDeclaration(name, value)
    if isinstance(value, ForeignKey):
        return ReferenceDeclaration(name, value)
    if isinstance(value, (ColumnDeclaration, ReferenceDeclaration, SeededDeclaration)):
        return value
    if type(value) is boy.Maybe:
        maybe = copy.copy(value)
        maybe.yes, maybe.no = as_declaration(name, value.yes), as_declaration(name, value.no)
        return maybe
    if type(value) is boy.Trait:
        trait = copy.copy(value)
        trait.overrides = {field: as_declaration(field, item) for field, item in value.overrides.items()}
        return trait
    if type(value) in (boy.SubFactory, boy.Dict, boy.List):
        # Row i of a table holds row i of the sub-factory, whatever was built before.
        sub = copy.copy(value)
        sub.FORCE_SEQUENCE = True
        return sub
    generator = _GENERATORS[type(value)](value) if type(value) in _GENERATORS else None
    if generator is not None:
        return ColumnDeclaration(name, generator)
    if enums.get_builder_phase(value) == enums.BuilderPhase.ATTRIBUTE_RESOLUTION and not isinstance(
        value, (boy.SelfAttribute, boy.SubFactory)
    ):
        return SeededDeclaration(name, value)
    return value


def _from_self_attribute(declaration: Any) -> Generator | None:
    if declaration.depth > 1 or declaration.default is not boy._UNSPECIFIED:
        return None
    return Column(declaration.attribute_name)


def _from_faker(declaration: Any) -> Generator | None:
    arguments = dict(declaration._defaults)
    if any(enums.get_builder_phase(argument) for argument in arguments.values()):
        return None
    locale = arguments.pop("locale", None) or "en_US"
    return Fake(declaration.provider, locale=locale, **arguments)


def _from_iterator(declaration: Any) -> Generator | None:
    source = inspect.getclosurevars(declaration.iterator_builder).nonlocals.get("iterator")
    getter: Callable[[Any], Any] = declaration.getter or (lambda item: item)
    if isinstance(source, Sized) and len(source):
        items = list(itertools.islice(declaration.iterator_builder(), len(source) + 1))
        if len(items) > len(source):
            return Cycle(tuple(getter(item) for item in items[:-1]))
    return RowFunction(_Remembered(declaration.iterator_builder, getter), takes_number=True, seeded=False)


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
            try:
                self._items.append(self._getter(next(self._source)))
            except StopIteration:
                raise SynthDataError(
                    f"an Iterator ended after {len(self._items)} items and row {number} was asked for"
                ) from None
        return self._items[number]


_GENERATORS: Mapping[type, Callable[[Any], Generator | None]] = {
    factory.LazyAttribute: lambda declaration: RowFunction(declaration.function, takes_row=True),
    factory.LazyFunction: lambda declaration: RowFunction(declaration.function),
    factory.Sequence: lambda declaration: RowFunction(declaration.function, takes_number=True, seeded=False),
    factory.LazyAttributeSequence: lambda declaration: RowFunction(
        declaration.function, takes_row=True, takes_number=True
    ),
    factory.SelfAttribute: _from_self_attribute,
    factory.Iterator: _from_iterator,
    factory.Faker: _from_faker,
}


@dataclass(frozen=True)
class RowByRow(Generator):
    """A column whose declaration only factory_boy can evaluate: it resolves each row's attribute."""

    factory: type[TableFactory]
    name: str

    def values(self, cells: Cells) -> Values:
        from pytest_synthdata.factories.base import bound_to

        with bound_to(cells.reader.bound):
            return python_values([self._value(sequence) for sequence in cells.rows.tolist()], cells)

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


@dataclass(frozen=True)
class BuiltObject(Generator):
    """The objects that a factory with hooks of its own builds, one a row: its columns are their attributes."""

    factory: type[TableFactory]

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


BUILT = "(built row)"


def _attribute(name: str) -> RowFunction:
    def value(row: Any) -> Any:
        return getattr(getattr(row, BUILT), name)

    return RowFunction(value, takes_row=True, seeded=False)


def compile_factory(factory_class: type[TableFactory]) -> Plan:
    """The plan of a factory: its declarations as columns, in order."""
    meta = factory_class._meta
    columns: dict[str, Generator] = {}
    hidden = {*meta.exclude, *meta.parameters, *meta.references}
    for name in meta.pre_declarations:
        columns[name] = _column(factory_class, name)
    if meta.rename:
        hidden |= meta.rename.keys()
        columns = {
            column: generator
            for name, declared in columns.items()
            for column, generator in (
                ((name, declared), (meta.rename[name], Column(name))) if name in meta.rename else ((name, declared),)
            )
        }
    if _has_hooks(factory_class):
        hidden.add(BUILT)
        built = {name: _attribute(name) for name in columns if name not in hidden}
        references = {name: column for name, column in columns.items() if isinstance(column, Reference)}
        columns = {BUILT: BuiltObject(factory_class), **references, **built}
    return Plan(meta.table, columns, frozenset(hidden), meta.key_column(), meta.rows)


def _has_hooks(factory_class: type[TableFactory]) -> bool:
    from pytest_synthdata.factories.base import TableFactory

    meta = factory_class._meta
    if meta.post_declarations.declarations or meta.inline_args:
        return True
    return any(
        getattr(factory_class, hook).__func__ is not getattr(TableFactory, hook).__func__
        for hook in _FACTORY_HOOKS
    )


def _column(factory_class: type[TableFactory], name: str) -> Generator:
    meta = factory_class._meta
    declared = meta.pre_declarations[name]
    declaration = declared.declaration
    if isinstance(declaration, ReferenceDeclaration):
        if declared.context:
            raise DeclarationError(
                f"{meta.table}.{name}: a table's parents are what their own factory makes them; "
                f"{', '.join(f'{name}__{field}' for field in declared.context)} can only be given to build()"
            )
        foreign_key = declaration.foreign_key
        return Reference(name, foreign_key.parent._meta.plan(), foreign_key.weights, foreign_key.where)
    if declared.context:
        return RowByRow(factory_class, name)
    return _generator(factory_class, name, declaration)


def _generator(factory_class: type[TableFactory], name: str, declaration: Any) -> Generator:
    if isinstance(declaration, ColumnDeclaration):
        return declaration.generator
    if type(declaration) is boy.Maybe:
        return _maybe(factory_class, name, declaration)
    if enums.get_builder_phase(declaration) is not None:
        return RowByRow(factory_class, name)
    if declaration is boy.SKIP:
        return Constant(None)
    return Constant(declaration)


def _maybe(factory_class: type[TableFactory], name: str, maybe: Any) -> Generator:
    decider = maybe.decider
    if type(decider) is not boy.SelfAttribute or decider.depth > 1:
        if not isinstance(decider, ColumnDeclaration):
            return RowByRow(factory_class, name)
        condition: Generator = decider.generator
    elif decider.attribute_name.partition(".")[0] not in factory_class._meta.pre_declarations:
        # A trait that nobody switched on.
        chosen = maybe.yes if decider.default else maybe.no
        return _generator(factory_class, name, chosen)
    else:
        condition = Column(decider.attribute_name)
    yes, no = (_generator(factory_class, name, branch) for branch in (maybe.yes, maybe.no))
    return When((Truth(condition),), (yes, no))
