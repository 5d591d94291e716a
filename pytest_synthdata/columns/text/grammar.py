"""Laws of random texts: lists with weights, joined and mixed, down to their normal form: templates over lists."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

SMALL = 1_000  # neighbouring lists are multiplied out up to here: fewer, longer words are quicker to put together
FINITE = 4_096  # laws with so many values are listed where a provider looks at what it drew
LISTS = 1 << 20  # a mixture of longer lists is not made one list
TEMPLATES = 20_000
_BLOCK_DIGITS = 3
_MERGING = 200_000  # looks at lists that it may take to find templates that are alike


@dataclass(frozen=True, eq=False)
class Draw:
    """One of a list of values, which may repeat.

    Args:
        values: any objects.
        weights: what the chances are in proportion to; None: all alike.
    """

    values: Sequence[Any]
    weights: tuple[float, ...] | None = None

    def pairs(self) -> Iterator[tuple[Any, float]]:
        """The values with their probabilities."""
        if self.weights is None:
            return zip(self.values, itertools.repeat(1 / len(self.values)))
        total = math.fsum(self.weights)
        return zip(self.values, [weight / total for weight in self.weights], strict=True)

    def map(self, function: Callable[[Any], Any]) -> Draw:
        """The law of a function of the value."""
        return Draw(tuple(map(function, self.values)), self.weights).without_repetition()

    def without_repetition(self) -> Draw:
        """The same law with each value once."""
        try:
            distinct = dict.fromkeys(self.values, 0.0)
        except TypeError:  # unhashable values
            return self
        if len(distinct) == len(self.values) or {type(value) for value in distinct} != {type(self.values[0])}:
            return self
        for value, share in self.pairs():
            distinct[value] += share
        return Draw(tuple(distinct), tuple(distinct.values()))


@dataclass(frozen=True, eq=False)
class Joined:
    """Independent texts, one after the other."""

    parts: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Mixed:
    """One of several laws, each with its probability."""

    options: tuple[tuple[float, Any], ...]


# A law is one of the three, or any other object: that very constant.
Law: TypeAlias = Any


def is_random(law: Law) -> bool:
    """Whether a law is more than a constant."""
    return isinstance(law, (Draw, Joined, Mixed))


def is_text(law: Law) -> bool:
    """Whether all values are strings."""
    if isinstance(law, Draw):
        return all(isinstance(value, str) for value in law.values)
    return isinstance(law, (str, Joined)) or (
        isinstance(law, Mixed) and all(is_text(option) for _, option in law.options)
    )


def join(laws: Iterable[Law]) -> Law:
    """The law of texts put together; they must be independent."""
    parts: list[Law] = []
    for law in laws:
        for part in law.parts if isinstance(law, Joined) else (law,):
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part
            elif part != "":
                parts.append(part)
    if len(parts) > 1:
        return Joined(tuple(parts))
    return parts[0] if parts else ""


def mix(options: Iterable[tuple[float, Law]]) -> Law:
    """The law that is each of several with a probability."""
    options = [(share, law) for share, law in options if share > 0]
    total = math.fsum(share for share, _ in options)
    if len(options) == 1:
        return options[0][1]
    if any(isinstance(law, (Joined, Mixed)) for _, law in options) or sum(size(law) for _, law in options) > LISTS:
        return Mixed(tuple((share / total, law) for share, law in options))
    values: list[Any] = []
    weights: list[float] = []
    for share, law in options:
        for value, chance in law.pairs() if isinstance(law, Draw) else ((law, 1.0),):
            values.append(value)
            weights.append(share / total * chance)
    drawn = Draw(tuple(values), tuple(weights)).without_repetition()
    return drawn if len(drawn.values) > 1 else drawn.values[0]


def each(law: Law, function: Callable[[str], str]) -> Law:
    """The law of a function that can be applied to the pieces of a text one by one, such as `str.upper`."""
    return expand(law, function)


def expand(law: Law, function: Callable[[str], Law]) -> Law:
    """As `each`, for a function that itself gives a law, such as one that puts digits in place of ``#``."""
    if isinstance(law, Joined):
        return join(expand(part, function) for part in law.parts)
    if isinstance(law, Mixed):
        return mix((share, expand(option, function)) for share, option in law.options)
    if not isinstance(law, Draw):
        return function(law)
    results = [function(value) for value in law.values]
    if not any(is_random(result) for result in results):
        return Draw(tuple(results), law.weights).without_repetition()
    return mix((share, result) for (_, share), result in zip(law.pairs(), results, strict=True))


def size(law: Law) -> int:
    """In how many ways a law can come out, at most."""
    if isinstance(law, Draw):
        return len(law.values)
    if isinstance(law, Joined):
        return math.prod(size(part) for part in law.parts)
    return sum(size(option) for _, option in law.options) if isinstance(law, Mixed) else 1


def listed(law: Law) -> Draw:
    """A law as one list of all that can come out; look at its `size` before."""
    if isinstance(law, Draw):
        return law
    if isinstance(law, Joined):
        whole = Draw(("",))
        for part in law.parts:
            whole = product(whole, listed(part))
        return whole.without_repetition()
    if isinstance(law, Mixed):
        mixed = mix((share, listed(option)) for share, option in law.options)
        return mixed if isinstance(mixed, Draw) else Draw((mixed,))
    return Draw((law,))


@lru_cache(maxsize=4096)
def product(first: Draw, second: Draw) -> Draw:
    """The list of all texts of one list followed by one of another."""
    values = tuple(a + b for a in first.values for b in second.values)
    if first.weights is None and second.weights is None:
        return _known(values, None)
    following = [share for _, share in second.pairs()]
    weights = tuple(share * follows for _, share in first.pairs() for follows in following)
    return _known(values, weights)


def digits(numbers: range, width: int, base: int = 10) -> Law | None:
    """The law of a number from a range, written with leading zeros up to a width; None for ranges with gaps."""
    if numbers.step != 1 or numbers.start < 0:
        return None
    options = []
    low = numbers.start
    while low < numbers.stop:
        length = max(width, _length(low, base))
        stop = min(numbers.stop, base**length)
        options.append(((stop - low) / len(numbers), _same_length(range(low, stop), length, base)))
        low = stop
    return mix(options)


def _length(number: int, base: int) -> int:
    return len(f"{number:x}" if base == 16 else str(number))  # noqa: PLR2004


def _same_length(numbers: range, length: int, base: int) -> Law:
    block = base**_BLOCK_DIGITS
    if len(numbers) <= block:
        spec = f"0{length}{'x' if base == 16 else 'd'}"  # noqa: PLR2004
        return _known(tuple(format(number, spec) for number in numbers), None)
    # The numbers that share their upper digits with a whole block of others: upper and lower digits are independent.
    first, last = -(-numbers.start // block), numbers.stop // block
    whole = join(
        [
            _same_length(range(first, last), length - _BLOCK_DIGITS, base),
            _same_length(range(block), _BLOCK_DIGITS, base),
        ]
    )
    options = [((last - first) * block, whole)]
    options += [
        (len(rest), _same_length(rest, length, base))
        for rest in (range(numbers.start, first * block), range(last * block, numbers.stop))
        if rest
    ]
    return mix(options)


def first_word(law: Law) -> Law:
    """The law of what stands before the first space."""
    return mix((share, text) for share, text, _ in _cut(law))


def _cut(law: Law) -> list[tuple[float, Law, bool]]:
    """Where texts may end at a space: probability, law of the text up to there, whether there was a space."""
    if isinstance(law, str):
        return [(1.0, law.split(" ", 1)[0], " " in law)]
    if isinstance(law, Mixed):
        return [(share * chance, text, ended) for share, option in law.options for chance, text, ended in _cut(option)]
    if isinstance(law, Draw):
        pieces = []
        for ended in (False, True):
            those = [(share, value.split(" ", 1)[0]) for value, share in law.pairs() if (" " in value) == ended]
            if those:
                pieces.append((math.fsum(share for share, _ in those), mix(those), ended))
        return pieces
    open_: list[tuple[float, Law]] = [(1.0, "")]
    done: list[tuple[float, Law, bool]] = []
    for part in law.parts:
        grown = [
            (share * chance, join([text, piece]), ended) for share, text in open_ for chance, piece, ended in _cut(part)
        ]
        done += [cut for cut in grown if cut[2]]
        open_ = [(share, text) for share, text, ended in grown if not ended]
    return done + [(share, text, False) for share, text in open_]


Template: TypeAlias = tuple[float, tuple[Draw, ...]]


def templates(law: Law) -> list[Template] | None:
    """A text's law as templates, each with a probability and the lists that fill it; None where there are too many."""
    options = _templates(law)
    return options and _merged([(share, _packed(lists)) for share, lists in options])


def _templates(law: Law) -> list[Template] | None:
    if isinstance(law, Joined):
        options: list[Template] = [(1.0, ())]
        for part in law.parts:
            further = _templates(part)
            if further is None or len(options) * len(further) > TEMPLATES:
                return None
            options = [(a * b, (*first, *second)) for a, first in options for b, second in further]
        return _merged(options)
    if isinstance(law, Mixed):
        options = []
        for share, option in law.options:
            inner = _templates(option)
            if inner is None or len(options) + len(inner) > TEMPLATES:
                return None
            options += [(share * chance, lists) for chance, lists in inner]
        return _merged(options)
    return [(1.0, (_known(tuple(law.values), law.weights) if isinstance(law, Draw) else _known((law,), None),))]


@lru_cache(maxsize=4096)
def _known(values: tuple[str, ...], weights: tuple[float, ...] | None) -> Draw:
    """The one object for equal lists, so that lists can be told apart by identity."""
    return Draw(values, weights)


def _packed(lists: tuple[Draw, ...]) -> tuple[Draw, ...]:
    """Neighbouring lists multiplied out where the product stays small."""
    packed: list[Draw] = []
    for drawn in lists:
        if packed and len(packed[-1].values) * len(drawn.values) <= max(
            SMALL, len(drawn.values), len(packed[-1].values)
        ):
            packed[-1] = product(packed[-1], drawn)
        else:
            packed.append(drawn)
    return tuple(packed)


def _merged(options: list[Template]) -> list[Template]:
    """Templates that differ in one place made one, with a mixed list in that place."""
    before = -1
    longest = max(len(lists) for _, lists in options)
    while before != len(options) and len(options) * longest**2 <= _MERGING:
        before = len(options)
        for place in range(longest):
            groups: dict[Any, list[Template]] = {}
            for share, lists in options:
                alike = (len(lists), place < len(lists), *(id(part) for n, part in enumerate(lists) if n != place))
                groups.setdefault(alike, []).append((share, lists))
            options = [_union(group, place) for group in groups.values()]
    return options


def _union(group: list[Template], place: int) -> tuple[float, tuple[Draw, ...]]:
    total = math.fsum(share for share, _ in group)
    lists = group[0][1]
    if place >= len(lists) or all(parts[place] is lists[place] for _, parts in group):
        return total, lists
    mixed = listed(mix((share, parts[place]) for share, parts in group))
    mixed = _known(tuple(mixed.values), mixed.weights)
    return total, (*lists[:place], mixed, *lists[place + 1 :])
