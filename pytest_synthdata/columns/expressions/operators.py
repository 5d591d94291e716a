"""Values computed from other columns by operators and functions, as Spark users write them: `col` expressions.

Expressions are evaluated by Arrow's compute functions, with SQL's meaning of null.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.computing import (
    COMPARISONS,
    FLOAT_FUNCTIONS,
    LOGIC,
    SYMBOLS,
    as_text,
    computed,
    decided,
    float_result,
    is_in,
)
from pytest_synthdata.columns.expressions.event_ends import ends_by_clocks, ends_of
from pytest_synthdata.columns.expressions.math import MATH
from pytest_synthdata.columns.expressions.nulls import NULLS
from pytest_synthdata.columns.expressions.text import TEXT
from pytest_synthdata.columns.expressions.time import TIME
from pytest_synthdata.columns.generators.base import Constant, Generator, literal
from pytest_synthdata.errors import DeclarationError, GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.time.events import Event

# Each takes Arrow arrays, then its options, and gives an Arrow array, whose type depends on theirs alone.
FUNCTIONS: Mapping[str, Callable[..., Any]] = {**TEXT, **MATH, **TIME, **NULLS}
_LONG = 2**31
_METHODS = ("contains", "startswith", "endswith", "like", "rlike")
_REFUSED = (TypeError, pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, DeclarationError)


class Expression(Generator):
    """A value of other columns, which compares by ``==`` and ``!=`` as in Spark."""

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __eq__(self, other: object) -> Operation:  # type: ignore[override]
        return self._operation("equal", self, other)

    def __ne__(self, other: object) -> Operation:  # type: ignore[override]
        return self._operation("not_equal", self, other)

    def __bool__(self) -> bool:
        raise DeclarationError(
            f"{self!r} is a rule for every row, not one truth value: combine with & | ~ in place of "
            "and/or/not, with parentheses around comparisons"
        )

    def during(self, event: Event) -> Operation:
        """Whether a date or time falls into an event, its last day or second included.

        The event's days and hours are those of the time zone of the `Timeline` or `Times` that the time comes from.
        """
        plain = _between(self, *ends_of(event, f"{self!r}.during({event!r})"))
        return During(plain.function, plain.operands, self, event)


@dataclass(frozen=True, eq=False)
class Column(Expression):
    """Another column of the row, or a parent's as ``reference.column``."""

    name: str

    def __repr__(self) -> str:
        return f"col({self.name!r})"

    def values(self, cells: Cells) -> Values:
        return cells.read(self.name)

    def reads(self) -> Iterator[str]:
        yield self.name

    def type(self, scope: Scope) -> pa.DataType | None:
        return scope.type(self.name)

    def nullable(self, scope: Scope) -> bool:
        plan: Any = scope.plan
        for head in self.name.split(".")[:-1]:
            reference = None if self.name in plan.columns else plan.references.get(head)
            if reference is None:
                break
            if reference.is_nullable:
                return True
            plan = reference.parent
        inner, column = scope.column(self.name)
        return column.nullable(inner)

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        return scope.domain(self.name)

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return scope.bounds(self.name)


def col(name: str) -> Column:
    """A column of the row, or of a parent's row as ``reference.column``, for use in expressions.

    >>> from pytest_synthdata import Dataset, TableFactory, Uniform, col
    >>> class ItemFactory(TableFactory):
    ...     net = Uniform(1, 100).round(2)
    ...     gross = (col("net") * 1.19).round(2)
    >>> Dataset({ItemFactory: 1})["items"].to_arrow().to_pylist()
    [{'net': 11.93, 'gross': 14.2}]
    """
    return Column(name)


@dataclass(frozen=True, eq=False)
class Operation(Expression):
    """An Arrow compute function of other generators' values."""

    function: str
    operands: tuple[Generator, ...]

    def __post_init__(self) -> None:
        # Popularity looks for the tail in the first operand, whose random numbers are the column's own.
        if self.function in ("add", "multiply") and isinstance(self.operands[0], Constant):
            object.__setattr__(self, "operands", self.operands[::-1])

    def __repr__(self) -> str:
        shown = [repr(operand.value if isinstance(operand, Constant) else operand) for operand in self.operands]
        return as_text(self.function, shown)

    def values(self, cells: Cells) -> Values:
        if self.function == "is_in":
            subject, listed = self.operands
            return is_in(to_arrow(subject.values(cells)), listed.value)  # type: ignore[attr-defined]
        places = [
            cells if number == 0 else cells.substream(f"operand {number}") for number in range(len(self.operands))
        ]
        if self.function in FLOAT_FUNCTIONS and not any(map(_is_integer, self.operands)):
            arguments = [operand.values(place) for operand, place in zip(self.operands, places, strict=True)]
            if (made := float_result(self.function, arguments)) is not None:
                return made
            arrays = list(map(to_arrow, arguments))
        else:
            operand_of = _comparand if self._has_written_side else operand_array
            arrays = [operand_of(operand, place) for operand, place in zip(self.operands, places, strict=True)]
        try:
            result = computed(self.function, arrays, _written(self.operands))
        except (TypeError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise GenerationError(f"{cells.place}: {self!r}: {error}") from None
        number = (
            pa.types.is_integer(result.type) or pa.types.is_floating(result.type) or pa.types.is_boolean(result.type)
        )
        return to_numpy(result) if number and not result.null_count else result

    @property
    def _has_written_side(self) -> bool:
        """Whether values are compared with one that is written there."""
        return self.function in COMPARISONS and sum(isinstance(one, Constant) for one in self.operands) == 1

    def type(self, scope: Scope) -> pa.DataType | None:
        types = [operand.type(scope) for operand in self.operands[: 1 if self.function == "is_in" else None]]
        if any(type_ is None for type_ in types):
            return pa.bool_() if self.function in COMPARISONS or self.function in LOGIC else None
        if self.function == "is_in":
            listed = self.operands[1]
            assert isinstance(listed, Constant)  # noqa: S101
            try:
                arrow_array(listed.value, type=types[0])
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                raise DeclarationError(
                    f"{scope.place}: {self!r}: the list holds what {types[0]} can never be"
                ) from None
            return pa.bool_()
        try:
            samples = [
                arrow_array([], _as_operand(operand, type_))
                for operand, type_ in zip(self.operands, types, strict=True)
            ]
            return computed(self.function, samples, _written(self.operands)).type
        except TypeError as error:
            raise DeclarationError(f"{scope.place}: {self!r}: {error}") from None
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            shown = " and ".join(str(type_) for type_ in types)
            verb = "compare" if self.function in COMPARISONS else self.function
            raise DeclarationError(f"{scope.place}: {self!r}: cannot {verb} {shown}; cast one of them") from None

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        if self.function not in ("add", "multiply"):
            return None
        first, second = (operand.bounds(scope) for operand in self.operands)
        numbers = (int, float, np.number)
        if first is None or second is None or not all(isinstance(end, numbers) for end in (*first, *second)):
            return None
        if self.function == "add":
            return first[0] + second[0], first[1] + second[1]
        if min(first[0], second[0]) < 0:
            return None
        return first[0] * second[0], first[1] * second[1] if min(first[1], second[1]) > 0 else 0

    def truth(self, scope: Scope) -> bool | None:
        """True or False where the ranges of both sides decide a comparison for every row, else None."""
        if self.function in ("and_kleene", "or_kleene"):
            sides = [operand.truth(scope) if isinstance(operand, Operation) else None for operand in self.operands]
            if self.function == "and_kleene":
                return False if False in sides else (True if sides == [True, True] else None)
            return True if True in sides else (False if sides == [False, False] else None)
        if self.function not in COMPARISONS:
            return None
        left, right = (operand.bounds(scope) for operand in self.operands)
        return None if left is None or right is None else decided(self.function, left, right)


@dataclass(frozen=True, eq=False, repr=False)
class Between(Operation):
    """Whether a value lies between two others: two comparisons, for which it is drawn once."""

    of: Generator
    low: Generator
    high: Generator
    until: str

    @classmethod
    def comparing(cls, of: Generator, low: Any, high: Any, until: str = "less_equal") -> Between:
        """The comparisons ``low <= of`` and ``of <= high``, or ``of < high``."""
        ends = literal(low), literal(high)
        sides = (Operation("greater_equal", (of, ends[0])), Operation(until, (of, ends[1])))
        return cls("and_kleene", sides, of, *ends, until)

    def children(self) -> Iterator[Generator]:
        yield from self.operands

    def values(self, cells: Cells) -> Values:
        held = _Held(self.of.values(cells))
        sides = Operation("greater_equal", (held, self.low)), Operation(self.until, (held, self.high))
        return Operation(self.function, sides).values(cells)


class _Held(Generator):
    """Values that were drawn already, one for each of the cells."""

    def __init__(self, drawn: Values) -> None:
        self.drawn = drawn

    def values(self, cells: Cells) -> Values:
        del cells
        return self.drawn


@dataclass(frozen=True, eq=False)
class During(Operation):
    """Whether a date or time falls into an event. Its operands are the two comparisons where no zone is declared."""

    of: Expression
    event: Event

    def __repr__(self) -> str:
        return f"{self.of!r}.during({self.event!r})"

    def children(self) -> Iterator[Generator]:
        yield from self.operands

    def values(self, cells: Cells) -> Values:
        bound = cells.reader.bound
        return bound.cached(("during", self), lambda: self.in_zone(bound.scope(""))).values(cells)

    def truth(self, scope: Scope) -> bool | None:
        return self.in_zone(scope).truth(scope)

    def check(self, scope: Scope) -> None:
        self.in_zone(scope)

    def in_zone(self, scope: Scope) -> Operation:
        """The comparisons in the time zone of the time, as its declaration tells it."""
        ends = ends_by_clocks(self.event, self.of, scope, repr(self))
        return _between(self.of, *(ends_of(self.event, repr(self)) if ends is None else ends))


def _between(of: Expression, begin: dt.date, after: dt.date) -> Between:
    return Between.comparing(of, begin, after, "less")


def _written(operands: Sequence[Generator]) -> list[int | None]:
    """The whole numbers that are written among operands."""
    return [operand.value if isinstance(operand, Constant) and _is_integer(operand) else None for operand in operands]


def _is_integer(operand: Generator) -> bool:
    return isinstance(operand, Constant) and isinstance(operand.value, int) and not isinstance(operand.value, bool)


def operand_type(operand: Generator, scope: Scope) -> pa.DataType | None:
    """The type of an operand: a whole number that is written there is an int, a long one a bigint, as in Spark."""
    return _as_operand(operand, operand.type(scope))


def _as_operand(operand: Generator, type_: pa.DataType | None) -> pa.DataType | None:
    if isinstance(operand, Constant) and _is_integer(operand) and type_ == pa.int64():
        return pa.int32() if -_LONG <= operand.value < _LONG else type_
    return type_


def operand_array(operand: Generator, cells: Cells) -> pa.Array:
    """The values of an operand in its type."""
    array = to_arrow(operand.values(cells))
    if isinstance(operand, Constant) and _is_integer(operand) and -_LONG <= operand.value < _LONG:
        return array.cast(pa.int32())
    return array


def _comparand(operand: Generator, cells: Cells) -> pa.Array | pa.Scalar:
    """The values of one side of a comparison; a text or a day that is written there is one for all rows."""
    if isinstance(operand, Constant) and isinstance(operand.value, (str, dt.date)):
        return arrow_scalar(operand.value, operand.type(None))
    return operand_array(operand, cells)


@dataclass(frozen=True, eq=False)
class Call(Expression):
    """A function of other generators' values.

    Args:
        function: its name.
        operands: the generators.
        options: what else it takes: lengths, units, patterns.
    """

    function: str
    operands: tuple[Generator, ...]
    options: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        if self.function == "negative":
            return f"(-{self.operands[0]!r})"
        if self.function in _METHODS:
            return f"{self.operands[0]!r}.{self.function}({self.options[0]!r})"
        shown = [f"F.lit({one.value!r})" if isinstance(one, Constant) else repr(one) for one in self.operands]
        if self.function == "struct":
            return f"F.struct({', '.join(f'{name}={one}' for name, one in zip(self.options[0], shown, strict=True))})"
        return f"F.{self.function}({', '.join((*shown, *map(repr, self.options)))})"

    def values(self, cells: Cells) -> Values:
        arrays = [
            operand_array(operand, cells if number == 0 else cells.substream(f"operand {number}"))
            for number, operand in enumerate(self.operands)
        ]
        try:
            return to_arrow(FUNCTIONS[self.function](*arrays, *self.options))
        except _REFUSED as error:
            raise GenerationError(f"{cells.place}: {self!r}: {error}") from None

    def type(self, scope: Scope) -> pa.DataType | None:
        types = [operand_type(operand, scope) for operand in self.operands]
        samples = [arrow_array([], type_) for type_ in types if type_ is not None]
        if len(samples) < len(types):
            return None
        try:
            return FUNCTIONS[self.function](*samples, *self.options).type
        except _REFUSED as error:
            raise DeclarationError(f"{scope.place}: {self!r}: {error}") from None


__all__ = ["FUNCTIONS", "SYMBOLS", "Call", "Column", "Expression", "Operation", "col", "operand_array", "operand_type"]
