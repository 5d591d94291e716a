"""Keys that look like those of the source: numbers in order with their gaps, numbers drawn once each, codes."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Cast, Unique
from pytest_synthdata.columns.generators.numbers.whole import Integers
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.infer.values.fitting import significant

_ROOM = 10  # numbers for each row, at least, that unique ones are drawn from
_CODES = 4  # codes for each row
_WIDEST = 10**15
_UNEVEN = 0.15  # how far numbers that are drawn may be from evenly spread ones, as shares below any number
_WHOLE = 0.02  # how far from a whole number a step may be to be taken for it
_FROM, _TO = (0.0, 0.05, 0.2), (1.0, 0.95, 0.8, 0.6)  # parts of the numbers that a line is laid through


def key_of_numbers(numbers: npt.NDArray[np.int64], pattern: str = "{}") -> Key | None:
    """A key of different numbers that has their start and their gaps; None for those that are drawn at random.

    Args:
        numbers: in the order of the rows, none negative.
        pattern: of the key.
    """
    low, high, count = int(numbers.min()), int(numbers.max()), len(numbers)
    gap = (high - low) / max(count - 1, 1)
    if gap <= 1:
        return Key(pattern, start=low)
    is_in_order = bool((np.diff(numbers) > 0).all())
    if not is_in_order and _ROOM * count <= high - low + 1 <= _WIDEST:
        even = np.linspace(0, 1, count)
        if np.abs((np.sort(numbers) - low) / (high - low) - even).max() <= _UNEVEN:
            return None
    start, step = _line(np.sort(numbers))
    return Key(pattern, start=start, step=step)


def _line(ordered: npt.NDArray[np.int64]) -> tuple[int, float]:
    """The start and the step of evenly spread numbers that are as near as can be to some: most may be in one block."""
    count = len(ordered)
    best: tuple[float, int, float] | None = None
    for first, last in itertools.product(_FROM, _TO):
        begin, end = int(first * (count - 1)), int(last * (count - 1))
        gap = float(ordered[end] - ordered[begin]) / max(end - begin, 1)
        near = round(gap)
        step = near if near and abs(gap / near - 1) <= _WHOLE else max(significant(gap, 3), 1)
        start = max(int(ordered[begin] - begin * step), 0)
        # How far the shares below any number are off, as Kolmogorov and Smirnov measure it.
        rows = ((ordered - start) / step).clip(0, count)
        off = float(np.abs(rows - np.arange(count)).max()) / count
        if best is None or off < best[0] - _WHOLE:
            best = off, start, step
    assert best is not None  # noqa: S101 - there are candidates
    return best[1], best[2]


def drawn_once(numbers: npt.NDArray[np.int64], width: int | None = None) -> Generator:
    """Numbers in the range of some, none of them twice; as texts of a width, padded with zeros, where one is given."""
    high = int(numbers.max()) if width is None else 10**width - 1
    found = Integers(int(numbers.min()), high).unique()
    return found if width is None else Call("lpad", (found.cast("string"),), (width, "0"))


def is_unique(generator: Generator) -> bool:
    """Whether a generator gives no value twice."""
    if isinstance(generator, Template):
        return any(isinstance(part, Generator) and is_unique(part) for _, part in generator.parts)
    if isinstance(generator, Call):
        return generator.function == "lpad" and is_unique(generator.operands[0])
    inner = getattr(generator, "generator", None)
    if isinstance(generator, Cast) and isinstance(inner, Generator):
        return is_unique(inner)
    return isinstance(generator, (Unique, Key))


def unique_codes(generator: Generator, count: int) -> Generator:
    """Codes of letters and digits, each once, where there are enough of them for as many rows; else as they were."""
    if not isinstance(generator, Fake) or generator.provider != "bothify":
        return generator
    named = dict(generator.arguments)
    text = str(named["text"])
    letters = len(str(named.get("letters", "a" * 52)))
    room = letters ** text.count("?") * 10 ** text.count("#")
    return generator.unique() if count * _CODES <= room <= _WIDEST else generator


def each_once(generator: Generator, count: int) -> Generator:
    """Codes each once, also those within a template; as they were where there are too few of them.

    Args:
        generator: the codes.
        count: how many rows there are, at least.
    """
    if not isinstance(generator, Template):
        return unique_codes(generator, count)
    parts = dict(generator.parts)
    for name, part in parts.items():
        if isinstance(part, Generator) and isinstance(once := unique_codes(part, count), Unique):
            return Template(generator.text, **{**parts, name: once})
    return generator


__all__ = ["drawn_once", "each_once", "is_unique", "key_of_numbers", "unique_codes"]
