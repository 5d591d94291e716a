"""Numbers that are written with separators of thousands: ``6,016,227.88``, ``53.120,76 €``, ``1'250``."""

from __future__ import annotations

import re

import numpy as np

from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.infer.values.fitting import Resolution

_FORMS = ((",", "."), (".", ","), ("'", "."), ("\u2019", "."), (" ", ","), ("\u00a0", ","), ("\u202f", ","))
_MOST_DIGITS = 15
_PART = "grouped"


def grouped_numbers(texts: list[str]) -> Generator | None:
    """The generator of numbers with separators of thousands, with the same signs around them; None for other texts.

    Args:
        texts: at least one, none of them null.
    """
    for separator, point in _FORMS:
        number = rf"-?(?:0|[1-9][0-9]{{0,2}}(?:{re.escape(separator)}[0-9]{{3}})*)(?:{re.escape(point)}[0-9]+)?"
        form = re.compile(rf"([^0-9]*?)({number})([^0-9]*)")
        matches = [form.fullmatch(text) for text in texts]
        found = [match.groups() for match in matches if match is not None]
        if len(found) == len(texts) and (made := _made(found, separator, point)) is not None:
            return made
    return None


def _made(found: list[tuple[str, ...]], separator: str, point: str) -> Generator | None:
    from pytest_synthdata.infer.values.numbers import law

    around = {(before, after) for before, _, after in found}
    numbers = [number.replace(separator, "") for _, number, _ in found]
    places = {len(number.partition(point)[2]) for number in numbers}
    separators = {number.count(separator) for _, number, _ in found}
    # One separator in each text may as well stand before decimals.
    may_be_decimals = places == {0} and separators == {1}
    if len(around) != 1 or len(places) != 1 or separators == {0} or may_be_decimals:
        return None
    if max(map(len, numbers)) > _MOST_DIGITS:
        return None
    digits = places.pop()
    generator = law(np.array([float(number.replace(point, ".")) for number in numbers]), Resolution(digits))
    if isinstance(generator, Constant):
        return None
    width = max(len(number.lstrip("-")) for number in numbers) + 1
    text: Generator = generator.cast(f"decimal({width},{digits})" if digits else "bigint").cast("string")
    if digits and point != ".":
        text = Call("replace", (text, Constant("."), Constant(point)))
    end = f"[{point}]" if digits else "$"
    for _ in range(max(separators)):
        text = Call("regexp_replace", (text,), (f"([0-9])([0-9]{{3}})({end})", f"$1{separator}$2$3"))
        end = f"[{separator}]"
    before, after = (part.replace("{", "{{").replace("}", "}}") for part in around.pop())
    return Template(f"{before}{{{_PART}}}{after}", **{_PART: text}) if before or after else text


def is_grouped(generator: Generator) -> bool:
    """Whether a generator is one of numbers with separators of thousands."""
    if isinstance(generator, Template):
        return any(name == _PART for name, _ in generator.parts)
    return isinstance(generator, Call) and generator.function == "regexp_replace"


__all__ = ["grouped_numbers", "is_grouped"]
