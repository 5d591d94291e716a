"""What factory_boy holds for a class body's values: generators of columns that it can ask for one row."""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sized
from typing import Any

import factory
import numpy as np
import pyarrow as pa
from factory import declarations as boy
from factory import enums
from faker.providers import DynamicProvider

from pytest_synthdata.columns.arrow.objects import as_objects
from pytest_synthdata.columns.arrow.values import Index, Values, to_arrow
from pytest_synthdata.columns.batch import Selection
from pytest_synthdata.columns.bound_table import BoundTable
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.expressions.conditions import FIRST_CONDITION
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.rowwise import Cycle, RowFunction, borrowed_generators
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.declarations.nesting import NestedDeclaration, enclosing_bound
from pytest_synthdata.declarations.prefetch import NOTHING, made_ahead
from pytest_synthdata.declarations.related import RelatedDeclaration
from pytest_synthdata.errors import DeclarationError, GenerationError


class ColumnDeclaration(boy.BaseDeclaration):  # type: ignore[misc]
    """A generator as a declaration of factory_boy: one row of the column that the table would have."""

    def __init__(self, name: str, generator: Generator, substream: str | None = None) -> None:
        super().__init__()
        self.name = name
        self.generator = generator
        self.substream = substream

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        if extra:
            raise DeclarationError(f"{self.name} is a column and takes no '__' arguments: {', '.join(extra)}")
        bound = enclosing_bound(step)
        declared = bound.plan.columns.get(self.name) is self.generator
        if declared and (value := made_ahead(bound, self.name, step)) is not NOTHING:
            return value
        cells = _single_cell(self.name, instance, step)
        if self.substream is not None:
            cells = cells.substream(self.substream)
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
        self_referential = self.foreign_key.parent == "self"
        parent = step.builder.factory_meta.factory if self_referential else self.foreign_key.parent
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

    def __init__(self, bound: BoundTable, instance: Any, sequence: int) -> None:
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

    def tokens(self, name: str) -> None:
        del name

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
    if type(value) in _REBUILT:
        return _REBUILT[type(value)](name, value)
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


def _switched(name: str, declared: Any) -> Any:
    """A `Trait` whose overrides are ours."""
    del name
    trait = copy.copy(declared)
    trait.overrides = {field: as_declaration(field, item) for field, item in declared.overrides.items()}
    return trait


def _transformed(name: str, declared: Any) -> Any:
    """A `Transformer` of what is ours."""
    transformer = copy.copy(declared)
    transformer.default = as_declaration(name, declared.default)
    return SeededDeclaration(name, transformer)


# factory_boy's declarations that hold others.
_REBUILT: Mapping[type, Callable[[str, Any], Any]] = {
    boy.RelatedFactory: RelatedDeclaration,
    boy.RelatedFactoryList: RelatedDeclaration,
    boy.Maybe: _decided,
    boy.Trait: _switched,
    boy.Transformer: _transformed,
    boy.SubFactory: NestedDeclaration,
    boy.Dict: NestedDeclaration,
    boy.List: NestedDeclaration,
}


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
