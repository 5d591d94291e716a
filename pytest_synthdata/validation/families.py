"""What the children of a parent must have together: its totals, no partner twice, and a life without illegal steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.lives.lifecycle import Lifecycle
from pytest_synthdata.columns.lives.steps import Step
from pytest_synthdata.columns.references.aggregates import Aggregate, Count, Sum
from pytest_synthdata.columns.references.decimals import unscaled
from pytest_synthdata.columns.references.family import Family
from pytest_synthdata.columns.references.shares import Share
from pytest_synthdata.columns.series.readings import Readings, ReadingTime
from pytest_synthdata.columns.siblings.running import OfSiblings
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.declared.formulas import is_formula
from pytest_synthdata.validation.measures import Finding, ViolationCounter, unequal
from pytest_synthdata.validation.rows import Parent, Rows, UnreadableError
from pytest_synthdata.validation.running import RunningMeasure
from pytest_synthdata.validation.series.readings import ReadingTimeMeasure
from pytest_synthdata.validation.series.values import SeriesMeasure, series_in

Numbers = npt.NDArray[np.int64]

_CLOSE = 1e-6  # relative, for sums of floats that somebody else added up in another order


class TotalMeasure:
    """A parent's `Sum` or `Count`, added up again from the children that are seen.

    Args:
        name: the total's column in the parent's table.
        aggregate: how it is declared.
        reference: the children's foreign key.
        parent: the parents' rows.
    """

    def __init__(self, name: str, aggregate: Aggregate, reference: str, parent: Parent) -> None:
        self.name, self.aggregate, self.reference, self.parent = name, aggregate, reference, parent
        type_ = parent.bound.type_of(name)
        self.scale = type_.scale if pa.types.is_decimal(type_) else None
        exact = self.scale is not None or pa.types.is_integer(type_)
        self.sums = np.zeros(parent.rows.count, np.int64 if exact else np.float64)

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        positions = rows.positions(self.reference)
        counted = positions >= 0
        if self.aggregate.where is not None:
            met = to_arrow(rows.evaluate(self.aggregate.where, self.name))
            counted &= np.asarray(to_numpy(pc.fill_null(met, False)), np.bool_)
        values: Any = np.ones(rows.count, np.int64)
        if self.aggregate.column:
            column = to_arrow(rows.read(self.aggregate.column))
            counted &= ~np.asarray(to_numpy(pc.is_null(column)), np.bool_)
            if isinstance(self.aggregate, Sum):
                values = self._numbers(column)
        np.add.at(self.sums, positions[counted], values[counted])

    def _numbers(self, column: pa.Array) -> Any:
        if self.scale is None:
            return to_numpy(column.fill_null(0)).astype(self.sums.dtype)
        words = unscaled(column.fill_null(0).cast(pa.decimal128(38, self.scale)))
        return words[:, 0].view(np.int64).copy()  # sums of up to 18 digits

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        declared = self._numbers(to_arrow(self.parent.rows.read(self.name)))
        if self.sums.dtype == np.float64:
            wrong = np.abs(declared - self.sums) > _CLOSE * np.maximum(np.abs(self.sums), 1)
        else:
            wrong = declared != self.sums
        counter = ViolationCounter()
        counter.add(wrong, np.arange(len(wrong)), 0)
        subject = f"{self.parent.bound.plan.table}.{self.name}"
        yield counter.finding("children a parent: not its total", subject, len(wrong))


class AggregateMeasure:
    """A parent's `Min`, `Max` or `Mean`, computed again from the children that are seen."""

    def __init__(self, name: str, aggregate: Aggregate, reference: str, parent: Parent) -> None:
        self.name, self.aggregate, self.reference, self.parent = name, aggregate, reference, parent
        self._pieces: list[tuple[Numbers, pa.Array]] = []

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        column, positions = to_arrow(rows.read(self.aggregate.column)), rows.positions(self.reference)
        counted = (positions >= 0) & np.asarray(to_numpy(pc.is_valid(column)), np.bool_)
        if self.aggregate.where is not None:
            met = to_arrow(rows.evaluate(self.aggregate.where, self.name))
            counted &= np.asarray(to_numpy(pc.fill_null(met, False)), np.bool_)
        self._pieces.append((positions[counted], column.filter(pa.array(counted))))

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        if not self._pieces:
            return
        declared = to_arrow(self.parent.rows.read(self.name))
        positions = np.concatenate([positions for positions, _ in self._pieces])
        order = np.argsort(positions, kind="stable")
        column = pa.chunked_array([column for _, column in self._pieces]).combine_chunks().take(pa.array(order))
        counts = np.bincount(positions, minlength=len(declared))
        family = Family(order.astype(np.uint64), positions[order], counts)
        found = to_arrow(self.aggregate.of(column, family, self.parent.bound.scope(self.name)))
        counter = ViolationCounter()
        wrong = unequal(declared, found.cast(declared.type) if found.type != declared.type else found, _CLOSE)
        counter.add(wrong, np.arange(len(wrong)), 0)
        subject = f"{self.parent.bound.plan.table}.{self.name}"
        yield counter.finding("children a parent: not its total", subject, len(wrong))


class ShareMeasure:
    """Children's shares that do not add up to their parent's amount."""

    def __init__(self, name: str, share: Share, parent: Parent, bound: BoundTable) -> None:
        self.name, self.share, self.parent = name, share, parent
        self.unit = 10.0 ** -share.decimal_places(bound.scope(name))
        self.sums = np.zeros(parent.rows.count, np.float64)
        self.counts = np.zeros(parent.rows.count, np.int64)

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        positions, values = rows.positions(self.share.reference), to_arrow(rows.read(self.name))
        known = positions >= 0
        numbers = np.asarray(to_numpy(pc.fill_null(values.cast(pa.float64()), 0.0)), np.float64)
        np.add.at(self.sums, positions[known], numbers[known])
        np.add.at(self.counts, positions[known], 1)

    def checks(self) -> Iterator[Finding]:
        """What there is to say."""
        amounts = to_arrow(self.parent.rows.read(self.share.path.partition(".")[2]), pa.float64())
        some = (self.counts > 0) & np.asarray(to_numpy(pc.is_valid(amounts)), np.bool_)
        wanted = np.asarray(to_numpy(pc.fill_null(amounts, 0.0)), np.float64)
        # What floats lose of thousands of cents is far less than one.
        wrong = some & (np.abs(wanted - self.sums) > np.maximum(self.unit / 2, np.abs(wanted) * 1e-12))
        counter = ViolationCounter()
        counter.add(wrong, np.arange(len(wrong)), 0)
        yield counter.finding("children a parent: shares of another amount", self.share.path, int(some.sum()))


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
        counter.add(again, np.arange(len(again)), 0)
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
        codes = pc.fill_null(pc.index_in(state, pa.array(self.life.states, pa.string())), -1)
        times = at.cast(pa.timestamp("us", getattr(at.type, "tz", None))).cast(pa.int64())
        parts = [to_numpy(pc.fill_null(part, -1)).astype(np.int64) for part in (codes, times, number)]
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
        illegal.add((numbers <= expected) & ~self._allowed()[before, codes], order, 0)
        backwards.add(follows & (times < np.roll(times, 1)), order, 0)
        missing.add(numbers > expected, order, 0)
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
    "TotalMeasure | AggregateMeasure | ShareMeasure | PairMeasure | StepMeasure | RunningMeasure"
    " | ReadingTimeMeasure | SeriesMeasure"
)


class FamilyMeasures:
    """All that children must have together, for one table.

    Args:
        bound: the children's table.
        parents: what references look up, by the reference's name.
        present: the columns that the data has.
    """

    def __init__(self, bound: BoundTable, parents: Mapping[str, Parent], present: set[str]) -> None:
        self.measures: list[tuple[str, FamilyMeasure]] = []
        self._unreadable: dict[str, str] = {}
        plan, key = bound.plan, bound.plan.fan_out_key
        if key is None or key.name not in parents:
            return
        parent = parents[key.name]
        for name, aggregate in totals_of(parent.bound, plan.table):
            if parent.rows.has(name):
                kind = TotalMeasure if isinstance(aggregate, (Sum, Count)) else AggregateMeasure
                self.measures.append((key.name, kind(name, aggregate, key.name, parent)))
        for name, reference in plan.references.items():
            if reference.distinct_within == key.name and name in parents:
                self.measures.append((name, PairMeasure(key.name, name, parents[name])))
        for name in plan.columns:
            measure = _of_column(name, bound, parent) if name in present else None
            if measure is not None:
                self.measures.append((name, measure))
            elif series_in(plan.columns[name]) is not None:
                self._unreadable[name] = "Series: compared where there is a ReadingTime, and no other rule moves values"

    def add(self, rows: Rows) -> None:
        """Count a batch; what cannot be read is not checked any more."""
        refusals = [_add(measure, rows) for _, measure in self.measures]
        entries = list(zip(self.measures, refusals, strict=True))
        self.measures = [entry for entry, why in entries if why is None]
        self._unreadable |= {name: why for (name, _), why in entries if why is not None}

    def unchecked(self) -> dict[str, str]:
        """By column, why its rows are not looked at beside those that belong to them."""
        few = {name: one.unchecked for name, one in self.measures if isinstance(one, SeriesMeasure) and one.unchecked}
        return {**self._unreadable, **few}

    def checks(self) -> Iterator[tuple[str, Finding]]:
        """What there is to say, each with its column."""
        for name, measure in self.measures:
            for finding in measure.checks():
                yield name, finding


def _of_column(name: str, bound: BoundTable, parent: Parent) -> FamilyMeasure | None:
    """What looks at a column of rows that belong together."""
    column, key = bound.plan.columns[name], bound.plan.fan_out_key
    assert key is not None  # noqa: S101 - they belong together by it
    if isinstance(column, Step):
        life = parent.bound.plan.columns[column.path.partition(".")[2]]
        assert isinstance(life, Lifecycle)  # noqa: S101 - it was checked
        return StepMeasure(name, column, life)
    if isinstance(column, ReadingTime) and isinstance(key.per_parent, Readings):
        return ReadingTimeMeasure(name, key.per_parent, key.name, parent)
    if (series := series_in(column)) is not None and isinstance(key.per_parent, Readings):
        is_as_declared = name not in bound.plan.redrawn and not any(name in pair for pair in bound.plan.correlations)
        is_timed = any(isinstance(one, ReadingTime) for one in bound.plan.columns.values())
        return SeriesMeasure(name, series, bound, parent) if is_as_declared and is_timed else None
    if isinstance(column, Share) and parent.rows.has(column.path.partition(".")[2]):
        return ShareMeasure(name, column, parent, bound)
    if isinstance(column, OfSiblings) and is_formula(column.of):
        return RunningMeasure(name, column, key.name, bound)
    return None


def _add(measure: FamilyMeasure, rows: Rows) -> str | None:
    """Count a batch, or say why that cannot be done."""
    try:
        measure.add(rows)
    except UnreadableError as error:
        return str(error)
    return None


def totals_of(parent: BoundTable, child: str) -> Iterator[tuple[str, Aggregate]]:
    """The visible totals that a table has of the rows of another."""
    for name in parent.plan.visible:
        column = parent.plan.columns[name]
        if isinstance(column, Aggregate) and parent.plan.children[column.children_name].plan.table == child:
            yield name, column


__all__ = ["FamilyMeasures", "totals_of"]
