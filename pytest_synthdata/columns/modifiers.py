"""What the methods of generators make: rounded, clipped, nulled and cast values of another generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.casting import cast
from pytest_synthdata.columns.types import arrow_type
from pytest_synthdata.columns.values import Values, to_arrow
from pytest_synthdata.errors import DeclarationError, GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.plan import Scope


from pytest_synthdata.columns.generators import Cells, Generator, require_numbers


@dataclass(frozen=True)
class Rounded(Generator):
    """Another generator's numbers, rounded half to even."""

    generator: Generator
    digits: int

    def values(self, cells: Cells) -> Values:
        values = self.generator.values(cells)
        if isinstance(values, np.ndarray):
            if values.dtype.kind != "f":
                return values
            scale = 10.0**self.digits
            return np.rint(values * scale) / scale
        return pc.round(to_arrow(values), ndigits=self.digits)

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def check(self, scope: Scope) -> None:
        require_numbers(self.generator, scope, ".round")
        if isinstance(self.digits, bool) or not isinstance(self.digits, int):
            raise DeclarationError(f"{scope.place}: .round({self.digits!r}): the number of digits is an integer")

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        bounds = self.generator.bounds(scope)
        return bounds and (round(bounds[0], self.digits), round(bounds[1], self.digits))


@dataclass(frozen=True)
class Clipped(Generator):
    """Another generator's numbers, moved into [low, high]."""

    generator: Generator
    low: float | None
    high: float | None

    def values(self, cells: Cells) -> Values:
        values = self.generator.values(cells)
        if isinstance(values, np.ndarray):
            return np.clip(values, self.low, self.high).astype(values.dtype, copy=False)
        clipped = to_arrow(values)
        type_ = clipped.type
        if self.low is not None:
            clipped = pc.max_element_wise(clipped, self.low, skip_nulls=False)
        if self.high is not None:
            clipped = pc.min_element_wise(clipped, self.high, skip_nulls=False)
        return clipped.cast(type_)

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def check(self, scope: Scope) -> None:
        require_numbers(self.generator, scope, ".clip")
        for end in (self.low, self.high):
            if end is not None and not isinstance(end, (int, float, np.number)):
                raise DeclarationError(f"{scope.place}: .clip: {end!r} is no number")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise DeclarationError(f"{scope.place}: .clip({self.low}, {self.high}): low is above high")

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        low, high = self.generator.bounds(scope) or (float("-inf"), float("inf"))
        if self.low is not None:
            low, high = max(low, self.low), max(high, self.low)
        if self.high is not None:
            low, high = min(low, self.high), min(high, self.high)
        return low, high


@dataclass(frozen=True)
class Nullable(Generator):
    """Another generator's values, a share of them null, independent of all else."""

    generator: Generator
    share: float

    def values(self, cells: Cells) -> Values:
        array = to_arrow(self.generator.values(cells))
        null = cells.lane("null").uniform() < self.share
        return pc.if_else(pa.array(null), pa.scalar(None, array.type), array)

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def check(self, scope: Scope) -> None:
        if not isinstance(self.share, (int, float, np.number)) or not 0 <= self.share <= 1:
            raise DeclarationError(f"{scope.place}: .nulls({self.share!r}): a share lies between 0 and 1")

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        domain = self.generator.domain(scope)
        return None if domain is None else (*domain, None)


@dataclass(frozen=True)
class Cast(Generator):
    """Another generator's values in a declared type."""

    generator: Generator
    target: pa.DataType | str

    def values(self, cells: Cells) -> Values:
        try:
            return cast(self.generator.values(cells), arrow_type(self.target))
        except pa.ArrowInvalid as error:
            raise GenerationError(f"{cells.place}: .cast({str(self.target)!r}): {error}") from None

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return arrow_type(self.target)

    def check(self, scope: Scope) -> None:
        try:
            target = arrow_type(self.target)
        except DeclarationError as error:
            raise DeclarationError(f"{scope.place}: .cast: {error}") from None
        source = self.generator.type(scope)
        try:
            cast(pa.array([], source), target)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise DeclarationError(f"{scope.place}: .cast: there is no way from {source} to {target}") from None

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        domain = self.generator.domain(scope)
        if domain is None or any(not isinstance(value, (int, float)) for value in domain):
            return None
        return to_arrow(pa.array(domain), arrow_type(self.target)).to_pylist()

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self.generator.bounds(scope)
