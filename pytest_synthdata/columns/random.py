"""Stateless random bits: a pure function of a key (made of names) and row numbers.

A stream is named; its 128-bit key is a BLAKE2b hash of the names, made once. Row numbers are mixed with
the key by the finaliser of SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
generators", with David Stafford's Mix13 constants). One half of the key enters before the first
multiplication and the other between the two: streams whose first halves happen to lie a few steps apart are
therefore no shifted copies of each other, as they would be in plain SplitMix64.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Bits: TypeAlias = npt.NDArray[np.uint64]
Floats: TypeAlias = npt.NDArray[np.float64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_LOW = 2**32 - 1
_ATTEMPT = "attempt"
_30, _27, _31, _12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)


@dataclass(frozen=True)
class Stream:
    """A named, endless, randomly accessible sequence of 64-bit words.

    Args:
        names: what identifies the stream, for example ``("42", "orders", "amount")``.

    >>> Stream(("42", "orders", "amount")).bits(np.arange(2, dtype=np.uint64)).tolist()
    [13705581419771583316, 11518273597837789220]
    """

    names: tuple[str, ...]

    @cached_property
    def _key(self) -> tuple[np.uint64, np.uint64]:
        """What enters before the first multiplication, and what between the two."""
        # Lengths are hashed along, so that ("a", "bc") and ("ab", "c") are different streams.
        names = [name.encode() for name in self.names]
        data = b"".join(len(name).to_bytes(8, "little") + name for name in names)
        digest = blake2b(data, digest_size=16).digest()
        return np.uint64(int.from_bytes(digest[:8], "little")), np.uint64(int.from_bytes(digest[8:], "little"))

    def child(self, *names: str) -> Stream:
        """The stream of the same place with more names: independent of this one."""
        return Stream((*self.names, *names))

    def of_attempt(self, number: int) -> Stream:
        """The stream of an attempt at a condition, of a column's stream; that of attempt 0 is the column's own."""
        return self.child(_ATTEMPT, str(number)) if number else self

    @property
    def attempt(self) -> int:
        """The attempt that a column's stream, or one of its substreams, is of."""
        _, _, _, *names = self.names
        return int(names[1]) if len(names) > 1 and names[0] == _ATTEMPT else 0

    def bits(self, rows: Bits) -> Bits:
        """64 random bits for each row number.

        Args:
            rows: row numbers, uint64; any order, any of the 2^64.
        """
        start, middle = self._key
        word = rows * GOLDEN
        word += start
        return finalise(word, middle)

    def uniform(self, rows: Bits) -> Floats:
        """A number in (0, 1), both ends excluded, for each row number."""
        return uniform(self.bits(rows))


def finalise(word: Bits, middle: np.uint64) -> Bits:
    """SplitMix64's finaliser with a key between its multiplications; ``word`` is used up."""
    shifted = word >> _30
    word ^= shifted
    word *= _MIX_1
    word += middle
    np.right_shift(word, _27, out=shifted)
    word ^= shifted
    word *= _MIX_2
    np.right_shift(word, _31, out=shifted)
    word ^= shifted
    return word


def uniform(bits: Bits) -> Floats:
    """The upper 52 bits of each word as the middle of one of 2^52 equal parts of (0, 1)."""
    number = (bits >> _12).astype(np.float64)
    number += 0.5
    number *= 2.0**-52
    return number


def multiply_high(bits: Bits, count: int) -> Bits:
    """The upper 64 bits of the products with a number up to 2^64: random bits as numbers below it, each as likely.

    >>> multiply_high(np.array([0, 2**63, 2**64 - 1], np.uint64), 10).tolist()
    [0, 5, 9]
    """
    if count > _LOW:
        high, low = np.uint64(count >> 32), np.uint64(count & _LOW)
        upper, lower = bits >> np.uint64(32), bits & np.uint64(_LOW)
        middle = upper * low + (lower * low >> np.uint64(32))
        carried = (middle & np.uint64(_LOW)) + lower * high
        return upper * high + (middle >> np.uint64(32)) + (carried >> np.uint64(32))
    half = np.uint64(32)
    lower = bits & np.uint64(_LOW)
    lower *= np.uint64(count)
    lower >>= half
    upper = bits >> half
    upper *= np.uint64(count)
    upper += lower
    upper >>= half
    return upper


def remix(bits: Bits) -> Bits:
    """More random bits from random bits: a second, independent word where one is used up."""
    word = (bits ^ (bits >> _31)) * _MIX_1
    return word ^ (word >> _27)
