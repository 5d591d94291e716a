"""How likely numbers are keys of another table by chance alone."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def p_of_inclusion(values: pa.Array, keys: pa.Array) -> float:
    """The probability that as many different numbers of the same range are among some keys by chance.

    Args:
        values: whole numbers, without nulls.
        keys: different whole numbers.

    >>> p_of_inclusion(pa.array([3, 5, 8]), pa.array(range(1, 11)))
    1.0
    """
    from scipy.special import bdtrc

    distinct = values.unique()
    if not len(distinct):
        return 1.0
    ends = pc.min_max(distinct).as_py()
    inside = pc.and_(pc.greater_equal(keys, ends["min"]), pc.less_equal(keys, ends["max"]))
    density = min(pc.sum(inside.cast(pa.int64())).as_py() / (ends["max"] - ends["min"] + 1), 1.0)
    hits = pc.sum(pc.is_in(distinct.cast(keys.type, safe=False), keys).cast(pa.int64())).as_py()
    return float(bdtrc(hits - 1, len(distinct), density)) if hits else 1.0


__all__ = ["p_of_inclusion"]
