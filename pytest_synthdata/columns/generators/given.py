"""Conditional distributions: which generator fills a cell depends on the values of other columns."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import python_of
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.plain import as_number, plain
from pytest_synthdata.columns.arrow.values import Values, code_type, take, to_arrow, to_numpy, without
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import (
    Constant,
    Generator,
    literal,
)
from pytest_synthdata.columns.generators.branches import branched, mixture_type, union_of_bounds
from pytest_synthdata.errors import DeclarationError, GenerationError, nearest

_MOST_CASES = 10_000  # of several columns: more are not looked through before there are rows


@dataclass(frozen=True, init=False, repr=False)
class Given(Generator):
    """A conditional distribution: which generator fills a cell depends on another column's value.

    Args:
        column: the column that decides; a parent's as ``"customer.tier"``. Several columns as a tuple of names.
        cases: ``{value: generator or constant}``; of several columns ``{(value, value): …}``.
        default: for values without a case.
        bins: instead of cases, the inner edges of right-open intervals, ascending; null is in none and gives null…
        then: … and one generator or constant for each interval, one more than edges.

    >>> Given("hours", bins=[8, 24], then=["fast", "fair", "slow"]).edges
    (8, 24)
    """

    column: str | tuple[str, ...]
    keys: tuple[Any, ...]
    edges: tuple[float, ...]
    branches: tuple[Generator, ...]
    has_default: bool
    is_binned: bool  # whether intervals, not values, decide

    def __init__(
        self,
        column: str | Sequence[str],
        cases: Mapping[Any, Any] | None = None,
        *,
        default: Any = ...,
        bins: Sequence[float] | None = None,
        then: Sequence[Any] | None = None,
    ) -> None:
        if (cases is None) == (bins is None) or (bins is None) != (then is None):
            raise DeclarationError(f"Given({column!r}): give either {{value: …}} or bins=[…] with then=[…]")
        branches = list((cases or {}).values()) if then is None else list(then)
        if default is not ...:
            if bins is not None:
                raise DeclarationError(f"Given({column!r}): bins cover all numbers, so a default is never used")
            branches.append(default)
        object.__setattr__(self, "column", tuple(column) if isinstance(column, (tuple, list)) else column)
        object.__setattr__(self, "keys", tuple(key if isinstance(key, tuple) else plain(key) for key in cases or ()))
        object.__setattr__(self, "edges", () if bins is None else tuple(map(as_number, bins)))
        object.__setattr__(self, "branches", tuple(literal(branch) for branch in branches))
        object.__setattr__(self, "has_default", default is not ...)
        object.__setattr__(self, "is_binned", bins is not None)

    def __repr__(self) -> str:
        shown = [repr(branch.value if isinstance(branch, Constant) else branch) for branch in self.branches]
        if self.is_binned:
            return f"Given({self.column!r}, bins={list(self.edges)}, then=[{', '.join(shown)}])"
        cases = ", ".join(f"{key!r}: {branch}" for key, branch in zip(self.keys, shown, strict=False))
        default = f", default={shown[-1]}" if self.has_default else ""
        return f"Given({self.column!r}, {{{cases}}}{default})"

    def values(self, cells: Cells) -> Values:
        if not self.is_binned:
            return branched(self, self.branches, self._case(cells), cells)
        interval = self.interval(cells.read(self.columns[0]))
        values = branched(self, self.branches, np.maximum(interval, 0), cells)
        return without(values, interval < 0) if interval.min(initial=0) < 0 else values

    def interval(self, decider: Values) -> npt.NDArray[np.int64]:
        """The number of each value's interval between the bins; -1 for null."""
        found = np.searchsorted(np.array(self.edges), to_numpy(decider), side="right")
        if isinstance(decider, pa.Array) and (array := to_arrow(decider)).null_count:
            found[to_numpy(array.is_null())] = -1
        return found

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that decide."""
        return self.column if isinstance(self.column, tuple) else (self.column,)

    def _case(self, cells: Cells) -> npt.NDArray[Any]:
        which = self.cases(cells.read)
        if not self.has_default and (missing := np.flatnonzero(which < 0)).size:
            row = missing[:1]
            values = [python_of(to_arrow(take(cells.read(name), row)))[0] for name in self.columns]
            value = tuple(values) if isinstance(self.column, tuple) else values[0]
            raise GenerationError(
                f"{cells.place}: Given({self.column!r}) has no case for {value!r} "
                f"(row {cells.rows[row[0]]}); add one, or a default"
            )
        return which

    def cases(self, read: Callable[[str], Values]) -> npt.NDArray[Any]:
        """The number of each row's case, that of the default for all others; -1 where there is none."""
        number_of = {key: number for number, key in enumerate(self.keys)}
        default = len(self.keys) if self.has_default else -1
        coded = [_coded(read(name)) for name in self.columns]
        codes, values = coded[0]
        if not isinstance(self.column, tuple):
            lookup = [number_of.get(value, default) for value in values]
            return np.array(lookup, code_type(len(self.branches)))[codes]
        combined, listed = codes.astype(np.int64), [(value,) for value in values]
        for more, others in coded[1:]:
            present, combined = np.unique(combined * len(others) + more, return_inverse=True)
            listed = [(*listed[one // len(others)], others[one % len(others)]) for one in present.tolist()]
        return np.array([number_of.get(value, default) for value in listed], code_type(len(self.branches)))[combined]

    def reads(self) -> Iterator[str]:
        yield from self.columns
        yield from super().reads()

    def type(self, scope: Scope) -> pa.DataType | None:
        return mixture_type(self.branches, scope)

    def check(self, scope: Scope) -> None:
        if not self.branches:
            raise DeclarationError(f"{scope.place}: Given({self.column!r}) has no case; add one, or a default")
        if self.is_binned:
            if len(self.branches) != len(self.edges) + 1:
                raise DeclarationError(
                    f"{scope.place}: Given({self.column!r}): {len(self.edges)} edges make {len(self.edges) + 1} "
                    f"intervals, and `then` has {len(self.branches)}"
                )
            self._check_numbers(scope)
            if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
                raise DeclarationError(f"{scope.place}: Given({self.column!r}): the bins {self.edges} must ascend")
        if self.is_binned:
            return
        for key in self.keys:
            if isinstance(self.column, tuple) and (not isinstance(key, tuple) or len(key) != len(self.column)):
                raise DeclarationError(
                    f"{scope.place}: Given({self.column!r}): the case {key!r} is not one of {len(self.column)} values: "
                    "write a tuple"
                )
        domains = [scope.domain(name) for name in self.columns]
        if all(domain is not None for domain in domains):
            self._check_cases([list(domain or ()) for domain in domains], scope)

    def _check_cases(self, domains: list[list[Any]], scope: Scope) -> None:
        """Compare the cases with what the columns can be."""
        for number, (name, domain) in enumerate(zip(self.columns, domains, strict=True)):
            keys = self.keys if not isinstance(self.column, tuple) else tuple(key[number] for key in self.keys)
            known, possible = set(keys), set(domain)
            for key in keys:
                # A subclass may narrow the column so that some cases no longer happen; else a key is misspelt.
                if key not in possible and len(domain) > 1 and not possible <= known:
                    twin = next((f"did you mean {value!r}?" for value in domain if str(value) == str(key)), None)
                    raise DeclarationError(
                        f"{scope.place}: Given({self.column!r}): {name} is never {key!r}: "
                        f"{twin or nearest(str(key), map(str, domain))}"
                    )
        if self.has_default or math.prod(map(len, domains)) > _MOST_CASES:
            return
        covered = set(self.keys)
        cases: Iterable[Any] = domains[0] if not isinstance(self.column, tuple) else itertools.product(*domains)
        uncovered = next((case for case in cases if case not in covered), covered)
        if uncovered is not covered:
            raise DeclarationError(
                f"{scope.place}: Given({self.column!r}) has no case for {uncovered!r}; add one, or a default"
            )

    def _check_numbers(self, scope: Scope) -> None:
        for edge in self.edges:
            if isinstance(edge, bool) or not isinstance(edge, (int, float, np.number)):
                raise DeclarationError(f"{scope.place}: Given({self.column!r}): the edge {edge!r} is not a number")
        if isinstance(self.column, tuple):
            raise DeclarationError(f"{scope.place}: Given({self.column!r}): bins divide one column, not several")
        type_ = scope.type(self.column)
        if type_ is not None and not is_number(type_):
            raise DeclarationError(
                f"{scope.place}: Given({self.column!r}): bins are for numbers, and {self.column} is {type_}"
            )

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        domains = [branch.domain(scope) for branch in self.branches]
        if any(domain is None for domain in domains):
            return None
        return list(dict.fromkeys(value for domain in domains for value in domain or ()))

    def bounds(self, scope: Scope) -> tuple[Any, Any] | None:
        return union_of_bounds(self.branches, scope)


def _coded(values: Values) -> tuple[npt.NDArray[Any], list[Any]]:
    """Values as numbers into a list of the different ones, null among them."""
    if not isinstance(values, pa.DictionaryArray) or values.null_count:
        values = to_arrow(values).dictionary_encode(null_encoding="encode")
    return to_numpy(values.indices), python_of(values.dictionary)
