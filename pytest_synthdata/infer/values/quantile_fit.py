"""Any distribution as few quantiles: the corners of its distribution function, with its spikes and its gaps."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_MOST_VERTICES = 4_000  # of a distribution function that is looked at
_MOST_QUANTILES = 16  # where fewer are good enough
_COARSEST = 0.025
_STEEP = 4  # times as often as its neighbours is a value with a share of its own
_MEAN_OFF, _MORE = 0.004, 3  # of the spread that a part may move the mean; corners more for that
_FEWEST_PLACES = 3
_MOST_PLACES = 5
_FINE = 200  # parts of the distance to the next quantile that one is rounded to


def tolerance_for(count: int, least: float = 0.01) -> float:
    """How far the distribution function may be off: a quarter of what so many rows leave open, or the least."""
    return max(least, 0.25 / math.sqrt(max(count, 1)))


def quantiles_of(values: Numbers, step: float | None, tolerance: float) -> dict[float, Any]:
    """Quantiles by share, as `Quantiles` takes them, whose distribution is as good as that of some values.

    Args:
        values: at least two different ones.
        step: the distance of neighbouring values that they are rounded to afterwards; None for none.
        tolerance: how far the shares below any number may be off.

    >>> quantiles_of(np.array([0.0] * 60 + list(range(1, 41))), 1.0, 0.02)
    {0: 0, 0.6: 0, 0.94: 34.5, 1: 40}
    """
    distinct, counts = np.unique(values, return_counts=True)
    x, p = _vertices(distinct, counts, step, tolerance)
    kept, coarsest = corners(x, p, tolerance), max(_COARSEST, 1.5 * tolerance)
    while len(kept) > _MOST_QUANTILES and tolerance < coarsest:
        tolerance *= 1.4
        kept = corners(x, p, tolerance)
    kept = _with_tails(x, p, kept, values)
    return _listed(x[kept], p[kept], len(values), step)


def _with_tails(x: Numbers, p: Numbers, kept: list[int], values: Numbers) -> list[int]:
    """Corners between which the mean is right, too: one value far away must not draw all others of the last share."""
    low, high = np.quantile(values, [0.05, 0.95])
    allowed = _MEAN_OFF * float((high - low) or values.std())
    for _ in range(_MORE):
        worst: tuple[float, int] | None = None
        for first, last in itertools.pairwise(kept):
            if last - first < 2:  # noqa: PLR2004
                continue
            inner = slice(first, last + 1)
            is_mean = float(((x[first + 1 : last + 1] + x[first:last]) * np.diff(p[inner])).sum()) / 2
            off = abs(is_mean - (x[first] + x[last]) / 2 * (p[last] - p[first]))
            if off > max(allowed, worst[0] if worst is not None else 0.0):
                height = p[last] - p[first]
                line = x[first] + (x[last] - x[first]) * ((p[inner] - p[first]) / height if height > 0 else 0.0)
                worst = off, first + int(np.abs(x[inner] - line)[1:-1].argmax()) + 1
        if worst is None:
            break
        kept = sorted({*kept, worst[1]})
    return kept


def _vertices(
    distinct: Numbers, counts: npt.NDArray[np.int64], step: float | None, tolerance: float
) -> tuple[Numbers, Numbers]:
    """The distribution function as a line: straight up at values with a share of their own, else slanting."""
    total = counts.sum()
    upper = np.cumsum(counts) / total
    lower = np.concatenate([[0.0], upper[:-1]])
    neighbours = np.maximum(np.append(counts[1:], 0), np.insert(counts[:-1], 0, 0))
    is_spike = (counts > 2 * tolerance * total) & (counts > _STEEP * neighbours)
    if len(distinct) > _MOST_VERTICES:
        chosen = np.unique(np.searchsorted(upper, np.linspace(0, 1, _MOST_VERTICES)).clip(0, len(distinct) - 1))
        chosen = np.union1d(chosen, np.flatnonzero(is_spike))
        chosen = np.union1d(chosen, np.array([0, len(distinct) - 1]))
    else:
        chosen = np.arange(len(distinct))
    half = np.where(is_spike, 0.0, (step or 0.0) / 2)[chosen]
    value, below, above = distinct[chosen], lower[chosen], upper[chosen]
    if step is None:  # half of a value's share lies on either side of it
        middle = (below + above) / 2
        below, above = np.where(is_spike[chosen], below, middle), np.where(is_spike[chosen], above, middle)
    elif len(chosen) < len(distinct):  # of the values between, only where they end
        below = np.where(is_spike[chosen], below, above)
        half = np.where(is_spike[chosen], 0.0, half)
    x = np.stack([value - half, value + half], axis=1).ravel()
    p = np.stack([below, above], axis=1).ravel()
    x = np.clip(x, distinct[0], distinct[-1])
    x, p = np.concatenate([[distinct[0]], x, [distinct[-1]]]), np.concatenate([[0.0], p, [1.0]])
    return x, np.maximum.accumulate(p)


def corners(x: Numbers, p: Numbers, tolerance: float) -> list[int]:
    """The vertices of a line that it needs (Douglas and Peucker 1973), with the distance measured in shares."""
    kept = {0, len(x) - 1}
    waiting = [(0, len(x) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:  # noqa: PLR2004
            continue
        inner = slice(first + 1, last)
        width = x[last] - x[first]
        share = (x[inner] - x[first]) / width if width > 0 else np.zeros(last - first - 1)
        off = np.abs(p[inner] - (p[first] + share * (p[last] - p[first])))
        worst = int(off.argmax())
        if off[worst] > tolerance:
            middle = first + 1 + worst
            kept.add(middle)
            waiting += [(first, middle), (middle, last)]
    return sorted(kept)


def _listed(x: Numbers, p: Numbers, count: int, step: float | None) -> dict[float, Any]:
    places = min(max(math.ceil(math.log10(max(count, 1)) / 2) + 1, _FEWEST_PLACES), _MOST_PLACES)
    shares = [round(float(one), places) for one in p]
    values = _rounded(x, step)
    found: dict[float, Any] = {}
    for share, value in zip(shares, values, strict=True):
        key = int(share) if share in (0, 1) else share
        ends = found.get(key)
        if ends is None:
            found[key] = value
        else:
            first = ends[0] if isinstance(ends, tuple) else ends
            found[key] = first if value == first else (first, value)
    for end, value in ((0, values[0]), (1, values[-1])):
        if isinstance(found[end], tuple) and end == 0:
            found[end] = found[end] if found[end][1] > value else value
    return found


def _rounded(x: Numbers, step: float | None) -> list[Any]:
    """Quantiles with the digits that their distance to the next ones asks for; the ends outward, never inward."""
    values = []
    gaps = np.diff(np.unique(x))
    least = float(gaps.min()) if len(gaps) else 0.0
    for number, one in enumerate(x.tolist()):
        other = np.abs(x - one)
        other = other[other > 0]
        near = float(other.min()) if len(other) else max(abs(one), 1.0)
        unit = 10.0 ** math.floor(math.log10(max(near, least) / _FINE)) if near > 0 else 0.0
        is_exact = (x == one).sum() > 1  # it has a share of its own
        if step is not None and (is_exact or number in (0, len(x) - 1) or unit < step / 2):
            values.append(plain(one, step / 2))
        elif is_exact:
            values.append(int(one) if one.is_integer() and abs(one) < 2**53 else one)
        elif number in (0, len(x) - 1):
            values.append(outward(one, unit / 10, -1 if number == 0 else 1))
        else:
            values.append(plain(one, unit))
    return np.maximum.accumulate(np.array(values, object)).tolist()


def outward(value: float, unit: float, direction: int) -> Any:
    """The end of a range, rounded away from it."""
    rounded = plain(value, unit)
    if (rounded - value) * direction < 0:
        rounded = plain(rounded + direction * unit, unit)
    return rounded if (rounded - value) * direction >= 0 else value


def plain(value: float, unit: float) -> Any:
    """A number rounded to a unit's digits; a whole one as an int.

    >>> plain(12.3456, 0.01), plain(12.0, 0.1), plain(1234.5, 100)
    (12.35, 12, 1200)
    """
    if not math.isfinite(value) or unit <= 0 or not math.isfinite(unit):
        return value
    digits = -math.floor(math.log10(unit) + 1e-9)
    if digits > 300:  # noqa: PLR2004
        return value
    rounded = round(value, digits)
    if digits < 0 and abs(rounded) > 1e15:  # noqa: PLR2004
        rounded = value
    return int(rounded) if float(rounded).is_integer() and abs(rounded) < 2**63 else float(rounded)


__all__ = ["corners", "outward", "plain", "quantiles_of", "tolerance_for"]
