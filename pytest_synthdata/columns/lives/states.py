"""What a life can do: from which state it goes to which others, how often, and how many times it can come back."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, without_nulls
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.generators.base import Constant, Generator, literal, require_numbers
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.errors import DeclarationError, nearest

Codes = npt.NDArray[np.int64]

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Branching:
    """Where a life can go from a state.

    Args:
        state: the state.
        targets: the states that may come next.
        shares: how often each does, a number or an expression on the row's columns; what is left stays for ever.
        chooser: in place of shares, a generator of states.
    """

    state: str
    targets: tuple[str, ...]
    shares: tuple[Generator, ...] = ()
    chooser: Generator | None = None

    @classmethod
    def of(cls, state: str, declared: Any) -> Branching:
        """What was declared of a state: ``{"paid": 0.9}``, a `Given` of such, or the one state that comes next."""
        if isinstance(declared, Mapping):
            return cls(state, tuple(declared), tuple(literal(share) for share in declared.values()))
        if isinstance(declared, str):
            return cls(state, (declared,), (Constant(1.0),))
        if isinstance(declared, Generator):
            chooser = _chooser(declared)
            targets = chooser.domain(None)  # type: ignore[arg-type]
            if targets is None:
                raise DeclarationError(
                    f"Lifecycle: what comes after {state!r}: {declared!r} does not say which states there are; write "
                    "Given('tier', {'Pro': {'paid': 0.9, 'cancelled': 0.1}, …})"
                )
            return cls(state, tuple(dict.fromkeys(one for one in targets if one is not None)), (), chooser)
        raise DeclarationError(f"Lifecycle: what comes after {state!r} is {declared!r}; write {{'next state': share}}")

    def children(self) -> Iterator[Generator]:
        """The generators that decide."""
        yield from self.shares
        if self.chooser is not None:
            yield self.chooser

    def choose(self, cells: Cells, is_open: npt.NDArray[np.bool_]) -> Codes:
        """The number of each row's target; -1 where it stays.

        Args:
            cells: the rows.
            is_open: for each row and target, whether it can still go there.
        """
        if self.chooser is not None:
            chosen = to_arrow(self.chooser.values(cells))
            codes = np.asarray(to_numpy(without_nulls(pc.index_in(chosen, _texts(self.targets)), -1)), np.int64)
            return np.where((codes >= 0) & is_open[np.arange(len(codes)), np.maximum(codes, 0)], codes, -1)
        weights = np.stack([self._weights(cells, number) for number in range(len(self.targets))], axis=1)
        limits = np.cumsum(np.where(is_open, weights, 0.0), axis=1)
        if not is_open.all():  # the others take over what the closed ones had
            whole, left = np.cumsum(weights, axis=1)[:, -1], limits[:, -1]
            limits *= np.where(left > 0, whole / np.where(left > 0, left, 1.0), 0.0)[:, None]
        codes = (cells.uniform()[:, None] >= limits).sum(axis=1)
        return np.where(codes < len(self.targets), codes, -1)

    def _weights(self, cells: Cells, number: int) -> npt.NDArray[np.float64]:
        values = to_arrow(self.shares[number].values(cells.substream("share", self.targets[number])))
        return np.nan_to_num(to_numpy(values).astype(np.float64))

    def check(self, scope: Scope) -> None:
        """Raise `DeclarationError` for shares that are none."""
        place = f"{scope.place}: Lifecycle: after {self.state!r}"
        for target, share in zip(self.targets, self.shares, strict=False):
            require_numbers(share, scope, f"the share of {target!r} after {self.state!r}")
            bounds = share.bounds(scope)
            if bounds is not None and (bounds[0] < 0 or math.isnan(bounds[0])):
                raise DeclarationError(f"{place}: the share of {target!r} is {bounds[0]}; it must not be negative")
        values = [share.value for share in self.shares if isinstance(share, Constant)]
        if len(values) == len(self.shares) and math.fsum(values) > 1 + _ROUNDING:
            raise DeclarationError(f"{place}: the shares sum to {math.fsum(values):.12g}, to more than 1")


def _texts(states: tuple[str, ...]) -> Any:
    import pyarrow as pa

    return arrow_array(states, pa.string())


def _chooser(declared: Generator) -> Generator:
    """A generator of states, in which ``{"paid": 0.9}`` stands for a `Categorical`."""
    if isinstance(declared, Constant) and isinstance(declared.value, dict):
        return Categorical(declared.value)
    if isinstance(declared, (Given, When)):
        made = copy.copy(declared)
        object.__setattr__(made, "branches", tuple(map(_chooser, declared.branches)))
        return made
    return declared


def require_states(named: Iterator[tuple[str, Any]], states: tuple[str, ...], place: str) -> None:
    """Raise `DeclarationError` for a state that no life comes to."""
    for argument, state in named:
        if state not in states:
            raise DeclarationError(
                f"{place}: Lifecycle: {argument} names {state!r}, which no row comes to: {nearest(str(state), states)}"
            )


__all__ = ["Branching", "require_states"]
