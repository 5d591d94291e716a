"""Row rules in the forms that other tools load: SQL conditions (Lakeflow), DQX checks, Great Expectations."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.errors import SynthDataError, nearest
from pytest_synthdata.validation.declared.row_rules import RowRule, not_ruled, row_rules
from pytest_synthdata.validation.declared.spark_sql import identifier, literal, text

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_NAMES = {
    "not_null": "{column}_not_null",
    "range": "{column}_in_range",
    "list": "{column}_in_list",
    "pattern": "{column}_has_pattern",
    "reference": "{column}_in_{parent}",
    "unique": "{columns}_unique",
    "where": "where_is_met",
}


def exported(bound: BoundTable, form: str, references: bool | Mapping[str, str] | None) -> Any:
    """A table's row rules in a form.

    Args:
        bound: the table.
        form: ``sql``, ``dqx`` or ``great_expectations``.
        references: whether parents are looked up, or where they are, by their table; None for the form's own way.

    Raises:
        SynthDataError: for a form that there is not.
    """
    _require_form(form)
    places = references if isinstance(references, Mapping) else {}
    rules = [_OF_FORM[form](rule) for rule in row_rules(bound) if _reason(rule, form, references) is None]
    return _FORMS[form](bound.name, rules, places)


def left_out(bound: BoundTable, form: str, references: bool | Mapping[str, str] | None) -> dict[str, str]:
    """What a form of a table's row rules does not say, by rule or column, with the reason; the arguments are the same.

    Raises:
        SynthDataError: for a form that there is not.
    """
    _require_form(form)
    reasons = {_name(rule): _reason(rule, form, references) for rule in row_rules(bound)}
    return {**{name: reason for name, reason in reasons.items() if reason}, **dict(not_ruled(bound))}


def _require_form(form: str) -> None:
    if form not in _FORMS:
        raise SynthDataError(f"expectations: there is no form {form!r}: {nearest(str(form), _FORMS)}")


def _reason(rule: RowRule, form: str, references: bool | Mapping[str, str] | None) -> str | None:
    """Why a rule is not in a form; None where it is."""
    if rule.kind == "unique" and form == "sql":
        return "a condition looks at one row"
    if rule.kind == "reference" and not (form != "sql" if references is None else references):
        return "a condition looks at one table; references=True looks parents up"
    if form != "great_expectations":
        return None
    if rule.kind == "where" and references is False:
        return "it is a query, which references=False leaves out"
    if rule.kind == "list" and not all(map(_is_finite, rule.values)):
        return "a suite has no infinite numbers"
    return None


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _as_plain_list(rule: RowRule) -> RowRule:
    """A list that JSON has no values for as the range from its least to its greatest."""
    if rule.kind != "list" or all(isinstance(value, (str, int, float)) for value in rule.values):
        return rule
    return replace(rule, kind="range", low=min(rule.values), high=max(rule.values))


def _sql(table: str, rules: list[RowRule], places: Mapping[str, str]) -> dict[str, str]:
    del table
    return {_name(rule): condition(rule, places) for rule in rules}


def condition(rule: RowRule, places: Mapping[str, str]) -> str:
    """A rule as a Spark SQL condition that is never null."""
    column = identifier(rule.column)
    if rule.kind == "where":
        return f"coalesce({rule.condition}, false)"
    if rule.kind == "not_null":
        return f"{column} IS NOT NULL"
    return f"{column} IS NULL OR ({' AND '.join(_parts(rule, column, places))})"


def _parts(rule: RowRule, column: str, places: Mapping[str, str]) -> Iterator[str]:
    if rule.kind == "list":
        yield f"{column} IN ({', '.join(literal(value, rule.type) for value in rule.values)})"
    elif rule.kind == "pattern":
        yield f"{column} RLIKE {text(rule.pattern)}"
    elif rule.kind == "reference":
        parent = places.get(rule.parent) or identifier(rule.parent)
        yield f"{column} IN (SELECT {identifier(rule.parent_key)} FROM {parent})"
    else:
        floats = pa.types.is_floating(rule.type)
        if rule.low is not None:
            yield f"{column} >= {literal(rule.low, rule.type)}"
        elif floats:
            yield f"{column} > double('-Infinity')"
        if rule.high is not None:
            less = "<" if pa.types.is_timestamp(rule.type) else "<="
            yield f"{column} {less} {literal(_end(rule.high, rule.type), rule.type)}"
        elif floats:  # in Spark's order NaN comes after infinity
            yield f"{column} < double('Infinity')"


def _end(high: Any, type_: pa.DataType) -> Any:
    """Of times, the moment after the last second."""
    if not pa.types.is_timestamp(type_):
        return high
    moment = high if isinstance(high, dt.datetime) else dt.datetime(high.year, high.month, high.day)  # noqa: DTZ001
    return moment.replace(microsecond=0) + dt.timedelta(seconds=1)


def _name(rule: RowRule) -> str:
    return _NAMES[rule.kind].format(column=rule.column, columns="_".join(rule.columns), parent=rule.parent)


def _dqx(table: str, rules: list[RowRule], places: Mapping[str, str]) -> list[dict[str, Any]]:
    """Checks as DQX's metadata has them. Parents are reference tables, or data frames named as their tables."""
    del table

    def check(rule: RowRule) -> dict[str, Any]:
        if rule.kind == "not_null":
            return {"function": "is_not_null", "arguments": {"column": identifier(rule.column)}}
        if rule.kind == "unique":
            return {"function": "is_unique", "arguments": {"columns": list(map(identifier, rule.columns))}}
        if rule.kind == "reference":
            where = {"ref_table": places[rule.parent]} if rule.parent in places else {"ref_df_name": rule.parent}
            columns = {"columns": [identifier(rule.column)], "ref_columns": [identifier(rule.parent_key)]}
            return {"function": "foreign_key", "arguments": {**columns, **where}}
        arguments = {"expression": condition(rule, places), "columns": list(map(identifier, rule.columns))}
        return {"function": "sql_expression", "arguments": {**arguments, "msg": f"{_name(rule)} is not met"}}

    return [{"name": _name(rule), "criticality": "error", "check": check(rule)} for rule in rules]


def _great_expectations(table: str, rules: list[RowRule], places: Mapping[str, str]) -> dict[str, Any]:
    """A suite as Great Expectations 1 loads it. Parents are looked up in a query on the batch."""
    return {"name": table, "expectations": [_expectation(rule, places) for rule in rules], "meta": {}}


def _expectation(rule: RowRule, places: Mapping[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"column": rule.column}
    if rule.kind in ("reference", "where"):
        query = f"SELECT * FROM {{batch}} WHERE {_unexpected(rule, places)}"
        return {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}, "meta": {}}
    if rule.others:
        arguments = {"column_list": list(rule.columns), "ignore_row_if": "any_value_is_missing"}
        return {"type": _COMPOUND, "kwargs": arguments, "meta": {"name": _name(rule)}}
    if rule.kind == "list":
        arguments["value_set"] = list(rule.values)
    elif rule.kind == "pattern":
        arguments["regex"] = rule.pattern
    elif rule.kind == "range":
        arguments |= {
            "min_value": _plain(rule.low, rule.type),
            "max_value": _plain(_last(rule.high, rule.type), rule.type),
        }
    return {"type": _TYPES[rule.kind], "kwargs": arguments, "meta": {"name": _name(rule)}}


def _unexpected(rule: RowRule, places: Mapping[str, str]) -> str:
    """Which rows do not meet a rule, in SQL."""
    if rule.kind == "where":
        return f"NOT {condition(rule, places)}"
    parent, column = places.get(rule.parent) or identifier(rule.parent), identifier(rule.column)
    return f"{column} IS NOT NULL AND {column} NOT IN (SELECT {identifier(rule.parent_key)} FROM {parent})"


def _last(high: Any, type_: pa.DataType) -> Any:
    """Of times, the last moment of the last second."""
    if high is None or not pa.types.is_timestamp(type_):
        return high
    return _end(high, type_) - dt.timedelta(microseconds=1)


def _plain(end: Any, type_: pa.DataType) -> Any:
    """An end of a range as JSON has it; dates and times as texts, which are in UTC where the column is."""
    if pa.types.is_timestamp(type_) and isinstance(end, dt.date):
        moment = end if isinstance(end, dt.datetime) else dt.datetime(end.year, end.month, end.day)  # noqa: DTZ001
        return (moment.replace(tzinfo=dt.timezone.utc) if type_.tz else moment).isoformat()
    return end.isoformat() if isinstance(end, dt.date) else end if end is None or isinstance(end, int) else float(end)


_TYPES = {
    "not_null": "expect_column_values_to_not_be_null",
    "range": "expect_column_values_to_be_between",
    "list": "expect_column_values_to_be_in_set",
    "pattern": "expect_column_values_to_match_regex",
    "unique": "expect_column_values_to_be_unique",
}
_COMPOUND = "expect_compound_columns_to_be_unique"
_OF_FORM: dict[str, Callable[[RowRule], RowRule]] = {
    "sql": lambda rule: rule,
    "dqx": lambda rule: rule,
    "great_expectations": _as_plain_list,
}
_FORMS: dict[str, Callable[[str, list[RowRule], Mapping[str, str]], Any]] = {
    "sql": _sql,
    "dqx": _dqx,
    "great_expectations": _great_expectations,
}

__all__ = ["condition", "exported", "left_out"]
