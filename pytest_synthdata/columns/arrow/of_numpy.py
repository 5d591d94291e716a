"""Arrow arrays of the values of NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_INT64, _INT32 = np.iinfo(np.int64), np.iinfo(np.int32)


def from_numpy(values: npt.NDArray[Any], mask: Any) -> pa.Array | None:
    """Numbers, truth values, dates and times, null where the mask is set; nothing where only `pyarrow.array` can."""
    kind = values.dtype.kind
    if values.ndim != 1 or not values.dtype.isnative or kind not in "biufM":
        return None
    if kind == "M":
        unit, count = np.datetime_data(values.dtype)
        if count != 1 or unit not in {"D", "s", "ms", "us", "ns"}:
            return None
        type_ = pa.date32() if unit == "D" else pa.timestamp(unit)
        ticks = values.view(np.int64)
        if len(ticks) and ticks.min() == _INT64.min:  # stands for no time
            absent = ticks == _INT64.min
            mask = absent if mask is None else mask | absent
        values = ticks
        if unit == "D":
            present = ticks if mask is None else ticks[~mask]
            if len(present) and not (_INT32.min <= present.min() and present.max() <= _INT32.max):
                return None
            values = ticks.astype(np.int32)
    elif values.dtype.itemsize > 8:  # noqa: PLR2004 - of a long double
        return None
    else:
        type_ = pa.bool_() if kind == "b" else pa.from_numpy_dtype(values.dtype)
    nulls = 0 if mask is None else int(np.count_nonzero(mask))
    valid = validity(mask) if nulls else None
    cells = np.packbits(values, bitorder="little") if kind == "b" else np.ascontiguousarray(values)
    return pa.Array.from_buffers(type_, len(values), [valid, pa.py_buffer(cells)], nulls)


def validity(mask: Any) -> pa.Buffer | None:
    """The bits that say where an array is not null."""
    return None if mask is None else pa.py_buffer(np.packbits(~np.asarray(mask, np.bool_), bitorder="little"))


__all__ = ["from_numpy", "validity"]
