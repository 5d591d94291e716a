"""The entity diagram: tables from left to right, each to the right of those that it refers to."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_synthdata.validation.rows import key_column

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.table import Table

_WIDTH, _HEAD, _LINE, _GAP_X, _GAP_Y = 210, 46, 21, 90, 28


def diagram(dataset: Dataset) -> str:
    """The tables of a dataset as SVG: names, rows, keys, and lines from children to parents."""
    layers: dict[str, int] = {}
    for table in dataset:
        parents = [parent for parent in table.bound.parents if parent in layers and parent != table.name]
        layers[table.name] = 1 + max((layers[parent] for parent in parents), default=-1)
    heights = {table.name: _HEAD + _LINE * len(_lines(table)) + 10 for table in dataset}
    columns = [
        [name for name in layers if layers[name] == layer] for layer in range(max(layers.values(), default=0) + 1)
    ]
    tallest = max((sum(heights[name] + _GAP_Y for name in names) for names in columns), default=0)
    places: dict[str, tuple[float, float]] = {}
    for layer, names in enumerate(columns):
        y = (tallest - sum(heights[name] + _GAP_Y for name in names)) / 2 + _GAP_Y / 2
        for name in names:
            places[name] = (4 + layer * (_WIDTH + _GAP_X), y)
            y += heights[name] + _GAP_Y
    width = len(columns) * (_WIDTH + _GAP_X) - _GAP_X + 34
    shapes = [_edges(table, places) for table in dataset] + [
        _box(table, *places[table.name], heights[table.name]) for table in dataset
    ]
    label = "Tables and what they refer to: " + ", ".join(f"{table.name} {table.num_rows:,} rows" for table in dataset)
    return (
        f'<svg class="diagram" viewBox="0 0 {width} {tallest:g}" style="max-width:{width}px" role="group" '
        f'aria-label="{escape(label)}">{"".join(shapes)}</svg>'
    )


def _lines(table: Table) -> list[tuple[str, str]]:
    """What a box lists: the key, and the keys of others."""
    plan = table.bound.plan
    lines = [("key", plan.key)] if plan.key else []
    references = [("refers", key_column(plan, name) or name) for name in plan.references]
    others = len(plan.visible) - len({name for _, name in (*lines, *references)})
    return [*lines, *references, *([("more", f"{others} more columns")] if others > 0 else [])]


def _box(table: Table, x: float, y: float, height: float) -> str:
    texts = []
    for number, (kind, name) in enumerate(_lines(table)):
        sign = {"key": "◆ ", "refers": "→ ", "more": ""}[kind]
        baseline = y + _HEAD + 15 + number * _LINE
        texts.append(f'<text class="{kind}" x="{x + 14:g}" y="{baseline:g}">{sign}{escape(name)}</text>')
    place = f'x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{height:g}"'
    return (
        f'<a href="#table-{quote(table.name)}"><rect class="box" {place} rx="8"/>'
        f'<text class="name" x="{x + 14:g}" y="{y + 21:g}">{escape(table.name)}</text>'
        f'<text class="count" x="{x + 14:g}" y="{y + 38:g}">{table.num_rows:,} rows</text>{"".join(texts)}</a>'
    )


def _edges(table: Table, places: dict[str, tuple[float, float]]) -> str:
    paths = []
    lines = _lines(table)
    plan = table.bound.plan
    for name, reference in plan.references.items():
        number = next(at for at, (_, column) in enumerate(lines) if column == (key_column(plan, name) or name))
        x, y = places[table.name]
        parent_x, parent_y = places[reference.parent.table]
        start = (parent_x + _WIDTH, parent_y + _HEAD + 10)
        self_referential = reference.parent.table == table.name
        end = (x + _WIDTH if self_referential else x, y + _HEAD + 10 + number * _LINE)
        into = 1 if self_referential else -1  # a line to the own table comes back from the right
        bend = start[0] + 34 if self_referential else (start[0] + end[0]) / 2
        curve = f"C{bend:g},{start[1]:g} {bend:g},{end[1]:g} {end[0]:g},{end[1]:g}"
        paths.append(
            f'<path class="edge" d="M{start[0]:g},{start[1]:g} {curve}"/>'
            f'<path class="edge" d="M{end[0] + 9 * into:g},{end[1]:g} l{-9 * into},-6 m{9 * into},6 l{-9 * into},6"/>'
            f'<path class="edge" d="M{start[0] + 6:g},{start[1] - 5:g} v10"/>'
        )
    return "".join(paths)


__all__ = ["diagram"]
