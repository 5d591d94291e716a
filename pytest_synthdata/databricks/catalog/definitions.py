"""A table as Unity Catalog describes it: its columns, keys, references and checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pytest_synthdata.errors import DeclarationError, SynthDataError
from pytest_synthdata.sources.ddl import Definition, conditions
from pytest_synthdata.sources.definition_names import in_own_case
from pytest_synthdata.sources.spark_types import spark_type, type_of_json

_CHECK = "delta.constraints."  # properties of Delta tables
_LENGTH = "__CHAR_VARCHAR_TYPE_STRING"  # metadata of columns, in Spark's JSON
_DEFAULT, _GENERATED, _IDENTITY = "CURRENT_DEFAULT", "delta.generationExpression", "delta.identity.start"


@dataclass
class _Columns:
    """What is said of columns, one after the other."""

    fields: list[pa.Field] = field(default_factory=list)
    not_null: set[str] = field(default_factory=set)
    unique: set[str] = field(default_factory=set)
    lengths: dict[str, tuple[int, bool]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    computed: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)

    def add(self, column: Any) -> None:
        name, said = str(column.name), _parsed(column)
        self.fields.append(pa.field(name, _type(column, said)))
        if column.nullable is False or said.get("nullable") is False:
            self.not_null.add(name)
        metadata = said.get("metadata") or {}
        if comment := column.comment or metadata.get("comment"):
            self.comments[name] = str(comment)
        text = str(metadata.get(_LENGTH) or column.type_text or "").lower()
        kind, _, rest = text.partition("(")
        if kind in ("char", "varchar") and rest.rstrip(")").isdigit():
            self.lengths[name] = int(rest.rstrip(")")), kind == "char"
        if _DEFAULT in metadata:
            self.defaults[name] = str(metadata[_DEFAULT])
        if _GENERATED in metadata:
            self.computed[name] = str(metadata[_GENERATED])
        elif _IDENTITY in metadata:
            self.unique.add(name)


def definition_of(info: Any, tables: Mapping[str, str]) -> Definition:
    """The definition of a table.

    Args:
        info: the SDK's ``TableInfo``.
        tables: what the tables that it may refer to are called here, by their full names in lower case.

    Raises:
        SynthDataError: for a column of a type that no table has.
    """
    columns = _Columns()
    for column in sorted(info.columns or (), key=lambda one: one.position or 0):
        columns.add(column)
    if not columns.fields:
        raise SynthDataError(f"{info.full_name}: the catalog tells no columns of it: may you see more than its name?")
    key: tuple[str, ...] = ()
    references: dict[str, tuple[str, str | None]] = {}
    pairs: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = []
    for constraint in info.table_constraints or ():
        primary, foreign = constraint.primary_key_constraint, constraint.foreign_key_constraint
        if primary is not None:
            key = tuple(primary.child_columns or ())
        elif foreign is not None:
            full = str(foreign.parent_table).lower()
            parent, there = tables.get(full, full.rpartition(".")[2]), tuple(foreign.parent_columns or ())
            if len(foreign.child_columns or ()) == 1:
                references[foreign.child_columns[0]] = parent, there[0] if there else None
            else:
                pairs.append((tuple(foreign.child_columns or ()), parent, there))
    properties = info.properties or {}
    checks = [text for name, text in sorted(properties.items()) if name.startswith(_CHECK)]
    said = Definition(
        tables[str(info.full_name).lower()],
        pa.schema(columns.fields),
        frozenset(columns.not_null | set(key)),
        frozenset(columns.unique),
        key,
        columns.lengths,
        references,
        tuple(pairs),
        columns.defaults,
        {name: made for name, text in columns.computed.items() for made in conditions([text])},
        tuple(conditions(checks)),
        comments=columns.comments | ({"": str(info.comment)} if info.comment else {}),
    )
    return in_own_case(said)


def _parsed(column: Any) -> dict[str, Any]:
    """Spark's JSON of a column; of a catalog that has only that of its type, that one."""
    try:
        said = json.loads(column.type_json or "")
    except ValueError:
        return {}
    is_column = isinstance(said, dict) and "name" in said
    return said if is_column else {"type": said}


def _type(column: Any, said: Mapping[str, Any]) -> pa.DataType:
    try:
        try:
            return type_of_json(said["type"])
        except (KeyError, TypeError):
            return spark_type(column.type_text or "")
    except DeclarationError as error:
        raise DeclarationError(f"{column.name}: {error}") from None


__all__ = ["definition_of"]
