"""What a single column is declared as, nested ones included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.kinds import has_maps, is_number, is_temporal
from pytest_synthdata.columns.arrow.types import sql_name
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Unique, unwrapped
from pytest_synthdata.columns.generators.numbers.whole import Boolean
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.rules import may_correlate
from pytest_synthdata.columns.text.template import Template
from pytest_synthdata.errors import DeclarationError
from pytest_synthdata.infer.column_types import has_fields, in_type, stated_type
from pytest_synthdata.infer.relations.absence import Absence, absence
from pytest_synthdata.infer.relations.deciders import Predictor, in_parts
from pytest_synthdata.infer.relations.dependence import given
from pytest_synthdata.infer.relations.rows import following_by_name
from pytest_synthdata.infer.times.moments import is_spread, moment
from pytest_synthdata.infer.values.fitting import Resolution, rounded_shares
from pytest_synthdata.infer.values.meanings import ColumnName
from pytest_synthdata.infer.values.numbers import lattice_for, law, number, span, truth
from pytest_synthdata.infer.values.personal import holds_addresses, personal
from pytest_synthdata.infer.values.texts import remark_on, text
from pytest_synthdata.infer.values.trends import along, times_along

_USUAL_ITEMS = 3
_USUAL_KEYS = ("a", "b", "c")
_MOST_KEYS = 20
_FIELDS = "Its fields are independent of each other and of other columns: relations in structs are not found."


@dataclass(frozen=True)
class Declared:
    """What stands in a factory for a column.

    Args:
        declaration: a generator, or factory_boy's `Dict` or `List`.
        stated: the type that its annotation states, where it must.
        comment: what a reader should know of it.
    """

    declaration: Any
    stated: pa.DataType | str | None = None
    comment: str | None = None


def declare(
    column: ColumnName,
    type_: pa.DataType,
    values: pa.Array | None,
    *,
    is_first: bool,
    may_order: bool,
    deciders: Sequence[Predictor] = (),
    places: Mapping[str, pa.Array] = MappingProxyType({}),
    order: Sequence[str] = (),
) -> Declared:
    """The declaration of a column.

    Args:
        column: its name, and its table's.
        type_: its type, which its values will have.
        values: its values, in the order of rows; None where only the schema is known.
        is_first: whether it is the table's first column.
        may_order: whether the table may be ordered by it.
        deciders: columns that it may depend on.
        places: columns that say where in a series a row is.
        order: its texts, in the order in which they are correlated with other columns.
    """
    absent, count = Absence(), 0 if values is None else len(values)
    said: str | None = None
    if values is not None and pa.types.is_floating(type_):
        finite = pc.if_else(pc.is_finite(values), values, pa.scalar(None, type_))  # no law gives NaN
        said = _said_of(finite.null_count - values.null_count, count, "are infinite or NaN, and null here.")
        values = finite
    if values is not None and values.null_count:
        if values.null_count == count:
            return Declared(in_type(Constant(None), type_), comment=said)
        absent = absence(to_numpy(values.is_null()), deciders)
        valid = np.flatnonzero(to_numpy(values.is_valid()))
        deciders = [one.of(valid) for one in deciders]
        places = {name: one.take(pa.array(valid)) for name, one in places.items()}
        values = values.drop_null()
    if pa.types.is_struct(type_) or pa.types.is_map(type_):
        return _with_remark(_nested(column, type_, values, absent, count), type_, values)
    found = _flat(column, type_, values, is_first=is_first, may_order=may_order)
    if values is not None:
        found = _related(found, type_, values, deciders=deciders, places=places, order=order)
    if pa.types.is_list(type_) and (not isinstance(found, Array) or nested_item(found) is not None):
        return _with_remark(_with_nulls(found, type_, values, absent, count), type_, values)
    said = said or (_remark(found, type_, values) if values is not None and len(values) else None)
    return Declared(absent.of(in_type(found, type_)), comment=said)


def _remark(found: Generator, type_: pa.DataType, values: pa.Array) -> str | None:
    """What a reader should know of how values were understood."""
    if pa.types.is_binary(type_):
        return "Eight letters stand for its bytes."
    return remark_on(found, values) if pa.types.is_string(type_) else None


def _nested(column: ColumnName, type_: pa.DataType, values: pa.Array | None, absent: Absence, count: int) -> Declared:
    if pa.types.is_map(type_):
        return _with_nulls(_map(column, type_, values), type_, values, absent, count)
    if values is not None and absent.share and (made := _nullable_struct(column, type_, values)) is not None:
        return Declared(absent.of(made))
    return _with_nulls(_struct(column, type_, values), type_, values, absent, count)


def _with_nulls(made: Any, type_: pa.DataType, values: pa.Array | None, absent: Absence, count: int) -> Declared:
    """A nested declaration with its nulls, or a comment where factory_boy's declarations have none."""
    if isinstance(made, Generator):
        return Declared(absent.of(made), stated=stated_type(type_))
    lost = 0 if values is None else count - len(values)
    return Declared(made, stated=stated_type(type_), comment=_said_of(lost, count, "are null, and none are here."))


def _with_remark(made: Declared, type_: pa.DataType, values: pa.Array | None) -> Declared:
    """A nested declaration with what a reader should know of the fields of structs in it."""
    if values is None or not len(values) or not has_fields(type_):
        return made
    return replace(made, comment=f"{made.comment} {_FIELDS}" if made.comment else _FIELDS)


def _said_of(count: int, total: int, what: str) -> str | None:
    """What is said of values of the source that do not come out; None where there are none."""
    return f"{count / total:.1%} of the source's values {what}" if count else None


def _flat(
    column: ColumnName, type_: pa.DataType, values: pa.Array | None, *, is_first: bool, may_order: bool
) -> Generator:
    test = pa.types
    if is_number(type_):
        return number(column, type_, values, is_first=is_first)
    if test.is_boolean(type_):
        return truth(values)
    if test.is_string(type_):
        return text(column, values, is_first=is_first)
    if is_temporal(type_):
        return moment(column, type_, values, may_order=may_order)
    if test.is_time(type_) or test.is_duration(type_):
        return span(type_, values)
    if test.is_binary(type_):
        return Fake("bothify", text="????????")
    return _array(column, type_, values) if test.is_list(type_) else Constant(None)


def _related(
    found: Generator,
    type_: pa.DataType,
    values: pa.Array,
    *,
    deciders: Sequence[Predictor],
    places: Mapping[str, pa.Array],
    order: Sequence[str],
) -> Generator:
    """A column by what it depends on; as it was, where that is nothing."""
    if places and is_number(type_) and not isinstance(found, (Key, Unique, Constant, Call)):
        numbers = to_numpy(values).astype(np.float64)
        trend = along(numbers, lattice_for(type_, numbers), places)
        if trend is not None:
            return trend.cast(sql_name(type_) or type_)
    if places and is_temporal(type_) and is_spread(found):
        series = times_along(values, places)
        return found if series is None else series
    if order and isinstance(found, Categorical):
        found = in_order(found, order)
    depending = _depending(found, type_, values, [*deciders, *_parts_of({} if is_number(type_) else places)], order)
    return found if depending is None else depending


def _parts_of(places: Mapping[str, pa.Array]) -> Iterator[Predictor]:
    for name, values in places.items():
        if (found := in_parts(name, values)) is not None:
            yield found


def in_order(listed: Categorical, order: Sequence[Any]) -> Categorical:
    """A list of values in another order."""
    shares = dict(zip(listed.categories, listed.shares, strict=True))
    return Categorical({name: shares[name] for name in order if name in shares})


def _depending(
    generator: Generator, type_: pa.DataType, values: pa.Array, deciders: Sequence[Predictor], order: Sequence[str]
) -> Generator | None:
    """What a column is given other ones, if it depends on some."""
    if isinstance(generator, (Key, Constant, Fake, Template, Unique, Call)) or pa.types.is_uint64(type_):
        return None
    if is_number(type_):
        resolution = lattice_for(type_, to_numpy(values).astype(np.float64))
        is_list = isinstance(generator, Categorical)
        return given(values, resolution, deciders, correlates=may_correlate(generator), is_list=is_list)
    if not isinstance(generator, (Categorical, Boolean)):
        return None
    return given(values, None, deciders, order=order, correlates=bool(order) or isinstance(generator, Boolean))


def _array(column: ColumnName, type_: pa.DataType, values: pa.Array | None) -> Generator:
    item = _part(column.items, type_.value_type, None if values is None else values.flatten())
    item = _required(item, column, "[]")
    if not isinstance(item, Generator) and has_maps(
        type_
    ):  # whose type its annotation states, as a struct is meant else
        return factory.List([item] * _USUAL_ITEMS)
    if values is None or not len(values):
        return Array(item, length=_USUAL_ITEMS)
    lengths = to_numpy(pc.list_value_length(values)).astype(np.float64)
    length = law(lengths, Resolution(0))
    length = length if isinstance(length, Constant) else in_type(length, pa.int64())
    return Array(item, length=length.value if isinstance(length, Constant) else length)


def nested_item(array: Array) -> Any:
    """What the items of arrays are that factory_boy's declarations make, structs; None for others."""
    item = array.item.value if isinstance(array.item, Constant) else None
    return item if isinstance(item, factory.declarations.BaseDeclaration) else None


def _part(column: ColumnName, type_: pa.DataType, values: pa.Array | None) -> Any:
    """What is within a nested value."""
    values = None if values is not None and not len(values) else values
    return declare(column, type_, values, is_first=False, may_order=False).declaration


def _struct(column: ColumnName, type_: pa.DataType, values: pa.Array | None) -> Any:
    parts, names = dict[str, Any](), [one.name for one in type_]
    following = (
        following_by_name(pa.schema(list(type_)), dict(zip(names, names, strict=True))) if values is None else {}
    )
    for place, one in enumerate(type_):
        if not _is_field(one.name):
            raise DeclarationError(
                f"{column.table}.{column.name}: the field {one.name!r} of {type_}: factory_boy has another meaning for "
                "that name; rename the field, or leave the column out and declare it in a subclass"
            )
        inner = None if values is None else pc.struct_field(values, [place])
        if one.name in following:
            part = in_type(following[one.name].generator, one.type)
        else:
            part = _part(column.field(one.name, names), one.type, inner)
        parts[one.name] = _required(part, column, one.name)
    return factory.Dict(parts)


def _required(part: Any, column: ColumnName, name: str) -> Any:
    """A part of a column that is never null, if its table's schema says so."""
    return part.not_null() if name in column.not_null and isinstance(part, Generator) else part


def _nullable_struct(column: ColumnName, type_: pa.DataType, values: pa.Array) -> Generator | None:
    """A struct as an expression, which may be null as a whole; None where a part of it cannot stand in one."""
    parts, names = list[Generator](), [one.name for one in type_]
    for place, one in enumerate(type_):
        inner, name = pc.struct_field(values, [place]), column.field(one.name, names)
        part = _part(name, one.type, inner)
        if pa.types.is_struct(one.type) and not isinstance(part, Generator) and len(inner):
            part = _nullable_struct(name, one.type, inner)
        if not isinstance(part, Generator) or (isinstance(array := unwrapped(part), Array) and nested_item(array)):
            return None
        parts.append(part)
    return Call("struct", tuple(parts), (tuple(names),))


def _is_field(name: str) -> bool:
    """Whether factory_boy takes a name for that of a field: it passes fields on by name, and reads paths in them."""
    return "__" not in name and name not in ("self", "factory")


def _map(column: ColumnName, type_: pa.DataType, values: pa.Array | None) -> Any:
    """A map as the entries that it may have, each in its share of rows."""
    if not pa.types.is_string(type_.key_type) and not pa.types.is_integer(type_.key_type):
        return Constant(None).cast(sql_name(type_) or type_)
    keys = None if values is None else values.keys.cast(pa.string())
    shares = {} if keys is None else _shares(column, keys)
    if values is None or not shares:
        item = _part(column, type_.item_type, None if values is None else values.items)
        usual = _USUAL_KEYS if pa.types.is_string(type_.key_type) else ("1", "2", "3")
        return factory.Dict(dict.fromkeys(usual, item))
    parts = {}
    for key, count in shares.items():
        part = _part(column.field(key, shares), type_.item_type, values.items.filter(pc.equal(keys, key)))
        absent = rounded_shares([max(len(values) - count, 0), count], len(values))[0] if count < len(values) else 0.0
        parts[key] = part.nulls(absent) if absent and isinstance(part, Generator) else part
    return factory.Dict(parts)


def _shares(column: ColumnName, keys: pa.Array) -> dict[str, int]:
    """How often a map has its usual keys; of none where these may be those of people."""
    if not len(keys) or personal(column, keys) is not None or holds_addresses(keys):
        return {}
    counted = keys.value_counts().sort(order="descending", by="counts").slice(0, _MOST_KEYS)
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    return {key: count for key, count in pairs if _is_field(key)}


__all__ = ["Declared", "declare", "nested_item"]
