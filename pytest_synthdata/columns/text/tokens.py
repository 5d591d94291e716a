"""Texts as the words that they are made of: what is done to every word is done to every text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TypeAlias, TypeGuard

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, concatenated
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.text.folding import slug

Codes: TypeAlias = npt.NDArray[np.int32]
Part: TypeAlias = "pa.Array | TokenizedText | str"

_MOST_TEXTS = 1 << 14  # that are kept: about a megabyte


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words of texts, and how they may follow each other.

    Args:
        words: strings without nulls.
        sequences: the kinds of texts that there are: from which part of the words the first word comes, the second,
            and so on; None where that is not known.
    """

    words: pa.Array
    sequences: tuple[tuple[slice, ...], ...] | None = None

    def each(self, function: Callable[[pa.Array], pa.Array]) -> Vocabulary:
        """The words after a function that treats a text letter by letter."""
        return Vocabulary(function(self.words), self.sequences)

    def slugs(self, separator: str, longest: int | None = None) -> Vocabulary | None:
        """The words of the texts' slugs; None where these are not the words' slugs put together.

        A word keeps a separator at its ends where it has other signs than letters: " and " becomes "-and-". So
        separators must not meet, nor begin or end a text, and no text may be empty or longer than ``longest``.
        """
        if self.sequences is None:
            return None
        between_letters = slug(concatenated("x", self.words, "x"), separator)
        words = pc.utf8_slice_codeunits(between_letters, 1, -1)
        begins = to_numpy(pc.starts_with(words, separator))
        ends = to_numpy(pc.ends_with(words, separator))
        lengths = to_numpy(pc.binary_length(words))
        for sequence in self.sequences:
            open_ = True  # a separator that came next would not stand between letters
            for part in sequence:
                if open_ and begins[part].any():
                    return None
                open_ = bool(ends[part].any() or (open_ and not lengths[part].all()))
            if open_ or (longest is not None and sum(lengths[part].max() for part in sequence) > longest):
                return None
        return Vocabulary(words, self.sequences)


@dataclass(frozen=True, eq=False)
class TokenizedText:
    """The texts of some rows.

    Args:
        vocabulary: the words.
        codes: the words of each row, one after the other, as positions in the vocabulary: (rows, places).
    """

    vocabulary: Vocabulary
    codes: Codes

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, index: slice | npt.NDArray[np.intp]) -> TokenizedText:
        """The texts at some positions."""
        return TokenizedText(self.vocabulary, self.codes[index])

    def then(self, others: Sequence[TokenizedText]) -> TokenizedText:
        """These texts, and others of the same column after them."""
        return TokenizedText(self.vocabulary, np.concatenate([self.codes, *(other.codes for other in others)]))

    def texts(self) -> pa.Array:
        """The words put together.

        Gathering them row by row leaves the texts in one piece of memory: only their ends must be told anew.
        """
        count, width = self.codes.shape
        pieces = self.vocabulary.words.take(arrow_array(self.codes.ravel()))
        _, ends, data = pieces.buffers()
        offsets = np.frombuffer(ends, np.int32, count * width + 1)[::width].copy()
        return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), data])


def combined(parts: Sequence[Part]) -> pa.DictionaryArray | None:
    """As `joined`, for columns of so few words that there are far fewer texts than rows; None for others."""
    coded: list[pa.DictionaryArray] = [part for part in parts if isinstance(part, pa.DictionaryArray)]
    texts = math.prod(len(part.dictionary) for part in coded)
    if not 0 < texts <= min(_MOST_TEXTS, len(coded[0]) // 2 if coded else 0):
        return None
    if len(coded) + sum(isinstance(part, str) for part in parts) < len(parts):
        return None
    codes = np.zeros(len(coded[0]), np.int32)
    for part in coded:
        codes *= np.int32(len(part.dictionary))
        codes += to_numpy(part.indices)
    own = iter(coded)
    words = tuple(part if isinstance(part, str) else tuple(next(own).dictionary.to_pylist()) for part in parts)
    return pa.DictionaryArray.from_arrays(arrow_array(codes), _combinations(words), safe=False)


@lru_cache(maxsize=16)
def _combinations(words: tuple[str | tuple[str, ...], ...]) -> pa.Array:
    """Each word of the first with each of the second, and so on; a plain text goes with all."""
    return arrow_array(list(map("".join, product(*((one,) if isinstance(one, str) else one for one in words)))))


def joined(parts: Sequence[Part]) -> pa.Array:
    """Columns of texts and constant texts without nulls, put together row by row."""
    parts = _absorbed(parts)
    count = next(len(part) for part in parts if not isinstance(part, str))
    width = sum(part.codes.shape[1] if isinstance(part, TokenizedText) else 1 for part in parts)
    codes = np.empty((count, width), np.int32)
    words: list[pa.Array] = []
    place = done = 0
    for part in parts:
        if isinstance(part, TokenizedText):
            words.append(part.vocabulary.words)
            until = place + part.codes.shape[1]
            np.add(part.codes, np.int32(done), out=codes[:, place:until])
        else:
            until = place + 1
            if isinstance(part, str):
                words.append(arrow_array([part]))
                codes[:, place] = done
            elif isinstance(part, pa.DictionaryArray):
                words.append(part.dictionary)
                codes[:, place] = to_numpy(part.indices).astype(np.int32) + np.int32(done)
            else:
                words.append(part)
                codes[:, place] = np.arange(done, done + count)
        done += len(words[-1])
        place = until
    return TokenizedText(Vocabulary(pa.concat_arrays(words)), codes).texts()


def _absorbed(parts: Sequence[Part]) -> list[Part]:
    """The parts with a constant made a piece of each word of a short list beside it."""
    kept: list[Part] = []
    for part in parts:
        if kept and isinstance(part, str) and _is_short(kept[-1]):
            kept[-1] = _with(kept[-1], kept[-1].dictionary, part)
        elif kept and isinstance(kept[-1], str) and _is_short(part):
            kept[-1] = _with(part, kept[-1], part.dictionary)
        else:
            kept.append(part)
    return kept


def _is_short(part: Part) -> TypeGuard[pa.DictionaryArray]:
    return isinstance(part, pa.DictionaryArray) and 8 * len(part.dictionary) <= len(part)


def _with(coded: pa.DictionaryArray, *texts: pa.Array | str) -> pa.DictionaryArray:
    words = concatenated(*texts)
    return pa.DictionaryArray.from_arrays(coded.indices, words, safe=False)
