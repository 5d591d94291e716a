"""Popularity without an upper end: weights with heavy tails, one for each parent, from which picks take constant time.

Darts at a rectangle as high as the greatest weight would nearly all miss. So the rectangle is cut into layers, of which
the higher ones hold only the few parents that reach them, and these can be counted off: a parent's place among all
comes from a tournament. In each pair of neighbours one wins, among the winners of two pairs one, and so on, by a coin
for each match; who wins k rounds is among the upper 2^-k, exactly one of every 2^k parents. The winner of any match is
found from the coins alone, and its weight from the inverse CDF: no table, no pass over the parents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, singledispatch
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Operation
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, Rounded
from pytest_synthdata.columns.generators.numbers.distributions import Distribution
from pytest_synthdata.columns.generators.numbers.parameters import ParametricDistribution
from pytest_synthdata.columns.random import Bits, Floats, Stream
from pytest_synthdata.errors import DeclarationError

Rounds: TypeAlias = npt.NDArray[np.int64]

_MOST_ROUNDS = 52  # as many as a uniform of 52 bits can tell
MOST_LEVELS = _MOST_ROUNDS + 2  # of parents, the first by itself and each other level twice as many
_ONE, _ALL = np.uint64(1), np.uint64(2**64 - 1)
_LOG2_E = 1.4426950408889634
# More random words from a dart's first.
WHICH, MEMBER, HEIGHT = (Stream(("dart", part)) for part in ("which", "member", "height"))


@dataclass(frozen=True)
class Tournament(Stream):
    """Random bits whose leading ones are the rounds that a row wins, so that each 2^k rows share out the upper ends.

    One row by itself has uniform bits as in any stream; of 2^k neighbours one is among the greatest 2^-k of all.
    """

    def bits(self, rows: Bits) -> Bits:
        won = self.rounds(rows).astype(np.uint64)
        return ~(_ALL >> won) | (super().bits(rows) >> (won + _ONE))

    def rounds(self, rows: Bits) -> Rounds:
        """How many matches each row wins before it loses one."""
        won = np.zeros(len(rows), np.int64)
        playing = np.arange(len(rows))
        for number in range(1, _MOST_ROUNDS + 1):
            block = rows[playing] >> np.uint64(number)
            side = (rows[playing] >> np.uint64(number - 1)) & _ONE
            playing = playing[self._coin(number, block) == side]
            won[playing] = number
            if not len(playing):
                break
        return won

    def winner(self, blocks: Bits, rounds: Rounds) -> Bits:
        """The row that wins so many rounds in each block of 2^rounds rows."""
        rows = blocks.copy()
        for number in range(int(rounds.max(initial=0)), 0, -1):
            playing = np.flatnonzero(rounds >= number)
            rows[playing] = (rows[playing] << _ONE) | self._coin(number, rows[playing])
        return rows

    def _coin(self, number: int, blocks: Bits) -> Bits:
        return _coin_of(self.names, number).bits(blocks) >> np.uint64(63)


@lru_cache(maxsize=4096)
def _coin_of(names: tuple[str, ...], number: int) -> Stream:
    """The coin of a round: a child that goes through all parents tosses those of the same rounds anew."""
    return Stream((*names, "round", str(number)))


class Layers:
    """Where darts land: in the level of parents 2^(l-1) to 2^l - 1, a layer of heights, and one of those who reach it.

    Args:
        tournament: the parents' places.
        ends: the greatest weight of those who win fewer than k rounds, for k from 0 (where it is 0).
        levels: the number of levels.
        weigh: gives the weights of some parents, also of those to come; None where these cannot be known.
    """

    def __init__(
        self, tournament: Tournament, ends: Floats, levels: int, weigh: Callable[[Bits], Floats] | None
    ) -> None:
        self._tournament = tournament
        self._bottoms: list[Floats] = []
        self._heights: list[Floats] = []
        self._cumulative: list[Floats] = []
        numbers = np.arange(levels)
        champions = tournament.winner(np.minimum(numbers, 1).astype(np.uint64), np.maximum(numbers - 1, 0))
        heights_of = ends[tournament.rounds(champions) + 1] if weigh is None else weigh(champions)
        for level, height in enumerate(heights_of):
            top = max(level - 1, 0)  # rounds within the level
            bottoms = ends[: top + 1]
            # The champion's layer ends where its weight does.
            heights = np.append(ends[1 : top + 1], max(height, ends[top])) - bottoms
            members = np.ldexp(1.0, np.arange(top, -1, -1))
            self._bottoms.append(bottoms)
            self._heights.append(heights)
            self._cumulative.append(np.cumsum(members * heights))
        self.areas: Floats = np.array([areas[-1] for areas in self._cumulative])

    def dart(self, level: int, word: Bits) -> tuple[Bits, Floats]:
        """A parent and a height for each word of random bits."""
        cumulative = self._cumulative[level]
        chosen = WHICH.uniform(word) * cumulative[-1]
        layer = np.minimum(np.searchsorted(cumulative, chosen, side="right"), len(cumulative) - 1)
        height = self._bottoms[level][layer] + self._heights[level][layer] * HEIGHT.uniform(word)
        # The members of a layer are the winners of as many blocks as the level has of that size.
        count = np.uint64(len(cumulative) - 1) - layer.astype(np.uint64)
        start = np.uint64(min(level, 1)) << count
        block = start + (MEMBER.bits(word) & ((_ONE << count) - _ONE))
        return self._tournament.winner(block, layer), height


class Ranks:
    """Where darts land if weights fall with the row number: each level has one layer, as high as its first weight."""

    def __init__(self, weights: ZipfRank, levels: int) -> None:
        first = np.array([0, *(1 << level for level in range(levels - 1))], np.uint64)
        self._heights = weights.of(first)
        self.areas: Floats = self._heights * np.maximum(first, _ONE).astype(np.float64)

    def dart(self, level: int, word: Bits) -> tuple[Bits, Floats]:
        """A parent and a height for each word of random bits."""
        size = np.uint64(1 << max(level - 1, 0))
        start = np.uint64(0) if level == 0 else size
        return start + (MEMBER.bits(word) & (size - _ONE)), self._heights[level] * HEIGHT.uniform(word)


@dataclass(frozen=True)
class ZipfRank(Generator):
    """Zipf's law by rank, for a `ForeignKey`'s weights: the parent of rank r weighs 1 / r^exponent.

    The rank is the row number, counted from 1: the first rows are the most popular, and more rows change no rank.

    Args:
        exponent: how steeply popularity falls; 1 is Zipf's own.

    >>> ZipfRank(1.0).of(np.array([0, 1, 3], np.uint64)).tolist()
    [1.0, 0.5, 0.25]
    """

    exponent: float = 1.0

    def values(self, cells: Cells) -> Values:
        return self.of(cells.rows)

    def of(self, rows: Bits) -> Floats:
        """The weights of some rows."""
        from pytest_synthdata.columns.special_functions import exp2, log1p

        return np.asarray(exp2(-self.exponent * _LOG2_E * log1p(rows.astype(np.float64))))

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.float64()

    def check(self, scope: Scope) -> None:
        if not isinstance(self.exponent, (int, float)) or not 0 <= self.exponent < float("inf"):
            raise DeclarationError(f"{scope.place}: {self!r}: the exponent is a number ≥ 0")

    def bounds(self, scope: Scope) -> tuple[Any, Any]:
        del scope
        return 0.0, 1.0


def upper_quantiles(weights: Generator, scope: Scope) -> Floats | None:
    """The greatest weight of those who win fewer than k rounds, by k; None where it is not known."""
    shares = [1 - 2.0**-number for number in range(1, _MOST_ROUNDS + 2)]
    ends = [upper_quantile(weights, share, scope) for share in shares]
    if any(end is None for end in ends):
        return None
    return np.array([0.0, *(max(end or 0.0, 0.0) for end in ends)])


@singledispatch
def upper_quantile(generator: Generator, share: float, scope: Scope) -> float | None:
    """The greatest value of a generator whose random number is no greater than a share; None where it is not known."""
    del share
    bounds = generator.bounds(scope)
    return None if bounds is None or not np.isfinite(bounds[1]) else float(bounds[1])


class _At:
    """A cell whose random number is known."""

    def __init__(self, share: float) -> None:
        self._share = share

    def uniform(self) -> Floats:
        return np.array([self._share])


@upper_quantile.register(ParametricDistribution)
@upper_quantile.register(Distribution)
def _(generator: ParametricDistribution | Distribution, share: float, scope: Scope) -> float | None:
    del scope
    if isinstance(generator, ParametricDistribution) and not generator.is_fixed:
        return None
    cell: Any = _At(share)
    return float(np.asarray(generator.values(cell))[0])


@upper_quantile.register(Given)
@upper_quantile.register(When)
def _(generator: Given | When, share: float, scope: Scope) -> float | None:
    ends = [upper_quantile(branch, share, scope) for branch in generator.branches]
    return None if any(end is None for end in ends) else max(end for end in ends if end is not None)


@upper_quantile.register(Rounded)
def _(generator: Rounded, share: float, scope: Scope) -> float | None:
    end = upper_quantile(generator.generator, share, scope)
    return None if end is None else round(end, generator.digits)


@upper_quantile.register(Clipped)
def _(generator: Clipped, share: float, scope: Scope) -> float | None:
    end = upper_quantile(generator.generator, share, scope)
    low, high = generator.ends(generator.generator.type(scope))
    if end is None:
        return None if high is None else float(high)
    return float(np.clip(end, low, high)) if (low, high) != (None, None) else end


@upper_quantile.register(Cast)
def _(generator: Cast, share: float, scope: Scope) -> float | None:
    return upper_quantile(generator.generator, share, scope)


@upper_quantile.register(Operation)
def _(generator: Operation, share: float, scope: Scope) -> float | None:
    """Sums and products of something with a heavy tail, which comes first, and something without."""
    if (
        generator.function not in ("add", "multiply")
        or (first := upper_quantile(generator.operands[0], share, scope)) is None
    ):
        return None
    other = generator.operands[1].bounds(scope)
    if other is None or not np.isfinite(other[1]):
        return None
    if generator.function == "add":
        return first + float(other[1])
    return first * float(other[1]) if min(first, other[0]) >= 0 else None


__all__ = [
    "HEIGHT",
    "MEMBER",
    "WHICH",
    "Layers",
    "Ranks",
    "Tournament",
    "ZipfRank",
    "upper_quantile",
    "upper_quantiles",
]
