"""Names of types as Spark users write them, to Arrow's."""

from __future__ import annotations

import re

import pyarrow as pa

from pytest_synthdata.errors import DeclarationError, nearest

TIMESTAMP = pa.timestamp("us", tz="UTC")

_NAMES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": TIMESTAMP,
    "timestamp_ntz": pa.timestamp("us"),
}
_DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)")


def arrow_type(type_: pa.DataType | str) -> pa.DataType:
    """An Arrow type from itself or from a Spark SQL name.

    >>> arrow_type("bigint"), arrow_type("decimal(12, 2)")
    (DataType(int64), Decimal128Type(decimal128(12, 2)))
    """
    if isinstance(type_, pa.DataType):
        return type_
    name = str(type_).strip().lower()
    if decimal := _DECIMAL.fullmatch(name):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    if name not in _NAMES:
        raise DeclarationError(f"unknown type {type_!r}: {nearest(name, [*_NAMES, 'decimal(12,2)'])}")
    return _NAMES[name]
