"""What the methods of generators make: rounded, clipped, nulled, cast and unique values of another generator.

They stand together, for the generators' base class has to name them, and they are based on it: one module more would
be one more in that cycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar, python_of
from pytest_synthdata.columns.arrow.casts.casting import cast
from pytest_synthdata.columns.arrow.casts.limits import nearest_within
from pytest_synthdata.columns.arrow.kinds import TOLD_APART
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy, with_numpy, without
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator, require_numbers
from pytest_synthdata.columns.generators.numbering import Numbered, even_ends, numbered, without_fractions
from pytest_synthdata.columns.generators.rounding import rounded
from pytest_synthdata.columns.permutation import Permutation
from pytest_synthdata.errors import DeclarationError, GenerationError, brief, describe, nearest

if TYPE_CHECKING:
    from pytest_synthdata.columns.text.tokens import TokenizedText

_LISTED = 1_000  # values that are looked at before there are rows


def unwrapped(generator: Any) -> Any:
    """A column, or what stands for one, without its type and its nulls."""
    while isinstance(generator, (Cast, Nullable, NotNull)):
        generator = generator.generator
    return generator


class Modifier(Generator):
    """What is written after a generator, whose values it changes: the name of its method, and the arguments."""

    method: ClassVar[str]
    generator: Generator

    def __repr__(self) -> str:
        return f"{self.generator!r}{self.call()}"

    def call(self) -> str:
        """How it is written: ``.round(2)``."""
        _, *arguments = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        shown = (str(value) if isinstance(value, pa.DataType) else value for value in arguments)
        return f".{self.method}({', '.join(map(repr, shown))})"


@dataclass(frozen=True, repr=False)
class Rounded(Modifier):
    """Another generator's numbers, rounded half to even."""

    method = "round"

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
        type_ = number_type(values)
        if pa.types.is_floating(type_):
            return with_numpy(lambda numbers: rounded(numbers, self.digits), values)
        if pa.types.is_integer(type_) and self.digits >= 0:
            return values
        return pc.round(to_arrow(values), ndigits=self.digits)  # exactly, which floats are not

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def nullable(self, scope: Scope) -> bool:
        return self.generator.nullable(scope)

    def check(self, scope: Scope) -> None:
        require_numbers(self.generator, scope, ".round")
        if isinstance(self.digits, bool) or not isinstance(self.digits, int):
            raise DeclarationError(f"{scope.place}: .round({self.digits!r}): the number of digits is an integer")
        _try(self, self.generator.type(scope), scope)

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        bounds = self.generator.bounds(scope)
        return bounds and (round(bounds[0], self.digits), round(bounds[1], self.digits))


@dataclass(frozen=True, repr=False)
class Clipped(Modifier):
    """Another generator's numbers, moved into [low, high]."""

    method = "clip"

    generator: Generator
    low: float | Decimal | None
    high: float | Decimal | None

    def values(self, cells: Cells) -> Values:
        return self.of(self.generator.values(cells))

    def of(self, values: Values) -> Values:
        """Clipped values."""
        type_ = number_type(values)
        low, high = self.ends(type_)
        if low is None and high is None:
            return values
        if pa.types.is_integer(type_) or pa.types.is_floating(type_):
            return with_numpy(lambda numbers: np.clip(numbers, low, high).astype(numbers.dtype, copy=False), values)
        clipped = to_arrow(values)
        if low is not None:
            clipped = pc.max_element_wise(clipped, arrow_scalar(low, type_), skip_nulls=False)
        if high is not None:
            clipped = pc.min_element_wise(clipped, arrow_scalar(high, type_), skip_nulls=False)
        return clipped

    def integers(self, cells: Cells) -> Values | None:
        whole = self.generator.integers(cells)
        return None if whole is None else self.of(whole)

    def ends(self, type_: pa.DataType | None) -> tuple[Any, Any]:
        """The least and the greatest value of a type that lie between the ends; None where there is no end."""
        return nearest_within(self.low, type_, ROUND_CEILING), nearest_within(self.high, type_, ROUND_FLOOR)

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def nullable(self, scope: Scope) -> bool:
        return self.generator.nullable(scope)

    def check(self, scope: Scope) -> None:
        require_numbers(self.generator, scope, ".clip")
        for end in (self.low, self.high):
            if end is not None and (isinstance(end, bool) or not isinstance(end, (int, float, np.number, Decimal))):
                raise DeclarationError(f"{scope.place}: .clip: {end!r} is not a number")
            if end is not None and end != end:  # noqa: PLR0124
                raise DeclarationError(f"{scope.place}: .clip: not-a-number is not a bound")
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


def number_type(values: Values) -> pa.DataType:
    """The type of numbers, of codes that of the numbers that they stand for."""
    if isinstance(values, np.ndarray):
        return pa.from_numpy_dtype(values.dtype)
    return values.type.value_type if isinstance(values, pa.DictionaryArray) else values.type


def _try(modifier: Rounded | Clipped, type_: pa.DataType | None, scope: Scope) -> None:
    """Raise `DeclarationError` where no value of a type can be modified so."""
    try:
        modifier.of(arrow_array([], type_ or pa.float64()))
    except pa.ArrowInvalid as error:
        raise DeclarationError(f"{scope.place}: {modifier!r}: {error}") from None


@dataclass(frozen=True, repr=False)
class Nullable(Modifier):
    """Another generator's values, a share of them null, independent of all else."""

    method = "nulls"

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
        share: Any = self.share
        if isinstance(share, Generator):
            raise DeclarationError(
                f"{scope.place}: .nulls({brief(share)}): the share is a number; where it depends on other columns, "
                f"write one in each branch, as Given('tier', {{'a': {brief(self.generator)}.nulls(0.1), …}})"
            )
        if not isinstance(self.share, (int, float, np.number, Decimal)) or not 0 <= self.share <= 1:
            raise DeclarationError(f"{scope.place}: .nulls({self.share!r}): a share lies between 0 and 1")

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        domain = self.generator.domain(scope)
        return None if domain is None else (*domain, None)


@dataclass(frozen=True, repr=False)
class NotNull(Modifier):
    """Another generator's values, none of them null: the column is ``NOT NULL`` in Arrow's and Spark's schema."""

    method = "not_null"

    generator: Generator

    def values(self, cells: Cells) -> Values:
        values = self.generator.values(cells)
        if isinstance(values, pa.Array) and (array := to_arrow(values)).null_count:
            row = int(np.flatnonzero(to_numpy(pc.is_null(array)))[0])
            raise GenerationError(
                f"{cells.place}: .not_null(): row {cells.rows[row]} has no value; F.coalesce(…) gives it one"
            )
        return values

    def tokens(self, cells: Cells) -> TokenizedText | None:
        return self.generator.tokens(cells)

    def nullable(self, scope: Scope) -> bool:
        del scope
        return False

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.generator.type(scope)

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        domain = self.generator.domain(scope)
        return None if domain is None else [value for value in domain if value is not None]

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self.generator.bounds(scope)


@dataclass(frozen=True, repr=False)
class Cast(Modifier):
    """Another generator's values in a declared type."""

    method = "cast"

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

    def nullable(self, scope: Scope) -> bool:
        return self.generator.nullable(scope)

    def check(self, scope: Scope) -> None:
        try:
            target = arrow_type(self.target)
        except DeclarationError as error:
            raise DeclarationError(f"{scope.place}: .cast: {error}") from None
        source = self.generator.type(scope)
        try:
            cast(arrow_array([], source), target)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise DeclarationError(f"{scope.place}: .cast: cannot cast {source} to {target}") from None
        if source is not None and (lost := next(_lost_fields(source, target), None)) is not None:
            path, hint = lost
            raise DeclarationError(
                f"{scope.place}: the type {target} has no field {path!r}, which its values have: {hint}; "
                "correct the type, or the name of the field"
            )
        self._check_values(source, target, scope)

    def _check_values(self, source: pa.DataType | None, target: pa.DataType, scope: Scope) -> None:
        """Raise `DeclarationError` for a listed value, or the form of a key, that the type does not hold."""
        inner = unwrapped(self.generator)
        known = inner.examples(scope)
        if source is None or not 0 < len(known) <= _LISTED:
            return
        try:
            cast(arrow_array(known, source), target)
        except pa.ArrowInvalid:
            wrong = next(value for value in known if not _fits(value, source, target))
            raise DeclarationError(
                f"{scope.place}: .cast({str(self.target)!r}): {describe(wrong)} is not a value of {target}; cast to "
                "a type that holds all values, or change them"
            ) from None

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        domain = self.generator.domain(scope)
        if domain is None or any(not isinstance(value, (int, float)) for value in domain):
            return None
        values: list[Any] = python_of(to_arrow(self.of(arrow_array(domain))))
        return list(dict.fromkeys(values))

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self.generator.bounds(scope)


def _lost_fields(source: pa.DataType, target: pa.DataType, before: str = "") -> Iterator[tuple[str, str]]:
    """The paths of fields that a struct has and its stated type has not, each with a hint."""
    test = pa.types
    if test.is_list(source) and test.is_list(target):
        yield from _lost_fields(source.value_type, target.value_type, before)
    elif test.is_map(source) and test.is_map(target):
        yield from _lost_fields(source.item_type, target.item_type, before)
    elif test.is_struct(source) and test.is_struct(target):
        known = {field.name: field.type for field in target}
        for field in source:
            if field.name in known:
                yield from _lost_fields(field.type, known[field.name], f"{before}{field.name}.")
            else:
                yield f"{before}{field.name}", nearest(field.name, known)


def _fits(value: Any, source: pa.DataType, target: pa.DataType) -> bool:
    try:
        cast(arrow_array([value], source), target)
    except pa.ArrowInvalid:
        return False
    return True


@dataclass(frozen=True, repr=False)
class Unique(Modifier):
    """Another generator's values, each at most once, and each as likely as any other.

    Row i has what stands at place i of a permutation of all values, so that nothing has to be remembered.
    """

    method = "unique"

    generator: Generator

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


@numbered.register(Rounded)
def _(generator: Rounded, scope: Scope) -> Numbered | None:
    ends, scale = even_ends(generator.generator, scope), 10.0**generator.digits
    if ends is None:
        return None
    first, last = round(ends[0] * scale), round(ends[1] * scale)
    if max(-first, last) > TOLD_APART:
        return None
    return Numbered(last - first + 1, lambda numbers: (numbers.astype(np.int64) + first) / scale)


@numbered.register(Cast)
def _(generator: Cast, scope: Scope) -> Numbered | None:
    inner, target = generator.generator, arrow_type(generator.target)
    if pa.types.is_integer(target):
        if (ends := even_ends(inner, scope)) is not None:
            return without_fractions(*ends, target)
        if not _are_whole(inner, scope):
            return None  # several values may become one
    elif not keeps_apart(inner, target, scope):
        return None
    found = numbered(inner, scope)
    return found and Numbered(found.count, lambda numbers: cast(found.at(numbers), target))


def keeps_apart(inner: Generator, target: pa.DataType, scope: Scope) -> bool:
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
