"""Which parent a child row gets, as a pure function of the child's row number: darts that are thrown until one hits.

The pick is consistent weighted sampling by rejection (Shrivastava 2016, "Simple and efficient weighted minwise
hashing"): a child row has an endless sequence of darts, each at a random parent and a random height, and the first
one that lands under its parent's weight, on a parent that meets the condition, is the pick.

So that new parents take only what they must get, and only for themselves, the darts at the parents 0 to 4^m - 1 come
from a sequence of their own, and one that lands in the first quarter is replaced by the next dart of that quarter's
sequence. Parents that are added thus only insert darts; what was the first hit stays it unless a new parent is hit
earlier.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.values import Index, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Reader, Table
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.random import GOLDEN, Bits, Stream, finalise, remix
from pytest_synthdata.columns.references.picks.pick_statistics import PickStatistics, Reference
from pytest_synthdata.errors import GenerationError

_LOW = np.uint64(0xFFFFFFFF)
_WORD, _MASK = 64, 2**64 - 1  # bits
_NARROW = 32  # bits of a position that fit into one word beside the height
_BLOCK = 65_536  # rows whose arrays stay in the cache
_AT_ONCE = 8_192  # darts that take hardly longer than one
_EARLY_ROUNDS = 10  # after these the few rows left of all blocks go on together
_PATIENCE = 256  # rounds before the parents are searched for one that could be picked at all
_SEARCHABLE = 1 << 20  # parents at once


class Pick:
    """The throwing of darts for some child rows.

    Args:
        reference: what is declared.
        statistics: what is known of it.
        cells: the child rows.
        parent: the parents' table.
        count: how many of its rows can be picked; or, for each child, how many.
        attempts: for each child, how many picks of its were given up before this one; none by default.
    """

    def __init__(
        self,
        reference: Reference,
        statistics: PickStatistics,
        cells: Cells,
        parent: Table,
        count: int | Bits,
        *,
        attempts: Bits | None = None,
    ) -> None:
        self.reference: Reference = reference
        self.cells: Cells = cells
        self.parent: Table = parent
        self.statistics: PickStatistics = statistics
        self.ceiling: float = statistics.ceiling
        self.where: Generator | None = None if statistics.always_true else reference.where
        self.count: Any = np.uint64(count) if isinstance(count, int) else count
        self.base: Bits = cells.bits()
        if attempts is not None and attempts.any():
            again = cells.stream.child("attempt").bits(self.base + attempts * GOLDEN)
            self.base = np.where(attempts > 0, again, self.base)
        self.levels: list[int] = self._levels(int(np.max(self.count)))
        self.offsets: list[int] = [int(_first_word(*cells.stream.names, "level", str(level))) for level in self.levels]
        self.middle: np.uint64 = _first_word(*cells.stream.names, "darts")
        # How far each lower level's darts have got: their number, times the step of their words. Of the highest level
        # one is thrown in each round.
        self.thrown: Bits = np.zeros((len(self.levels) - 1, len(self.base)), np.uint64)
        self.rounds: int = 0
        self.thresholds: npt.NDArray[Any] | None = self._all_thresholds()

    @staticmethod
    def _levels(parents: int) -> list[int]:
        """The levels' sizes in bits: powers of four, up to all parents."""
        return list(range(2, max((parents - 1).bit_length(), 1) + 2, 2))

    def rows(self) -> npt.NDArray[np.int64]:
        """The picked parent of each row."""
        if self.reference.weights is None and self.where is None and self.count.ndim == 0:
            pieces = [self._evenly(self.base[at : at + _BLOCK]) for at in range(0, len(self.base), _BLOCK)]
            return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
        picked = np.zeros(len(self.base), np.int64)
        left = []
        for start in range(0, len(self.base), _BLOCK):
            self.rounds = 0
            block = np.arange(start, min(start + _BLOCK, len(self.base)))
            left.append(self._throw_until(_EARLY_ROUNDS, block, picked))
        active, rounds = np.concatenate(left) if left else np.zeros(0, np.int64), _PATIENCE
        self.rounds = _EARLY_ROUNDS
        while len(active := self._throw_until(rounds, active, picked)):
            self._require_possible(active)
            rounds *= 2
        return picked

    def _evenly(self, base: Bits) -> npt.NDArray[np.int64]:
        """The picks of some rows where all parents are alike: a dart misses only beyond the last of them.

        Those are darts of the highest level, as the levels below it lie within the parents: each row has at most one
        dart of each of these.
        """
        highest = len(self.levels) - 1
        candidate, rounds = self._first(highest, base, 0), 0
        missed = (candidate >= self._existing).nonzero()[0]
        while len(missed):
            rounds += 1
            again = self._first(highest, base[missed], rounds)
            candidate[missed] = again
            missed = missed[again >= self._existing]
        inner, lower = slice(None), candidate
        for level in range(highest - 1, -1, -1):
            quarter = (lower < np.uint64(1 << self.levels[level])).nonzero()[0]
            inner = quarter if isinstance(inner, slice) else inner[quarter]
            lower = self._first(level, base[inner], 0)
            candidate[inner] = lower
        return candidate.view(np.int64)

    def _first(self, level: int, base: Bits, rounds: int) -> Bits:
        """The parents at which darts of a level are thrown, after so many others."""
        word = base + np.uint64((self.offsets[level] + rounds * int(GOLDEN)) & _MASK)
        word = finalise(word, self.middle)
        word >>= np.uint64(_WORD - self.levels[level])
        return word

    @property
    def _existing(self) -> np.uint64:
        """How many rows there are to refer to: to one that is built past the end of its own table, those before it."""
        return np.uint64(max(self.parent.num_rows, int(np.max(self.count, initial=0))))

    def _throw_until(self, rounds: int, active: Index, picked: npt.NDArray[np.int64]) -> Index:
        """Darts up to a round, for few rows those of many rounds at once; gives the rows that hit nothing."""
        while self.rounds < rounds and len(active):
            throws = min(max(_AT_ONCE // len(active), 1), rounds - self.rounds)
            active = self._throw(active, picked, throws)
            self.rounds += throws
        return active

    def _throw(self, active: Index, picked: npt.NDArray[np.int64], throws: int) -> Index:
        """So many darts for each active row; gives the rows that hit nothing."""
        thrower = np.repeat(active, throws) if throws > 1 else active
        candidate, height = self._darts(thrower, throws)
        hit = self._is_under(candidate, height)
        if self.count.ndim:
            hit &= candidate < self.count[thrower]
        if self.where is not None:
            valid = hit.nonzero()[0]
            hit[valid] = self._meets(thrower[valid], candidate[valid])
        hits = hit.nonzero()[0]
        if throws > 1:
            _, first = np.unique(hits // throws, return_index=True)
            hits = hits.take(first)
            hit = np.asarray(hit.reshape(-1, throws).any(axis=1))
        picked[thrower[hits]] = candidate.view(np.int64)[hits]
        return active[(~hit).nonzero()[0]]

    def _is_under(self, candidate: Bits, height: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Whether each dart is at a parent that there is, and under its weight."""
        if self.thresholds is not None:
            return height < self.thresholds[candidate.view(np.int64)]
        exists = candidate < self._existing
        if self.reference.weights is not None:
            known = exists.nonzero()[0]
            exists[known] = height[known] < self._thresholds(candidate[known])
        return exists

    def _darts(self, active: Index, throws: int) -> tuple[Bits, npt.NDArray[Any]]:
        """The next darts of active rows: the parent's row number, which may be beyond the last, and a height.

        Args:
            active: the rows, each as many times in succession as it throws.
            throws: how many times that is.
        """
        highest = len(self.levels) - 1
        candidate, height = self._dart(highest, active, throws)
        lower, level = active, highest
        where: Any = slice(None)
        inner = candidate
        while level:
            level -= 1
            quarter = (inner < np.uint64(1 << self.levels[level])).nonzero()[0]
            if not len(quarter):
                break
            where = quarter if isinstance(where, slice) else where[quarter]
            lower = lower[quarter]
            inner, candidate_height = self._dart(level, lower, throws)
            candidate[where], height[where] = inner, candidate_height
        return candidate, height

    def _dart(self, level: int, active: Index, throws: int) -> tuple[Bits, Bits]:
        word = self._word(level, active, throws)
        bits = self.levels[level]
        candidate = word >> np.uint64(_WORD - bits)
        if bits > _NARROW:
            word = remix(word)
        word &= _LOW
        return candidate, word

    def _word(self, level: int, active: Index, throws: int) -> Bits:
        """The next words of the active rows' sequences at a level."""
        if level == len(self.thrown):
            word = self.base[active]
            word += np.uint64((self.offsets[level] + self.rounds * int(GOLDEN)) & _MASK)
            if throws > 1:
                word.reshape(-1, throws)[:] += np.arange(throws, dtype=np.uint64) * GOLDEN
        else:
            thrown = self.thrown[level]
            word = thrown[active]
            if throws > 1:
                word += _repetition(active) * GOLDEN
            thrown[active] = word + GOLDEN  # the last of a row's stays
            word += np.uint64(self.offsets[level])
            word += self.base[active]
        return finalise(word, self.middle)

    def _all_thresholds(self) -> npt.NDArray[Any] | None:
        """The thresholds of all parents and, 0, of all beyond, where so many rows ask that it pays."""
        weights, parent = self.reference.weights, self.parent
        if weights is None or not parent.is_small_for(len(self.base)) or self.count.max() > parent.num_rows:
            return None
        stream = self._weights_stream()

        def make() -> npt.NDArray[Any]:
            known = self._thresholds(np.arange(parent.num_rows, dtype=np.uint64))
            return np.pad(known, (0, (1 << self._levels(len(known))[-1]) - len(known)))

        return parent.cached(("thresholds", *stream.names), make)

    def _weights_stream(self) -> Stream:
        return self.cells.stream.child("weights")

    def _thresholds(self, parents: Bits) -> npt.NDArray[Any]:
        """Below which height a dart at each parent is a hit."""
        return self._thresholds_of(self.parent.at(parents, scattered=True))

    def _thresholds_of(self, parents: Reader) -> npt.NDArray[Any]:
        assert self.reference.weights is not None  # noqa: S101
        cells = Cells(parents, self._weights_stream(), self.cells.place)
        return self._as_heights(to_numpy(to_arrow(self.reference.weights.values(cells))))

    def _as_heights(self, weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Weights in the unit of the darts' heights, of which 2^32 are the greatest that a weight can be."""
        share = np.clip(np.nan_to_num(weights / self.ceiling, nan=0.0), 0.0, 1.0)  # null is 0
        return np.ceil(share * 2.0**32).astype(np.uint64)

    def _meets(self, positions: Index, parents: Bits) -> npt.NDArray[np.bool_]:
        """Whether child rows and candidates meet the condition."""
        assert self.where is not None  # noqa: S101
        reader = self.cells.reader.take(positions).with_parents(self.reference.name, parents)
        met = to_arrow(self.where.values(Cells(reader, self.cells.stream.child("where"), self.cells.place)))
        return to_numpy(without_nulls(met, False)).astype(np.bool_)

    def chances(self, position: int) -> npt.NDArray[np.float64]:
        """The weight of each parent for one of the child rows; 0 for those that it cannot get."""
        parents = np.arange(self.parent.num_rows, dtype=np.uint64)
        weights = np.ones(len(parents))
        if self.reference.weights is not None:
            weights = self._thresholds(parents).astype(np.float64)
        return np.where(self._suit(parents, position, weights > 0), weights, 0.0)

    def _require_possible(self, active: Index) -> None:
        """Raise for a row that no parent suits, in place of throwing darts at it for ever."""
        rows = active[: max(1, _SEARCHABLE // self.parent.num_rows)].tolist()
        for start in range(0, self.parent.num_rows, _SEARCHABLE):
            parents = np.arange(start, min(start + _SEARCHABLE, self.parent.num_rows), dtype=np.uint64)
            possible = np.ones(len(parents), np.bool_)
            if self.reference.weights is not None:
                possible = self._thresholds(parents) > 0
            rows = [row for row in rows if not self._suit(parents, row, possible).any()]
            if not rows:
                return
        why = f"none meets {self.where!r}" if self.where is not None else "all their weights are 0"
        raise GenerationError(f"{self.cells.place}: {self._impossible(rows[0], why)}")

    def _impossible(self, row: int, why: str) -> str:
        """That a row can have no parent, for a reason, and what helps."""
        table, number = self.parent.plan.table, int(self.cells.rows[row])
        if self.count.ndim == 0:
            return (
                f"none of the {self.parent.num_rows:,} rows of {table!r} can be the parent of row {number}: {why}. Use "
                f"more rows of {table!r}, or a wider range of dates"
            )
        # A row of the same table, of which only those before can be picked, however many rows there are.
        before = "row 0" if number == 1 else f"rows 0 to {number - 1}"
        key = self.parent.plan.key
        if self.where is None or key is None:
            remedy = "see to it that the first row can be picked"
        else:
            first = to_arrow(self.parent.at(np.zeros(1, np.uint64)).read(key))[0].as_py()
            also = f"col('{self.reference.name}.{key}') == {first!r}"
            remedy = f"let all refer to the first row, too: where={self.where!r} | ({also})"
        return (
            f"row {number} of {table!r} can refer only to the rows before it, here {before}, and {why}; {remedy}; or "
            "refer to a table of its own"
        )

    def _suit(self, parents: Bits, row: int, possible: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Which of the parents a row can get."""
        suits = possible if self.count.ndim == 0 else possible & (parents < self.count[row])
        return suits if self.where is None else suits & self._meets(np.full(len(parents), row), parents)


@lru_cache(maxsize=4096)
def _first_word(*names: str) -> np.uint64:
    """The first word of a stream: those of a reference are the same for all of its picks."""
    return np.uint64(Stream(names).bits(np.zeros(1, np.uint64))[0])


def _repetition(rows: Index) -> npt.NDArray[np.uint32]:
    """How many times each entry has been there directly before it.

    >>> _repetition(np.array([7, 7, 7, 2, 5, 5])).tolist()
    [0, 1, 2, 0, 0, 1]
    """
    other = np.ones(len(rows), np.bool_)
    np.not_equal(rows[1:], rows[:-1], out=other[1:])
    number = np.arange(len(rows), dtype=np.uint32)
    first = number[other]
    return number - first.take(np.cumsum(other) - 1)


__all__ = ["Pick"]
