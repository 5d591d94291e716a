"""Laws that are of each row's own: what else is in the row decides the range or the distribution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.validation.declared.steps import Step, digits_of

if TYPE_CHECKING:
    from pytest_synthdata.validation.declared.expectations import Law


@dataclass(frozen=True)
class RowCurve:
    """Numbers whose distribution has other parameters in each row.

    Args:
        generator: the distribution; its parameters follow from other columns of the row.
        steps: what is done to the numbers then.
        name: the declaration, for people.
    """

    generator: Generator
    steps: tuple[Step, ...] = ()
    name: str = ""

    def then(self, step: Step) -> RowCurve:
        """The same with one more step."""
        return replace(self, steps=(*self.steps, step))

    @property
    def digits(self) -> int | None:
        """To how many decimal digits the numbers are rounded, if they are."""
        return digits_of(self.steps)


@dataclass(frozen=True)
class RowRange:
    """Values of which a range is known that follows from other columns of the row.

    Args:
        generator: what makes them of other columns and of what is random.
    """

    generator: Generator


@dataclass(frozen=True)
class Moved:
    """Dates and times that lie a random interval after or before others of the row.

    Args:
        generator: the whole declaration.
        base: what they are moved from; follows from other columns of the row.
        sign: 1 for later ones, -1 for earlier ones.
        unit: what the interval is counted in, such as ``days``.
        law: the law of the number of units.
    """

    generator: Generator
    base: Generator
    sign: int
    unit: str
    law: Law


__all__ = ["Moved", "RowCurve", "RowRange"]
