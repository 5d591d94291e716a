"""Values of which none comes twice, whatever the size of the table: a permutation of all that there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.casting import cast
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.modifiers import Cast, Rounded
from pytest_synthdata.columns.permutation import Permutation
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.errors import DeclarationError, GenerationError

_EXACT = 2**53  # up to which a float64 tells whole numbers apart


@dataclass(frozen=True)
class Unique(Generator):
    """Another generator's values, each at most once, and each as likely as any other.

    Row i has what stands at place i of a permutation of all values, so that nothing has to be remembered.
    """

    generator: Generator

    pinned = True

    def values(self, cells: Cells) -> Values:
        bound, name = cells.reader.bound, cells.place.rpartition(".")[2]

        def make() -> tuple[Numbered, Permutation, Unique]:
            numbered = self.numbered(bound.scope(name))
            return numbered, Permutation(numbered.count, cells.stream), self  # so that no other has its id

        numbered, permutation, _ = bound.cached(("numbered", id(self), cells.stream.names), make)
        if len(cells.rows) and (last := int(cells.rows.max())) >= numbered.count:
            raise GenerationError(self._too_few(cells.place, last + 1, numbered.count))
        return numbered.at(permutation.of(cells.rows))

    def numbered(self, scope: Scope) -> Numbered:
        """All values that there are."""
        found = numbered(self.generator, scope)
        if found is None:
            raise DeclarationError(
                f"{scope.place}: .unique(): the values of {self.generator!r} cannot be counted; those of lists, Dates, "
                "and Uniform(…).round(2) or .cast('bigint') can. A Key is unique by itself, and a Template with {#}"
            )
        return found

    def require(self, scope: Scope, rows: int) -> None:
        """Raise `DeclarationError` where there are fewer values than rows."""
        count = self.numbered(scope).count
        if count < rows:
            raise DeclarationError(self._too_few(scope.place, rows, count))

    def _too_few(self, place: str, rows: int, count: int) -> str:
        return f"{place}: {rows:,} rows need a value of their own each, and {self.generator!r} has {count:,}"

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def check(self, scope: Scope) -> None:
        self.numbered(scope)

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        return self.generator.domain(scope)

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self.generator.bounds(scope)


@dataclass(frozen=True)
class Numbered:
    """All values that a column can have, by number.

    Args:
        count: how many there are.
        at: gives the values of some numbers below ``count``; no two numbers have the same.
    """

    count: int
    at: Callable[[Bits], Values]


@singledispatch
def numbered(generator: Generator, scope: Scope) -> Numbered | None:
    """All values of a generator, by number; None where they cannot be counted."""
    values = generator.domain(scope)
    if not values:
        return None
    if None in values:
        raise DeclarationError(
            f"{scope.place}: .unique(): {generator!r} has nulls, of which there would be none; write .unique().nulls(p)"
        )
    array = pa.array(list(dict.fromkeys(values)), generator.type(scope))
    return Numbered(len(array), lambda numbers: array.take(pa.array(numbers)))


@numbered.register(Rounded)
def _(generator: Rounded, scope: Scope) -> Numbered | None:
    ends, scale = _even_ends(generator.generator, scope), 10.0**generator.digits
    if ends is None:
        return None
    first, last = round(ends[0] * scale), round(ends[1] * scale)
    if max(-first, last) > _EXACT:
        return None
    return Numbered(last - first + 1, lambda numbers: (numbers.astype(np.int64) + first) / scale)


@numbered.register(Cast)
def _(generator: Cast, scope: Scope) -> Numbered | None:
    inner, target = generator.generator, arrow_type(generator.target)
    if pa.types.is_integer(target):
        if (ends := _even_ends(inner, scope)) is not None:
            return _without_fractions(*ends, target)
        if not _are_whole(inner, scope):
            return None  # several values may become one
    elif not _keeps_apart(inner, target, scope):
        return None
    found = numbered(inner, scope)
    return found and Numbered(found.count, lambda numbers: cast(found.at(numbers), target))


def _even_ends(generator: Generator, scope: Scope) -> tuple[float, float] | None:
    """The ends of the numbers that a generator gives, if it gives every one between them as often."""
    return generator.bounds(scope) if generator.evenly_spread else None


def _without_fractions(low: float, high: float, target: pa.DataType) -> Numbered:
    """What a cast to an integer leaves of the numbers between two ends, without these."""
    first = math.floor(low) + (low < 0)
    last = math.ceil(high) - (high > 0)
    return Numbered(last - first + 1, lambda numbers: cast(numbers.astype(np.int64) + first, target))


def _keeps_apart(inner: Generator, target: pa.DataType, scope: Scope) -> bool:
    """Whether a cast to what is not an integer makes no two values one."""
    test, type_ = pa.types, inner.type(scope)
    if type_ is None or target in (type_, pa.string(), pa.large_string()):
        return True
    if test.is_decimal(target):
        digits = inner.digits if isinstance(inner, Rounded) else 0
        return target.scale >= digits and (isinstance(inner, Rounded) or test.is_integer(type_))
    if test.is_temporal(target):
        return test.is_date(type_) and not test.is_time(target)
    return test.is_float64(target) and (test.is_floating(type_) or test.is_integer(type_))


def _are_whole(generator: Generator, scope: Scope) -> bool:
    if isinstance(generator, Rounded):
        return generator.digits <= 0
    type_ = generator.type(scope)
    return type_ is not None and pa.types.is_integer(type_)


__all__ = ["Numbered", "Unique", "numbered"]
