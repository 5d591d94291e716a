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
from pytest_synthdata.columns.versions.permutation import BITS, COUNT, Small, factors_of, places_at, ranks_of

Instants = npt.NDArray[np.int64]

MICROSECONDS = 1_000_000
DAY = 86_400 * MICROSECONDS
YEAR = int(365.25 * DAY)
NEVER = np.iinfo(np.int64).max

_BITS, _MASK = np.uint64(BITS), np.uint16(COUNT - 1)  # rows of a block are put into an order of their own
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
            begins, ends = int(after.max()), int(last.min())
            for window in self._windows(int(after.min()) + 1, int(last.max())):
                ranks = self._ranks(rows[some], window)
                if begins < window * self.width and ends >= (window + 1) * self.width:
                    happens, surely = self._limits
                    counts[some] += ranks < surely
                    near = np.flatnonzero((ranks >= surely) & (ranks < happens))
                else:
                    which = ranks.astype(np.intp)
                    earliest, latest = (times.take(which) for times in self._bounds(window))
                    within = (earliest > after) & (latest <= last)
                    counts[some] += within
                    near = np.flatnonzero(~within & (latest > after) & (earliest <= last))
                # The exact time matters only where it may be on either side of an end.
                times = self._times(rows[some][near], ranks[near], window)
                counts[start + near] += (times > after[near]) & (times <= last[near])
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
            for candidates, ranks in self._candidates(window, start, stop, first, last):
                when = self._times(candidates, ranks, window)
                inside = (when >= start) & (when <= stop) & (candidates >= first) & (candidates < last)
                rows.append(candidates[inside])
                times.append(when[inside])
        return np.concatenate(rows), np.concatenate(times)

    def times(self, rows: Bits, window: int) -> Instants:
        """When it happens to each row in a window; NEVER where it does not."""
        return self._times(rows, self._ranks(rows, window), window)

    def _ranks(self, rows: Bits, window: int) -> Small:
        """Where each row stands in the order of its block in a window."""
        order, _ = _streams(self.stream, window)
        places, blocks = rows.astype(np.uint16) & _MASK, rows >> _BITS
        first = blocks.min() if len(rows) else _BITS
        count = int(blocks.max() - first) + 1 if len(rows) else 0
        if 2 * count > len(rows):
            return ranks_of(places, factors_of(order.bits(blocks)))
        keys = order.bits(first + np.arange(count, dtype=np.uint64))  # once for each block
        return ranks_of(places, factors_of(keys.take((blocks - first).astype(np.intp))))

    def _times(self, rows: Bits, ranks: Small, window: int) -> Instants:
        """When it happens to rows of some ranks."""
        _, jitter = _streams(self.stream, window)
        happens, _ = self._limits
        times = np.full(len(rows), NEVER, np.int64)
        index = np.flatnonzero(ranks < happens)
        place = (ranks[index].astype(np.float64) + jitter.uniform(rows[index])) / COUNT  # uniform in (0, 1)
        found = np.floor(place * (self.width / self.chance)).astype(np.int64) + window * self.width
        times[index] = np.where(place < self.chance, np.minimum(found, (window + 1) * self.width - 1), NEVER)
        return times

    def _bounds(self, window: int) -> tuple[Instants, Instants]:
        """By rank, the earliest and the latest time in a window that a row can have."""
        earliest, latest = (offsets + window * self.width for offsets in self._offsets)
        happens, surely = self._limits
        earliest[happens:] = latest[happens:] = np.iinfo(np.int64).min  # before every period
        latest[surely:happens] = NEVER  # it may not happen, too
        return earliest, latest

    @cached_property
    def _limits(self) -> tuple[int, int]:
        """From which rank on it does not happen in a window, and from which on it may not."""
        places = np.arange(COUNT + 1) / COUNT
        return int((places[:-1] < self.chance).sum()), int((places[1:] < self.chance).sum())

    @cached_property
    def _offsets(self) -> tuple[Instants, Instants]:
        """By rank, the earliest and the latest time from a window's start on."""
        times = np.floor(np.arange(COUNT + 1) / COUNT * (self.width / self.chance)).astype(np.int64)
        return times[:-1], np.minimum(times[1:], self.width - 1)

    def _windows(self, start: int, stop: int) -> range:
        return range(start // self.width, stop // self.width + 1) if stop >= start else range(0)

    def _candidates(self, window: int, start: int, stop: int, first: int, last: int) -> Iterator[tuple[Bits, Small]]:
        """Rows whose rank in a window is near to a time, and their ranks."""
        scale = self.chance * COUNT / self.width
        low = max(int((start - window * self.width) * scale) - 1, 0)
        high = min(int((stop - window * self.width) * scale) + 1, COUNT - 1)
        ranks = np.arange(low, high + 1, dtype=np.uint16)
        if first >= last or not len(ranks):
            return
        order, _ = _streams(self.stream, window)
        step = max(_MOST_AT_ONCE // len(ranks), 1)
        for block in range(first >> BITS, ((last - 1) >> BITS) + 1, step):
            blocks = np.arange(block, min(block + step, ((last - 1) >> BITS) + 1), dtype=np.uint64)
            rows = (blocks[:, None] << _BITS) | places_at(ranks, factors_of(order.bits(blocks)[:, None]))
            yield rows.reshape(-1), np.tile(ranks, len(blocks))


@lru_cache(maxsize=4096)
def _streams(stream: Stream, window: int) -> tuple[Stream, Stream]:
    """What puts the rows of each block into an order, and what spreads them within it."""
    return stream.child("order", str(window)), stream.child("time", str(window))


__all__ = ["DAY", "NEVER", "YEAR", "Instants", "Occurrences"]
