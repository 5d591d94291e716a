"""Orders of the numbers below 4096, one for each key: from a number to its rank, and back.

Multiplications by odd numbers and shifted bits, modulo 2^12: all of it fits into 16 bits.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.random import Bits

Small: TypeAlias = "npt.NDArray[np.uint16]"  # numbers below 4096
Factors: TypeAlias = "tuple[Small, Small, Small]"

BITS = 12
COUNT = 1 << BITS
_MASK, _HALF, _ONE, _TWO = np.uint16(COUNT - 1), np.uint16(BITS // 2), np.uint16(1), np.uint16(2)


def factors_of(keys: Bits) -> Factors:
    """What decides the order of each key."""
    first, second = (
        (keys.astype(np.uint16) & _MASK) | _ONE,
        ((keys >> np.uint64(BITS)).astype(np.uint16) & _MASK) | _ONE,
    )
    return first, second, (keys >> np.uint64(64 - BITS)).astype(np.uint16)


def ranks_of(places: Small, factors: Factors) -> Small:
    """Where each number stands in its order."""
    first, second, shift = factors
    ranks = (places * first) & _MASK
    ranks ^= ranks >> _HALF
    ranks = (ranks * second) & _MASK
    ranks ^= ranks >> _HALF
    return (ranks * first + shift) & _MASK


def places_at(ranks: Small, factors: Factors) -> Small:
    """The number at each rank.

    >>> factors = factors_of(np.array([123_456_789_012_345_678], np.uint64))
    >>> places_at(ranks_of(np.array([7, 4095], np.uint16), factors), factors).tolist()
    [7, 4095]
    """
    first, second, shift = factors
    back = _inverse(first)
    places = ((ranks - shift) * back) & _MASK
    places ^= places >> _HALF  # a shift by half of the bits undoes itself
    places = (places * _inverse(second)) & _MASK
    places ^= places >> _HALF
    return (places * back) & _MASK


def _inverse(factor: Small) -> Small:
    """The inverse of odd numbers modulo 2^12, by Newton's method: each step doubles the bits that are right."""
    inverse = factor.copy()
    for _ in range(2):
        inverse *= _TWO - factor * inverse
    return inverse & _MASK


__all__ = ["BITS", "COUNT", "Factors", "Small", "factors_of", "places_at", "ranks_of"]
