"""Series: numbers over time, with a level, a trend, seasons, noise that remembers, outliers and gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy, without
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator, literal, require_numbers
from pytest_synthdata.columns.random import GOLDEN, Floats
from pytest_synthdata.columns.series.noise import random_walk, stationary_noise
from pytest_synthdata.columns.series.readings import DAY, Moments, moments, require_readings
from pytest_synthdata.errors import DeclarationError

_HOURS, _DAYS = 24, 7
_WARMEST = 15.0  # o'clock, the top of a daily wave
_FIRST_WEEKEND_DAY = 5
_THURSDAY = 3  # the weekday of 1970-01-01


@dataclass(frozen=True, init=False, eq=False)
class Series(Generator):
    """The value of each reading, in a table whose `ForeignKey` has ``per_parent=Readings(…)``; doubles.

    ``level``, ``trend``, ``noise`` and a number for ``daily`` are evaluated on the parent's rows: a distribution gives
    each parent a value of its own, ``col("base")`` is a column of the parent.

    Args:
        level: where the series begins.
        trend: what is added a day.
        daily: the height of a wave a day, whose top is at 15:00 UTC; or what is added at each of 24 hours.
        weekly: what is added at weekends; or on each of 7 days from Monday.
        noise: the standard deviation around all this.
        autocorrelation: of the noise between one reading and the next, from 0 to 1; 1 is a random walk, whose steps
            have ``noise`` as their standard deviation.
        outliers: the share of readings that are far off.
        outlier_size: how far, in standard deviations of the noise.
        gaps: the share of time in which nothing is read: the value is null.
        gap_length: how many readings a gap has.

    Raises:
        DeclarationError: when the table is used: for a table without `Readings`, and numbers out of range.

    >>> Series(level=20.0, daily=4.0, noise=0.5, autocorrelation=0.9).autocorrelation
    0.9
    """

    level: Generator
    trend: Generator
    daily: Generator | tuple[float, ...]
    weekly: tuple[float, ...]
    noise: Generator
    autocorrelation: float
    outliers: float
    outlier_size: float
    gaps: float
    gap_length: int

    def __init__(
        self,
        level: Generator | float = 0.0,
        *,
        trend: Generator | float = 0.0,
        daily: Generator | float | Sequence[float] = 0.0,
        weekly: float | Sequence[float] = 0.0,
        noise: Generator | float = 1.0,
        autocorrelation: float = 0.0,
        outliers: float = 0.0,
        outlier_size: float = 10.0,
        gaps: float = 0.0,
        gap_length: int = 8,
    ) -> None:
        weekend = [0.0] * _FIRST_WEEKEND_DAY
        values: dict[str, Any] = {
            "level": literal(level),
            "trend": literal(trend),
            "daily": tuple(daily) if isinstance(daily, (list, tuple)) else literal(daily),
            "weekly": tuple(weekly) if isinstance(weekly, (list, tuple)) else (*weekend, weekly, weekly),
            "noise": literal(noise),
            "autocorrelation": autocorrelation,
            "outliers": outliers,
            "outlier_size": outlier_size,
            "gaps": gaps,
            "gap_length": gap_length,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"Series({self.level!r}, autocorrelation={self.autocorrelation})"

    def of_parent(self) -> Iterator[tuple[str, Generator]]:
        """What is evaluated on the parent's rows."""
        yield from (("level", self.level), ("trend", self.trend), ("noise", self.noise))
        if isinstance(self.daily, Generator):
            yield "daily", self.daily

    def children(self) -> Iterator[Generator]:
        # Their columns are the parent's.
        yield from ()

    def values(self, cells: Cells) -> Values:
        taken = moments(cells.reader.bound, cells.rows)
        return self.at(cells, taken, self._parameters(cells, taken))

    def at(self, cells: Cells, taken: Moments, parameters: dict[str, Floats]) -> Values:
        """The values at some moments.

        Args:
            cells: the rows, and the random numbers for noise, outliers and gaps.
            taken: whose reading each row is, and when it is taken.
            parameters: level, trend, noise and daily height of each row's parent.
        """
        values = self.course(taken, parameters)
        values += parameters["noise"] * self._noise(cells, taken)
        if self.outliers:
            far = cells.substream("outlier").uniform()
            values += self._outlying(far, parameters)
        return without(values, self._is_gap(cells, taken)) if self.gaps else values

    def course(self, taken: Moments, parameters: dict[str, Floats]) -> Floats:
        """Level, trend and seasons at some moments: the values without their noise."""
        values = parameters["level"] + parameters["trend"] * (taken.elapsed / DAY)
        return values + (self._daily(taken, parameters) + self._weekly(taken))

    def _parameters(self, cells: Cells, taken: Moments) -> dict[str, Floats]:
        bound = cells.reader.bound
        parent = bound.parent(bound.plan.fan_out_key.name).at(taken.distinct)
        return {
            name: to_numpy(
                to_arrow(generator.values(Cells(parent, cells.stream.child(name), cells.place)), pa.float64())
            )[taken.which]
            for name, generator in self.of_parent()
        }

    def around(self, cells: Cells, taken: Moments) -> Floats:
        """What is added to numbers that move on their own, each from its own level, at some moments of theirs.

        Args:
            cells: the rows of the numbers.
            taken: which moment of its row each number is at; nothing is added at moment 0.
        """
        parameters = {
            name: to_numpy(to_arrow(generator.values(cells.substream(name)), pa.float64()))
            for name, generator in self.of_parent()
        }
        added = parameters["trend"] * (taken.elapsed / DAY) + self._daily(taken, parameters) + self._weekly(taken)
        added += parameters["noise"] * (self._noise(cells, taken) - self._fading(cells, taken))
        if self.outliers:
            base = cells.stream.child("outlier").bits(taken.parents.astype(np.uint64))
            far = cells.stream.child("outlier", "moment").uniform(base + taken.ordinals.astype(np.uint64) * GOLDEN)
            added += self._outlying(far, parameters)
        return np.where(taken.ordinals > 0, added, 0.0)

    def _outlying(self, far: Floats, parameters: dict[str, Floats]) -> Floats:
        """How far outliers lie from where they should, by a uniform number for each moment; 0 for all others."""
        size = parameters["noise"] * self.outlier_size
        return np.where(far < self.outliers, np.where(far < self.outliers / 2, -size, size), 0.0)

    def _fading(self, cells: Cells, taken: Moments) -> Floats:
        """What is left of the noise of moment 0; without it, the noise is one that begins there at 0."""
        from pytest_synthdata.columns.special_functions import expm1, xlogy

        if self.autocorrelation in (0, 1):
            return np.zeros(len(taken.ordinals))
        parents = taken.parents.astype(np.uint64)
        first = stationary_noise(cells.stream, parents, np.zeros(len(parents), np.uint64), self.autocorrelation)
        return first * (np.asarray(expm1(xlogy(taken.ordinals.astype(np.float64), self.autocorrelation))) + 1.0)

    def _daily(self, taken: Moments, parameters: dict[str, Floats]) -> Floats:
        from pytest_synthdata.columns.special_functions import cosdg

        hours = (taken.times % DAY) / (DAY / _HOURS)
        if isinstance(self.daily, Generator):
            return parameters["daily"] * np.asarray(cosdg((hours - _WARMEST) * (360.0 / _HOURS)))
        return np.interp(hours, np.arange(_HOURS + 1), [*self.daily, self.daily[0]])

    def _weekly(self, taken: Moments) -> Floats:
        return np.array(self.weekly, np.float64)[(taken.times // DAY + _THURSDAY) % _DAYS]

    def _noise(self, cells: Cells, taken: Moments) -> Floats:
        parents, ordinals = taken.parents.astype(np.uint64), taken.ordinals.astype(np.uint64)
        if self.autocorrelation == 1:
            return random_walk(cells.stream, parents, ordinals)
        return stationary_noise(cells.stream, parents, ordinals, self.autocorrelation)

    def _is_gap(self, cells: Cells, taken: Moments) -> Any:
        base = cells.stream.child("gap").bits(taken.parents.astype(np.uint64))
        block = (taken.ordinals // self.gap_length).astype(np.uint64)
        return cells.stream.child("gap", "block").uniform(base + block * GOLDEN) < self.gaps

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.float64()

    def check(self, scope: Scope) -> None:
        require_readings(self, scope)
        self.check_on(scope.of_parent(scope.plan.fan_out_key.parent), scope)

    def check_on(self, parent: Scope, scope: Scope) -> None:
        """Raise `DeclarationError` for parts that cannot be.

        Args:
            parent: the rows on which the parts are evaluated.
            scope: the column.
        """
        for name, generator in self.of_parent():
            _check(generator, parent)
            require_numbers(generator, parent, f"{name} of a Series")
        for name, values, count in (("daily", self.daily, _HOURS), ("weekly", self.weekly, _DAYS)):
            if isinstance(values, tuple) and (len(values) != count or not all(map(_is_number, values))):
                raise DeclarationError(f"{scope.place}: Series: {name}={list(values)} has not {count} numbers")
        for name in ("autocorrelation", "outliers", "gaps"):
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value <= 1:
                raise DeclarationError(f"{scope.place}: Series: {name}={value!r} is not between 0 and 1")
        if isinstance(self.gap_length, bool) or not isinstance(self.gap_length, int) or self.gap_length < 1:
            raise DeclarationError(
                f"{scope.place}: Series: gap_length={self.gap_length!r}: a gap has a reading or more"
            )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check(generator: Generator, scope: Scope) -> None:
    for name in generator.reads():
        scope.column(name)
    for child in generator.children():
        _check(child, scope)
    generator.check(scope)


__all__ = ["Series"]
