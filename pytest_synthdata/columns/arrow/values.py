"""Arrays of values between columns: NumPy where numbers flow, Arrow where there are strings, nulls or codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, null_of, numpy_of, without_nulls
from pytest_synthdata.columns.arrow.casts.floats import decimals_as_printed, decimals_of_integers
from pytest_synthdata.columns.arrow.kinds import is_number

Values: TypeAlias = "npt.NDArray[Any] | pa.Array"
Index: TypeAlias = npt.NDArray[np.intp]

_OFTEN = 4  # times, from which on codes are shorter than texts
_MOST_IN_A_BYTE = 127
_FEW = 256  # categories of which it pays to unite the lists
_MOST_DIGITS = 38  # of a decimal


def to_arrow(values: Any, type_: pa.DataType | None = None) -> pa.Array:
    """Values as a plain Arrow array (no dictionary codes), cast to a type where one is asked for."""
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.nulls(0, values.type)
    if isinstance(values, pa.DictionaryArray):
        # Codes without nulls: gathering is several times faster than Arrow's cast.
        values = values.dictionary.take(values.indices)
    if isinstance(values, pa.Array):
        return values if type_ is None or values.type == type_ else values.cast(type_)
    if isinstance(values, np.ndarray) and values.dtype != object:
        array = arrow_array(values)
        if type_ is None or array.type == type_:
            return array
        return as_decimal(array, type_) if pa.types.is_decimal(type_) else array.cast(type_)
    return arrow_array(values, type=type_)


def as_decimal(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Numbers or texts as decimals of a type, rounded half away from zero as Spark does; not-a-number is null."""
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), null_of(array.type), array) if _has_nan(array) else array
        made = decimals_as_printed(array, target)
        if made is not None:
            return made
    if pa.types.is_floating(array.type) or (pa.types.is_decimal(array.type) and array.type.scale > target.scale):
        array = pc.round(array, ndigits=target.scale, round_mode="half_towards_infinity")
    if pa.types.is_integer(array.type) and (made := decimals_of_integers(array, target)) is not None:
        return made
    if not pa.types.is_string(array.type):
        array = array.cast(pa.decimal128(38, target.scale))
    return array.cast(target)


def _has_nan(array: pa.Array) -> bool:
    return bool(pc.any(pc.is_nan(array)).as_py())


def to_numpy(values: Values) -> npt.NDArray[Any]:
    """Values as a NumPy array: numbers, booleans, datetime64; objects for all else; NaN or NaT for nulls."""
    if isinstance(values, np.ndarray):
        return values
    if isinstance(values, pa.DictionaryArray):
        categories = to_numpy(values.dictionary)
        if values.null_count == 0:
            return categories[to_numpy(values.indices)]
        values = to_arrow(values)
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = values.cast(pa.timestamp(values.type.unit))
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    return numpy_of(values)


def with_numpy(function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]], numbers: Values) -> Values:
    """What a function of NumPy's makes of integers or floats, each number by itself, and null of nulls.

    NumPy and Arrow differ in last digits and not-a-numbers, so that a value must not go through one of them or the
    other by whether there is a null in another row.
    """
    if isinstance(numbers, np.ndarray):
        return function(numbers)
    array = to_arrow(numbers)
    made = function(numpy_of(without_nulls(array, 0)))
    return arrow_array(made, mask=numpy_of(array.is_null())) if array.null_count else made


def categorical(codes: npt.NDArray[Any], categories: pa.Array) -> pa.DictionaryArray:
    """Codes into a list of categories, as Arrow's dictionary array."""
    return pa.DictionaryArray.from_arrays(arrow_array(codes), categories, safe=False)


def code_type(count: int) -> type[np.int8 | np.int32]:
    """The integers that number so many categories or branches."""
    return np.int8 if count <= _MOST_IN_A_BYTE else np.int32


def without(values: Values, null: npt.NDArray[np.bool_]) -> pa.Array:
    """The values, null where told."""
    array = to_arrow(values)
    return pc.if_else(arrow_array(null), null_of(array.type), array)


def take(values: Values, index: npt.NDArray[Any]) -> Values:
    """The values at some positions."""
    return values[index] if isinstance(values, np.ndarray) else values.take(arrow_array(index))


def chosen(values: Values, index: npt.NDArray[Any]) -> Values:
    """As `take`, where each value is asked for several times: texts come as codes into the values."""
    is_texts = isinstance(values, pa.StringArray) and values.null_count == 0
    if not is_texts or _OFTEN * len(values) > len(index):
        return take(values, index)
    return categorical(index.astype(code_type(len(values))), values)


def part(values: Values, start: int, stop: int) -> Values:
    """The values from one position to another, without a copy."""
    return values[start:stop] if isinstance(values, np.ndarray) else values.slice(start, stop - start)


def join(parts: Sequence[Values]) -> Values:
    """Pieces of one column, end to end."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(piece, np.ndarray) for piece in parts):
        return np.concatenate(parts)
    coded = [piece for piece in parts if isinstance(piece, pa.DictionaryArray)]
    if len(coded) == len(parts):
        first = coded[0].dictionary
        if all(piece.dictionary.equals(first) for piece in coded):
            indices = pa.concat_arrays([piece.indices for piece in coded])
            return pa.DictionaryArray.from_arrays(indices, first, safe=False)
        if all(pa.types.is_string(piece.type.value_type) and len(piece.dictionary) <= _FEW for piece in coded):
            return _united(coded)
    arrays = [to_arrow(piece) for piece in parts]
    target = common_type([array.type for array in arrays])
    return pa.concat_arrays([_widened(array, target) for array in arrays])


def _united(parts: Sequence[pa.DictionaryArray]) -> pa.DictionaryArray:
    """Texts with several short dictionaries as texts with one."""
    place: dict[str | None, int] = {}
    codes = []
    for piece in parts:
        codes_of = np.array([place.setdefault(text, len(place)) for text in piece.dictionary.to_pylist()], np.int32)
        codes.append(pc.take(arrow_array(codes_of), piece.indices))
    categories = arrow_array(list(place), pa.string())
    return pa.DictionaryArray.from_arrays(pa.concat_arrays(codes), categories, safe=False)


def _widened(array: pa.Array, target: pa.DataType) -> pa.Array:
    is_decimal = pa.types.is_decimal(target) and not pa.types.is_null(array.type)
    if is_decimal and array.type != target:
        return as_decimal(array, target)
    # Long integers beside floats lose digits, as NumPy has it where there are no nulls.
    return array.cast(target, safe=not (pa.types.is_integer(array.type) and pa.types.is_floating(target)))


def in_type(values: Values, type_: pa.DataType) -> Values:
    """Values of some branches of a column, in the common type of all its branches."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        is_other = is_number(type_) and values.dtype.kind in "iuf" and pa.from_numpy_dtype(values.dtype) != type_
        if not is_other:
            return values
        array = _widened(arrow_array(values), type_)
        return array if pa.types.is_decimal(type_) else to_numpy(array)
    array = to_arrow(values) if isinstance(values, np.ndarray) else values
    found = array.type.value_type if isinstance(array, pa.DictionaryArray) else array.type
    if found == type_ or not (pa.types.is_null(found) or is_number(found) or pa.types.is_nested(found)):
        return values
    return _widened(to_arrow(array), type_)


def scatter(pieces: Sequence[tuple[Index, Values]], length: int) -> Values:
    """Put pieces of a column back into their positions, which together cover all of it."""
    if all(isinstance(values, np.ndarray) and values.dtype != object for _, values in pieces):
        out = np.empty(length, np.result_type(*[values for _, values in pieces]))
        for index, values in pieces:
            out[index] = values
        return out
    origin = np.empty(length, np.int64)
    origin[np.concatenate([index for index, _ in pieces])] = np.arange(length)
    return take(join([values for _, values in pieces]), origin)


def common_type(types: Sequence[pa.DataType]) -> pa.DataType:
    """The one type that holds the values of all; raises `TypeError` where there is none."""
    distinct = list(dict.fromkeys(type_ for type_ in types if not pa.types.is_null(type_)))
    if not distinct:
        return pa.string()
    if len(distinct) == 1:
        return distinct[0]
    if all(pa.types.is_signed_integer(type_) or pa.types.is_floating(type_) for type_ in distinct):
        return pa.from_numpy_dtype(np.result_type(*[to_numpy(arrow_array([], type_)) for type_ in distinct]))
    if all(pa.types.is_decimal(type_) or pa.types.is_integer(type_) for type_ in distinct):
        decimals = [type_ if pa.types.is_decimal(type_) else _whole_decimal(type_) for type_ in distinct]
        scale = max(type_.scale for type_ in decimals)
        precision = scale + max(type_.precision - type_.scale for type_ in decimals)
        if precision <= _MOST_DIGITS:
            return pa.decimal128(precision, scale)
    if all(pa.types.is_list(type_) for type_ in distinct):
        return pa.list_(_common_part([type_.value_type for type_ in distinct]))
    if all(pa.types.is_struct(type_) for type_ in distinct):
        names = [field.name for field in distinct[0]]
        if all([field.name for field in type_] == names for type_ in distinct):
            parts = [_common_part([type_.field(name).type for type_ in distinct]) for name in names]
            return pa.struct(list(zip(names, parts, strict=True)))
    listed = " and ".join(str(type_) for type_ in distinct)
    raise TypeError(f"no column holds both {listed}")


def _common_part(types: list[pa.DataType]) -> pa.DataType:
    """The common type of what is nested, which stays null where it is null everywhere."""
    return types[0] if all(map(pa.types.is_null, types)) else common_type(types)


def _whole_decimal(type_: pa.DataType) -> pa.DataType:
    """The decimals that hold all integers of a type, as in Spark."""
    return pa.decimal128({8: 3, 16: 5, 32: 10}.get(type_.bit_width, 20), 0)
