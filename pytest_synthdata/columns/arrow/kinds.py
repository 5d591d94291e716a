"""What kind of values a type of Arrow's has."""

from __future__ import annotations

import pyarrow as pa


def is_number(type_: pa.DataType) -> bool:
    """Whether values of a type can be calculated with: integers, floats and decimals."""
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_))


def is_temporal(type_: pa.DataType | None) -> bool:
    """Whether values of a type are dates or times; durations and times of day are neither."""
    return type_ is not None and bool(pa.types.is_date(type_) or pa.types.is_timestamp(type_))


__all__ = ["is_number", "is_temporal"]
