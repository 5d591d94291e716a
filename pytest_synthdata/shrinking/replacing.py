"""Other values for a column, to see whether its own matter: one for all rows, or typical ones of other rows."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

_FEW = 30  # different values that are told apart by how often they come


def constant(values: pa.Array) -> pa.Array | None:
    """The first value in every row; None where that changes nothing."""
    if len({repr(value) for value in values.to_pylist()}) <= 1:
        return None
    return pa.concat_arrays([values[:1]] * len(values))


def others(values: pa.Array, pool: pa.Array) -> pa.Array | None:
    """In every row a value that other rows have, the most typical ones first, each once as long as there are more.

    Args:
        values: the column of the rows in hand.
        pool: the same column of many rows, some of whose values are taken.

    Returns:
        As many values, each different from the one in its place; None where the pool has no other value at all.
    """
    texts = [repr(value) for value in values.to_pylist()]
    candidates = _typical_first(pool)
    fresh = [(text, index) for text, index in candidates if text not in texts] or candidates
    chosen = []
    for place, text in enumerate(texts):
        turned = [*fresh[place % len(fresh) :], *fresh[: place % len(fresh)]] if fresh else []
        index = next((index for other, index in turned if other != text), None)
        if index is None:
            return None
        chosen.append(index)
    return pool.take(pa.array(chosen, pa.int64()))


def _typical_first(pool: pa.Array) -> list[tuple[str, int]]:
    """Each value of a pool once, as text and where it is: by how often it comes, or else from the middle outwards."""
    values = pool.to_pylist()
    first = {repr(value): index for index, value in reversed(list(enumerate(values)))}
    counts = Counter(map(repr, values))
    if len(counts) <= _FEW:
        return [(text, first[text]) for text, _ in counts.most_common()]
    known = [text for text in first if values[first[text]] is not None]
    try:
        known.sort(key=lambda text: values[first[text]])
    except TypeError:  # nested values have no order
        return list(first.items())
    middle = len(known) // 2
    ordered = sorted(range(len(known)), key=lambda place: abs(place - middle))
    return [(known[place], first[known[place]]) for place in ordered]


__all__ = ["constant", "others"]
