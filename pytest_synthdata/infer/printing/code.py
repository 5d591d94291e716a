"""Values and declarations as the Python expressions that make them."""

from __future__ import annotations

import dataclasses
from typing import Any

from factory import declarations as boy

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
from pytest_synthdata.columns.references.fan_out import Ordinal
from pytest_synthdata.columns.text.template import Email, Template
from pytest_synthdata.columns.time.calendar import OFFICE_HOURS, Timeline
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.columns.time.times import Times
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.printing.expressions import INTERVALS
from pytest_synthdata.infer.printing.layout import Bracket, Code
from pytest_synthdata.infer.printing.plain_values import bare, call, code, unwrapped_constant
from pytest_synthdata.infer.printing.stored import stored

_MOST_QUANTILES = 5  # that say something to a reader
_LONG = 8  # digits of a share, more than anybody would write


@code.register
def _(value: Constant) -> Code:
    return call("Constant", value.value)


@code.register
def _(value: Key) -> Code:
    named: dict[str, Any] = {"start": value.start} if value.start else {}
    return call("Key", value.pattern, **named, **({"step": value.step} if value.step != 1 else {}))


@code.register
def _(value: ParametricDistribution) -> Code:
    fields = dataclasses.fields(value)  # type: ignore[arg-type]
    return call(type(value).__name__, *(getattr(value, field.name) for field in fields))


@code.register
def _(value: Quantiles) -> Code:
    listed = value.listed()
    kept = (
        stored(listed, most=_MOST_QUANTILES)
        if isinstance(listed, dict) and all(map(_is_plain, listed.values()))
        else None
    )
    made = call("Quantiles", listed, **({} if value.step is None else {"step": value.step}))
    return made if kept is None else dataclasses.replace(made, items=(("", kept), *made.items[1:]))


def _is_plain(point: Any) -> bool:
    """Whether a file of JSON can hold a quantile, or the ends of a gap."""
    return all(isinstance(one, (int, float, str)) for one in (point if isinstance(point, tuple) else (point,)))


@code.register
def _(value: Categorical) -> Code:
    shares = dict(zip(value.categories, value.shares, strict=True))
    kept = stored(shares)
    if kept is None and len(set(value.shares)) == 1 and len(str(value.shares[0])) > _LONG:
        return call("Categorical", list(value.categories))  # of 1/3 each
    return call("Categorical", shares) if kept is None else Bracket("Categorical", (("", kept),))


@code.register
def _(value: Given) -> Code:
    if value.is_binned:
        return call("Given", value.column, bins=list(value.edges), then=list(map(unwrapped_constant, value.branches)))
    cases = dict(zip(value.keys, map(unwrapped_constant, value.branches), strict=False))
    return call(
        "Given",
        value.column,
        cases,
        **({"default": unwrapped_constant(value.branches[-1])} if value.has_default else {}),
    )


@code.register
def _(value: Array) -> Code:
    return call("Array", unwrapped_constant(value.item), length=unwrapped_constant(value.length))


@code.register
def _(value: Dates) -> Code:
    return call("Dates", value.start, value.end, **({"exactly": True} if value.exactly else {}))


@code.register
def _(value: Times) -> Code:
    hours = {} if value.hours == OFFICE_HOURS else {"hours": list(value.hours)}
    return call("Times", value.start, value.end, **hours)


@code.register
def _(value: Event) -> Code:
    return call("Event", value.start, value.end, value.multiplier)


@code.register
def _(value: Timeline) -> Code:
    usual = Timeline(value.start, value.end)
    season = {number: factor for number, factor in enumerate(value.season, 1) if factor != 1}
    named = {
        name: season if name == "season" else _listed(getattr(value, name))
        for name in ("daily", "weekend", "weekdays", "season", "trend", "events", "noise", "hours", "tz")
        if getattr(value, name) != getattr(usual, name)
    }
    return call("Timeline", value.start, value.end, **named)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@code.register
def _(value: Rows) -> Code:
    columns = {name: value.table[name].to_pylist() for name in value.table.column_names}
    kept = stored(columns, is_rows=True)
    return call("Rows", columns) if kept is None else Bracket("Rows", (("", kept),))


@code.register
def _(value: Integers) -> Code:
    return call("Integers", value.low, value.high)


@code.register
def _(value: Boolean) -> Code:
    return call("Boolean", value.p)


@code.register
def _(value: Fake) -> Code:
    named = dict(value.arguments)
    if value.locale != "en_US":
        named = {"locale": value.locale, **named}
    return call("Fake", value.provider, **named)


@code.register
def _(value: Template) -> Code:
    return call("Template", value.text, **dict(value.parts))


@code.register
def _(value: Email) -> Code:
    parts = dict(value.parts)

    def source(last_filter: str) -> Any:
        name = next((one.name for one in value.fields if one.filters[-1:] == (last_filter,)), None)
        return parts[name or ""].text if isinstance(parts.get(name or ""), Template) else name

    company, person = source("label"), source("dotted")
    return call("Email", *([company] if company else []), **({"person": person} if person else {}))


def _method(before: Generator, name: str, *items: Any) -> Code:
    start = code(before)
    if isinstance(start, str):
        start = Bracket(start, (), "")
    last = call(f".{name}", *items)
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
    names = ("weights", "where", "per_parent", "distinct_within", "column", "through")
    found = {name: getattr(value, name) for name in names}
    named: dict[str, Any] = {name: unwrapped_constant(one) for name, one in found.items() if one is not None}
    made = call("ForeignKey", **named)
    parent = code("self") if value.parent == "self" else value.parent.__name__
    made = dataclasses.replace(made, items=(("", parent), *made.items))
    if not value.null_share:
        return made
    return dataclasses.replace(call(".nulls", value.null_share), before=made)


@code.register
def _(value: Ordinal) -> Code:
    return call("Ordinal", value.reference, **({} if value.start == 1 else {"start": value.start}))


@code.register
def _(value: boy.Dict) -> Code:
    return call("factory.Dict", dict(value._defaults))


@code.register
def _(value: boy.List) -> Code:
    return call("factory.List", list(value._defaults.values()))


__all__ = ["INTERVALS", "bare", "code"]
