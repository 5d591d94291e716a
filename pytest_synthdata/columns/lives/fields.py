"""The fields of a struct as columns that others can read and condition on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.values import Values
from pytest_synthdata.columns.cells import Cells, Scope
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.errors import DeclarationError, nearest


@dataclass(frozen=True)
class Field(Generator):
    """One field of a struct: what can be known of it before any row is made."""

    field_type: pa.DataType
    listed: tuple[Any, ...] | None = None

    def values(self, cells: Cells) -> Values:
        raise NotImplementedError(cells.place)

    def type(self, scope: Scope) -> pa.DataType:
        del scope
        return self.field_type

    def domain(self, scope: Scope) -> Sequence[Any] | None:
        del scope
        return self.listed


@dataclass(frozen=True)
class FieldsScope:
    """Where the fields of a struct stand.

    Args:
        outer: the place of the struct's column.
        fields: by name.
    """

    outer: Scope
    fields: Mapping[str, Field]

    def column(self, name: str) -> tuple[Scope, Field]:
        """A field by its name."""
        if name not in self.fields:
            raise DeclarationError(f"{self.outer.place}: there is no {name!r} in it: {nearest(name, self.fields)}")
        return self.outer, self.fields[name]


def fields_scope(type_: pa.DataType, scope: Scope, domains: Mapping[str, tuple[Any, ...]]) -> FieldsScope:
    """The scope of a struct's fields, some of which have only certain values."""
    return FieldsScope(scope, {one.name: Field(one.type, domains.get(one.name)) for one in type_})


__all__ = ["fields_scope"]
