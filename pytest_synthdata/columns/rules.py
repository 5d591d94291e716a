"""Checks of a table's rules before any row is made: the condition that its rows meet, correlations, arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, Protocol

import pyarrow as pa

from pytest_synthdata.columns.attempts import WHERE, is_pinned
from pytest_synthdata.columns.cells import Declarations, Declared, Scope
from pytest_synthdata.columns.correlation import cholesky, matrix, nearest
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Call, Operation
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.numbers.distributions import Distribution
from pytest_synthdata.columns.generators.numbers.parameters import ParametricDistribution
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.columns.order.arrival import ARRIVAL, Arrival
from pytest_synthdata.columns.siblings.running import all_reads, looks_at_siblings
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.times import Times
from pytest_synthdata.errors import DeclarationError
from pytest_synthdata.errors import nearest as nearest_name

_TESTS_OF_NULLS = ("is_null", "is_valid", "isnull", "isnotnull")
_DRAWN = (ParametricDistribution, Categorical, Dates, Times, Quantiles, Distribution)


class Ruled(Declarations, Protocol):
    """A table's columns with its rules."""

    @property
    def correlations(self) -> Any: ...
    @property
    def arrival(self) -> Arrival | None: ...


def check_rules(plan: Ruled, scope_of: Callable[[str], Scope]) -> None:
    """Raise `DeclarationError` for a condition, for correlations and for an arrival that can never be."""
    if plan.where is not None:
        _check_where(plan, scope_of(WHERE))
    if plan.correlations:
        _check_correlations(plan)
    if plan.arrival is not None:
        plan.arrival.check(plan.table, scope_of(ARRIVAL))


def _check_where(plan: Ruled, scope: Scope) -> None:
    place = f"{plan.table}: {WHERE}"
    where = plan.where
    if not isinstance(where, Generator):
        raise DeclarationError(f"{place}: {where!r} is not a condition; write one such as col('start') < col('end')")
    for name in where.reads():
        head = name.partition(".")[0]
        scope.column(name)
        if head in plan.references and plan.references[head].self_referential:
            raise DeclarationError(f"{place}: {where!r} looks at other rows of {plan.table!r}; it can look at parents")
    for name in all_reads(where.reads(), plan.columns) & plan.columns.keys():
        if looks_at_siblings(plan.columns[name]):
            raise DeclarationError(
                f"{place}: {where!r} looks at {name!r}, which follows the rows before; no row could then be drawn "
                "again by itself. Let the column itself keep to it, as by F.greatest(…) or .clip(…)"
            )
    type_ = where.type(scope)
    if type_ is not None and not pa.types.is_boolean(type_):
        raise DeclarationError(f"{place}: {where!r} is {type_}, not a condition")
    if isinstance(where, Operation) and where.truth(scope) is False:
        raise DeclarationError(f"{place}: no row can ever meet {where!r}: the ranges of both sides do not touch")
    if not plan.redrawn:
        raise DeclarationError(
            f"{place}: {where!r} looks at nothing that could be drawn again; see the columns it reads"
        )


def _check_correlations(plan: Ruled) -> None:
    place = f"{plan.table}: Meta.correlations"
    pairs = plan.correlations
    seen: set[frozenset[str]] = set()
    for pair, value in pairs.items():
        if not isinstance(pair, tuple) or len(pair) != 2 or pair[0] == pair[1]:  # noqa: PLR2004
            raise DeclarationError(f"{place}: {pair!r} is not a pair of columns; write {{('age', 'income'): 0.6}}")
        for name in pair:
            if name not in plan.columns:
                raise DeclarationError(f"{place}: there is no column {name!r}: {nearest_name(str(name), plan.columns)}")
            _check_drawn(plan.columns[name], f"{place}: {name}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1 <= value <= 1:
            raise DeclarationError(f"{place}: {pair}: {value!r} is not a correlation; it lies between -1 and 1")
        if frozenset(pair) in seen:
            raise DeclarationError(f"{place}: {pair} is given twice")
        if value:
            _check_undecided(*pair, plan.columns, place)
        seen.add(frozenset(pair))
    names = [name for name in plan.columns if any(name in pair for pair in pairs)]
    if cholesky(matrix(pairs, names)) is None:
        shown = ", ".join(f"{pair}: {value:g}" for pair, value in nearest(pairs, names).items())
        raise DeclarationError(
            f"{place}: these correlations cannot be at once: their matrix is not positive definite (pairs that are not "
            f"given have 0). The nearest that can: {{{shown}}}"
        )


def _check_undecided(first: str, second: str, columns: Mapping[str, Declared], place: str) -> None:
    """Raise `DeclarationError` where one of two correlated columns decides between the branches of the other."""
    for one, other in ((first, second), (second, first)):
        if decides(other, columns[one], columns):
            raise DeclarationError(
                f"{place}: {(first, second)}: {other!r} decides between the branches of {one!r}, whose distributions a "
                f"correlation with it would change; leave out the pair, or declare {one!r} without {other!r}"
            )


def decides(name: str, generator: Declared, columns: Mapping[str, Declared]) -> bool:
    """Whether a column's values decide, near or far, between the branches of another one.

    Args:
        name: the column that may decide.
        generator: the other one.
        columns: of the table.
    """
    if isinstance(generator, Operation):  # whose values are of no branch's distribution
        return False
    near: set[str] = set()
    if isinstance(generator, Given):
        near.update(generator.columns)
    if isinstance(generator, When):
        near.update(chain.from_iterable(map(_value_reads, generator.conditions)))
    far: set[str] = set()
    while near:
        read = near.pop()
        if read not in far:
            far.add(read)
            near.update(_value_reads(columns[read]) if read in columns else ())
    return name in far or any(decides(name, child, columns) for child in generator.children())


def _value_reads(generator: Declared) -> Iterator[str]:
    """The columns that a value depends on by more than whether they are null."""
    if getattr(generator, "function", "") in _TESTS_OF_NULLS:
        return
    if isinstance(generator, Given):
        yield from generator.columns
    children = list(generator.children())
    yield from {*generator.reads()}.difference(*(child.reads() for child in children))
    for child in children:
        yield from _value_reads(child)


def may_correlate(generator: Any) -> bool:
    """Whether a column can go along with others: its own random numbers decide its value."""
    return _draws(generator) and not is_pinned(generator)


def _check_drawn(generator: Any, place: str) -> None:
    if not may_correlate(generator):
        raise DeclarationError(
            f"{place}: {generator!r} cannot be correlated; numbers, dates and categories in an order that draw a value "
            "themselves can, rounded, clipped, cast, or in Given and when"
        )


def _draws(generator: Any) -> bool:
    """Whether a column's own random numbers decide its value, the greater the one, the greater the other."""
    if isinstance(generator, _DRAWN):
        return True
    if isinstance(generator, (Given, When)):
        return any(map(_draws, generator.branches))
    if isinstance(generator, (Operation, Call)):
        return _draws(generator.operands[0])
    inner = getattr(generator, "generator", None)
    return isinstance(inner, Generator) and _draws(inner)


__all__ = ["check_rules", "decides", "may_correlate"]
