"""Other values for a column, to see whether its own matter: one for all rows, or those that other rows have."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import Any

import pyarrow as pa

_FEW = 30  # different values that are told apart by how often they come
_UPWARDS = (int, float, Decimal, dt.date)
_SIDE = 0.02  # of the values, in their order, are further out than those that are taken first


def constant(values: pa.Array) -> pa.Array | None:
    """The first value in every row; None where that changes nothing."""
    if len({repr(value) for value in values.to_pylist()}) <= 1:
        return None
    return pa.concat_arrays([values[:1]] * len(values))


def apart(values: pa.Array, pool: pa.Array) -> pa.Array | None:
    """Of one value in all rows, another one in the first; None where that changes nothing, or they differ already."""
    if len(values) == 1 or len({repr(value) for value in values.to_pylist()}) != 1:
        return None
    other = others(values[:1], pool)
    return None if other is None else pa.concat_arrays([other, values[1:]])


def others(values: pa.Array, pool: pa.Array) -> pa.Array | None:
    """In every row a value that other rows have, the most typical ones first, each once as long as there are more.

    Args:
        values: the column of the rows in hand.
        pool: the same column of many rows, some of whose values are taken.

    Returns:
        As many values, each different from the one in its place; None where the pool has no other value at all. Of
        many different ones that have an order, each is from far away, so that a limit is likely to be between both:
        from the other side of the middle; of numbers and dates a high one, as `plain.least` has the low ones.
    """
    own = values.to_pylist()
    texts = [repr(value) for value in own]
    taken = frozenset(texts)
    candidates = _Candidates(pool)
    chosen = []
    for place, (value, text) in enumerate(zip(own, texts, strict=True)):
        ordered = candidates.for_value(value)
        fresh = [one for one in ordered if one[0] not in taken] or ordered
        turned = [*fresh[place % len(fresh) :], *fresh[: place % len(fresh)]] if fresh else []
        index = next((index for other, index in turned if other != text), None)
        if index is None:
            return None
        chosen.append(index)
    return pool.take(pa.array(chosen, pa.int64()))


def usual(pool: pa.Array) -> Any:
    """The most frequent value of a pool, or else one of the middle, that is not null; None where there is none."""
    values = pool.drop_null().to_pylist()
    return _Candidates(pool.drop_null()).usual(values) if values else None


class _Candidates:
    """Each value of a pool once, as text and where it is: by how often it comes, or else from far to near."""

    def __init__(self, pool: pa.Array) -> None:
        values = pool.to_pylist()
        self._first = {repr(value): index for index, value in reversed(list(enumerate(values)))}
        counts = Counter(map(repr, values))
        self._middle: Any = None
        if len(counts) <= _FEW:
            self._low = self._high = [(text, self._first[text]) for text, _ in counts.most_common()]
            return
        known = [text for text in self._first if values[self._first[text]] is not None]
        try:
            known.sort(key=lambda text: values[self._first[text]])
        except TypeError:  # nested values have no order
            self._low = self._high = list(self._first.items())
            return
        self._middle = values[self._first[known[len(known) // 2]]]
        half, end = len(known) // 2, round(len(known) * (1 - _SIDE))
        self._low = self._from_afar(known[len(known) - end : half], known[half:])
        self._high = self._from_afar(known[half:end][::-1], known[:half])

    def _from_afar(self, far: list[str], near: list[str]) -> list[tuple[str, int]]:
        """Values of one side, wide apart, then those of the other."""
        return [(text, self._first[text]) for text in (*_spread(far), *_spread(near))]

    def usual(self, values: list[Any]) -> Any:
        """A typical value."""
        return values[self._low[0][1]] if self._middle is None else self._middle

    def for_value(self, value: Any) -> list[tuple[str, int]]:
        """What may take the place of a value, the best first."""
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


__all__ = ["apart", "constant", "others", "usual"]
