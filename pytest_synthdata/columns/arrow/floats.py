"""Floats as decimals and back, by the digits that a float prints as: 2.675 is meant as 2.675, as Spark takes it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, null_of, numpy_of

_MOST_POWER = 22  # the greatest power of ten that is a float
_TELLS_APART = 2**53  # up to which floats tell integers apart
_CERTAIN = 2.0**48  # units up to which a float is surely nearer to one number of so many digits than to all others
_WIDE = Context(prec=400)


def rounded_as_printed(array: pa.Array, scale: int) -> pa.Array:
    """Floats, none of them not-a-number, as decimals: the digits that they print as, halves rounded away from zero."""
    numbers = numpy_of(array.cast(pa.float64()).fill_null(0.0))
    made = pc.round(array, ndigits=scale, round_mode="half_towards_infinity").cast(pa.decimal128(38, scale))
    doubtful = _doubtful(numbers, scale)
    if not len(doubtful):
        return made
    unit = Decimal(1).scaleb(-scale)
    exact = [Decimal(repr(number)).quantize(unit, ROUND_HALF_UP, _WIDE) for number in numbers[doubtful].tolist()]
    replaced = np.zeros(len(numbers), np.bool_)
    replaced[doubtful] = True
    mended = pc.replace_with_mask(made, arrow_array(replaced), arrow_array(exact, made.type))
    return pc.if_else(array.is_null(), null_of(made.type), mended) if array.null_count else mended


def _doubtful(numbers: npt.NDArray[np.float64], scale: int) -> npt.NDArray[np.intp]:
    """The positions of floats that are as near to a half as their last bits, or have no more digits than they print."""
    units = np.abs(numbers) * 10.0**scale
    half = np.abs(units - np.floor(units) - 0.5)
    return np.flatnonzero(((half <= units * 2.0**-50) | (units > _CERTAIN)) & np.isfinite(numbers))


def floats_of_decimals(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Decimals as the floats nearest to them, which Arrow's own cast misses by a bit in one of ten."""
    scale = array.type.scale
    if 0 <= scale <= _MOST_POWER:
        whole = pa.Array.from_buffers(pa.decimal128(38, 0), len(array), array.buffers(), offset=array.offset)
        ends: Any = pc.min_max(whole)
        low, high = ends["min"].as_py() or 0, ends["max"].as_py() or 0
        if low >= -_TELLS_APART and high <= _TELLS_APART:
            # A quotient of two numbers that are floats themselves is the float nearest to the true one.
            return pc.divide(whole.cast(pa.int64()).cast(pa.float64()), 10.0**scale).cast(target)
    numbers = [None if number is None else float(number) for number in array.to_pylist()]
    return arrow_array(numbers, pa.float64()).cast(target)


__all__ = ["floats_of_decimals", "rounded_as_printed"]
