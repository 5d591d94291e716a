"""The plots of the report: measured as areas, declared as lines over them, in one style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.generators.numbers.distributions import LogNormal, Pareto
from pytest_synthdata.errors import counted, cut
from pytest_synthdata.report.drawing import DECLARED, GRID, INK, MEASURED, MUTED, PAPER, SHADE, Drawing, compact, mark
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.results import Days
from pytest_synthdata.validation.statistics import Continuous

Floats = npt.NDArray[np.float64]
_BINS = 36
_WIDE, _NARROW = 9.4, 4.4  # inches; the narrow ones are for phones
_MOST_CATEGORIES = 14
_MOST_TICKS = 8
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def bars(name: str, measured: Mapping[Any, float], declared: Mapping[Any, float] | None = None) -> str:
    """Shares of categories: a bar as measured, a line across it where it is declared."""
    values = list(declared or measured)[:_MOST_CATEGORIES]
    if declared is None:
        values = sorted(values, key=lambda value: -measured[value])
    drawing = Drawing(name, 4.4, 0.62 + 0.33 * max(len(values), 2))
    with drawing.axes() as (_, axes):
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color=GRID)
        for place, value in enumerate(values):
            share = float(measured.get(value, 0.0))
            (bar,) = axes.barh(place, share, height=0.62, color=MEASURED)
            said = f"{value}: {share:.2%} measured"
            if declared is not None:
                expected = float(declared[value])
                axes.plot([expected] * 2, [place - 0.42, place + 0.42], color=DECLARED, linewidth=2.4)
                said += f", {expected:.2%} declared"
            mark(bar, said)
            reach = max(share, float((declared or {}).get(value, 0.0)))
            axes.annotate(
                f"{share:.1%}", (reach, place), xytext=(5, 0), textcoords="offset points", va="center", color=INK,
                fontsize=9,
            )  # fmt: skip
        axes.set_yticks(range(len(values)), [_short(value) for value in values], color=INK)
        axes.invert_yaxis()
        axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
        axes.set_xlim(0, 1.16 * max([*measured.values(), *(declared or {}).values(), 1e-9]))
        axes.spines["left"].set_visible(False)
    return drawing.svg


def histogram(name: str, x: Floats, curve: Curve | None = None) -> str:
    """Numbers: a histogram as measured, and how many each bar would hold by the declared law."""
    from matplotlib.ticker import MaxNLocator

    drawing = Drawing(name)
    if not len(x):
        return ""
    logarithmic = _is_wide(curve, x)
    edges = _log_edges(x, curve) if logarithmic else _edges(x, curve)
    counts, _ = np.histogram(x, edges)
    widths = np.diff(edges)
    # The last bar may hold fewer values than the others: it is as high as if it held as many.
    heights = counts if logarithmic else counts * (widths[0] / widths)
    with drawing.axes() as (_, axes):
        patches: Any = axes.bar(
            edges[:-1], heights, width=widths, align="edge", color=MEASURED, edgecolor=PAPER, linewidth=0.6
        )
        show = curve.show if curve is not None else float
        for patch, count, low, high in zip(patches, counts, edges[:-1], edges[1:], strict=True):
            mark(patch, f"{_said(show(low))} … {_said(show(high))}: {counted(count, 'row')}")
        if curve is not None:
            positions, expected = _expected(curve, edges, len(x), logarithmic)
            few = len(edges) <= 20 and curve.digits == 0  # noqa: PLR2004
            axes.plot(positions, expected, color=DECLARED, linewidth=2, marker="D" if few else "", markersize=4)
        _number_axis(axes, curve, edges[0], edges[-1], logarithmic=logarithmic)
        axes.yaxis.set_major_formatter(lambda value, _: compact(value))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.spines["left"].set_visible(False)
    return drawing.svg


def cumulative(name: str, x: Floats, curve: Curve) -> str:
    """The share of rows up to each number, measured and declared; empty where all numbers are one."""
    drawing = Drawing(name)
    shares = np.linspace(0.001, 0.999, 160)
    points = np.unique(np.concatenate([curve.ppf(shares), np.quantile(x, shares)])) if len(x) else x
    if len(points) < 2:  # noqa: PLR2004
        return ""
    measured = np.searchsorted(np.sort(x), points, side="right") / len(x)
    with drawing.axes() as (_, axes):
        (line,) = axes.step(points, measured, where="post", color=MEASURED, linewidth=4.5, alpha=0.75)
        mark(line, f"{counted(len(x), 'row')}, measured")
        axes.plot(points, curve.cdf(points), color=DECLARED, linewidth=1.6)
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        _number_axis(axes, curve, points[0], points[-1], logarithmic=_is_wide(curve, x))
        axes.spines["left"].set_visible(False)
    return drawing.svg


def volume(name: str, days: Days, *, narrow: bool = False) -> str:
    """Rows a day, measured and declared, with the events shaded."""
    drawing = Drawing(name, *((_NARROW, 2.7) if narrow else (_WIDE, 2.7)))
    start = np.datetime64(days.start, "D").astype(np.int64)
    day = start + np.arange(len(days.counts))
    with drawing.axes() as (_, axes):
        for first, last, multiplier in days.events:
            span = axes.axvspan(start + days.index(first), start + days.index(last) + 1, color=SHADE, linewidth=0)
            mark(span, f"{first} … {last}: declared {multiplier:g} times")
            axes.annotate(
                f"\u00d7{multiplier:g}", (start + days.index(last) + 1, 1), xycoords=("data", "axes fraction"),
                xytext=(4, -10), textcoords="offset points", color=INK, fontsize=9,
            )  # fmt: skip
        day = np.append(day, day[-1:] + 1)  # the last day is as wide as the others
        area = axes.fill_between(day, [*days.counts, *days.counts[-1:]], step="post", color=MEASURED, linewidth=0)
        mark(area, f"{counted(sum(days.counts), 'row')} in {counted(len(days.counts), 'day')}")
        axes.step(day, [*days.expected, *days.expected[-1:]], where="post", color=DECLARED, linewidth=1.1)
        axes.set_ylim(0, 1.08 * max(*days.counts, *days.expected, 1))
        axes.set_xlim(day[0], day[-1])
        _date_axis(axes)
        axes.yaxis.set_major_formatter(lambda value, _: compact(value))
        axes.spines["left"].set_visible(False)
    return drawing.svg


def heat_map(name: str, moments: Floats, *, narrow: bool = False) -> str:
    """Rows by weekday and hour. Moments are days since 1970."""
    drawing = Drawing(name, *((_NARROW, 2.4) if narrow else (_WIDE, 2.6)))
    weekday = (np.floor(moments).astype(np.int64) + 3) % 7
    hour = np.floor((moments - np.floor(moments)) * 24 + 1e-6).astype(np.int64) % 24
    counts = np.bincount(weekday * 24 + hour, minlength=7 * 24).reshape(7, 24)
    return _grid(
        drawing,
        counts / max(counts.max(), 1),
        _WEEKDAYS,
        [f"{hour:02d}" if not narrow or hour % 6 == 0 else "" for hour in range(24)],
        said=lambda row, column: f"{_WEEKDAYS[row]} {column:02d}:00: {counted(int(counts[row, column]), 'row')}",
    )


def matrix(name: str, labels: Sequence[str], strengths: Floats, measures: Sequence[Sequence[str]]) -> str:
    """How strongly columns go together."""
    count = len(labels)
    drawing = Drawing(name, 2.3 + 0.62 * count, 1.5 + 0.42 * count)
    return _grid(
        drawing, np.abs(strengths), labels, labels,
        said=lambda row, column: (
            f"{labels[row]} and {labels[column]}: {measures[row][column]} {strengths[row, column]:.2f}"
        ),
        values=strengths,
    )  # fmt: skip


def fan_out(name: str, groups: Mapping[str, tuple[Floats, float | None]], *, narrow: bool = False) -> str:
    """How many children parents of each class have: measured as dots and a box, declared as a line."""
    drawing = Drawing(name, _NARROW if narrow else _WIDE, 0.75 + 0.55 * len(groups))
    with drawing.axes() as (_, axes):
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color=GRID)
        for place, (label, (children, declared)) in enumerate(groups.items()):
            low, first, median, third, high = np.quantile(children, [0.01, 0.25, 0.5, 0.75, 0.99])
            axes.plot([low, high], [place] * 2, color=MEASURED, linewidth=2.5)
            (box,) = axes.barh(place, third - first, left=first, height=0.5, color=MEASURED)
            axes.plot([children.mean()], [place], "o", color=PAPER, markersize=5)
            said = f"{label}: {children.mean():.2f} children a parent on average, median {median:g}"
            if declared is not None:
                axes.plot([declared] * 2, [place - 0.38, place + 0.38], color=DECLARED, linewidth=2.4)
                said += f", declared {declared:.2f}"
            mark(box, said)
        axes.set_yticks(range(len(groups)), [_short(label) for label in groups], color=INK)
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        axes.set_xlabel("children of a parent")
        axes.spines["left"].set_visible(False)
    return drawing.svg


def _grid(
    drawing: Drawing,
    shades: Floats,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    said: Any,
    values: Floats | None = None,
) -> str:
    from matplotlib.patches import Rectangle

    with drawing.axes() as (_, axes):
        axes.grid(visible=False)
        for row in range(len(rows)):
            for column in range(len(columns)):
                shade = float(shades[row, column])
                alpha = 0.06 + (0.94 if values is None else 0.6) * shade  # numbers must be legible on it
                cell = Rectangle((column - 0.47, row - 0.46), 0.94, 0.92, facecolor=MEASURED, alpha=alpha)
                mark(axes.add_patch(cell), said(row, column))
                if values is not None:
                    number = f"{values[row, column]:.2f}"
                    axes.text(column, row, number, ha="center", va="center", color=INK, fontsize=8.5)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(range(len(rows)), [_short(row) for row in rows], color=INK)
        slant = values is not None
        axes.set_xticks(
            range(len(columns)), [_short(column) for column in columns],
            color=INK if slant else MUTED, rotation=30 if slant else 0,
            ha="right" if slant else "center",
        )  # fmt: skip
        axes.spines[:].set_visible(False)
    return drawing.svg


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
    digits = None if curve is None else curve.digits
    whole = (curve is not None and curve.dates) or bool((x == np.rint(x)).all())
    if digits is None and not whole:
        return np.linspace(low, high if high > low else low + 1, _BINS + 1)
    # Bars of whole steps of the grid, so that none holds one value more than its neighbour; the last ends with them.
    step = 10.0 ** -max(digits or 0, 0) if not whole else 1.0
    least, most = np.floor(low / step), np.ceil(high / step)
    values = int(most - least) + 1
    each = int(np.ceil(values / _BINS))
    starts = np.arange(0, values, each)
    if len(starts) > 1 and values - starts[-1] < each / 2:
        starts = starts[:-1]
    return np.asarray((least + np.append(starts, values) - 0.5) * step)


def _log_edges(x: Floats, curve: Curve | None) -> Floats:
    low, high = _ends(x, curve)
    return np.geomspace(max(low, 1e-9), high, _BINS + 1)


def _expected(curve: Curve, edges: Floats, count: int, logarithmic: bool) -> tuple[Floats, Floats]:
    """How many rows a bar around each position would hold."""
    if curve.digits is not None or curve.dates:
        middle = np.sqrt(edges[:-1] * edges[1:]) if logarithmic else (edges[:-1] + edges[1:]) / 2
        widths = np.diff(edges)
        return middle, count * np.diff(curve.cdf(edges)) * (1.0 if logarithmic else widths[0] / widths)
    if logarithmic:
        middle = np.geomspace(edges[0], edges[-1], 160)
        half = np.sqrt(edges[1] / edges[0])
        return middle, count * (curve.cdf(middle * half) - curve.cdf(middle / half))
    middle, half = np.linspace(edges[0], edges[-1], 160), (edges[1] - edges[0]) / 2
    return middle, count * (curve.cdf(middle + half) - curve.cdf(middle - half))


def _number_axis(axes: Any, curve: Curve | None, low: float, high: float, *, logarithmic: bool) -> None:
    if curve is not None and curve.dates:
        _date_axis(axes)
    elif logarithmic:
        axes.set_xscale("log")
        axes.minorticks_off()
        ticks = _log_ticks(low, high)
        axes.set_xticks(ticks, [compact(tick) for tick in ticks])
        axes.set_xlabel("logarithmic scale", fontsize=9)
    else:
        axes.xaxis.set_major_formatter(lambda value, _: compact(value))
    axes.set_xlim(low, high)


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, at most eight, and never fewer than two."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for digits in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        ticks = [digit * 10.0**power for power in powers for digit in digits]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= _MOST_TICKS:
            break
    else:
        ticks = ticks[:: int(np.ceil(len(ticks) / _MOST_TICKS))]
    return ticks if len(ticks) > 1 else [low * 1.02, high / 1.02]


def _date_axis(axes: Any) -> None:
    from matplotlib import dates

    untyped: Any = dates
    locator = untyped.AutoDateLocator(minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, show_offset=False))


def _short(value: Any) -> str:
    return cut("null" if value is None else str(value), 24)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:,.4g}"


__all__ = ["bars", "cumulative", "fan_out", "heat_map", "histogram", "matrix", "volume"]
