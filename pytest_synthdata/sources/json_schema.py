"""Tables as JSON Schema describes their rows: types, formats, bounds, what is required."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import MONEY, TIMESTAMP
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.sources.ddl import Definition
from pytest_synthdata.sources.field_rules import REMEDY, FieldRule, table_of

_FORMS: Mapping[str, pa.DataType] = {
    "date": pa.date32(), "date-time": TIMESTAMP, "time": pa.time64("us"), "duration": pa.duration("us"),
    "binary": pa.binary(), "int32": pa.int32(), "int64": pa.int64(), "float": pa.float32(), "double": pa.float64(),
}  # fmt: skip
_PLAIN: Mapping[str, pa.DataType] = {
    "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
}  # fmt: skip
_FORMS_OF = {
    "string": {"date", "date-time", "time", "duration", "binary"},
    "integer": {"int32", "int64"},
    "number": {"float", "double"},
}


def is_json_schema(content: Any) -> bool:
    """Whether a value is the JSON Schema of an object, rather than columns with their values."""
    if not isinstance(content, dict):
        return False
    if isinstance(content.get("$schema"), str) or isinstance(content.get("$ref"), str):
        return True
    return isinstance(content.get("properties"), dict) and content.get("type", "object") == "object"


def json_schema_definition(schema: Mapping[str, Any]) -> Definition:
    """The table of the objects that a JSON Schema describes.

    Args:
        schema: of an object, or of a list of objects.

    Raises:
        SynthDataError: for what no column can have, and names where it is.
    """
    return _JsonSchema(schema).definition()


class _JsonSchema:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.whole = schema

    def definition(self) -> Definition:
        title = str(self.whole.get("title", ""))
        row, _ = self._resolved(self.whole, title or "the schema", ())
        if row.get("type") == "array" and isinstance(row.get("items"), dict):
            row, _ = self._resolved(row["items"], title or "the schema", ())
        if not isinstance(row.get("properties"), dict) or not row["properties"]:
            raise SynthDataError(
                f"{title or 'the schema'}: a table's JSON Schema describes an object: give it properties"
            )
        type_, rule, defaults = self._object(row, title or str(row.get("title", "")), ())
        return Definition(
            table_of(title or str(row.get("title", ""))),
            pa.schema(list(type_)),
            frozenset(name for name, one in rule.fields.items() if one.is_required),
            defaults=defaults,
            rules=rule.fields,
            comments={
                name: str(one["description"])
                for name, one in {**row["properties"], "": row}.items()
                if isinstance(one, dict) and one.get("description")
            },
        )

    def _object(
        self, schema: Mapping[str, Any], place: str, seen: tuple[str, ...]
    ) -> tuple[pa.DataType, FieldRule, dict[str, str]]:
        fields, rules, defaults = [], {}, {}
        required = set(schema.get("required", ()))
        for name, one in schema["properties"].items():
            type_, rule = self._field(one, f"{place}.{name}" if place else name, seen, is_required=name in required)
            fields.append(pa.field(name, type_))
            rules[name] = rule
            if isinstance(one, dict) and one.get("default") is not None:
                defaults[name] = json.dumps(one["default"], ensure_ascii=False)
        return pa.struct(fields), FieldRule(fields=rules), defaults

    def _field(
        self, schema: Any, place: str, seen: tuple[str, ...], *, is_required: bool
    ) -> tuple[pa.DataType, FieldRule]:
        schema, seen = self._resolved(schema, place, seen)
        may_be_null = False
        if isinstance(schema.get("type"), list):
            kinds = [kind for kind in schema["type"] if kind != "null"]
            may_be_null = len(kinds) < len(schema["type"])
            schema = {**schema, "type": _one_of(kinds, place)}
        listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if listed is not None:
            may_be_null = may_be_null or None in listed
            type_, rule = _listed([one for one in listed if one is not None], place)
        else:
            for name in ("anyOf", "oneOf"):
                if isinstance(schema.get(name), list):
                    schema, was_null = self._of_several(schema, name, place, seen)
                    may_be_null = may_be_null or was_null
                    type_, rule = self._field(schema, place, seen, is_required=True)
                    break
            else:
                type_, rule = self._typed(schema, place, seen)
        return type_, replace(rule, is_required=is_required and rule.is_required and not may_be_null)

    def _of_several(
        self, schema: Mapping[str, Any], name: str, place: str, seen: tuple[str, ...]
    ) -> tuple[dict[str, Any], bool]:
        """The one type of several, where the others are null."""
        kinds_of = [(one, self._resolved(one, place, seen)[0].get("type", "anything")) for one in schema[name]]
        left, kinds = (
            [one for one, kind in kinds_of if kind != "null"],
            [str(kind) for _, kind in kinds_of if kind != "null"],
        )
        may_be_null = len(left) < len(kinds_of)
        beside = {key: value for key, value in schema.items() if key != name}
        if len(left) == 1:
            return {**beside, **left[0]}, may_be_null
        if all("enum" in one or "const" in one for one in left):
            values = [value for one in left for value in one.get("enum", [one.get("const")])]
            return {**beside, "enum": values}, may_be_null
        _one_of(kinds, place)
        if kinds and "object" not in kinds:
            return {**beside, "type": _one_of(kinds, place)}, may_be_null
        raise SynthDataError(f"{place}: one of several kinds of {kinds[0] if kinds else 'value'}; {REMEDY}")

    def _typed(self, schema: Mapping[str, Any], place: str, seen: tuple[str, ...]) -> tuple[pa.DataType, FieldRule]:
        kind = schema.get("type", "object" if "properties" in schema else "array" if "items" in schema else None)
        if kind == "object":
            return self._nested(schema, place, seen)
        if kind == "array":
            items = schema.get("items")
            if not isinstance(items, dict):
                raise SynthDataError(f"{place}: an array without items of one type; give it items, or {REMEDY}")
            item, rule = self._field(items, f"{place}[]", seen, is_required=True)
            return pa.list_(item), FieldRule(
                is_required=True, items=rule, shortest=schema.get("minItems"), longest=schema.get("maxItems")
            )
        if kind is None:
            kind = "string"  # anything at all is a text
        if kind not in _PLAIN:
            raise SynthDataError(f"{place}: the type {kind!r} is not one that a column can have; {REMEDY}")
        form = schema.get("format")
        if form == "decimal":
            return pa.decimal128(*schema.get("digits", (MONEY.precision, MONEY.scale))), _rule(schema)
        return (_FORMS[str(form)] if form in _FORMS_OF.get(kind, ()) else _PLAIN[kind]), _rule(schema)

    def _nested(self, schema: Mapping[str, Any], place: str, seen: tuple[str, ...]) -> tuple[pa.DataType, FieldRule]:
        if isinstance(schema.get("properties"), dict) and schema["properties"]:
            type_, rule, _ = self._object(schema, place, seen)
            return type_, replace(rule, is_required=True)
        values = schema.get("additionalProperties", True)
        if values is False:
            raise SynthDataError(f"{place}: an object without properties; {REMEDY}")
        values = {"type": "string"} if values is True else values
        item, rule = self._field(values, f"{place}{{}}", seen, is_required=True)
        return pa.map_(pa.string(), item), FieldRule(is_required=True, items=rule)

    def _resolved(self, schema: Any, place: str, seen: tuple[str, ...]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """A schema without references and `allOf`."""
        if schema is True:
            return {}, seen
        if not isinstance(schema, dict):
            raise SynthDataError(
                f"{place}: {schema!r} is not a JSON Schema: give an object, such as {{'type': 'string'}}"
            )
        merged: dict[str, Any] = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        parts = list(schema.get("allOf", ()))
        if "$ref" in schema:
            reference = schema["$ref"]
            if reference in seen:
                raise SynthDataError(f"{place}: {reference} contains itself, and no column's type can; {REMEDY}")
            seen = (*seen, reference)
            parts.append(self._referred(reference, place))
        for part in parts:
            inner, seen = self._resolved(part, place, seen)
            properties = {**inner.get("properties", {}), **merged.get("properties", {})}
            required = [*inner.get("required", ()), *merged.get("required", ())]
            merged = {**inner, **merged}
            merged |= {"properties": properties} if properties else {}
            merged |= {"required": required} if required else {}
        return merged, seen

    def _referred(self, reference: str, place: str) -> Any:
        found: Any = self.whole
        start, _, path = reference.partition("#")
        for step in path.strip("/").split("/") if path.strip("/") else ():
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        if start or found is None:
            raise SynthDataError(f"{place}: there is no {reference} in the schema; only references within it are read")
        return found


def _one_of(kinds: list[str], place: str) -> str:
    if len(set(kinds)) == 1:
        return kinds[0]
    if set(kinds) == {"integer", "number"}:
        return "number"
    several = " or ".join(dict.fromkeys(kinds)) or "nothing but null"
    raise SynthDataError(f"{place}: {several}, and a column has one type; give it one, or {REMEDY}")


def _listed(values: list[Any], place: str) -> tuple[pa.DataType, FieldRule]:
    """The type of listed values."""
    if not values:
        raise SynthDataError(f"{place}: its list of values is empty; {REMEDY}")
    type_ = next(
        (
            found
            for kinds, found in (
                ((bool,), pa.bool_()),
                ((str,), pa.string()),
                ((int,), pa.int64()),
                ((int, float), pa.float64()),
            )
            if all(isinstance(one, kinds) and (bool in kinds or not isinstance(one, bool)) for one in values)
        ),
        None,
    )
    if type_ is None:
        raise SynthDataError(f"{place}: its values {values!r} are of several types; {REMEDY}")
    return type_, FieldRule(is_required=True, listed=tuple(dict.fromkeys(values)))


def _rule(schema: Mapping[str, Any]) -> FieldRule:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    # Up to draft 4 these two were truth values.
    above, is_above = (low, True) if above is True else (above, not isinstance(above, bool) and above is not None)
    below, is_below = (high, True) if below is True else (below, not isinstance(below, bool) and below is not None)
    return FieldRule(
        is_required=True,
        low=above if is_above else low,
        high=below if is_below else high,
        is_above=is_above,
        is_below=is_below,
        step=schema.get("multipleOf"),
        shortest=schema.get("minLength"),
        longest=schema.get("maxLength"),
        pattern=schema.get("pattern"),
        form=schema.get("format"),
    )


__all__ = ["is_json_schema", "json_schema_definition"]
