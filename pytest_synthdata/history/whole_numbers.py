"""Whole numbers that floats do not tell apart, moved step by step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_synthdata.errors import GenerationError

_LEAST, _GREATEST = -(2**63), 2**63 - 1


@dataclass
class WholeNumbers:
    """Whole numbers that steps move, no further than to the bounds of their column.

    Args:
        numbers: where they are.
        bounds: the least and the greatest number that the column has; None where it has none.
        place: the column, for errors.
    """

    numbers: list[int]
    bounds: tuple[Any, Any]
    place: str
    _rests: list[float] = field(init=False)  # what the steps so far were more than whole ones

    def __post_init__(self) -> None:
        low, high = self.bounds
        self.bounds = _whole_bound(low, math.ceil), _whole_bound(high, math.floor)
        self._rests = [0.0] * len(self.numbers)

    def move(self, index: Iterable[int], steps: Iterable[float]) -> None:
        """Add steps to some of them, whole ones exactly.

        Raises:
            GenerationError: for a number beyond the bigints.
        """
        low, high = self.bounds
        for at, step in zip(index, steps, strict=True):
            whole = step
            if not isinstance(step, int):
                whole = round(self._rests[at] + step)
                self._rests[at] += step - whole
            moved = self.numbers[at] + int(whole)
            number = moved if low is None else max(moved, low)
            number = number if high is None else min(number, high)
            if number != moved:
                self._rests[at] = 0.0
            if not _LEAST <= number <= _GREATEST:
                raise GenerationError(
                    f"{self.place}: overflow: an update makes {number:,} of {self.numbers[at]:,}, which is beyond the "
                    "bigints; add .clip(low, high) to the column, at which its updates stop"
                )
            self.numbers[at] = number


def _whole_bound(bound: Any, rounded: Any) -> int | None:
    return None if bound is None or not math.isfinite(bound) else int(rounded(bound))


__all__ = ["WholeNumbers"]
