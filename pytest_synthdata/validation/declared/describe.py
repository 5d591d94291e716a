"""What each generator promises: its law, by condition. The engine itself knows nothing of validation."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.intervals import MICROSECONDS
from pytest_synthdata.columns.expressions.operators import Call, Column, Operation
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.listed import Listed
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, NotNull, Nullable, Rounded, Unique
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.columns.generators.numbers.distributions import Distribution, Poisson
from pytest_synthdata.columns.generators.numbers.parameters import ParametricDistribution
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.columns.lives.steps import Step
from pytest_synthdata.columns.references.aggregates import Aggregate
from pytest_synthdata.columns.references.fan_out import Ordinal
from pytest_synthdata.columns.references.shares import Share
from pytest_synthdata.columns.series.readings import ReadingTime
from pytest_synthdata.columns.series.series import Series
from pytest_synthdata.columns.siblings.running import OfSiblings, RunningSum
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.times import Times
from pytest_synthdata.declarations.wording import as_written
from pytest_synthdata.validation.declared.condition_texts import describe_condition, given_labels, none_of
from pytest_synthdata.validation.declared.curves import Curve, Mirrored
from pytest_synthdata.validation.declared.drawn import drawn_law
from pytest_synthdata.validation.declared.expectations import (
    Formula,
    Law,
    Leaf,
    Moved,
    Node,
    Selected,
    Shares,
    TimelineExpectation,
    Unknown,
)
from pytest_synthdata.validation.declared.formulas import is_formula, short_name
from pytest_synthdata.validation.declared.nulls import is_simple, parts_of
from pytest_synthdata.validation.declared.row_laws import RowCurve, RowRange
from pytest_synthdata.validation.declared.steps import Clip, Round, Scale, Snap, Truncate
from pytest_synthdata.validation.declared.trees import forked, leaves, map_leaves
from pytest_synthdata.validation.declared.wrapped_leaves import cast_leaf, wrapped_leaf

_INSIDE = "only ranges, listed values, formulas and nulls are checked"
_BESIDE_OTHERS = "compared as a column of its own with the rows that belong together"


def describe(generator: Generator) -> Node:
    """The laws of a column."""
    if is_formula(generator) and not isinstance(generator, (Given, When)):
        nulls = 1.0 if isinstance(generator, Constant) and generator.value is None else None
        return Leaf(Formula(generator), nulls)
    return _describe(generator)


@singledispatch
def _describe(generator: Generator) -> Node:
    return Leaf(Unknown(f"{short_name(generator)}: any value may come out"), None)


@_describe.register(ParametricDistribution)
@_describe.register(Distribution)
@_describe.register(Dates)
@_describe.register(Quantiles)
def _(generator: Generator) -> Node:
    return drawn_law(generator)


@_describe.register
def _(generator: Times) -> Node:
    return Leaf(TimelineExpectation(generator.timeline()))


@_describe.register
def _(generator: Timeline) -> Node:
    return Leaf(TimelineExpectation(generator))


@_describe.register
def _(generator: Template) -> Node:
    reason = f"{short_name(generator)}: its parts that are random, or the row's number, are not known"
    if not is_simple(generator):
        return Leaf(Unknown(reason), None)
    parts = parts_of(generator)
    random = [describe(part) for part in parts if not isinstance(part, Column)]
    never = all(leaf.nulls == 0 for node in random for leaf in leaves(node))
    return Leaf(Unknown(reason), 0.0 if never else None, "", tuple(one for one in parts if isinstance(one, Column)))


@_describe.register
def _(generator: Array) -> Node:
    length = describe(generator.length)
    nulls = length.nulls if isinstance(length, Leaf) and not isinstance(length.law, Formula) else None
    return Leaf(Unknown(f"{short_name(generator)}: of its items and lengths {_INSIDE}"), nulls)


@_describe.register
def _(generator: Nested) -> Node:
    what = "fields" if generator.shape == "struct" else "items"
    return Leaf(Unknown(f"of its {what} {_INSIDE}"), 0.0)


@_describe.register
def _(generator: Categorical) -> Node:
    shares = dict(zip(generator.categories, generator.shares, strict=True))
    nulls = shares.pop(None, 0.0)
    if not shares:
        return describe(Constant(None))
    some = 1 - nulls or 1.0
    return Leaf(Shares({value: share / some for value, share in shares.items()}, "Categorical"), nulls)


@_describe.register
def _(generator: Listed) -> Node:
    nulls = generator.array.null_count / max(len(generator.array), 1)
    return Leaf(Unknown("the rows are listed"), 0.0 if nulls == 0 else None)


@_describe.register
def _(generator: OfSiblings) -> Node:
    how = _BESIDE_OTHERS if is_formula(generator.of) else "any value may come out"
    return Leaf(Unknown(f"{short_name(generator)}: {how}"), 0.0 if isinstance(generator, RunningSum) else None)


@_describe.register
def _(generator: Aggregate) -> Node:
    rows = f"compared with all rows of {generator.children_name}, where they are checked, too"
    return Leaf(Unknown(f"{short_name(generator)}: {rows}"), None)


@_describe.register(Ordinal)
@_describe.register(ReadingTime)
@_describe.register(Series)
@_describe.register(Share)
@_describe.register(Step)
def _(generator: Generator) -> Node:
    return Leaf(Unknown(f"{short_name(generator)}: {_BESIDE_OTHERS}"), None)


@_describe.register
def _(generator: Key) -> Node:
    return Leaf(Unknown(f"{as_written(generator)}: looked at as a key"), 0.0)


@_describe.register
def _(generator: Nullable) -> Node:
    share = float(generator.share)

    def with_more(nulls: float | None) -> float | None:
        return None if nulls is None else share + (1 - share) * nulls

    def more(leaf: Leaf) -> Leaf:
        law = replace(leaf.law, lost=with_more(leaf.law.lost)) if isinstance(leaf.law, Formula) else leaf.law
        return replace(leaf, law=law, nulls=with_more(leaf.nulls))

    return map_leaves(describe(generator.generator), more)


@_describe.register
def _(generator: NotNull) -> Node:
    return map_leaves(describe(generator.generator), lambda leaf: replace(leaf, nulls=0.0))


@_describe.register
def _(generator: Unique) -> Node:
    def once(leaf: Leaf) -> Leaf:
        return leaf if isinstance(leaf.law, (Unknown, RowRange)) else replace(leaf, law=Selected(leaf.law, ""))

    return map_leaves(describe(generator.generator), once)


@_describe.register
def _(generator: Rounded) -> Node:
    return _wrapped(generator, Round(generator.digits))


@_describe.register
def _(generator: Clipped) -> Node:
    low, high = generator.ends(_held_as(generator.generator))
    return _wrapped(
        generator, Clip(float("-inf") if low is None else float(low), float("inf") if high is None else float(high))
    )


def _held_as(generator: Generator) -> pa.DataType | None:
    """The type that numbers with a law are held in, where they are not floats."""
    if isinstance(generator, Cast):
        return arrow_type(generator.target)
    if isinstance(generator, (Poisson, Constant)):
        return pa.int64() if isinstance(generator, Poisson) or isinstance(generator.value, int) else None
    if isinstance(generator, Operation) and generator.function == "divide":
        return None
    types = {_held_as(child) for child in generator.children()}
    return types.pop() if len(types) == 1 else None


@_describe.register
def _(generator: Cast) -> Node:
    target = arrow_type(generator.target)
    if pa.types.is_integer(target):
        return _wrapped(generator, Truncate())
    if pa.types.is_decimal(target):
        return _wrapped(generator, Round(target.scale))
    if pa.types.is_floating(target) or pa.types.is_temporal(target):
        return _wrapped(generator, None, target)
    return map_leaves(describe(generator.generator), lambda leaf: cast_leaf(leaf, generator))


def _wrapped(wrapper: Any, step: Any, target: pa.DataType | None = None) -> Node:
    """The laws of what stands inside, after one more step."""
    return map_leaves(describe(wrapper.generator), lambda leaf: wrapped_leaf(leaf, wrapper, step, target))


@_describe.register
def _(generator: Operation) -> Node:
    if (moved := moved_by(generator)) is not None:
        return moved
    if len(generator.operands) == 2 and generator.function in ("add", "subtract", "multiply", "divide"):  # noqa: PLR2004
        left, right = generator.operands
        if isinstance(right, Constant):
            return map_leaves(describe(left), lambda leaf: _shifted(leaf, generator, right.value, reverse=False))
        if isinstance(left, Constant):
            return map_leaves(describe(right), lambda leaf: _shifted(leaf, generator, left.value, reverse=True))
    return Leaf(RowRange(generator), None)


@_describe.register
def _(generator: Call) -> Node:
    if generator.function in MICROSECONDS:
        return Leaf(RowRange(generator), None)
    if generator.function == "struct":
        return Leaf(Unknown(f"of its fields {_INSIDE}"), 0.0)
    return Leaf(Unknown(f"{short_name(generator)}: any value may come out"), None)


def moved_by(generator: Operation, unit: str | None = None) -> Node | None:
    """The laws of dates or times that are moved by a random interval from what follows from other columns; else None.

    Args:
        generator: a sum or a difference.
        unit: what numbers that are not made an interval count; None where they count nothing.
    """
    if generator.function not in ("add", "subtract"):
        return None
    base, random = generator.operands
    if generator.function == "add" and is_formula(random):
        base, random = random, base
    if isinstance(random, Call) and random.function in MICROSECONDS:
        unit, (random,) = random.function, random.operands
    if unit is None or not is_formula(base) or is_formula(random):
        return None
    counted, snap = unit, Snap(MICROSECONDS[unit])
    sign = 1 if generator.function == "add" else -1

    def moved(leaf: Leaf) -> Leaf:
        law: Law = leaf.law
        follows = (*leaf.follows, *([] if isinstance(base, Constant) else [base]))
        if isinstance(law, (Curve, RowCurve)):
            law = replace(law.then(snap), name=law.name)
        elif isinstance(law, Shares):
            law = law.map(lambda values: snap.forward(np.array(values, np.float64)).tolist())
        else:
            return replace(leaf, law=RowRange(generator), follows=follows)
        return replace(leaf, law=Moved(generator, base, sign, counted, law), follows=follows)

    return map_leaves(describe(random), moved)


def _shifted(leaf: Leaf, operation: Operation, constant: Any, *, reverse: bool) -> Leaf:
    law = leaf.law
    if operation.function == "divide" and (reverse or constant == 0):
        leaf = replace(leaf, nulls=None)  # where the divisor is 0
    if not isinstance(law, Curve) or law.dates or isinstance(constant, bool) or not isinstance(constant, (int, float)):
        return replace(leaf, law=RowRange(operation))
    factor, shift = {
        "add": (1.0, float(constant)),
        "subtract": (-1.0 if reverse else 1.0, float(constant) if reverse else -float(constant)),
        "multiply": (float(constant), 0.0),
        "divide": (0.0 if reverse or not constant else 1 / constant, 0.0),
    }[operation.function]
    if factor == 0:
        return replace(leaf, law=RowRange(operation))
    if factor < 0:
        law = Curve(Mirrored(law), name=law.name)
    return replace(leaf, law=replace(law.then(Scale(abs(factor), shift)), name=as_written(operation)))


@_describe.register
def _(generator: Given) -> Node:
    return forked(generator, map(describe, generator.branches), given_labels(generator))


@_describe.register
def _(generator: When) -> Node:
    if not all(is_formula(condition) for condition in generator.conditions):
        return Leaf(Unknown("when(…): its conditions are random"), None)
    branches = generator.branches
    if len(branches) == len(generator.conditions):
        branches = (*branches, Constant(None))
    labels = [describe_condition(condition) for condition in generator.conditions]
    return forked(generator, map(describe, branches), [*labels, none_of(labels)])


__all__ = ["describe"]
