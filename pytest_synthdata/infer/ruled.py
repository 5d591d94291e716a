"""Columns as a schema bounds them: listed values, ranges, lengths, formats, and those of what is within them."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import factory
import numpy as np
import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Cast, unwrapped
from pytest_synthdata.columns.generators.numbers.distributions import Uniform
from pytest_synthdata.columns.generators.numbers.whole import Integers
from pytest_synthdata.columns.plan import Plan
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.tables.bound_table import BoundTable
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.infer.column_types import in_type
from pytest_synthdata.infer.columns import nested_item
from pytest_synthdata.infer.values.regular import regular
from pytest_synthdata.infer.values.unique import each_once
from pytest_synthdata.sources.field_rules import FieldRule

_TRIED = 200  # values that are drawn to see whether they meet a rule
_MOST_ITEMS = 5
_SPAN = 100  # of numbers with one bound
_FORMS = {
    "email": Fake("email"), "idn-email": Fake("email"), "hostname": Fake("hostname"), "ipv4": Fake("ipv4"),
    "ipv6": Fake("ipv6"), "uri": Fake("url"), "url": Fake("url"), "uuid": Fake("uuid4"),
}  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def ruled(declaration: Any, type_: pa.DataType, rule: FieldRule) -> tuple[Any, list[str]]:
    """A declaration that meets a rule, and what of the rule it does not meet.

    Args:
        declaration: what a name and a type say.
        type_: the type.
        rule: what the schema says.
    """
    if pa.types.is_struct(type_):
        return _struct(declaration, type_, rule)
    if pa.types.is_map(type_):
        return _map(declaration, type_, rule)
    if pa.types.is_list(type_):
        return _list(declaration, type_, rule)
    told: list[str] = []
    made = declaration
    if rule.listed:
        made = in_type(Categorical(list(rule.listed)) if len(rule.listed) > 1 else Constant(rule.listed[0]), type_)
    elif pa.types.is_string(type_):
        made, told = _text(declaration, rule)
        made = each_once(made, _TRIED) if isinstance(unwrapped(declaration), Key) else made
    elif pa.types.is_binary(type_) and rule.longest is not None and rule.longest == rule.shortest:
        made = in_type(Fake("bothify", text="?" * rule.longest), type_)
    elif is_number(type_):
        made = _number(declaration, type_, rule)
    return made, told


def within(declaration: Any, rule: FieldRule) -> Any:
    """What is within another value, not null where the schema says so."""
    return declaration.not_null() if rule.is_required and isinstance(declaration, Generator) else declaration


def _struct(declaration: Any, type_: pa.DataType, rule: FieldRule) -> tuple[Any, list[str]]:
    parts, told = dict(declaration._defaults), []
    for one in type_:
        inner = rule.fields.get(one.name, FieldRule())
        made, missed = ruled(parts[one.name], one.type, inner)
        parts[one.name] = within(made, inner)
        told += [f"{one.name}: {what}" for what in missed]
    return factory.Dict(parts), told


def _map(declaration: Any, type_: pa.DataType, rule: FieldRule) -> tuple[Any, list[str]]:
    if not isinstance(declaration, factory.declarations.Dict) or rule.items is None:
        return declaration, []
    parts, told = dict(declaration._defaults), list[str]()
    for name, part in parts.items():
        parts[name], told = ruled(part, type_.item_type, rule.items)
    return factory.Dict(parts), told


def _list(declaration: Any, type_: pa.DataType, rule: FieldRule) -> tuple[Any, list[str]]:
    inner = rule.items or FieldRule()
    fewest, most = rule.shortest or 0, rule.longest
    if isinstance(declaration, Array):
        item, told = ruled(nested_item(declaration) or declaration.item, type_.value_type, inner)
        length: Any = declaration.length
        if rule.shortest is not None or most is not None:
            high = max(fewest, _MOST_ITEMS) if most is None else most
            length = fewest if high == fewest else Integers(fewest, high)
        return Array(within(item, inner), length=length.value if isinstance(length, Constant) else length), told
    if not isinstance(declaration, factory.declarations.List):
        return declaration, []
    items = list(declaration._defaults.values())
    count = max(len(items) if most is None else min(len(items), most), fewest)
    item, told = ruled(items[0], type_.value_type, inner)
    return factory.List([item] * count), told


def _drawn(generator: Generator) -> list[Any] | None:
    """Some of its values; None for what reads other columns."""
    try:
        bound = BoundTable.of(Plan("inferred", {"column": generator}), 0, _TRIED, {})
        values = bound.at(np.arange(_TRIED, dtype=np.uint64)).read("column")
    except (SynthDataError, KeyError):
        return None
    return [one for one in to_arrow(values).to_pylist() if one is not None]


def _text(generator: Generator, rule: FieldRule) -> tuple[Generator, list[str]]:
    shortest, longest = rule.shortest or 0, math.inf if rule.longest is None else rule.longest

    def fits(one: Generator) -> bool:
        values = _drawn(one)
        return values is not None and all(
            shortest <= len(text) <= longest and (rule.pattern is None or re.search(rule.pattern, text) is not None)
            for text in values
        )

    if rule.form in _FORMS and fits(_FORMS[rule.form]):
        is_email = rule.form == "email" and type(generator).__name__ == "Email" and not shortest and longest == math.inf
        return (generator if is_email else _FORMS[rule.form]), []
    if rule.pattern is not None:
        try:
            if fits(generator):
                return generator, []
            made = regular(rule.pattern, shortest, longest)
            if made is not None and fits(made):
                return made, []
        except re.error:  # of another language
            pass
        return generator, [f"pattern {rule.pattern}"]
    if (shortest == 0 and longest == math.inf) or fits(generator):
        return generator, []
    cut = generator if longest == math.inf else Call("substring", (generator,), (1, int(longest)))
    if fits(cut) or _drawn(generator) is None:
        return cut, []
    return Fake("bothify", text="?" * max(shortest, 1), letters=_LETTERS), []


def _number(generator: Generator, type_: pa.DataType, rule: FieldRule) -> Generator:
    """A number within bounds: as its name says where that mostly is there, else any between them."""
    if rule.low is None and rule.high is None and rule.step is None:
        return generator
    digits = _digits(type_, rule)
    unit = Decimal(str(rule.step)) if rule.step is not None else Decimal(1).scaleb(-digits)
    low = None if rule.low is None else math.ceil(Decimal(str(rule.low)) / unit)
    high = None if rule.high is None else math.floor(Decimal(str(rule.high)) / unit)
    low = low + 1 if low is not None and rule.is_above and low * unit == Decimal(str(rule.low)) else low
    high = high - 1 if high is not None and rule.is_below and high * unit == Decimal(str(rule.high)) else high
    if low is not None and high is not None and low > high:
        raise SynthDataError(f"no number of {type_} is between {rule.low} and {rule.high}: widen the bounds")
    ends = [None if end is None else _plain(end * unit) for end in (low, high)]
    values = _drawn(generator)
    if values and rule.step is None:
        inside = [(ends[0] is None or one >= ends[0]) and (ends[1] is None or one <= ends[1]) for one in values]
        if all(inside):
            may_fall = rule.low is not None and rule.high is None and not isinstance(unwrapped(generator), Key)
            return generator.clip(ends[0]) if may_fall else generator
        if sum(inside) * 2 >= len(inside):
            inner = generator.generator if isinstance(generator, Cast) else generator
            return in_type(inner.clip(*ends), type_)
    least = low if low is not None else (high or 0) - int(_SPAN / unit)
    if isinstance(unwrapped(generator), Key) and high is None and unit % 1 == 0:
        return in_type(Key("{}", start=least * int(unit), step=int(unit)), type_)
    most = high if high is not None else least + int(_SPAN / unit)
    if unit == 1:
        numbers = Integers(least, most)
        is_key = isinstance(unwrapped(generator), Key) and most - least >= _TRIED
        return in_type(numbers.unique() if is_key else numbers, type_)
    if rule.step is not None:
        made = Integers(least, most) * _plain(unit)
        return in_type(made if pa.types.is_integer(type_) else made.round(digits), type_)
    return in_type(Uniform(_plain(least * unit), _plain(most * unit)).round(digits), type_)


def _digits(type_: pa.DataType, rule: FieldRule) -> int:
    if pa.types.is_integer(type_):
        return 0
    if pa.types.is_decimal(type_):
        return int(type_.scale)
    said = [Decimal(str(one)).normalize().as_tuple().exponent for one in (rule.low, rule.high, rule.step) if one]
    return max([2, *(-int(one) for one in said)])


def _plain(value: Decimal) -> float:
    return int(value) if value == int(value) else float(value)


__all__ = ["ruled"]
