"""Values and declarations as the Python expressions that make them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import singledispatch
from typing import Any

import pyarrow as pa
from factory import declarations as boy

from pytest_synthdata.columns.expressions.computing import COMPARISONS
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import SYMBOLS, Call, Column, Operation
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.listed import Rows
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, NotNull, Nullable, Rounded, Unique
from pytest_synthdata.columns.generators.numbers.parameters import ParametricDistribution
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.columns.generators.numbers.whole import Boolean, Integers
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Email, Template
from pytest_synthdata.columns.time.calendar import OFFICE_HOURS, Timeline
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.columns.time.times import Times
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.layout import Bracket, Code, on_one_line

_FEW = 4  # so many plain items may stand each on a line of its own
INTERVALS = ("days", "hours", "minutes", "seconds")


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


def _call(head: str, *items: Any, **named: Any) -> Bracket:
    return Bracket(head, (*(("", bare(item)) for item in items), *((f"{name}=", bare(named[name])) for name in named)))


def bare(value: Any) -> Code:
    """A value as source that stands by itself: an operation without brackets around it."""
    said = code(value)
    is_bracketed = isinstance(value, Operation) and isinstance(said, str) and said.startswith("(")
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
        return _call("pa.list_", value.value_type)
    if test.is_map(value):
        return _call("pa.map_", value.key_type, value.item_type)
    if test.is_struct(value):
        fields = (Bracket("", (("", code(field.name)), ("", code(field.type)))) for field in value)
        return Bracket("pa.struct", (("", Bracket("", tuple(("", field) for field in fields), "[]")),))
    if test.is_timestamp(value):
        return _call("pa.timestamp", value.unit, *([value.tz] if value.tz else []))
    if test.is_decimal(value):
        return _call("pa.decimal128", value.precision, value.scale)
    name, _, unit = str(value).partition("[")
    name = {"bool": "bool_", "halffloat": "float16", "float": "float32", "double": "float64"}.get(name, name)
    return _call(f"pa.{name}", *([unit.rstrip("]")] if unit and not test.is_date(value) else []))


@code.register
def _(value: Constant) -> Code:
    return _call("Constant", value.value)


@code.register
def _(value: Key) -> Code:
    return _call("Key", value.pattern, **({"start": value.start} if value.start else {}))


@code.register
def _(value: ParametricDistribution) -> Code:
    fields = dataclasses.fields(value)  # type: ignore[arg-type]
    return _call(type(value).__name__, *(getattr(value, field.name) for field in fields))


@code.register
def _(value: Quantiles) -> Code:
    return _call("Quantiles", value.listed(), **({} if value.step is None else {"step": value.step}))


@code.register
def _(value: Categorical) -> Code:
    return _call("Categorical", dict(zip(value.categories, value.shares, strict=True)))


@code.register
def _(value: Given) -> Code:
    cases = dict(zip(value.keys, map(_plain, value.branches), strict=False))
    return _call("Given", value.column, cases, **({"default": _plain(value.branches[-1])} if value.has_default else {}))


def _plain(generator: Generator) -> Any:
    return generator.value if isinstance(generator, Constant) else generator


@code.register
def _(value: Array) -> Code:
    return _call("Array", _plain(value.item), length=_plain(value.length))


@code.register
def _(value: Dates) -> Code:
    return _call("Dates", value.start, value.end, **({"exactly": True} if value.exactly else {}))


@code.register
def _(value: Times) -> Code:
    hours = {} if value.hours == OFFICE_HOURS else {"hours": list(value.hours)}
    return _call("Times", value.start, value.end, **hours)


@code.register
def _(value: Event) -> Code:
    return _call("Event", value.start, value.end, value.multiplier)


@code.register
def _(value: Timeline) -> Code:
    usual = Timeline(value.start, value.end)
    season = {number: factor for number, factor in enumerate(value.season, 1) if factor != 1}
    named = {
        name: season if name == "season" else _listed(getattr(value, name))
        for name in ("daily", "weekend", "weekdays", "season", "trend", "events", "noise", "hours", "tz")
        if getattr(value, name) != getattr(usual, name)
    }
    return _call("Timeline", value.start, value.end, **named)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@code.register
def _(value: Rows) -> Code:
    columns = {name: value.table[name].to_pylist() for name in value.table.column_names}
    return _call("Rows", columns)


@code.register
def _(value: Integers) -> Code:
    return _call("Integers", value.low, value.high)


@code.register
def _(value: Boolean) -> Code:
    return _call("Boolean", value.p)


@code.register
def _(value: Fake) -> Code:
    named = dict(value.arguments)
    if value.locale != "en_US":
        named = {"locale": value.locale, **named}
    return _call("Fake", value.provider, **named)


@code.register
def _(value: Template) -> Code:
    return _call("Template", value.text, **dict(value.parts))


@code.register
def _(value: Email) -> Code:
    parts = dict(value.parts)

    def source(last_filter: str) -> Any:
        name = next((one.name for one in value.fields if one.filters[-1:] == (last_filter,)), None)
        return parts[name or ""].text if isinstance(parts.get(name or ""), Template) else name

    company, person = source("label"), source("dotted")
    return _call("Email", *([company] if company else []), **({"person": person} if person else {}))


@code.register
def _(value: Column) -> Code:
    return _call("col", value.name)


@code.register
def _(value: Operation) -> Code:
    said = [on_one_line(code(_plain(one))) for one in value.operands]
    if value.function in SYMBOLS:
        text = f"{said[0]} {SYMBOLS[value.function]} {said[1]}"
        return text if value.function in COMPARISONS else f"({text})"  # within brackets of a call
    return {
        "invert": f"~{said[0]}",
        "is_null": f"{said[0]}.is_null()",
        "is_valid": f"{said[0]}.is_not_null()",
        "is_in": f"{said[0]}.isin({said[-1]})",
    }[value.function]


@code.register
def _(value: Call) -> Code:
    head = value.function if value.function in INTERVALS else f"F.{value.function}"
    made = _call(head, *(_operand(one) for one in value.operands), *value.options)
    return dataclasses.replace(made, items=tuple(made.items))


def _operand(one: Generator) -> Any:
    """What stands in a function: a column by its name, constants other than texts as they are."""
    if isinstance(one, Column):
        return one.name
    if isinstance(one, Constant):
        return Literal(one.value) if isinstance(one.value, (str, dt.date)) else one.value
    return one


@dataclasses.dataclass(frozen=True)
class Literal:
    """A constant that is meant as such."""

    value: Any


@code.register
def _(value: Literal) -> Code:
    return _call("F.lit", value.value)


@code.register
def _(value: When) -> Code:
    made: Bracket | None = None
    for condition, branch in zip(value.conditions, value.branches, strict=False):
        link = _call("when" if made is None else ".when", condition, _plain(branch))
        made = dataclasses.replace(link, before=made)
    for branch in value.branches[len(value.conditions) :]:
        made = dataclasses.replace(_call(".otherwise", _plain(branch)), before=made)
    assert made is not None  # noqa: S101 - there is a condition
    return made


def _method(before: Generator, name: str, *items: Any) -> Code:
    start = code(before)
    if isinstance(start, str):
        start = Bracket(start, (), "")
    last = _call(f".{name}", *items)
    return dataclasses.replace(last, before=start)


@code.register
def _(value: Rounded) -> Code:
    return _method(value.generator, "round", *([value.digits] if value.digits else []))


@code.register
def _(value: Clipped) -> Code:
    return _method(value.generator, "clip", value.low, *([] if value.high is None else [value.high]))


@code.register
def _(value: Nullable) -> Code:
    return _method(value.generator, "nulls", value.share)


@code.register
def _(value: NotNull) -> Code:
    return _method(value.generator, "not_null")


@code.register
def _(value: Unique) -> Code:
    return _method(value.generator, "unique")


@code.register
def _(value: Cast) -> Code:
    return _method(value.generator, "cast", value.target)


@code.register
def _(value: ForeignKey) -> Code:
    names = ("weights", "where", "column")
    named: dict[str, Any] = {name: getattr(value, name) for name in names if getattr(value, name) is not None}
    made = _call("ForeignKey", **named)
    parent = code("self") if value.parent == "self" else value.parent.__name__
    made = dataclasses.replace(made, items=(("", parent), *made.items))
    if not value.null_share:
        return made
    return dataclasses.replace(_call(".nulls", value.null_share), before=made)


@code.register
def _(value: boy.Dict) -> Code:
    return _call("factory.Dict", dict(value._defaults))


@code.register
def _(value: boy.List) -> Code:
    return _call("factory.List", list(value._defaults.values()))


__all__ = ["INTERVALS", "bare", "code"]
