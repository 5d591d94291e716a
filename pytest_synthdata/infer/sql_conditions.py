"""SQL's expressions as those of columns: what `CHECK` and `GENERATED ALWAYS AS` say."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.base import Generator, literal

_TWO: Mapping[str, Callable[[Any, Any], Any]] = {
    "GT": operator.gt, "GTE": operator.ge, "LT": operator.lt, "LTE": operator.le, "EQ": operator.eq, "NEQ": operator.ne,
    "And": operator.and_, "Or": operator.or_, "Add": operator.add, "Sub": operator.sub, "Mul": operator.mul,
    "Div": operator.truediv, "Mod": operator.mod,
}  # fmt: skip


def expression(sql: Any, attributes: Mapping[str, str]) -> Any:
    """An expression of columns; None for what has no counterpart.

    Args:
        sql: sqlglot's.
        attributes: what the columns are called.
    """
    made = _made(sql, attributes)
    return None if made is None else literal(made)


def _made(sql: Any, attributes: Mapping[str, str]) -> Any:
    kind = type(sql).__name__
    if kind == "Column":
        return col(attributes[sql.name]) if sql.name in attributes else None
    if kind == "Literal":
        return sql.this if sql.is_string else _number(sql.this)
    if kind == "Boolean":
        return bool(sql.this)
    if kind == "Paren":
        return _made(sql.this, attributes)
    if kind in _TWO:
        one, other = _made(sql.this, attributes), _made(sql.expression, attributes)
        return None if one is None or other is None else _TWO[kind](one, other)
    return _of_one(sql, kind, _made(sql.this, attributes) if hasattr(sql, "this") else None, attributes)


def _of_one(sql: Any, kind: str, subject: Any, attributes: Mapping[str, str]) -> Any:
    if not isinstance(subject, Generator):
        return -subject if kind == "Neg" and isinstance(subject, (int, float)) else None
    if kind == "Not":
        return ~subject
    if kind == "Between":
        low, high = (_made(sql.args[end], attributes) for end in ("low", "high"))
        return None if low is None or high is None else subject.between(low, high)
    if kind == "In" and sql.expressions:
        values = [_made(one, attributes) for one in sql.expressions]
        return None if any(value is None or isinstance(value, Generator) for value in values) else subject.isin(values)
    if kind == "Is" and type(sql.expression).__name__ == "Null":
        return subject.is_null()
    return subject.like(sql.expression.this) if kind == "Like" and sql.expression.is_string else None


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() and "." not in text else number


__all__ = ["expression"]
