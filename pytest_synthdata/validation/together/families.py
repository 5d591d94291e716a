"""What the children of a parent must have together: its totals, no partner twice, and a life without illegal steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, without_nulls
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.lives.lifecycle import Lifecycle
from pytest_synthdata.columns.lives.steps import Step
from pytest_synthdata.columns.references.fan_out import Ordinal
from pytest_synthdata.columns.references.shares import Share
from pytest_synthdata.columns.series.readings import Readings, ReadingTime
from pytest_synthdata.columns.siblings.running import OfSiblings
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.declared.formulas import is_formula, short_name
from pytest_synthdata.validation.measures import Finding, ViolationCounter, check
from pytest_synthdata.validation.results import Check
from pytest_synthdata.validation.rows import Parent, Rows, UnreadableError
from pytest_synthdata.validation.series.readings import ReadingTimeMeasure
from pytest_synthdata.validation.series.values import SeriesMeasure, series_in
from pytest_synthdata.validation.together.ordinals import OrdinalMeasure
from pytest_synthdata.validation.together.running import RunningMeasure
from pytest_synthdata.validation.together.totals import (
    AggregateMeasure,
    ShareMeasure,
    TotalMeasure,
    total_measure,
    totals_of,
)

Numbers = npt.NDArray[np.int64]


class PairMeasure:
    """Partners that a parent has twice."""

    def __init__(self, within: str, reference: str, parent: Parent) -> None:
        self.within, self.reference = within, reference
        self.partners = parent.rows.count
        self._pairs: list[Numbers] = []

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        group, partner = rows.positions(self.within), rows.positions(self.reference)
        known = (group >= 0) & (partner >= 0)
        self._pairs.append(np.where(known, group * self.partners + partner, -1 - rows.rows.astype(np.int64)))

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        pairs = np.concatenate(self._pairs) if self._pairs else np.zeros(0, np.int64)
        order = np.argsort(pairs, kind="stable")
        again = np.zeros(len(pairs), np.bool_)
        again[order[1:]] = pairs[order][1:] == pairs[order][:-1]
        counter = ViolationCounter()
        counter.add(again, np.arange(len(again)))
        yield counter.finding("twice within", self.within, len(pairs))


class StepMeasure:
    """Steps of lives that no transition allows, that go back in time, or that miss one before them."""

    def __init__(self, column: str, step: Step, life: Lifecycle) -> None:
        self.column, self.reference, self.life = column, step.reference, life
        none = np.zeros(0, np.int64)
        self._steps: list[tuple[Numbers, Numbers, Numbers, Numbers]] = [(none, none, none, none)]

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        step = to_arrow(rows.read(self.column))
        state, at, number = (pc.struct_field(step, name) for name in ("state", "at", "number"))
        codes = without_nulls(pc.index_in(state, arrow_array(self.life.states, pa.string())), -1)
        times = at.cast(pa.timestamp("us", getattr(at.type, "tz", None))).cast(pa.int64())
        parts = [to_numpy(without_nulls(part, -1)).astype(np.int64) for part in (codes, times, number)]
        self._steps.append((rows.positions(self.reference), parts[0], parts[1], parts[2]))

    def checks(self) -> Iterator[Finding]:
        """What there is to say: of a transition only where the step before is at hand."""
        parents, codes, times, numbers = (np.concatenate(parts) for parts in zip(*self._steps, strict=True))
        order = np.lexsort((numbers, parents))
        parents, codes, times, numbers = parents[order], codes[order], times[order], numbers[order]
        follows = np.append(False, parents[1:] == parents[:-1])[: len(order)]
        expected = np.where(follows, np.roll(numbers, 1) + 1, 1)
        illegal, backwards, missing = ViolationCounter(), ViolationCounter(), ViolationCounter()
        before = np.where(follows, np.roll(codes, 1), -1)
        illegal.add((numbers <= expected) & ~self._allowed()[before, codes], order)
        backwards.add(follows & (times < np.roll(times, 1)), order)
        missing.add(numbers > expected, order)
        yield illegal.finding("illegal transitions", ", ".join(self.life.states), len(order))
        yield backwards.finding("steps back in time", "", len(order))
        yield missing.finding("children a parent: steps without the one before", "", len(order))

    def _allowed(self) -> npt.NDArray[np.bool_]:
        """Whether one state may follow another; the last row is for what comes first, the last column for no state."""
        states = self.life.states
        allowed = np.zeros((len(states) + 1, len(states) + 1), np.bool_)
        allowed[-1, 0] = True
        for branching in self.life.branchings:
            for target in branching.targets:
                allowed[states.index(branching.state), states.index(target)] = True
        return allowed


FamilyMeasure: TypeAlias = (
    "TotalMeasure | AggregateMeasure | ShareMeasure | PairMeasure | StepMeasure | OrdinalMeasure | RunningMeasure"
    " | ReadingTimeMeasure | SeriesMeasure"
)
Place: TypeAlias = "tuple[str, str]"  # a table and a column


class FamilyMeasures:
    """All that children must have together, for one table.

    Args:
        bound: the children's table.
        parents: what references look up, by the reference's name.
        present: the columns that the data has.
        whole: whether all rows of the table and of those that it refers to are there.
    """

    def __init__(self, bound: BoundTable, parents: Mapping[str, Parent], present: set[str], *, whole: bool) -> None:
        self.table: str = bound.plan.table
        self.measures: list[tuple[Place, FamilyMeasure]] = []
        self._unchecked: dict[Place, str] = {}
        plan, key = bound.plan, bound.plan.fan_out_key
        if key is None:
            return
        columns = [name for name in plan.visible if name in present and _looks_at_family(plan.columns[name])]
        parent = parents.get(key.name)
        if parent is None:
            self._refuse(bound, columns, f"the rows of {key.parent.table} are not at hand")
            return
        for name, aggregate in totals_of(parent.bound, plan.table) if whole else ():
            if parent.rows.has(name):
                place = (parent.bound.plan.table, name)
                self.measures.append((place, total_measure(name, aggregate, key.name, parent)))
        for name, reference in plan.references.items():
            if reference.distinct_within == key.name and name in parents:
                self.measures.append(((self.table, name), PairMeasure(key.name, name, parents[name])))
        for name in columns:
            measure = _of_column(name, bound, parent, whole=whole)
            if measure is not None:
                self.measures.append(((self.table, name), measure))
            elif series_in(plan.columns[name]) is not None:
                why = "Series: compared where there is a ReadingTime, and no other rule moves values"
                self._unchecked[self.table, name] = why
            else:
                self._refuse(bound, [name], f"not all rows of {self.table} and {key.parent.table} are at hand")

    def _refuse(self, bound: BoundTable, columns: Iterable[str], why: str) -> None:
        for name in columns:
            self._unchecked[self.table, name] = f"{short_name(bound.plan.columns[name])}: {why}"

    def add(self, rows: Rows) -> None:
        """Count a batch; what cannot be read is not checked any more."""
        refusals = [_add(measure, rows) for _, measure in self.measures]
        entries = list(zip(self.measures, refusals, strict=True))
        self.measures = [entry for entry, why in entries if why is None]
        self._unchecked |= {place: why for (place, _), why in entries if why is not None}

    def unchecked(self) -> dict[Place, str | None]:
        """By table and column, why its rows are not looked at beside those that belong to them; None where they are."""
        found: dict[Place, str | None] = {
            place: one.unchecked if isinstance(one, SeriesMeasure) else None
            for place, one in self.measures
            if not isinstance(one, PairMeasure)  # of a reference, of which more is declared
        }
        return {**found, **self._unchecked}

    def checks(self) -> Iterator[Check]:
        """What there is to say: of totals in the parent's table, whose rows are then at fault."""
        for (table, name), measure in self.measures:
            for finding in measure.checks():
                yield check(table, name, "", finding)


def _looks_at_family(column: Generator) -> bool:
    """Whether a column says something of the rows that belong together."""
    if isinstance(column, OfSiblings):
        return is_formula(column.of)
    return isinstance(column, (Ordinal, ReadingTime, Share, Step)) or series_in(column) is not None


def _of_column(name: str, bound: BoundTable, parent: Parent, *, whole: bool) -> FamilyMeasure | None:
    """What looks at a column of rows that belong together."""
    column, key = bound.plan.columns[name], bound.plan.fan_out_key
    assert key is not None  # noqa: S101 - they belong together by it
    if isinstance(column, Step):
        life = parent.bound.plan.columns[column.path.partition(".")[2]]
        assert isinstance(life, Lifecycle)  # noqa: S101 - it was checked
        return StepMeasure(name, column, life)
    if isinstance(column, Ordinal):
        return OrdinalMeasure(name, column, bound, whole=whole)
    if isinstance(column, ReadingTime) and isinstance(key.per_parent, Readings):
        return ReadingTimeMeasure(name, key.per_parent, key.name, parent)
    if (series := series_in(column)) is not None and isinstance(key.per_parent, Readings):
        is_as_declared = name not in bound.plan.redrawn and not any(name in pair for pair in bound.plan.correlations)
        is_timed = any(isinstance(one, ReadingTime) for one in bound.plan.columns.values())
        return SeriesMeasure(name, series, bound, parent) if is_as_declared and is_timed else None
    if isinstance(column, Share) and whole and parent.rows.has(column.path.partition(".")[2]):
        return ShareMeasure(name, column, parent, bound)
    return RunningMeasure(name, column, key.name, bound, whole=whole) if isinstance(column, OfSiblings) else None


def _add(measure: FamilyMeasure, rows: Rows) -> str | None:
    """Count a batch, or say why that cannot be done."""
    try:
        measure.add(rows)
    except UnreadableError as error:
        return str(error)
    return None


__all__ = ["FamilyMeasures"]
