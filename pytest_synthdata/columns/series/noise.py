"""Noise with a memory, of which any moment can be computed by itself.

A value is conditioned on its neighbours in a binary tree: two ends far apart, the middle between them, the middle of
one half, and so on down to the moment that is asked for. Each step draws from the exact conditional distribution of an
Ornstein-Uhlenbeck process, or of Brownian motion (Lévy's construction), so that all moments together are the process
itself (Asmussen and Glynn 2007, "Stochastic Simulation", X.2), at the cost of the logarithm of its memory each.
"""

from __future__ import annotations

import numpy as np

from pytest_synthdata.columns.random import GOLDEN, Bits, Floats, Stream

_LOG2_E = 1.4426950408889634
_FORGOTTEN = 60.0  # bits after the point from which a correlation is none
_LONGEST = 40  # levels, for a memory of 2^40 moments


def stationary_noise(stream: Stream, parents: Bits, moments: Bits, correlation: float) -> Floats:
    """Standard normal noise whose neighbours have a correlation, for moments 0, 1, 2 … of each parent.

    Args:
        stream: the column's random bits.
        parents: row numbers, each with noise of its own.
        moments: which moment of its parent's is asked for.
        correlation: between two neighbours, from 0 to below 1.
    """
    from pytest_synthdata.columns.special_functions import exp2, log1p

    base = stream.child("noise").bits(parents)
    if correlation == 0:
        return _normal(stream, base, moments)
    log2 = float(log1p(correlation - 1.0)) * _LOG2_E
    levels = min(max(int(np.ceil(np.log2(_FORGOTTEN / -log2))), 0), _LONGEST)
    span = np.uint64(1 << levels)
    at = moments - moments % span
    left, right = _normal(stream, base, at), _normal(stream, base, at + span)
    for level in range(levels - 1, -1, -1):
        half = np.uint64(1 << level)
        rho = float(exp2(log2 * float(half)))
        mean = (left + right) * (rho / (1 + rho * rho))
        middle = mean + _normal(stream, base, at + half) * np.sqrt((1 - rho * rho) / (1 + rho * rho))
        later = moments >= at + half
        left, right = np.where(later, middle, left), np.where(later, right, middle)
        at = np.where(later, at + half, at)
    return left


def random_walk(stream: Stream, parents: Bits, moments: Bits) -> Floats:
    """Brownian motion from 0 at moment 0, whose steps have a standard deviation of 1."""
    base = stream.child("noise").bits(parents)
    bits = np.frexp(moments.astype(np.float64))[1]  # moments lie from 2^(bits - 1) to before 2^bits
    left, right, walked = np.zeros(len(moments)), np.zeros(len(moments)), np.zeros(len(moments))
    most = int(bits.max(initial=0))
    for power in range(most + 1):
        step = _normal(stream, base, np.full(len(moments), 1 << power, np.uint64))
        walked = walked + step * np.sqrt(2.0 ** max(power - 1, 0))
        left[bits - 1 == power], right[bits == power] = walked[bits - 1 == power], walked[bits == power]
    at = np.where(bits > 0, np.uint64(1) << np.maximum(bits - 1, 0).astype(np.uint64), np.uint64(0))
    for level in range(most - 2, -1, -1):
        half = np.uint64(1 << level)
        middle = (left + right) / 2 + _normal(stream, base, at + half) * np.sqrt(float(half) / 2)
        inside, later = bits - 1 > level, moments >= at + half
        right = np.where(inside & ~later, middle, right)
        left, at = np.where(inside & later, middle, left), np.where(inside & later, at + half, at)
    return left


def _normal(stream: Stream, base: Bits, position: Bits) -> Floats:
    from pytest_synthdata.columns.special_functions import ndtri

    return np.asarray(ndtri(stream.child("moment").uniform(base + position * GOLDEN)))


__all__ = ["random_walk", "stationary_noise"]
