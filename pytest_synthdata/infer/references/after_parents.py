"""Dates and times of a table that none of its parents' precede: by a condition of the reference, or after it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.infer.columns import Declared
from pytest_synthdata.infer.references.links import Referring, in_order
from pytest_synthdata.infer.relations.composing import in_type_of_expression
from pytest_synthdata.infer.relations.rows import following_at, is_narrow
from pytest_synthdata.infer.times.days import Days
from pytest_synthdata.infer.times.written_times import written
from pytest_synthdata.sources.samples import Sample


def after_parents(
    one: Referring,
    sample: Sample,
    days: Sequence[Days],
    free: Collection[Days],
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
            declared[one.name].declaration.where = _in_order(one, sample, before, after)
            return
        found = _later(one, sample, before, after) if after in free else None
        if found is None:
            continue
        said, apart, times = found
        if is_first or is_narrow(apart, times):
            made = following_at(after.type(sample), said, apart)
            made = made if after.pattern is None else written(made, after.pattern)
            own = sample.schema.field(after.column).type
            declared[after.name] = Declared(in_type_of_expression(made, own))
            is_first = False


def _later(
    one: Referring, sample: Sample, before: Days, after: Days
) -> tuple[Generator, npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """What a date or time of the row is counted from, how long after it is, and when; None where types differ."""
    parent = one.parent.sample
    assert parent is not None  # noqa: S101 - there are picks
    earlier, later = before.micros(parent), after.micros(sample)
    type_ = after.type(sample)
    is_typed = after.pattern is None and before.pattern is None
    if earlier is None or later is None or (is_typed and type_ != before.type(parent)):
        return None
    step = after.step(sample)
    earlier = earlier // step * step
    return _start(one, parent, before, type_), (later - earlier[one.picks]).astype(np.float64), later.astype(np.float64)


def _in_order(one: Referring, sample: Sample, before: Days, after: Days) -> Generator:
    """The condition that a date or time of the parent is not later than one of the row."""
    parent = one.parent.sample
    assert parent is not None  # noqa: S101 - there are picks
    return _start(one, parent, before, after.type(sample)) <= after.said(after.name, before.type(parent))


def _start(one: Referring, parent: Sample, before: Days, type_: pa.DataType) -> Generator:
    """A date or time of the parent, as one of another type."""
    said, own = before.said(f"{one.name}.{before.name}", type_), before.type(parent)
    if pa.types.is_date(type_) == pa.types.is_date(own):
        return said
    return Call("to_date" if pa.types.is_date(type_) else "to_timestamp", (said,))


__all__ = ["after_parents"]
