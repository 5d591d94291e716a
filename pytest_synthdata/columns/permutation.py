"""A permutation of any number of numbers, made for each when it is asked for: nothing is held, nothing comes twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pytest_synthdata.columns.random import Bits, Stream

_ROUNDS = 5
_ALL = 2**64
_LEAST_BITS = 6  # of fewer, some orders come more often than others


@dataclass(frozen=True)
class Permutation:
    """The numbers below ``count`` in another order.

    Each round multiplies by an odd number modulo 2^n, a power of two that is no less than ``count``, and mixes
    the upper half of the bits into the lower; both can be undone, so that no two numbers become one. What leaves the
    range goes through again until it is back (Black and Rogaway 2002, "Ciphers with arbitrary finite domains", 3.3:
    cycle walking), less than once on average unless ``count`` is small.

    Args:
        count: how many numbers there are, up to 2^64.
        stream: decides the order.

    >>> sorted(Permutation(5, Stream(("example",))).of(np.arange(5, dtype=np.uint64)).tolist())
    [0, 1, 2, 3, 4]
    """

    count: int
    stream: Stream

    def of(self, numbers: Bits) -> Bits:
        """What stands at each of some places, all of which are below ``count``."""
        moved = self._move(numbers)
        if self.count == _ALL:
            return moved
        count = np.uint64(self.count)
        outside = np.flatnonzero(moved >= count)
        while len(outside):
            again = self._move(moved[outside])
            moved[outside] = again
            outside = outside[again >= count]
        return moved

    def _move(self, numbers: Bits) -> Bits:
        bits = max((self.count - 1).bit_length(), _LEAST_BITS)
        mask, half = np.uint64((1 << bits) - 1), np.uint64((bits + 1) // 2)
        for factor, shift in self._constants:
            numbers = (numbers * factor + shift) & mask
            numbers ^= numbers >> half
        return numbers

    def places(self, numbers: Bits) -> Bits:
        """Where each of some numbers stands: what undoes `of`."""
        moved = self._move_back(numbers)
        if self.count == _ALL:
            return moved
        count = np.uint64(self.count)
        outside = np.flatnonzero(moved >= count)
        while len(outside):
            again = self._move_back(moved[outside])
            moved[outside] = again
            outside = outside[again >= count]
        return moved

    def _move_back(self, numbers: Bits) -> Bits:
        bits = max((self.count - 1).bit_length(), _LEAST_BITS)
        mask, half = np.uint64((1 << bits) - 1), np.uint64((bits + 1) // 2)
        for factor, shift in reversed(self._constants):
            numbers = numbers ^ (numbers >> half)  # shifts by half of the bits undo themselves
            numbers = ((numbers - shift) * np.uint64(pow(int(factor), -1, 1 << 64))) & mask
        return numbers

    @cached_property
    def _constants(self) -> list[tuple[np.uint64, np.uint64]]:
        words = self.stream.child("permutation").bits(np.arange(2 * _ROUNDS, dtype=np.uint64))
        return [(factor | np.uint64(1), shift) for factor, shift in words.reshape(_ROUNDS, 2)]


__all__ = ["Permutation"]
