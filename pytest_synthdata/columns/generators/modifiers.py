"""What the methods of generators make: rounded, clipped, nulled and cast values of another generator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.casting import cast
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy, without
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator, require_numbers
from pytest_synthdata.errors import DeclarationError, GenerationError

_WIDE = Context(prec=400)  # digits, as many as a float can have before the point


def unwrapped(generator: Any) -> Any:
    """A column, or what stands for one, without its type and its nulls."""
    while isinstance(generator, (Cast, Nullable)):
        generator = generator.generator
    return generator


@dataclass(frozen=True)
class Rounded(Generator):
    """Another generator's numbers, rounded half to even."""

    generator: Generator
    digits: int

    def values(self, cells: Cells) -> Values:
        try:
            return self.of(self.generator.values(cells))
        except pa.ArrowInvalid as error:
            raise GenerationError(f"{cells.place}: .round({self.digits}): {error}") from None

    def integers(self, cells: Cells) -> Values | None:
        whole = self.generator.integers(cells)
        return None if whole is None else self.of(whole)

    def of(self, values: Values) -> Values:
        """Rounded values."""
        if isinstance(values, pa.Array):
            return pc.round(to_arrow(values), ndigits=self.digits)
        if values.dtype.kind == "f":
            scale = 10.0**self.digits
            return np.rint(values * scale) / scale
        # Floats are not exact enough.
        return values if self.digits >= 0 else to_numpy(pc.round(pa.array(values), ndigits=self.digits))

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def check(self, scope: Scope) -> None:
        require_numbers(self.generator, scope, ".round")
        if isinstance(self.digits, bool) or not isinstance(self.digits, int):
            raise DeclarationError(f"{scope.place}: .round({self.digits!r}): the number of digits is an integer")
        _try(self, self.generator.type(scope), scope)

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        bounds = self.generator.bounds(scope)
        return bounds and (round(bounds[0], self.digits), round(bounds[1], self.digits))


@dataclass(frozen=True)
class Clipped(Generator):
    """Another generator's numbers, moved into [low, high]."""

    generator: Generator
    low: float | Decimal | None
    high: float | Decimal | None

    def values(self, cells: Cells) -> Values:
        return self.of(self.generator.values(cells))

    def of(self, values: Values) -> Values:
        """Clipped values."""
        if isinstance(values, np.ndarray):
            low, high = self.ends(pa.from_numpy_dtype(values.dtype))
            if low is None and high is None:
                return values
            return np.clip(values, low, high).astype(values.dtype, copy=False)
        clipped = to_arrow(values)
        type_ = clipped.type
        low, high = self.ends(type_)
        if low is not None:
            clipped = pc.max_element_wise(clipped, pa.scalar(low, type_), skip_nulls=False)
        if high is not None:
            clipped = pc.min_element_wise(clipped, pa.scalar(high, type_), skip_nulls=False)
        return clipped

    def integers(self, cells: Cells) -> Values | None:
        whole = self.generator.integers(cells)
        return None if whole is None else self.of(whole)

    def ends(self, type_: pa.DataType | None) -> tuple[Any, Any]:
        """The least and the greatest value of a type that lie between the ends; None where there is no end."""
        return _end(self.low, type_, ROUND_CEILING), _end(self.high, type_, ROUND_FLOOR)

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def check(self, scope: Scope) -> None:
        require_numbers(self.generator, scope, ".clip")
        for end in (self.low, self.high):
            if end is not None and (isinstance(end, bool) or not isinstance(end, (int, float, np.number, Decimal))):
                raise DeclarationError(f"{scope.place}: .clip: {end!r} is no number")
            if end is not None and end != end:  # noqa: PLR0124
                raise DeclarationError(f"{scope.place}: .clip: not-a-number is no end")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise DeclarationError(f"{scope.place}: .clip({self.low}, {self.high}): low is above high")
        type_ = self.generator.type(scope)
        low, high = self.ends(type_)
        if low is not None and high is not None and low > high:
            raise DeclarationError(f"{scope.place}: .clip({self.low}, {self.high}): no {type_} lies between them")
        _try(self, type_, scope)

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        low, high = self.generator.bounds(scope) or (float("-inf"), float("inf"))
        least, most = self.ends(self.generator.type(scope))
        if least is not None:
            low, high = max(low, least), max(high, least)
        if most is not None:
            low, high = min(low, most), min(high, most)
        return low, high


def _try(modifier: Rounded | Clipped, type_: pa.DataType | None, scope: Scope) -> None:
    """Raise `DeclarationError` where no value of a type can be modified so."""
    try:
        modifier.of(pa.array([], type_ or pa.float64()))
    except pa.ArrowInvalid as error:
        raise DeclarationError(f"{scope.place}: {modifier!r}: {error}") from None


def _end(end: float | Decimal | None, type_: pa.DataType | None, rounding: str) -> Any:
    if end is None or math.isinf(end):
        return None
    if type_ is None or not (pa.types.is_integer(type_) or pa.types.is_decimal(type_)):
        return float(end)
    number = Decimal(end if isinstance(end, (int, Decimal)) else repr(float(end)))
    if pa.types.is_decimal(type_):
        return number.quantize(Decimal(1).scaleb(-type_.scale), rounding, _WIDE)
    limits = np.iinfo(str(type_))
    return min(max(int(number.to_integral_value(rounding, _WIDE)), limits.min), limits.max)


@dataclass(frozen=True)
class Nullable(Generator):
    """Another generator's values, a share of them null, independent of all else."""

    generator: Generator
    share: float | Decimal

    def values(self, cells: Cells) -> Values:
        return self._nulled(self.generator.values(cells), cells)

    def integers(self, cells: Cells) -> Values | None:
        whole = self.generator.integers(cells)
        return None if whole is None else self._nulled(whole, cells)

    def _nulled(self, values: Values, cells: Cells) -> Values:
        return without(values, cells.substream("null").uniform() < float(self.share))

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def check(self, scope: Scope) -> None:
        if not isinstance(self.share, (int, float, np.number, Decimal)) or not 0 <= self.share <= 1:
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
            whole = self.generator.integers(cells) if pa.types.is_integer(arrow_type(self.target)) else None
            return self.of(self.generator.values(cells) if whole is None else whole)
        except pa.ArrowInvalid as error:
            raise GenerationError(f"{cells.place}: .cast({str(self.target)!r}): {error}") from None

    def of(self, values: Values) -> Values:
        """Values in the type."""
        return cast(values, arrow_type(self.target))

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
        values: list[Any] = to_arrow(self.of(pa.array(domain))).to_pylist()
        return list(dict.fromkeys(values))

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self.generator.bounds(scope)
