"""Declarations of columns whose type is stated: `build()` gives the values in it, as the table does."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from factory import declarations as boy
from factory import enums

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.casts.casting import cast
from pytest_synthdata.columns.arrow.objects import as_objects
from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.modifiers import Cast
from pytest_synthdata.declarations.compiling import NestedDeclaration
from pytest_synthdata.declarations.faker import FakerDeclaration
from pytest_synthdata.declarations.one_row.building import ColumnDeclaration, ReferenceDeclaration
from pytest_synthdata.errors import DeclarationError


class StatedDeclaration(boy.BaseDeclaration):  # type: ignore[misc]
    """A declaration that only factory_boy can evaluate, its values in a stated type."""

    def __init__(self, declaration: boy.BaseDeclaration, type_: pa.DataType) -> None:
        super().__init__()
        self.declaration = declaration
        self.type = type_
        self.CAPTURE_OVERRIDES = declaration.CAPTURE_OVERRIDES

    def evaluate_pre(self, instance: object, step: object, overrides: dict[str, object]) -> object:
        return in_type(self.declaration.evaluate_pre(instance=instance, step=step, overrides=overrides), self.type)


class StatedNested(NestedDeclaration):
    """A `Dict`, `List` or `SubFactory` whose values are in a stated type, if they are not a project's own objects."""

    def __init__(self, nested: NestedDeclaration, type_: pa.DataType) -> None:
        self.__dict__.update(vars(nested))
        self.type = type_

    def evaluate(self, instance: object, step: object, extra: dict[str, object]) -> object:
        value = super().evaluate(instance, step, extra)
        return in_type(value, self.type) if isinstance(value, (dict, list)) else value


def as_stated(declaration: Any, types: Mapping[str, pa.DataType | str], place: str) -> Any:
    """A declaration in the type that is stated for its column, if one is.

    Args:
        declaration: what `as_declaration` gives.
        types: the stated types by column.
        place: ``Factory.column``.

    Raises:
        DeclarationError: for a constant that is not of its type.
    """
    if type(declaration) is boy.Trait:
        owner = place.rpartition(".")[0]
        declaration.overrides = {
            field: as_stated(item, types, f"{owner}.{field}") for field, item in declaration.overrides.items()
        }
        return declaration
    stated = types.get(place.rpartition(".")[2])
    if stated is None or isinstance(declaration, ReferenceDeclaration):
        return declaration
    try:
        type_ = arrow_type(stated)
    except DeclarationError:
        return declaration  # the check of the plan says so, with the table's name
    return _stated(declaration, type_, place)


def unstated(declaration: Any) -> Any:
    """A declaration without the type that was stated for it: that of a subclass is another."""
    if isinstance(declaration, FakerDeclaration):
        return declaration.stated(None)
    if isinstance(declaration, ColumnDeclaration) and isinstance(declaration.generator, Cast):
        return ColumnDeclaration(declaration.name, declaration.generator.generator)
    if isinstance(declaration, StatedDeclaration):
        return declaration.declaration
    if type(declaration) is boy.Maybe:
        maybe = copy.copy(declaration)
        maybe.yes, maybe.no = unstated(maybe.yes), unstated(maybe.no)
        return maybe
    return declaration


def _stated(declaration: Any, type_: pa.DataType, place: str) -> Any:
    if isinstance(declaration, FakerDeclaration):
        return declaration.stated(type_)
    if isinstance(declaration, ColumnDeclaration):
        generator = declaration.generator
        return (
            declaration if isinstance(generator, Cast) else ColumnDeclaration(declaration.name, Cast(generator, type_))
        )
    if isinstance(declaration, NestedDeclaration):
        return StatedNested(declaration, type_)
    if type(declaration) is boy.Maybe:
        maybe = copy.copy(declaration)
        maybe.yes, maybe.no = _stated(maybe.yes, type_, place), _stated(maybe.no, type_, place)
        return maybe
    if type(declaration) is boy.SelfAttribute and declaration.default is boy._UNSPECIFIED:
        depth = declaration.depth if declaration.depth > 1 else 0
        return ColumnDeclaration(
            place.rpartition(".")[2], Cast(Column("." * depth + declaration.attribute_name), type_)
        )
    phase = enums.get_builder_phase(declaration)
    if phase == enums.BuilderPhase.ATTRIBUTE_RESOLUTION:
        return StatedDeclaration(declaration, type_)
    if phase is not None or declaration is boy.SKIP:
        return declaration
    try:
        return in_type(declaration, type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        raise DeclarationError(f"{place}: {declaration!r} is not of its type {type_}") from None


def in_type(value: object, type_: pa.DataType) -> object:
    """A single value in a type, as a column of that type would hold it.

    >>> in_type(12.345, pa.decimal128(12, 2))
    Decimal('12.35')
    """
    return as_objects(cast(arrow_array([plain(value)]), type_))[0]


__all__ = ["as_stated", "in_type", "unstated"]
