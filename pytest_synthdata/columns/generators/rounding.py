"""Floats rounded half to even, also by more digits than they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_MOST_DIGITS = 308  # before and after the point of a float64


def rounded(values: npt.NDArray[Any], digits: int) -> npt.NDArray[Any]:
    """Floats rounded to so many digits after the point; before it, where the number is negative."""
    if digits > _MOST_DIGITS:
        return values  # which have no such digits
    if digits < -_MOST_DIGITS:
        return np.where(np.isfinite(values), 0.0, values)
    scale = 10.0**digits
    with np.errstate(over="ignore"):
        scaled = values * scale
    rounded = np.rint(scaled) / scale
    beyond = np.isinf(scaled)
    return np.where(beyond, values, rounded) if beyond.any() else rounded


__all__ = ["rounded"]
