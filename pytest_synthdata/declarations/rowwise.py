"""Columns that only factory_boy can evaluate, row by row: its own declarations, and objects with hooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from factory import builder, enums
from factory import declarations as boy

from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.bound_table import BoundTable
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.rowwise import borrowed_generators, python_values
from pytest_synthdata.declarations.binding import bound_to
from pytest_synthdata.declarations.factory_class import FactoryClass


@dataclass(frozen=True)
class RowByRow(Generator):
    """A column whose declaration only factory_boy can evaluate: it resolves each row's attribute."""

    factory: FactoryClass
    name: str

    vectorised = False

    def values(self, cells: Cells) -> Values:
        bound = cells.reader.bound
        assert isinstance(bound, BoundTable)  # noqa: S101
        with bound_to(bound), borrowed_generators(for_rows=True):
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
        return None


@dataclass(frozen=True)
class BuiltObject(Generator):
    """The objects that a factory with hooks of its own builds, one a row: its columns are their attributes."""

    factory: FactoryClass

    vectorised = False

    def values(self, cells: Cells) -> Values:
        objects = np.empty(len(cells.rows), object)
        bound = cells.reader.bound
        assert isinstance(bound, BoundTable)  # noqa: S101
        with bound_to(bound):
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
        return python_values([getattr(built, self.name, None) for built in cells.read(BUILT)], cells)

    def reads(self) -> Iterator[str]:
        yield BUILT

    def type(self, scope: Any) -> pa.DataType | None:
        del scope
        return None
