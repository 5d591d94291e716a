"""The plots of the report: measured as areas, declared as lines over them, in one style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pytest_synthdata.columns.generators.numbers.distributions import LogNormal, Pareto
from pytest_synthdata.errors import counted
from pytest_synthdata.report.axes import Axis, Floats, axis_of, compact, date_axis, log_axis, names_axis, percent
from pytest_synthdata.report.drawing import MEASURED, PAPER, SHADE, Drawing
from pytest_synthdata.report.letters import text_width
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.results import Days
from pytest_synthdata.validation.statistics import Continuous

_BINS = 36
_POINTS = 160  # of a curve
_WIDE, _NARROW, _HEIGHT = 676.8, 316.8, 180.0  # pixels; the narrow ones are for phones
_NAMES = 0.45  # share of a plot's width that names beside it may take
_LONGEST_NAME = 140.0  # pixels, in a matrix
_MOST_CATEGORIES = 14
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def bars(name: str, measured: Mapping[Any, float], declared: Mapping[Any, float] | None = None) -> str:
    """Shares of categories: a bar as measured, a line across it where it is declared."""
    values = list(declared or measured)[:_MOST_CATEGORIES]
    if declared is None:
        values = sorted(values, key=lambda value: -measured[value])
    names = names_axis([_name_of(value) for value in values], _NAMES * _NARROW)
    most = max([*measured.values(), *(declared or {}).values(), 1e-9])
    # Beyond the longest bar, there is room for its number.
    room = _NARROW - max((text_width(text, 10) for _, text in names.ticks), default=0) - 20
    across = axis_of(0, float(most) * room / (room - 45), percent, room=room, has_grid=True)
    across = replace(across, ticks=[(share, text) for share, text in across.ticks if share <= 1])
    drawing = Drawing(name, across, names, width=_NARROW, height=44.64 + 23.76 * max(len(values), 2))
    for place, value in enumerate(values):
        share = reach = float(measured.get(value, 0.0))
        said = f"{value}: {share:.2%} measured"
        if declared is not None:
            expected = float(declared[value])
            reach = max(share, expected)
            said += f", {expected:.2%} declared"
        drawing.boxes(([0], [share]), ([place + 0.31], [place - 0.31]), [said])
        if declared is not None:
            drawing.line([expected] * 2, [place - 0.42, place + 0.42], width=2.4)
        drawing.text(reach, place, f"{share:.1%}")
    return drawing.svg


def histogram(name: str, x: Floats, curve: Curve | None = None) -> str:
    """Numbers: a histogram as measured, and how many each bar would hold by the declared law."""
    if not len(x):
        return ""
    logarithmic = _is_wide(curve, x)
    edges = _log_edges(x, curve) if logarithmic else _edges(x, curve)
    counts, _ = np.histogram(x, edges)
    widths = np.diff(edges)
    # The last bar may hold fewer values than the others: it is as high as if it held as many.
    heights = counts if logarithmic else counts * (widths[0] / widths)
    positions, expected = _expected(curve, edges, len(x), logarithmic) if curve is not None else (edges[:0], edges[:0])
    most = float(max(*heights, *expected, 1))
    up = axis_of(0, 1.05 * most, compact, whole=True, has_grid=True)
    across = _across(curve, edges[0], edges[-1], logarithmic=logarithmic)
    drawing = Drawing(name, across, up, width=_NARROW, height=_HEIGHT)
    show = curve.show if curve is not None else float
    ends = [_said(show(edge)) for edge in edges]
    said = [
        f"{low} … {high}: {counted(int(count), 'row')}"
        for low, high, count in zip(ends[:-1], ends[1:], counts, strict=True)
    ]
    drawing.boxes((edges[:-1], edges[1:]), (np.zeros(len(heights)), heights), said, edge=PAPER)
    if curve is not None:
        are_few = len(edges) <= 20 and curve.digits == 0  # noqa: PLR2004
        drawing.line(positions, expected, width=2, marker="D" if are_few else "")
    return drawing.svg


def cumulative(name: str, x: Floats, curve: Curve) -> str:
    """The share of rows up to each number, measured and declared; empty where all numbers are one."""
    if not len(x):
        return ""
    x, logarithmic = np.sort(x), _is_wide(curve, x)
    shares = np.linspace(0.001, 0.999, _POINTS)
    points = np.unique(np.concatenate([curve.ppf(shares), np.quantile(x, shares)]))
    points = points[np.isfinite(points) & ((points > 0) | (not logarithmic))]
    if len(points) < 2:  # noqa: PLR2004
        return ""
    measured = np.searchsorted(x, points, side="right") / len(x)
    up = axis_of(0, 1.02, percent, has_grid=True)
    across = _across(curve, points[0], points[-1], logarithmic=logarithmic)
    drawing = Drawing(name, across, up, width=_NARROW, height=_HEIGHT)
    said = f"{counted(len(x), 'row')}, measured"
    drawing.steps(np.append(points, points[-1:]), measured, width=4.5, colour=MEASURED, alpha=0.75, said=said)
    drawing.line(points, curve.cdf(points), width=1.6)
    return drawing.svg


def volume(name: str, days: Days, *, narrow: bool = False) -> str:
    """Rows a day, measured and declared, with the events shaded."""
    start = np.datetime64(days.start, "D").astype(np.int64)
    day = start + np.arange(len(days.counts) + 1)  # the last day is as wide as the others
    most = 1.08 * max(*days.counts, *days.expected, 1)
    drawing = Drawing(
        name, date_axis(float(day[0]), float(day[-1])), axis_of(0, most, compact, has_grid=True),
        width=_NARROW if narrow else _WIDE, height=194.4,
    )  # fmt: skip
    for first, last, multiplier in days.events:
        end = start + days.index(last) + 1
        said = f"{first} … {last}: declared {multiplier:g} times"
        drawing.boxes(([start + days.index(first)], [end]), ([0], [most]), [said], colour=SHADE)
        drawing.text(end, most, f"\u00d7{multiplier:g}", down=7)
    said = f"{counted(sum(days.counts), 'row')} in {counted(len(days.counts), 'day')}"
    drawing.area(day, days.counts, said)
    drawing.steps(day, days.expected, width=1.1)
    return drawing.svg


def heat_map(name: str, moments: Floats, *, narrow: bool = False) -> str:
    """Rows by weekday and hour. Moments are days since 1970."""
    weekday = (np.floor(moments).astype(np.int64) + 3) % 7
    hour = np.floor((moments - np.floor(moments)) * 24 + 1e-6).astype(np.int64) % 24
    counts = np.bincount(weekday * 24 + hour, minlength=7 * 24).reshape(7, 24)
    hours = Axis(-0.5, 23.5, tuple((hour, f"{hour:02d}") for hour in range(0, 24, 6 if narrow else 1)))
    weekdays = names_axis(_WEEKDAYS, _NAMES * _NARROW)
    drawing = Drawing(
        name, hours, weekdays, width=_NARROW if narrow else _WIDE, height=172.8 if narrow else 187.2, has_floor=False
    )
    said = [
        f"{_WEEKDAYS[row]} {column:02d}:00: {counted(int(count), 'row')}"
        for (row, column), count in np.ndenumerate(counts)
    ]
    _add_cells(drawing, 0.06 + 0.94 * counts / max(counts.max(), 1), said)
    return drawing.svg


def matrix(name: str, labels: Sequence[str], strengths: Floats, measures: Sequence[Sequence[str]]) -> str:
    """How strongly columns go together."""
    count = len(labels)
    up = names_axis([_name_of(label) for label in labels], _LONGEST_NAME)
    across = Axis(-0.5, count - 0.5, up.ticks, is_strong=True, is_slanted=True)
    drawing = Drawing(name, across, up, width=165.6 + 44.64 * count, height=108 + 30.24 * count, has_floor=False)
    said = [
        f"{labels[row]} and {labels[column]}: {measures[row][column]} {strength:.2f}"
        for (row, column), strength in np.ndenumerate(strengths)
    ]
    _add_cells(drawing, 0.06 + 0.6 * np.abs(strengths), said)  # numbers must be legible on it
    for (row, column), strength in np.ndenumerate(strengths):
        drawing.text(column, row, f"{strength:.2f}", centred=True)
    return drawing.svg


def fan_out(name: str, groups: Mapping[str, tuple[Floats, float | None]], *, narrow: bool = False) -> str:
    """How many children parents of each class have: measured as dots and a box, declared as a line."""
    width = _NARROW if narrow else _WIDE
    quantiles = [np.quantile(children, [0.01, 0.25, 0.5, 0.75, 0.99]) for children, _ in groups.values()]
    declared_ones = [declared for _, declared in groups.values() if declared is not None]
    most = 1.05 * float(max(*(one[-1] for one in quantiles), *declared_ones, 1e-9))
    across = axis_of(0, most, compact, room=width / 2, title="children of a parent", has_grid=True)
    up = names_axis([_name_of(label) for label in groups], _NAMES * width)
    drawing = Drawing(name, across, up, width=width, height=54 + 39.6 * len(groups))
    for place, (label, (children, declared)) in enumerate(groups.items()):
        low, first, median, third, high = quantiles[place]
        mean = float(children.mean())
        said = f"{label}: {mean:.2f} children a parent on average, median {median:g}"
        if declared is not None:
            said += f", declared {declared:.2f}"
        drawing.line([low, high], [place] * 2, width=2.5, colour=MEASURED)
        drawing.boxes(([first], [third]), ([place + 0.25], [place - 0.25]), [said])
        drawing.line([mean], [place], width=0, colour=PAPER, marker="o")
        if declared is not None:
            drawing.line([declared] * 2, [place - 0.38, place + 0.38], width=2.4)
    return drawing.svg


def _add_cells(drawing: Drawing, shades: Floats, said: Sequence[str]) -> None:
    """A cell around each pair of whole numbers."""
    row, column = (places.ravel() for places in np.indices(shades.shape))
    drawing.boxes((column - 0.47, column + 0.47), (row + 0.46, row - 0.46), said, shades=shades.ravel().tolist())


def _is_wide(curve: Curve | None, x: Floats) -> bool:
    """Whether a logarithmic scale tells more."""
    if curve is None:
        low, middle, high = np.quantile(x, [0.005, 0.5, 0.995])
        return bool(low > 0 and high / middle > 20)  # noqa: PLR2004
    heavy = isinstance(curve.base, Continuous) and isinstance(curve.base.law, (LogNormal, Pareto))
    low, high = np.quantile(x, [0.005, 0.995])
    return bool(heavy and low > 0 and high / low > 20)  # noqa: PLR2004


def _ends(x: Floats, curve: Curve | None) -> tuple[float, float]:
    low, high = np.quantile(x, [0.002, 0.998])
    if curve is not None and curve.dates:  # days are few, and the first and the last are looked for
        first, last = curve.support()
        return min(float(x.min()), first), max(float(x.max()), last)
    if curve is not None:
        ends = curve.ppf(np.array([0.002, 0.998]))
        low, high = min(low, float(ends[0])), max(high, float(ends[1]))
    return float(low), float(high)


def _edges(x: Floats, curve: Curve | None) -> Floats:
    low, high = _ends(x, curve)
    finest = 2 * float(np.spacing(max(abs(low), abs(high))))  # of numbers as great as these
    digits = None if curve is None else curve.digits
    whole = (curve is not None and curve.dates) or bool((x == np.rint(x)).all())
    if digits is None and not whole:
        return np.linspace(low, max(high if high > low else low + 1, low + _BINS * finest), _BINS + 1)
    # Bars of whole steps of the grid, so that none holds one value more than its neighbour; the last ends with them.
    step = max(10.0 ** -max(digits or 0, 0) if not whole else 1.0, finest)
    least, most = np.floor(low / step), np.ceil(high / step)
    values = int(most - least) + 1
    each = int(np.ceil(values / _BINS))
    starts = np.arange(0, values, each)
    if len(starts) > 1 and values - starts[-1] < each / 2:
        starts = starts[:-1]
    return np.asarray((least + np.append(starts, values) - 0.5) * step)


def _log_edges(x: Floats, curve: Curve | None) -> Floats:
    low, high = _ends(x, curve)
    return np.geomspace(low if low > 0 else x[x > 0].min(), high, _BINS + 1)


def _expected(curve: Curve, edges: Floats, count: int, logarithmic: bool) -> tuple[Floats, Floats]:
    """How many rows a bar around each position would hold."""
    if curve.digits is not None or curve.dates:
        middle = np.sqrt(edges[:-1] * edges[1:]) if logarithmic else (edges[:-1] + edges[1:]) / 2
        widths = np.diff(edges)
        return middle, count * np.diff(curve.cdf(edges)) * (1.0 if logarithmic else widths[0] / widths)
    if logarithmic:
        middle = np.geomspace(edges[0], edges[-1], _POINTS)
        half = np.sqrt(edges[1] / edges[0])
        return middle, count * (curve.cdf(middle * half) - curve.cdf(middle / half))
    middle, half = np.linspace(edges[0], edges[-1], _POINTS), (edges[1] - edges[0]) / 2
    return middle, count * (curve.cdf(middle + half) - curve.cdf(middle - half))


def _across(curve: Curve | None, low: float, high: float, *, logarithmic: bool) -> Axis:
    if curve is not None and curve.dates:
        return date_axis(low, high)
    return log_axis(low, high) if logarithmic else axis_of(low, high, compact, room=0.8 * _NARROW)


def _name_of(value: Any) -> str:
    return "null" if value is None else " ".join(str(value).split())


def _said(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:,.4g}"


__all__ = ["bars", "cumulative", "fan_out", "heat_map", "histogram", "matrix", "volume"]
