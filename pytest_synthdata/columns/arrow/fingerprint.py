"""A hash of a table's contents that depends on nothing else: not on batches, the order of rows, or who made them.

Each row is hashed from its columns' names, kinds and values; the rows' hashes are added up. Equal tables have equal
fingerprints whether they come from a factory, Arrow, Parquet or a Spark DataFrame.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, numpy_of, python_of, without_nulls
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.random import Bits, Stream
from pytest_synthdata.errors import SynthDataError

_WORD = 8  # bytes
_RANGE = 1 << 64


def fingerprint(batches: Iterable[pa.RecordBatch]) -> str:
    """The fingerprint of a table that comes in batches: 32 hexadecimal digits.

    >>> one = pa.record_batch({"a": [1, 2], "b": ["x", None]})
    >>> fingerprint([one]) == fingerprint([one.slice(1), one.slice(0, 1)])
    True
    """
    return combined([sums(batches)])


def sums(batches: Iterable[pa.RecordBatch]) -> tuple[int, int, int]:
    """What some rows of a table add to its fingerprint: two sums of 64 bits, and their number."""
    totals, rows = [0, 0], 0
    for batch in batches:
        for number, hashes in enumerate(_hashes(batch, range(2))):
            # As Python's integers: NumPy warns where a sum of two numbers goes round.
            totals[number] += int(hashes.sum(dtype=np.uint64))
        rows += batch.num_rows
    return totals[0] % _RANGE, totals[1] % _RANGE, rows


def combined(parts: Iterable[tuple[int, int, int]]) -> str:
    """The fingerprint of a table by the `sums` of its parts."""
    first, second, rows = (sum(values) for values in zip((0, 0, 0), *parts, strict=True))
    final = (
        Stream(("fingerprint", str(number), str(rows), str(total % _RANGE))).bits(np.zeros(1, np.uint64))[0]
        for number, total in enumerate((first, second))
    )
    return "".join(f"{half:016x}" for half in final)


def row_hashes(batch: pa.RecordBatch, number: int = 0) -> Bits:
    """One word for each row, from its columns' names, kinds and values."""
    return _hashes(batch, [number])[0]


def _hashes(batch: pa.RecordBatch, numbers: Sequence[int]) -> list[Bits]:
    """The words of the rows that each number gives."""
    totals = [np.zeros(batch.num_rows, np.uint64) for _ in numbers]
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        kind, words = _words(to_arrow(array), name)
        for number, total in zip(numbers, totals, strict=True):
            np.add(total, Stream((str(number), name, kind)).bits(words), out=total)
    # The sum over columns is mixed once more: else swapping two rows' values of a column would go unseen.
    return [Stream((str(number), "row")).bits(total) for number, total in zip(numbers, totals, strict=True)]


def _words(array: pa.Array, name: str) -> tuple[str, Bits]:
    """The kind of a column, and one word for each value."""
    type_ = array.type
    valid = None if array.null_count == 0 else numpy_of(pc.is_valid(array))
    if pa.types.is_floating(type_):
        numbers = numpy_of(without_nulls(array, 0.0)).astype(np.float64) + 0.0  # -0.0 becomes 0.0
        kind, words = "float", np.where(np.isnan(numbers), np.nan, numbers).view(np.uint64)
    elif pa.types.is_boolean(type_):
        kind, words = "bool", numpy_of(without_nulls(array, False)).astype(np.uint64)
    elif pa.types.is_integer(type_):
        kind, words = "int", numpy_of(without_nulls(array, 0)).astype(np.int64).view(np.uint64)
    elif pa.types.is_date(type_):
        kind, words = "date", _integers(array.cast(pa.date32()).cast(pa.int32()))
    elif pa.types.is_timestamp(type_):
        kind = "timestamp" if type_.tz else "timestamp_ntz"
        words = _integers(array.cast(pa.timestamp("us", type_.tz)).cast(pa.int64()))
    elif pa.types.is_nested(type_):
        kind, words = "nested", _bytes_hash(arrow_array([repr(_plain(value)) for value in python_of(array)]))
    else:
        kind = "binary" if pa.types.is_binary(type_) or pa.types.is_large_binary(type_) else "text"
        plain, empty = (pa.string(), "") if kind == "text" else (pa.binary(), b"")
        try:
            words = _bytes_hash(without_nulls(array.cast(plain), empty))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise SynthDataError(f"column {name!r} of type {type_} has no fingerprint: {error}") from None
    if valid is not None:
        words = np.where(valid, words, Stream(("null",)).bits(np.zeros(1, np.uint64))[0])
    return kind, words


def _integers(array: pa.Array) -> Bits:
    return np.asarray(numpy_of(without_nulls(array, 0)).astype(np.int64)).view(np.uint64)


def _plain(value: Any) -> Any:
    """Nested values without what differs between engines: dicts and pairs alike, in one order; times in UTC."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.timezone.utc)
    if isinstance(value, dict):
        return [(key, _plain(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _bytes_hash(array: pa.Array) -> Bits:
    """One word for each text, from all of its bytes, eight at a time."""
    array = array.cast(pa.large_binary())
    count = len(array)
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + count + 1]
    first = ends[0] if count else 0
    text = np.frombuffer(data, np.uint8)[first : ends[-1]] if data is not None and count else np.empty(0, np.uint8)
    starts, lengths = ends[:-1] - first, np.diff(ends)
    padded = np.concatenate([text, np.zeros(_WORD, np.uint8)])
    hashes = lengths.astype(np.uint64)
    stream = Stream(("text",))
    for begin in range(0, int(lengths.max(initial=0)), _WORD):
        long_enough = np.flatnonzero(lengths > begin)
        hashes[long_enough] = stream.bits(
            hashes[long_enough] ^ _eight_bytes(padded, starts, lengths, begin, long_enough)
        )
    return hashes


def _eight_bytes(
    text: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    begin: int,
    which: npt.NDArray[np.intp],
) -> Bits:
    """The eight bytes of some texts from ``begin``, zeros beyond their ends."""
    positions = starts[which] + begin
    windows = np.lib.stride_tricks.sliding_window_view(text, _WORD)[positions]
    words = np.ascontiguousarray(windows).view("<u8").ravel()
    left = np.minimum(lengths[which] - begin, _WORD).astype(np.uint64)
    unused = (np.uint64(_WORD) - left) * np.uint64(8)
    return (words << unused) >> unused
