"""Kinds for columns of any type: null, exchanged, repeated, outdated, and the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.expressions.operators import Column
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.modifiers import Cast, NotNull, Nullable
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.defects.differences import differ
from pytest_synthdata.defects.kind import Kind, require_column, typed
from pytest_synthdata.errors import DeclarationError, GenerationError, cause, counted, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable
    from pytest_synthdata.defects.schemas.change import SchemaChange

_VERSIONS = 16  # older values that are tried until one differs from today's


@dataclass(frozen=True)
class Missing(Kind):
    """A null where there was a value.

    Args:
        column: any column.
        rate: the share of the rows, from 0 to 1.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    Raises:
        DeclarationError: for a rate outside [0, 1].

    >>> from pytest_synthdata import Dataset
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dirty = Dataset({OrderFactory: 1_000}, defects={OrderFactory: [Missing("amount", exactly=7)]})
    >>> dirty.orders.to_arrow()["amount"].null_count, dirty.defects["orders"].num_rows
    (7, 7)
    """

    column: str
    rate: float | None = None

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        del bound, cells
        return [pa.nulls(len(array), array.type) for array in clean]


@dataclass(frozen=True)
class Swapped(Kind):
    """The values of two columns of a row, exchanged.

    Args:
        first: a column.
        second: another one of the same type.
        rate: the share of the rows, from 0 to 1.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> Swapped("name", "email", 0.01).label
    'swapped'
    """

    first: str
    second: str
    rate: float | None = None

    def named(self) -> tuple[str, ...]:
        return (self.first, self.second)

    def check(self, bound: BoundTable) -> None:
        super().check(bound)
        if self.first == self.second:
            raise DeclarationError(f"{bound.name}: {self.title}: both are the same column; name two different ones")
        types = [bound.type_of(name) for name in self.named()]
        if types[0] != types[1]:
            raise DeclarationError(
                f"{bound.name}: {self.title}: two columns of one type can be exchanged; "
                f"these are {types[0]} and {types[1]}"
            )

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        del bound, cells
        return clean[::-1]


@dataclass(frozen=True)
class Repeated(Kind):
    """The value that an earlier row has in the same column: a key or an e-mail address that comes twice.

    It is what that row is declared to have: where other kinds change the same column, the earlier row may have lost it.

    Args:
        column: a column whose values are meant to be unique.
        rate: the share of the rows, from 0 to 1. Row 0 has no earlier one.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> Repeated("order_id", 0.001).label
    'repeated'
    """

    column: str
    rate: float | None = None

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        rows = cells.rows
        earlier = np.minimum(cells.uniform() * rows, np.maximum(rows.astype(np.float64) - 1, 0)).astype(np.uint64)
        values = bound.at(earlier, scattered=True).read(self.column)
        return [typed(values, clean[0].type)]


@dataclass(frozen=True)
class Stale(Kind):
    """An older value of the parent's in a column that copies it: the tier that a customer had before.

    All children of a parent that have this defect hold the same older value. It is from before the dataset's first
    day, so that no version of a parent with a ``Meta.history`` need have it.

    Args:
        column: a column declared as one of a parent's, such as ``tier = col("customer.tier")``.
        rate: the share of the rows, from 0 to 1. A parent whose value cannot have been another has no older one.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> Stale("customer_tier", 0.02).label
    'stale'
    """

    column: str
    rate: float | None = None

    def check(self, bound: BoundTable) -> None:
        super().check(bound)
        source = self._source(bound)
        if source is None:
            raise DeclarationError(
                f"{bound.name}.{self.column}: {self.title} needs a column that copies one of a parent's, "
                'such as tier = col("customer.tier")'
            )

    def _source(self, bound: BoundTable) -> str | None:
        """The parent's column as ``reference.column``."""
        generator: Generator = bound.plan.columns[self.column]
        while isinstance(generator, (Cast, Nullable, NotNull)):
            generator = generator.generator
        if not isinstance(generator, Column):
            return None
        reference = bound.plan.columns.get(generator.name.partition(".")[0])
        return generator.name if "." in generator.name and isinstance(reference, ForeignKeyColumn) else None

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        name = self._source(bound)
        assert name is not None  # noqa: S101 - checked before any row is made
        picks = np.maximum(np.asarray(to_numpy(cells.read(name.partition(".")[0]))), 0).astype(np.uint64)
        table, rest = bound.parent(name.partition(".")[0]), name.partition(".")[2]
        while "." in rest and isinstance(table.plan.columns.get(rest.partition(".")[0]), ForeignKeyColumn):
            reference, _, rest = rest.partition(".")
            further = table.at(picks, scattered=True).read(reference)
            picks, table = np.maximum(np.asarray(to_numpy(further)), 0).astype(np.uint64), table.parent(reference)
        generator, stream = table.plan.columns[rest], table.stream(rest)
        reader, today = table.at(picks, scattered=True), clean[0]
        for number in range(_VERSIONS):
            older = generator.values(Cells(reader, stream.child("version", str(number)), cells.place))
            same = ~differ(clean[0], today)
            if not same.any():
                break
            today = pc.if_else(arrow_array(same), typed(older, today.type), today)
        # No value where the parent has none.
        return [pc.if_else(pc.is_null(clean[0]), clean[0], today)]


@dataclass(frozen=True)
class Defect(Kind):
    """A defect of your own: a function of whole columns.

    Args:
        name: the kind's name in labels.
        function: gets the clean values of the rows that have the defect as a NumPy array, nulls as NaN or None, and
            returns as many dirty ones. Further parameters name columns of the row (``customer__tier`` for a
            parent's); ``cells`` gives row numbers and reproducible random numbers, as in `column`.
        column: the column that it changes.
        rate: the share of the rows, from 0 to 1.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> cents = Defect("in_cents", lambda amount: amount * 100, "amount", 0.01)
    >>> cents.label
    'in_cents'
    """

    name: str
    function: Callable[..., Any]
    column: str
    rate: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.function):
            raise DeclarationError(f"{self.title}: {self.function!r} is not a function of a column's values")
        if not isinstance(self.name, str) or not self.name:
            raise DeclarationError(f"{self.title}: the name is {self.name!r}; write a text that is not empty")
        try:
            inspect.signature(self.function).bind_partial(*[None] * (1 + len(self._further())))
        except TypeError:
            raise DeclarationError(
                f"{self.title}: {self.name}: the function must take the column's values as its first argument, "
                "and all arguments by position; write lambda amount: amount * 100"
            ) from None
        except ValueError:  # of some built-in functions nobody knows
            pass

    @property
    def label(self) -> str:
        return self.name

    def check(self, bound: BoundTable) -> None:
        super().check(bound)
        scope = bound.scope(f"{self.title}: {self.name}")
        for name in self._further():
            if name != "cells":
                scope.column(name)
        require_column(bound, self.column, self.title)

    def _further(self) -> list[str]:
        """The parameters after the first; of NumPy's functions, and of built-in ones, none."""
        if isinstance(self.function, np.ufunc):
            return []
        try:
            parameters = list(inspect.signature(self.function).parameters)
        except ValueError:  # it has no signature
            return []
        return [name if name == "cells" else name.replace("__", ".") for name in parameters[1:]]

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        del bound
        further = [cells if name == "cells" else to_numpy(cells.read(name)) for name in self._further()]
        place = f"{cells.place}: the defect {self.name!r}"
        values = to_numpy(clean[0]).view()
        values.flags.writeable = False  # what the function changed in place would be the clean values
        with own_code(place):
            result = self.function(values, *further)
        if np.isscalar(result) or result is None:
            result = np.full(len(clean[0]), result)
        try:
            if not isinstance(result, (pa.Array, pa.ChunkedArray)):
                result = arrow_array(result, from_pandas=True)
        except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
            raise GenerationError(
                f"{place} gave what no column can hold: {cause(error)}; give one value a row"
            ) from None
        if len(result) != len(clean[0]):
            raise GenerationError(f"{place} gave {counted(len(result), 'value')} for {counted(len(clean[0]), 'row')}")
        try:
            return [typed(result, clean[0].type)]
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise GenerationError(f"{place} gave values that the column's type cannot hold: {error}") from None


def kind_named(name: str, kinds: Sequence[Kind | SchemaChange]) -> str:
    """The name of a kind that was planted.

    Raises:
        DeclarationError: for another one.
    """
    known = list(dict.fromkeys(kind.label for kind in kinds))
    if name not in known:
        raise DeclarationError(f"no defect of kind {name!r} was planted: {nearest(name, known)}")
    return name


__all__ = ["Defect", "Missing", "Repeated", "Stale", "Swapped", "kind_named"]
