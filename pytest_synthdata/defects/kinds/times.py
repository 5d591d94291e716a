"""Times that are wrong by some days or hours: what happened earlier than its place in the data says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array, without_nulls
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.defects.kind import Kind, wrong_type
from pytest_synthdata.errors import DeclarationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_DAY = dt.timedelta(days=1)
_MOST_DAYS = 365_250  # a thousand years: more leads out of the calendar
_MICROSECOND = dt.timedelta(microseconds=1)
_SECOND = 1_000_000  # microseconds


@dataclass(frozen=True)
class Late(Kind):
    """A date or time that is moved back: the row comes that much later than what it tells of. Nulls are passed over.

    Args:
        column: dates or times.
        rate: the share of the rows, from 0 to 1.
        by: the least and the greatest delay, as `datetime.timedelta` or a number of days; one value for a delay that
            is always the same. Negative delays move the time forwards, as a clock does that is ahead. 1 to 30 days
            by default. Dates move by whole days.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    Raises:
        DeclarationError: for a delay that is not a time, that is 0 or longer than a thousand years, or whose ends are
            in the wrong order.

    >>> Late("order_date", 0.01, by=(1, 7)).label
    'late'
    """

    column: str
    rate: float | None = None
    by: Any = (1, 30)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "by", tuple(self.by) if isinstance(self.by, (tuple, list)) else (self.by, self.by))
        low, high = self._microseconds()
        if low == high == 0:
            raise DeclarationError(f"{self.title}: by={self._by}: a delay of 0 changes nothing")
        if low > high:
            raise DeclarationError(f"{self.title}: by={self._by}: give the least delay and then the greatest")

    @property
    def _by(self) -> str:
        """The delays as they are likely to have been written."""
        return repr(self.by[0] if len(self.by) == 2 and self.by[0] is self.by[1] else self.by)  # noqa: PLR2004

    def _microseconds(self) -> tuple[int, int]:
        ends = []
        for given in self.by:
            end = given.item() if isinstance(given, np.generic) else given
            if isinstance(end, bool) or not isinstance(end, (int, float, dt.timedelta)):
                raise DeclarationError(f"{self.title}: by={self._by}: a delay is a timedelta or a number of days")
            days = end / _DAY if isinstance(end, dt.timedelta) else end
            if not -_MOST_DAYS <= days <= _MOST_DAYS:
                raise DeclarationError(f"{self.title}: by={self._by}: a delay is at most {_MOST_DAYS:,} days")
            ends.append((end if isinstance(end, dt.timedelta) else end * _DAY) // _MICROSECOND)
        if len(ends) != 2:  # noqa: PLR2004 - the two ends of a range
            raise DeclarationError(f"{self.title}: by={self._by}: give the least and the greatest delay")
        return ends[0], ends[1]

    def check_type(self, bound: BoundTable, column: str, type_: pa.DataType) -> None:
        if not (pa.types.is_date32(type_) or pa.types.is_timestamp(type_)):
            raise wrong_type(bound, column, type_, self, "dates or times")

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        del bound
        array, (low, high) = clean[0], self._microseconds()
        drawn = cells.uniform()
        null = to_numpy(array.is_null())
        if pa.types.is_date(array.type):
            days = _delays(drawn, low, high, _DAY // _MICROSECOND)
            numbers = to_numpy(without_nulls(array.cast(pa.int32()), 0)).astype(np.int64) - days
            return [arrow_array(numbers.astype(np.int32), mask=null).cast(array.type)]
        numbers = to_numpy(without_nulls(array.cast(pa.int64()), 0))
        # A time of whole seconds stays one: nobody shall know the late rows by their fractions.
        delays = _delays(drawn, low, high, 1)
        if high // _SECOND * _SECOND >= low:
            delays = np.where(numbers % _SECOND == 0, _delays(drawn, low, high, _SECOND) * _SECOND, delays)
        return [arrow_array(numbers - delays, mask=null).cast(array.type)]


def _delays(drawn: npt.NDArray[np.float64], low: int, high: int, unit: int) -> npt.NDArray[np.int64]:
    """Delays in whole units, both ends among them; none is 0."""
    least, most = -(-low // unit), high // unit
    if least > most:  # no whole unit lies between them
        least = most = 1 if high > 0 else -1
    found = np.floor(least + drawn * (most - least + 1)).astype(np.int64)
    return np.where(found == 0, 1 if high > 0 else -1, found)


__all__ = ["Late"]
