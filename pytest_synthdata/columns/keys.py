"""Keys: row numbers written into a pattern, without Python per row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.generators import Cells, Generator
from pytest_synthdata.columns.values import Values
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.plan import Scope

_PATTERN = re.compile(r"((?:[^{}]|\{\{|\}\})*)\{(?::(?:0?(\d+))?d?)?\}((?:[^{}]|\{\{|\}\})*)", re.DOTALL)
_GROUP = 4
_FOUR_DIGITS = np.array([list(f"{number:04d}".encode()) for number in range(10**_GROUP)], np.uint8)


@dataclass(frozen=True)
class Key(Generator):
    """A unique key: the row number in a pattern.

    Args:
        pattern: text with one ``{}`` or ``{:06d}``, as `str.format` takes it. Numbers with more digits than
            the pattern pads to are written in full, so keys stay unique at any size.
        start: the number of row 0.
    """

    pattern: str
    start: int = 0

    def values(self, cells: Cells) -> Values:
        prefix, width, suffix = self._parts()
        return format_numbers(cells.rows + np.uint64(self.start), prefix, width, suffix)

    def _parts(self) -> tuple[str, int, str]:
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
            self._parts()
        except DeclarationError as error:
            raise DeclarationError(f"{scope.place}: {error}") from None
        if isinstance(self.start, bool) or not isinstance(self.start, int) or self.start < 0:
            raise DeclarationError(f"{scope.place}: {self!r}: start must be an integer ≥ 0")


def format_numbers(numbers: npt.NDArray[np.uint64], prefix: str, width: int, suffix: str) -> pa.Array:
    """Numbers in decimal, zero-padded to ``width`` and more where they need it, between two texts."""
    if not len(numbers):
        return pa.array([], pa.string())
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
    return pa.concat_arrays(pieces).take(pa.array(out))


def _fixed_width(numbers: npt.NDArray[np.uint64], prefix: str, width: int, suffix: str) -> pa.Array:
    before, after = prefix.encode(), suffix.encode()
    length = len(before) + width + len(after)
    text = np.empty((len(numbers), length), np.uint8)
    text[:, : len(before)] = np.frombuffer(before, np.uint8)
    text[:, length - len(after) :] = np.frombuffer(after, np.uint8)
    right = len(before) + width
    remaining = numbers
    while right > len(before):
        left = max(right - _GROUP, len(before))
        higher = remaining // np.uint64(10**_GROUP)
        group = (remaining - higher * np.uint64(10**_GROUP)).astype(np.intp)
        text[:, left:right] = _FOUR_DIGITS[group, _GROUP - (right - left) :]
        right, remaining = left, higher
    offsets = np.arange(0, (len(numbers) + 1) * length, length, dtype=np.int64)
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError("a batch of keys is larger than 2 GiB; ask for fewer rows at once")
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.string(), len(numbers), buffers)
