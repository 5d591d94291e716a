"""The life of a row: its birth, its death, and its moves to other parents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.versions.occurrences import Instants


@dataclass(frozen=True)
class Hop:
    """Some rows that come to refer to another row.

    Args:
        index: positions of the rows.
        since: from when on.
        parents: the numbers of the rows that they then refer to; -1 for none.
    """

    index: npt.NDArray[np.intp]
    since: Instants
    parents: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Life:
    """The lives of some rows: from ``birth``, included, to before ``death``; both are NEVER for rows that never live.

    Args:
        birth: microseconds since 1970.
        death: NEVER for rows that are not deleted in the period.
        hops: by reference, the rows' moves to other parents, in the order of time for each row.
    """

    birth: Instants
    death: Instants
    hops: Mapping[str, tuple[Hop, ...]] = field(default_factory=dict)

    def is_on(self, when: Instants | int) -> npt.NDArray[np.bool_]:
        """Whether each row lives at a time."""
        alive: npt.NDArray[np.bool_] = (self.birth <= when) & (when < self.death)
        return alive

    def take(self, index: npt.NDArray[Any]) -> Life:
        """The lives of the rows at some positions."""
        hops = {name: tuple(_taken(moves, index, len(self.birth))) for name, moves in self.hops.items()}
        return Life(self.birth[index], self.death[index], hops)


@dataclass(frozen=True)
class KnownLives:
    """The lives of some rows of a table, ascending."""

    rows: npt.NDArray[np.int64]
    birth: Instants
    death: Instants

    def of(self, rows: npt.NDArray[np.int64]) -> Life:
        """Those of some of these rows."""
        index = np.searchsorted(self.rows, rows)
        return Life(self.birth[index], self.death[index])

    def and_of(self, rows: npt.NDArray[Any], life: Life) -> KnownLives:
        """These, and some more."""
        all_rows = np.concatenate([self.rows, rows.astype(np.int64)])
        order = np.argsort(all_rows)
        birth, death = np.concatenate([self.birth, life.birth]), np.concatenate([self.death, life.death])
        return KnownLives(all_rows[order], birth[order], death[order])


def _taken(moves: tuple[Hop, ...], index: npt.NDArray[Any], count: int) -> Iterator[Hop]:
    """The moves of some rows, from those of so many."""
    for hop in moves:
        place = np.full(count, -1, np.int64)
        place[hop.index] = np.arange(len(hop.index))
        where = place[index]
        mine = np.flatnonzero(where >= 0)
        if len(mine):
            yield Hop(mine, hop.since[where[mine]], hop.parents[where[mine]])


__all__ = ["Hop", "KnownLives", "Life"]
