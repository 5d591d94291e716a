"""Floats as decimals and back, by the digits that a float prints as: 2.675 is meant as 2.675, as Spark takes it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar, numpy_of, without_nulls
from pytest_synthdata.columns.arrow.kinds import TOLD_APART

_MOST_POWER = 22  # the greatest power of ten that is a float
_CERTAIN = 2.0**48  # units up to which a float is surely nearer to one number of so many digits than to all others
_WIDE = Context(prec=400)
_WORD, _SIGN = 2**64 - 1, 2**63


def decimals_as_printed(array: pa.Array, target: pa.DataType) -> pa.Array | None:
    """Floats, none of them not-a-number, as decimals: the digits that they print as, halves rounded away from zero.

    None where some do not fit.
    """
    numbers = numpy_of(without_nulls(array.cast(pa.float64()), 0.0))
    with np.errstate(over="ignore", invalid="ignore"):  # infinite numbers fit nowhere
        units = numbers * 10.0**target.scale
        doubtful = _doubtful(units)
    if len(doubtful) and not np.isfinite(units).all():
        return None
    whole: npt.NDArray[np.int64] = np.rint(units if not len(doubtful) else np.clip(units, -_CERTAIN, _CERTAIN)).astype(
        np.int64
    )
    words = np.empty((len(whole), 2), "<i8")
    words[:, 0], words[:, 1] = whole, whole >> 63
    limit = 10**target.precision
    if limit <= _CERTAIN and len(whole) and max(-int(whole.min()), int(whole.max())) >= limit:
        return None
    unit = Decimal(1).scaleb(-target.scale)
    for position in doubtful.tolist():
        exact = int(
            Decimal(repr(float(numbers[position]))).quantize(unit, ROUND_HALF_UP, _WIDE).scaleb(target.scale, _WIDE)
        )
        if abs(exact) >= limit:
            return None
        words[position] = ((exact & _WORD) ^ _SIGN) - _SIGN, exact >> 64
    valid = None if not array.null_count else arrow_array(numpy_of(array.is_valid())).buffers()[1]
    return pa.Array.from_buffers(target, len(array), [valid, pa.py_buffer(words)], array.null_count)


def decimals_of_integers(array: pa.Array, target: pa.DataType) -> pa.Array | None:
    """Integers as decimals; None where some do not fit, or a word does not hold them."""
    if array.null_count or array.type == pa.uint64() or not pa.types.is_decimal128(target) or target.scale < 0:
        return None
    numbers = numpy_of(array)
    most = min(10**target.precision - 1, _SIGN - 1) // 10**target.scale
    if most == 0 or (len(numbers) and not (-most <= int(numbers.min()) and int(numbers.max()) <= most)):
        return None
    words = np.empty((len(numbers), 2), "<i8")
    np.multiply(numbers, 10**target.scale, out=words[:, 0], dtype=np.int64)
    np.right_shift(words[:, 0], 63, out=words[:, 1])
    return pa.Array.from_buffers(target, len(array), [None, pa.py_buffer(words)], 0)


def _doubtful(units: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """The positions of numbers that are as near to a half as their last bits, or too large to be sure."""
    size = np.abs(units)
    half = np.abs(size - np.floor(size) - 0.5)
    return np.flatnonzero(~((half > size * 2.0**-50) & (size <= _CERTAIN)))


def floats_of_decimals(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Decimals as the floats nearest to them, which Arrow's own cast misses by a bit in one of ten."""
    scale = array.type.scale
    if 0 <= scale <= _MOST_POWER:
        whole = pa.Array.from_buffers(pa.decimal128(38, 0), len(array), array.buffers(), offset=array.offset)
        ends: Any = pc.min_max(whole)
        low, high = ends["min"].as_py() or 0, ends["max"].as_py() or 0
        if low >= -TOLD_APART and high <= TOLD_APART:
            # A quotient of two numbers that are floats themselves is the float nearest to the true one.
            return pc.divide(whole.cast(pa.int64()).cast(pa.float64()), arrow_scalar(10.0**scale)).cast(target)
    numbers = [None if number is None else float(number) for number in array.to_pylist()]
    return arrow_array(numbers, pa.float64()).cast(target)


__all__ = ["decimals_as_printed", "decimals_of_integers", "floats_of_decimals"]
