"""Row rules in the forms that other tools load: SQL conditions (Lakeflow), DQX checks, Great Expectations."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.errors import SynthDataError, nearest
from pytest_synthdata.validation.declared.row_rules import RowRule, row_rules

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_NAMES = {
    "not_null": "{column}_not_null",
    "range": "{column}_in_range",
    "list": "{column}_in_list",
    "pattern": "{column}_has_pattern",
    "reference": "{column}_in_{parent}",
    "unique": "{column}_unique",
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
    if form not in _FORMS:
        raise SynthDataError(f"expectations: there is no form {form!r}: {nearest(str(form), _FORMS)}")
    wanted = form != "sql" if references is None else bool(references)
    places = references if isinstance(references, Mapping) else {}
    rules = [rule for rule in row_rules(bound) if wanted or rule.kind != "reference"]
    return _FORMS[form](bound.name, rules, places)


def _sql(table: str, rules: list[RowRule], places: Mapping[str, str]) -> dict[str, str]:
    del table
    return {_name(rule): condition(rule, places) for rule in rules if rule.kind != "unique"}


def condition(rule: RowRule, places: Mapping[str, str]) -> str:
    """A rule as a Spark SQL condition that is never null."""
    column = _identifier(rule.column)
    if rule.kind == "not_null":
        return f"{column} IS NOT NULL"
    return f"{column} IS NULL OR ({' AND '.join(_parts(rule, column, places))})"


def _parts(rule: RowRule, column: str, places: Mapping[str, str]) -> Iterator[str]:
    if rule.kind == "list":
        yield f"{column} IN ({', '.join(_literal(value, rule.type) for value in rule.values)})"
    elif rule.kind == "pattern":
        yield f"{column} RLIKE {_text(rule.pattern)}"
    elif rule.kind == "reference":
        parent = places.get(rule.parent) or _identifier(rule.parent)
        yield f"{column} IN (SELECT {_identifier(rule.parent_key)} FROM {parent})"
    else:
        floats = pa.types.is_floating(rule.type)
        if rule.low is not None:
            yield f"{column} >= {_literal(rule.low, rule.type)}"
        elif floats:
            yield f"{column} > double('-Infinity')"
        if rule.high is not None:
            less = "<" if pa.types.is_timestamp(rule.type) else "<="
            yield f"{column} {less} {_literal(_end(rule.high, rule.type), rule.type)}"
        elif floats:  # in Spark's order NaN comes after infinity
            yield f"{column} < double('Infinity')"


def _end(high: Any, type_: pa.DataType) -> Any:
    """Of times, the moment after the last second."""
    if not pa.types.is_timestamp(type_):
        return high
    moment = high if isinstance(high, dt.datetime) else dt.datetime(high.year, high.month, high.day)  # noqa: DTZ001
    return moment.replace(microsecond=0) + dt.timedelta(seconds=1)


def _literal(value: Any, type_: pa.DataType) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if pa.types.is_date(type_) and isinstance(value, dt.date):
        return f"DATE '{value.year:04}-{value.month:02}-{value.day:02}'"
    if isinstance(value, dt.date):
        moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
        text = moment.replace(tzinfo=None).isoformat(" ")
        return f"TIMESTAMP '{text}Z'" if type_.tz else f"TIMESTAMP_NTZ '{text}'"
    return f"{value!r}D" if isinstance(value, float) else str(value)


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def _identifier(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f"`{name.replace('`', '``')}`"


def _name(rule: RowRule) -> str:
    return _NAMES[rule.kind].format(column=rule.column, parent=rule.parent)


def _dqx(table: str, rules: list[RowRule], places: Mapping[str, str]) -> list[dict[str, Any]]:
    """Checks as DQX's metadata has them. Parents are reference tables, or data frames named as their tables."""
    del table

    def check(rule: RowRule) -> dict[str, Any]:
        if rule.kind == "not_null":
            return {"function": "is_not_null", "arguments": {"column": _identifier(rule.column)}}
        if rule.kind == "unique":
            columns = [*map(_identifier, rule.columns or (rule.column,))]
            return {"function": "is_unique", "arguments": {"columns": columns}}
        if rule.kind == "reference":
            where = {"ref_table": places[rule.parent]} if rule.parent in places else {"ref_df_name": rule.parent}
            both = {"columns": [_identifier(rule.column)], "ref_columns": [_identifier(rule.parent_key)]}
            return {"function": "foreign_key", "arguments": {**both, **where}}
        arguments = {"expression": condition(rule, places), "columns": [_identifier(rule.column)]}
        return {"function": "sql_expression", "arguments": {**arguments, "msg": f"{_name(rule)} is not met"}}

    return [{"name": _name(rule), "criticality": "error", "check": check(rule)} for rule in rules]


def _great_expectations(table: str, rules: list[RowRule], places: Mapping[str, str]) -> dict[str, Any]:
    """A suite as Great Expectations 1 loads it. Parents are looked up in a query on the batch."""
    return {"name": table, "expectations": [_expectation(rule, places) for rule in rules], "meta": {}}


def _expectation(rule: RowRule, places: Mapping[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"column": rule.column}
    if rule.columns:
        kind = "expect_compound_columns_to_be_unique"
        return {"type": kind, "kwargs": {"column_list": [*rule.columns]}, "meta": {"name": _name(rule)}}
    if rule.kind == "reference":
        parent, column = places.get(rule.parent) or _identifier(rule.parent), _identifier(rule.column)
        query = (
            f"SELECT * FROM {{batch}} WHERE {column} IS NOT NULL AND {column} NOT IN "
            f"(SELECT {_identifier(rule.parent_key)} FROM {parent})"
        )
        return {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}, "meta": {}}
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
_FORMS: dict[str, Callable[[str, list[RowRule], Mapping[str, str]], Any]] = {
    "sql": _sql,
    "dqx": _dqx,
    "great_expectations": _great_expectations,
}

__all__ = ["condition", "exported"]
