"""The rows around values that are inside of a column, one for each value: what their declarations read."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_scalar
from pytest_synthdata.columns.arrow.values import Values, take
from pytest_synthdata.columns.generators.nested import OUTER, outward
from pytest_synthdata.columns.random import Bits
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.rows import Positions, Rows


class TakenRows(Rows):
    """Some rows of others, which may repeat.

    Args:
        outer: the others.
        index: their positions there.
    """

    def __init__(self, outer: Rows, index: Positions) -> None:
        super().__init__(outer.bound, {})
        self.outer, self.index, self.count = outer, index, len(index)

    @property
    def rows(self) -> Bits:
        """Row numbers."""
        return self.outer.rows[self.index]

    def places(self, numbers: Positions) -> Positions:
        """Where rows at these positions are in the data."""
        return self.outer.places(self.index[numbers])

    def positions(self, reference: str) -> Positions:
        """The row number of each row's parent; -1 for orphans."""
        return self.outer.positions(reference)[self.index]

    def _read(self, name: str) -> Values:
        return take(self.outer.read(name), self.index)


class FieldRows(Rows):
    """The fields of structs, or the values of maps, as rows of a nested table.

    Args:
        bound: the nested table.
        outer: the row around each.
        values: the structs or maps, none of them null.
    """

    def __init__(self, bound: BoundTable, outer: Rows, values: pa.Array) -> None:
        super().__init__(bound, {})
        self.outer, self.values, self.count = outer, values, len(values)

    @property
    def rows(self) -> Bits:
        """Row numbers."""
        return self.outer.rows

    def places(self, numbers: Positions) -> Positions:
        """Where rows at these positions are in the data."""
        return self.outer.places(numbers)

    def field(self, name: str) -> pa.Array:
        """The values of a field, or those at a key."""
        type_ = self.values.type
        if pa.types.is_map(type_):
            return pc.map_lookup(self.values, arrow_scalar(name, type_.key_type), "first")
        return pc.struct_field(self.values, name)

    def _read(self, name: str) -> Values:
        if name.startswith(OUTER):
            return self.outer.read(outward(name))
        head, dot, rest = name.partition(".")
        is_there = pa.types.is_map(self.values.type) or self.values.type.get_field_index(head) >= 0
        if head in self.bound.plan.visible and is_there:
            array = self.field(head)
            return pc.struct_field(array, rest.split(".")) if dot else array
        return super()._read(name)


__all__ = ["FieldRows", "TakenRows"]
