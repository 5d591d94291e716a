"""What is declared of a reference, and known of it before any of its rows is picked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.random import Floats


@dataclass(frozen=True)
class PickStatistics:
    """What is known of a reference before any row is.

    Args:
        ceiling: the greatest weight that a parent can have.
        always_true: the condition holds for every pair of rows, so that it need not be looked at.
        ends: for weights with a heavy tail, the greatest of those who win fewer than k rounds of a tournament, by k.
        is_heavy: darts are to go where the weights are.
    """

    ceiling: float
    always_true: bool
    ends: Floats | None = None
    is_heavy: bool = False


class Reference(Protocol):
    """What is declared of a reference whose parents are picked."""

    @property
    def name(self) -> str: ...
    @property
    def weights(self) -> Generator | None: ...
    @property
    def where(self) -> Generator | None: ...


__all__ = ["PickStatistics", "Reference"]
