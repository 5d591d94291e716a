"""Dates and times of a table that none of its parents' precede: by a condition of the reference, or after it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.infer.columns import Declared
from pytest_synthdata.infer.references.links import Referring, in_order
from pytest_synthdata.infer.relations.composing import in_type_of_expression
from pytest_synthdata.infer.relations.rows import following_at
from pytest_synthdata.infer.times.instants import micros_of
from pytest_synthdata.sources.samples import Sample

_NARROW = 0.5  # of the spread of dates: what follows the parents' at a smaller distance belongs to them


def after_parents(
    one: Referring,
    sample: Sample,
    days: Sequence[str],
    free: Collection[str],
    declared: dict[str, Declared],
    *,
    is_counted: bool,
) -> None:
    """Let no row precede the one that it refers to, where none did.

    Args:
        one: the reference.
        sample: the table.
        days: its columns of dates and times.
        free: those that follow from no others.
        declared: its columns, which are changed.
        is_counted: whether its rows are counted from the parent's, so that the reference is settled.
    """
    if one.picks is None or declared[one.name].declaration.through is not None:
        return
    is_first = True  # without it, some rows would precede their parents
    for before, after in in_order(one, sample, days, one.picks):
        if not is_counted:
            declared[one.name].declaration.where = col(f"{one.name}.{before}") <= col(after)
            return
        type_, later = sample.schema.field(after).type, sample.column(after)
        earlier = None if one.parent.sample is None else one.parent.sample.column(before)
        if earlier is None or later is None or earlier.type != type_ or after not in free:
            continue
        times = micros_of(later).astype(np.float64)
        apart = times - micros_of(earlier.take(pa.array(one.picks))).astype(np.float64)
        if is_first or _spread(apart) <= _NARROW * _spread(times):
            made = following_at(type_, f"{one.name}.{before}", apart)
            declared[after] = Declared(in_type_of_expression(made, type_))
            is_first = False


def _spread(values: npt.NDArray[np.float64]) -> float:
    return float(np.quantile(values, 0.95) - np.quantile(values, 0.05))


__all__ = ["after_parents"]
