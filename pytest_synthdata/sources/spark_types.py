"""Spark's types by the names that schemas and catalogs give them, also those that Arrow has no name for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.errors import DeclarationError

# The last of these are other databases' words.
_TEXTS = re.compile(
    r"(?:string\b.*|(?:var)?char\b.*|variant|object|void|null|jsonb?|xml|uuid|enum\b.*|(?:medium|long)?text)"
)
_OTHERS = {
    "money": pa.decimal128(19, 4),
    "serial": pa.int32(),
    "bigserial": pa.int64(),
    "smallserial": pa.int16(),
}


def spark_type(name: str) -> pa.DataType:
    """The type of columns that a name such as ``decimal(12,2)`` or ``string collate UNICODE`` means.

    Args:
        name: as Spark's `simpleString`, its JSON or a catalog writes it. Variants are texts.

    Raises:
        DeclarationError: for types that no column can have, with what to write instead.
    """
    text = name.strip().lower()
    if _TEXTS.fullmatch(text):
        return pa.string()
    if re.fullmatch(r"time(?:\s*\(\d\))?", text):
        return pa.time64("us")
    if text.startswith("interval"):
        if re.search(r"day|hour|minute|second", text):
            return pa.duration("us")
        raise DeclarationError(f"{name.upper()} has no type in tables; declare it as an int of months")
    if text.startswith(("geography", "geometry")):
        raise DeclarationError(f"{name.upper()} has no type in tables; declare it as binary or a string")
    if text in _OTHERS:
        return _OTHERS[text]
    # Names of fields within it are as they are written.
    return arrow_type(re.sub(r"(?i)(int|integer)\s*\(\d+\)", r"\1", name))  # MySQL's widths


def type_of_json(said: Any) -> pa.DataType:
    """The type that Spark writes as JSON, such as ``{"type": "array", "elementType": "long", "containsNull": true}``.

    Args:
        said: a name, or an object of a nested type.

    Raises:
        DeclarationError: for types that no column can have.
        KeyError, TypeError: for what is not such JSON.
    """
    if isinstance(said, str):
        return spark_type(said)
    if not isinstance(said, Mapping):
        raise TypeError(f"{said!r} is not a type")
    kind = said["type"]
    if kind == "array":
        item = type_of_json(said["elementType"])
        return pa.list_(pa.field("item", item, nullable=bool(said.get("containsNull", True))))
    if kind == "map":
        return pa.map_(type_of_json(said["keyType"]), type_of_json(said["valueType"]))
    if kind == "struct":
        return pa.struct(list(fields_of_json(said)))
    return type_of_json(said["sqlType"] if kind == "udt" else kind)


def is_spark_json(content: Any) -> bool:
    """Whether a value is what the `jsonValue()` of a ``StructType`` gives."""
    return isinstance(content, dict) and content.get("type") == "struct" and isinstance(content.get("fields"), list)


def fields_of_json(said: Mapping[str, Any]) -> Iterator[pa.Field]:
    """The fields of a struct that Spark writes as JSON."""
    for one in said["fields"]:
        yield pa.field(one["name"], type_of_json(one["type"]), nullable=bool(one.get("nullable", True)))


__all__ = ["fields_of_json", "is_spark_json", "spark_type", "type_of_json"]
