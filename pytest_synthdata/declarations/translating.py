"""What factory_boy holds for the values of a class body or an override: its own declarations as ours, where it can."""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sized
from contextlib import suppress
from typing import Any

import factory
from factory import declarations as boy
from factory import enums

from pytest_synthdata.columns.expressions.conditions import FIRST_CONDITION
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.rowwise import Cycle, RowFunction
from pytest_synthdata.declarations.compiling import NestedDeclaration
from pytest_synthdata.declarations.faker import FakerDeclaration, is_column
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.declarations.items import ItemsDeclaration, array_of_rows
from pytest_synthdata.declarations.one_row.building import ColumnDeclaration, ReferenceDeclaration, SeededDeclaration
from pytest_synthdata.declarations.related import RelatedDeclaration
from pytest_synthdata.errors import GenerationError


def as_declaration(name: str, value: object) -> object:
    """What factory_boy shall hold for a value of a class body or an override."""
    name = name.rpartition("__")[2]  # billing__city is the city of what is nested
    if (found := array_of_rows(value)) is not None and type(found[1]) in _NESTED:
        array, item, around = found
        return ItemsDeclaration(name, _nested(name, item), array.length, around)
    if isinstance(value, type) and issubclass(value, _UNCALLED):
        return ColumnDeclaration(name, Constant(value))  # which says what to write when the table is used
    if isinstance(value, Generator):
        return ColumnDeclaration(name, value)
    if isinstance(value, ForeignKey):
        return ReferenceDeclaration(name, value)
    if isinstance(
        value, (ColumnDeclaration, ReferenceDeclaration, SeededDeclaration, NestedDeclaration, ItemsDeclaration)
    ):
        return value
    if type(value) is factory.Faker and is_column(value):
        return FakerDeclaration(name, value)
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
    if type(declared.decider) is factory.Faker and is_column(declared.decider):
        maybe.decider = ColumnDeclaration(name, FakerDeclaration(name, declared.decider).generator, FIRST_CONDITION)
    elif type(declared.decider) in _GENERATORS and (decider := _GENERATORS[type(declared.decider)](declared.decider)):
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


def _nested(name: str, declared: object) -> object:
    """A `SubFactory`, `Dict` or `List` whose fields are ours where they can be."""
    return NestedDeclaration(name, declared, as_declaration)


_NESTED = (boy.SubFactory, boy.Dict)
_UNCALLED = (boy.BaseDeclaration, boy.PostGenerationDeclaration)

# factory_boy's declarations that hold others.
_REBUILT: Mapping[type, Callable[[str, Any], Any]] = {
    boy.RelatedFactory: RelatedDeclaration,
    boy.RelatedFactoryList: RelatedDeclaration,
    boy.Maybe: _decided,
    boy.Trait: _switched,
    boy.Transformer: _transformed,
    boy.SubFactory: _nested,
    boy.Dict: _nested,
    boy.List: _nested,
}


def _from_iterator(declaration: Any) -> Generator | None:
    source = inspect.getclosurevars(declaration.iterator_builder).nonlocals.get("iterator")
    getter: Callable[[Any], Any] = declaration.getter or (lambda item: item)
    if isinstance(source, Sized) and len(source):
        items = list(itertools.islice(declaration.iterator_builder(), len(source) + 1))
        if len(items) > len(source):
            with suppress(Exception):  # which is told with the row that it is of
                return Cycle(tuple(getter(item) for item in items[:-1]))
    return RowFunction(_Remembered(declaration.iterator_builder, getter), takes_number=True, seeded=False)


_END = object()


class _Remembered:
    """The n-th item of an iterator, which is asked once for each."""

    def __init__(self, build: Callable[[], Iterator[object]], getter: Callable[[object], object]) -> None:
        self._build = build
        self._getter = getter
        self._items: list[object] = []
        self._source: Iterator[object] | None = None

    def __call__(self, number: int) -> object:
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
}


__all__ = ["as_declaration"]
