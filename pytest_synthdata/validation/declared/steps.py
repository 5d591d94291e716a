"""What is done to numbers after they were drawn: rounding, clipping, casts and scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
HAIR = 1e-7  # below this a whole number and what lies just under it are told apart
_SLIVER = 1e-5  # of a step between rounded numbers


class Step(Protocol):
    """What is done to a number after it was drawn: a function that never falls."""

    def forward(self, x: Floats) -> Floats: ...
    def back(self, t: Floats) -> Floats:
        """The greatest number that becomes t or less."""
        ...


@dataclass(frozen=True)
class Round:
    """Rounding to a number of decimal digits."""

    digits: int

    def forward(self, x: Floats) -> Floats:
        scale = 10.0**self.digits
        return np.rint(x * scale) / scale

    def back(self, t: Floats) -> Floats:
        scale = 10.0**self.digits
        whole = np.floor(t * scale * (1 + 1e-12) + 1e-9)
        # What lies halfway becomes the even one, so it is not below the odd.
        with np.errstate(invalid="ignore"):  # of infinity
            odd = whole % 2 == 1
        return (whole + 0.5 - np.where(odd, _SLIVER, 0.0)) / scale


@dataclass(frozen=True)
class Clip:
    """Moving what lies outside of a range to its ends."""

    low: float
    high: float

    def forward(self, x: Floats) -> Floats:
        return np.clip(x, self.low, self.high)

    def back(self, t: Floats) -> Floats:
        return np.where(t < self.low, -np.inf, np.where(t >= self.high, np.inf, t))


@dataclass(frozen=True)
class Truncate:
    """Dropping the fraction, as a cast to an integer does."""

    def forward(self, x: Floats) -> Floats:
        return np.trunc(x)

    def back(self, t: Floats) -> Floats:
        whole = np.floor(t + 1e-6)
        return np.where(whole >= 0, whole + 1 - HAIR, whole)


@dataclass(frozen=True)
class Scale:
    """Multiplication by a positive factor, and a shift."""

    factor: float
    shift: float

    def forward(self, x: Floats) -> Floats:
        return x * self.factor + self.shift

    def back(self, t: Floats) -> Floats:
        return (t - self.shift) / self.factor


@dataclass(frozen=True)
class Snap:
    """Rounding to whole parts of a unit, as intervals are rounded to microseconds.

    Args:
        parts: how many of them the unit has.
    """

    parts: int

    def forward(self, x: Floats) -> Floats:
        return np.rint(x * self.parts) / self.parts

    def back(self, t: Floats) -> Floats:
        return (np.floor(t * self.parts + 0.25) + 0.5) / self.parts


def digits_of(steps: Sequence[Step]) -> int | None:
    """To how many decimal digits numbers are rounded after some steps, if they are."""
    found: int | None = None
    for step in steps:
        if isinstance(step, Round):
            found = step.digits
        elif isinstance(step, Truncate):
            found = 0
        elif isinstance(step, Scale) or (
            isinstance(step, Snap) and found is not None and found > 0 and step.parts % 10**found
        ):
            found = None
    return found


__all__ = ["HAIR", "Clip", "Floats", "Round", "Scale", "Snap", "Step", "Truncate", "digits_of"]
