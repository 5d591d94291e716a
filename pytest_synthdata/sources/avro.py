"""Tables as Avro's schemas describe their rows: records, unions with null, logical types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.errors import SynthDataError, nearest
from pytest_synthdata.sources.ddl import Definition
from pytest_synthdata.sources.field_rules import REMEDY, FieldRule, table_of

_PLAIN: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(), "int": pa.int32(), "long": pa.int64(), "float": pa.float32(), "double": pa.float64(),
    "bytes": pa.binary(), "string": pa.string(),
}  # fmt: skip
_LOGICAL: Mapping[tuple[str, str], pa.DataType] = {
    ("int", "date"): pa.date32(), ("int", "time-millis"): pa.time32("ms"), ("long", "time-micros"): pa.time64("us"),
    **{("long", f"timestamp-{unit}"): TIMESTAMP for unit in ("millis", "micros", "nanos")},
    **{("long", f"local-timestamp-{unit}"): pa.timestamp("us") for unit in ("millis", "micros", "nanos")},
}  # fmt: skip
_NESTED = ("record", "enum", "array", "map", "fixed")
_REQUIRED = FieldRule(is_required=True)


def is_avro(content: Any) -> bool:
    """Whether a value is an Avro schema of records."""
    if isinstance(content, list):
        return bool(content) and all(isinstance(one, dict) and one.get("type") in _NESTED for one in content)
    return isinstance(content, dict) and content.get("type") == "record" and isinstance(content.get("fields"), list)


def avro_definitions(schema: Any) -> list[Definition]:
    """The tables of an Avro schema.

    Args:
        schema: a record's; or a list of them, of which those that no other one uses are tables.

    Raises:
        SynthDataError: for what no column can have, and names where it is.
    """
    reading = _Avro()
    found = {}
    for one in schema if isinstance(schema, list) else [schema]:
        type_, rule = reading.typed(one, str(one.get("name", "the schema")), str(one.get("namespace", "")))
        if one["type"] == "record":
            found[_full(one, "")] = one, type_, rule
    return [
        Definition(
            table_of(str(one.get("name", ""))),
            pa.schema(list(type_)),
            frozenset(name for name, inner in rule.fields.items() if inner.is_required),
            defaults={
                part["name"]: json.dumps(part["default"], ensure_ascii=False)
                for part in one["fields"]
                if part.get("default") is not None
            },
            rules=rule.fields,
            comments={
                column: str(part["doc"])
                for column, part in [("", one), *((part["name"], part) for part in one["fields"])]
                if part.get("doc")
            },
        )
        for name, (one, type_, rule) in found.items()
        if name not in reading.used
    ]


def _full(schema: Mapping[str, Any], space: str) -> str:
    name, space = str(schema.get("name", "")), str(schema.get("namespace", space))
    return name if "." in name or not space else f"{space}.{name}"


class _Avro:
    def __init__(self) -> None:
        self.named: dict[str, tuple[pa.DataType, FieldRule] | None] = {}
        self.used: set[str] = set()

    def typed(self, schema: Any, place: str, space: str) -> tuple[pa.DataType, FieldRule]:
        if isinstance(schema, str):
            return (_PLAIN[schema], _REQUIRED) if schema in _PLAIN else self._by_name(schema, place, space)
        if isinstance(schema, list):
            return self._union(schema, place, space)
        kind = schema.get("type") if isinstance(schema, dict) else None
        if isinstance(kind, (dict, list)):  # {"type": {"type": "string"}}
            return self.typed(kind, place, space)
        if kind == "record":
            return self._record(schema, place, space)
        if kind == "enum":
            listed = FieldRule(is_required=True, listed=tuple(schema["symbols"]))
            return self._name(schema, space, pa.string(), listed)
        if kind == "array":
            item, rule = self.typed(schema["items"], f"{place}[]", space)
            return pa.list_(item), FieldRule(is_required=True, items=rule)
        if kind == "map":
            item, rule = self.typed(schema["values"], f"{place}{{}}", space)
            return pa.map_(pa.string(), item), FieldRule(is_required=True, items=rule)
        if not isinstance(kind, str):
            raise SynthDataError(f"{place}: {schema!r} is not an Avro schema; give a type, such as 'string'")
        return self._logical(schema, kind, place, space)

    def _logical(self, schema: Mapping[str, Any], kind: str, place: str, space: str) -> tuple[pa.DataType, FieldRule]:
        logical = str(schema.get("logicalType", ""))
        if logical == "decimal" and kind in ("bytes", "fixed"):
            type_ = pa.decimal128(int(schema["precision"]), int(schema.get("scale", 0)))
            return self._name(schema, space, type_, _REQUIRED) if kind == "fixed" else (type_, _REQUIRED)
        if logical == "uuid":
            return pa.string(), FieldRule(is_required=True, form="uuid")
        if kind == "fixed":
            if logical:
                raise SynthDataError(
                    f"{place}: the logical type {logical!r} is not one that a column can have; {REMEDY}"
                )
            size = int(schema["size"])
            return self._name(schema, space, pa.binary(), FieldRule(is_required=True, shortest=size, longest=size))
        # As Avro has it, an unknown logical type is ignored.
        return (_LOGICAL[kind, logical], _REQUIRED) if (kind, logical) in _LOGICAL else self.typed(kind, place, space)

    def _name(
        self, schema: Mapping[str, Any], space: str, type_: pa.DataType, rule: FieldRule
    ) -> tuple[pa.DataType, FieldRule]:
        self.named[_full(schema, space)] = type_, rule
        return type_, rule

    def _by_name(self, name: str, place: str, space: str) -> tuple[pa.DataType, FieldRule]:
        found = next((one for one in (f"{space}.{name}", name) if one in self.named), None)
        if found is None:
            remedy = nearest(name, [*_PLAIN, *self.named]) or "define it before it is used"
            raise SynthDataError(f"{place}: there is no type {name!r}; {remedy}")
        known = self.named[found]
        if known is None:
            raise SynthDataError(f"{place}: {name} contains itself, and no column's type can; {REMEDY}")
        self.used.add(found)
        return known

    def _union(self, members: list[Any], place: str, space: str) -> tuple[pa.DataType, FieldRule]:
        left = [one for one in members if one not in ("null", {"type": "null"})]
        if len(left) != 1:
            kinds = " or ".join(one if isinstance(one, str) else str(one.get("type")) for one in left) or "null alone"
            raise SynthDataError(f"{place}: {kinds}, and a column has one type; give it one, or {REMEDY}")
        type_, rule = self.typed(left[0], place, space)
        return type_, replace(rule, is_required=rule.is_required and len(left) == len(members))

    def _record(self, schema: Mapping[str, Any], place: str, space: str) -> tuple[pa.DataType, FieldRule]:
        name = _full(schema, space)
        space = name.rpartition(".")[0]
        self.named[name] = None
        fields, rules = [], {}
        for one in schema["fields"]:
            type_, rule = self.typed(one["type"], f"{place}.{one['name']}", space)
            fields.append(pa.field(one["name"], type_))
            rules[one["name"]] = rule
        return self._name({"name": name}, "", pa.struct(fields), FieldRule(is_required=True, fields=rules))


__all__ = ["avro_definitions", "is_avro"]
