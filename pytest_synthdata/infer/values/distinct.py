"""How many different values a column has, told from a few of them where that is enough."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy

_FEW = 5_000


def may_be_few(values: pa.Array, most: int) -> bool:
    """Whether a column may have at most so many different values, null among them: a few of them have no more.

    >>> may_be_few(pa.array([1, 2, 2, 1]), 2), may_be_few(pa.array([1, 2, 3, 1]), 2)
    (True, False)
    """
    return len(values.slice(0, _FEW).unique()) <= most


def all_differ(values: pa.Array) -> bool:
    """Whether no value comes twice.

    >>> all_differ(pa.array([3, 1, 2])), all_differ(pa.array([3, 1, 3]))
    (True, False)
    """
    few = values.slice(0, _FEW)
    if pc.count_distinct(few).as_py() < len(few):
        return False
    if pa.types.is_integer(values.type) and not values.null_count:
        numbers = to_numpy(values)
        if (numbers[1:] > numbers[:-1]).all():  # as most keys are
            return True
    return bool(pc.count_distinct(values).as_py() == len(values))


__all__ = ["all_differ", "may_be_few"]
