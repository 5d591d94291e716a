"""Conditions that every row of a table meets: rows that do not are drawn again, by attempts that are addresses.

Attempt 0 of a row is the row as it would be without the condition, so that a row that meets it keeps its values, and no
row depends on another. What is drawn again is what the condition looks at, and what that depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.arrow.arrays import without_nulls
from pytest_synthdata.columns.arrow.values import Index, Values, scatter, take, to_arrow, to_numpy
from pytest_synthdata.columns.cells import Cells, Reader, Table
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.errors import GenerationError

if TYPE_CHECKING:
    from pytest_synthdata.columns.generators.base import Generator

MakeAttempt = Callable[[Any, int], Reader]

MOST_ATTEMPTS = 2_000
_BEFORE_LOOKING = 64  # attempts after which the share of rows that meet the condition is measured
_LEAST_SHARE = 1 / 100  # 2,000 attempts then miss a row with a probability of 2e-9
_SAMPLE_ROWS, _SAMPLE_ATTEMPTS = 1_024, 8
# The tables whose rows this thread is settling.
_settling: ContextVar[frozenset[int]] = ContextVar("settling", default=frozenset())


def is_pinned(generator: Any) -> bool:
    """Whether what a row gets is settled for the table as a whole, so that it cannot be drawn again by itself."""
    return generator.pinned or any(map(is_pinned, generator.children()))


def redrawn(where: Generator, columns: Mapping[str, Any], correlated: Iterable[tuple[str, str]] = ()) -> frozenset[str]:
    """The columns that are drawn again where a condition is not met.

    Those it looks at, what they depend on, and what is correlated with these: drawn together, they keep their law.
    """
    found: set[str] = set()

    def visit(name: str) -> None:
        head = name if name in columns else name.partition(".")[0]
        generator = columns.get(head)
        if generator is None or head in found or is_pinned(generator):
            return
        found.add(head)
        for read in generator.reads():
            visit(read)
        for pair in correlated:
            if head in pair:
                visit(pair[0])
                visit(pair[1])

    for name in where.reads():
        visit(name)
    return frozenset(found)


class Settled:
    """Some rows, each as the first of its attempts that meets the condition.

    Args:
        table: the rows' table.
        where: the condition.
        rows: row numbers.
        attempt: gives rows as an attempt of a number has them.
        asked: what ``attempt`` is asked for in place of the row numbers, where these do not tell the rows apart.
    """

    def __init__(
        self, table: Table, where: Generator, rows: Bits, attempt: MakeAttempt, asked: Index | None = None
    ) -> None:
        self._pieces: list[tuple[Index, Reader, Index]] = []
        self._table, self._where, self._attempt = table, where, attempt
        self._count = len(rows)
        self.numbers = np.zeros(len(rows), np.int64)
        with self._once():
            self._settle(rows, rows if asked is None else asked)

    def read(self, name: str) -> Values:
        """A column that is drawn again."""
        pieces = [(index, take(reader.read(name), kept)) for index, reader, kept in self._pieces]
        if not pieces:
            return self._attempt(np.zeros(0, np.uint64), 0).read(name)
        return pieces[0][1] if len(pieces) == 1 else scatter(pieces, self._count)

    def _settle(self, rows: Bits, asked: npt.NDArray[Any]) -> None:
        pending: npt.NDArray[np.intp] = np.arange(len(rows))
        for number in range(MOST_ATTEMPTS):
            if not len(pending):
                return
            if number == _BEFORE_LOOKING:
                self._require_a_chance()
            reader = self._attempt(asked[pending], number)
            met = _holds(self._where, reader)
            kept = np.flatnonzero(met)
            if len(kept):
                self._pieces.append((pending[kept], reader, kept))
                self.numbers[pending[kept]] = number
                pending = pending[~met]
        if len(pending):
            raise GenerationError(
                f"{self._table.plan.table}: Meta.where: row {rows[pending[0]]} meets {self._where!r} in none of "
                f"{MOST_ATTEMPTS:,} attempts, though {self._share():.2g} of all do: what it cannot draw again, such "
                "as a key or a timeline, rules it out"
            )

    def _require_a_chance(self) -> None:
        share = self._share()
        if share < _LEAST_SHARE:
            raise GenerationError(
                f"{self._table.plan.table}: Meta.where: {self._where!r} holds for {share:.2g} of the rows as they are "
                f"drawn, and at least {_LEAST_SHARE:g} must meet it; draw the columns so that more do: by "
                '`col("start") + days(…)` rather than by two independent dates, for example'
            )

    def _share(self) -> float:
        """The share of rows that meet the condition, of the first rows' first attempts: the same whoever asks."""

        def measure() -> float:
            rows = np.arange(min(max(self._table.num_rows, 1), _SAMPLE_ROWS), dtype=np.uint64)
            attempts = range(_SAMPLE_ATTEMPTS)
            return float(np.mean([_holds(self._where, self._attempt(rows, number)).mean() for number in attempts]))

        return self._table.cached(("share that meets the condition",), measure)

    @contextmanager
    def _once(self) -> Iterator[None]:
        settling = _settling.get()
        if id(self._table) in settling:
            raise GenerationError(
                f"{self._table.plan.table}: Meta.where: {self._where!r} looks at rows that depend on this table's own "
                "rows, through totals of children or a reference to itself; such a condition goes round in a circle"
            )
        token = _settling.set(settling | {id(self._table)})
        try:
            yield
        finally:
            _settling.reset(token)


def _holds(where: Generator, reader: Reader) -> npt.NDArray[np.bool_]:
    """Whether rows meet a condition; null does not."""
    bound = reader.bound
    cells = Cells(reader, bound.stream(WHERE), f"{bound.plan.table}: {WHERE}")
    with own_code(cells.place):
        met = to_arrow(where.values(cells))
    return np.asarray(to_numpy(without_nulls(met, False)), np.bool_)


WHERE = "Meta.where"

__all__ = ["WHERE", "Settled", "is_pinned", "redrawn"]
