"""Texts put together from numbers, letters and signs in one order: ``v2.13``, ``N4718UW``, ``57%``, ``3.5 GB``."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.numbers.whole import Integers
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.infer.values.fitting import Resolution, rounded_shares

_TOKEN = re.compile(r"[0-9]+|[A-Za-z]+|[^0-9A-Za-z]+")
_MEASURE = re.compile(r"([^0-9]*?)(-?(?:0|[1-9][0-9]*)(?:\.([0-9]+))?)([^0-9]*)")
_LOOKED_AT = 2_000
_MOST_PARTS = 9
_MOST_WORDS = 60  # different letters at one place, that are listed
_MOST_DIGITS = 15
_NAMES = "abcdefghij"


def patterned(values: pa.Array, distinct: int) -> Generator | None:
    """The generator of texts whose numbers, letters and signs stand in one order; None for others.

    Args:
        values: the texts, none of them null.
        distinct: how many of them differ.
    """
    some = values.slice(0, _LOOKED_AT).to_pylist()
    found = _measures(some)
    return found if found is not None else _parts(some, is_unique=distinct == len(values))


def _measures(some: list[str]) -> Generator | None:
    """Numbers with the same signs and words around them, such as ``57%`` and ``$3.50``."""
    matches = [_MEASURE.fullmatch(text) for text in some]
    if any(match is None for match in matches):
        return None
    found = [match.groups() for match in matches if match is not None]
    around = {(before, after) for before, _, _, after in found}
    places = {len(fraction or "") for _, _, fraction, _ in found}
    if len(around) != 1 or len(places) != 1 or max(len(number) for _, number, _, _ in found) > _MOST_DIGITS:
        return None
    from pytest_synthdata.infer.values.numbers import law

    digits = places.pop()
    generator = law(np.array([float(number) for _, number, _, _ in found]), Resolution(digits))
    before, after = (part.replace("{", "{{").replace("}", "}}") for part in around.pop())
    if isinstance(generator, Constant):
        return None
    width = max(len(number.lstrip("-")) for _, number, _, _ in found) + 1
    type_ = "bigint" if digits == 0 else f"decimal({width},{digits})"
    number = generator.cast(type_)
    return Template(f"{before}{{number}}{after}", number=number) if before or after else number.cast("string")


def _parts(some: list[str], *, is_unique: bool) -> Generator | None:
    rows = [_TOKEN.findall(text) for text in some]
    longest = max(map(len, rows))
    usual = Counter(map(_kinds, rows)).most_common(1)[0][0]
    if not 1 < longest <= _MOST_PARTS or not any(kind == "0" for kind in usual):
        return None
    # Parts at the end may be missing: N123 beside N123UW.
    kinds = max((_kinds(row) for row in rows), key=len)
    if any(not kinds.startswith(_kinds(row)) for row in rows) or min(map(len, rows)) < longest - 1:
        return None
    text, parts, was_unique = "", {}, False
    wanted = _most_varied(rows, kinds) if is_unique else None
    for number in range(longest):
        place = [row[number] if number < len(row) else "" for row in rows]
        if len(set(place)) == 1:
            text += place[0].replace("{", "{{").replace("}", "}}")
            continue
        generator = _at(place, is_unique=number == wanted)
        if generator is None:
            return None
        was_unique |= number == wanted
        name = f"{'number' if kinds[number] == '0' else 'letters' if kinds[number] == 'a' else 'sign'}_{_NAMES[number]}"
        parts[name] = generator
        text += f"{{{name}}}"
    if not parts or (is_unique and not was_unique):
        return None
    return Template(text, **parts)


def _kinds(row: list[str]) -> str:
    return "".join("0" if one[0].isdigit() else "a" if one.isalpha() else "-" for one in row)


def _most_varied(rows: list[list[str]], kinds: str) -> int | None:
    """The number that differs most from text to text."""
    numbers = [number for number, kind in enumerate(kinds) if kind == "0"]
    different = {number: len({row[number] for row in rows if number < len(row)}) for number in numbers}
    return max(different, key=lambda number: different[number], default=None)


def _at(tokens: list[str], *, is_unique: bool) -> Generator | None:
    """What stands at one place."""
    if "" not in tokens and all(token.isdigit() for token in tokens):
        return _digits(tokens, is_unique=is_unique)
    counts = Counter(tokens)
    if len(counts) <= _MOST_WORDS and len(counts) * 2 <= len(tokens):
        shares = rounded_shares(list(counts.values()), len(tokens))
        listed = dict(zip(counts, shares, strict=True))
        return Categorical(dict(sorted(listed.items(), key=lambda item: (-item[1], item[0]))))
    lengths = {len(token) for token in tokens}
    if len(lengths) == 1 and all(token.isascii() and token.isalpha() for token in tokens):
        letters = "".join(sorted(set("".join(tokens))))
        return Fake("bothify", text="?" * lengths.pop(), letters=letters)
    return None


def _digits(tokens: list[str], *, is_unique: bool) -> Generator | None:
    from pytest_synthdata.infer.values.numbers import law

    width = max(map(len, tokens))
    if width > _MOST_DIGITS:
        return None
    numbers = np.array([float(token) for token in tokens])
    is_padded = len({len(token) for token in tokens}) == 1 and any(
        token[0] == "0" and len(token) > 1 for token in tokens
    )
    if any(token[0] == "0" and len(token) > 1 for token in tokens) and not is_padded:
        return None
    generator: Any
    if is_unique:
        high = int(numbers.max())
        generator = Integers(int(numbers.min()), max(high, int("9" * len(str(high)))) if is_padded else high).unique()
    else:
        generator = law(numbers, Resolution(0)).cast("bigint")
    return Call("lpad", (generator.cast("string"),), (width, "0")) if is_padded else generator


__all__ = ["patterned"]
