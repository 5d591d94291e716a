"""Rows made ahead: `build()` is mostly asked for one row after the other, and columns are cheap by the hundred."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np

from pytest_synthdata.columns.arrow.objects import fresh
from pytest_synthdata.columns.batch import Batch
from pytest_synthdata.columns.generators.base import Generator, is_vectorised
from pytest_synthdata.columns.references.aggregates import aggregates_of
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.declarations.one_row.given_keys import given_keys
from pytest_synthdata.errors import SynthDataError

_FEWEST, _MOST = 8, 256
NOTHING = object()


class RowsAhead:
    """The rows of a table that `build()` will probably be asked for next.

    Only columns without functions of single rows are made ahead: those would notice.
    """

    def __init__(self, bound: BoundTable) -> None:
        self._bound = bound
        self._rows: tuple[Batch, dict[int, int]] | None = None
        self._next = -1
        self._size = _FEWEST
        self._parents: tuple[Batch, dict[int, int]] | None = None
        self._reads: dict[str, frozenset[str] | None] = {}

    def cell(self, name: str, row: int, overridden: Collection[str]) -> object:
        """A column's value in a row; `NOTHING` where it was not made ahead, or depends on what is overridden."""
        if name not in self._reads:
            self._reads[name] = self._all_read(name)
        reads = self._reads[name]
        if reads is None or not reads.isdisjoint(overridden):
            return NOTHING
        found = self._find(row)
        if found is None:
            return NOTHING
        batch, position = found
        try:
            if isinstance(self._bound.plan.columns[name], ForeignKeyColumn):
                rows_ahead(self._bound.parent(name)).offer(batch.related(name))
                return int(np.asarray(batch.read(name))[position])
            return fresh(batch.objects(name)[position])
        except SynthDataError:
            return NOTHING  # some row of the batch cannot be made: this one alone perhaps can

    def offer(self, batch: Batch) -> None:
        """Rows that the children made ahead refer to."""
        if self._parents is None or self._parents[0] is not batch:
            self._parents = batch, {row: position for position, row in enumerate(batch.rows.tolist())}

    def _all_read(self, name: str) -> frozenset[str] | None:
        """The columns of this table that a column depends on, itself included; None if it is not made ahead."""
        seen: set[tuple[str, str]] = set()
        if not all(map(is_vectorised, _generators(self._bound, name, seen))):
            return None
        return frozenset(read.partition(".")[0] for table, read in seen if table == self._bound.plan.table)

    def _find(self, row: int) -> tuple[Batch, int] | None:
        for made in (self._rows, self._parents):
            if made is not None and row in made[1]:
                return made[0], made[1][row]
        if row != self._next:
            self._next, self._size = row + 1, _FEWEST
            return None
        batch = self._bound.at(np.arange(row, row + self._size, dtype=np.uint64))
        self._rows = batch, {row + position: position for position in range(self._size)}
        self._next, self._size = row + self._size, min(2 * self._size, _MOST)
        return batch, 0


def rows_ahead(bound: BoundTable) -> RowsAhead:
    """The rows made ahead of a table."""
    return bound.cached("ahead", lambda: RowsAhead(bound))


def made_ahead(bound: BoundTable, name: str, step: Any, generator: Generator | None = None) -> Any:
    """A value of the row that a step of factory_boy builds, as it is declared; `NOTHING` where it is not there.

    Nor is it where something is overridden that it depends on, or where the column is not this generator's.
    """
    extras = step.builder.extras
    if type(bound) is not BoundTable or (extras and step.builder.factory_meta.has_switches):
        return NOTHING
    declared = bound.as_declared()  # what hooks change, they change afterwards
    if generator is not None and declared.plan.columns.get(name) is not generator:
        return NOTHING
    overridden = [*(field.partition("__")[0] for field in extras), *given_keys(bound, extras)]
    return rows_ahead(declared).cell(name, step.sequence, overridden)


def _generators(bound: BoundTable, name: str, seen: set[tuple[str, str]]) -> Iterator[Generator]:
    """A column and all that it depends on, in this table and its parents."""
    waiting = [(bound, name)]
    while waiting:
        table, column = waiting.pop()
        if (table.plan.table, column) in seen:
            continue
        seen.add((table.plan.table, column))
        yield table.plan.columns[column if column in table.plan.columns else column.partition(".")[0]]
        waiting.extend(_read_by(table, column))


def _read_by(bound: BoundTable, name: str) -> Iterator[tuple[BoundTable, str]]:
    """What a column reads itself, each with its table."""
    head, dot, rest = (name, "", "") if name in bound.plan.columns else name.partition(".")
    generator = bound.plan.columns[head]
    yield from ((bound, read) for read in generator.reads())
    for aggregate in aggregates_of(generator):
        child = bound.children[aggregate.children_name]
        reads = bound.plan.children[aggregate.children_name].reference, *aggregate.child_reads()
        yield from ((child, read) for read in reads)
    if isinstance(generator, ForeignKeyColumn):
        parent = bound.parent(head)
        yield from ((parent, read) for one in generator.of_parent() for read in one.reads())
        yield from ((bound, read) for read in (generator.where.reads() if generator.where is not None else ()))
        if dot:
            yield parent, rest


__all__ = ["NOTHING", "RowsAhead", "made_ahead", "rows_ahead"]
