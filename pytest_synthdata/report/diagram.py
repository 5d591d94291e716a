"""The entity diagram: tables from left to right, each to the right of those that it refers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_synthdata.errors import counted
from pytest_synthdata.report.letters import fitted, text_width
from pytest_synthdata.validation.rows import key_column

if TYPE_CHECKING:
    from pytest_synthdata.dataset import Dataset
    from pytest_synthdata.table import Table

_NARROWEST, _WIDEST = 150, 360  # of a box, in pixels
_HEAD, _LINE, _GAP_X, _GAP_Y, _PADDING, _LOOP = 46, 21, 70, 28, 14, 34
_SIGNS = {"key": "◆ ", "refers": "→ ", "more": ""}


def boxes_of(dataset: Dataset) -> list[dict[str, Any]]:
    """The tables of a dataset as plain data: what a box says, and which of its lines refer to which table."""
    return [_box_of(table) for table in dataset]


def _box_of(table: Table) -> dict[str, Any]:
    plan = table.bound.plan
    lines = [["key", plan.key]] if plan.key else []
    edges = []
    for name, reference in plan.references.items():
        line = ["refers", key_column(plan, name) or name]
        if line not in lines:
            lines.append(line)
        edges.append([lines.index(line), reference.parent.table])
    others = len(plan.visible) - len({name for _, name in lines})
    if others > 0:
        lines.append(["more", counted(others, "more column")])
    parents = [parent for parent in table.bound.parents if parent != table.name]
    return {"name": table.name, "rows": table.num_rows, "lines": lines, "edges": edges, "parents": parents}


def diagram(boxes: Sequence[Mapping[str, Any]], anchors: Mapping[str, str | None]) -> str:
    """The tables of a dataset as SVG: names, rows, keys, and lines from children to parents.

    Args:
        boxes: what `boxes_of` gave.
        anchors: where a table's name leads to.
    """
    layers: dict[str, int] = {}
    for box in boxes:
        layers[box["name"]] = 1 + max((layers[name] for name in box["parents"] if name in layers), default=-1)
    columns = [
        [box for box in boxes if layers[box["name"]] == layer] for layer in range(max(layers.values(), default=0) + 1)
    ]
    heights = {box["name"]: _HEAD + _LINE * len(box["lines"]) + 10 for box in boxes}
    tallest = max((sum(heights[box["name"]] + _GAP_Y for box in column) for column in columns), default=0)
    places: dict[str, tuple[float, float, float, float]] = {}
    x = 4.0
    for column in columns:
        width = max((_width_of(box) for box in column), default=_NARROWEST)
        y = (tallest - sum(heights[box["name"]] + _GAP_Y for box in column)) / 2 + _GAP_Y / 2
        for box in column:
            places[box["name"]] = (x, y, width, heights[box["name"]])
            y += heights[box["name"]] + _GAP_Y
        x += width + _GAP_X
    whole = x - _GAP_X + _LOOP
    shapes = [_edges(box, places) for box in boxes] + [
        _box(box, places[box["name"]], anchors.get(box["name"])) for box in boxes
    ]
    label = "Tables and what they refer to: " + ", ".join(
        f"{box['name']} {counted(box['rows'], 'row')}" for box in boxes
    )
    return (
        f'<svg class="diagram" viewBox="0 0 {whole:g} {tallest:g}" style="--width:{whole:g}px" role="group" '
        f'aria-label="{escape(label)}">{"".join(shapes)}</svg>'
    )


def _texts(box: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a box says, line by line, each with its class."""
    lines = [(kind, f"{_SIGNS[kind]}{name}") for kind, name in box["lines"]]
    return [("name", box["name"]), ("count", counted(box["rows"], "row")), *lines]


def _width_of(box: Mapping[str, Any]) -> float:
    fonts = [(text, *_font(kind)) for kind, text in _texts(box)]
    widest = max(text_width(text, size, bold=bold) for text, size, bold in fonts)
    return float(min(max(widest + 2 * _PADDING, _NARROWEST), _WIDEST))


def _font(kind: str) -> tuple[float, bool]:
    """The size of a line's letters, in pixels, and whether they are bold."""
    return {"name": (15, True), "count": (12, False), "more": (12, False)}.get(kind, (13, False))


def _box(box: Mapping[str, Any], place: tuple[float, float, float, float], anchor: str | None) -> str:
    x, y, width, height = place
    baselines = [y + 21, y + 38, *(y + _HEAD + 15 + number * _LINE for number in range(len(box["lines"])))]
    texts = []
    for (kind, text), baseline in zip(_texts(box), baselines, strict=True):
        size, bold = _font(kind)
        shown = fitted(text, size, width - 2 * _PADDING, bold=bold)
        whole = f"<title>{escape(text)}</title>" if shown != text else ""
        texts.append(f'<text class="{kind}" x="{x + _PADDING:g}" y="{baseline:g}">{escape(shown)}{whole}</text>')
    drawn = f'<rect class="box" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8"/>{"".join(texts)}'
    return f'<a href="#{quote(anchor)}">{drawn}</a>' if anchor else f"<g>{drawn}</g>"


def _edges(box: Mapping[str, Any], places: Mapping[str, tuple[float, float, float, float]]) -> str:
    paths = []
    x, y, width, _ = places[box["name"]]
    for number, parent in box["edges"]:
        if parent not in places:
            continue
        parent_x, parent_y, parent_width, _ = places[parent]
        start = (parent_x + parent_width, parent_y + _HEAD + 10)
        self_referential = parent == box["name"]
        end = (x + width if self_referential else x, y + _HEAD + 10 + number * _LINE)
        into = 1 if self_referential else -1  # a line to the own table comes back from the right
        bend = start[0] + _LOOP if self_referential else (start[0] + end[0]) / 2
        curve = f"C{bend:g},{start[1]:g} {bend:g},{end[1]:g} {end[0]:g},{end[1]:g}"
        paths.append(
            f'<path class="edge" d="M{start[0]:g},{start[1]:g} {curve}"/>'
            f'<path class="edge" d="M{end[0] + 9 * into:g},{end[1]:g} l{-9 * into},-6 m{9 * into},6 l{-9 * into},6"/>'
            f'<path class="edge" d="M{start[0] + 6:g},{start[1] - 5:g} v10"/>'
        )
    return "".join(paths)


__all__ = ["boxes_of", "diagram"]
