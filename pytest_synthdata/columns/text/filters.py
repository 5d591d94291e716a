"""The filters of templates: what makes one text of another, by letters or by words."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, without_nulls
from pytest_synthdata.columns.arrow.casts.json_text import json_text
from pytest_synthdata.columns.arrow.values import Values, to_numpy
from pytest_synthdata.columns.text.folding import LABEL, ascii_fold, label, slug
from pytest_synthdata.columns.text.tokens import TokenizedText, Vocabulary

Filter = Callable[[pa.Array], Any]

_BASE = 36


def base36(numbers: pa.Array) -> pa.Array:
    """Whole numbers ≥ 0 in the digits 0 to 9 and a to z.

    >>> base36(pa.array([0, 35, 36, 1_000_000])).to_pylist()
    ['0', 'z', '10', 'lfls']
    """
    return base36_tokens(numbers).texts()


def base36_tokens(numbers: Values) -> TokenizedText:
    """Whole numbers ≥ 0 in base 36 as texts of words, two digits each."""
    whole = to_numpy(numbers)
    if whole.dtype.kind not in "iu" or (whole.dtype.kind == "i" and whole.min(initial=0) < 0):
        raise ValueError("base36 is of whole numbers ≥ 0, without nulls")
    rest = whole.astype(np.uint64)
    pair, largest = np.uint64(_BASE**2), int(rest.max(initial=0))
    columns: list[npt.NDArray[np.int32]] = []
    while largest or not columns:
        higher = rest // pair
        # Two digits at a time: with a leading zero below others, without at the top, and nothing above it.
        digits = (rest - higher * pair).astype(np.int32)
        digits += np.where(higher > 0, np.int32(1), np.int32(1 + _BASE**2))
        if columns:
            digits[rest == 0] = 0
        columns.append(digits)
        rest, largest = higher, largest // _BASE**2
    return TokenizedText(_base36_words(), np.stack(columns[::-1], axis=1))


@lru_cache(maxsize=1)
def _base36_words() -> Vocabulary:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    pairs = [a + b for a in digits for b in digits]
    return Vocabulary(arrow_array(["", *pairs, *(pair.lstrip("0") or "0" for pair in pairs)]))


FILTERS: dict[str, Filter] = {
    "ascii": ascii_fold,
    "lower": lambda texts: pc.utf8_lower(texts.cast(pa.string())),
    "upper": lambda texts: pc.utf8_upper(texts.cast(pa.string())),
    "title": lambda texts: pc.utf8_title(texts.cast(pa.string())),
    "initial": lambda texts: pc.utf8_slice_codeunits(texts.cast(pa.string()), 0, 1),
    "slug": slug,
    "label": label,
    "dotted": lambda texts: label(texts, "."),
    "base36": base36,
    "json": lambda values: without_nulls(json_text(values), "null"),
}
# What the filters are to words: those that treat a text letter by letter, and those that make slugs.
BY_LETTER = ("ascii", "lower", "upper")
SLUGS: dict[str, tuple[str, int | None]] = {"slug": ("-", None), "label": ("-", LABEL), "dotted": (".", LABEL)}


@lru_cache(maxsize=64)
def filtered(words: Vocabulary, filters: tuple[str, ...]) -> Vocabulary | None:
    """The words of filtered texts; None where the filters need the whole text."""
    found: Vocabulary | None = words
    for name in filters:
        if found is not None:
            found = found.each(FILTERS[name]) if name in BY_LETTER else found.slugs(*SLUGS[name])
    return found


__all__ = ["BY_LETTER", "FILTERS", "SLUGS", "base36", "base36_tokens", "filtered"]
