"""Types of columns: a declaration's values in one, and what is to be said of nested ones."""

from __future__ import annotations

import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import has_maps
from pytest_synthdata.columns.arrow.types import sql_name
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.scope import ColumnScope
from pytest_synthdata.errors import DeclarationError


def in_type(generator: Generator, type_: pa.DataType) -> Generator:
    """A generator whose values have a type."""
    plan = Plan("inferred", {"column": generator})
    try:
        own = generator.type(ColumnScope(plan, "column"))
    except DeclarationError:
        own = None
    return generator if own is not None and _nullable(own) == type_ else generator.cast(sql_name(type_) or type_)


def _nullable(type_: pa.DataType) -> pa.DataType:
    """A type without what it says of nulls in it."""
    if pa.types.is_list(type_):
        return pa.list_(_nullable(type_.value_type))
    if pa.types.is_struct(type_):
        return pa.struct([(field.name, _nullable(field.type)) for field in type_])
    return type_


def has_fields(type_: pa.DataType) -> bool:
    """Whether there are structs of several fields in a type."""
    if pa.types.is_map(type_):
        return has_fields(type_.item_type)
    parts = [type_.field(number).type for number in range(type_.num_fields)]
    return (pa.types.is_struct(type_) and len(parts) > 1) or any(map(has_fields, parts))


def stated_type(type_: pa.DataType) -> pa.DataType | str | None:
    """What must be stated of a nested type: maps look like structs."""
    return (sql_name(type_) or type_) if has_maps(type_) else None


__all__ = ["has_fields", "in_type", "stated_type"]
