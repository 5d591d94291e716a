"""Distributions with parameters: numbers, or columns and expressions that give one for each row."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.plain import as_number
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy, without
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator, mix, require_numbers
from pytest_synthdata.columns.random import Floats
from pytest_synthdata.errors import DeclarationError, GenerationError

if TYPE_CHECKING:
    from typing_extensions import Self

Mask = npt.NDArray[np.bool_]
Parameter: TypeAlias = Any  # a number, or a column or expression that gives one for each row


class ParametricDistribution(Generator):
    """A distribution whose parameters are numbers, or columns and expressions that give one for each row."""

    #: What the parameters must be, for messages.
    requirement: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            object.__setattr__(self, field.name, as_number(getattr(self, field.name)))

    def values(self, cells: Cells) -> Values:
        if self.is_fixed:
            return self._inverse(cells.uniform(), *self.parameters())
        parameters, null = row_parameters(self, cells)
        values = self._inverse(cells.uniform(), *parameters)
        return values if null is None else without(values, null)

    @classmethod
    def _inverse(cls, uniform: Floats, *parameters: Any) -> Any:
        with np.errstate(over="ignore"):  # what is beyond the greatest float is infinite
            return cls.inverse(uniform, *parameters)

    @property
    def is_fixed(self) -> bool:
        """Whether the parameters are the same in every row."""
        return not any(isinstance(parameter, Generator) for parameter in self.parameters())

    def parameters(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field.name) for field in dataclasses.fields(self))  # type: ignore[arg-type]

    @staticmethod
    def inverse(uniform: Floats, *parameters: Any) -> Any:
        """The inverse CDF; parameters are numbers, or arrays as long as ``uniform``."""
        raise NotImplementedError

    @staticmethod
    def valid(*parameters: Any) -> Any:
        """Whether parameters can be: numbers, or arrays of them."""
        del parameters
        return True

    @classmethod
    def mixture(cls, branches: Sequence[Self], which: npt.NDArray[Any], cells: Cells) -> Values:
        if not all(branch.is_fixed for branch in branches):
            return mix(branches, which, cells)
        columns = zip(*(branch.parameters() for branch in branches), strict=True)
        return cls._inverse(cells.uniform(), *(np.array(column, np.float64)[which] for column in columns))

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.float64()

    def check(self, scope: Scope) -> None:
        check_parameters(self, scope)


def row_parameters(distribution: ParametricDistribution, cells: Cells) -> tuple[list[Any], Mask | None]:
    """The parameters of some rows, numbers or arrays, and the rows where one of them is null, if there are such.

    Raises:
        GenerationError: for the first row whose parameters cannot be.
    """
    found: list[Any] = []
    null: Mask | None = None
    for field, parameter in zip(dataclasses.fields(distribution), distribution.parameters(), strict=True):  # type: ignore[arg-type]
        if not isinstance(parameter, Generator):
            found.append(parameter)
            continue
        array = to_arrow(parameter.values(cells.substream(f"parameter {field.name}")))
        if array.null_count:
            missing = np.asarray(to_numpy(pc.is_null(array)), np.bool_)
            null = missing if null is None else null | missing
        found.append(to_numpy(array))
    if null is not None:
        # Where nothing is drawn, anything that can be stands in.
        usable = np.flatnonzero(~null)
        stand_in = usable[:1] if len(usable) else None
        found = [_filled(one, null, stand_in) for one in found]
        if stand_in is None:
            return found, null
    _refuse(distribution, found, cells)
    return found, null


def _filled(parameter: Any, null: Mask, stand_in: Any) -> Any:
    if not isinstance(parameter, np.ndarray):
        return parameter
    return np.where(null, 1 if stand_in is None else parameter[stand_in], parameter)


def _refuse(distribution: ParametricDistribution, found: list[Any], cells: Cells) -> None:
    count = len(cells.rows)
    fits = np.broadcast_to(np.asarray(distribution.valid(*found), np.bool_), count)
    for parameter in found:
        fits = fits & np.broadcast_to(np.isfinite(np.asarray(parameter)), count)
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        numbers = ", ".join(f"{float(np.broadcast_to(parameter, count)[row]):g}" for parameter in found)
        raise GenerationError(
            f"{cells.place}: {distribution!r}: {distribution.requirement}: in row {cells.rows[row]} its parameters are "
            f"{numbers}; .clip(…) what gives them"
        )


def check_parameters(distribution: ParametricDistribution, scope: Scope) -> None:
    """Raise `DeclarationError` for parameters that are not finite numbers, nor generators of numbers, or cannot be."""
    for field, value in zip(dataclasses.fields(distribution), distribution.parameters(), strict=True):  # type: ignore[arg-type]
        if isinstance(value, Generator):
            require_numbers(value, scope, f"{type(distribution).__name__}: {field.name}")
        elif isinstance(value, str):
            raise DeclarationError(f"{scope.place}: {distribution!r}: {field.name}: write col({value!r}) for a column")
        elif isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
            raise DeclarationError(f"{scope.place}: {distribution!r}: {field.name} must be a finite number")
    fixed = [value for value in distribution.parameters() if not isinstance(value, Generator)]
    if len(fixed) == len(distribution.parameters()) and not np.all(distribution.valid(*fixed)):
        raise DeclarationError(f"{scope.place}: {distribution!r}: {distribution.requirement}")


def parameter_bounds(parameter: Any, scope: Scope) -> tuple[Any, Any] | None:
    """The least and the greatest value of a parameter, where they are known."""
    if not isinstance(parameter, Generator):
        return parameter, parameter
    return parameter.bounds(scope)


__all__ = ["Parameter", "ParametricDistribution", "check_parameters", "parameter_bounds", "row_parameters"]
