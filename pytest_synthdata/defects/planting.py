"""Which cells of some rows have a defect, and what they hold: a pure function of the seed, names and row numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.cells import Cells, Reader
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.own_code import own_code
from pytest_synthdata.columns.permutation import Permutation
from pytest_synthdata.columns.random import Bits, Stream
from pytest_synthdata.defects.differences import as_mask, differ
from pytest_synthdata.defects.kind import Kind, typed
from pytest_synthdata.defects.kinds.duplicates import Duplicates
from pytest_synthdata.errors import DeclarationError, GenerationError, counted

if TYPE_CHECKING:
    from pytest_synthdata.columns.arrow.values import Index
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_BLOCK = 32_768  # rows whose random bits stay in the processor's cache
_RANGE = 2**64
_LEAST_LOOKED_AT = 1_024  # rows at once, where a number of them is sought

# Reads the clean rows at some positions among those that are asked for.
Look = Callable[["Index"], Reader]


@dataclass(frozen=True)
class Hit:
    """The cells of one column that one kind changes.

    Args:
        kind: its place among the table's kinds.
        column: the column.
        index: positions among the rows that were asked for, ascending.
        clean: what the cells hold without the defect.
        dirty: what they hold with it.
    """

    kind: int
    column: str
    index: Index
    clean: pa.Array
    dirty: pa.Array


@dataclass(frozen=True)
class Planting:
    """The kinds of defects of a table.

    A cell has at most one defect: where several kinds draw the same cell, the one that was declared first has it. So
    a kind that is added at the end changes nothing of the others.

    Args:
        bound: the clean table.
        kinds: in the order of their declaration.
    """

    bound: BoundTable
    kinds: tuple[Kind, ...]

    def check(self) -> None:
        """Raise `DeclarationError` for a kind that this table cannot have."""
        for kind in self.kinds:
            if not isinstance(kind, Kind):
                raise DeclarationError(
                    f"{self.bound.name}: {kind!r} is not a defect; write Missing('column', 0.01) or another kind"
                )
            kind.check(self.bound)

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        """Each kind's random bits: by what it is and where, and by a number where that was declared before."""
        seen: Counter[tuple[str, ...]] = Counter()
        streams = []
        for kind in self.kinds:
            names = (kind.label, *kind.named())
            seen[names] += 1
            again = () if seen[names] == 1 else (str(seen[names]),)
            streams.append(Stream((str(self.bound.seed), self.bound.name)).child("defect", *names, *again))
        return tuple(streams)

    @cached_property
    def _targets(self) -> tuple[tuple[str, ...], ...]:
        return tuple(() if isinstance(kind, Duplicates) else kind.targets(self.bound) for kind in self.kinds)

    @cached_property
    def _shared(self) -> frozenset[str]:
        """The columns that several kinds may change."""
        counts = Counter(column for targets in self._targets for column in targets)
        return frozenset(column for column, count in counts.items() if count > 1)

    def hits(self, rows: Bits, look: Look, until: int | None = None) -> list[Hit]:
        """The changed cells of some rows; rows that are copied are not among them.

        Args:
            rows: row numbers of the clean table, in any order.
            look: reads clean rows at some positions.
            until: only the kinds before this place.
        """
        found: list[Hit] = []
        taken: dict[str, npt.NDArray[np.bool_]] = {}
        for number, kind in enumerate(self.kinds[:until]):
            if not isinstance(kind, Duplicates):
                index = self.drawn(number, rows, look)
                found += self._changed(number, index, rows, look, taken)
        return found

    def drawn(self, number: int, rows: Bits, look: Look) -> Index:
        """The positions of the rows that a kind draws and that meet its condition."""
        kind = self.kinds[number]
        if kind.exactly is not None:
            chosen = self._chosen(number)
            return np.flatnonzero(np.isin(rows, chosen)) if len(chosen) else np.zeros(0, np.intp)
        index = drawn(self.streams[number], kind.share or 0.0, rows)
        return self._meeting(number, index, look)

    def _meeting(self, number: int, index: Index, look: Look) -> Index:
        where = self.kinds[number].where
        if where is None or not len(index):
            return index
        cells, title = self._cells(number, "where", look(index)), self.kinds[number].title
        try:
            with own_code(cells.place):
                met = typed(where.values(cells), pa.bool_())
        except GenerationError as error:
            raise GenerationError(f"{title}: where: {error}") from error
        return index[as_mask(met)]

    def _cells(self, number: int, substream: str, reader: Reader) -> Cells:
        place = ".".join((self.bound.name, *self._targets[number][:1]))
        return Cells(reader, self.streams[number].child(substream), place)

    def _changed(
        self, number: int, index: Index, rows: Bits, look: Look, taken: dict[str, npt.NDArray[np.bool_]]
    ) -> list[Hit]:
        """What a kind changes at some positions, of which it drops those that are taken or would not change."""
        targets = self._targets[number]
        shared = [column for column in targets if column in self._shared]
        for column in shared:
            if column in taken:
                index = index[~taken[column][index]]
        if not len(index):
            return []
        reader = look(index)
        clean = [typed(reader.read(column), self.bound.type_of(column)) for column in targets]
        cells = self._cells(number, "value", reader)
        with own_code(f"{cells.place}: {self.kinds[number].title}"):
            dirty = self.kinds[number].dirty(self.bound, cells, clean)
        hits = [hit_of(number, *one, index) for one in zip(targets, clean, dirty, strict=True)]
        for column in shared:
            mask = taken.setdefault(column, np.zeros(len(rows), np.bool_))
            for hit in hits:
                mask[hit.index] = True
        return [hit for hit in hits if len(hit.index)]

    def _chosen(self, number: int) -> Bits:
        """The rows of a kind that has a number of them, in ascending order."""
        if number not in self._choices:
            self._choices[number] = self._choose(number)
        return self._choices[number]

    @cached_property
    def _choices(self) -> dict[int, Bits]:
        return {}

    def prepare(self) -> None:
        """Choose the rows of all kinds that have a number of them: what travels to executors knows them."""
        for number, kind in enumerate(self.kinds):
            if kind.exactly is not None:
                self._chosen(number)

    def _choose(self, number: int) -> Bits:
        """The first rows of a random order that a kind can change, as many as it has."""
        kind, total = self.kinds[number], self.bound.num_rows
        wanted: int = kind.exactly or 0
        order = Permutation(total, self.streams[number])
        found: list[Bits] = []
        count, start = 0, 0
        while count < wanted and start < total:
            stop = min(total, start + max(2 * (wanted - count), _LEAST_LOOKED_AT))
            rows = order.of(np.arange(start, stop, dtype=np.uint64))
            found.append(rows[self._possible(number, rows)])
            count, start = count + len(found[-1]), stop
        if count < wanted:
            raise GenerationError(
                f"{self.bound.name}: {kind.title}: exactly={counted(wanted, 'row')}, but only {count:,} of {total:,} "
                "can have it"
            )
        return np.sort(np.concatenate(found)[:wanted]) if found else np.zeros(0, np.uint64)

    def _possible(self, number: int, rows: Bits) -> Index:
        def look(index: Index) -> Reader:
            return self.bound.at(rows[index])

        index = self._meeting(number, np.arange(len(rows)), look)
        if isinstance(self.kinds[number], Duplicates):
            return index
        taken: dict[str, npt.NDArray[np.bool_]] = {}
        for hit in self.hits(rows, look, until=number) if self._shared else ():
            taken.setdefault(hit.column, np.zeros(len(rows), np.bool_))[hit.index] = True
        hits = self._changed(number, index, rows, look, taken)
        return distinct(np.zeros(0, np.intp), *(hit.index for hit in hits))


def drawn(stream: Stream, rate: float, rows: Bits) -> Index:
    """The positions of the rows whose uniform number is below a rate."""
    if rate >= 1:
        return np.arange(len(rows))
    threshold = np.uint64(int(rate * _RANGE))
    pieces = [
        np.flatnonzero(stream.bits(rows[start : start + _BLOCK]) < threshold) + start
        for start in range(0, len(rows), _BLOCK)
    ]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.intp)


def hit_of(number: int, column: str, clean: pa.Array, dirty: pa.Array, index: Index) -> Hit:
    """The cells that differ, of those at some positions."""
    changed = differ(clean, dirty)
    if changed.all():
        return Hit(number, column, index, clean, dirty)
    mask = arrow_array(changed)
    return Hit(number, column, index[changed], clean.filter(mask), dirty.filter(mask))


__all__ = ["Hit", "Look", "Planting", "drawn", "hit_of"]
