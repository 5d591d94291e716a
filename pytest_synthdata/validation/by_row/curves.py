"""Numbers whose distribution differs from row to row, checked by their probabilities.

Where the declared distribution function of each row is taken of its own number, what comes out is uniform, whatever the
distributions (Rosenblatt 1952, "Remarks on a multivariate transformation"); of numbers on a grid, a random place
between the function below the number and at it is (Brockwell 2007, "Universal residuals"). The random places are the
same in every run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import singledispatch
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.numbers.distributions import Poisson, Uniform
from pytest_synthdata.columns.generators.numbers.parameters import ParametricDistribution
from pytest_synthdata.columns.generators.numbers.whole import Boolean, Integers
from pytest_synthdata.columns.random import Stream
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.events import parse_date
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.row_laws import RowCurve
from pytest_synthdata.validation.declared.steps import Snap
from pytest_synthdata.validation.measures import CurveMeasure, Finding, ViolationCounter, as_numbers
from pytest_synthdata.validation.rows import Rows
from pytest_synthdata.validation.statistics import cumulative, frozen

Floats = npt.NDArray[np.float64]
_NEXT = 1e-9  # of a number without a grid: what lies so much below is another one
_WHOLE = (Poisson, Integers, Boolean, Dates)


class RowCurveMeasure:
    """Numbers as probabilities by their own rows' distribution functions, counted as uniform ones."""

    def __init__(self, curve: RowCurve, table: str, name: str) -> None:
        self.curve, self.name = curve, name
        self.stream = Stream(("validation", table, name))
        self.uniform = CurveMeasure(Curve(frozen(Uniform(0, 1)), name=curve.name))  # type: ignore[arg-type]
        self.outside = ViolationCounter()

    def add(self, values: Values, numbers: npt.NDArray[Any], rows: Rows) -> None:
        """Count some cells, none of them null, at these positions of the rows."""
        x = as_numbers(values)
        parameters = [self._parameter(one, np.asarray(numbers), rows) for one in parts_of(self.curve.generator)]
        with np.errstate(all="ignore"):
            at, below = (self._share(t, parameters) for t in (x, x - self._step(x)))
            place = below + self.stream.uniform(rows.rows[np.asarray(numbers)]) * (at - below)
        known = np.isfinite(place)
        self.outside.add(known & ((at <= 0) | (below >= 1)), np.asarray(numbers), rows)
        self.uniform.add(place[known], np.asarray(numbers)[known], rows)

    def _parameter(self, part: Any, index: npt.NDArray[Any], rows: Rows) -> Any:
        if not isinstance(part, Generator):
            return part
        array = to_arrow(rows.evaluate(part, self.name))
        if pa.types.is_temporal(array.type):
            array = array.cast(pa.timestamp("us")) if pa.types.is_timestamp(array.type) else array
            array = array.cast(pa.date32(), safe=False).cast(pa.int32())
        found = np.asarray(to_numpy(array.cast(pa.float64())), np.float64)
        return found[index] if len(found) == rows.count else np.broadcast_to(found, len(index))

    def _share(self, t: Floats, parameters: list[Any]) -> Floats:
        for step in reversed(self.curve.steps):
            t = step.back(t)
        return np.asarray(row_cumulative(self.curve.generator, t, *parameters), np.float64)

    def _step(self, x: Floats) -> Any:
        """How far below a number the next one is, or nearer."""
        digits = self.curve.digits
        snap = next((step for step in self.curve.steps if isinstance(step, Snap)), None)
        if digits is None and snap is not None:
            return 0.5 / snap.parts
        if digits is None and isinstance(self.curve.generator, _WHOLE) and not self.curve.steps:
            digits = 0
        return _NEXT * np.maximum(np.abs(x), 1) if digits is None else 0.5 * 10.0**-digits

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        yield self.outside.finding("outside of the range", "of its row", int(self.uniform.counts.sum()))
        for kind, subject, declared, measured, rows, p_value, examples in self.uniform.checks():
            if p_value is not None:
                yield kind, subject or "probabilities by row", declared, measured, rows, p_value, examples


def parts_of(generator: Any) -> list[Any]:
    """The parameters of a distribution: numbers, days since 1970, and generators."""
    if isinstance(generator, Dates):
        return [
            end if isinstance(end, Generator) else (parse_date(end, generator.anchor) - dt.date(1970, 1, 1)).days
            for end in (generator.start, generator.end)
        ]
    return list(generator.parameters())


@singledispatch
def row_cumulative(generator: Any, x: Floats, *parameters: Any) -> Any:
    """The distribution function of each row at its own number."""
    assert isinstance(generator, ParametricDistribution)  # noqa: S101
    return cumulative(type(generator))(x, *parameters)


@row_cumulative.register(Integers)
@row_cumulative.register(Dates)
def _(generator: Any, x: Floats, *parameters: Any) -> Any:
    del generator
    low, high = parameters
    return np.clip((np.floor(x) - low + 1) / (high - low + 1), 0.0, 1.0)


@row_cumulative.register
def _(generator: Boolean, x: Floats, *parameters: Any) -> Any:
    del generator
    return np.where(x < 0, 0.0, np.where(x < 1, 1 - np.asarray(parameters[0]), 1.0))


__all__ = ["RowCurveMeasure"]
