"""Values computed from other columns by operators, as Spark users write them: `col` expressions.

Expressions are evaluated by Arrow's compute functions, with SQL's meaning of null.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.arithmetic import arithmetic
from pytest_synthdata.columns.generators.base import (
    Constant,
    Generator,
)
from pytest_synthdata.errors import DeclarationError, GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.time.events import Event

_COMPARISONS = {
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
}
_LOGIC = {"and_kleene", "or_kleene", "invert", "is_null", "is_valid", "is_in"}
_ARITHMETIC = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "floor_divide": "//",
    "remainder": "%",
}
SYMBOLS = {**_COMPARISONS, **_ARITHMETIC, "and_kleene": "&", "or_kleene": "|"}


class Expression(Generator):
    """A value of other columns, which compares by ``==`` and ``!=`` as in Spark."""

    __hash__ = Generator.__hash__

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
        """Whether a date or time falls into an event, its last day included."""
        start, end = event.days()
        return (self >= start) & (self < end + dt.timedelta(days=1))


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
        if symbol := SYMBOLS.get(self.function):
            return f"({shown[0]} {symbol} {shown[1]})"
        return f"{self.function}({', '.join(shown)})"

    def values(self, cells: Cells) -> Values:
        if self.function == "is_in":
            subject, listed = self.operands
            return _is_in(to_arrow(subject.values(cells)), listed.value)  # type: ignore[attr-defined]
        places = [
            cells if number == 0 else cells.substream(f"operand {number}") for number in range(len(self.operands))
        ]
        if self.function in _NUMPY and not any(_is_integer(operand) for operand in self.operands):
            arguments = [operand.values(place) for operand, place in zip(self.operands, places, strict=True)]
            if (made := _plain(self.function, arguments)) is not None:
                return made
            arrays = list(map(to_arrow, arguments))
        else:
            arrays = [operand_array(operand, place) for operand, place in zip(self.operands, places, strict=True)]
        try:
            result = _computed(self.function, arrays, self.operands)
        except (TypeError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise GenerationError(f"{cells.place}: {self!r}: {error}") from None
        number = (
            pa.types.is_integer(result.type) or pa.types.is_floating(result.type) or pa.types.is_boolean(result.type)
        )
        return to_numpy(result) if number and not result.null_count else result

    def type(self, scope: Scope) -> pa.DataType | None:
        types = [operand.type(scope) for operand in self.operands[: 1 if self.function == "is_in" else None]]
        if any(type_ is None for type_ in types):
            return pa.bool_() if self.function in _COMPARISONS or self.function in _LOGIC else None
        if self.function == "is_in":
            listed = self.operands[1]
            assert isinstance(listed, Constant)  # noqa: S101
            try:
                pa.array(listed.value, type=types[0])
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                raise DeclarationError(
                    f"{scope.place}: {self!r}: the list holds what {types[0]} can never be"
                ) from None
            return pa.bool_()
        try:
            samples = [pa.array([], operand_type(operand, scope)) for operand in self.operands]
            return _computed(self.function, samples, self.operands).type
        except TypeError as error:
            raise DeclarationError(f"{scope.place}: {self!r}: {error}") from None
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            shown = " and ".join(str(type_) for type_ in types)
            verb = "compare" if self.function in _COMPARISONS else self.function
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
        if self.function not in _COMPARISONS:
            return None
        bounds = [operand.bounds(scope) for operand in self.operands]
        if bounds[0] is None or bounds[1] is None:
            return None
        (low, high), (other_low, other_high) = ([_instant(end) for end in bound] for bound in bounds if bound)
        try:
            match self.function:
                case "less_equal":
                    return True if high <= other_low else (False if low > other_high else None)
                case "less":
                    return True if high < other_low else (False if low >= other_high else None)
                case "greater_equal":
                    return True if low >= other_high else (False if high < other_low else None)
                case "greater":
                    return True if low > other_high else (False if high <= other_low else None)
        except TypeError:
            return None
        return None


_NUMPY: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.true_divide,
}


def _plain(function: str, arguments: list[Values]) -> npt.NDArray[Any] | None:
    """The result of floats without nulls, which NumPy calculates alike and faster; None where they are not such."""
    left, right = arguments
    if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
        return None
    if {left.dtype.kind, right.dtype.kind} not in ({"f"}, {"f", "i"}) or np.result_type(left, right) != np.float64:
        return None
    if function == "divide" and not np.all(right):
        return None
    return np.asarray(_NUMPY[function](left, right))


def _computed(function: str, arrays: list[pa.Array], operands: tuple[Generator, ...]) -> pa.Array:
    if function in _ARITHMETIC:
        if any(pa.types.is_decimal(array.type) for array in arrays):
            arrays = [_digits_only(array, operand) for array, operand in zip(arrays, operands, strict=True)]
        return arithmetic(function, *arrays)
    return pc.call_function(function, _comparable(arrays))


def _is_in(array: pa.Array, listed: list[Any]) -> pa.Array:
    """Whether values are in a list; null for null, and for what is not in a list that has a null."""
    values = pa.array(listed, type=array.type)
    found = pc.is_in(array, value_set=values.drop_null())
    unknown = pc.invert(found) if values.null_count else pc.is_null(array)
    return pc.if_else(unknown, pa.scalar(None, pa.bool_()), found)


def _digits_only(array: pa.Array, operand: Generator) -> pa.Array:
    """A whole number that is written beside decimals, as a decimal of just its digits."""
    if not isinstance(operand, Constant) or not _is_integer(operand):
        return array
    return array.cast(pa.decimal128(20, 0)).cast(pa.decimal128(len(str(abs(operand.value))), 0))


def _is_integer(operand: Generator) -> bool:
    return isinstance(operand, Constant) and isinstance(operand.value, int) and not isinstance(operand.value, bool)


def operand_type(operand: Generator, scope: Scope) -> pa.DataType | None:
    """The type of an operand: a whole number that is written there is an int, a long one a bigint, as in Spark."""
    type_ = operand.type(scope)
    if isinstance(operand, Constant) and _is_integer(operand) and type_ == pa.int64():
        return pa.int32() if -_LONG <= operand.value < _LONG else type_
    return type_


def operand_array(operand: Generator, cells: Cells) -> pa.Array:
    """The values of an operand in its type."""
    array = to_arrow(operand.values(cells))
    if isinstance(operand, Constant) and _is_integer(operand) and -_LONG <= operand.value < _LONG:
        return array.cast(pa.int32())
    return array


_LONG = 2**31


def _instant(value: Any) -> Any:
    """Dates as the midnight that begins them, all times naive UTC, so that they compare."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return value


def _comparable(arrays: list[pa.Array]) -> list[pa.Array]:
    """Give dates, times and their texts one type, as Spark does when it compares them."""
    times = [array.type for array in arrays if pa.types.is_timestamp(array.type)]
    if not times and not any(pa.types.is_date(array.type) for array in arrays):
        return arrays
    if not times and all(pa.types.is_date(array.type) or pa.types.is_string(array.type) for array in arrays):
        if any(pa.types.is_string(array.type) for array in arrays):
            return [array.cast(pa.date32()) for array in arrays]
        return arrays
    zoned = next((type_ for type_ in times if type_.tz), None)
    target = zoned or (times[0] if times else pa.timestamp("us"))
    naive = pa.timestamp(target.unit)
    return [
        array
        if array.type == target
        else (array if pa.types.is_duration(array.type) else array.cast(naive).cast(target))
        for array in arrays
    ]
