"""Values that depend on conditions: `when` and `otherwise`, as Spark users write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.values import Values, code_type, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.operators import Expression
from pytest_synthdata.columns.generators.base import (
    Constant,
    Generator,
    literal,
)
from pytest_synthdata.columns.generators.branches import branched, mixture_type, union_of_bounds
from pytest_synthdata.errors import DeclarationError

_CONDITION = "condition {}"
FIRST_CONDITION = _CONDITION.format(0)  # the substream of the random bits of a first condition


@dataclass(frozen=True, eq=False)
class Truth(Expression):
    """Whether Python would take a value for true: neither null nor zero nor empty."""

    generator: Generator

    def values(self, cells: Cells) -> Values:
        values = to_numpy(self.generator.values(cells))
        return np.array([value == value and bool(value) for value in values.tolist()], np.bool_)  # noqa: PLR0124

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.bool_()


@dataclass(frozen=True, eq=False)
class When(Expression):
    """Cases in order, each a condition and what fills the cells that meet it first."""

    conditions: tuple[Generator, ...]
    branches: tuple[Generator, ...]

    def when(self, condition: Generator, value: Any) -> When:
        """One more case, for the rows that met none before."""
        return replace(self, conditions=(*self.conditions, condition), branches=(*self.branches, literal(value)))

    def otherwise(self, value: Any) -> When:
        """What fills the cells that meet no condition; without it they are null."""
        return replace(self, branches=(*self.branches, literal(value)))

    def values(self, cells: Cells) -> Values:
        which = self.cases(
            len(cells.rows),
            lambda number: self.conditions[number].values(cells.substream(_CONDITION.format(number))),
        )
        branches = self.branches
        if len(branches) == len(self.conditions):
            branches = (*branches, Constant(None))
        return branched(self, branches, which, cells)

    def cases(self, count: int, met: Callable[[int], Values]) -> npt.NDArray[Any]:
        """The number of the first condition that each row meets; their count where it meets none.

        Args:
            count: the number of rows.
            met: whether each row meets a condition, by its number.
        """
        which = np.full(count, len(self.conditions), code_type(len(self.conditions)))
        for number in reversed(range(len(self.conditions))):
            np.copyto(which, number, where=to_numpy(without_nulls(to_arrow(met(number)), False)))
        return which

    def type(self, scope: Scope) -> pa.DataType | None:
        return mixture_type(self.branches, scope)

    def check(self, scope: Scope) -> None:
        for condition in self.conditions:
            if not isinstance(condition, Generator):
                raise DeclarationError(
                    f"{scope.place}: when({condition!r}, …): write a condition on columns, such as col('tier') == 'Pro'"
                )
            type_ = condition.type(scope)
            if type_ is not None and not pa.types.is_boolean(type_):
                raise DeclarationError(f"{scope.place}: when({condition!r}, …): the condition is {type_}, not boolean")

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        domains = [branch.domain(scope) for branch in self.branches]
        if any(domain is None for domain in domains):
            return None
        values = list(dict.fromkeys(value for domain in domains for value in domain or ()))
        return values if len(self.branches) > len(self.conditions) else [*values, None]

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return union_of_bounds(self.branches, scope)


def when(condition: Generator, value: Any) -> When:
    """``when(condition, value).when(…).otherwise(value)``, as in Spark; values may be generators.

    >>> from pytest_synthdata import Categorical, Dataset, TableFactory, Uniform, col, when
    >>> class ItemFactory(TableFactory):
    ...     price = Uniform(1, 100).round(2)
    ...     size = when(col("price") < 50, "small").otherwise(Categorical({"large": 0.9, "huge": 0.1}))
    >>> Dataset({ItemFactory: 2})["items"].to_arrow().to_pylist()
    [{'price': 79.22, 'size': 'large'}, {'price': 11.55, 'size': 'small'}]
    """
    return When((condition,), (literal(value),))


__all__ = ["FIRST_CONDITION", "Truth", "When", "when"]
