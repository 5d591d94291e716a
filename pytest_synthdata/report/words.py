"""Types as the users of a report write them."""

from __future__ import annotations

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import sql_name

_OTHERS = {"time": "time", "duration": "duration", "large_string": "string", "halffloat": "float", "null": "void"}


def type_name(type_: pa.DataType) -> str:
    """A type's name in Spark SQL; a nearby word where Spark has none.

    >>> type_name(pa.date32()), type_name(pa.decimal128(12, 2)), type_name(pa.time64("us"))
    ('date', 'decimal(12,2)', 'time')
    """
    name = sql_name(type_)
    if name is not None:
        return name
    text = str(type_)
    return next((word for start, word in _OTHERS.items() if text.startswith(start)), text)


__all__ = ["type_name"]
