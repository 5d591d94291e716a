"""Running sums over a parent's rows, and the value of the row before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.values import Values, take, to_arrow, to_numpy, without
from pytest_synthdata.columns.cells import Cells, Declared, Scope, parts
from pytest_synthdata.columns.expressions.operators import Column, Expression
from pytest_synthdata.columns.generators.base import Generator, require_numbers
from pytest_synthdata.columns.references.aggregates import sum_type
from pytest_synthdata.columns.references.decimals import (
    as_decimal128,
    as_int64,
    decimal_places,
    running_integer_sums,
    running_sums,
    unscaled,
)
from pytest_synthdata.columns.references.family import running_sums_of_floats
from pytest_synthdata.columns.siblings.earlier import Earlier
from pytest_synthdata.errors import DeclarationError


@dataclass(frozen=True, init=False, eq=False)
class OfSiblings(Expression):
    """What a row says of its siblings: the rows of the same parent, in their order."""

    pinned = True

    of: Generator

    def __init__(self, of: str | Generator) -> None:
        object.__setattr__(self, "of", Column(of) if isinstance(of, str) else of)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.of.name!r})"
            if isinstance(self.of, Column)
            else f"{type(self).__name__}({self.of!r})"
        )

    def values(self, cells: Cells) -> Values:
        bound = cells.reader.bound
        key = bound.plan.fan_out_key
        assert key is not None  # noqa: S101 - it was checked
        earlier = Earlier.of(bound, cells.rows, key.name)
        found = earlier.values(self.of, cells.substream("of"))
        return self.along(found, earlier, cells.scope)

    def along(self, values: Values, earlier: Earlier, scope: Scope) -> Values:
        """The values of the rows that were asked for, from those of all siblings up to them."""
        raise NotImplementedError

    def check(self, scope: Scope) -> None:
        if not isinstance(self.of, Generator):
            raise DeclarationError(f"{scope.place}: {self!r}: name a column of the table, such as 'amount'")
        if scope.plan.fan_out_key is None:
            raise DeclarationError(
                f"{scope.place}: {self!r}: {scope.plan.table!r} has no ForeignKey with per_parent, and so no rows that "
                "follow one another; write account = ForeignKey(AccountFactory, per_parent=…)"
            )


class RunningSum(OfSiblings):
    """The sum of a column over a parent's rows up to and with this one, in the order that `Ordinal` numbers them.

    It is what ``F.sum("amount").over(…)`` gives in Spark for a window of a parent's rows in their order; nulls add
    nothing. Decimals are summed exactly, integers as integers, numbers with a declared ``.round(n)`` at that many
    digits. Any row can be made by itself: its siblings' values are computed, not looked up.

    Args:
        of: the column, by its name, or an expression or a distribution, such as ``Normal(0, 1)`` for a random walk.
            The table has a `ForeignKey` with ``per_parent``, or is a `RelatedFactoryList` of its parent.

    Raises:
        DeclarationError: when the table is used: for what is not a number, for a table whose rows are not counted from
            their parents, and for a `Meta.where` that looks at it.

    >>> RunningSum("amount")
    RunningSum('amount')
    """

    def along(self, values: Values, earlier: Earlier, scope: Scope) -> Values:
        family, mine = earlier.family, earlier.mine
        column = without_nulls(to_arrow(values), 0)
        if pa.types.is_decimal(column.type):
            low, high = running_sums(unscaled(column), family.counts)
            return as_decimal128(low[mine], high[mine], sum_type(column.type))
        numbers = to_numpy(column)
        if pa.types.is_integer(column.type):
            low, high = running_integer_sums(numbers.astype(np.int64), family.counts)
            return as_int64(low[mine], high[mine], f"{scope.place}: {self!r}")
        return running_sums_of_floats(numbers.astype(np.float64), family, decimal_places(self.of, scope))[mine]

    def decimal_places(self, scope: Scope) -> int | None:
        """How many digits after the point it has; None where the column's declaration does not say."""
        return decimal_places(self.of, scope)

    def type(self, scope: Scope) -> pa.DataType | None:
        type_ = self.of.type(scope)
        return None if type_ is None else sum_type(type_)

    def check(self, scope: Scope) -> None:
        super().check(scope)
        require_numbers(self.of, scope, "a RunningSum")

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        bounds = self.of.bounds(scope)
        return (0, float("inf")) if bounds is not None and bounds[0] >= 0 else None


class Previous(OfSiblings):
    """A column's value in the row before, of the same parent, in the order that `Ordinal` numbers them.

    It is what ``F.lag("ordered_on").over(…)`` gives in Spark; null in a parent's first row. So
    ``F.datediff("ordered_on", Previous("ordered_on"))`` is how many days passed since the order before.

    Args:
        of: the column, by its name, or an expression; see `RunningSum`.

    >>> Previous("ordered_on")
    Previous('ordered_on')
    """

    def along(self, values: Values, earlier: Earlier, scope: Scope) -> Values:
        del scope
        first = np.zeros(len(earlier.family.rows), np.bool_)
        first[earlier.family.starts[earlier.family.counts > 0]] = True
        mine = earlier.mine
        return without(take(values, np.maximum(mine - 1, 0)), first[mine])

    def type(self, scope: Scope) -> pa.DataType | None:
        return self.of.type(scope)

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return self.of.bounds(scope)


def looks_at_siblings(generator: Declared) -> bool:
    """Whether a part of a generator looks at siblings."""
    return any(isinstance(part, OfSiblings) for part in parts(generator))


def all_reads(reads: Iterable[str], columns: Mapping[str, Declared]) -> set[str]:
    """All that some columns depend on, near and far: names of columns, and those of parents' as they are read."""
    found: set[str] = set()
    waiting = list(reads)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            head = name if name in columns else name.partition(".")[0]
            waiting += [head, *columns[head].reads()] if head in columns else []
    return found


__all__ = ["OfSiblings", "Previous", "RunningSum", "all_reads", "looks_at_siblings"]
