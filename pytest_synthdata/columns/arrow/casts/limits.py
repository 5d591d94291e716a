"""Ends of ranges as values of Arrow's types."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa

_WIDE = Context(prec=400)  # digits, as many as a float can have before the point


def nearest_within(end: float | Decimal | None, type_: pa.DataType | None, rounding: str) -> Any:
    """The value of a type that is nearest to an end, on the side that a mode of `decimal` says; None for no end."""
    if end is None or math.isinf(end):
        return None
    if type_ is None or not (pa.types.is_integer(type_) or pa.types.is_decimal(type_)):
        return float(end)
    number = Decimal(end if isinstance(end, (int, Decimal)) else repr(float(end)))
    if pa.types.is_decimal(type_):
        return number.quantize(Decimal(1).scaleb(-type_.scale), rounding, _WIDE)
    limits = np.iinfo(str(type_))
    return min(max(int(number.to_integral_value(rounding, _WIDE)), limits.min), limits.max)


__all__ = ["nearest_within"]
