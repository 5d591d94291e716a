"""Picks of which no two within a group are the same: many-to-many, as a pure function of the child's row number.

Each child has an endless sequence of picks, and takes the first that no sibling before it has. All children of a group
propose at once, those whose pick a sibling before them wants propose again: whoever moves first, this settles on the
one result that taking turns would give (Gale and Shapley 1962, "College admissions and the stability of marriage").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.cells import Cells, Table
from pytest_synthdata.columns.random import GOLDEN, Bits, uniform
from pytest_synthdata.columns.references.family import family_of
from pytest_synthdata.columns.references.fan_out import Numbers
from pytest_synthdata.columns.references.picks.heavy_picking import HeavyPick
from pytest_synthdata.columns.references.picks.pick_statistics import PickStatistics
from pytest_synthdata.columns.references.picks.picking import Pick
from pytest_synthdata.errors import GenerationError

_MOST_ATTEMPTS = 16  # picks, after which a child goes through all parents in an order of its own
_SEARCHABLE = 1 << 22  # parents that are put in order for one child


@dataclass
class DistinctPick:
    """The picks of some children and of the siblings before them.

    Args:
        reference: what is declared.
        statistics: what is known of it.
        cells: the child rows.
        parent: the table that is picked from.
        within: the reference whose rows are the groups.
    """

    reference: Any
    statistics: PickStatistics
    cells: Cells
    parent: Table
    within: str

    def rows(self) -> Numbers:
        """The picked row of each child."""
        bound = self.cells.reader.bound
        groups, ordinals = bound.plan.references[self.within].counted(bound, self.cells.rows)
        distinct, which = np.unique(groups, return_inverse=True)
        family = family_of(bound, self.within, distinct.astype(np.uint64))
        wanted = np.zeros(len(distinct), np.int64)
        np.maximum.at(wanted, which, ordinals + 1)
        self._require_room(wanted, distinct)
        # Those after the last that is asked for have no say.
        before = family.ordinals < np.repeat(wanted, family.counts)
        picks = self._settle(family.rows[before], family.parents[before])
        return picks[(np.cumsum(wanted) - wanted)[which] + ordinals]

    def _settle(self, rows: Bits, groups: Numbers) -> Numbers:
        """The picks of rows that are in order of their groups, and within them of precedence."""
        cells = Cells(self.cells.reader.bound.at(rows), self.cells.stream, self.cells.place)
        picks, attempts = np.full(len(rows), -1, np.int64), np.zeros(len(rows), np.uint64)
        waiting = np.arange(len(rows))
        orders: dict[int, Numbers] = {}
        while len(waiting):
            early = waiting[attempts[waiting] < _MOST_ATTEMPTS]
            if len(early):
                picks[early] = self._pick(cells.take(early), attempts[early]).rows()
            for position in waiting[attempts[waiting] >= _MOST_ATTEMPTS].tolist():
                if position not in orders:
                    orders[position] = self._order(cells.take(np.array([position])))
                number = int(attempts[position]) - _MOST_ATTEMPTS
                if number >= len(orders[position]):
                    raise self._too_few(int(rows[position]), len(orders[position]))
                picks[position] = orders[position][number]
            attempts[waiting] += np.uint64(1)
            moved = np.zeros(int(groups[-1]) + 1, np.bool_)
            moved[groups[waiting]] = True
            touched = np.flatnonzero(moved[groups])
            waiting = touched[_repeated(groups[touched], picks[touched])]
            picks[waiting] = -1
        return picks

    def _pick(self, cells: Cells, attempts: Bits | None) -> Pick:
        pick = HeavyPick if self.statistics.is_heavy else Pick
        return pick(self.reference, self.statistics, cells, self.parent, self.parent.num_rows, attempts=attempts)

    def _order(self, cells: Cells) -> Numbers:
        """All parents that one child can get, in an order of its own, the heavier the sooner.

        Exponential times divided by weights come first in proportion to the weights (Efraimidis and Spirakis 2006,
        "Weighted random sampling with a reservoir").
        """
        from pytest_synthdata.columns.special_functions import log1p

        if self.parent.num_rows > _SEARCHABLE:
            raise self._too_few(int(cells.rows[0]), None)
        weights = self._pick(cells, None).chances(0)
        parents = np.flatnonzero(weights > 0)
        words = cells.stream.child("order").bits(cells.bits()[0] + parents.astype(np.uint64) * GOLDEN)
        return parents[np.argsort(-log1p(-uniform(words)) / weights[parents], kind="stable")]

    def _require_room(self, wanted: Numbers, groups: Numbers) -> None:
        if len(wanted) and wanted.max() > self.parent.num_rows:
            most = int(wanted.argmax())
            name = self.cells.reader.bound.plan.references[self.within].parent.table
            raise GenerationError(
                f"{self.cells.place}: distinct_within={self.within!r}: row {groups[most]} of {name!r} has "
                f"{wanted[most]} rows to fill, and {self.parent.plan.table!r} has {self.parent.num_rows:,} to choose "
                f"from; use more rows of it, or .clip(0, {self.parent.num_rows}) per_parent"
            )

    def _too_few(self, row: int, choices: int | None) -> GenerationError:
        able = "too few" if choices is None else f"only {choices:,}"
        return GenerationError(
            f"{self.cells.place}: distinct_within={self.within!r}: {able} rows of {self.parent.plan.table!r} can be "
            f"picked for row {row}, and the rows of its {self.within!r} before it have them all; use more rows of "
            f"{self.parent.plan.table!r}, or fewer per_parent"
        )


def _repeated(groups: Numbers, picks: Numbers) -> npt.NDArray[np.int64]:
    """The positions whose pick one before them in the same group has, ascending."""
    order = np.lexsort((picks, groups))  # stable, so that the first of each kind stays the first
    same = (groups[order][1:] == groups[order][:-1]) & (picks[order][1:] == picks[order][:-1])
    return np.sort(order[1:][same & (picks[order][1:] >= 0)])


__all__ = ["DistinctPick"]
