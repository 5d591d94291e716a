"""Names of types as Spark users write them, and Python's annotations, to Arrow's types."""

from __future__ import annotations

import dataclasses
import decimal
import re
import types
import typing
from typing import Any

import pyarrow as pa

from pytest_synthdata.errors import DeclarationError, nearest

TIMESTAMP = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(12, 2)

_NAMES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "byte": pa.int8(),
    "smallint": pa.int16(),
    "short": pa.int16(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "long": pa.int64(),
    "float": pa.float32(),
    "real": pa.float32(),
    "double": pa.float64(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": TIMESTAMP,
    "timestamp_ltz": TIMESTAMP,
    "timestamp_ntz": pa.timestamp("us"),
    "decimal": pa.decimal128(10, 0),
}
_KNOWN = (*_NAMES, "decimal(12,2)", "array<int>", "map<string,int>", "struct<a:int,b:string>")
_TOKEN = re.compile(r"\s*(`(?:[^`]|``)*`|[\w.]+|[<>(),:])")
MOST_DIGITS = 38


def arrow_type(type_: pa.DataType | str) -> pa.DataType:
    """An Arrow type from itself or from a Spark SQL name, nested ones included.

    >>> arrow_type("bigint"), arrow_type("decimal(12, 2)")
    (DataType(int64), Decimal128Type(decimal128(12, 2)))
    >>> arrow_type("array<struct<a:int,b:string>>")
    ListType(list<item: struct<a: int32, b: string>>)

    Raises:
        DeclarationError: for a name that Spark SQL has not.
    """
    if isinstance(type_, pa.DataType):
        return type_
    if not isinstance(type_, str):
        raise DeclarationError(f"{type_!r} is not a type; write a Spark SQL name such as 'bigint', or an Arrow type")
    reader = _Reader(type_)
    found = reader.type()
    reader.end()
    return found


def sql_name(type_: pa.DataType) -> str | None:
    """The Spark SQL name of an Arrow type; None where Spark SQL has none that means the very same.

    >>> sql_name(pa.map_(pa.string(), pa.list_(pa.decimal128(12, 2))))
    'map<string,array<decimal(12,2)>>'
    """
    test = pa.types
    if test.is_decimal(type_):
        name = f"decimal({type_.precision},{type_.scale})"
    elif test.is_list(type_):
        name = f"array<{sql_name(type_.value_type)}>"
    elif test.is_map(type_):
        name = f"map<{sql_name(type_.key_type)},{sql_name(type_.item_type)}>"
    elif test.is_struct(type_):
        name = f"struct<{','.join(f'{_quoted(field.name)}:{sql_name(field.type)}' for field in type_)}>"
    else:
        name = next((known for known in _USUAL if _NAMES[known] == type_), "")
    try:
        return name if arrow_type(name) == type_ else None
    except DeclarationError:
        return None


_USUAL = (
    *("string", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "binary", "date"),
    *("timestamp", "timestamp_ntz"),
)


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else f"`{name.replace('`', '``')}`"


def ddl_schema(text: str) -> pa.Schema:
    """An Arrow schema from a Spark DDL string, such as ``"id bigint NOT NULL, tags array<string> COMMENT 'x'"``.

    Raises:
        DeclarationError: where it cannot be read.
    """
    text = re.sub(r"\s+comment\s+(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", "", text, flags=re.IGNORECASE)
    text = re.sub(r"\s+not\s+null\b", "", text, flags=re.IGNORECASE)
    reader = _Reader(text)
    fields = reader.fields()
    reader.end()
    return pa.schema(fields)


class _Reader:
    """Reads the grammar of Spark's DDL: names, parameters in round brackets, element types in angle brackets."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        if "".join(self.tokens) != re.sub(r"\s+", "", text) and "`" not in text:
            raise self.unreadable()

    def unreadable(self) -> DeclarationError:
        return DeclarationError(f"cannot read the type {self.text!r}; write it as Spark does: {', '.join(_KNOWN[-4:])}")

    def next(self, expected: str | None = None) -> str:
        if not self.tokens or (expected is not None and self.tokens[0] != expected):
            raise self.unreadable()
        token: str = self.tokens.pop(0)
        return token

    def end(self) -> None:
        if self.tokens:
            raise self.unreadable()

    def type(self) -> pa.DataType:
        name = self.next().lower()
        if self.tokens[:1] == ["<"] and name in ("array", "map", "struct"):
            return self.nested(name)
        if self.tokens[:1] == ["("] and name in ("decimal", "numeric", "dec", "varchar", "char"):
            numbers = self.numbers()
            if name in ("varchar", "char"):
                return pa.string()
            precision, scale = [*numbers, 0][:2]
            if not 1 <= precision <= MOST_DIGITS or not 0 <= scale <= precision:
                raise DeclarationError(
                    f"{self.text!r}: a decimal has 1 to {MOST_DIGITS} digits, of which not more are fractional"
                )
            return pa.decimal128(precision, scale)
        if name not in _NAMES:
            where = "" if self.text.strip().lower() == name else f" in {self.text!r}"
            raise DeclarationError(f"unknown type {name!r}{where}: {nearest(name, _KNOWN)}")
        return _NAMES[name]

    def nested(self, name: str) -> pa.DataType:
        self.next("<")
        if name == "struct":
            found = pa.struct(self.fields())
        elif name == "array":
            found = pa.list_(self.type())
        else:
            key = self.type()
            self.next(",")
            found = pa.map_(key, self.type())
        self.next(">")
        return found

    def numbers(self) -> list[int]:
        self.next("(")
        numbers = []
        while True:
            token = self.next()
            if not token.isdigit():
                raise self.unreadable()
            numbers.append(int(token))
            if self.next() == ")":
                return numbers

    def fields(self) -> list[pa.Field]:
        fields = []
        while self.tokens and self.tokens[0] != ">":
            name = self.next()
            if name.startswith("`"):
                name = name[1:-1].replace("``", "`")
            if self.tokens[:1] == [":"]:
                self.next()
            fields.append(pa.field(name, self.type()))
            if self.tokens[:1] == [","]:
                self.next()
            elif self.tokens and self.tokens[0] != ">":
                raise DeclarationError(f"{self.text!r}: a comma is missing after {name!r}, before {self.tokens[0]!r}")
        return fields


_PYTHON: dict[Any, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
    decimal.Decimal: MONEY,
}
# By name: a test that stops the clock may have put other classes into their places.
_TIMES = {"date": pa.date32(), "datetime": TIMESTAMP, "timedelta": pa.duration("us")}


def annotated_type(annotation: Any, within: tuple[Any, ...] = ()) -> pa.DataType | None:
    """The Arrow type that a Python annotation asks for; None where it is none of values.

    ``int``, ``float``, ``str``, ``bool``, ``bytes``, ``datetime.date``, ``datetime.datetime`` (with a zone),
    ``Decimal`` (12 digits, 2 of them fractional), ``list[…]``, ``dict[…, …]`` (a map), dataclasses and TypedDicts
    (structs), each also as ``… | None``; Arrow types; Spark SQL names as strings; and ``Annotated[…, type]``.

    Args:
        annotation: the annotation.
        within: the classes whose fields it is of.

    >>> annotated_type(list[int])
    ListType(list<item: int64>)

    Raises:
        DeclarationError: for a class that contains itself, or whose annotations cannot be read.
    """
    if isinstance(annotation, (pa.DataType, str)):
        return arrow_type(annotation)
    if annotation in _PYTHON:
        return _PYTHON[annotation]
    for class_ in getattr(annotation, "__mro__", ()):
        if class_.__module__ == "datetime":
            return _TIMES.get(class_.__name__)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        stated = [item for item in arguments[1:] if isinstance(item, (pa.DataType, str))]
        return arrow_type(stated[0]) if stated else annotated_type(arguments[0], within)
    if origin in (typing.Union, types.UnionType):
        members = [item for item in arguments if item is not type(None)]
        return annotated_type(members[0], within) if len(members) == 1 else None
    if origin in (list, tuple, set) and arguments:
        return _list_of(annotated_type(arguments[0], within))
    if origin is dict:
        key, item = (annotated_type(argument, within) for argument in arguments)
        return pa.map_(key, item) if key is not None and item is not None else None
    if dataclasses.is_dataclass(annotation) or typing.is_typeddict(annotation):
        return _struct_of(annotation, within)
    return None


def _struct_of(class_: Any, within: tuple[Any, ...]) -> pa.DataType | None:
    if class_ in within:
        raise DeclarationError(f"{class_.__name__} contains itself, and no column's type can; leave that field out")
    try:
        hints = typing.get_type_hints(class_)
    except (NameError, TypeError, AttributeError) as error:
        raise DeclarationError(f"an annotation of {class_.__name__} cannot be read: {error}") from None
    fields = {name: annotated_type(hint, (*within, class_)) for name, hint in hints.items()}
    return pa.struct(list(fields.items())) if None not in fields.values() else None


def _list_of(item: pa.DataType | None) -> pa.DataType | None:
    return None if item is None else pa.list_(item)


def settled(type_: pa.DataType) -> pa.DataType:
    """A type as tables have it: no dictionaries, nulls as text, times in microseconds; nested ones too."""
    test = pa.types
    if test.is_dictionary(type_):
        return settled(type_.value_type)
    if test.is_null(type_):
        return pa.string()
    if test.is_timestamp(type_):
        return TIMESTAMP if type_.tz else pa.timestamp("us")
    if test.is_list(type_) or test.is_large_list(type_) or test.is_fixed_size_list(type_):
        return pa.list_(pa.field("item", settled(type_.value_type), nullable=type_.value_field.nullable))
    if test.is_struct(type_):
        return pa.struct([field.with_type(settled(field.type)).remove_metadata() for field in type_])
    if test.is_map(type_):
        return pa.map_(settled(type_.key_type), settled(type_.item_type))
    return type_


__all__ = ["MONEY", "MOST_DIGITS", "TIMESTAMP", "annotated_type", "arrow_type", "ddl_schema", "settled", "sql_name"]
