"""Tables as Protocol Buffers describe their messages: classes that `protoc` has made, and its descriptor sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.sources.ddl import Definition
from pytest_synthdata.sources.field_rules import REMEDY, FieldRule, table_of

DESCRIPTOR_SETS = (".desc", ".protoset", ".binpb")
_COMPILE = "protoc --include_imports --descriptor_set_out=shop.desc shop.proto"
# By the numbers of `FieldDescriptorProto.Type`, as Spark's from_protobuf reads them.
_PLAIN: Mapping[int, pa.DataType] = {
    1: pa.float64(), 2: pa.float32(), 8: pa.bool_(), 9: pa.string(), 12: pa.binary(),
    **dict.fromkeys((3, 4, 6, 16, 18), pa.int64()), **dict.fromkeys((5, 7, 13, 15, 17), pa.int32()),
}  # fmt: skip
_MESSAGES, _ENUM = (10, 11), 14
_REQUIRED, _REPEATED = 2, 3  # labels
_KNOWN: Mapping[str, pa.DataType] = {
    "google.protobuf.Timestamp": TIMESTAMP,
    "google.protobuf.Duration": pa.duration("us"),
    "google.type.Date": pa.date32(),
    "google.protobuf.Struct": pa.string(),
    "google.protobuf.Value": pa.string(),
}


def is_message(source: Any) -> bool:
    """Whether something is a class of messages."""
    return isinstance(source, type) and hasattr(getattr(source, "DESCRIPTOR", None), "fields_by_name")


def message_definition(descriptor: Any) -> Definition:
    """The table of a kind of messages.

    Args:
        descriptor: its ``DESCRIPTOR``.

    Raises:
        SynthDataError: for a field that no column can have.
    """
    type_, rule = _struct(descriptor, ())
    required = frozenset(name for name, inner in rule.fields.items() if inner.is_required)
    return Definition(table_of(descriptor.name), pa.schema(list(type_)), required, rules=rule.fields)


def descriptor_set_definitions(file: Path) -> list[Definition]:
    """The tables of a file of descriptors: the messages that no other one holds.

    Args:
        file: what ``protoc --descriptor_set_out`` has written.

    Raises:
        SynthDataError: for a file that is not one, or not whole, and where protobuf is not installed.
    """
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool
        from google.protobuf.message import DecodeError
    except ImportError:
        raise SynthDataError(
            f"{file}: descriptors are read by protobuf: pip install 'pytest-synthdata[schema]'"
        ) from None
    pool = descriptor_pool.DescriptorPool()
    try:
        files = descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes()).file
        for one in files:
            pool.Add(one)
        found = [pool.FindFileByName(one.name) for one in files if not one.name.startswith("google/")]
    except (DecodeError, TypeError, KeyError) as error:
        said = str(error).partition("\n")[0]
        raise SynthDataError(
            f"{file} cannot be read as a set of descriptors: {said}; write one by {_COMPILE}"
        ) from None
    messages = [message for one in found for message in one.message_types_by_name.values()]
    held = {part.full_name for message in messages for part in _held(message, set())}
    tables = [message_definition(message) for message in messages if message.full_name not in held and message.fields]
    if not tables:
        raise SynthDataError(f"{file}: there is no message in it that is a table")
    return tables


def refuse_source(file: Path) -> None:
    """Raise for a ``.proto`` file, which only its compiler reads."""
    raise SynthDataError(f"{file}: give what its compiler makes of it: {_COMPILE}, or the class: shop_pb2:Order")


def _held(message: Any, seen: set[str]) -> Iterator[Any]:
    """The messages that are within others, however deep."""
    for field in message.fields:
        inner = field.message_type
        if inner is not None and inner.full_name not in seen:
            seen.add(inner.full_name)
            yield inner
            yield from _held(inner, seen)


def _struct(message: Any, around: tuple[str, ...]) -> tuple[pa.DataType, FieldRule]:
    if message.full_name in around:
        raise SynthDataError(f"{message.full_name} contains itself, and no column's type can; {REMEDY}")
    fields, rules = [], {}
    for field in message.fields:
        type_, rules[field.name] = _field(field, (*around, message.full_name))
        fields.append(pa.field(field.name, type_))
    return pa.struct(fields), FieldRule(is_required=True, fields=rules)


def _field(field: Any, around: tuple[str, ...]) -> tuple[pa.DataType, FieldRule]:
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        key, value = (inner.fields_by_name[name] for name in ("key", "value"))
        item, rule = _one(value, around)
        return pa.map_(_one(key, around)[0], item), FieldRule(is_required=True, items=rule)
    type_, rule = _one(field, around)
    if _is(field, "is_repeated", _REPEATED):
        return pa.list_(type_), FieldRule(is_required=True, items=rule)
    is_there = _is(field, "is_required", _REQUIRED) or not field.has_presence
    return type_, FieldRule(is_there, rule.listed, items=rule.items, fields=rule.fields)


def _one(field: Any, around: tuple[str, ...]) -> tuple[pa.DataType, FieldRule]:
    """A value of a field, of which there may be several."""
    if field.type == _ENUM:
        return pa.string(), FieldRule(is_required=True, listed=tuple(one.name for one in field.enum_type.values))
    if field.type not in _MESSAGES:
        return _PLAIN[field.type], FieldRule(is_required=True)
    name = field.message_type.full_name
    if name in _KNOWN:
        return _KNOWN[name], FieldRule()
    if name.startswith("google.protobuf.") and name.endswith("Value"):  # a number or text that may be missing
        return _PLAIN[field.message_type.fields_by_name["value"].type], FieldRule()
    return _struct(field.message_type, around)


def _is(field: Any, name: str, label: int) -> bool:
    """What a field's label says, which newer versions of protobuf have as properties."""
    said = getattr(field, name, None)
    return bool(field.label == label if said is None else said)


__all__ = [
    "DESCRIPTOR_SETS",
    "descriptor_set_definitions",
    "is_message",
    "message_definition",
    "refuse_source",
]
