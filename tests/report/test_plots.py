"""Plots show what they are given: places, lengths, order and shades."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pytest_synthdata.report import plots, terminal
from pytest_synthdata.report.drawing import DECLARED, Drawing
from pytest_synthdata.report.sample import _cramer, _ratio, _spearman
from pytest_synthdata.report.table_content import _both
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.steps import Round
from pytest_synthdata.validation.results import Check

Drawn = Callable[..., Any]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Draws something, and gives Matplotlib's axes."""
    kept: list[Any] = []
    original = Drawing.axes

    @contextmanager
    def axes(self: Drawing) -> Iterator[Any]:
        with original(self) as (figure, made):
            kept.append(made)
            yield figure, made

    def draw(function: Callable[..., str], *arguments: Any, **options: Any) -> Any:
        assert "<svg" in function(*arguments, **options)
        return kept[-1]

    monkeypatch.setattr(Drawing, "axes", axes)
    return draw


def lines(axes: Any, color: str) -> list[tuple[float, float]]:
    return [
        (line.get_xdata()[0], round(float(np.mean(line.get_ydata())), 9))
        for line in axes.lines
        if line.get_color() == color
    ]


def test_bars_are_as_long_as_the_shares_with_a_line_where_each_is_declared(drawn: Drawn) -> None:
    axes = drawn(plots.bars, "x", {"a": 0.2, "b": 0.7, "c": 0.1}, {"a": 0.3, "b": 0.6, "c": 0.1})
    assert [bar.get_width() for bar in axes.patches] == [0.2, 0.7, 0.1]
    assert lines(axes, DECLARED) == [(0.3, 0), (0.6, 1), (0.1, 2)]
    # The number stands beyond both.
    assert [(text.get_text(), text.xy) for text in axes.texts] == [
        ("20.0%", (0.3, 0)),
        ("70.0%", (0.7, 1)),
        ("10.0%", (0.1, 2)),
    ]


def test_bars_of_what_is_not_declared_are_in_their_order(drawn: Drawn) -> None:
    axes = drawn(plots.bars, "x", {"a": 0.2, "b": 0.7, "c": 0.1})
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["b", "a", "c"]
    assert not lines(axes, DECLARED)


def test_cells_of_a_grid_lie_around_their_places_and_are_as_dark_as_their_share_of_the_greatest(drawn: Drawn) -> None:
    # 1970-01-05 was a Monday: two rows on it at 3, one on the Sunday after it at 23.
    axes = drawn(plots.heat_map, "x", np.array([4 + 3 / 24, 4 + 3.5 / 24, 10 + 23 / 24]))
    cells = [(cell.get_x() + cell.get_width() / 2, cell.get_y() + cell.get_height() / 2) for cell in axes.patches]
    assert np.allclose(cells, [(column, row) for row in range(7) for column in range(24)])
    shades = {place: cell.get_alpha() for place, cell in enumerate(axes.patches) if cell.get_alpha() > 0.06}
    assert shades == pytest.approx({3: 1.0, 6 * 24 + 23: 0.53})


def test_fan_out_has_a_line_where_it_is_declared(drawn: Drawn) -> None:
    axes = drawn(plots.fan_out, "x", {"a": (np.array([1.0, 2, 3]), 2.5), "b": (np.array([4.0, 4]), None)})
    assert lines(axes, DECLARED) == [(2.5, 0)]


def test_every_bar_of_whole_numbers_holds_as_many_of_them() -> None:
    assert plots._edges(np.array([3.0, 5.0, 8.0]), None).tolist() == [2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5]
    assert np.ptp(np.diff(plots._edges(np.arange(0.0, 360.0), None))) == 0
    assert len(plots._edges(np.array([0.25, 7.5]), None)) == 37
    curve = Curve(stats.uniform(0, 1)).then(Round(1))
    assert plots._edges(np.arange(0, 11) / 10, curve) == pytest.approx(np.arange(-0.05, 1.1, 0.1))


def test_a_bar_of_rounded_numbers_is_expected_to_hold_what_falls_between_its_edges() -> None:
    curve = Curve(stats.uniform(0, 1)).then(Round(1))
    # As many rows as a bar as wide as the first would hold there, but on a logarithmic axis.
    _, expected = plots._expected(curve, np.array([-0.05, 0.05, 0.15, 0.95, 1.05]), 1_000, logarithmic=False)
    assert expected == pytest.approx([50, 100, 100, 50], rel=1e-3)
    _, expected = plots._expected(curve, np.array([0.05, 0.15, 0.95]), 1_000, logarithmic=True)
    assert expected == pytest.approx([100, 800], rel=1e-3)


def test_associations_are_those_of_scipy() -> None:
    random = np.random.default_rng(1)
    a = random.integers(0, 4, 500).astype(float)
    b = np.where(random.random(500) < 0.5, a, random.integers(0, 3, 500)).astype(float)
    table = np.histogram2d(a, b, bins=(4, 4))[0].astype(int)
    squared = stats.contingency.association(table, method="cramer") ** 2 * 3
    corrected = (squared - 9 / 499) / (3 - 9 / 499)
    assert _cramer(a, b) == pytest.approx(corrected**0.5)
    ranks = stats.rankdata(b + random.random(500))
    groups = [ranks[a == code] for code in range(4)]
    f = stats.f_oneway(*groups).statistic
    assert _ratio(a, ranks) == pytest.approx((f * 3 / (f * 3 + 496)) ** 0.5)
    assert _spearman(ranks, -ranks) == pytest.approx(-1)
    assert _spearman(np.full(3, np.nan), ranks[:3]) == 0


def failed(count: int) -> list[Check]:
    return [Check("t", f"c{number}", "orphans", "", "", 0, 1, 9, None, None, False, ()) for number in range(count)]


def test_as_many_failures_as_fit_are_shown_without_a_word_of_more() -> None:
    assert terminal._failures(failed(30)).row_count == 31  # with the empty one at its end
    table = terminal._failures(failed(32))
    assert "… and 2 more" in list(table.columns[1].cells)


def test_there_is_a_plot_for_wide_screens_and_one_for_narrow_ones() -> None:
    both = _both(plots.heat_map, "rows", np.arange(0.0, 30.0, 0.3))
    wide, narrow = (float(re.findall(r'viewBox="0 0 ([0-9.]+)', both[name])[0]) for name in ("svg", "narrow"))
    assert narrow < wide / 2
