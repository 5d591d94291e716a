"""Histograms as Spark's catalogs keep them: bins that hold as many rows each, so that their ends are quantiles."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import itertools
import re
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

_MAGIC, _HEADER = b"LZ4Block", 21  # of a block: the magic, a token, and three numbers of four bytes
_PLAIN = 0x10  # the method of a block that is not compressed
_MOST_BINS = 10_000
_BIN = re.compile(r"lower_bound: (\S+), upper_bound: (\S+),")
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - of what has no zone


def quantiles_of(said: Mapping[str, Any], type_: pa.DataType) -> tuple[Any, ...]:
    """The values between which lie as many rows each, from the least to the greatest; none where nothing is kept.

    Args:
        said: what is kept of a column: a histogram as Spark's `HistogramSerializer` packs it into a table's properties,
            or its bins as `DESCRIBE EXTENDED` lists them.
        type_: the column's type.
    """
    parts = [said[name] for name in sorted(said, key=_place) if name.startswith("histogram.part.")]
    packed = "".join(parts) or str(said.get("histogram") or "")
    bins = [match for name in sorted(said, key=_place) if (match := _BIN.match(str(said[name]))) is not None]
    ends = [float(bins[0][1]), *(float(one[2]) for one in bins)] if bins else _ends(packed)
    if any(one > other for one, other in itertools.pairwise(ends)):
        return ()
    try:
        return tuple(_typed(end, type_) for end in ends)
    except (OverflowError, ValueError):  # infinite, or a day that no calendar has
        return ()


def _place(name: str) -> int:
    number = re.search(r"\d+$", name)
    return int(number[0]) if number else -1


def _ends(packed: str) -> Sequence[float]:
    try:
        content = _unpacked(base64.b64decode(packed, validate=True))
        (count,) = struct.unpack_from(">i", content, 8)  # after the rows in each bin
        if not 0 < count <= _MOST_BINS:
            return ()
        lows = struct.unpack_from(f">{count}d", content, 12)
        return lows[0], *struct.unpack_from(f">{count}d", content, 12 + 8 * count)
    except (struct.error, binascii.Error, pa.ArrowException, OSError, ValueError):
        return ()


def _unpacked(content: bytes) -> bytes:
    """What LZ4's blocks hold, as `LZ4BlockOutputStream` writes them."""
    found = b""
    while content.startswith(_MAGIC) and len(content) >= _HEADER:
        token, packed, size, _ = struct.unpack_from("<Biii", content, len(_MAGIC))
        block, content = content[_HEADER : _HEADER + packed], content[_HEADER + packed :]
        if not 0 <= size <= 1 << 20:
            return b""
        is_plain = token & 0xF0 == _PLAIN
        found += block if is_plain else pa.Codec("lz4_raw").decompress(block, size, asbytes=True)
    return found


def _typed(end: float, type_: pa.DataType) -> Any:
    if pa.types.is_date(type_):
        return (_EPOCH + dt.timedelta(days=int(end))).date()
    if pa.types.is_timestamp(type_):
        found = _EPOCH + dt.timedelta(microseconds=int(end))
        return found if type_.tz is None else found.replace(tzinfo=dt.timezone.utc)
    return int(end) if pa.types.is_integer(type_) else float(end)


__all__ = ["quantiles_of"]
