"""Measured rows as the engine reads rows: so that conditions and formulas are evaluated on any data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, null_of, without_nulls
from pytest_synthdata.columns.arrow.values import Index, Values, to_arrow, to_numpy
from pytest_synthdata.columns.batch import Selection
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.references.through import held_keys
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.validation.keys.forms import Form, numbers_in, together

Positions = npt.NDArray[np.int64]


class UnreadableError(SynthDataError):
    """A column that the data at hand does not have."""


@dataclass(frozen=True)
class Parent:
    """What children look up of the table that they refer to.

    Args:
        bound: the table's declarations.
        rows: the looked-up columns of all its rows.
        key: the columns of its key.
    """

    bound: BoundTable
    rows: Rows
    key: tuple[str, ...]

    def positions(self, held: Sequence[pa.Array]) -> Positions:
        """The row numbers of some keys, by column; -1 for those that are not there."""
        form = self._form
        held = [_as_whole(one, self.bound.type_of(name)) for one, name in zip(held, self.key, strict=True)]
        keys = held[0] if len(held) == 1 else together(held)
        if form is None:
            found = pc.index_in(to_arrow(keys), value_set=self._keys, skip_nulls=True)
            return np.asarray(to_numpy(without_nulls(found, -1)), np.int64)
        wanted = numbers_in(to_arrow(keys), form)
        numbers, rows = self._by_number
        if not len(numbers):
            return np.full(len(wanted), -1, np.int64)
        if numbers[-1] - numbers[0] == len(numbers) - 1:  # none is left out
            place = np.clip(wanted - numbers[0], 0, len(numbers) - 1)
        else:
            place = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
        return np.where(numbers[place] == wanted, rows[place], -1)

    @cached_property
    def _keys(self) -> pa.Array:
        parts = [to_arrow(self.rows.read(name), self.bound.type_of(name)) for name in self.key]
        return parts[0] if len(parts) == 1 else together(parts)

    @cached_property
    def _form(self) -> Form | None:
        return key_form(self.bound.plan, self.key[0]) if len(self.key) == 1 else None

    @cached_property
    def _by_number(self) -> tuple[Positions, Positions]:
        """The numbers of all keys, ascending, and the first row of each."""
        form = self._form
        assert form is not None  # noqa: S101
        numbers, rows = np.unique(numbers_in(self._keys, form), return_index=True)
        known = numbers >= 0
        return numbers[known], rows[known]


def _as_whole(keys: pa.Array, type_: pa.DataType) -> pa.Array:
    """Keys of integers that are held as floats as integers; null for what is not whole."""
    if not pa.types.is_floating(keys.type) or not pa.types.is_integer(type_):
        return keys
    return pc.if_else(pc.equal(keys, pc.floor(keys)), keys, null_of(keys.type)).cast(type_, safe=False)


def key_form(plan: Plan, name: str) -> Form | None:
    """The pattern of a key, if the column is a `Key`."""
    generator = plan.columns.get(name)
    return Form.of(generator) if isinstance(generator, Key) else None


class Rows:
    """Some measured rows.

    Args:
        bound: the table's declarations.
        columns: the visible columns that the data has, in their declared types.
        start: the number of the first row.
        parents: what references can look up, by the reference's name.
        row_numbers: the declared rows that these are, where they are the table's own: hidden columns can then be made.
    """

    def __init__(
        self,
        bound: BoundTable,
        columns: Mapping[str, pa.Array],
        start: int = 0,
        parents: Mapping[str, Parent] | None = None,
        row_numbers: Bits | None = None,
    ) -> None:
        self.bound = bound
        self.start = start
        self._columns = columns
        self._parents = parents or {}
        self.declared_rows = row_numbers
        self._known: dict[str, Values] = {}
        self.count: int = len(next(iter(columns.values()), ()))

    def refer(self, parents: Mapping[str, Parent]) -> None:
        """Let references look up these parents, by the reference's name."""
        self._parents = parents

    @cached_property
    def rows(self) -> Bits:
        """Row numbers."""
        if self.declared_rows is not None:
            return self.declared_rows
        return np.arange(self.start, self.start + self.count, dtype=np.uint64)

    def places(self, numbers: Positions) -> Positions:
        """Where rows at these positions are in the data."""
        return numbers + self.start

    def has(self, name: str) -> bool:
        """Whether a column can be read."""
        try:
            self.read(name)
        except UnreadableError:
            return False
        return True

    def read(self, name: str) -> Values:
        """A column; a parent's as ``reference.column``, null for orphans."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, name: str) -> Values:
        if name in self._columns:
            return _compact(self._columns[name])
        plan, (head, dot, rest) = self.bound.plan, name.partition(".")
        if dot and isinstance(plan.columns.get(head), ForeignKeyColumn):
            positions = self.positions(head)
            values = self._parents[head].rows.read(rest)
            missing = positions < 0
            index = arrow_array(positions, mask=missing) if missing.any() else arrow_array(positions)
            array = values if isinstance(values, pa.Array) else arrow_array(values)
            return array.take(index)
        if dot and head in self._columns:
            return pc.struct_field(self._columns[head], rest.split("."))
        if self.declared_rows is not None and head in plan.columns:
            return self.bound.at(self.rows).read(name)
        raise UnreadableError(f"{plan.table}.{name} is not in the data")

    def positions(self, reference: str) -> Positions:
        """The row number of each row's parent; -1 for orphans."""
        held = [name for name in held_keys(self.bound.plan, reference) if name in self._columns]
        if reference not in self._parents or len(held) < len(self._parents[reference].key):
            raise UnreadableError(f"the rows that {self.bound.plan.table}.{reference} refers to are not at hand")
        name = f"{reference}#"
        if name not in self._known:
            self._known[name] = self._parents[reference].positions([self._columns[one] for one in held if one])
        return np.asarray(self._known[name])

    def tokens(self, name: str) -> None:
        """Data that came from elsewhere is not made of words."""
        del name

    def take(self, index: Index) -> Selection:
        """The rows at some positions."""
        return Selection(self, index)

    def row(self, position: int) -> Any:
        """Only functions that are called row by row ask for this, and none is asked here."""
        raise UnreadableError(f"row {position}")

    def cells(self, name: str) -> Cells:
        """The cells of a column, for what computes them."""
        return Cells(self, self.bound.stream(name), f"{self.bound.plan.table}.{name}")

    def evaluate(self, generator: Generator, name: str) -> Values:
        """A formula's values."""
        return generator.values(self.cells(name))


class Pairs:
    """Children and candidates for their parents, side by side: for conditions between both."""

    def __init__(self, children: Rows, reference: str, index: Positions, candidates: Positions) -> None:
        self._children = children
        self._reference = reference
        self._index = index
        self._candidates = candidates
        self.bound: BoundTable = children.bound
        self.rows: Bits = children.rows[index]

    def read(self, name: str) -> Values:
        """A column of the children or of the candidates."""
        head, dot, rest = name.partition(".")
        if dot and head == self._reference:
            values, index = self._children._parents[head].rows.read(rest), self._candidates
        else:
            values, index = self._children.read(name), self._index
        return values[index] if isinstance(values, np.ndarray) else values.take(arrow_array(index))

    def tokens(self, name: str) -> None:
        """Data that came from elsewhere is not made of words."""
        del name

    def take(self, index: Index) -> Selection:
        """Some of the pairs."""
        return Selection(self, index)

    def row(self, position: int) -> Any:
        """As with `Rows`."""
        raise UnreadableError(f"row {position}")


def key_column(plan: Plan, reference: str) -> str | None:
    """The visible column that holds a reference's key, the first of several; None where one is not in the table."""
    held = held_keys(plan, reference)
    return None if None in held else held[0]


def _compact(array: pa.Array) -> Values:
    """Numbers as NumPy has them; texts that repeat as codes, which are quicker to compare."""
    type_ = array.type
    if pa.types.is_string(type_) and len(array):
        sample = array.slice(0, 1024)
        if len(sample.unique()) * 4 < len(sample) or len(sample) < 64:  # noqa: PLR2004
            return array.dictionary_encode()
    if array.null_count == 0 and (pa.types.is_floating(type_) or pa.types.is_integer(type_)):
        return to_numpy(array)
    return array


def looked_up_key(plan: Plan) -> tuple[str, ...]:
    """The columns by which the rows of a table are looked up."""
    return tuple(plan.key_columns) or ((plan.key,) if plan.key is not None else ())


class ParentCollector:
    """Collects the columns of a table that its children will look up, batch by batch."""

    def __init__(self, bound: BoundTable, names: Iterable[str]) -> None:
        self.bound = bound
        self.names: list[str] = list(names)
        self._pieces: dict[str, list[pa.Array]] = {name: [] for name in self.names}

    def add(self, rows: Rows) -> None:
        """Keep a batch's columns."""
        for name in self.names:
            if rows.has(name):
                values = rows.read(name)
                self._pieces[name].append(values if isinstance(values, pa.Array) else arrow_array(values))

    def parent(self) -> Parent | None:
        """What was kept, for children; None where the key is not there."""
        key = looked_up_key(self.bound.plan)
        columns = {name: _joined(pieces) for name, pieces in self._pieces.items() if pieces}
        if not key or not columns.keys() >= {*key}:
            return None
        return Parent(self.bound, Rows(self.bound, columns), key)


def _joined(pieces: list[pa.Array]) -> pa.Array:
    if len({piece.type for piece in pieces}) > 1:
        pieces = [to_arrow(piece) for piece in pieces]
    joined = pa.chunked_array(pieces).unify_dictionaries().combine_chunks()
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


__all__ = ["Pairs", "Parent", "ParentCollector", "Rows", "UnreadableError", "key_column", "key_form", "looked_up_key"]
