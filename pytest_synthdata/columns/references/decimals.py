"""Exact arithmetic on decimals: sums of many at once, and how many digits a column has after the point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Column, Operation
from pytest_synthdata.columns.generators.base import Constant
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, Nullable, Rounded
from pytest_synthdata.columns.references.family import running_totals
from pytest_synthdata.errors import GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.cells import Declared, Scope

Words = npt.NDArray[np.uint64]
Whole = npt.NDArray[np.int64]

_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_SIGN = 63  # the bit of a word that says whether a number is negative
_BYTES = 16
_FITS = 2**63


@runtime_checkable
class Exact(Protocol):
    """A generator that knows how many digits its numbers have after the point."""

    def decimal_places(self, scope: Scope) -> int | None: ...


def unscaled(array: pa.Array) -> Words:
    """The whole numbers that decimals are stored as: a row of a low and a high word for each, two's complement."""
    if not pa.types.is_decimal128(array.type):
        array = array.cast(pa.decimal128(array.type.precision, array.type.scale))
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros((0, 2), np.uint64)
    words = np.frombuffer(buffer, "<u8").reshape(-1, 2)
    return words[array.offset : array.offset + len(array)]


def segment_sums(words: Words, counts: npt.NDArray[np.int64], digits: int = 38) -> tuple[Words, Words]:
    """The sums of successive groups of 128-bit numbers, as low and high words; 0 for an empty group.

    Args:
        words: the numbers.
        counts: how many of them are in each group.
        digits: how many digits they have at the most.
    """
    starts, filled = (np.cumsum(counts) - counts), counts > 0
    low, high = np.zeros(len(counts), np.uint64), np.zeros(len(counts), np.uint64)
    if not filled.any():
        return low, high
    first = starts[filled]
    if 10**digits * int(counts.max()) < _FITS:
        sums = np.zeros(len(counts), np.int64)
        sums[filled] = np.add.reduceat(words[:, 0].view(np.int64), first)
        return signed(sums)
    # The low words by halves, so that no carry is lost; 2^32 numbers could be added before a half runs over.
    right = np.add.reduceat(words[:, 0] & _LOW, first)
    left = np.add.reduceat(words[:, 0] >> _HALF, first) + (right >> _HALF)
    low[filled] = (left << _HALF) | (right & _LOW)
    high[filled] = np.add.reduceat(words[:, 1], first) + (left >> _HALF)
    return low, high


def running_sums(words: Words, counts: npt.NDArray[np.int64]) -> tuple[Words, Words]:
    """The sums of each of successive groups of 128-bit numbers up to each number, as low and high words."""
    right = running_totals(words[:, 0] & _LOW, counts)
    left = running_totals(words[:, 0] >> _HALF, counts) + (right >> _HALF)
    return (left << _HALF) | (right & _LOW), running_totals(words[:, 1], counts) + (left >> _HALF)


def as_decimal128(low: Words, high: Words, type_: pa.DataType) -> pa.Array:
    """Decimals of a type from the whole numbers that they are stored as."""
    words = np.empty((len(low), 2), "<u8")
    words[:, 0], words[:, 1] = low, high
    return pa.Array.from_buffers(type_, len(low), [None, pa.py_buffer(words)])


def signed(numbers: npt.NDArray[np.int64]) -> tuple[Words, Words]:
    """Whole numbers as low and high words."""
    return numbers.view(np.uint64), np.where(numbers < 0, np.uint64(2**64 - 1), np.uint64(0))


def integer_sums(numbers: Whole, counts: Whole) -> tuple[Words, Words]:
    """The sums of successive groups of whole numbers, as low and high words; see `segment_sums`."""
    return segment_sums(np.stack(signed(numbers), axis=1), counts, len(str(_largest(numbers))))


def running_integer_sums(numbers: Whole, counts: Whole) -> tuple[Words, Words]:
    """The sums of each of successive groups of whole numbers up to each number, as low and high words."""
    if _largest(numbers) * int(counts.max(initial=0)) < _FITS:
        return signed(running_totals(numbers, counts))
    return running_sums(np.stack(signed(numbers), axis=1), counts)


def _largest(numbers: Whole) -> int:
    return max(-int(numbers.min(initial=0)), int(numbers.max(initial=0)))


def _fit_in_int64(low: Words, high: Words) -> npt.NDArray[np.bool_]:
    """Which whole numbers of 128 bits have no more than 64."""
    fit: npt.NDArray[np.bool_] = high.view(np.int64) == low.view(np.int64) >> _SIGN
    return fit


def as_int64(low: Words, high: Words, what: str) -> Whole:
    """Whole numbers from their low and high words.

    Args:
        low: the low words.
        high: the high words.
        what: what they are the sums of, and where.

    Raises:
        GenerationError: for a number that has more than 64 bits.
    """
    if not _fit_in_int64(low, high).all():
        raise GenerationError(
            f"{what}: overflow: a sum is beyond the bigints; let it be one of decimals, by "
            '.cast("decimal(20,0)") on what is summed up'
        )
    return low.view(np.int64)


def as_float64(low: Words, high: Words) -> npt.NDArray[np.float64]:
    """Whole numbers from their low and high words, as the floats that are next to them."""
    floats = low.view(np.int64).astype(np.float64)
    for index in np.flatnonzero(~_fit_in_int64(low, high)).tolist():
        floats[index] = float((int(high.view(np.int64)[index]) << 64) + int(low[index]))
    return floats


def decimal_places(generator: Declared, scope: Scope) -> int | None:
    """How many digits after the point a column's declaration leaves; None where it does not say."""
    if isinstance(generator, Rounded):
        return max(generator.digits, 0)
    if isinstance(generator, Cast):
        type_ = arrow_type(generator.target)
        if pa.types.is_decimal(type_):
            return int(type_.scale)
        return 0 if pa.types.is_integer(type_) else decimal_places(generator.generator, scope)
    if isinstance(generator, (Clipped, Nullable)):
        return decimal_places(generator.generator, scope)
    if isinstance(generator, Column):
        inner, column = scope.column(generator.name)
        return decimal_places(column, inner)
    if isinstance(generator, (Given, When)):
        return _most([decimal_places(branch, scope) for branch in generator.branches])
    if isinstance(generator, Constant):
        return 0 if isinstance(generator.value, int) else None
    if isinstance(generator, Operation) and generator.function in ("add", "subtract", "multiply"):
        places = [decimal_places(operand, scope) for operand in generator.operands]
        return (
            sum(one or 0 for one in places)
            if generator.function == "multiply" and None not in places
            else _most(places)
        )
    if isinstance(generator, Exact):
        return generator.decimal_places(scope)
    type_ = generator.type(scope)
    return 0 if type_ is not None and pa.types.is_integer(type_) else None


def _most(places: Sequence[int | None]) -> int | None:
    return None if None in places else max((one for one in places if one is not None), default=None)


__all__ = [
    "as_decimal128",
    "as_float64",
    "as_int64",
    "decimal_places",
    "integer_sums",
    "running_integer_sums",
    "running_sums",
    "segment_sums",
    "signed",
    "unscaled",
]
