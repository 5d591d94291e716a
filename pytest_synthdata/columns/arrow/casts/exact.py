"""Arrays of numbers that floats would not tell apart: decimals, and long integers among which there are nulls."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.kinds import TOLD_APART
from pytest_synthdata.columns.arrow.values import Index, Values, scatter, to_arrow, to_numpy

_COMPARING = frozenset({np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal})
_EXACT = _COMPARING | {np.add, np.subtract, np.multiply, np.negative, np.positive, np.absolute, np.floor_divide}
_WHOLE = (int, np.integer, Decimal)


class Exact(np.ndarray[Any, Any]):
    """Python's integers or Decimals: sums, differences, products and comparisons are exact, all else is done in floats.

    Null is not-a-number, as in other arrays of numbers.
    """

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc in _EXACT and method == "__call__" and all(map(_is_exact, inputs)):
            raw = [np.asarray(one) if isinstance(one, np.ndarray) else one for one in inputs]
            try:
                result = getattr(ufunc, method)(*raw, **options)
            except (TypeError, InvalidOperation):  # not-a-number among Decimals compares to nothing
                pass
            else:
                return result.astype(np.bool_) if ufunc in _COMPARING else result.view(Exact)
        return getattr(ufunc, method)(*map(_as_floats, inputs), **options)

    def round(self, decimals: Any = 0, out: Any = None) -> Any:
        """Rounded half to even at a number of decimal digits."""
        del out
        rounded = np.empty(len(self), object)
        rounded[:] = [value if value != value else round(value, decimals) for value in self.tolist()]  # noqa: PLR0124
        return rounded.view(Exact)


def _is_exact(value: Any) -> bool:
    if isinstance(value, Exact):
        return True
    return value.dtype.kind in "iu" if isinstance(value, np.ndarray) else isinstance(value, _WHOLE)


def _as_floats(value: Any) -> Any:
    if isinstance(value, Exact):
        return np.asarray(value).astype(np.float64)
    return float(value) if isinstance(value, Decimal) else value


def for_functions(values: Values) -> npt.NDArray[Any]:
    """Values as a function of whole columns gets them: a NumPy array that cannot be written to."""
    array = _as_exact(values)
    view = (to_numpy(values) if array is None else array).view()
    view.flags.writeable = False
    return view


def _as_exact(values: Values) -> npt.NDArray[Any] | None:
    if not isinstance(values, pa.Array):
        return None
    type_ = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if pa.types.is_decimal(type_):
        missing: Any = Decimal("NaN")
    elif pa.types.is_int64(type_) and values.null_count and _is_long(to_arrow(values)):
        missing = float("nan")
    else:
        return None
    exact = np.empty(len(values), object)
    exact[:] = [missing if value is None else value for value in to_arrow(values).to_pylist()]
    return exact.view(Exact)


def _is_long(array: pa.Array) -> bool:
    ends = pc.min_max(array).as_py()
    return max(abs(end or 0) for end in ends.values()) > TOLD_APART


def nulls_that_change_arrays(values: Values) -> npt.NDArray[np.bool_] | bool:
    """Where there are nulls without which `for_functions` gives an array of another kind."""
    if not isinstance(values, pa.Array):
        return False
    type_ = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if not (pa.types.is_integer(type_) or pa.types.is_boolean(type_)):
        return False
    return np.asarray(to_numpy(to_arrow(values).is_null()), np.bool_)


def assembled(pieces: Sequence[tuple[Index, Any]]) -> pa.Array:
    """What a function of whole columns gave of some rows and of others, by their positions, as Arrow has it."""
    length = sum(len(index) for index, _ in pieces)
    if any(isinstance(made, np.ndarray) and made.dtype == object for _, made in pieces):
        objects = np.empty(length, object)
        for index, made in pieces:
            objects[index] = made.tolist()
        return from_functions(objects)
    arrays = [from_functions(made) if isinstance(made, np.ndarray) else to_arrow(made) for _, made in pieces]
    if len(arrays) == 1:
        return arrays[0]
    if any(array.null_count < len(array) for array in arrays):  # nulls alone do not say of which type they are
        arrays = [pa.nulls(len(array)) if array.null_count == len(array) else array for array in arrays]
    return to_arrow(scatter([(index, array) for (index, _), array in zip(pieces, arrays, strict=True)], length))


def from_functions(result: npt.NDArray[Any]) -> pa.Array:
    """What a function of whole columns gave, as Arrow has it: nulls for not-a-number."""
    if result.dtype != object:
        return arrow_array(result, from_pandas=True)
    values = [None if value is None or operator.ne(value, value) is True else value for value in result.tolist()]
    kinds = {type(value) for value in values}
    if Decimal in kinds:
        make: Any = float if float in kinds else Decimal
        values = [None if value is None else make(value) for value in values]
    return arrow_array(values, from_pandas=True)


__all__ = ["Exact", "assembled", "for_functions", "from_functions", "nulls_that_change_arrays"]
