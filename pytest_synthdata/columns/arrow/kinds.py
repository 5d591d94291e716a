"""What kind of values a type of Arrow's has."""

from __future__ import annotations

import pyarrow as pa

TOLD_APART = 2**53  # up to which floats tell whole numbers apart


def is_number(type_: pa.DataType) -> bool:
    """Whether values of a type can be calculated with: integers, floats and decimals."""
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_))


def is_temporal(type_: pa.DataType | None) -> bool:
    """Whether values of a type are dates or times; durations and times of day are neither."""
    return type_ is not None and bool(pa.types.is_date(type_) or pa.types.is_timestamp(type_))


def has_maps(type_: pa.DataType) -> bool:
    """Whether values of a type are maps, or have some inside."""
    return pa.types.is_map(type_) or any(has_maps(type_.field(at).type) for at in range(type_.num_fields))


__all__ = ["TOLD_APART", "has_maps", "is_number", "is_temporal"]
