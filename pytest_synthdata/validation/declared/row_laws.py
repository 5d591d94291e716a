"""Laws that are of each row's own: what else is in the row decides the range or the distribution."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.validation.declared.steps import Step, digits_of


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


__all__ = ["RowCurve", "RowRange"]
