"""`assert_matches`: asserts in a test that data is what a factory declares, and says which columns and rows are not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_synthdata.errors import SynthDataError, describe, nearest, printable
from pytest_synthdata.sources import source_of
from pytest_synthdata.validation.results import FALSE_ALARMS, Check, Validation, format_value
from pytest_synthdata.validation.run import validate
from pytest_synthdata.validation.shape import shape_checks, strictness, type_names

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.table_view import TableView
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.factories.base import TableFactory

_MOST_SHOWN = 10  # failed checks in a message
_WIDTH = 24  # letters of a value in it


def assert_matches(
    data: Any,
    factory: type[TableFactory],
    *,
    parents: Mapping[str, Any] | Dataset | None = None,
    rows: int | None = None,
    false_alarms: float = FALSE_ALARMS,
) -> Validation:
    """Assert that data matches a factory's declarations.

    Checked are the columns, their types (of CSV and JSON there are none), the number of rows, shares, distributions,
    nulls, keys, references and timelines. Not checked are the order of rows and columns, single values that the
    declared law may give as well, relations between columns that are not declared, and what the result's
    ``tables[0].unchecked`` lists.

    Args:
        data: a pandas or Spark DataFrame, an Arrow table, a path to Parquet, CSV, JSON lines or Delta.
        factory: whose declarations count.
        parents: the tables that it refers to, by name, or the dataset that they are in; what depends on a parent
            that is not given stays unchecked.
        rows: how many rows there are; where not given, as many as the dataset of ``parents`` has of this table, else
            at least one.
        false_alarms: the greatest probability with which data that is as declared fails.

    Returns:
        The checks, all passed.

    Raises:
        AssertionError: with the columns, what was expected of them, and the first rows that break a rule.
        SynthDataError: for anything else.

    >>> from pytest_synthdata import Dataset, assert_matches
    >>> from pytest_synthdata.factories import OrderFactory
    >>> dataset = Dataset()
    >>> assert_matches(dataset.orders.to_arrow(), OrderFactory, parents=dataset).ok
    True
    """
    __tracebackhide__ = True
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.factories.base import TableFactory

    if not (isinstance(factory, type) and issubclass(factory, TableFactory)):
        raise SynthDataError(
            f"assert_matches: {getattr(factory, '__name__', None) or describe(factory)} is not a TableFactory; "
            "give the class, such as OrderFactory"
        )
    table = factory._meta.table
    of_fixture = None if isinstance(parents, (Mapping, Dataset)) else getattr(parents, "dataset", None)
    if isinstance(of_fixture, Dataset):  # the fixture `synth` was given
        parents = of_fixture
    if parents is not None and not isinstance(parents, (Mapping, Dataset)):
        raise SynthDataError(
            f"assert_matches: parents={describe(parents)}: give the tables that {table} refer to by name, such as "
            "{'customers': customers}, or the dataset that they are in"
        )
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 0):
        raise SynthDataError(f"assert_matches: rows={describe(rows)}: say how many rows there are, such as rows=1_000")
    given = parents
    if isinstance(parents, Dataset):
        if rows is None and table in parents.tables:
            rows = parents[table].num_rows
        parents = {other.name: other for other in parents if other.name != table}
    is_counted = factory._meta.plan().fan_out_key is not None  # by its parents, so that nobody says how often
    declared = Dataset({factory: None if is_counted else 0})
    referred = [name for name in declared.tables if name != table]
    unknown = [name for name in given if name not in declared.tables] if isinstance(given, Mapping) else []
    if unknown and not {*referred} <= {*(given or ())}:
        raise SynthDataError(
            f"assert_matches: parents: {table} refer to no table {unknown[0]!r}: {nearest(unknown[0], referred)}"
        )
    known = {name: other for name, other in (parents or {}).items() if name in declared.tables}
    result = validate(declared.views, {table: data}, parents=known, false_alarms=false_alarms)
    result = _with_shape(result, declared.views[table], data, rows)
    if not result.ok:
        raise AssertionError(message(result, factory.__name__, data))
    return result


def _with_shape(result: Validation, view: TableView, data: Any, rows: int | None) -> Validation:
    """The checks, and before them those of the columns, their types and the number of rows."""
    (checked,) = result.tables
    schema = source_of(data, "assert_matches").schema
    checks = shape_checks(
        view, schema, checked.rows, expected_rows=rows, how=strictness(data), name_of=type_names(data)
    )
    return replace(result, tables=(replace(checked, checks=(*checks, *checked.checks)),))


def message(result: Validation, declared_by: str, data: Any) -> str:
    """What differs: column by column, with rows where single rows are to blame."""
    failed = result.failed
    lines = [
        f"{failed[0].table} is not what {declared_by} declares: {len(failed)} of {len(result.checks)} checks fail",
    ]
    rows = _rows(data, {row for check in failed for row in check.examples})
    for check in failed[:_MOST_SHOWN]:
        chance = "" if check.p_value is None else f"   ({check.rows:,} rows; by chance {_odds(check.p_value)})"
        lines += [
            "",
            f"{check.place}: {check.title}",
            f"  expected {format_value(check.declared)}",
            f"  actual   {format_value(check.measured)}{chance}",
            *_table(check, rows),
        ]
    if len(failed) > _MOST_SHOWN:
        lines += ["", f"… and {len(failed) - _MOST_SHOWN} more"]
    unchecked = {name: reason for table in result.tables for name, reason in table.unchecked.items()}
    if unchecked:
        lines += ["", "not checked:", *(printable(f"  {name}: {reason}") for name, reason in unchecked.items())]
    return "\n".join(lines)


def _odds(p_value: float) -> str:
    return "1 in more than 10^15" if p_value < 1e-15 else f"1 in {1 / p_value:,.0f}"  # noqa: PLR2004


def _rows(data: Any, wanted: set[int]) -> dict[int, dict[str, Any]]:
    """Some rows of the data, by their numbers."""
    found: dict[int, dict[str, Any]] = {}
    if not wanted or isinstance(data, pa.RecordBatchReader):
        return found
    start = 0
    for batch in source_of(data, "assert_matches").batches:
        for row in wanted:
            if start <= row < start + batch.num_rows:
                found[row] = batch.slice(row - start, 1).to_pylist()[0]
        start += batch.num_rows
        if len(found) == len(wanted):
            break
    return found


def _table(check: Check, rows: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """The rows that break a rule: their numbers and first columns, the blamed one among them."""
    shown_rows = [(row, rows[row]) for row in check.examples if row in rows]
    if not shown_rows:
        return []
    names = list(shown_rows[0][1])
    blamed = [name for name in names if name == check.column or name.startswith(f"{check.column}_")]
    names = list(dict.fromkeys([*names[:1], *blamed, *names[:6]]))
    lines = [
        ["row", *map(short, names)],
        *([str(row), *(short(cells[name]) for name in names)] for row, cells in shown_rows),
    ]
    return [f"    {line}" for line in aligned(lines)]


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Cells in columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def short(value: Any) -> str:
    """A cell in few letters; a time in as many as it needs."""
    if isinstance(value, dt.datetime):
        return str(value)
    text = "null" if value is None else printable(str(value)).replace("\n", "\\n")
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


__all__ = ["aligned", "assert_matches", "message", "short"]
