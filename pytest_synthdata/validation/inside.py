"""The fields of structs and the items of arrays and maps, checked one by one: ranges, listed values and nulls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar
from pytest_synthdata.columns.arrow.values import to_arrow, to_numpy
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.modifiers import unwrapped
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.validation.columns import measure_of
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.describe import describe
from pytest_synthdata.validation.declared.expectations import Leaf, Selected, Shares
from pytest_synthdata.validation.declared.steps import Round, Truncate
from pytest_synthdata.validation.measures import Measure, ViolationCounter, check
from pytest_synthdata.validation.results import Check
from pytest_synthdata.validation.rows import Rows

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Way = Callable[[pa.Array], tuple[pa.Array, Numbers]]


class PartMeasure:
    """One field, or the items of one array, in each of a column's values.

    Args:
        path: its name, from the column on.
        way: gives its values, and the places of the values that they are in.
        leaf: what is declared of it.
        measure: what counts it; None where only nulls are looked at.
    """

    unchecked = None

    def __init__(self, bound: BoundTable, path: str, way: Way, leaf: Leaf, measure: Measure | None) -> None:
        self.table, self.path, self.way, self.leaf, self.measure = bound.plan.table, path, way, leaf, measure
        self.name = path
        self.column = path.partition(".")[0]
        self.rows, self.nulls = 0, ViolationCounter()

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        values, places = self.way(to_arrow(rows.read(self.column)))
        null = np.asarray(to_numpy(values.is_null()), np.bool_)
        self.rows += len(values)
        if self.leaf.nulls == 0:
            self.nulls.add(null, places, rows.start)
        if self.measure is not None and not null.all():
            self.measure.add(values.drop_null(), places[~null], rows)

    def checks(self) -> Iterator[Check]:
        """What there is to say of it."""
        if self.leaf.nulls == 0:
            yield check(self.table, self.path, "", self.nulls.finding("nulls", "", self.rows))
        for finding in self.measure.checks() if self.measure is not None else ():
            yield check(self.table, self.path, "", finding)


def parts_of_column(bound: BoundTable, name: str) -> Iterator[PartMeasure]:
    """What to look at inside of a column's values."""

    def whole(array: pa.Array) -> tuple[pa.Array, Numbers]:
        return array, np.arange(len(array))

    yield from _parts(bound, name, bound.plan.columns[name], bound.type_of(name), whole)


def _parts(bound: BoundTable, path: str, declared: Any, type_: pa.DataType, way: Way) -> Iterator[PartMeasure]:
    inner = unwrapped(declared)
    test = pa.types
    if isinstance(inner, Array) and test.is_list(type_):
        yield from _part(bound, f"{path}.item", inner.item, type_.value_type, _items(way))
    elif isinstance(inner, Nested) and inner.shape == "struct":
        for field in inner.plan.visible:
            if test.is_struct(type_) and type_.get_field_index(field) >= 0:
                yield from _part(
                    bound, f"{path}.{field}", inner.plan.columns[field], type_.field(field).type, _field(way, field)
                )
            elif test.is_map(type_):
                yield from _part(
                    bound, f"{path}.{field}", inner.plan.columns[field], type_.item_type, _value(way, field)
                )


def _part(bound: BoundTable, path: str, declared: Any, type_: pa.DataType, way: Way) -> Iterator[PartMeasure]:
    yield from _parts(bound, path, declared, type_, way)
    leaf = describe(declared)
    if not isinstance(leaf, Leaf) or leaf.follows:
        return
    leaf = _in_type(leaf, type_)
    known = isinstance(leaf.law, (Curve, Shares))
    measure = measure_of(replace(leaf, law=Selected(leaf.law, "")), bound.plan.table, path, type_) if known else None
    if measure is not None or leaf.nulls == 0:
        yield PartMeasure(bound, path, way, leaf, measure)


def _in_type(leaf: Leaf, type_: pa.DataType) -> Leaf:
    """What is declared, as values of a type that may be coarser."""
    law, test = leaf.law, pa.types
    if not isinstance(law, Curve) or law.dates:
        return leaf
    if test.is_decimal(type_):
        return replace(leaf, law=law.then(Round(type_.scale)))
    if test.is_integer(type_):
        return replace(leaf, law=law.then(Truncate()))
    return leaf if test.is_float64(type_) else replace(leaf, law=Selected(law, ""))


def _items(way: Way) -> Way:
    def items(array: pa.Array) -> tuple[pa.Array, Numbers]:
        lists, places = way(array)
        return pc.list_flatten(lists), places[to_numpy(pc.list_parent_indices(lists)).astype(np.int64)]

    return items


def _there(way: Way, array: pa.Array) -> tuple[pa.Array, Numbers]:
    values, places = way(array)
    there = np.flatnonzero(to_numpy(values.is_valid()))
    return values.take(arrow_array(there)), places[there]


def _field(way: Way, name: str) -> Way:
    def field(array: pa.Array) -> tuple[pa.Array, Numbers]:
        structs, places = _there(way, array)
        return pc.struct_field(structs, name), places

    return field


def _value(way: Way, key: str) -> Way:
    def value(array: pa.Array) -> tuple[pa.Array, Numbers]:
        maps, places = _there(way, array)
        return pc.map_lookup(maps, arrow_scalar(key, maps.type.key_type), "first"), places

    return value


__all__ = ["PartMeasure", "parts_of_column"]
