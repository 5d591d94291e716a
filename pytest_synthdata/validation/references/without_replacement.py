"""How often each parent is picked where no two of a group are the same: successive sampling without replacement."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_MOST_STEPS = 5e8  # multiplications, a second or two
_AT_ONCE = 1 << 20  # numbers in one array
_LEAST, _MOST = 1e-10, 40.0  # of the range of times: before it hardly anything is picked, after it hardly anything left
_FINEST = 0.1  # between times, in logarithms


def expected_picks(weights: Floats, sizes: Counts, seen: Counts) -> Floats | None:
    """How often each parent is expected among the picks of some groups.

    Picks in proportion to the weights, each among those that are left, come in the order of exponential times with the
    weights as rates (Rosén 1972, "Asymptotic theory for successive sampling with varying probabilities without
    replacement"). So a group of n has a parent if fewer than n others come before it: the integral over its time of a
    sum of binomial probabilities, here by the trapezoidal rule in the time's logarithm.

    Args:
        weights: of each parent.
        sizes: of each group, the number of picks.
        seen: of each group, how many of its picks are counted, at random.

    Returns:
        A number for each parent; None where computing them would take too long.
    """
    rates, which, members = np.unique(weights, return_inverse=True, return_counts=True)
    positive = rates > 0
    choices = int(members[positive].sum())
    most = min(int(sizes.max(initial=0)), choices)
    if not most:
        return np.zeros(len(weights))
    by_size = np.bincount(np.minimum(sizes, choices), np.divide(seen, np.maximum(sizes, 1)), most + 1)
    # The picks of a parent that k others come before: those of all greater groups.
    after = np.asarray(np.cumsum(by_size[::-1])[::-1][1:], np.float64)
    expected = np.zeros(len(rates))
    of_each = _integrated(rates[positive] / rates[-1], members[positive], after)
    if of_each is None:
        return None
    expected[positive] = of_each
    return np.asarray(expected[which])


def _integrated(rates: Floats, members: Counts, after: Floats) -> Floats | None:
    """For one of the members of each rate, the sum of ``after`` by how many others come before it.

    Args:
        rates: all different, greater than 0, ascending.
        members: how many have each.
        after: by how many come before, from 0; none beyond its end.
    """
    step = min(_FINEST, 0.5 / math.sqrt(len(after)))
    first, last = math.log(_LEAST / float(rates @ members)), math.log(_MOST / float(rates[0]))
    times = np.exp(np.arange(first, last + step, step))
    if len(times) * len(after) * float(np.minimum(members, len(after)).sum()) > _MOST_STEPS:
        return None
    found = np.zeros(len(rates))
    at_once = max(1, _AT_ONCE // (len(after) * len(rates)))
    for start in range(0, len(times), at_once):
        found += _at(times[start : start + at_once], rates, members, after) * step
    return found


def _at(times: Floats, rates: Floats, members: Counts, after: Floats) -> Floats:
    """The part of the integral at some times."""
    counts = np.arange(len(after))
    none = np.where(counts == 0, 1.0, 0.0) * np.ones((len(times), 1))
    # By time and number, what follows from those of the greater rates; and the chance of so many of the lesser ones.
    rest = [after * np.ones((len(times), 1))]
    for rate, count in zip(rates[:0:-1], members[:0:-1], strict=True):
        rest.append(_after_more(rest[-1], _arrived(times, rate, int(count), len(after))))
    found, before = np.zeros(len(rates)), none
    for number, (rate, count) in enumerate(zip(rates.tolist(), members.tolist(), strict=True)):
        others = _after_more(rest[-1 - number], _arrived(times, rate, count - 1, len(after)))
        density = rate * times * np.exp(-rate * times)  # of the logarithm of its time
        found[number] = float((density * (before * others).sum(axis=1)).sum())
        if number < len(rates) - 1:
            before = _with_more(before, _arrived(times, rate, count, len(after)))
    return found


def _arrived(times: Floats, rate: float, members: int, most: int) -> Floats:
    """The probability that 0, 1, 2 … of the members of a rate have come, by time."""
    from scipy.special import gammaln

    counts = np.arange(min(members, most - 1) + 1)
    choices = gammaln(members + 1) - gammaln(counts + 1) - gammaln(members - counts + 1)
    come = np.log(-np.expm1(-rate * times))[:, None]
    return np.asarray(np.exp(choices + counts * come - (members - counts) * (rate * times)[:, None]))


def _with_more(before: Floats, more: Floats) -> Floats:
    """The probabilities of sums."""
    total: Any = np.zeros_like(before)
    for count in range(more.shape[1]):
        total[:, count:] += before[:, : before.shape[1] - count] * more[:, count : count + 1]
    return np.asarray(total)


def _after_more(after: Floats, more: Floats) -> Floats:
    """What is expected after a number, with some more that come by chance."""
    total: Any = np.zeros_like(after)
    for count in range(more.shape[1]):
        total[:, : after.shape[1] - count] += after[:, count:] * more[:, count : count + 1]
    return np.asarray(total)


__all__ = ["expected_picks"]
