"""What is inside of structs, arrays and maps, checked value by value: ranges, listed values, formulas and nulls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.types import settled
from pytest_synthdata.columns.arrow.values import take, to_arrow, to_numpy
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.columns import ColumnMeasure, branch_of, without_nulls
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.describe import describe
from pytest_synthdata.validation.declared.expectations import (
    Fork,
    Formula,
    Leaf,
    Node,
    Selected,
    Shares,
    TimelineExpectation,
    Unknown,
)
from pytest_synthdata.validation.declared.formulas import is_formula
from pytest_synthdata.validation.declared.nulls import may_be_null
from pytest_synthdata.validation.declared.steps import Round, Truncate
from pytest_synthdata.validation.declared.trees import conditioned, leaves, map_leaves
from pytest_synthdata.validation.inner_rows import FieldRows, TakenRows
from pytest_synthdata.validation.results import Check
from pytest_synthdata.validation.rows import Rows, UnreadableError

Way = Callable[[Rows], tuple[pa.Array, Rows]]
_UNKNOWN = Unknown("")


class PartMeasure:
    """One field, or the items of one array, in each of a column's values.

    Args:
        measure: what counts its values.
        way: gives its values, and for each the row around it.
    """

    def __init__(self, measure: ColumnMeasure, way: Way) -> None:
        self.measure, self.way = measure, way
        self.is_readable = True

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        try:
            values, around = self.way(rows)
        except UnreadableError:
            self.is_readable = False
            return
        self.measure.add(around, values)

    def checks(self) -> Iterator[Check]:
        """What there is to say of it."""
        if self.is_readable:
            yield from self.measure.checks()


@dataclass(frozen=True)
class _Part:
    """A place inside of a column's values.

    Args:
        bound: the table, or the nested one, whose columns its declaration reads.
        path: its name, from the column on.
        declared: what is declared of it.
        type: of its values.
        way: gives its values, and for each the row around it.
        name: the column or field that its declaration is of.
    """

    bound: BoundTable
    path: str
    declared: Any
    type: pa.DataType
    way: Way
    name: str

    def inside(self) -> Iterator[_Part]:
        """The places that are inside of its own values."""
        inner, test = unwrapped(self.declared), pa.types
        if is_formula(inner):
            return
        if isinstance(inner, (Given, When)):
            node = describe(inner)
            for number, branch in enumerate(inner.branches if isinstance(node, Fork) else ()):
                yield from replace(self, declared=branch, way=_branch(self.way, node, number, self.path)).inside()
        elif isinstance(inner, Array) and test.is_list(self.type):
            yield self._at("item", inner.item, self.type.value_type, _items(self.way))
        elif isinstance(inner, Call) and inner.function == "struct" and test.is_struct(self.type):
            for field, operand in zip(inner.options[0], inner.operands, strict=True):
                yield self._at(field, operand, self.type.field(field).type, _field(self.way, field))
        elif isinstance(inner, Nested) and inner.shape == "struct":
            for field in inner.plan.visible:
                if test.is_map(self.type) or self.type.get_field_index(field) >= 0:
                    type_ = self.type.item_type if test.is_map(self.type) else self.type.field(field).type
                    yield self._of_nested(inner, field, type_)

    def _at(self, name: str, declared: Any, type_: pa.DataType, way: Way) -> _Part:
        return replace(self, path=f"{self.path}.{name}", declared=declared, type=type_, way=way)

    def _of_nested(self, nested: Nested, field: str, type_: pa.DataType) -> _Part:
        bound = nested.bound(self.bound)

        def way(rows: Rows) -> tuple[pa.Array, Rows]:
            values, around = _there(*self.way(rows))
            fields = FieldRows(bound, around, values)
            return fields.field(field), fields

        return _Part(bound, f"{self.path}.{field}", nested.plan.columns[field], type_, way, field)

    def measures(self) -> Iterator[PartMeasure]:
        """What to look at there, and inside of it."""
        yield from self.measures_inside()
        node = without_nulls(describe(self.declared), self.declared, self.bound.scope(self.name))
        yield from self._measure(self.path, map_leaves(node, self._in_type), self.type, self.way)

    def measures_inside(self) -> Iterator[PartMeasure]:
        """What to look at inside of it."""
        for part in self.inside():
            yield from part.measures()
        inner = unwrapped(self.declared)
        if isinstance(inner, Array) and pa.types.is_list(self.type) and not is_formula(inner):
            scope = self.bound.scope(self.name)
            node = map_leaves(without_nulls(describe(inner.length), inner.length, scope), self._as_length)
            yield from self._measure(f"{self.path}.length", node, pa.int32(), _lengths(self.way))
        if isinstance(inner, Nested) and pa.types.is_map(self.type):
            keys = Leaf(Shares(dict.fromkeys(inner.plan.visible, 1.0)))
            yield from self._measure(f"{self.path}.key", keys, self.type.key_type, _keys(self.way))

    def _measure(self, path: str, node: Node, type_: pa.DataType, way: Way) -> Iterator[PartMeasure]:
        node = conditioned(node)
        if any(leaf.law != _UNKNOWN or leaf.nulls == 0 for leaf in leaves(node)):
            yield PartMeasure(ColumnMeasure(self.bound.plan.table.partition(".")[0], path, node, type_), way)

    def _in_type(self, leaf: Leaf) -> Leaf:
        """What is declared, as values of a type that may be coarser."""
        law, test = leaf.law, pa.types
        if isinstance(law, Selected):
            return self._in_type(replace(leaf, law=law.law))
        if isinstance(law, (Shares, TimelineExpectation)) or (isinstance(law, Curve) and law.dates):
            return leaf
        if isinstance(law, Curve) and test.is_decimal(self.type):
            return replace(leaf, law=law.then(Round(self.type.scale)))
        if isinstance(law, Curve) and test.is_integer(self.type):
            return replace(leaf, law=law.then(Truncate()))
        if isinstance(law, Curve) and test.is_float64(self.type):
            return leaf
        declared = self.declared.type(self.bound.scope(self.name))
        if isinstance(law, (Curve, Unknown)) or declared is None or settled(declared) != self.type:
            return replace(leaf, law=_UNKNOWN)
        return leaf

    def _as_length(self, leaf: Leaf) -> Leaf:
        """What is declared of a length: its whole part counts, and null is none."""
        if isinstance(leaf.law, Formula):
            scope = self.bound.scope(self.name)
            type_ = leaf.law.generator.type(scope)
            is_whole = type_ is not None and pa.types.is_integer(type_)
            return leaf if is_whole and not may_be_null(leaf.law.generator, scope) else Leaf(_UNKNOWN, None)
        if leaf.nulls != 0 or not isinstance(leaf.law, (Curve, Shares)):
            return Leaf(_UNKNOWN, None)
        if isinstance(leaf.law, Curve):
            return replace(leaf, law=leaf.law.then(Truncate()))
        return replace(leaf, law=leaf.law.map(lambda values: [int(value) for value in values]))


def parts_of_column(bound: BoundTable, name: str) -> Iterator[PartMeasure]:
    """What to look at inside of a column's values."""

    def whole(rows: Rows) -> tuple[pa.Array, Rows]:
        return to_arrow(rows.read(name)), rows

    return _Part(bound, name, bound.plan.columns[name], bound.type_of(name), whole, name).measures_inside()


def _some(values: pa.Array, rows: Rows, index: npt.NDArray[Any]) -> tuple[pa.Array, Rows]:
    return to_arrow(take(values, index)), TakenRows(rows, index)


def _there(values: pa.Array, rows: Rows) -> tuple[pa.Array, Rows]:
    """The values that are not null."""
    if not values.null_count:
        return values, rows
    return _some(values, rows, np.flatnonzero(to_numpy(values.is_valid())))


def _branch(way: Way, fork: Any, number: int, name: str) -> Way:
    def branch(rows: Rows) -> tuple[pa.Array, Rows]:
        values, around = way(rows)
        return _some(values, around, np.flatnonzero(branch_of(fork, around, name) == number))

    return branch


def _items(way: Way) -> Way:
    def items(rows: Rows) -> tuple[pa.Array, Rows]:
        lists, around = way(rows)
        parents = to_numpy(pc.list_parent_indices(lists)).astype(np.int64)
        return pc.list_flatten(lists), TakenRows(around, parents)

    return items


def _lengths(way: Way) -> Way:
    def lengths(rows: Rows) -> tuple[pa.Array, Rows]:
        lists, around = _there(*way(rows))
        return pc.list_value_length(lists), around

    return lengths


def _field(way: Way, name: str) -> Way:
    def field(rows: Rows) -> tuple[pa.Array, Rows]:
        structs, around = _there(*way(rows))
        return pc.struct_field(structs, name), around

    return field


def _keys(way: Way) -> Way:
    def keys(rows: Rows) -> tuple[pa.Array, Rows]:
        maps, around = _there(*way(rows))
        lists = maps.cast(pa.list_(pa.struct([("key", maps.type.key_type), ("value", maps.type.item_type)])))
        parents = to_numpy(pc.list_parent_indices(lists)).astype(np.int64)
        return pc.struct_field(pc.list_flatten(lists), "key"), TakenRows(around, parents)

    return keys


__all__ = ["PartMeasure", "parts_of_column"]
