"""Values of series, parent by parent beside those that the same declaration makes anew at the same moments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy, without
from pytest_synthdata.columns.cells import Cells, Reader
from pytest_synthdata.columns.expressions.patterns import WEEKDAYS
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, NotNull, Nullable, Rounded
from pytest_synthdata.columns.order.instants import filled_microseconds
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.series.readings import Moments, Readings, ReadingTime
from pytest_synthdata.columns.series.series import Series
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.measures import Finding
from pytest_synthdata.validation.rows import Parent, Rows
from pytest_synthdata.validation.series.summaries import Floats, Numbers, ReadingSummary, difference_p

_MOST = 4096  # parents that are looked at
_LEAST = 20  # parents, of whom as many random signs are alike once in half a million
_CRUMB = 1e-9


def series_in(generator: Generator) -> Series | None:
    """The series of a column, which may be rounded, clipped, cast or without some values."""
    while isinstance(generator, (Rounded, Clipped, Cast, Nullable, NotNull)):
        generator = generator.generator
    return generator if isinstance(generator, Series) else None


def series_read(plan: Plan, reference: str) -> Iterator[str]:
    """The columns of the parent that readings are of, from which series have their levels and other parameters."""
    for column in plan.columns.values() if plan.references[reference].per_parent is not None else ():
        if (series := series_in(column)) is not None:
            for _, parameter in series.of_parent():
                yield from parameter.reads()


class SeriesMeasure:
    """Level, spread, seasons, memory, outliers and gaps of a series.

    Readings of a parent depend on one another, but not on those of other parents. So each parent gives one number, and
    beside it stands the number that fresh values for the same parent, at the same moments, give. Where parents have
    levels of their own, fresh ones are drawn as well.

    Args:
        name: the column.
        series: the series in it.
        bound: the table of readings.
        parent: what the readings are of.
    """

    def __init__(self, name: str, series: Series, bound: BoundTable, parent: Parent) -> None:
        key = bound.plan.fan_out_key
        assert key is not None and isinstance(key.per_parent, Readings)  # noqa: S101, PT018 - a series needs them
        self.name, self.series, self.parent = name, series, parent
        self.column, self.readings, self.reference = bound.plan.columns[name], key.per_parent, key.name
        self.at = next(name for name, one in bound.plan.columns.items() if isinstance(one, ReadingTime))
        self.place = f"{bound.plan.table}.{name}"
        self.stream = bound.stream(name).child("validation")  # other values for each seed
        self.every = max(1, -(-parent.rows.count // _MOST))
        count = -(-parent.rows.count // self.every)
        self.measured, self.fresh = ReadingSummary(count), ReadingSummary(count)
        self.greatest = 0.0

    @property
    def unchecked(self) -> str | None:
        """Why there is nothing to say, if so."""
        parents = int(((self.measured.rows > 0) & (self.fresh.valid > 0)).sum())
        if parents >= _LEAST:
            return None
        return f"Series: compared parent by parent from {_LEAST} parents with readings on, not of {parents}"

    @cached_property
    def _starts(self) -> Numbers:
        starts = filled_microseconds(to_arrow(self.parent.rows.evaluate(self.readings.start, self.name)), 0)
        return np.resize(starts, max(self.parent.rows.count, 1))

    def _parameters(self, purpose: str) -> dict[str, Floats]:
        stream = self.stream.child(purpose)
        return {
            name: np.resize(
                np.asarray(
                    to_numpy(
                        to_arrow(one.values(Cells(self.parent.rows, stream.child(name), self.place)), pa.float64())
                    ),
                    np.float64,
                ),
                max(self.parent.rows.count, 1),
            )
            for name, one in self.series.of_parent()
        }

    @cached_property
    def _drawn(self) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """The parameters of fresh values, and others from which both sides are measured."""
        return self._parameters("fresh"), self._parameters("around")

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        positions, times = rows.positions(self.reference), to_arrow(rows.read(self.at))
        array = to_arrow(rows.read(self.name), pa.float64())
        at = filled_microseconds(times, 0)
        elapsed = at - self._starts[np.maximum(positions, 0)]
        looked_at = (positions >= 0) & (positions % self.every == 0) & (elapsed >= 0)
        index = np.flatnonzero(looked_at & np.asarray(to_numpy(times.is_valid()), np.bool_))
        if not len(index):
            return
        positions, elapsed = positions[index], elapsed[index]
        distinct, which = np.unique(positions.astype(np.uint64), return_inverse=True)
        taken = Moments(positions, elapsed // self.readings.interval, distinct, which, at[index], elapsed)
        own, others = ({name: one[positions] for name, one in drawn.items()} for drawn in self._drawn)
        made = self._values(self.column, rows.take(index), taken, own)
        around = np.stack([others["level"], self.series.course(taken, others)])
        jump = np.abs(others["noise"]) * (self.series.outlier_size / 2)
        self.greatest = max(self.greatest, float(np.nan_to_num(np.abs(around)).max()))
        whose = Moments(positions // self.every, taken.ordinals, distinct, which, taken.times, elapsed)
        found = np.asarray(to_numpy(array.take(arrow_array(index))), np.float64)
        self.measured.add(whose, found, around, jump)
        self.fresh.add(whose, np.asarray(to_numpy(to_arrow(made, pa.float64())), np.float64), around, jump)

    def _values(self, generator: Generator, rows: Reader, taken: Moments, parameters: dict[str, Floats]) -> Values:
        """Values of the declaration at these moments, by other random numbers than the table's."""
        if isinstance(generator, Series):
            return generator.at(Cells(rows, self.stream, self.place), taken, parameters)
        assert isinstance(generator, (Rounded, Clipped, Cast, Nullable, NotNull))  # noqa: S101 - `series_in` found it
        values = self._values(generator.generator, rows, taken, parameters)
        if isinstance(generator, Nullable):
            return without(values, self.stream.child("null").uniform(rows.rows) < float(generator.share))
        return values if isinstance(generator, NotNull) else generator.of(values)

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        measured, fresh, crumb = self.measured, self.fresh, _CRUMB * max(self.greatest, 1e-300)
        with np.errstate(all="ignore"):  # parents without readings, and series that never vary
            compared = [
                ("mean by parent", "", measured.mean(), fresh.mean(), crumb),
                ("spread by parent", "", measured.spread(), fresh.spread(), crumb),
                *(_memory(measured, fresh, crumb, without_season=one) for one in (False, True)),
                ("gaps", "", measured.null_share(), fresh.null_share(), _CRUMB),
                ("outliers", "neighbours far apart", measured.jump_share(), fresh.jump_share(), _CRUMB),
            ]
            hours = [f"{hour:02}:00" for hour in range(24)]
            seasons = [
                _worst(hours, measured.by_hour(), fresh.by_hour(), crumb),
                _worst(WEEKDAYS, measured.by_day(), fresh.by_day(), crumb),
            ]
        for kind, subject, one, other, least in compared:
            parents, p_value = difference_p(one, other, least)
            if parents >= _LEAST:
                both = np.isfinite(one - other)
                yield kind, subject, float(other[both].mean()), float(one[both].mean()), self._rows, p_value, ()
        for season in seasons:
            if season is not None:
                subject, declared, found, p_value = season
                yield "season", subject, declared, found, self._rows, p_value, ()

    @property
    def _rows(self) -> int:
        return int(self.measured.rows.sum())


def _memory(
    measured: ReadingSummary, fresh: ReadingSummary, crumb: float, *, without_season: bool
) -> tuple[str, str, Floats, Floats, float]:
    one, other = (each.autocorrelation(crumb, without_season=without_season) for each in (measured, fresh))
    return "autocorrelation", "without season" if without_season else "", one, other, _CRUMB


def _worst(
    subjects: tuple[str, ...] | list[str], measured: Floats, fresh: Floats, crumb: float
) -> tuple[str, float, float, float] | None:
    """The hour or day that differs most from fresh values, with the probability that any of all differs as much."""
    found: list[tuple[float, str, float, float]] = []
    for subject, one, other in zip(subjects, measured.T, fresh.T, strict=True):
        parents, p_value = difference_p(one, other, crumb)
        if parents >= _LEAST:
            both = np.isfinite(one - other)
            found.append((p_value, subject, float(other[both].mean()), float(one[both].mean())))
    if len(found) < 2:  # noqa: PLR2004 - one hour alone is no season
        return None
    p_value, subject, declared, is_now = min(found)
    return subject, declared, is_now, min(1.0, p_value * len(found))


__all__ = ["SeriesMeasure", "series_in", "series_read"]
