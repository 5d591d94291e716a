"""Conditions on columns as Spark SQL."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.cells import Declared, Scope
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Call, Column, Operation
from pytest_synthdata.columns.generators.base import Constant

_BETWEEN = {
    "equal": "=", "not_equal": "<>", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=",
    "and_kleene": "AND", "or_kleene": "OR",
}  # fmt: skip
_ARITHMETIC = ("add", "subtract", "multiply")
_AROUND = {"invert": "NOT {}", "is_null": "{} IS NULL", "is_valid": "{} IS NOT NULL"}
_OF_ANY_TYPE = {"coalesce", "greatest", "isnotnull", "isnull", "least", "nullif"}
_OF_VALUES = {
    "ceil", "concat", "date_add", "date_sub", "datediff", "dayofmonth", "dayofweek", "dayofyear", "floor",
    "initcap", "last_day", "length", "lower", "ltrim", "month", "pmod", "quarter", "reverse", "rtrim", "sqrt", "trim",
    "upper", "weekday", "weekofyear", "year",
}  # fmt: skip
_OF_TEXT = {"contains": "contains({}, {})", "startswith": "startswith({}, {})", "endswith": "endswith({}, {})",
            "like": "{} LIKE {}", "rlike": "{} RLIKE {}"}  # fmt: skip
_UNITS = {"days": "DAY", "hours": "HOUR", "minutes": "MINUTE", "seconds": "SECOND"}


class NoSqlError(Exception):
    """What a condition says cannot be said in SQL; the message is why."""


def as_sql(condition: Declared, scope: Scope, names: Collection[str]) -> str:
    """A condition on a table's own columns as Spark SQL that means the same in every session.

    Args:
        condition: what is written.
        scope: where it stands.
        names: the table's columns.

    Raises:
        NoSqlError: for columns that are not in the table, and what SQL has no counterpart of.
    """
    return _Writer(scope, names).written(condition)


@dataclass(frozen=True)
class _Writer:
    scope: Scope
    names: Collection[str]

    def written(self, part: Declared) -> str:
        if isinstance(part, Column):
            return self._column(part.name)
        if isinstance(part, Constant):
            return literal(part.value, part.type(self.scope))
        if isinstance(part, When):
            cases = [
                f"WHEN {self.written(condition)} THEN {self.written(branch)}"
                for condition, branch in zip(part.conditions, part.branches, strict=False)
            ]
            other = part.branches[len(part.conditions) :]
            return " ".join(["CASE", *cases, *(f"ELSE {self.written(one)}" for one in other), "END"])
        if isinstance(part, Operation):
            return self._operation(part)
        if isinstance(part, Call):
            return self._call(part)
        raise NoSqlError(f"{part!r} has no counterpart in SQL")

    def _column(self, name: str) -> str:
        if name in self.names:
            return identifier(name)
        head, *fields = name.split(".")
        type_ = self.scope.type(head) if fields and head in self.names else None
        if type_ is None or not pa.types.is_struct(type_):
            raise NoSqlError(f"it reads {name!r}, which is not a column of the table")
        return ".".join(map(identifier, (head, *fields)))

    def _operation(self, part: Operation) -> str:
        if part.function == "is_in":
            subject, listed = part.operands
            type_ = subject.type(self.scope)
            if isinstance(listed, Constant) and type_ is not None:
                return f"({self.written(subject)} IN ({', '.join(literal(one, type_) for one in listed.value)}))"
        if part.function in _AROUND:
            return f"({_AROUND[part.function].format(self.written(part.operands[0]))})"
        if part.function in _BETWEEN:
            return f"({f' {_BETWEEN[part.function]} '.join(self._sides(part))})"
        if part.function in _ARITHMETIC:
            return self._arithmetic(part)
        raise NoSqlError(f"{part!r} has no counterpart in SQL")

    def _arithmetic(self, part: Operation) -> str:
        """Null where a number is too large: an error would end the whole query."""
        first, second = self._sides(part)
        times = [is_temporal(side.type(self.scope)) for side in part.operands]
        if part.function == "subtract" and all(times):
            return f"({first} - {second})"
        if times[0] and _is_a(part.operands[1].type(self.scope), pa.types.is_integer):
            return f"{'date_add' if part.function == 'add' else 'date_sub'}({first}, {second})"
        return f"try_{part.function}({first}, {second})"

    def _sides(self, part: Operation) -> list[str]:
        """Both sides of an operation, of types that Spark changes alike in every session."""
        types = [side.type(self.scope) for side in part.operands]
        instant = next((type_ for type_ in types if _is_instant(type_)), None)
        sides = []
        for side, type_ in zip(part.operands, types, strict=True):
            if instant is not None and isinstance(side, Constant) and isinstance(side.value, dt.date):
                sides.append(literal(side.value, instant))
            elif instant is not None and not (_is_instant(type_) or _is_a(type_, pa.types.is_duration)):
                raise NoSqlError(f"{part!r} depends on the session's time zone in SQL")
            elif any(map(is_temporal, types)) and _is_a(type_, pa.types.is_string) and not isinstance(side, Constant):
                raise NoSqlError(f"{part!r} reads times from texts, which ends a query where one cannot be read")
            else:
                sides.append(self.written(side))
        return sides

    def _call(self, part: Call) -> str:
        name = part.function
        if name in _UNITS and isinstance(part.operands[0], Constant) and isinstance(part.operands[0].value, int):
            return f"INTERVAL '{part.operands[0].value}' {_UNITS[name]}"
        operands = [self.written(one) for one in part.operands]
        types = [one.type(self.scope) for one in part.operands]
        if name in ("abs", "negative") and not _is_a(types[0], pa.types.is_integer):
            return f"{name}({operands[0]})"
        if name in _OF_TEXT and all(isinstance(one, str) for one in part.options):
            return f"({_OF_TEXT[name].format(*operands, *map(text, part.options))})"
        instants = any(map(_is_instant, types))
        if not part.options and (name in _OF_ANY_TYPE or (name in _OF_VALUES and not instants)):
            return f"{name}({', '.join(operands)})"
        raise NoSqlError(f"{part!r} has no counterpart in SQL, or one that depends on the session")


def _is_a(type_: pa.DataType | None, test: Callable[[pa.DataType], bool]) -> bool:
    return type_ is not None and test(type_)


def _is_instant(type_: pa.DataType | None) -> bool:
    return type_ is not None and pa.types.is_timestamp(type_) and type_.tz is not None


def literal(value: Any, type_: pa.DataType | None) -> str:
    """A value as a literal of a column's type."""
    for kind, written in _LITERALS.items():
        if isinstance(value, kind):
            return written(value, type_)
    raise NoSqlError(f"{value!r} has no literal in SQL")


def _time(value: dt.date, type_: Any) -> str:
    if type_ is not None and pa.types.is_date(type_):
        return f"DATE '{value.year:04}-{value.month:02}-{value.day:02}'"
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.timezone.utc)
    moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
    shown = moment.replace(tzinfo=None).isoformat(" ")
    return f"TIMESTAMP '{shown}Z'" if type_.tz else f"TIMESTAMP_NTZ '{shown}'"


def _float(value: float, type_: Any) -> str:
    del type_
    return f"{value!r}D" if math.isfinite(value) else f"double('{value}')"


_LITERALS: Mapping[Any, Callable[[Any, Any], str]] = {
    type(None): lambda value, type_: "NULL",  # noqa: ARG005
    bool: lambda value, type_: str(value).lower(),  # noqa: ARG005
    str: lambda value, type_: text(value),  # noqa: ARG005
    dt.date: _time,
    float: _float,
    int: lambda value, type_: str(value),  # noqa: ARG005
    Decimal: lambda value, type_: f"{value:f}",  # noqa: ARG005
}


def text(value: str) -> str:
    """A text as a literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def identifier(name: str) -> str:
    """A column's or a table's name, in backticks where it needs them."""
    return name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f"`{name.replace('`', '``')}`"


__all__ = ["NoSqlError", "as_sql", "identifier", "literal", "text"]
