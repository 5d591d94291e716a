"""`ParentsClock`: rows of a table without times of its own, which come with those that they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.tables.closure import referred_to

if TYPE_CHECKING:
    from pytest_synthdata.columns.order.instants import Micros
    from pytest_synthdata.columns.order.ordered import Ordered
    from pytest_synthdata.columns.order.scanned import Scanned
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class ParentsClock:
    """Rows come with the last of the rows that they refer to; those that refer to none, with the first that comes.

    Args:
        bound: the table.
        orders: how the tables come that it refers to, by reference; of those that have an order of time.
    """

    bound: BoundTable
    orders: Mapping[str, Ordered | Scanned]

    @property
    def column(self) -> str:
        """What says when rows come: ``account.opened_on``, or several such."""
        clocks = {name: order.clock for name, order in self.orders.items()}
        return " and ".join(f"{name}.{getattr(clock, 'column', 'arrival')}" for name, clock in clocks.items())

    @property
    def counted_from(self) -> Ordered | Scanned | None:
        """How the parents come, if one's children follow the other's, and nothing else says when they come."""
        key = self.bound.plan.fan_out_key
        if key is None or list(self.orders) != [key.name] or self._own or key.spread(self.bound) is not None:
            return None
        return self.orders[key.name]

    def times(self, rows: Bits) -> Micros:
        """When some declared rows come, in microseconds since 1970.

        Raises:
            GenerationError: for a row that refers to one without a time.
        """
        generations = [np.asarray(rows, np.uint64)]
        while self._own and len(above := self._of_the_same_table(generations[-1])):
            generations.append(above)
        times = self._by_parents(generations[-1])
        for above, below in zip(generations[:0:-1], generations[-2::-1], strict=True):
            times_above, times = times, self._by_parents(below)
            for name in self._own:
                for index, parents in referred_to(self.bound, name, below):
                    np.maximum.at(times, index, times_above[np.searchsorted(above, parents)])
        if (alone := times == _NEVER).any():
            spans = [span[0] for order in self.orders.values() if (span := order.span) is not None]
            times[alone] = min(spans, default=0)
        return times

    @property
    def _own(self) -> list[str]:
        """The references to rows of the same table, each before the row that refers to it."""
        return [name for name in self.bound.plan.references if self.bound.parent(name) is self.bound]

    def _of_the_same_table(self, rows: Bits) -> Bits:
        """The rows of the table itself that some rows refer to, each once, ascending."""
        found = (parents for name in self._own for _, parents in referred_to(self.bound, name, rows))
        return distinct(np.zeros(0, np.uint64), *found)

    def _by_parents(self, rows: Bits) -> Micros:
        """When the last of the rows of other tables comes that each row refers to."""
        times = np.full(len(rows), _NEVER)
        for name, order in self.orders.items():
            for index, parents in referred_to(self.bound, name, rows):
                distinct, place = np.unique(parents, return_inverse=True)
                np.maximum.at(times, index, order.clock.times(distinct)[place])
        return times


__all__ = ["ParentsClock"]
