"""Arrow arrays from NumPy's and from lists without pandas, which `pyarrow.array` imports wherever it is installed.

The import takes longer than making the tables of most tests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise, repeat
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.of_numpy import from_numpy
from pytest_synthdata.columns.arrow.of_python import from_list

_NUMPY_NAMES = {"float": "float32", "double": "float64"}


def arrow_array(
    values: Any,
    type: pa.DataType | None = None,  # noqa: A002
    mask: Any = None,
    *,
    from_pandas: bool = False,
) -> pa.Array:
    """As `pyarrow.array`: numbers, truth values, dates and times of NumPy, and lists of Python's plain values.

    All else is given to `pyarrow.array` itself, and so is what does not fit into its type, which is an error there.

    Args:
        values: one-dimensional.
        type: the type; by default the one that the values have.
        mask: where the result is null, for NumPy's arrays.
        from_pandas: whether not-a-number is null.
    """
    made = None
    if isinstance(values, np.ndarray) and values.dtype.kind not in "OSU":
        if from_pandas and values.dtype.kind == "f":
            mask = np.isnan(values) if mask is None else mask | np.isnan(values)
        made = from_numpy(values, mask)
    elif mask is None:
        listed = values.tolist() if isinstance(values, np.ndarray) and values.ndim == 1 else values
        if isinstance(listed, (list, tuple)):
            made = from_list(listed, type, from_pandas=from_pandas)
    if made is None:
        return pa.array(values, type, mask=mask, from_pandas=from_pandas)
    return made if type is None or made.type == type else made.cast(type)


def arrow_scalar(value: Any, type: pa.DataType | None = None) -> pa.Scalar:  # noqa: A002
    """As `pyarrow.scalar`."""
    if value.__class__ is str and (type is None or pa.types.is_string(type)):
        return _text(value)
    return arrow_array([value], type)[0]


@lru_cache(256)
def _text(value: str) -> pa.Scalar:
    """A text that is compared with or joined to each batch of rows."""
    return arrow_array([value])[0]


def null_of(type_: pa.DataType) -> pa.Scalar:
    """The null of a type."""
    return pa.nulls(1, type_)[0]


def numpy_of(array: pa.Array) -> npt.NDArray[Any]:
    """As ``array.to_numpy(zero_copy_only=False)``, without a copy where there are numbers without nulls."""
    type_ = array.type
    if pa.types.is_boolean(type_):
        if array.null_count:
            return np.array(array.to_pylist(), object)
        bits = np.frombuffer(array.buffers()[1] or b"", np.uint8)
        return np.unpackbits(bits, count=array.offset + len(array), bitorder="little")[array.offset :].view(np.bool_)
    if pa.types.is_date32(type_):
        stored: np.dtype[Any] = np.dtype(np.int32)
        seen: np.dtype[Any] = np.dtype("M8[D]")
    elif pa.types.is_timestamp(type_) or pa.types.is_duration(type_):
        kind = "M" if pa.types.is_timestamp(type_) else "m"
        stored, seen = np.dtype(np.int64), np.dtype(f"{kind}8[{type_.unit}]")
    elif pa.types.is_integer(type_) or pa.types.is_float32(type_) or pa.types.is_float64(type_):
        stored = seen = np.dtype(_NUMPY_NAMES.get(str(type_), str(type_)))
    elif pa.types.is_string(type_) or pa.types.is_decimal(type_):
        return np.array(array.to_pylist(), object)
    else:
        return np.asarray(array.to_numpy(zero_copy_only=False))
    buffer, start = array.buffers()[1], array.offset * stored.itemsize
    cells = np.frombuffer(buffer, stored, len(array), start) if len(array) else np.zeros(0, stored)
    cells = cells.astype(seen) if seen.kind in "Mm" else cells
    if array.null_count:
        null = numpy_of(array.is_null())
        cells = cells.astype(np.float64) if seen.kind in "iu" else cells.copy()
        cells[null] = np.array("NaT", seen) if seen.kind in "Mm" else np.nan
    return cells


def python_of(values: pa.Array | pa.ChunkedArray | pa.RecordBatch | pa.Table) -> list[Any]:
    """As ``values.to_pylist()``, which imports pandas where there are times with a zone."""
    if isinstance(values, pa.ChunkedArray):
        return [value for chunk in values.chunks for value in python_of(chunk)]
    if isinstance(values, (pa.RecordBatch, pa.Table)):
        return _rows(values.schema.names, values.columns, values.num_rows)
    type_ = values.type
    if pa.types.is_timestamp(type_) and type_.tz is not None and type_.unit != "ns" and ":" not in type_.tz:
        zone = ZoneInfo(type_.tz)
        naive = values.cast(pa.timestamp(type_.unit)).to_pylist()
        return [None if time is None else time.replace(tzinfo=dt.timezone.utc).astimezone(zone) for time in naive]
    if pa.types.is_nested(type_) and "tz=" in str(type_):
        present = numpy_of(values.is_valid()).tolist()
        if pa.types.is_struct(type_):
            whole = _rows([field.name for field in type_], values.flatten(), len(values))
            return [row if valid else None for row, valid in zip(whole, present, strict=True)]
        if pa.types.is_list(type_):
            items, ends = python_of(values.values), numpy_of(values.offsets).tolist()
            return [items[a:b] if valid else None for (a, b), valid in zip(pairwise(ends), present, strict=True)]
    return list(values.to_pylist())


def _rows(names: Sequence[str], columns: Sequence[Any], count: int) -> list[dict[str, Any]]:
    cells = zip(*map(python_of, columns), strict=True) if columns else repeat((), count)
    return [dict(zip(names, row, strict=True)) for row in cells]


def without_nulls(array: pa.Array, value: Any) -> pa.Array:
    """The array with a value in place of nulls."""
    return pc.fill_null(array, arrow_scalar(value, array.type)) if array.null_count else array


def concatenated(*texts: pa.Array | str) -> pa.Array:
    """Texts joined row by row; a plain text stands in every row, and null where one of them is."""
    columns = [arrow_scalar(text) if isinstance(text, str) else text for text in texts]
    return pc.binary_join_element_wise(*columns, arrow_scalar(""))


__all__ = ["arrow_array", "arrow_scalar", "concatenated", "null_of", "numpy_of", "python_of", "without_nulls"]
