"""Clocks: when each row of a table comes, by one of its columns or by its declared arrival."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.order.arrival import ARRIVAL, Arrival
from pytest_synthdata.columns.order.instants import Micros, microseconds
from pytest_synthdata.errors import GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.random import Bits
    from pytest_synthdata.columns.tables.bound_table import BoundTable


class Clock(Protocol):
    """When the rows of a table come."""

    def times(self, rows: Bits) -> Micros:
        """When some declared rows come, in microseconds since 1970."""
        ...


class ReadClock(Clock, Protocol):
    """When they come by what they hold."""

    @property
    def column(self) -> str:
        """The column that says so, of the table or of what it refers to."""
        ...


@dataclass(frozen=True)
class ColumnClock:
    """Rows come when a column says.

    Args:
        bound: the table.
        column: a column of dates or times.
    """

    bound: BoundTable
    column: str

    def times(self, rows: Bits) -> Micros:
        """When some declared rows come, in microseconds since 1970.

        Raises:
            GenerationError: for a row without a time.
        """
        array = to_arrow(self.bound.at(rows).read(self.column), self.bound.type_of(self.column))
        _require_times(array, rows, f"{self.bound.name}.{self.column}")
        return microseconds(array)


@dataclass(frozen=True)
class ArrivalClock:
    """Rows come when they arrive, some of them twice.

    Args:
        bound: the table.
        arrival: what its ``Meta.arrival`` says.
    """

    bound: BoundTable
    arrival: Arrival

    def times(self, rows: Bits) -> Micros:
        """When some declared rows come for the first time, in microseconds since 1970.

        Raises:
            GenerationError: for a row without a time.
        """
        array = self.arrival.times(self._cells(rows))
        _require_times(array, rows, f"{self.bound.name}: {ARRIVAL}")
        return np.asarray(to_numpy(array), np.int64)

    def is_redelivered(self, rows: Bits) -> npt.NDArray[np.bool_]:
        """Which of some declared rows come a second time."""
        return self.arrival.is_redelivered(self._cells(rows))

    def times_again(self, rows: Bits) -> Micros:
        """When some of these do, in microseconds since 1970."""
        delays = self.arrival.delays_again(self._cells(rows))
        _require_times(delays, rows, f"{self.bound.name}: {ARRIVAL}, again")
        return self.times(rows) + np.asarray(to_numpy(delays), np.int64)

    def _cells(self, rows: Bits) -> Cells:
        return Cells(self.bound.at(rows), self.bound.stream(ARRIVAL), f"{self.bound.name}: {ARRIVAL}")


def _require_times(array: pa.Array, rows: Bits, place: str) -> None:
    if array.null_count:
        row = rows[int(np.flatnonzero(to_numpy(array.is_null()))[0])]
        raise GenerationError(
            f"{place}: row {row} has no time, so that it comes in no period; give column= one that is never null"
        )


__all__ = ["ArrivalClock", "Clock", "ColumnClock", "ReadClock"]
