"""What the report shows of one dataset or several, as plain data: each table once, and the datasets that have it."""

from __future__ import annotations

import platform
import shlex
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pytest_synthdata.columns.tables.subset import is_part
from pytest_synthdata.defects.views import kinds_of
from pytest_synthdata.errors import SynthDataError, counted
from pytest_synthdata.report.diagram import boxes_of, diagram
from pytest_synthdata.report.distinct import DistinctTable, distinct_tables, largest_first, table_key
from pytest_synthdata.report.requirements import missing_packages
from pytest_synthdata.report.table_content import check_content, factory_name, table_content
from pytest_synthdata.report.terminal import incident
from pytest_synthdata.validation.results import TableResult, Validation
from pytest_synthdata.validation.rows import key_column
from pytest_synthdata.written_defects import written_by_table

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.table import Table

_PACKAGES = ("pytest-synthdata", "numpy", "scipy", "pyarrow", "factory-boy", "faker")
_MOST_DIAGRAMS = 6


def content_of(dataset: Dataset, result: Validation) -> dict[str, Any]:
    """The content of a report on one dataset, for `page.write`.

    Args:
        dataset: what is shown.
        result: its validation.

    Raises:
        SynthDataError: where the packages that draw are not installed.
    """
    return page_content([part_of(dataset, result)], [result])


def part_of(
    dataset: Dataset,
    result: Validation,
    *,
    drawn: Collection[str] = (),
    most: int | None = None,
    draw: Callable[[Table, TableResult, Mapping[str, str]], dict[str, Any] | None] = table_content,
) -> dict[str, Any]:
    """What a dataset adds to a report.

    Args:
        dataset: what is shown, without the defects that it has.
        result: its validation.
        drawn: the keys of tables that are in another part already.
        most: how many more tables are drawn; the others are listed.
        draw: gives the page of a table; None for one that is listed all the same.

    Raises:
        SynthDataError: where the packages that draw are not installed.
    """
    if problem := missing_packages():
        raise SynthDataError(problem)
    command, dataset = _command(dataset), dataset.clean if dataset.defects else dataset
    keys = {one.table: table_key(one, result.seed) for one in result.tables}
    new = [table.name for table in dataset if keys[table.name] not in drawn][:most]
    tables = []
    for table in dataset:
        content = draw(table, result[table.name], keys) if table.name in new else None
        if content is None:
            content = {"name": table.name, "drawn": False, "factory": factory_name(table), "fingerprint": ""}
        plan = table.bound.plan
        tables.append({**content, "key": keys[table.name], "shown_at": _shown_at(plan.references, plan)})
    return {"seed": dataset.seed, "tables": tables, "boxes": boxes_of(dataset), "command": command}


def _shown_at(references: Collection[str], plan: Any) -> dict[str, str]:
    """The visible column of each reference."""
    return {name: key_column(plan, name) or name for name in references}


def _command(dataset: Dataset) -> str:
    """What makes the report again; empty for some rows of tables, and for what has no name to import."""
    own = [f"{table.factory.__module__}:{table.factory.__qualname__}" for table in dataset]
    if any("<locals>" in name for name in own) or any(is_part(table.view) for table in dataset):
        return ""
    against = [f"--against {name}" for name in own if not name.startswith("pytest_synthdata.factories.")]
    rows = [f"--rows {table.name}={table.bound.num_rows}" for table in dataset]
    defects = written_by_table({table.name: kinds_of(table.view) for table in dataset})
    if defects is None:
        return ""
    planted = [f"--defects {shlex.quote(defects)}"] if defects else []
    return " ".join(["synthdata report", f"--seed {dataset.seed}", *rows, *against, *planted])


def page_content(parts: Sequence[Mapping[str, Any]], results: Sequence[Validation]) -> dict[str, Any]:
    """The content of a page that shows every table of several datasets once, for `page.write`.

    Args:
        parts: what `part_of` gave, in any process.
        results: the validations; the numbers are all from them, as those of the summary are.
    """
    results = largest_first(results)
    distinct = distinct_tables(results)
    contents = _contents(parts)
    ids, labels = _ids(distinct), _labels(distinct)
    anchors = {key: ids[key] for key in ids if contents.get(key, {}).get("drawn")}
    tables = [_listed(one, contents.get(one.key, {}), anchors, labels[one.key]) for one in distinct]
    failed = [
        {**check_content(check, contents.get(one.key, {}).get("shown_at", {})), "anchor": anchors.get(one.key)}
        for one in distinct
        for check in one.result.checks
        if not check.passed
    ]
    return {
        "seeds": sorted({one.seed for one in distinct if one.seed is not None}),
        "rows": sum(one.result.rows for one in distinct),
        "checks": sum(len(one.result.checks) for one in distinct),
        "failed": failed,
        "one_in": f"{1 / results[0].false_alarms:,.0f}" if results else "",
        "tables": tables,
        "anchors": anchors,
        "pages": [table for table in tables if table["anchor"]],
        "incidents": [
            {"table": one.result.table, "anchor": anchors.get(one.key), **incident(one.result, days, event)}
            for one in distinct
            for days in one.result.days
            for event in days.events
        ],
        "planted": _planted(results, anchors, labels),
        "datasets": _datasets(parts, anchors),
        "versions": {"Python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    }


def _contents(parts: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By key, what is known of each table; where several processes saw it, what one of them drew."""
    found: dict[str, dict[str, Any]] = {}
    for table in (table for part in parts for table in part["tables"]):
        if table["key"] not in found or (table["drawn"] and not found[table["key"]]["drawn"]):
            found[table["key"]] = table
    return found


def _listed(one: DistinctTable, content: Mapping[str, Any], anchors: Mapping[str, str], label: str) -> dict[str, Any]:
    result = one.result
    return {
        "factory": "",
        "fingerprint": "",
        **content,
        "name": result.table,
        "label": label,
        "anchor": anchors.get(one.key),
        "seed": one.seed,
        "rows": result.rows,
        "some_of": result.some_of,
        "checks": len(result.checks),
        "failed": sum(not check.passed for check in result.checks),
    }


def _ids(distinct: Sequence[DistinctTable]) -> dict[str, str]:
    """A page's name in addresses: by its table, with a number where several have its name."""
    seen: Counter[str] = Counter()
    ids = {}
    for one in distinct:
        seen[one.result.table] += 1
        number = seen[one.result.table]
        ids[one.key] = f"table-{one.result.table}" + (f"~{number}" if number > 1 else "")
    return ids


def _labels(distinct: Sequence[DistinctTable]) -> dict[str, str]:
    """A table's name for readers, with what tells it from others of its name."""
    by_name: dict[str, list[DistinctTable]] = {}
    for one in distinct:
        by_name.setdefault(one.result.table, []).append(one)
    labels = {}
    for name, tables in by_name.items():
        several = len(tables) > 1
        rows, seeds = [one.result.rows for one in tables], [one.seed for one in tables]
        for number, one in enumerate(tables, 1):
            if not several:
                labels[one.key] = name
            elif len(set(rows)) == len(tables):
                labels[one.key] = f"{name}, {counted(one.result.rows, 'row')}"
            elif len(set(seeds)) == len(tables):
                labels[one.key] = f"{name}, seed {one.seed}"
            elif len(set(zip(rows, seeds, strict=True))) == len(tables):
                labels[one.key] = f"{name}, {counted(one.result.rows, 'row')}, seed {one.seed}"
            else:
                labels[one.key] = f"{name} ({number} of {len(tables)})"
    return labels


def _planted(
    results: Sequence[Validation], anchors: Mapping[str, str], labels: Mapping[str, str]
) -> list[dict[str, Any]]:
    found = {
        (key := table_key(one, result.seed), *one.planted.items()): (one, key)
        for result in results
        for one in result.tables
        if one.planted
    }
    return [
        {"table": labels.get(key, one.table), "anchor": anchors.get(key), "defect": name, "count": count}
        for one, key in found.values()
        for name, count in one.planted.items()
    ]


def _datasets(parts: Sequence[Mapping[str, Any]], anchors: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each dataset's diagram and command; a dataset that is a part of another is not one more."""
    kept: list[tuple[set[str], Mapping[str, Any]]] = []
    for part in sorted(parts, key=lambda part: (-sum(box["rows"] for box in part["boxes"]), -len(part["tables"]))):
        keys = {table["key"] for table in part["tables"]}
        if keys and not any(keys <= others for others, _ in kept):
            kept.append((keys, part))
    shown = []
    for number, (_, part) in enumerate(kept[:_MOST_DIAGRAMS], 1):
        links = {table["name"]: anchors.get(table["key"]) for table in part["tables"]}
        title = f"Dataset {number} of {len(kept)}: seed {part['seed']}" if len(kept) > 1 else ""
        shown.append({"title": title, "diagram": diagram(part["boxes"], links), "command": part["command"]})
    return shown


__all__ = ["content_of", "page_content", "part_of"]
