"""Texts put together from numbers, letters and signs in one order: ``v2.13``, ``N4718UW``, ``57%``, ``3.5 GB``."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.infer.relations.needs import evenly
from pytest_synthdata.infer.values.fitting import Resolution, rounded_shares
from pytest_synthdata.infer.values.grouped import grouped_numbers
from pytest_synthdata.infer.values.unique import drawn_once

_TOKEN = re.compile(r"[0-9]+|[A-Za-z]+|[^0-9A-Za-z]+")
_WORD = re.compile(r"[0-9A-Za-z]+|[^0-9A-Za-z]+")  # B6 is one part of 2013-B6-1545
_MEASURE = re.compile(r"([^0-9]*?)(-?(?:0|[1-9][0-9]*)(?:\.([0-9]+))?)([^0-9]*)")
_LOOKED_AT = 2_000
_MOST_PARTS = 9
_MOST_WORDS = 60  # different letters at one place, that are listed
_MOST_SHORT, _SHORT = 200, 3  # of so few letters
_MOST_DIGITS = 15
_USUAL = 0.8  # of texts that are numbers, at least, beside some that are not
_ROOM = 4  # numbers for each row, at least, that unique ones are drawn from
_NAMES = "abcdefghij"


def patterned(values: pa.Array, distinct: int) -> Generator | None:
    """The generator of texts whose numbers, letters and signs stand in one order; None for others.

    Args:
        values: the texts, none of them null.
        distinct: how many of them differ.
    """
    some = evenly(values, _LOOKED_AT).to_pylist()
    unique = len(values) if distinct == len(values) else 0
    for found in (grouped_numbers(some), _measures(some)):
        if found is not None:
            return found
    return _parts(some, unique, _TOKEN) or _parts(some, unique, _WORD)  # templates, which are true


def usual_measure(some: list[str]) -> str | None:
    """A regular expression of the numbers that most of some texts are, with a point or a sign such as ``%``; else None.

    Args:
        some: at least one text, none of them null.
    """
    found = Counter(match and (match[1], len(match[3] or ""), match[4]) for match in map(_MEASURE.fullmatch, some))
    usual, count = found.most_common(1)[0]
    if usual is None or count < _USUAL * len(some):
        return None
    before, digits, after = usual
    is_number = not before.isalnum() and (digits > 0 or (after and not after[0].isalnum()))
    fraction = rf"\.[0-9]{{{digits}}}" if digits else ""
    return rf"{escaped(before)}-?(0|[1-9][0-9]*){fraction}{escaped(after)}" if is_number else None


def escaped(text: str) -> str:
    """A text for RE2, which knows no escapes but of ASCII punctuation."""
    return re.sub(r"([!-/:-@\[-^`{-~])", r"\\\1", text)


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


def _parts(some: list[str], unique: int, token: re.Pattern[str]) -> Generator | None:
    """The parts of texts.

    Args:
        some: the texts.
        unique: how many there are, if no two are the same, else 0.
        token: what a part is.
    """
    rows = [token.findall(text) for text in some]
    longest = max(map(len, rows))
    usual = Counter(map(_kinds, rows)).most_common(1)[0][0]
    if not 1 < longest <= _MOST_PARTS or not any(kind == "0" for kind in usual):
        return None
    # Parts at the end may be missing: N123 beside N123UW.
    kinds = max((_kinds(row) for row in rows), key=len)
    if any(not kinds.startswith(_kinds(row)) for row in rows) or min(map(len, rows)) < longest - 1:
        return None
    text, parts, was_unique = "", {}, False
    wanted = _most_varied(rows, kinds) if unique else None
    if wanted is not None and not _may_tell_apart([row[wanted] for row in rows if wanted < len(row)], unique):
        if len(set(map(len, some))) == 1:  # of which each is drawn once as a whole
            return None
        wanted, unique = None, 0  # no part tells them apart: none is counted
    for number in range(longest):
        place = [row[number] if number < len(row) else "" for row in rows]
        if len(set(place)) == 1:
            text += place[0].replace("{", "{{").replace("}", "}}")
            continue
        generator = _at(place, unique if number == wanted else 0)
        if generator is None:
            return None
        was_unique |= number == wanted
        name = f"{'number' if kinds[number] == '0' else 'letters' if kinds[number] == 'a' else 'sign'}_{_NAMES[number]}"
        parts[name] = generator
        text += f"{{{name}}}"
    if not parts or (unique and not was_unique):
        return None
    return Template(text, **parts)


def _kinds(row: list[str]) -> str:
    return "".join("0" if one.isdigit() else "a" if one.isalnum() else "-" for one in row)


def _most_varied(rows: list[list[str]], kinds: str) -> int | None:
    """The number that differs most from text to text."""
    numbers = [number for number, kind in enumerate(kinds) if kind == "0"]
    different = {number: len({row[number] for row in rows if number < len(row)}) for number in numbers}
    return max(different, key=lambda number: different[number], default=None)


def _may_tell_apart(numbers: list[str], count: int) -> bool:
    """Whether numbers at one place are all different, or are few of those that could stand there."""
    found = [int(number) for number in numbers[:_LOOKED_AT]]
    return len(set(found)) == len(found) or max(found) - min(found) >= _ROOM * count


def _at(tokens: list[str], unique: int) -> Generator | None:
    """What stands at one place."""
    if "" not in tokens and all(token.isdigit() for token in tokens):
        return _digits(tokens, unique)
    counts = Counter(tokens)
    most = _MOST_SHORT if max(map(len, counts)) <= _SHORT else _MOST_WORDS
    if len(counts) <= most and len(counts) * 2 <= len(tokens):
        shares = rounded_shares(list(counts.values()), len(tokens))
        listed = dict(zip(counts, shares, strict=True))
        return Categorical(dict(sorted(listed.items(), key=lambda item: (-item[1], item[0]))))
    lengths = {len(token) for token in tokens}
    if len(lengths) == 1 and all(token.isascii() and token.isalpha() for token in tokens):
        letters = "".join(sorted(set("".join(tokens))))
        return Fake("bothify", text="?" * lengths.pop(), letters=letters)
    return None


def _digits(tokens: list[str], unique: int) -> Generator | None:
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
    if unique:
        found = numbers.astype(np.int64)
        room = 10**width if is_padded else int(found.max() - found.min()) + 1
        if unique * _ROOM > room:  # as many as there are rows, however many these are
            return Key(f"{{:0{width}d}}" if is_padded else "{}", start=int(found.min()))
        return drawn_once(found, width if is_padded else None)
    generator = law(numbers, Resolution(0)).cast("bigint")
    return Call("lpad", (generator.cast("string"),), (width, "0")) if is_padded else generator


__all__ = ["escaped", "patterned", "usual_measure"]
