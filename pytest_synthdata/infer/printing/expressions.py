"""Expressions of columns as the Python that makes them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from keyword import iskeyword
from typing import Any

from pytest_synthdata.columns.expressions.computing import COMPARISONS
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import SYMBOLS, Call, Column, Operation
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.infer.printing.layout import WIDTH, Bracket, Code, on_one_line
from pytest_synthdata.infer.printing.plain_values import call, code, unwrapped_constant

_JOINED = ("and_kleene", "or_kleene")
_METHODS = ("contains", "endswith", "like", "rlike", "startswith")
WITH_COLUMNS = (*_METHODS, "negative")  # which are called on a column, not on its name
_OPTIONS_FIRST = ("date_trunc", "concat_ws")  # as in PySpark
INTERVALS = ("days", "hours", "minutes", "seconds")


@code.register
def _(value: Column) -> Code:
    return call("col", value.name)


@code.register
def _(value: Operation) -> Code:
    said = [_inner(one) for one in value.operands]
    if value.function in SYMBOLS:
        text = f" {SYMBOLS[value.function]} ".join(map(_inner, _chained(value)))
        return text if value.function in COMPARISONS else f"({text})"  # within brackets of a call
    return {
        "invert": f"~{said[0]}",
        "is_null": f"{said[0]}.is_null()",
        "is_valid": f"{said[0]}.is_not_null()",
        "is_in": f"{said[0]}.isin({said[-1]})",
    }[value.function]


def _inner(one: Any) -> str:
    """What stands in an operation: comparisons bind less than others, and are put in brackets."""
    text = on_one_line(code(unwrapped_constant(one)))
    return f"({text})" if isinstance(one, Operation) and one.function in COMPARISONS else text


def _chained(value: Operation) -> list[Any]:
    """The operands of an operation; of conditions that are all joined alike, the conditions."""
    first, *rest = value.operands
    if isinstance(first, Operation) and first.function == value.function and value.function in _JOINED:
        return [*_chained(first), *rest]
    return [first, *rest]


def condition_lines(value: Any, indent: int, start: str) -> list[str]:
    """A condition on one line where it fits, else each of those that it joins on a line of its own."""
    flat = f"{' ' * indent}{start}{_inner(value)}"
    if len(flat) <= WIDTH or not (isinstance(value, Operation) and value.function in _JOINED):
        return [flat]
    symbol = SYMBOLS[value.function]
    first, *rest = _chained(value)
    lines = condition_lines(first, indent + 4, "")
    for one in rest:
        lines += condition_lines(one, indent + 4, f"{symbol} ")
    return [f"{' ' * indent}{start}(", *lines, f"{' ' * indent})"]


@code.register
def _(value: Call) -> Code:
    if value.function in _METHODS:
        rest = [*(unwrapped_constant(one) for one in value.operands[1:]), *value.options]
        return call(f"{_inner(value.operands[0])}.{value.function}", *rest)
    if value.function == "negative":
        return f"-{_inner(value.operands[0])}"
    if value.function == "struct":
        fields = dict(zip(value.options[0], map(_operand, value.operands), strict=True))
        if all(name.isidentifier() and not iskeyword(name) for name in fields):
            return Bracket("F.struct", tuple((f"{name}=", code(one)) for name, one in fields.items()))
        return Bracket("F.struct", (("**", code(fields)),))
    head = value.function if value.function in INTERVALS else f"F.{value.function}"
    operands = [_operand(one) for one in value.operands]
    items = [*value.options, *operands] if value.function in _OPTIONS_FIRST else [*operands, *value.options]
    made = call(head, *items)
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
    return call("F.lit", value.value)


@code.register
def _(value: When) -> Code:
    made: Bracket | None = None
    for condition, branch in zip(value.conditions, value.branches, strict=False):
        link = call("when" if made is None else ".when", condition, unwrapped_constant(branch))
        made = dataclasses.replace(link, before=made)
    for branch in value.branches[len(value.conditions) :]:
        made = dataclasses.replace(call(".otherwise", unwrapped_constant(branch)), before=made)
    assert made is not None  # noqa: S101 - there is a condition
    return made


__all__ = ["INTERVALS", "WITH_COLUMNS", "condition_lines"]
