"""A declaration as its author writes it: for reports, checks and errors, whose readers have never seen its classes."""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import singledispatch
from pathlib import Path
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.types import sql_name
from pytest_synthdata.columns.expressions.conditions import Truth, When
from pytest_synthdata.columns.expressions.functions import Computed
from pytest_synthdata.columns.expressions.operators import SYMBOLS, Call, During, Operation
from pytest_synthdata.columns.generators.arrays import Array
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Cast, Clipped, NotNull, Nullable, Rounded, Unique
from pytest_synthdata.columns.generators.nested import Nested
from pytest_synthdata.columns.generators.numbers.distributions import Distribution
from pytest_synthdata.columns.generators.numbers.parameters import ParametricDistribution
from pytest_synthdata.columns.generators.rowwise import RowFunction
from pytest_synthdata.columns.time.calendar import OFFICE_HOURS, Timeline
from pytest_synthdata.columns.time.events import Event


@singledispatch
def as_written(value: object) -> str:
    """A generator, or a value in it, as the Python that declares it.

    >>> from pytest_synthdata import LogNormal
    >>> as_written(LogNormal(7, 0.8).round(2).nulls(0.1))
    'LogNormal(mean=7, sigma=0.8).round(2).nulls(0.1)'
    """
    return repr(value)


@as_written.register
def _(value: dt.date) -> str:
    return repr(value.isoformat())


@as_written.register(list)
@as_written.register(tuple)
def _(value: Any) -> str:
    return f"[{', '.join(map(as_written, value))}]"


@as_written.register
def _(value: Constant) -> str:
    return "null" if value.value is None else as_written(value.value)


@as_written.register
def _(value: Rounded) -> str:
    return f"{_inner(value)}.round({value.digits})"


@as_written.register
def _(value: Clipped) -> str:
    return f"{_inner(value)}.clip({value.low}, {value.high})"


@as_written.register
def _(value: Nullable) -> str:
    return f"{_inner(value)}.nulls({value.share})"


@as_written.register
def _(value: NotNull) -> str:
    return f"{_inner(value)}.not_null()"


@as_written.register
def _(value: Unique) -> str:
    return f"{_inner(value)}.unique()"


@as_written.register
def _(value: Cast) -> str:
    return f"{_inner(value)}.cast({str(value.target)!r})"


@as_written.register
def _(value: Key) -> str:
    said = [repr(value.pattern)]
    said += [f"start={value.start}"] if value.start else []
    said += [f"step={value.step}"] if value.step != 1 else []
    return f"Key({', '.join(said)})"


@as_written.register
def _(value: ParametricDistribution) -> str:
    fields = dataclasses.fields(value)  # type: ignore[arg-type]
    return _called(type(value).__name__, **{field.name: getattr(value, field.name) for field in fields})


@as_written.register
def _(value: Distribution) -> str:
    frozen = value.frozen
    arguments = [*getattr(frozen, "args", ())], getattr(frozen, "kwds", {})
    return f"Distribution({_called(getattr(frozen.dist, 'name', 'a law of your own'), *arguments[0], **arguments[1])})"


@as_written.register
def _(value: Timeline) -> str:
    plain = {
        "daily": 1.0, "weekend": 1.0, "season": (1.0,) * 12, "trend": 0.0, "events": (), "noise": 0.0,
        "hours": OFFICE_HOURS, "weekdays": None, "tz": None,
    }  # fmt: skip
    stated = {name: getattr(value, name) for name, usual in plain.items() if getattr(value, name) != usual}
    return _called("Timeline", _day(value.start), _day(value.end), **stated)


@as_written.register
def _(value: Event) -> str:
    return _called("Event", _day(value.start), _day(value.end), value.multiplier)


@as_written.register
def _(value: Given) -> str:
    if value.is_binned:
        return _called("Given", value.column, bins=value.edges, then=value.branches)
    named = [
        f"{as_written(key)}: {as_written(branch)}" for key, branch in zip(value.keys, value.branches, strict=False)
    ]
    default = f", default={as_written(value.branches[-1])}" if value.has_default else ""
    return f"Given({as_written(value.column)}, {{{', '.join(named)}}}{default})"


@as_written.register
def _(value: When) -> str:
    cases = [
        f"when({as_written(condition)}, {as_written(branch)})"
        for condition, branch in zip(value.conditions, value.branches, strict=False)
    ]
    if len(value.branches) > len(value.conditions):
        cases.append(f"otherwise({as_written(value.branches[-1])})")
    return ".".join(cases)


@as_written.register
def _(value: Truth) -> str:
    return as_written(value.generator)


@as_written.register
def _(value: Operation) -> str:
    shown = [as_written(operand) for operand in value.operands]
    if symbol := SYMBOLS.get(value.function):
        left, right = (
            f"({text})" if isinstance(operand, Operation) and operand.function in SYMBOLS else text
            for text, operand in zip(shown, value.operands, strict=True)
        )
        return f"{left} {symbol} {right}"
    methods = {"is_in": "isin", "is_null": "is_null", "is_valid": "is_not_null"}
    if value.function == "invert":
        return f"~({shown[0]})"
    if method := methods.get(value.function):
        return f"{_bracketed(value.operands[0], shown[0])}.{method}({', '.join(shown[1:])})"
    return f"{value.function}({', '.join(shown)})"


@as_written.register
def _(value: During) -> str:
    return f"{as_written(value.of)}.during({as_written(value.event)})"


@as_written.register
def _(value: Call) -> str:
    shown = [as_written(operand) for operand in value.operands]
    if value.function == "negative":
        return f"-{_bracketed(value.operands[0], shown[0])}"
    options = [as_written(option) for option in value.options]
    if repr(value).startswith("F."):
        return f"F.{value.function}({', '.join((*shown, *options))})"
    return f"{_bracketed(value.operands[0], shown[0])}.{value.function}({', '.join(options)})"


def _inner(modified: Any) -> str:
    return _bracketed(modified.generator, as_written(modified.generator))


def _bracketed(operand: Generator, text: str) -> str:
    return f"({text})" if isinstance(operand, Operation) else text


@as_written.register
def _(value: Array) -> str:
    return _called("Array", value.item, length=value.length)


@as_written.register
def _(value: Nested) -> str:
    fields = ", ".join(f"{name}={as_written(value.plan.columns[name])}" for name in value.plan.visible)
    return f"{value.shape} of {fields}"


@as_written.register
def _(value: Computed) -> str:
    return f"@column {_function(value.function)}"


@as_written.register
def _(value: RowFunction) -> str:
    return f"the function {_function(value.function)}"


def _called(name: str, *arguments: object, **named: object) -> str:
    shown = [*map(as_written, arguments), *(f"{key}={as_written(value)}" for key, value in named.items())]
    return f"{name}({', '.join(shown)})"


def _day(day: object) -> object:
    return day.isoformat() if isinstance(day, dt.date) else day


def _function(function: object) -> str:
    code = getattr(function, "__code__", None)
    name = getattr(function, "__name__", type(function).__name__)
    where = f" ({Path(code.co_filename).name}:{code.co_firstlineno})" if code is not None else ""
    return f"{name}{where}"


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


__all__ = ["as_written", "type_name"]
