"""When something happens to the rows of a table, found row by row, or for a day without looking at all rows.

Time is cut into windows, in each of which a row has an occurrence with the same probability, at any time of it. Within
a block of rows a permutation says which rows have theirs first, so that the rows of a day are found from the day, and
the time of a row from the row. The windows are counted from 1970: a longer period changes none before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.random import Bits, Stream

Instants = npt.NDArray[np.int64]

MICROSECONDS = 1_000_000
DAY = 86_400 * MICROSECONDS
YEAR = int(365.25 * DAY)
NEVER = np.iinfo(np.int64).max

_BITS = np.uint64(12)
_BLOCK = 1 << 12  # rows that are put into an order of their own
_MASK = np.uint64(_BLOCK - 1)
_HALF, _ONE = np.uint64(6), np.uint64(1)
# The probability of an occurrence in a window: the smaller, the nearer to a Poisson process, and the more windows.
_CHANCES = ((8.0, 0.25), (60.0, 0.5))  # up to so many a year
_CACHED = 1 << 14  # rows whose arrays stay in the processor's cache
_MOST_AT_ONCE = 1 << 20  # candidates that are looked at together


@dataclass(frozen=True)
class Occurrences:
    """Something that happens to each row of a table again and again, independent of all other rows.

    Args:
        stream: decides the times.
        rate: how often it is expected, a row and year.

    >>> moves = Occurrences(Stream(("example",)), rate=2.0)
    >>> int(moves.count(np.arange(1_000, dtype=np.uint64), 0, YEAR).sum())
    1934
    """

    stream: Stream
    rate: float

    @cached_property
    def chance(self) -> float:
        """The probability of an occurrence in a window."""
        return next((chance for most, chance in _CHANCES if self.rate <= most), 1.0)

    @cached_property
    def width(self) -> int:
        """The microseconds of a window."""
        return max(round(YEAR * self.chance / self.rate), 1)

    def count(self, rows: Bits, since: Instants | int, until: Instants | int) -> Instants:
        """How often it happens to each row after ``since`` and up to ``until``, which is included."""
        counts = np.zeros(len(rows), np.int64)
        since, until = np.broadcast_to(since, len(rows)), np.broadcast_to(until, len(rows))
        for start in range(0, len(rows), _CACHED):
            some = slice(start, start + _CACHED)
            after, last = since[some], until[some]
            for window in self._windows(int(after.min()) + 1, int(last.max())):
                times = self.times(rows[some], window)
                counts[some] += (times > after) & (times <= last)
        return counts

    def first(self, rows: Bits, since: Instants, until: int) -> Instants:
        """When it first happens to each row after ``since`` and up to ``until``; NEVER where it does not."""
        found = np.full(len(rows), NEVER, np.int64)
        waiting = np.flatnonzero(since < until)
        for window in self._windows(int(since[waiting].min()) + 1, until) if len(waiting) else ():
            times = self.times(rows[waiting], window)
            happens = (times > since[waiting]) & (times <= until)
            found[waiting[happens]] = times[happens]
            waiting = waiting[~happens]
            if not len(waiting):
                break
        return found

    def last(self, rows: Bits, since: Instants, until: Instants) -> Instants:
        """When it last happens to each row after ``since`` and up to ``until``; ``since`` where it does not."""
        found = np.array(since, np.int64)
        for window in self._windows(int(since.min()) + 1, int(until.max())) if len(rows) else ():
            times = self.times(rows, window)
            np.copyto(found, times, where=(times > found) & (times <= until))
        return found

    def between(self, start: int, stop: int, first: int, last: int) -> tuple[Bits, Instants]:
        """To which rows it happens from ``start`` to ``stop``, both included, and when.

        Of the rows from ``first`` to before ``last``. Only rows near to those are looked at.
        """
        rows, times = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        for window in self._windows(start, stop):
            for candidates in self._candidates(window, start, stop, first, last):
                when = self.times(candidates, window)
                inside = (when >= start) & (when <= stop) & (candidates >= first) & (candidates < last)
                rows.append(candidates[inside])
                times.append(when[inside])
        return np.concatenate(rows), np.concatenate(times)

    def times(self, rows: Bits, window: int) -> Instants:
        """When it happens to each row in a window; NEVER where it does not."""
        order, jitter = _streams(self.stream, window)
        rank = _ranks(rows & _MASK, order.bits(rows >> _BITS)).astype(np.float64)
        place = (rank + jitter.uniform(rows)) / _BLOCK  # uniform in (0, 1)
        times = np.floor(place * (self.width / self.chance)).astype(np.int64) + window * self.width
        return np.where(place < self.chance, np.minimum(times, (window + 1) * self.width - 1), NEVER)

    def _windows(self, start: int, stop: int) -> range:
        return range(start // self.width, stop // self.width + 1) if stop >= start else range(0)

    def _candidates(self, window: int, start: int, stop: int, first: int, last: int) -> Iterator[Bits]:
        """Rows whose place in a window is near to a time."""
        scale = self.chance * _BLOCK / self.width
        low = max(int((start - window * self.width) * scale) - 1, 0)
        high = min(int((stop - window * self.width) * scale) + 1, _BLOCK - 1)
        ranks = np.arange(low, high + 1, dtype=np.uint64)
        if first >= last or not len(ranks):
            return
        order, _ = _streams(self.stream, window)
        step = max(_MOST_AT_ONCE // len(ranks), 1)
        for block in range(first >> 12, ((last - 1) >> 12) + 1, step):
            blocks = np.arange(block, min(block + step, ((last - 1) >> 12) + 1), dtype=np.uint64)
            keys = np.repeat(order.bits(blocks), len(ranks))
            within = _rows_at(np.tile(ranks, len(blocks)), keys)
            yield (np.repeat(blocks, len(ranks)) << _BITS) | within


@lru_cache(maxsize=4096)
def _streams(stream: Stream, window: int) -> tuple[Stream, Stream]:
    """What puts the rows of each block into an order, and what spreads them within it."""
    return stream.child("order", str(window)), stream.child("time", str(window))


def _ranks(places: Bits, keys: Bits) -> Bits:
    """Where each place of a block is in the block's order: multiplications by odd numbers, and shifted bits."""
    first, second, shift = _factors(keys)
    ranks = (places * first) & _MASK
    ranks ^= ranks >> _HALF
    ranks = (ranks * second) & _MASK
    ranks ^= ranks >> _HALF
    return (ranks * first + shift) & _MASK


def _rows_at(ranks: Bits, keys: Bits) -> Bits:
    """What undoes `_ranks`."""
    first, second, shift = _factors(keys)
    back = _inverse(first)
    places = ((ranks - shift) * back) & _MASK
    places ^= places >> _HALF  # a shift by half of the bits undoes itself
    places = (places * _inverse(second)) & _MASK
    places ^= places >> _HALF
    return (places * back) & _MASK


def _factors(keys: Bits) -> tuple[Bits, Bits, Bits]:
    return (keys & _MASK) | _ONE, ((keys >> _BITS) & _MASK) | _ONE, keys >> np.uint64(52)


def _inverse(factor: Bits) -> Bits:
    """The inverse of odd numbers modulo 2^12, by Newton's method: each step doubles the bits that are right."""
    inverse = factor.copy()
    for _ in range(2):
        inverse *= np.uint64(2) - factor * inverse
    return inverse & _MASK


__all__ = ["DAY", "NEVER", "YEAR", "Instants", "Occurrences"]
