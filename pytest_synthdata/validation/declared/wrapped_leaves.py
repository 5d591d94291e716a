"""Laws of values that a wrapper around their generator changes: rounded, clipped, cast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.expectations import (
    Formula,
    Leaf,
    Moved,
    Selected,
    Shares,
    TimelineExpectation,
    Unknown,
)
from pytest_synthdata.validation.declared.formulas import short_name
from pytest_synthdata.validation.declared.row_laws import RowCurve, RowRange


def wrapped_leaf(leaf: Leaf, wrapper: Any, step: Any, target: pa.DataType | None) -> Leaf:
    """A law after one more step.

    Args:
        leaf: the law of what stands inside.
        wrapper: what is written around it.
        step: what it does to numbers, if anything.
        target: the type that it gives to dates and times.
    """
    law = leaf.law
    if isinstance(law, Selected):
        return chosen_from(leaf, law, lambda whole: wrapped_leaf(whole, wrapper, step, target))
    if isinstance(law, (Curve, RowCurve)):
        return leaf if step is None else replace(leaf, law=law.then(step))
    if isinstance(law, TimelineExpectation) and target is not None:
        return replace(leaf, law=replace(law, hours=not pa.types.is_date(target)))
    return cast_leaf(leaf, wrapper)


def chosen_from(leaf: Leaf, law: Selected, wrap: Callable[[Leaf], Leaf]) -> Leaf:
    """What a selection becomes where a step is done to the values that it is chosen from."""
    whole = wrap(replace(leaf, law=law.law))
    return whole if isinstance(whole.law, (Unknown, RowRange)) else replace(whole, law=replace(law, law=whole.law))


def cast_leaf(leaf: Leaf, wrapper: Any) -> Leaf:
    """A law of values that are cast, or changed otherwise by a wrapper."""
    law = leaf.law
    if isinstance(law, Formula):
        return replace(leaf, law=replace(law, generator=replace(wrapper, generator=law.generator)))
    if isinstance(law, Shares):
        return replace(leaf, law=law.map(lambda values: python_of(to_arrow(wrapper.of(arrow_array(values))))))
    if isinstance(law, Unknown):
        return leaf
    if isinstance(law, Selected):
        return chosen_from(leaf, law, lambda whole: cast_leaf(whole, wrapper))
    if isinstance(law, (RowRange, Moved)):
        return replace(leaf, law=RowRange(replace(wrapper, generator=law.generator)))
    return replace(leaf, law=Unknown(f"{short_name(wrapper)}: any value may come out"))


__all__ = ["cast_leaf", "chosen_from", "wrapped_leaf"]
