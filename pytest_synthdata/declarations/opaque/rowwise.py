"""Columns that only factory_boy can evaluate, row by row: its own declarations, and objects with hooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from factory import builder, enums
from factory import declarations as boy

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.columns.arrow.objects import Row
from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.arrow.values import Values, to_arrow
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.rowwise import borrowed_generators, failed_at, python_values
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.declarations.factory_class import FactoryClass
from pytest_synthdata.declarations.one_row.binding import bound_to, without_children
from pytest_synthdata.declarations.opaque.hooks import BUILT, RowBuilder
from pytest_synthdata.errors import DeclarationError, GenerationError, SynthDataError, cause


class _Opaque(Generator):
    """A column of which nothing is known before its values."""

    vectorised = False

    def values(self, cells: Cells) -> Values:
        return python_values(self.objects(cells), cells)

    def objects(self, cells: Cells) -> list[object]:
        raise NotImplementedError

    def type(self, scope: Any) -> pa.DataType | None:
        del scope
        return None


@dataclass(frozen=True)
class RowByRow(_Opaque):
    """A column whose declaration only factory_boy can evaluate: it resolves each row's attribute."""

    factory: FactoryClass
    name: str

    def objects(self, cells: Cells) -> list[object]:
        bound = cells.reader.bound
        assert isinstance(bound, BoundTable)  # noqa: S101
        with bound_to(bound), borrowed_generators(for_rows=True):
            return [self._value(sequence, cells) for sequence in cells.rows.tolist()]

    def _value(self, sequence: int, cells: Cells) -> Any:
        meta = self.factory._meta
        step = builder.BuildStep(RowBuilder(meta, {}, enums.BUILD_STRATEGY), sequence)
        step.stub = builder.Resolver(meta.pre_declarations, step, sequence)
        try:
            value = getattr(step.stub, self.name)
        except Exception as error:
            raise failed_at(sequence, cells, error) from error
        return None if value is boy.SKIP else value

    def children(self) -> Iterator[Generator]:
        return iter(())


@dataclass(frozen=True)
class Unmade(_Opaque):
    """A column of nested rows that a table cannot have: `build()` can still be given what ends or replaces them."""

    error: DeclarationError

    def objects(self, cells: Cells) -> list[object]:
        del cells
        raise self.error

    def children(self) -> Iterator[Generator]:
        return iter(())


@dataclass(frozen=True)
class BuiltObject(_Opaque):
    """The objects that a factory with hooks of its own builds, one a row: its columns are their attributes."""

    factory: FactoryClass

    def values(self, cells: Cells) -> Values:
        built = np.empty(len(cells.rows), object)
        for position, one in enumerate(self.objects(cells)):
            built[position] = one
        return built

    def objects(self, cells: Cells) -> list[object]:
        bound = cells.reader.bound
        assert isinstance(bound, BoundTable)  # noqa: S101
        with bound_to(bound), without_children(), borrowed_generators(for_rows=True):
            return [self._built(row, cells) for row in cells.rows.tolist()]

    def _built(self, row: int, cells: Cells) -> object:
        try:
            return self.factory.build(__sequence=row)
        except SynthDataError:
            raise
        except Exception as error:
            table = cells.place.rpartition(".")[0]
            raise GenerationError(f"{table}: row {row}: {self.factory.__name__}.build(): {_said(error)}") from error

    def children(self) -> Iterator[Generator]:
        return iter(())


@dataclass(frozen=True)
class Attribute(_Opaque):
    """An attribute of the objects that the factory builds; as it is declared where they have none of its name."""

    name: str
    declared: Generator

    def objects(self, cells: Cells) -> list[object]:
        found = [self._of(built, row, cells) for row, built in zip(cells.rows.tolist(), cells.read(BUILT), strict=True)]
        lacking = np.array([position for position, value in enumerate(found) if value is _NONE], np.intp)
        if len(lacking):
            some = cells.take(lacking)
            values = self.declared.objects(some)
            declared = python_of(to_arrow(self.declared.values(some))) if values is None else values
            for position, value in zip(lacking.tolist(), declared, strict=True):
                found[position] = value
        return found

    def _of(self, built: object, row: int, cells: Cells) -> object:
        try:
            return _attribute(built, self.name)
        except Exception as error:
            raise failed_at(row, cells, error) from error

    def as_declared(self) -> Generator:
        return self.declared

    def reads(self) -> Iterator[str]:
        yield BUILT
        yield from self.declared.reads()


_NONE = object()


def _said(error: Exception) -> str:
    """What an error says; of factory_boy's without all that it knows of the row."""
    return f"{type(error).__name__}: {cause(error).partition(' Evaluated attributes are ')[0]}"


def _attribute(built: object, name: str) -> object:
    if isinstance(built, Mapping) and not isinstance(built, Row):
        return built.get(name, _NONE)
    return getattr(built, name, _NONE)


@dataclass(frozen=True)
class Held(_Opaque):
    """A value of any kind in a column that no table shows: functions of rows get it as it is."""

    value: Any

    def objects(self, cells: Cells) -> list[object]:
        return [self.value] * len(cells.rows)

    def values(self, cells: Cells) -> Values:
        return Constant(self.value).values(cells)

    def type(self, scope: Any) -> pa.DataType | None:
        try:
            return Constant(self.value).type(scope)
        except pa.ArrowInvalid:
            return None

    def domain(self, scope: object) -> Sequence[object] | None:
        del scope
        return (plain(self.value),)

    def children(self) -> Iterator[Generator]:
        return iter(())
