"""The form of a key, the numbers in keys of that form, and several columns as one key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, numpy_of
from pytest_synthdata.columns.arrow.fingerprint import _words
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.random import Stream

_MOST_DIGITS = 18  # that an int64 holds


@dataclass(frozen=True)
class Form:
    """A key's pattern: text, a zero-padded number, text."""

    before: str
    width: int
    after: str

    @classmethod
    def of(cls, key: Key) -> Form:
        """The form of a declared key."""
        return cls(*key.parts())

    @classmethod
    def in_column(cls, key: Key, type_: pa.DataType) -> Form | None:
        """The form of a key in a column of a type; None where its letters are not kept."""
        form = cls.of(key)
        if pa.types.is_string(type_):
            return form
        if not pa.types.is_integer(type_) or form.before.startswith(("0", "-", "+", " ")):
            return None
        return form if form.before else cls("", 1, form.after)  # a number has no zeros before it


def numbers_in(array: pa.Array, form: Form) -> npt.NDArray[np.int64]:
    """The numbers in some keys; -1 for what is null or has not the form."""
    array = array.cast(pa.large_string())
    count = len(array)
    numbers = np.full(count, -1, np.int64)
    if not count:
        return numbers
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + count + 1]
    text = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    lengths = np.diff(ends)
    fixed = len(form.before.encode()) + len(form.after.encode())
    for length in np.unique(lengths):
        digits = int(length) - fixed
        if not form.width <= digits <= _MOST_DIGITS:
            continue
        index = np.flatnonzero(lengths == length)
        if len(index) == count:
            matrix = text[ends[0] : ends[-1]].reshape(count, int(length))
        else:
            matrix = np.lib.stride_tricks.sliding_window_view(text, int(length))[ends[index]]
        numbers[index] = _numbers_of(matrix, form, digits)
    if array.null_count:
        numbers[numpy_of(pc.is_null(array))] = -1
    return numbers


def _numbers_of(matrix: npt.NDArray[np.uint8], form: Form, digits: int) -> npt.NDArray[np.int64]:
    before, after = form.before.encode(), form.after.encode()
    good = np.ones(len(matrix), np.bool_)
    for position, letter in enumerate(before):
        good &= matrix[:, position] == letter
    for position, letter in enumerate(after):
        good &= matrix[:, len(before) + digits + position] == letter
    number = np.zeros(len(matrix), np.int64)
    for position in range(len(before), len(before) + digits):
        digit = matrix[:, position] - np.uint8(ord("0"))
        good &= digit <= 9  # noqa: PLR2004
        number = number * 10 + digit
    if digits > form.width:
        good &= matrix[:, len(before)] != ord("0")
    return np.where(good, number, -1)


def together(arrays: Sequence[pa.Array]) -> pa.Array:
    """The values of several columns as one number a row, null where one of them is."""
    total = np.zeros(len(arrays[0]), np.uint64)
    missing = np.zeros(len(total), np.bool_)
    for number, array in enumerate(map(to_arrow, arrays)):
        total += Stream(("key", str(number))).bits(_words(array, "key")[1])
        missing |= numpy_of(pc.is_null(array))
    return arrow_array(total.view(np.int64), mask=missing)


__all__ = ["Form", "numbers_in", "together"]
