"""SQL's expressions as those of columns: what `CHECK` and `GENERATED ALWAYS AS` say."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from pytest_synthdata import functions as F  # noqa: N812 - as PySpark's users have it
from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.base import Generator, literal
from pytest_synthdata.errors import DeclarationError
from pytest_synthdata.sources.spark_types import spark_type

_TWO: Mapping[str, Callable[[Any, Any], Any]] = {
    "GT": operator.gt, "GTE": operator.ge, "LT": operator.lt, "LTE": operator.le, "EQ": operator.eq, "NEQ": operator.ne,
    "And": operator.and_, "Or": operator.or_, "Add": operator.add, "Sub": operator.sub, "Mul": operator.mul,
    "Div": operator.truediv, "Mod": operator.mod,
}  # fmt: skip

# By the names of sqlglot's classes.
_OF_ONE: Mapping[str, Callable[[Any], Any]] = {
    "Upper": F.upper, "Lower": F.lower, "Trim": F.trim, "Length": F.length, "Abs": F.abs, "Floor": F.floor,
    "Ceil": F.ceil, "Year": F.year, "Month": F.month, "Quarter": F.quarter, "Day": F.dayofmonth,
    "DayOfMonth": F.dayofmonth, "Hour": F.hour, "Minute": F.minute, "Second": F.second, "TsOrDsToDate": F.to_date,
}  # fmt: skip
_OF_SEVERAL: Mapping[str, Callable[..., Any]] = {"Concat": F.concat, "DPipe": F.concat, "Coalesce": F.coalesce}
_OF_DAYS = ("Year", "Month", "Quarter", "Day", "DayOfMonth")  # whose day sqlglot makes of a time by itself


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
    if kind in _OF_SEVERAL:
        parts = [sql.args.get("this"), *sql.expressions, sql.args.get("expression")]
        made = [_made(one, attributes) for one in parts if one is not None and not isinstance(one, bool)]
        return None if any(one is None for one in made) else _OF_SEVERAL[kind](*map(literal, made))
    if kind in _OF_DAYS and type(sql.this).__name__ == "TsOrDsToDate":
        sql = type(sql)(this=sql.this.this)
    return _of_one(sql, kind, _made(sql.this, attributes) if hasattr(sql, "this") else None, attributes)


def _of_one(sql: Any, kind: str, subject: Any, attributes: Mapping[str, str]) -> Any:
    if not isinstance(subject, Generator):
        return -subject if kind == "Neg" and isinstance(subject, (int, float)) else None
    if kind in ("Not", "Neg"):
        return ~subject if kind == "Not" else -subject
    if kind == "Between":
        low, high = (_made(sql.args[end], attributes) for end in ("low", "high"))
        return None if low is None or high is None else subject.between(low, high)
    if kind == "In" and sql.expressions:
        values = [_made(one, attributes) for one in sql.expressions]
        return None if any(value is None or isinstance(value, Generator) for value in values) else subject.isin(values)
    if kind == "Is" and type(sql.expression).__name__ == "Null":
        return subject.is_null()
    if kind in ("Like", "RegexpLike") and sql.expression.is_string:
        return (subject.like if kind == "Like" else subject.rlike)(sql.expression.this)
    return _OF_ONE[kind](subject) if kind in _OF_ONE else _with_options(sql, kind, subject)


def _with_options(sql: Any, kind: str, subject: Generator) -> Any:
    """A function of a column and of constants."""
    if kind in ("Cast", "TryCast"):
        return _cast(subject, sql.args["to"])
    if kind == "TimestampTrunc":
        return F.date_trunc(sql.args["unit"].name.lower(), subject)
    if kind == "Round" and (digits := sql.args.get("decimals")) is not None and digits.is_int:
        return subject.round(int(digits.name))
    if kind == "Substring":
        ends = [sql.args.get(end) for end in ("start", "length")]
        if all(end is not None and end.is_int for end in ends):
            return F.substring(subject, *(int(end.name) for end in ends))
    return None


def _cast(subject: Any, to: Any) -> Any:
    text = to.sql("spark").lower()
    try:
        spark_type(text)
        return subject.cast(text)
    except DeclarationError:
        return None


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() and "." not in text else number


__all__ = ["expression"]
