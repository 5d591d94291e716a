"""What the report shows of a table, as plain data: texts, numbers and drawn plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, python_of
from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.references.foreign_keys import ForeignKeyColumn
from pytest_synthdata.columns.tables.table_view import BATCH
from pytest_synthdata.declarations.wording import as_written, type_name
from pytest_synthdata.errors import cut
from pytest_synthdata.report import plots
from pytest_synthdata.report.sample import MOST, SampleRows, associations
from pytest_synthdata.validation.columns import law_of_column, leaf_of
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.expectations import Fork, Leaf, Shares, TimelineExpectation
from pytest_synthdata.validation.declared.trees import leaves
from pytest_synthdata.validation.measures import as_numbers
from pytest_synthdata.validation.results import Check, TableResult, format_value
from pytest_synthdata.validation.rows import key_column
from pytest_synthdata.validation.timelines import by_the_clock

if TYPE_CHECKING:
    from pytest_synthdata.table import Table

_ROWS_SHOWN = 8
_MOST_PANELS = 8
_MOST_CLASSES = 8
_LETTERS = 36  # of a cell
_MOST_LETTERS = 1_500  # of a declaration
_FEW_LETTERS = 110  # of one in a list


def check_content(check: Check, shown_at: Mapping[str, str]) -> dict[str, Any]:
    """A check as its line shows it.

    Args:
        check: the check.
        shown_at: the visible column of each reference.
    """
    return {
        "place": check.place,
        "table": check.table,
        "column": shown_at.get(check.column, check.column),
        "title": check.title,
        "declared": format_value(check.declared),
        "measured": format_value(check.measured),
        "rows": check.rows,
        "p": "" if check.adjusted is None else f"{check.adjusted:.2g}",
        "passed": check.passed,
    }


def table_content(table: Table, result: TableResult, keys_of_tables: Mapping[str, str]) -> dict[str, Any]:
    """A table's page.

    Args:
        table: the table.
        result: its checks.
        keys_of_tables: what each table of its dataset is told from others by.
    """
    rows = SampleRows(table.view)
    plan = table.bound.plan
    keys = {key_column(plan, name): name for name in plan.references}
    columns = [_column(rows, name, result, keys.get(name), keys_of_tables) for name in plan.visible]
    found = associations(rows) if rows.count else None
    return {
        "name": table.name,
        "drawn": True,
        "rows": table.num_rows,
        "some_of": result.some_of,
        "shares_unchecked": result.shares_unchecked,
        "sampled": rows.count if rows.count < table.num_rows else None,
        "most": MOST,
        "factory": factory_name(table),
        "fingerprint": table.fingerprint(),
        "columns": columns,
        "sample": _sample(table),
        "time": _time(rows, result),
        "fan_out": [_fan_out(rows, name, result) for name in plan.references]
        if rows.count and not result.shares_unchecked
        else [],
        "matrix": plots.matrix(f"{table.name}: how columns go together", *found) if found else "",
    }


def _sample(table: Table) -> dict[str, Any]:
    first = table.to_arrow(0, _ROWS_SHOWN)
    cells = [[_cell(value) for value in python_of(column)] for column in first.columns]
    numeric = [pa.types.is_integer(field.type) or pa.types.is_floating(field.type) for field in first.schema]
    return {"names": first.column_names, "numeric": numeric, "rows": list(zip(*cells, strict=True))}


def _cell(value: Any) -> str:
    text = "null" if value is None else (f"{value:,.10g}" if isinstance(value, float) else str(value))
    text = text.removesuffix("+00:00")
    return cut(text, _LETTERS)


def factory_name(table: Table) -> str:
    """The name of a table's factory."""
    return f"{table.factory.__module__}.{table.factory.__qualname__}"


def _column(
    rows: SampleRows, name: str, result: TableResult, reference: str | None, keys_of_tables: Mapping[str, str]
) -> dict[str, Any]:
    """A column: what it is, what it was found to be, and its plots."""
    checks = [check for check in result.checks if check.column in (name, reference)]
    array = rows.array(name)
    distinct = pc.count_distinct(array, mode="all").as_py() if not pa.types.is_nested(array.type) else None
    plan = rows.bound.plan
    parent = None
    if reference is not None:
        column = plan.columns[reference]
        assert isinstance(column, ForeignKeyColumn)  # noqa: S101
        parent = column.parent.table
        text = f"→ {parent}.{column.parent.key}"
    else:
        text = as_written(plan.columns[name])
    is_key = name == plan.key or reference is not None
    return {
        "name": name,
        "type": type_name(array.type),
        "declared": cut(text, _MOST_LETTERS),
        "declared_briefly": cut(text, _FEW_LETTERS),
        "key": name == plan.key,
        "reference": keys_of_tables.get(parent) if parent is not None else None,
        "nulls": array.null_count / len(array) if len(array) else 0.0,
        "distinct": distinct,
        "checks": [check_content(check, {}) for check in checks],
        "failed": sum(not check.passed for check in checks),
        "unchecked": result.unchecked.get(name, ""),
        "over_time": name in [days.column for days in result.days],
        "panels": [] if is_key or not len(array) else _panels(rows, name, array),
    }


def _panels(rows: SampleRows, name: str, array: pa.Array) -> list[dict[str, str]]:
    """A plot for each condition that a column's law depends on."""
    node = law_of_column(rows.bound, name)
    all_leaves = leaves(node)
    which = leaf_of(node, rows, name) if isinstance(node, Fork) else np.zeros(rows.count, np.int64)
    panels: list[dict[str, str]] = []
    for number, leaf in enumerate(all_leaves):
        cells = array.filter(arrow_array(which == number)).drop_null()
        if len(cells) and (svg := _leaf_plot(f"{rows.bound.plan.table}.{name} {leaf.label}".strip(), leaf, cells)):
            panels.append({"title": leaf.label or "all rows", "svg": svg, "rows": f"{len(cells):,}"})
    if len(all_leaves) == 1 and panels and isinstance(law := all_leaves[0].law, Curve):
        x = _finite(array)
        svg = plots.cumulative(f"{rows.bound.plan.table}.{name}: share of rows up to each value", x, law)
        if svg:
            panels.append({"title": "cumulative", "svg": svg, "rows": f"{len(x):,}"})
    if not panels:
        panels = _measured_only(f"{rows.bound.plan.table}.{name}", array.drop_null())
    return panels[:_MOST_PANELS]


def _leaf_plot(name: str, leaf: Leaf, cells: pa.Array) -> str:
    law = leaf.law
    if isinstance(law, Curve):
        return plots.histogram(name, _finite(cells), law)
    if isinstance(law, Shares):
        declared = law.map(lambda values: python_of(arrow_array(values).cast(cells.type))).probabilities
        counts = Counter(python_of(cells))
        return plots.bars(name, {value: count / len(cells) for value, count in counts.items()}, declared)
    return ""


def _finite(array: pa.Array) -> Any:
    """Numbers that have a place on an axis."""
    numbers = as_numbers(array.drop_null())
    return numbers[np.isfinite(numbers)]


def _measured_only(name: str, array: pa.Array) -> list[dict[str, str]]:
    """A plot of what no declaration says."""
    type_ = array.type
    if not len(array) or pa.types.is_nested(type_) or pa.types.is_timestamp(type_):
        return []
    if is_number(type_):
        if pc.count_distinct(array).as_py() > 1:
            svg = plots.histogram(name, _finite(array))
            return [{"title": "measured", "svg": svg, "rows": f"{len(array):,}"}] if svg else []
        return []
    counts = Counter(python_of(array))
    top = {value: count / len(array) for value, count in counts.most_common(8)}
    if len(counts) == len(array):
        return []
    title = "measured" if len(counts) <= len(top) else f"the most frequent of {len(counts):,} values"
    return [{"title": title, "svg": plots.bars(name, top), "rows": f"{len(array):,}"}]


def _time(rows: SampleRows, result: TableResult) -> list[dict[str, str]]:
    found = []
    for days in result.days:
        place = f"{result.table}.{days.column}"
        found.append({"title": f"{days.column}: rows a day", **_both(plots.volume, f"{place}: rows a day", days)})
        law = next((leaf.law for leaf in leaves(law_of_column(rows.bound, days.column))), None)
        if isinstance(law, TimelineExpectation) and law.hours:
            moments = by_the_clock(as_numbers(rows.array(days.column).drop_null()), law.timeline)
            title = f"{days.column}: weekday and hour"
            found.append({"title": title, **_both(plots.heat_map, f"{place}: rows by weekday and hour", moments)})
    return found


def _both(plot: Callable[..., str], *arguments: Any) -> dict[str, str]:
    """A plot for wide screens, and for narrow ones."""
    return {"svg": plot(*arguments), "narrow": plot(*arguments, narrow=True)}


def _fan_out(rows: SampleRows, name: str, result: TableResult) -> dict[str, str]:
    """Children a parent, of all rows, by what the parents' weights depend on."""
    bound = rows.bound
    parent = bound.parent(name)
    reference = bound.plan.columns[name]
    assert isinstance(reference, ForeignKeyColumn)  # noqa: S101
    children = np.zeros(parent.num_rows, np.int64)
    for start in range(0, bound.num_rows, BATCH):
        numbers = np.arange(start, min(start + BATCH, bound.num_rows), dtype=np.uint64)
        picks = np.asarray(to_numpy(bound.at(numbers).read(name)), np.int64)
        children += np.bincount(picks[picks >= 0], minlength=parent.num_rows)
    declared = {
        check.subject: float(check.declared)
        for check in result.checks
        if check.column == name and check.kind == "children a parent"
    }
    groups: dict[str, tuple[Any, float | None]] = {}
    weighed_by = list(reference.weights.reads()) if reference.weights is not None else []
    if len(weighed_by) == 1 and parent.num_rows <= MOST:
        values = np.array([str(value) for value in python_of(SampleRows(parent).array(weighed_by[0]))])
        labels = np.unique(values)
        for label in labels.tolist() if len(labels) <= _MOST_CLASSES else ():
            title = f"{weighed_by[0]} = {label}"
            groups[title] = (children[values == label], declared.get(title))
    title = f"{result.table} of each row of {reference.parent.table}"
    groups = groups or {"all": (children, None)}
    return {"title": title, **_both(plots.fan_out, f"{result.table}.{name}: children a parent", groups)}


__all__ = ["check_content", "factory_name", "table_content"]
