"""What is counted of a key column, batch by batch, and the checks that follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import numpy_of
from pytest_synthdata.columns.arrow.fingerprint import _words
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.random import Stream
from pytest_synthdata.validation.keys.forms import Form, numbers_in
from pytest_synthdata.validation.measures import ViolationCounter, check
from pytest_synthdata.validation.results import Check

_EXAMPLES = 5
_MOST = 1 << 24  # keys held at once: 128 MiB
_ALL = np.uint64(2**64 - 1)


class KeyMeasure:
    """A key column's nulls, pattern, numbers and duplicates.

    Every key is looked at while there are at most 2^24; beyond, a fixed share of all possible keys, so that memory
    stays flat and a key that comes twice is found with the probability of that share.
    """

    def __init__(self, table: str, column: str, key: Key | None = None, type_: pa.DataType | None = None) -> None:
        self.table: str = table
        self.column: str = column
        self.key: Key | None = key
        self.form: Form | None = None if key is None else Form.in_column(key, type_ or pa.string())
        self.other_numbers: ViolationCounter = ViolationCounter()
        self.rows: int = 0
        self.held: int = 0
        self.bad: list[int] = []
        self.bad_count: int = 0
        self.threshold: np.uint64 = _ALL
        self._pieces: list[_Piece] = []

    def add(self, array: pa.Array, start: int) -> None:
        """Look at a batch that begins at row ``start``."""
        words: npt.NDArray[Any]
        if self.form is not None:
            numbers = numbers_in(to_arrow(array), self.form)
            bad = np.flatnonzero(numbers < 0)
            null = np.asarray(numpy_of(pc.is_null(to_arrow(array))), np.bool_)
            misshapen = bad[~null[bad]]
            if self.key is not None:
                no_row = (numbers >= 0) & (self.key.rows(numbers) < 0)
                self.other_numbers.add(no_row, np.arange(start, start + len(numbers)))
            words = numbers.astype(np.uint32 if numbers.max(initial=0) < 1 << 32 else np.uint64)
        else:
            bad = np.flatnonzero(numpy_of(pc.is_null(to_arrow(array))))
            misshapen = bad[:0]
            words = _words(to_arrow(array), self.column)[1]
        self.rows += len(words)
        self.bad_count += len(misshapen)
        self.bad += (misshapen[: _EXAMPLES - len(self.bad)] + start).tolist()
        piece = _Piece(words, start)
        if len(bad):
            piece = piece.take(np.delete(np.arange(len(words)), bad))
        self._pieces.append(piece.below(self.threshold))
        self.held += len(self._pieces[-1].words)
        self._thin()

    def _thin(self) -> None:
        while self.held > _MOST:
            self.threshold //= np.uint64(2)
            self._pieces = [piece.below(self.threshold) for piece in self._pieces]
            self.held = sum(len(piece.words) for piece in self._pieces)

    def checks(self) -> Iterator[Check]:
        """What there is to say."""
        if self.key is not None and self.form is not None:
            yield Check(
                self.table, self.column, "format", self.key.pattern, "", 0, self.bad_count, self.rows,
                passed=not self.bad_count, examples=tuple(self.bad),
            )  # fmt: skip
            if self.key.start or self.key.step != 1:
                first = self.key.numbers(np.arange(3, dtype=np.uint64)).tolist()
                about = f"not {', '.join(map(str, first))}, …"
                yield check(self.table, self.column, "", self.other_numbers.finding("other numbers", about, self.rows))
        ordered = np.concatenate([piece.words for piece in self._pieces] or [np.empty(0, np.uint64)])
        ordered.sort()
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        examples = [row for piece in self._pieces for row in piece.rows_of(twice[:_EXAMPLES])] if len(twice) else []
        examples = sorted(examples)[:_EXAMPLES]
        yield Check(
            self.table, self.column, "duplicates", "", "", 0, len(twice), self.rows,
            passed=not len(twice), examples=tuple(examples),
        )  # fmt: skip


@dataclass(frozen=True)
class _Piece:
    """A batch's keys as words; of which rows, where not of all from ``start`` on."""

    words: npt.NDArray[Any]
    start: int
    rows: npt.NDArray[np.intp] | None = None

    def take(self, index: npt.NDArray[np.intp]) -> _Piece:
        return _Piece(self.words[index], self.start, index if self.rows is None else self.rows[index])

    def below(self, threshold: np.uint64) -> _Piece:
        """The keys in a share of all keys that there could be."""
        if threshold == _ALL:
            return self
        mixed = Stream(("duplicates",)).bits(self.words.astype(np.uint64))
        return self.take(np.flatnonzero(mixed <= threshold))

    def rows_of(self, wanted: npt.NDArray[Any]) -> list[int]:
        """The numbers of the rows with some keys."""
        found = np.flatnonzero(np.isin(self.words, wanted))[:_EXAMPLES]
        return ((found if self.rows is None else self.rows[found]) + self.start).tolist()


__all__ = ["KeyMeasure"]
