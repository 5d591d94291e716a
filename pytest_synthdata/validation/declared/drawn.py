"""The laws of what is drawn from a distribution, with the same parameters in all rows or with others in each."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.numbers.distributions import Distribution, LogNormal, Normal, Poisson, Uniform
from pytest_synthdata.columns.generators.numbers.parameters import ParametricDistribution
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.columns.generators.numbers.whole import Boolean, Integers
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.declarations.wording import as_written
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.expectations import Formula, Leaf, Node, Shares, Unknown
from pytest_synthdata.validation.declared.formulas import is_formula, short_name
from pytest_synthdata.validation.declared.row_laws import RowCurve
from pytest_synthdata.validation.declared.steps import Round
from pytest_synthdata.validation.statistics import Piecewise, Whole, frozen, is_known


@singledispatch
def drawn_law(generator: Any) -> Node:
    """The law of a distribution: its curve, or that of each row."""
    assert isinstance(generator, ParametricDistribution)  # noqa: S101 - others are registered below
    return _parametric(generator)


def _parametric(generator: ParametricDistribution) -> Node:
    if not generator.is_fixed:
        return _by_row(generator, generator.parameters(), is_known(generator))
    law = frozen(generator)
    if law is None:
        return Leaf(Unknown(f"{short_name(generator)}: it has no closed form"), 0.0)
    if (constant := _degenerate(generator)) is not None:
        return Leaf(Formula(Constant(constant)), None)
    return Leaf(Curve(law, name=as_written(generator)))


def _degenerate(law: ParametricDistribution) -> float | None:
    """The only value of a law without spread."""
    if isinstance(law, Normal) and law.scale == 0:
        return float(law.loc)
    if isinstance(law, LogNormal) and law.sigma == 0:
        return float(law.inverse(np.array([0.5]), *law.parameters())[0])
    if isinstance(law, Uniform) and law.low == law.high:
        return float(law.low)
    return 0 if isinstance(law, Poisson) and law.lam == 0 else None


def _by_row(generator: Generator, parameters: Sequence[Any], is_known: bool) -> Node:
    """The law of numbers whose parameters follow from other columns of their rows."""
    if is_known and all(is_formula(one) for one in parameters if isinstance(one, Generator)):
        return Leaf(RowCurve(generator, name=short_name(generator)), None)
    return Leaf(Unknown(f"{short_name(generator)}: its parameters are random, or differ from row to row"), None)


@drawn_law.register
def _(generator: Integers) -> Node:
    if not generator.is_fixed:
        return _by_row(generator, generator.parameters(), True)
    return Leaf(Curve(Whole(int(generator.low), int(generator.high)), name=as_written(generator)))


@drawn_law.register
def _(generator: Boolean) -> Node:
    if not generator.is_fixed:
        return _by_row(generator, generator.parameters(), True)
    share = float(generator.p)
    return Leaf(Shares({True: share, False: 1 - share}, "Boolean"))


@drawn_law.register
def _(generator: Distribution) -> Node:
    frozen = generator.frozen
    name = f"{frozen.dist.name}({', '.join(f'{value:g}' for value in frozen.args)})"
    return Leaf(Curve(frozen, name=name))


@drawn_law.register
def _(generator: Dates) -> Node:
    if not generator.is_fixed:
        return _by_row(generator, (generator.start, generator.end), True)
    epoch = dt.date(1970, 1, 1)
    first, last = generator._days()
    days = Whole((first - epoch).days, (last - epoch).days)
    return Leaf(Curve(days, name=f"Dates({first} … {last})", dates=True))


@drawn_law.register
def _(generator: Quantiles) -> Node:
    name = as_written(generator)
    if generator.kind == "time" or generator.step is not None:
        return Leaf(Unknown(f"{name}: any value may come out"), 0.0)
    ends = generator.points().tolist()
    if any(low == high for low, high in itertools.pairwise(ends)):
        return Leaf(Unknown(f"{name}: one value has a share of its own"), 0.0)
    shares = tuple(generator.below().tolist())
    law = Piecewise(tuple(map(float, ends)), shares, is_coarse=generator.shares is not None)
    curve = Curve(law, name=name, dates=generator.kind == "date")
    return Leaf(curve.then(Round(0)) if curve.dates else curve)


__all__ = ["drawn_law"]
