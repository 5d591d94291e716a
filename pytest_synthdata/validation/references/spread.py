"""References: orphans, conditions between child and parent, and how children spread over their parents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import python_of, without_nulls
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.references.through import held_keys
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.columns import leaf_of, measure_of
from pytest_synthdata.validation.declared.condition_texts import describe_condition
from pytest_synthdata.validation.declared.describe import describe
from pytest_synthdata.validation.declared.formulas import is_formula
from pytest_synthdata.validation.declared.trees import leaves
from pytest_synthdata.validation.measures import Finding, ViolationCounter, check
from pytest_synthdata.validation.references.without_replacement import expected_picks
from pytest_synthdata.validation.results import Check
from pytest_synthdata.validation.rows import Pairs, Parent, Rows
from pytest_synthdata.validation.statistics import binomial_p, chi_square_p, normal_p

Floats = npt.NDArray[np.float64]
_PAIRS = 4_000_000  # children times parents that are looked at to see who could have been picked
_BLOCK = 1 << 18
_MOST_CLASSES = 12  # of parents with equal weights; beyond, parents are grouped by their weights
_LEAST_EXPECTED = 20.0
CHILDREN = "children a parent"  # how the checks begin that count all children of a parent


class ReferenceMeasure:
    """A reference's picks, counted by parent.

    Args:
        bound: the children's table.
        name: the reference.
        parents: what references look up, by the reference's name.
    """

    def __init__(self, bound: BoundTable, name: str, parents: Mapping[str, Parent]) -> None:
        parent = parents[name]
        reference = bound.plan.columns[name]
        assert isinstance(reference, ForeignKeyColumn)  # noqa: S101
        self.table: str = bound.plan.table
        self.name: str = name
        self.parent: Parent = parent
        self.reference: ForeignKeyColumn = reference
        self.where: Generator | None = reference.where
        self.always_true: bool = reference.where is None or reference.statistics_in(bound).always_true
        self.rows: int = 0
        self.orphans: ViolationCounter = ViolationCounter()
        self.nulls: ViolationCounter = ViolationCounter()
        self.broken: ViolationCounter = ViolationCounter()
        self.counts: npt.NDArray[np.int64] = np.zeros(parent.rows.count, np.int64)
        # Of a row's own table only those before it can be picked, whatever they weigh; another one's row is not picked.
        self.weights: npt.NDArray[np.float64] | None = (
            None if reference.self_referential or reference.through else _weights(parent, reference.weights, name)
        )
        self.classes: npt.NDArray[Any]
        self.labels: list[str]
        self.classes, self.labels = _classes(parent, reference.weights, self.weights)
        # Of rows whose condition leaves out some parents: how many of each class were picked, were expected, and vary.
        self.sampled: npt.NDArray[np.float64] = np.zeros((3, len(self.labels)))
        self.sampled_rows: int = 0
        # Of each group that has no parent twice: how many rows are in it, and how many of them refer to one.
        groups = 0 if (group := parents.get(reference.distinct_within or "")) is None else group.rows.count
        self.groups: npt.NDArray[np.int64] = np.zeros((2, groups), np.int64)

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        positions = rows.positions(self.name)
        orphan = positions < 0
        everyone = np.arange(rows.count)
        known = everyone[~orphan] if orphan.any() else everyone
        null = np.zeros(rows.count, np.bool_)
        for name in held_keys(rows.bound.plan, self.name):
            null |= np.asarray(to_numpy(pc.is_null(to_arrow(rows.read(str(name))))), np.bool_)
        orphan &= ~null
        self.rows += rows.count
        if not self.reference.is_nullable:  # the first row of its own table refers to none
            self.nulls.add(null, everyone, rows)
        self.orphans.add(orphan, everyone, rows)
        self.counts += np.bincount(positions[known], minlength=len(self.counts))
        if self.where is not None and is_formula(self.where) and len(known):
            met = self._meets(rows, known, positions[known])
            self.broken.add(~met, known, rows)
            if not self.always_true and self.reference.distinct_within is None:
                self._sample(rows, known, positions)
        if self.reference.distinct_within is not None and self.groups.size:
            within = rows.positions(self.reference.distinct_within)
            for number, some in enumerate((within, within[known])):
                self.groups[number] += np.bincount(some[some >= 0], minlength=self.groups.shape[1])

    def _meets(self, rows: Rows, index: npt.NDArray[Any], parents: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:

        assert self.where is not None  # noqa: S101
        cells = Cells(Pairs(rows, self.name, index, parents), rows.bound.stream(self.name), self.name)
        return np.asarray(to_numpy(without_nulls(to_arrow(self.where.values(cells)), False)), np.bool_)

    def _sample(self, rows: Rows, known: npt.NDArray[Any], positions: npt.NDArray[Any]) -> None:
        """For some children: which parents could have been picked, and so the chance of each class."""
        parents = len(self.counts)
        wanted = max(1, min(2_000, _PAIRS // max(parents, 1))) - self.sampled_rows
        if wanted <= 0 or self.weights is None:
            return
        chosen = known[:: max(1, len(known) // wanted)][:wanted]
        everyone = np.arange(parents)
        per_round = max(1, _BLOCK // parents)
        for start in range(0, len(chosen), per_round):
            some = chosen[start : start + per_round]
            met = self._meets(rows, np.repeat(some, parents), np.tile(everyone, len(some)))
            weight = met.reshape(len(some), parents) * self.weights
            chance = np.stack([weight[:, self.classes == number].sum(axis=1) for number in range(len(self.labels))])
            total = chance.sum(axis=0)
            chance = np.divide(chance, total, out=np.zeros_like(chance), where=total > 0)
            picked = np.bincount(self.classes[positions[some]], minlength=len(self.labels))
            self.sampled += np.stack([picked, chance.sum(axis=1), (chance * (1 - chance)).sum(axis=1)])
        self.sampled_rows += len(chosen)

    def checks(self) -> Iterator[Check]:
        """What there is to say; the rows that have too few children, or too many, are the parents'."""
        for finding in self._findings():
            yield check(self.table, self.name, "", finding)
        if self.reference.per_parent is not None:
            for finding in self._counted(self.reference.per_parent):
                found = check(self.table, self.name, "", finding)
                yield replace(found, examples_of=self.parent.bound.plan.table) if found.examples else found

    def _findings(self) -> Iterator[Finding]:
        if not self.reference.is_nullable:
            yield self.nulls.finding("nulls", "", self.rows)
        yield self.orphans.finding("orphans", f"in {self.parent.bound.plan.table}", self.rows)
        if self.where is not None and is_formula(self.where):
            yield self.broken.finding("pairs that break", describe_condition(self.where), self.rows)
        total = int(self.counts.sum())
        if self.reference.per_parent is not None or self.weights is None or not total or self.weights.sum() <= 0:
            return
        if self.reference.distinct_within is None and not self.always_true:
            yield from self._sampled_classes()
        elif self.likely is not None:
            yield from self._fan_out(total, self.likely)
            yield from self._spread(total, self.likely)

    @cached_property
    def likely(self) -> Floats | None:
        """In proportion to what each parent is picked; None where that is not known.

        Picks of which none may be the same are each made among the parents that are left. So the number of picks of
        any parents varies less than that of independent ones: their tests err on the safe side.
        """
        if self.reference.distinct_within is None or self.weights is None:
            return self.weights
        return expected_picks(self.weights, *self.groups) if self.always_true and self.groups.size else None

    @property
    def unchecked(self) -> str | None:
        """Why it is not known how often parents are picked, where that is declared."""
        within = self.reference.distinct_within
        if within is None or self.reference.weights is None or self.weights is None or self.likely is not None:
            return None
        if not self.always_true:
            return f"weights: not known beside distinct_within={within!r} where a condition leaves out some parents"
        if not self.groups.size:
            return f"weights: the rows that {within!r} refers to are not at hand"
        return f"weights: beside distinct_within={within!r} they take too long to compute with so many parents"

    def _counted(self, per_parent: Generator) -> Iterator[Finding]:
        """The number of children, as a column that the parents might have."""
        node, parents = describe(per_parent), self.parent.rows
        which = leaf_of(node, parents, self.name)
        for number, leaf in enumerate(leaves(node)):
            index = np.flatnonzero(which == number)
            measure = measure_of(leaf, self.parent.bound.plan.table, self.name, pa.int64())
            if measure is None or not len(index):
                continue
            measure.add(self.counts[index], index, parents)
            for kind, subject, *rest in measure.checks():
                yield (f"{CHILDREN}: {kind}", ", ".join(filter(None, (leaf.label, subject))), *rest)

    def _fan_out(self, total: int, weights: Floats) -> Iterator[Finding]:
        """The children of each class of parents, as many a parent as the declared ratio says."""
        if len(self.labels) < 2:  # noqa: PLR2004
            return
        weight = np.bincount(self.classes, weights, minlength=len(self.labels))
        parents = np.bincount(self.classes, minlength=len(self.labels))
        children = np.bincount(self.classes, self.counts, minlength=len(self.labels))
        for number, label in enumerate(self.labels):
            if not parents[number]:
                continue
            share = float(weight[number] / weight.sum())
            p_value = binomial_p(int(children[number]), total, share)
            expected = share * total / parents[number]
            yield CHILDREN, label, expected, float(children[number] / parents[number]), total, p_value, ()

    def _sampled_classes(self) -> Iterator[Finding]:
        for label, (picked, expected, variance) in zip(self.labels, self.sampled.T, strict=True):
            if len(self.labels) > 1 and variance >= _LEAST_EXPECTED:
                p_value = normal_p((picked - expected) / np.sqrt(variance))
                rows = self.sampled_rows
                yield "share of children", label, float(expected / rows), float(picked / rows), rows, p_value, ()

    def _spread(self, total: int, weights: Floats) -> Iterator[Finding]:
        """Whether parents of one weight are picked alike, by blocks of neighbours."""
        order = np.argsort(self.classes, kind="stable")
        weights, counts = weights[order], self.counts[order]
        blocks = min(200, int(total / _LEAST_EXPECTED), len(order))
        if blocks < 2:  # noqa: PLR2004
            return
        share = np.cumsum(weights) / weights.sum()
        block = np.minimum(np.floor(share * blocks * (1 - 1e-12)).astype(np.int64), blocks - 1)
        likely = np.bincount(block, weights, minlength=blocks) / weights.sum()
        found = np.bincount(block, counts, minlength=blocks)
        present = likely > 0
        p_value = chi_square_p(found[present], likely[present])
        gap = np.abs(found[present] / (likely[present] * total) - 1).max()
        subject = f"{int(present.sum())} groups of parents"
        yield "spread over parents", subject, "alike", f"at most {gap:.1%} off", total, p_value, ()


def _weights(parent: Parent, weights: Generator | None, name: str) -> Floats | None:
    if weights is None:
        return np.ones(parent.rows.count)
    if not is_formula(weights):
        return None
    values = without_nulls(to_arrow(parent.rows.evaluate(weights, name)), 0)
    return np.asarray(to_numpy(values), np.float64)


def _classes(parent: Parent, weights: Generator | None, values: Floats | None) -> tuple[npt.NDArray[Any], list[str]]:
    """A class for each parent: those of one value of the column that weighs them, else of like weights."""
    if values is None or weights is None or not len(values):
        return np.zeros(parent.rows.count, np.int64), ["all"]
    reads = list(dict.fromkeys(weights.reads()))
    if len(reads) == 1:
        column = to_arrow(parent.rows.read(reads[0]))
        coded = column.dictionary_encode(null_encoding="encode")
        if len(coded.dictionary) <= _MOST_CLASSES and not pa.types.is_floating(column.type):
            labels = [f"{reads[0]} = {value}" for value in python_of(coded.dictionary)]
            return to_numpy(coded.indices).astype(np.int64), labels
    distinct, codes = np.unique(values, return_inverse=True)
    if len(distinct) > _MOST_CLASSES:
        edges = np.quantile(values, np.arange(1, 5) / 5)
        return np.searchsorted(edges, values), [f"weights of fifth {number}" for number in range(1, 6)]
    return codes, [f"weight {value:g}" for value in distinct]


__all__ = ["CHILDREN", "ReferenceMeasure"]
