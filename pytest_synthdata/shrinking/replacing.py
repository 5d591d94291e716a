"""Other values for a column, to see whether its own matter: one for all rows, or those that other rows have."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any, TypeAlias

import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of

EACH = 8  # other values of a column that are all tried
MANY = 5  # that are tried where there are more
Candidate: TypeAlias = "tuple[str, int]"  # a value as text, and where it is in the pool
_FEW = 30  # different values that are told apart by how often they come
_UPWARDS = (int, float, Decimal, dt.date)
_SIDE = 0.02  # of the values, in their order, are further out than those that are taken first


def constant(values: pa.Array) -> pa.Array | None:
    """The first value in every row; None where that changes nothing."""
    if len({repr(value) for value in python_of(values)}) <= 1:
        return None
    return pa.concat_arrays([values[:1]] * len(values))


def apart(values: pa.Array, pool: pa.Array) -> pa.Array | None:
    """Of one value in all rows, another one in the first; None where that changes nothing, or they differ already."""
    if len(values) == 1 or len({repr(value) for value in python_of(values)}) != 1:
        return None
    other = others(values[:1], pool)
    return None if other is None else pa.concat_arrays([other, values[1:]])


def others(values: pa.Array, pool: pa.Array) -> pa.Array | None:
    """In every row a value that other rows have: the first of the `draws`; None where there is none."""
    return next(iter(draws(values, pool)), None)


def draws(values: pa.Array, pool: pa.Array) -> list[pa.Array]:
    """In every row values that other rows have, several times: new ones first, the most typical ones before others.

    Args:
        values: the column of the rows in hand.
        pool: the same column of many rows, some of whose values are taken.

    Returns:
        Each time as many values, each different from the one in its place and from those that were there before. Of a
        few different ones, all others take each row's place in turn. Of many, a few do; where these have an order, they
        are far apart, so that a limit is likely to be between two of them: the first one is from the other side of
        the middle; of numbers and dates a high one, as `plain.least` has the low ones.
    """
    own = python_of(values)
    texts = [repr(value) for value in own]
    taken = frozenset(texts)
    candidates = _Candidates(pool)
    rows = []
    for place, (value, text) in enumerate(zip(own, texts, strict=True)):
        sides = candidates.for_value(value)
        fresh = [[one for one in side if one[0] not in taken] for side in sides]
        known = [[one for one in side if one[0] in taken and one[0] != text] for side in sides]
        rows.append([index for some in (fresh, known) for _, index in _by_turns(some, place)])
    if not all(rows):
        return []
    most = max(map(len, rows), default=1)
    return [
        pool.take(arrow_array([row[number % len(row)] for row in rows], pa.int64()))
        for number in range(most if most <= EACH else MANY)
    ]


def _by_turns(sides: Sequence[list[Candidate]], place: int) -> list[Candidate]:
    """Values of one side and of the other by turns; in each row another one first, so that rows differ."""
    turned = [[*side[place % len(side) :], *side[: place % len(side)]] if side else [] for side in sides]
    return [one for pair in zip_longest(*turned) for one in pair if one is not None]


def usual(pool: pa.Array) -> Any:
    """The most frequent value of a pool, or else one of the middle, that is not null; None where there is none."""
    values = python_of(pool.drop_null())
    return _Candidates(pool.drop_null()).usual(values) if values else None


class _Candidates:
    """Each value of a pool once, as text and where it is: by how often it comes, or else from far to near."""

    def __init__(self, pool: pa.Array) -> None:
        values = python_of(pool)
        self._first = {repr(value): index for index, value in reversed(list(enumerate(values)))}
        counts = Counter(map(repr, values))
        self._middle: Any = None
        self._low: tuple[list[Candidate], ...]
        self._high: tuple[list[Candidate], ...]
        if len(counts) <= _FEW:
            self._low = self._high = ([(text, self._first[text]) for text, _ in counts.most_common()],)
            return
        known = [text for text in self._first if values[self._first[text]] is not None]
        try:
            known.sort(key=lambda text: values[self._first[text]])
        except TypeError:  # nested values have no order
            self._low = self._high = (list(self._first.items()),)
            return
        self._middle = values[self._first[known[len(known) // 2]]]
        half, end = len(known) // 2, round(len(known) * (1 - _SIDE))
        self._low = self._from_afar(known[len(known) - end : half], known[half:])
        self._high = self._from_afar(known[half:end][::-1], known[:half])

    def _from_afar(self, *sides: list[str]) -> tuple[list[Candidate], ...]:
        """The values of each side, wide apart."""
        return tuple([(text, self._first[text]) for text in _spread(side)] for side in sides)

    def usual(self, values: list[Any]) -> Any:
        """A typical value."""
        return values[self._low[0][0][1]] if self._middle is None else self._middle

    def for_value(self, value: Any) -> tuple[list[Candidate], ...]:
        """What may take the place of a value, on each side the best first."""
        if self._middle is None or value is None:
            return self._low
        is_upwards = isinstance(value, _UPWARDS) and not isinstance(value, dt.datetime)
        return self._low if value > self._middle and not is_upwards else self._high


def _spread(ordered: list[str]) -> list[str]:
    """The first, then the one in the middle, then those in the middle between them, and so on."""
    found: dict[str, None] = {}
    step = len(ordered)
    while step:
        found.update(dict.fromkeys(ordered[::step]))
        step //= 2
    return list(found)


__all__ = ["EACH", "MANY", "apart", "constant", "draws", "others", "usual"]
