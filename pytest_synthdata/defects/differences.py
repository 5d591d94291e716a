"""Which cells of two columns differ, and what a cell looks like as text."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of, without_nulls
from pytest_synthdata.columns.arrow.map_order import with_ordered_maps
from pytest_synthdata.columns.arrow.values import to_numpy


def differ(first: pa.Array, second: pa.Array) -> npt.NDArray[np.bool_]:
    """Where two arrays of one type differ. Null equals null, NaN equals NaN, and 0.0 equals -0.0.

    >>> differ(pa.array([1.0, None, None]), pa.array([2.0, None, 3.0])).tolist()
    [True, False, True]
    """
    if pa.types.is_nested(first.type):
        pairs = zip(*(python_of(with_ordered_maps(one)) for one in (first, second)), strict=True)
        return np.array([one != other for one, other in pairs], np.bool_)
    unequal = without_nulls(pc.not_equal(first, second), False)
    if pa.types.is_floating(first.type):
        both_nan = pc.and_(pc.is_nan(first), pc.is_nan(second))
        unequal = pc.and_not(unequal, without_nulls(both_nan, False))
    return as_mask(pc.or_(unequal, pc.xor(pc.is_null(first), pc.is_null(second))))


def as_mask(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Arrow's truth values as NumPy's; null is False."""
    return np.asarray(to_numpy(without_nulls(array, False)), np.bool_)


def as_text(array: pa.Array) -> pa.Array:
    """Values as texts; null stays null.

    >>> as_text(pa.array([31.57, None])).to_pylist()
    ['31.57', None]
    """
    if pa.types.is_string(array.type):
        return array
    if pa.types.is_nested(array.type) or pa.types.is_binary(array.type):
        return arrow_array([None if value is None else _shown(value) for value in python_of(array)], pa.string())
    return array.cast(pa.string())


def _shown(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


__all__ = ["as_mask", "as_text", "differ"]
