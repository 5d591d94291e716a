"""Weighted choices from a list, and distributions that depend on another column's value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.arrow.values import (
    Values,
    categorical,
    code_type,
    common_type,
    to_arrow,
    to_numpy,
    without,
)
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import (
    Generator,
    as_number,
    literal,
    mixture,
    mixture_type,
    union_of_bounds,
)
from pytest_synthdata.errors import DeclarationError, GenerationError, brief, nearest

if TYPE_CHECKING:
    from typing_extensions import Self


_FEW = 16  # up to here comparing with each limit is faster than a binary search


@dataclass(frozen=True, init=False)
class Categorical(Generator):
    """One of a list of values, each with its probability.

    Args:
        shares: ``{value: probability}``, or a pandas Series of them; the probabilities sum to 1 within 1e-9. Whole
            numbers that do not are counts. A list of values makes each as likely as it is often in it. Values of one
            type; enums count as their values, and UUIDs as texts.

    >>> Categorical({"Free": 0.6, "Pro": 0.3, "Enterprise": 0.1})
    Categorical({'Free': 0.6, 'Pro': 0.3, 'Enterprise': 0.1})
    >>> Categorical(["a", "b"])
    Categorical({'a': 0.5, 'b': 0.5})
    """

    categories: tuple[Any, ...]
    shares: tuple[float, ...]

    def __init__(self, shares: Mapping[Any, float] | Iterable[Any]) -> None:
        weights: dict[Any, Any] = {}
        for value, weight in _weighted(shares):
            category = value if isinstance(value, tuple) else plain(value)
            try:
                weights[category] = weights[category] + weight if category in weights else weight
            except TypeError:
                raise DeclarationError(
                    f"Categorical: {brief(category)} cannot be a category: write lists as tuples"
                ) from None
        object.__setattr__(self, "categories", tuple(weights))
        object.__setattr__(self, "shares", _shares(list(weights.values())))

    def __repr__(self) -> str:
        return f"Categorical({dict(zip(self.categories, self.shares, strict=True))})"

    def values(self, cells: Cells) -> Values:
        return categorical(self.codes(cells), pa.array(self.categories))

    def codes(self, cells: Cells) -> npt.NDArray[Any]:
        """The position of the chosen value in ``categories``."""
        limits = _limits(self.shares)
        if len(self.shares) > _FEW:
            return np.searchsorted(limits, cells.bits(), side="right").astype(np.int32)
        bits = cells.bits()
        codes = np.zeros(len(bits), np.int8)
        for limit in limits:
            codes += bits >= limit
        return codes

    @classmethod
    def mixture(cls, branches: Sequence[Self], which: npt.NDArray[Any], cells: Cells) -> Values:
        width = max(len(branch.categories) for branch in branches)
        if width > _FEW:
            return _branch_by_branch(branches, which, cells)
        place, union = _union(branches)
        # Row b of each table is branch b; the limits of absent categories are never reached.
        limits = np.full((width - 1, len(branches)), np.iinfo(np.uint64).max, np.uint64)
        codes = np.zeros((len(branches), width), code_type(len(union)))
        for number, branch in enumerate(branches):
            limits[: len(branch.categories) - 1, number] = _limits(branch.shares)
            codes[number, : len(branch.categories)] = [place[value] for value in branch.categories]
        bits = cells.bits()
        chosen = np.zeros(len(bits), np.intp)
        for limit in limits:
            chosen += bits >= limit[which]
        return categorical(codes[which, chosen], union)

    def type(self, scope: Scope) -> pa.DataType:
        kinds = set(map(type, self.categories))
        if len(kinds) == 1 and kinds < {str, int, float}:
            return pa.scalar(self.categories[0]).type
        try:
            return common_type([pa.scalar(value).type for value in self.categories])
        except TypeError as error:
            raise DeclarationError(f"{scope.place}: {brief(self)}: {error}") from None

    def check(self, scope: Scope) -> None:
        if not self.categories:
            raise DeclarationError(f"{scope.place}: Categorical of no values")
        for value, share in zip(self.categories, self.shares, strict=True):
            if not isinstance(share, (int, float, np.number)) or not share >= 0:
                raise DeclarationError(
                    f"{scope.place}: Categorical: the probability of {value!r} is {share!r}; it must be a number ≥ 0"
                )
        total = math.fsum(self.shares)
        if abs(total - 1) > 1e-9:  # noqa: PLR2004
            raise DeclarationError(f"{scope.place}: {brief(self)}: the probabilities sum to {total:.12g}, not to 1")

    def domain(self, scope: Scope) -> Sequence[Any]:
        del scope
        return self.categories


def _weighted(shares: Any) -> Iterable[tuple[Any, Any]]:
    """Values with their shares or counts: those of a mapping or a Series of numbers; 1 for each of a list."""
    if isinstance(shares, (str, bytes, set, frozenset)) or not hasattr(shares, "__iter__"):
        raise DeclarationError(
            f"Categorical({brief(shares)}): give {{value: probability}}, or a list of values in an order"
        )
    is_series = hasattr(shares, "index") and hasattr(shares, "to_numpy")
    if isinstance(shares, Mapping) or (is_series and shares.to_numpy().dtype.kind in "iuf"):
        return list(shares.items())
    return [(value.as_py() if isinstance(value, pa.Scalar) else value, 1) for value in shares]


def _shares(weights: list[Any]) -> tuple[Any, ...]:
    """Probabilities; from counts where all are whole numbers."""
    weights = [float(weight) if isinstance(weight, (Decimal, Fraction)) else weight for weight in weights]
    are_counts = all(isinstance(weight, (int, np.integer)) and not isinstance(weight, bool) for weight in weights)
    total = sum(weights) if are_counts else 1
    return tuple(weights) if total in (0, 1) or min(weights) < 0 else tuple(int(one) / int(total) for one in weights)


def _union(branches: Sequence[Categorical]) -> tuple[dict[Any, int], pa.Array]:
    """The categories of all branches, and the place of each among them."""
    union = list(dict.fromkeys(value for branch in branches for value in branch.categories))
    return {value: place for place, value in enumerate(union)}, pa.array(union)


def _branch_by_branch(branches: Sequence[Categorical], which: npt.NDArray[Any], cells: Cells) -> Values:
    """As `Categorical.mixture`, for long lists: only those are looked at that some row needs."""
    bits, codes = cells.bits(), np.zeros(len(which), np.int32)
    order = np.argsort(which, kind="stable")
    present, starts = np.unique(which[order], return_index=True)
    place, union = _union([branches[number] for number in present] or branches[:1])
    for number, index in zip(present, np.split(order, starts[1:]), strict=True):
        branch = branches[number]
        chosen = np.searchsorted(_limits(branch.shares), bits[index], side="right")
        codes[index] = np.array([place[value] for value in branch.categories], np.int32)[chosen]
    return categorical(codes, union)


def _limits(shares: Sequence[float]) -> npt.NDArray[np.uint64]:
    """Where in 0..2^64 each category but the first begins."""
    limits = np.cumsum(shares, dtype=np.float64)[:-1] * 2.0**64
    inside = limits < 2.0**64
    return np.where(inside, np.where(inside, limits, 0).astype(np.uint64), np.iinfo(np.uint64).max)


@dataclass(frozen=True, init=False)
class Given(Generator):
    """A conditional distribution: which generator fills a cell depends on another column's value.

    Args:
        column: the column that decides; a parent's as ``"customer.tier"``.
        cases: ``{value: generator or constant}``.
        default: for values without a case.
        bins: instead of cases, the inner edges of right-open intervals, ascending; null is in none and gives null…
        then: … and one generator or constant for each interval, one more than edges.

    >>> Given("hours", bins=[8, 24], then=["fast", "fair", "slow"]).edges
    (8, 24)
    """

    column: str
    keys: tuple[Any, ...]
    edges: tuple[float, ...]
    branches: tuple[Generator, ...]
    has_default: bool = field(repr=False)
    is_binned: bool = field(repr=False)  # whether intervals, not values, decide

    def __init__(
        self,
        column: str,
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
        object.__setattr__(self, "column", column)
        object.__setattr__(self, "keys", tuple(key if isinstance(key, tuple) else plain(key) for key in cases or ()))
        object.__setattr__(self, "edges", () if bins is None else tuple(map(as_number, bins)))
        object.__setattr__(self, "branches", tuple(literal(branch) for branch in branches))
        object.__setattr__(self, "has_default", default is not ...)
        object.__setattr__(self, "is_binned", bins is not None)

    def values(self, cells: Cells) -> Values:
        decider = cells.read(self.column)
        if not self.is_binned:
            return mixture(self.branches, self._case(decider, cells), cells)
        interval = self.interval(decider)
        values = mixture(self.branches, np.maximum(interval, 0), cells)
        return without(values, interval < 0) if interval.min(initial=0) < 0 else values

    def interval(self, decider: Values) -> npt.NDArray[np.int64]:
        """The number of each value's interval between the bins; -1 for null."""
        found = np.searchsorted(np.array(self.edges), to_numpy(decider), side="right")
        if isinstance(decider, pa.Array) and (array := to_arrow(decider)).null_count:
            found[to_numpy(array.is_null())] = -1
        return found

    def _case(self, decider: Values, cells: Cells) -> npt.NDArray[Any]:
        if not isinstance(decider, pa.DictionaryArray):
            decider = to_arrow(decider).dictionary_encode(null_encoding="encode")
        values = decider.dictionary.to_pylist()
        branch_of = {key: branch for branch, key in enumerate(self.keys)}
        default = len(self.keys) if self.has_default else -1
        lookup = np.array([branch_of.get(value, default) for value in values], code_type(len(self.branches)))
        which = lookup[to_numpy(decider.indices)]
        if default < 0 and (missing := np.flatnonzero(which < 0)).size:
            value = values[to_numpy(decider.indices)[missing[0]]]
            raise GenerationError(
                f"{cells.place}: Given({self.column!r}) has no case for {value!r} "
                f"(row {cells.rows[missing[0]]}); add one, or a default"
            )
        return which

    def reads(self) -> Iterator[str]:
        yield self.column
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
        domain = scope.domain(self.column)
        if domain is None or self.is_binned:
            return
        known, possible = set(self.keys), set(domain)
        uncovered = [value for value in domain if value not in known]
        for key in self.keys:
            # A subclass may narrow the column so that some cases no longer happen; else a key is misspelt.
            if key not in possible and uncovered and len(domain) > 1:
                twin = next((f"did you mean {value!r}?" for value in domain if str(value) == str(key)), None)
                raise DeclarationError(
                    f"{scope.place}: Given({self.column!r}): {self.column} is never {key!r}: "
                    f"{twin or nearest(str(key), map(str, domain))}"
                )
        if uncovered and not self.has_default:
            raise DeclarationError(
                f"{scope.place}: Given({self.column!r}) has no case for {uncovered[0]!r}; add one, or a default"
            )

    def _check_numbers(self, scope: Scope) -> None:
        for edge in self.edges:
            if isinstance(edge, bool) or not isinstance(edge, (int, float, np.number)):
                raise DeclarationError(f"{scope.place}: Given({self.column!r}): the edge {edge!r} is no number")
        type_ = scope.type(self.column)
        if type_ is not None and not (
            pa.types.is_floating(type_) or pa.types.is_integer(type_) or pa.types.is_decimal(type_)
        ):
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
