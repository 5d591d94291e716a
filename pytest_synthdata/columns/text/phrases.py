"""Texts put together from lists of words by templates: what a provider is once its law is known. Plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.values import Index, Values, categorical
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.numbering import Numbered, numbered
from pytest_synthdata.columns.random import Bits, Stream
from pytest_synthdata.columns.text.grammar import Draw, Law, Template, is_random, is_text, templates
from pytest_synthdata.columns.text.tokens import TokenizedText, Vocabulary
from pytest_synthdata.errors import counted

_32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_SPARSE = 0.3  # a place that fewer rows use is filled for those alone
_LISTABLE = 1_000  # values that are worth listing to who asks for a domain


def compiled(law: Law) -> Generator | None:
    """A generator of a law; None where it has too many templates, or values that no column holds."""
    if not is_random(law):
        return Constant(law)
    if isinstance(law, Draw) and not is_text(law):
        return _choices(law)
    if not is_text(law):
        return None
    options = templates(law)
    return None if options is None else Phrases.of(options)


def _choices(law: Draw) -> Generator | None:
    if isinstance(law.values, range):
        if not all(-(2**63) <= end < 2**63 for end in (law.values[0], law.values[-1])):
            return None
        return Numbers(law.values.start, law.values.step, len(law.values))
    try:
        values = arrow_array(law.values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return None
    every = np.zeros(1, np.uint64)
    slot = Slot(every, every + np.uint64(len(values)), law.weights is not None, 1.0)
    return Phrases(values, alias_table(law.weights, len(values)), None, (slot,))


@dataclass(frozen=True)
class Numbers(Generator):
    """Whole numbers ``start + step * k``, each of ``count`` alike."""

    start: int
    step: int
    count: int

    def values(self, cells: Cells) -> Values:
        if self.count >= 1 << 32:  # the upper half of the product of 64-bit words, roughly: exact to 2^-52
            return self.start + self.step * np.floor(cells.uniform() * self.count).astype(np.int64)
        numbers = ((cells.bits() >> _32) * np.uint64(self.count)) >> _32
        return numbers.view(np.int64) * self.step + self.start

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.int64()

    def bounds(self, scope: Scope) -> tuple[int, int]:
        del scope
        ends = (self.start, self.start + self.step * (self.count - 1))
        return min(ends), max(ends)


@numbered.register(Numbers)
def _(generator: Numbers, scope: Scope) -> Numbered:
    del scope
    return Numbered(generator.count, lambda which: which.astype(np.int64) * generator.step + generator.start)


@dataclass(frozen=True, eq=False)
class Slot:
    """A place in the templates: which part of the words each template takes there.

    Args:
        starts: by template, where its list begins among the words.
        sizes: by template, how long the list is; 0 where the template has nothing in this place.
        weighted: whether any of the lists has weights.
        share: of the rows, those that have something in this place.
    """

    starts: Bits
    sizes: Bits
    weighted: bool
    share: float


@dataclass(frozen=True, eq=False)
class Phrases(Generator):
    """Texts put together from lists of words.

    Args:
        words: the words of all lists; the first one is empty where there are several templates or places.
        aliases: by word, with what chance (of 2^32, upper half) a pick of it stays, and the word that it otherwise
            becomes (lower half): Walker's alias method (1977), one table look-up for any weights.
        shares: the same for the templates; None where there is one.
        slots: the places of the templates.
    """

    words: pa.Array
    aliases: Bits
    shares: Bits | None
    slots: tuple[Slot, ...]

    @classmethod
    def of(cls, options: Sequence[Template]) -> Phrases:
        """Templates as arrays."""
        lists = {id(drawn): drawn for _, template in options for drawn in template}
        starts: dict[int, int] = {}
        words: list[str] = [""]
        tables = [np.zeros(1, np.uint64)]
        for key, drawn in lists.items():
            starts[key] = len(words)
            tables.append(alias_table(drawn.weights, len(drawn.values)) + np.uint64(len(words)))
            words += drawn.values
        slots = []
        for place in range(max(len(template) for _, template in options)):
            here = [template[place] if place < len(template) else None for _, template in options]
            slots.append(
                Slot(
                    np.array([starts[id(drawn)] if drawn else 0 for drawn in here], np.uint64),
                    np.array([len(drawn.values) if drawn else 0 for drawn in here], np.uint64),
                    any(drawn.weights is not None for drawn in here if drawn),
                    math.fsum(share for (share, _), drawn in zip(options, here, strict=True) if drawn),
                )
            )
        shares = alias_table(tuple(share for share, _ in options), len(options)) if len(options) > 1 else None
        return cls(arrow_array(words, pa.string()), np.concatenate(tables), shares, tuple(slots))

    def describe(self) -> str:
        """How the texts are made, in a few words."""
        many = 1 if self.shares is None else len(self.shares)
        return f"{counted(many, 'template')} over {len(self.words):,} words"

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words, and how the templates let them follow each other."""
        bounds = [(slot.starts.tolist(), slot.sizes.tolist()) for slot in self.slots]
        sequences = [
            tuple(slice(starts[which], starts[which] + sizes[which]) for starts, sizes in bounds if sizes[which])
            for which in range(len(self.slots[0].starts))
        ]
        return Vocabulary(self.words, tuple(sequences))

    def values(self, cells: Cells) -> Values:
        tokens = self.tokens(cells)
        if tokens is None:
            codes = self._slot(self.slots[0], cells.stream, 0, cells.rows, None)
            return categorical(codes.astype(np.int32), self.words)
        return tokens.texts()

    def tokens(self, cells: Cells) -> TokenizedText | None:
        if self.shares is None:
            return None if len(self.slots) == 1 else self.tokens_by(None, cells)
        bits = substream(cells.stream, "template").bits(cells.rows)
        which = pick(self.shares, bits, np.uint64(0), np.uint64(len(self.shares)), weighted=True)
        return self.tokens_by(which, cells)

    def tokens_by(self, which: Index | None, cells: Cells) -> TokenizedText:
        """The words of the texts, given each row's template; None if there is but one."""
        rows, count = cells.rows, len(cells.rows)
        codes = np.empty((count, len(self.slots)), np.int32)
        for number, slot in enumerate(self.slots):
            if which is None or slot.share > _SPARSE:
                codes[:, number] = self._slot(slot, cells.stream, number, rows, which)
            else:
                index = np.flatnonzero((slot.sizes > 0)[which])
                codes[:, number] = 0
                codes[index, number] = self._slot(slot, cells.stream, number, rows[index], which[index])
        return TokenizedText(self.vocabulary, codes)

    def _slot(self, slot: Slot, stream: Stream, number: int, rows: Bits, which: Index | None) -> Index:
        """The words of some rows in one place."""
        bits = substream(stream, f"word {number}").bits(rows)
        if which is None or (slot.starts == slot.starts[0]).all():
            return pick(self.aliases, bits, slot.starts[0], slot.sizes[0], weighted=slot.weighted)
        return pick(self.aliases, bits, slot.starts.take(which), slot.sizes.take(which), weighted=slot.weighted)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return self.words.type

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        del scope
        if len(self.slots) > 1 or self.shares is not None or len(self.words) > _LISTABLE:
            return None
        start = int(self.slots[0].starts[0])
        return self.words[start:].to_pylist()


def pick(aliases: Bits, bits: Bits, start: Any, size: Any, *, weighted: bool) -> Index:
    """A position in a part of a table of aliases, from random bits, which are used up."""
    position = bits >> _32
    position *= size
    position >>= _32
    position += start
    if not weighted:
        return position.view(np.int64)
    alias = aliases.take(position.view(np.int64))
    bits &= _LOW
    stays = bits < (alias >> _32)
    alias &= _LOW
    return np.where(stays, position, alias).view(np.int64)


@lru_cache(maxsize=4096)
def substream(stream: Stream, name: str) -> Stream:
    """An independent stream for a part of a text; its key is made once."""
    return stream.child(name)


def alias_table(weights: Sequence[float] | None, count: int) -> Bits:
    """Walker's aliases for weights, by Vose's method (1991): chances of 2^32 in the upper halves, aliases below."""
    if weights is None:
        return np.arange(count, dtype=np.uint64) | (_LOW << _32)
    scale = count / math.fsum(weights)
    chances = [weight * scale for weight in weights]
    stays, alias = [1.0] * count, list(range(count))
    poor = [number for number, chance in enumerate(chances) if chance < 1]
    rich = [number for number, chance in enumerate(chances) if chance >= 1]
    while poor and rich:
        low, high = poor.pop(), rich[-1]
        stays[low], alias[low] = chances[low], high
        chances[high] -= 1 - chances[low]
        if chances[high] < 1:
            poor.append(rich.pop())
    limits = np.minimum(np.array(stays) * 2.0**32, float(2**32 - 1)).astype(np.uint64)
    return (limits << _32) | np.array(alias, np.uint64)
