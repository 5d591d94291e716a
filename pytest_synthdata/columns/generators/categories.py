"""Weighted choices from a list."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar
from pytest_synthdata.columns.arrow.plain import plain
from pytest_synthdata.columns.arrow.values import (
    Values,
    categorical,
    code_type,
    common_type,
)
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import (
    Generator,
)
from pytest_synthdata.columns.generators.quotas import check_alone, places, quotas
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.errors import DeclarationError, GenerationError, brief

if TYPE_CHECKING:
    from typing_extensions import Self


_FEW = 6  # up to here comparing with each limit is the fastest
_SOME = 32  # up to here a short table tells nearly all words apart
_BRANCH = 16  # categories up to which branches are compared with limits of their own
_SHORT, _LONG = 12, 16  # bits of a word that a table is asked for


@dataclass(frozen=True, init=False)
class Categorical(Generator):
    """One of a list of values, each with its probability.

    Args:
        shares: ``{value: probability}``, or a pandas Series of them; the probabilities sum to 1 within 1e-9. Whole
            numbers that do not are counts. A list of values makes each as likely as it is often in it. Values of one
            type; enums count as their values, and UUIDs as texts.
        weights: how likely each value of a list is, in any scale: ``Categorical(["a", "b"], weights=[3, 1])``.
        exactly: whether the rows of the table are divided by the shares exactly, to one row, in a random order. Such
            values belong to the number of rows; only a whole column can have them.

    >>> Categorical({"Free": 0.6, "Pro": 0.3, "Enterprise": 0.1})
    Categorical({'Free': 0.6, 'Pro': 0.3, 'Enterprise': 0.1})
    >>> Categorical(["a", "b"])
    Categorical({'a': 0.5, 'b': 0.5})
    """

    categories: tuple[Any, ...]
    shares: tuple[float, ...]
    exactly: bool = False

    def __init__(
        self,
        shares: Mapping[Any, float] | Iterable[Any],
        weights: Sequence[float] | None = None,
        *,
        exactly: bool = False,
    ) -> None:
        summed: dict[Any, Any] = {}
        for value, weight in _weighted(shares, weights):
            try:
                category = value if isinstance(value, tuple) else plain(value)
            except GenerationError:
                category = value  # the check of the column says so, with its name
            try:
                summed[category] = summed[category] + weight if category in summed else weight
            except TypeError:
                raise DeclarationError(
                    f"Categorical: {brief(category)} cannot be a category: write lists as tuples"
                ) from None
        object.__setattr__(self, "categories", tuple(summed))
        object.__setattr__(self, "shares", _shares(list(summed.values()), scaled=weights is not None))
        object.__setattr__(self, "exactly", exactly)

    def __repr__(self) -> str:
        shares = dict(zip(self.categories, self.shares, strict=True))
        return f"Categorical({shares}{', exactly=True' if self.exactly else ''})"

    @property
    def pinned(self) -> bool:  # type: ignore[override]
        return self.exactly

    def __getstate__(self) -> dict[str, Any]:
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @cached_property
    def _words(self) -> pa.Array:
        return arrow_array(self.categories)

    @cached_property
    def limits(self) -> npt.NDArray[np.uint64]:
        """Where in 0..2^64 each category but the first begins."""
        limits = np.cumsum(self.shares, dtype=np.float64)[:-1] * 2.0**64
        inside = limits < 2.0**64
        return np.where(inside, np.where(inside, limits, 0).astype(np.uint64), np.iinfo(np.uint64).max)

    @cached_property
    def _table(self) -> tuple[int, npt.NDArray[Any]]:
        """Of so many upper bits of a word, the category, where they decide it; else -1."""
        bits = _SHORT if len(self.shares) <= _SOME else _LONG
        low = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
        high = low + np.uint64((1 << (64 - bits)) - 1)
        first, last = (np.searchsorted(self.limits, end, side="right") for end in (low, high))
        return bits, np.where(first == last, first, -1).astype(code_type(len(self.shares)))

    def _looked_up(self, words: Bits) -> npt.NDArray[Any]:
        if "_table" not in self.__dict__ and len(words) < 1 << _SHORT:  # too few to make a table for
            return np.searchsorted(self.limits, words, side="right").astype(code_type(len(self.shares)))
        bits, table = self._table
        codes = table[(words >> np.uint64(64 - bits)).view(np.int64)]
        near = (codes < 0).nonzero()[0]  # to a limit
        codes[near] = np.searchsorted(self.limits, words[near], side="right")
        return np.asarray(codes)

    @classmethod
    def always(cls, value: Any) -> Self | None:
        return cls({value: 1.0}) if isinstance(value, str) else None

    def values(self, cells: Cells) -> Values:
        return categorical(self.codes(cells), self._words)

    def codes(self, cells: Cells) -> npt.NDArray[Any]:
        """The position of the chosen value in ``categories``."""
        if self.exactly:
            place, rows = places(cells)
            ends = np.cumsum(quotas(self.shares, rows)).astype(np.uint64)
            return np.searchsorted(ends, place, side="right").astype(code_type(len(self.shares)))
        bits = cells.bits()
        if len(self.shares) > _FEW:
            return self._looked_up(bits)
        codes = np.zeros(len(bits), np.int8)
        for limit in self.limits:
            codes += bits >= limit
        return codes

    @classmethod
    def mixture(cls, branches: Sequence[Self], which: npt.NDArray[Any], cells: Cells) -> Values:
        width = max(len(branch.categories) for branch in branches)
        if width > _BRANCH:
            return _branch_by_branch(branches, which, cells)
        place, union = _union(branches)
        # Row b of each table is branch b; the limits of absent categories are never reached.
        limits = np.full((width - 1, len(branches)), np.iinfo(np.uint64).max, np.uint64)
        codes = np.zeros((len(branches), width), code_type(len(union)))
        for number, branch in enumerate(branches):
            limits[: len(branch.categories) - 1, number] = branch.limits
            codes[number, : len(branch.categories)] = [place[value] for value in branch.categories]
        bits = cells.bits()
        chosen = np.zeros(len(bits), np.intp)
        for limit in limits:
            chosen += bits >= limit[which]
        return categorical(codes[which, chosen], union)

    def type(self, scope: Scope) -> pa.DataType:
        kinds = set(map(type, self.categories))
        if len(kinds) == 1 and kinds < {str, int, float}:
            return arrow_scalar(self.categories[0]).type
        try:
            return common_type([arrow_scalar(value).type for value in self.categories])
        except TypeError as error:
            raise DeclarationError(f"{scope.place}: {brief(self)}: {error}") from None

    def check(self, scope: Scope) -> None:
        if self.exactly:
            check_alone(self, scope)
        if not self.categories:
            raise DeclarationError(f"{scope.place}: Categorical of no values")
        for value, share in zip(self.categories, self.shares, strict=True):
            plain(value)
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


def _weighted(shares: Any, weights: Sequence[float] | None) -> Iterable[tuple[Any, Any]]:
    """Values with their shares or counts: those of a mapping or a Series of numbers; 1 for each of a list."""
    if isinstance(shares, (str, bytes, set, frozenset)) or not hasattr(shares, "__iter__"):
        raise DeclarationError(
            f"Categorical({brief(shares)}): give {{value: probability}}, or a list of values in an order"
        )
    is_series = hasattr(shares, "index") and hasattr(shares, "to_numpy")
    if weights is not None and isinstance(shares, Mapping):
        raise DeclarationError("Categorical: a mapping has its shares; give weights with a list of values")
    if isinstance(shares, Mapping) or (weights is None and is_series and shares.to_numpy().dtype.kind in "iuf"):
        return list(shares.items())
    values = [value.as_py() if isinstance(value, pa.Scalar) else value for value in shares]
    if weights is None:
        return [(value, 1) for value in values]
    if len(values) != len(weights):
        raise DeclarationError(f"Categorical: {len(values)} values have {len(weights)} weights; give each value one")
    return list(zip(values, weights, strict=True))


def _shares(weights: list[Any], *, scaled: bool) -> tuple[Any, ...]:
    """Probabilities; from weights of any scale, or from counts where all are whole numbers."""
    weights = [float(weight) if isinstance(weight, (Decimal, Fraction)) else weight for weight in weights]
    are_counts = all(isinstance(weight, (int, np.integer)) and not isinstance(weight, bool) for weight in weights)
    if scaled and all(isinstance(weight, (int, float, np.number)) and weight >= 0 for weight in weights):
        whole = math.fsum(weights)
        return tuple(float(weight) / whole for weight in weights) if 0 < whole < math.inf else tuple(weights)
    total = sum(weights) if are_counts else 1
    return tuple(weights) if total in (0, 1) or min(weights) < 0 else tuple(int(one) / int(total) for one in weights)


def _union(branches: Sequence[Categorical]) -> tuple[dict[Any, int], pa.Array]:
    """The categories of all branches, and the place of each among them."""
    union = list(dict.fromkeys(value for branch in branches for value in branch.categories))
    return {value: place for place, value in enumerate(union)}, arrow_array(union)


def _branch_by_branch(branches: Sequence[Categorical], which: npt.NDArray[Any], cells: Cells) -> Values:
    """As `Categorical.mixture`, for long lists: only those are looked at that some row needs."""
    bits, codes = cells.bits(), np.zeros(len(which), np.int32)
    order = np.argsort(which, kind="stable")
    present, starts = np.unique(which[order], return_index=True)
    place, union = _union([branches[number] for number in present] or branches[:1])
    for number, index in zip(present, np.split(order, starts[1:]), strict=True):
        branch = branches[number]
        chosen = np.searchsorted(branch.limits, bits[index], side="right")
        codes[index] = np.array([place[value] for value in branch.categories], np.int32)[chosen]
    return categorical(codes, union)
