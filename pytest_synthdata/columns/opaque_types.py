"""The types of columns of which only the values tell: one for all rows, whatever those looked at happen to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.types import MOST_DIGITS, settled, sql_name
from pytest_synthdata.errors import GenerationError

SAMPLES = (100, 1_000, 10_000)  # rows looked at: more of them while all are null
_USUAL_DIGITS = 18  # of decimals, which Spark keeps in one long
_HEADROOM = 4  # digits before the point that no row looked at has


def type_of_values(sample: Callable[[int], pa.Array], num_rows: int) -> pa.DataType:
    """The type that values of the first rows show.

    Args:
        sample: gives the values of so many rows.
        num_rows: how many there are.
    """
    type_ = pa.null()
    for count in _counts(num_rows):
        type_ = sample(count).type
        if not pa.types.is_null(type_):
            break
    return settled(with_headroom(type_))


def _counts(num_rows: int) -> Iterator[int]:
    for count in SAMPLES:
        yield min(count, max(num_rows, 1))
        if count >= num_rows:
            return


def with_headroom(type_: pa.DataType) -> pa.DataType:
    """A type for values like those that were seen: decimals with more digits before the point."""
    test = pa.types
    if test.is_decimal(type_):
        digits = type_.precision + _HEADROOM
        return pa.decimal128(_USUAL_DIGITS if digits <= _USUAL_DIGITS else MOST_DIGITS, type_.scale)
    if test.is_list(type_):
        return pa.list_(with_headroom(type_.value_type))
    if test.is_struct(type_):
        return pa.struct([(field.name, with_headroom(field.type)) for field in type_])
    return type_


def require_kind(found: pa.DataType, type_: pa.DataType, place: str) -> None:
    """Raise where values are of another kind than their column's, such as numbers in a column of texts."""
    if not _is_kind(found, type_):
        column = place.rpartition(".")[2]
        raise GenerationError(
            f"{place}: a value is {found}, and those of the first rows are {type_}; state the type, as in "
            f'{column}: "{sql_name(settled(found)) or found}" = …, or add .cast(…)'
        )


def _is_kind(found: pa.DataType, type_: pa.DataType) -> bool:
    test = pa.types
    if test.is_dictionary(found):
        found = found.value_type
    if found == type_ or test.is_null(found):
        return True
    if test.is_list(found) and test.is_list(type_):
        return _is_kind(found.value_type, type_.value_type)
    if test.is_struct(found) and test.is_struct(type_):
        theirs = {field.name: field.type for field in found}
        return theirs.keys() == {field.name for field in type_} and all(
            _is_kind(theirs[field.name], field.type) for field in type_
        )
    kinds = (
        is_number,
        test.is_timestamp,
        _is_text,
        test.is_date,
        test.is_duration,
        test.is_time,
        _is_bytes,
        test.is_map,
    )
    return any(kind(found) and kind(type_) for kind in kinds)


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _is_bytes(type_: pa.DataType) -> bool:
    return bool(pa.types.is_binary(type_) or pa.types.is_large_binary(type_))


__all__ = ["require_kind", "type_of_values", "with_headroom"]
