"""`assert_matches`: asserts in a test that data is what a factory declares, and says which columns and rows are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_synthdata.errors import SynthDataError, describe, nearest
from pytest_synthdata.validation.messages import failures, unchecked_columns
from pytest_synthdata.validation.results import FALSE_ALARMS, Validation
from pytest_synthdata.validation.run import validate
from pytest_synthdata.validation.shape import column_checks_of, row_checks

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.factories.base import TableFactory


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
    (checked,) = result.tables
    view = declared.views[table]
    checks = (*row_checks(view, checked.rows, rows), *column_checks_of(view, data, checked.rows), *checked.checks)
    result = replace(result, tables=(replace(checked, checks=checks),))
    if not result.ok:
        lines = (
            *failures(result.tables[0], factory.__name__, {**known, table: data}),
            *unchecked_columns(result.tables),
        )
        raise AssertionError("\n".join(lines))
    return result


__all__ = ["assert_matches"]
