"""Plain values and types as the Python expressions that make them."""

from __future__ import annotations

import datetime as dt
from functools import singledispatch
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.expressions.computing import COMPARISONS, SYMBOLS
from pytest_synthdata.columns.expressions.operators import Operation
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.infer.printing.layout import Bracket, Code, on_one_line

_FEW = 4  # so many plain items may stand each on a line of its own


@singledispatch
def code(value: Any) -> Code:
    """A value as source."""
    if isinstance(value, dt.date):  # asked here, because a test may have put another class into its place
        return _instant(value) if isinstance(value, dt.datetime) else _day(value)
    return repr(value)


def _day(value: dt.date) -> str:
    return f"dt.date({value.year}, {value.month}, {value.day})"


def _instant(value: dt.datetime) -> str:
    zone = ", tzinfo=dt.timezone.utc" if value.tzinfo is not None else ""
    parts = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
    while len(parts) > 3 and parts[-1] == 0:  # noqa: PLR2004 - year, month and day are needed
        parts.pop()
    return f"dt.datetime({', '.join(map(str, parts))}{zone})"


def call(head: str, *items: Any, **named: Any) -> Bracket:
    return Bracket(head, (*(("", bare(item)) for item in items), *((f"{name}=", bare(named[name])) for name in named)))


def bare(value: Any) -> Code:
    """A value as source that stands by itself: an operation without brackets around it."""
    said = code(value)
    is_operation = isinstance(value, Operation) and value.function in SYMBOLS
    is_bracketed = is_operation and value.function not in COMPARISONS
    return said[1:-1] if is_bracketed and isinstance(said, str) else said


@code.register
def _(value: str) -> Code:
    quoted = repr(value)
    return f'"{quoted[1:-1]}"'.replace("\\'", "'") if quoted[0] == "'" and '"' not in value else quoted


@code.register
def _(value: dict) -> Code:  # type: ignore[type-arg]
    items = tuple((f"{on_one_line(code(key))}: ", code(item)) for key, item in value.items())
    return Bracket("", items, "{}", is_filled=len(items) > _FEW and all(isinstance(item, str) for _, item in items))


@code.register
def _(value: list) -> Code:  # type: ignore[type-arg]
    items = tuple(("", code(item)) for item in value)
    return Bracket("", items, "[]", is_filled=len(items) > _FEW and all(isinstance(item, str) for _, item in items))


@code.register
def _(value: tuple) -> Code:  # type: ignore[type-arg]
    said = ", ".join(on_one_line(code(item)) for item in value)
    return f"({said},)" if len(value) == 1 else f"({said})"


@code.register
def _(value: pa.DataType) -> Code:
    test = pa.types
    if test.is_list(value):
        return call("pa.list_", value.value_type)
    if test.is_map(value):
        return call("pa.map_", value.key_type, value.item_type)
    if test.is_struct(value):
        fields = (Bracket("", (("", code(field.name)), ("", code(field.type)))) for field in value)
        return Bracket("pa.struct", (("", Bracket("", tuple(("", field) for field in fields), "[]")),))
    if test.is_timestamp(value):
        return call("pa.timestamp", value.unit, *([value.tz] if value.tz else []))
    if test.is_decimal(value):
        return call("pa.decimal128", value.precision, value.scale)
    name, _, unit = str(value).partition("[")
    name = {"bool": "bool_", "halffloat": "float16", "float": "float32", "double": "float64"}.get(name, name)
    return call(f"pa.{name}", *([unit.rstrip("]")] if unit and not test.is_date(value) else []))


def unwrapped_constant(generator: Generator) -> Any:
    """A constant's value; any other generator as it is."""
    return generator.value if isinstance(generator, Constant) else generator


__all__ = ["bare", "call", "code", "unwrapped_constant"]
