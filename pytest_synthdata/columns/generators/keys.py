"""Keys: row numbers written into a pattern, without Python per row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.errors import DeclarationError

_PATTERN = re.compile(r"((?:[^{}]|\{\{|\}\})*)\{(?::(?:0(\d+))?d?)?\}((?:[^{}]|\{\{|\}\})*)", re.DOTALL)
_END = 10**18  # an int64 holds all numbers below
_GROUPS = (4, 2, 1)  # digits that fit into a machine word


@cache
def _digits(count: int) -> npt.NDArray[Any]:
    """All numbers of so many digits as text, each in one machine word."""
    digits = np.arange(10**count)[:, None] // 10 ** np.arange(count - 1, -1, -1) % 10
    return (digits + ord("0")).astype(np.uint8).view(f"<u{count}").ravel()


@dataclass(frozen=True)
class Key(Generator):
    """A unique key: the row number in a pattern.

    Args:
        pattern: text with one ``{}`` or ``{:06d}``, as `str.format` takes it. Numbers with more digits than
            the pattern pads to are written in full, so keys stay unique at any size.
        start: the number of row 0, below 10^18.
        step: how far the numbers of two rows in succession are apart: 10 for 10, 20, 30; 1.5 where there are gaps.

    >>> from pytest_synthdata import Dataset, Key, TableFactory
    >>> class OrderFactory(TableFactory):
    ...     order_id = Key("ORD-{:06d}", start=1)
    >>> Dataset({OrderFactory: 10**9}).orders.to_arrow(stop=2)["order_id"].to_pylist()
    ['ORD-000001', 'ORD-000002']
    """

    pattern: str
    start: int = 0
    step: float = 1

    def __repr__(self) -> str:
        step = "" if self.step == 1 else f", step={self.step}"
        return f"Key(pattern={self.pattern!r}, start={self.start}{step})"

    def values(self, cells: Cells) -> Values:
        prefix, width, suffix = self.parts()
        return format_numbers(self.numbers(cells.rows), prefix, width, suffix)

    def integers(self, cells: Cells) -> npt.NDArray[Any] | None:
        """The numbers themselves, where nothing but a number is the key."""
        prefix, _, suffix = self.parts()
        return None if prefix or suffix else self.numbers(cells.rows).astype(np.int64)

    def numbers(self, rows: Bits) -> npt.NDArray[np.uint64]:
        """The numbers of some rows."""
        if self.step == 1:
            return rows + np.uint64(self.start)
        if isinstance(self.step, int):
            return rows * np.uint64(self.step) + np.uint64(self.start)
        return np.floor(rows.astype(np.float64) * self.step).astype(np.uint64) + np.uint64(self.start)

    def rows(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The rows of some numbers; a negative one for a number that no row has."""
        apart = numbers - self.start
        if self.step == 1:
            return apart
        if isinstance(self.step, int):
            return np.where((apart >= 0) & (apart % self.step == 0), apart // self.step, -1)
        found = np.full(len(numbers), -1, np.int64)
        nearest = np.rint(apart / self.step).astype(np.int64)
        for rows in (nearest - 1, nearest, nearest + 1):  # a quotient of floats may lie to either side
            is_one = (rows >= 0) & (self.numbers(np.maximum(rows, 0).astype(np.uint64)).astype(np.int64) == numbers)
            found[is_one] = rows[is_one]
        return found

    def row_of(self, text: str) -> int | None:
        """The row whose key is a text; None for one that no row has."""
        before, width, after = self.parts()
        match = re.fullmatch(rf"{re.escape(before)}([0-9]{{{width},18}}){re.escape(after)}", text)
        if match is None or (len(match[1]) > width and match[1][0] == "0"):
            return None
        row = int(self.rows(np.array([int(match[1])]))[0])
        return row if row >= 0 else None

    def examples(self, scope: Scope) -> list[str]:
        del scope
        return [self.text_of(0)]

    def text_of(self, row: int) -> str:
        """The key of a row."""
        before, width, after = self.parts()
        return f"{before}{int(self.numbers(np.array([row], np.uint64))[0]):0{width}d}{after}"

    def parts(self) -> tuple[str, int, str]:
        """The text before the number, the digits that it has at least, and the text after it."""
        match = _PATTERN.fullmatch(self.pattern)
        if match is None:
            raise DeclarationError(
                f"Key({self.pattern!r}): write one place for the number, '{{}}' or zero-padded '{{:06d}}'"
            )
        prefix, width, suffix = match.groups()
        plain = [text.replace("{{", "{").replace("}}", "}") for text in (prefix, suffix)]
        return plain[0], int(width or 1), plain[1]

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.string()

    def check(self, scope: Scope) -> None:
        try:
            self.parts()
        except DeclarationError as error:
            raise DeclarationError(f"{scope.place}: {error}") from None
        if isinstance(self.start, bool) or not isinstance(self.start, int) or not 0 <= self.start < _END:
            raise DeclarationError(f"{scope.place}: {self!r}: start must be an integer from 0 to below 10^18")
        if isinstance(self.step, bool) or not isinstance(self.step, (int, float)) or not 1 <= self.step < _END:
            raise DeclarationError(f"{scope.place}: {self!r}: step is a number from 1 on: less would give a key twice")


def format_numbers(numbers: npt.NDArray[np.uint64], prefix: str, width: int, suffix: str) -> pa.Array:
    """Numbers in decimal, zero-padded to ``width`` and more where they need it, between two texts."""
    if not len(numbers):
        return arrow_array([], pa.string())
    longest = max(width, len(str(numbers.max())))
    shortest = max(width, len(str(numbers.min())))
    if longest == shortest:
        return _fixed_width(numbers, prefix, longest, suffix)
    digits = np.maximum(np.searchsorted(10 ** np.arange(1, 20, dtype=np.uint64), numbers, side="right") + 1, width)
    out = np.empty(len(numbers), np.int64)
    pieces, done = [], 0
    for length in np.unique(digits):
        index = np.flatnonzero(digits == length)
        pieces.append(_fixed_width(numbers[index], prefix, int(length), suffix))
        out[index] = np.arange(done, done + len(index))
        done += len(index)
    return pa.concat_arrays(pieces).take(arrow_array(out))


def _fixed_width(numbers: npt.NDArray[np.uint64], prefix: str, width: int, suffix: str) -> pa.Array:
    before, after = prefix.encode(), suffix.encode()
    length = len(before) + width + len(after)
    text = np.frombuffer((before + b"0" * width + after) * len(numbers), np.uint8).copy()
    right, left = len(before) + width, len(before)
    remaining = numbers
    while right > left:
        digits = next(group for group in _GROUPS if group <= right - left)
        table = _digits(digits)
        base = np.uint64(10**digits)
        higher = remaining // base
        right -= digits
        # The digits of all rows at once: an array over the text, a row's length from one item to the next.
        np.ndarray(len(numbers), table.dtype, text, right, (length,))[:] = table.take(
            (remaining - higher * base).astype(np.intp)
        )
        remaining = higher
    offsets = np.arange(0, (len(numbers) + 1) * length, length, dtype=np.int64)
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError("a batch of keys is larger than 2 GiB; ask for fewer rows at once")
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.string(), len(numbers), buffers)
