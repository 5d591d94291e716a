"""Foreign keys: which parent row a child row belongs to, as a pure function of the child's row number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.values import Values, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Declarations, Declared, Scope, Table, parts
from pytest_synthdata.columns.expressions.operators import Operation
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.permutation import Permutation
from pytest_synthdata.columns.random import Bits, Stream
from pytest_synthdata.columns.references.fan_out import Count, FanOut, Numbers, counter
from pytest_synthdata.columns.references.picks.distinct import DistinctPick
from pytest_synthdata.columns.references.picks.heavy_members import SAMPLE, common_weight, weights_are_lasting
from pytest_synthdata.columns.references.picks.heavy_picking import HeavyPick
from pytest_synthdata.columns.references.picks.pick_statistics import PickStatistics
from pytest_synthdata.columns.references.picks.picking import Pick
from pytest_synthdata.columns.references.picks.popularity import ZipfRank, upper_quantile, upper_quantiles
from pytest_synthdata.columns.references.through import check_through
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.errors import DeclarationError, GenerationError

_HEAVY = 8.0  # times what half of the parents weigh: from here on, most darts at one rectangle would miss


@dataclass(frozen=True)
class ForeignKeyColumn(Generator):
    """The row number of a child's parent.

    Args:
        parent: the parent's plan.
        weights: evaluated on the parent's rows; a parent is picked in proportion to it. None: all alike.
        where: a condition on the child's and the parent's columns that every pick meets.
        per_parent: evaluated on the parent's rows: how many children each has, one parent's after the other's.
        self_referential: the parent is an earlier row of the same table; ``parent`` has only its name and key.
        distinct_within: another reference, whose rows have no parent twice among their children.
        null_share: the share of rows that refer to none.
        through: the parent is the one that another reference's row has, such as ``"line.order"``.
        may_miss: some rows of the references that it goes through have none.
    """

    name: str
    parent: Declarations
    weights: Generator | None = None
    where: Generator | None = None
    per_parent: Generator | None = None
    self_referential: bool = False
    distinct_within: str | None = None
    null_share: float = 0.0
    through: str | None = None
    may_miss: bool = False

    @property
    def is_nullable(self) -> bool:
        """Whether a row may refer to none: its pick is then -1."""
        return self.self_referential or self.null_share > 0 or self.may_miss

    @property
    def pinned(self) -> bool:  # type: ignore[override]
        return self.per_parent is not None or self.distinct_within is not None

    def values(self, cells: Cells) -> Values:
        if not len(cells.rows):
            return np.zeros(0, np.int64)
        if self.through is not None:
            picks = cells.read(self.through)
            return to_numpy(without_nulls(picks, -1)).astype(np.int64) if isinstance(picks, pa.Array) else picks
        if not self.null_share:
            return self._picks(cells)
        has_parent = np.flatnonzero(cells.substream("null").uniform() >= float(self.null_share))
        picks = np.full(len(cells.rows), -1, np.int64)
        if len(has_parent):
            picks[has_parent] = to_numpy(self._picks(cells.take(has_parent))).astype(np.int64)
        return picks

    def _picks(self, cells: Cells) -> Values:
        if self.per_parent is not None:
            return self.counted(cells.reader.bound, cells.rows)[0]
        parent = cells.reader.bound.parent(self.name)
        if parent.num_rows == 0:
            raise GenerationError(f"{cells.place}: the table {parent.plan.table!r} has no rows to refer to")
        if self.self_referential:
            return self._before(cells, parent)
        statistics = self.statistics_in(cells.reader.bound)
        if self.distinct_within is not None:
            return DistinctPick(self, statistics, cells, parent, self.distinct_within).rows()
        common = self._common_weight(cells, statistics, parent)
        if statistics.is_heavy or common is not None:
            return HeavyPick(self, statistics, cells, parent, parent.num_rows, common=common).rows()
        return Pick(self, statistics, cells, parent, parent.num_rows).rows()

    def _common_weight(self, cells: Cells, statistics: PickStatistics, parent: Table) -> float | None:
        """The weight above which parents are listed; None where they are not."""
        weights = self.weights
        if weights is None or statistics.is_heavy:
            return None

        def make() -> float | None:
            scope = cells.reader.bound.scope(self.name)
            if not scope.known(("lasting weights", self.name), lambda: weights_are_lasting(weights, parent)):
                return None
            sample = Cells(parent.at(np.arange(SAMPLE, dtype=np.uint64)), cells.stream.child("weights"), cells.place)
            known = np.nan_to_num(to_numpy(to_arrow(weights.values(sample))).astype(np.float64), nan=0.0)
            return common_weight(known, statistics.ceiling)

        return cells.reader.bound.cached(("common_weight", self.name), make)

    def _before(self, cells: Cells, table: Table) -> Values:
        """A row before each of the cells' own; -1 for row 0. Nobody is thus their own superior, however far up."""
        picks, statistics = np.full(len(cells.rows), -1, np.int64), self.statistics_in(cells.reader.bound)
        # Rows with as many levels of parents below them have darts alike.
        levels = np.frexp(np.maximum(cells.rows.astype(np.float64) - 1, 0))[1]
        for level in np.unique(levels):
            index = np.flatnonzero((levels == level) & (cells.rows > 0))
            if len(index):
                some = cells.take(index)
                picks[index] = Pick(self, statistics, some, table, some.rows).rows()
        return picks

    def fan_out(self, parent: Table, stream: Stream, place: str) -> FanOut:
        """The number of children that the parents have, where they are counted."""
        assert self.per_parent is not None  # noqa: S101
        return FanOut.of(self._counter(parent, stream, place), parent.num_rows)

    def counted(self, bound: Table, rows: Bits) -> tuple[Numbers, Numbers]:
        """Of some rows of the table, the parent, and which of its children each is."""
        parent, place = bound.parent(self.name), f"{bound.plan.table}.{self.name}"
        if bound.fan_out is None:
            raise GenerationError(f"{place}: the children of {parent.plan.table!r} were not counted")
        if len(rows) and rows.max() >= bound.num_rows:
            raise GenerationError(
                f"{place}: row {rows.max()} was asked for, and the {parent.num_rows:,} rows of "
                f"{parent.plan.table!r} have {bound.num_rows:,} children in all; use more of them"
            )
        if (spread := self.spread(bound)) is not None:
            rows = spread.of(rows)
        return bound.fan_out.locate(rows, self._counter(parent, bound.stream(self.name), place), parent.num_rows)

    def spans(self, bound: Table, parents: Bits) -> tuple[Numbers, Numbers]:
        """The number of each parent's first child, counted from parent to parent, and how many it has."""
        of, place = bound.parent(self.name), f"{bound.plan.table}.{self.name}"
        if bound.fan_out is None:
            raise GenerationError(
                f"{place}: {of.plan.table!r} sums up these rows, whose number was stated and not counted; "
                f"leave it out, and give that of {of.plan.table!r} alone"
            )
        count = self._counter(of, bound.stream(self.name), place)
        return bound.fan_out.spans(parents.astype(np.int64), count, of.num_rows)

    def rows_of(self, bound: Table, numbers: Bits) -> Bits:
        """The rows of children that are counted from parent to parent."""
        spread = self.spread(bound)
        if spread is None:
            return numbers
        inside = numbers < np.uint64(bound.num_rows)
        return np.where(inside, spread.places(np.where(inside, numbers, np.uint64(0))), numbers)

    def spread(self, bound: Table) -> Permutation | None:
        """Where the rows of a table in the order of time lie among the children counted from parent to parent.

        None where one parent's children follow one another.
        """

        def make() -> Permutation | None:
            runs_in_time = any(map(_runs_in_time, bound.plan.columns.values())) and bound.num_rows > 0
            return Permutation(bound.num_rows, bound.stream(self.name)) if runs_in_time else None

        return bound.cached("spread", make)

    def children_of(self, bound: Table, parent: int) -> tuple[int, int]:
        """The number of a parent's first child, counted from parent to parent, and how many it has."""
        if bound.fan_out is None:
            raise GenerationError(f"{bound.plan.table}.{self.name}: the children were not counted")
        of, place = bound.parent(self.name), f"{bound.plan.table}.{self.name}"
        return bound.fan_out.children(parent, self._counter(of, bound.stream(self.name), place), of.num_rows)

    def _counter(self, parent: Table, stream: Stream, place: str) -> Count:
        assert self.per_parent is not None  # noqa: S101
        return counter(self.per_parent, parent.as_declared(), stream.child("per_parent"), place)

    def of_parent(self) -> Iterator[Generator]:
        """The generators that are evaluated on the parent's rows."""
        return (generator for generator in (self.weights, self.per_parent) if generator is not None)

    def reads(self) -> Iterator[str]:
        if self.through is not None:
            yield self.through
        if self.distinct_within is not None:
            yield self.distinct_within
        if self.where is not None:
            # The parent's columns are read at candidates, not at the pick: they form no cycle.
            inner = f"{self.name}."
            yield from (name for name in self.where.reads() if not name.startswith(inner))
            if self.self_referential:
                yield from (name.removeprefix(inner) for name in self.where.reads() if name.startswith(inner))
        if self.self_referential and self.weights is not None:
            yield from self.weights.reads()

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return pa.int64()

    def check(self, scope: Scope) -> None:
        place = f"{scope.place}: ForeignKey"
        self._check_nulls(place)
        if self.through is not None:
            check_through(self, self.through, scope.plan, place)
        if self.self_referential and (self.per_parent is not None or self.pick_statistics(scope).is_heavy):
            raise DeclarationError(
                f"{place}: a table's own rows can have weights with an upper bound, and no per_parent"
            )
        if self.per_parent is not None:
            self._check_per_parent(self.per_parent, scope)
        if self.weights is not None:
            self._check_weights(self.weights, scope)
        if self.where is not None:
            self._check_where(self.where, scope)
        if self.distinct_within is not None:
            self._check_distinct(self.distinct_within, scope)

    def _check_weights(self, weights: Generator, scope: Scope) -> None:
        place = f"{scope.place}: ForeignKey"
        if any(map(_holds_ranks, weights.children())):
            raise DeclarationError(f"{place}: {weights!r}: ZipfRank must be the whole weights expression")
        bounds = weights.bounds(scope.of_parent(self.parent))
        if bounds is None or (not np.isfinite(bounds[1]) and self.pick_statistics(scope).ends is None):
            raise DeclarationError(
                f"{place}: the weights have no bounds; add .clip(0, highest). Only laws such as Pareto(2.5), "
                "alone, in Given or times a number, need no upper one"
            )
        domain = weights.domain(scope.of_parent(self.parent)) or bounds
        if any(weight is None or weight < 0 for weight in domain):
            raise DeclarationError(f"{place}: weights must not be negative, and one is {min(domain)}")
        if bounds[1] == 0:
            raise DeclarationError(f"{place}: all weights are 0; some parent must be possible")

    def _check_distinct(self, within: str, scope: Scope) -> None:
        key = scope.plan.fan_out_key
        if key is None or key.name != within or self.self_referential or self.per_parent is not None:
            wanted = f"distinct_within={key.name!r}" if key is not None else "and this table has none"
            raise DeclarationError(
                f"{scope.place}: ForeignKey: distinct_within={within!r}: name the ForeignKey with per_parent that says "
                f"which rows belong together, {wanted}"
            )

    def _check_nulls(self, place: str) -> None:
        if isinstance(self.null_share, bool) or not isinstance(self.null_share, (int, float, Decimal, np.number)):
            raise DeclarationError(f"{place}: .nulls({self.null_share!r}): a share is a number between 0 and 1")
        if not 0 <= self.null_share <= 1 or (self.null_share and self.per_parent is not None):
            raise DeclarationError(
                f"{place}: .nulls({self.null_share!r}): a share lies between 0 and 1, and rows that are counted from "
                "their parents by per_parent always have one"
            )

    def _check_per_parent(self, per_parent: Generator, scope: Scope) -> None:
        place = f"{scope.place}: ForeignKey"
        if self.weights is not None or self.where is not None:
            raise DeclarationError(
                f"{place}: per_parent says which parent each row has, so that weights and where have nothing to "
                "choose; let the child's columns follow the parent's instead"
            )
        others = [name for name, other in scope.plan.references.items() if other.per_parent is not None]
        if others != [self.name]:
            raise DeclarationError(f"{place}: only one reference of a table can count its rows, not {others}")
        parent = scope.of_parent(self.parent)
        type_ = per_parent.type(parent)
        if type_ is not None and not pa.types.is_integer(type_):
            raise DeclarationError(
                f"{place}: per_parent is a whole number of children, such as Poisson(3), and {per_parent!r} is "
                f"{type_}; add .cast('int')"
            )
        bounds = per_parent.bounds(parent)
        if bounds is not None and bounds[0] < 0:
            raise DeclarationError(f"{place}: no parent has {bounds[0]} children; add .clip(0, None) to per_parent")

    def _check_where(self, where: Generator, scope: Scope) -> None:
        for name in where.reads():
            scope.column(name)
        if where.type(scope) != pa.bool_():
            raise DeclarationError(
                f"{scope.place}: ForeignKey: where is a condition, such as "
                f"col('{self.name}.created_at') <= col('order_date'), and {where!r} is not"
            )
        if isinstance(where, Operation) and where.truth(scope) is False:
            raise DeclarationError(
                f"{scope.place}: ForeignKey: no parent can ever meet {where!r}: the ranges of both sides do not touch"
            )

    def statistics_in(self, bound: Table) -> PickStatistics:
        """What is known of the pick in a bound table before any row is."""
        return bound.cached(("pick_statistics", self.name), lambda: self.pick_statistics(bound.scope(self.name)))

    def pick_statistics(self, scope: Scope) -> PickStatistics:
        """What is known of the pick before any row is."""
        always_true = isinstance(self.where, Operation) and self.where.truth(scope) is True
        if self.weights is None:
            return PickStatistics(1.0, always_true)
        parent = scope.of_parent(self.parent)
        bounds = self.weights.bounds(parent)
        ceiling = float(bounds[1]) if bounds else 1.0
        half = upper_quantile(self.weights, 0.5, parent)
        heavy = half is not None and ceiling > _HEAVY * half
        ends = upper_quantiles(self.weights, parent) if heavy else None
        return PickStatistics(
            ceiling, always_true, ends, is_heavy=ends is not None or isinstance(self.weights, ZipfRank)
        )


def _runs_in_time(generator: Declared) -> bool:
    """Whether rows are in the order of time, in which one parent's children do not follow one another."""
    return any(isinstance(part, Timeline) for part in parts(generator))


def _holds_ranks(generator: Declared) -> bool:
    return any(isinstance(part, ZipfRank) for part in parts(generator))


__all__ = ["ForeignKeyColumn"]
