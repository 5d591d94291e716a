# ruff: noqa: RUF001 - these letters look like others, which is what the tables are about
"""Letters of any alphabet as ASCII, and slugs: whole columns at once, byte by byte in arrays."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_scalar, null_of, without_nulls

Bytes: TypeAlias = npt.NDArray[np.uint8]
Offsets: TypeAlias = npt.NDArray[np.integer[Any]]

_PIECE = 4_096  # rows, of which arrays by byte stay in the cache and are not new pages of memory
_WIDTH = 4  # letters that one letter becomes, at most
_ASCII = 128
_HIGH_BITS = 0xC0  # of the bytes of UTF-8 that begin a character beyond ASCII
_UTF8_LENGTHS = np.array([1] * 0xC0 + [2] * 0x20 + [3] * 0x10 + [4] * 0x10)  # of characters, by their first byte

# What Unicode does not decompose: letters with strokes, ligatures, Greek, Cyrillic (as in passports, ICAO 9303).
_LATIN = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D",
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ł": "l", "Ł": "L", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "ng",
    "Ŋ": "Ng", "ŧ": "t", "Ŧ": "T", "ə": "a", "Ə": "A", "ƒ": "f",
    "‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "·": "-", "×": "x",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "i", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh",
    "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "ie", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia",
    "і": "i", "ї": "i", "є": "ie", "ґ": "g", "ђ": "d", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz", "ў": "u",
}  # fmt: skip


@lru_cache(maxsize=1)
def _table() -> tuple[npt.NDArray[np.uint8], Bytes]:
    """For each character below U+10000: how many ASCII letters it becomes, and these."""
    known = dict(_LATIN)
    for letters in (_GREEK, _CYRILLIC):
        for letter, text in letters.items():
            known[letter] = text
            known.setdefault(letter.upper(), text.capitalize())
    lengths = np.zeros(1 << 16, np.uint8)
    folded = np.zeros((1 << 16, _WIDTH), np.uint8)
    # Latin to Cyrillic, their additions and Greek's, punctuation, and the full-width forms.
    for block in (range(_ASCII, 0x0530), range(0x1E00, 0x2060), range(0xFB00, 0xFB07), range(0xFF00, 0xFF5F)):
        for code in block:
            decomposed = unicodedata.normalize("NFKD", known.get(chr(code), chr(code)))
            plain = "".join(known.get(piece, piece) for piece in decomposed).encode("ascii", "ignore")[:_WIDTH]
            lengths[code] = len(plain)
            folded[code, : len(plain)] = list(plain)
    return lengths, folded


def _parts(array: pa.Array) -> tuple[Bytes, Offsets]:
    """The bytes of all texts, and where each begins; nulls are empty."""
    array = array.cast(pa.string())
    if array.null_count:
        array = without_nulls(array, "")
    _, ends, data = array.buffers()
    offsets = np.frombuffer(ends, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    if data is None or not len(array):
        return np.zeros(0, np.uint8), np.zeros(len(array) + 1, np.int64)
    return np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]], offsets - offsets[0]


def _array(data: Bytes, offsets: Offsets, like: pa.Array) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(np.ascontiguousarray(data))]
    texts = pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)
    return pc.if_else(pc.is_valid(like), texts, null_of(texts.type)) if like.null_count else texts


def _kept(data: Bytes, offsets: Offsets, keep: npt.NDArray[np.bool_]) -> tuple[Bytes, Offsets]:
    return data[keep], _ends_of_kept(keep)[offsets]


def _ends_of_kept(keep: npt.NDArray[np.bool_]) -> Offsets:
    """How many bytes are kept before each position."""
    before = np.zeros(len(keep) + 1, np.int32)
    np.cumsum(keep, out=before[1:], dtype=np.int32)
    return before


def _folded(data: Bytes, offsets: Offsets) -> tuple[Bytes, Offsets]:
    if not len(data) or data.max() < _ASCII:
        return data, offsets
    begins = np.flatnonzero(data >= _HIGH_BITS)
    characters = np.frombuffer(data[data >= _ASCII].tobytes().decode().encode("utf-32-le"), np.uint32)
    codes = np.minimum(characters, (1 << 16) - 1)
    lengths, letters = _table()
    lengths = lengths[codes]
    places = _UTF8_LENGTHS[data[begins]]
    grown = np.maximum(lengths - places, 0)
    if grown.any():  # room for the few letters that become longer
        moved = np.cumsum(grown)
        data = np.insert(data, np.repeat(begins + places, grown), 0)
        offsets = offsets + np.concatenate([[0], moved])[np.searchsorted(begins, offsets)]
        begins = begins + moved - grown
        places = places + grown
    else:
        data = data.copy()
    keep = np.ones(len(data), np.bool_)
    for place in range(places.max()):
        long_enough = places > place
        there = begins[long_enough] + place
        data[there] = letters[codes[long_enough], place]
        keep[there] = lengths[long_enough] > place
    return _kept(data, offsets, keep)


def _in_pieces(function: Callable[[pa.Array], pa.Array], array: pa.Array) -> pa.Array:
    if len(array) <= _PIECE:
        return function(array)
    return pa.concat_arrays([function(array.slice(start, _PIECE)) for start in range(0, len(array), _PIECE)])


def ascii_fold(array: pa.Array) -> pa.Array:
    """Texts in ASCII: accents are dropped, ligatures, Greek and Cyrillic transcribed, other scripts left out.

    >>> ascii_fold(pa.array(["Müller-Łódź", "Ægir", "Σωκράτης"])).to_pylist()
    ['Muller-Lodz', 'AEgir', 'Sokratis']
    """
    return _in_pieces(lambda piece: _array(*_folded(*_parts(piece)), piece), array)


@lru_cache(maxsize=8)
def _slug_letters(separator: str) -> bytes:
    table = bytearray(separator.encode() * 256)
    for code in range(_ASCII):
        letter = chr(code)
        if letter.isalnum():
            table[code] = ord(letter.lower())
        elif letter in "'`\".":
            table[code] = 0
    return bytes(table)


def slug(array: pa.Array, separator: str = "-") -> pa.Array:
    """Texts as lower-case ASCII letters and digits, with one separator for whatever stands between them.

    >>> slug(pa.array(["Müller & Söhne GmbH", "O'Brien, Inc."])).to_pylist()
    ['muller-sohne-gmbh', 'obrien-inc']
    """
    return _in_pieces(lambda piece: _slug(piece, separator), array)


def _slug(array: pa.Array, separator: str) -> pa.Array:
    folded, offsets = _folded(*_parts(array))
    letters = bytearray(folded).translate(_slug_letters(separator))
    data = np.frombuffer(letters, np.uint8)
    others = np.flatnonzero(data < ord("0"))  # what is neither letter nor digit: a small part of most texts
    if not len(others):
        return _array(data, offsets, array)
    ends = np.zeros(len(data) + 1, np.bool_)
    ends[offsets] = True
    first = ends.take(others)  # of a run of them, within a text
    first[1:] |= others[1:] != others[:-1] + 1
    first[0] = True
    runs = np.flatnonzero(first)
    separates = np.logical_or.reduceat(data.take(others) > 0, runs)
    begins, stops = others.take(runs), others.take(np.append(runs[1:], len(others)) - 1) + 1
    separates &= ~(ends.take(begins) | ends.take(stops))
    data[others] = 0
    data[begins[separates]] = ord(separator)
    kept = np.frombuffer(letters.replace(b"\0", b""), np.uint8)
    return _array(kept, _ends_of_kept(data > 0)[offsets], array)


def label(array: pa.Array, separator: str = "-") -> pa.Array:
    """A slug that is safe in an address: 1 to 48 characters, ``x`` where nothing is left.

    RFC 1035 allows 63 in a label of a domain and RFC 5321 64 before the @; the rest is room for a row number.
    """
    texts = slug(array, separator)
    lengths = pc.binary_length(texts)
    if (pc.max(lengths).as_py() or 0) > LABEL:
        texts = pc.utf8_rtrim(pc.utf8_slice_codeunits(texts, 0, LABEL), separator)
    if pc.min(lengths).as_py() == 0:
        texts = pc.if_else(pc.equal(pc.binary_length(texts), arrow_scalar(0)), arrow_scalar("x"), texts)
    return texts


LABEL = 48
