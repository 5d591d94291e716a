"""Plots show what they are given: places, lengths, order and shades."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from scipy import stats

from pytest_synthdata.columns.generators.numbers.distributions import LogNormal
from pytest_synthdata.report import plots, terminal
from pytest_synthdata.report.sample import _cramer, _ratio, _spearman
from pytest_synthdata.report.table_content import _both
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.steps import Round
from pytest_synthdata.validation.results import Check, Days
from pytest_synthdata.validation.statistics import Continuous

pytest.importorskip("matplotlib", reason="the report's plots need it")


@dataclass(frozen=True)
class Shape:
    """What is drawn in one colour: its corners, and what it says."""

    x: list[float]
    y: list[float]
    opacity: float
    says: str

    @property
    def middle(self) -> tuple[float, float]:
        return (min(self.x) + max(self.x)) / 2, (min(self.y) + max(self.y)) / 2

    @property
    def size(self) -> tuple[float, float]:
        return float(np.ptp(self.x)), float(np.ptp(self.y))


def tree(svg: str) -> ET.Element:
    return ET.fromstring(svg.replace("<svg ", '<svg xmlns:xlink="link" ', 1))


def shapes(svg: str, style: str) -> list[Shape]:
    """The shapes of a style, such as `fill: var(--measured)`."""
    found = []
    for group in tree(svg).iter("g"):
        for path in group.findall("path"):
            if style in path.get("style", ""):
                corners = np.reshape([float(one) for one in re.findall(r"[\d.]+", path.get("d", ""))], (-1, 2))
                opacity = re.search(r"opacity: ([\d.]+)", path.get("style", ""))
                x, y = corners.T.tolist()
                found.append(Shape(x, y, float(opacity[1]) if opacity else 1.0, group.findtext("title", "")))
    return found


def texts(svg: str, *style: str) -> list[tuple[str, float, float]]:
    """Texts with parts of a style, and where each stands."""
    found = [text for text in tree(svg).iter("text") if all(part in text.get("style", "") for part in style)]
    return [(text.text or "", float(text.get("x", "")), float(text.get("y", ""))) for text in found]


def bars(svg: str) -> list[Shape]:
    return shapes(svg, "fill: var(--measured)")


def declared(svg: str) -> list[Shape]:
    return shapes(svg, "stroke: var(--declared)")


SMALL = "9px"


def test_bars_are_as_long_as_the_shares_with_a_line_where_each_is_declared() -> None:
    svg = plots.bars("x", {"c": 0.2, "b": 0.7, "a": 0.1}, {"c": 0.3, "b": 0.6, "a": 0.1})
    found = bars(svg)
    start, whole = min(found[0].x), found[0].size[0] / 0.2
    assert [bar.size[0] / whole for bar in found] == pytest.approx([0.2, 0.7, 0.1], abs=1e-3)
    assert [(line.middle[0] - start) / whole for line in declared(svg)] == pytest.approx([0.3, 0.6, 0.1], abs=1e-3)
    heights = [bar.middle[1] for bar in found]
    assert heights == sorted(heights)  # from the top to the bottom
    assert [line.middle[1] for line in declared(svg)] == pytest.approx(heights, abs=0.02)
    # The number stands beyond both.
    assert [text for text, _, _ in texts(svg, SMALL)] == ["20.0%", "70.0%", "10.0%"]
    assert [(x - 5 - start) / whole for _, x, _ in texts(svg, SMALL)] == pytest.approx([0.3, 0.7, 0.1], abs=1e-3)


def test_bars_of_what_is_not_declared_are_in_their_order() -> None:
    svg = plots.bars("x", {"a": 0.2, "b": 0.7, "c": 0.1})
    assert [text for text, _, _ in texts(svg, "text-anchor: end", "var(--ink)")] == ["b", "a", "c"]
    assert not declared(svg)


def test_no_share_is_greater_than_all() -> None:
    svg = plots.bars("x", {"one kind": 1.0})  # its axis reaches 122 %, where the bar's number ends
    assert [text for text, _, _ in texts(svg, "text-anchor: middle")] == ["0%", "20%", "40%", "60%", "80%", "100%"]


def test_cells_of_a_grid_lie_around_their_places_and_are_as_dark_as_their_share_of_the_greatest() -> None:
    # 1970-01-05 was a Monday: two rows on it at 3, one on the Sunday after it at 23.
    svg = plots.heat_map("x", np.array([4 + 3 / 24, 4 + 3.5 / 24, 10 + 23 / 24]))
    cells = bars(svg)
    middles = np.array([cell.middle for cell in cells]).reshape(7, 24, 2)
    hours = [x for _, x, _ in texts(svg, "text-anchor: middle")]
    days = [y for _, _, y in texts(svg, "text-anchor: end")]
    assert np.abs(middles[:, :, 0] - hours).max() < 0.02
    assert np.ptp(middles[:, :, 1] - np.array(days)[:, np.newaxis]) < 0.02
    assert {place: cell.opacity for place, cell in enumerate(cells) if cell.opacity > 0.06} == {3: 1, 6 * 24 + 23: 0.53}
    assert cells[3].says == "Mon 03:00: 2 rows"


def test_fan_out_has_a_line_where_it_is_declared() -> None:
    svg = plots.fan_out("x", {"a": (np.array([1.0, 2, 3]), 2.0), "b": (np.array([4.0, 4]), None)})
    (line,) = declared(svg)
    assert line.middle == pytest.approx(bars(svg)[0].middle, abs=0.02)  # the bar is from 1.5 to 2.5


def test_a_histogram_is_as_high_as_its_bars_hold_rows_and_points_are_marked_where_bars_are_few() -> None:
    svg = plots.histogram("x", np.array([1.0, 1, 2]), Curve(stats.randint(1, 3)).then(Round(0)))
    heights = [bar.size[1] for bar in bars(svg)]
    assert heights[0] / heights[1] == pytest.approx(2, abs=1e-3)
    assert max(bars(svg)[0].y) == max(bars(svg)[1].y)  # they stand on the floor
    assert [bar.says for bar in bars(svg)] == ["0.5 … 1.5: 2 rows", "1.5 … 2.5: 1 row"]
    assert svg.count("<use ") == 2


def test_what_is_cumulative_is_level_between_its_numbers_on_either_scale() -> None:
    svg = plots.cumulative("x", np.array([1.0, 3.0]), Curve(stats.uniform(0, 4)))
    (line,) = shapes(svg, "stroke: var(--measured)")
    assert len(set(line.y)) == 3  # none, one of two, both
    assert line.y[0] == line.y[1]  # level first
    assert line.y == sorted(line.y, reverse=True)  # upwards, for they are measured from the top
    assert line.says == "2 rows, measured"
    log_normal = Curve(Continuous(LogNormal(0, 2)))
    x = np.append([0.0, 0.0], log_normal.ppf(np.linspace(0.001, 0.999, 500)))  # numbers that have no place on the scale
    assert "logarithmic scale" in plots.cumulative("x", x, log_normal)


def test_a_logarithmic_axis_starts_at_the_first_number_above_0() -> None:
    x = np.append(np.zeros(3), np.geomspace(0.01, 1e4, 997))  # fewer zeros than the 0.5 % that are left out
    assert bars(plots.histogram("x", x))[0].says.startswith("0.01 … ")


def test_an_event_at_the_end_has_its_multiplier_at_its_left() -> None:
    days = [("2024-01-02", "2024-01-02", 3.0), ("2024-01-04", "2024-01-04", 2.0)]
    svg = plots.volume("x", Days("at", "2024-01-01", (1, 3, 1, 2), (1.0, 3.0, 1.0, 2.0), tuple(days)))
    shades = shapes(svg, "fill: var(--shade)")
    (first, start, _), (second, end, _) = texts(svg, SMALL)
    assert (first, second) == ("\u00d73", "\u00d72")
    assert start == pytest.approx(max(shades[0].x) + 5, abs=0.02)
    assert end == pytest.approx(max(shades[1].x) - 5, abs=0.02)
    assert shades[0].size == pytest.approx(shades[1].size, abs=0.02)
    assert [bar.says for bar in bars(svg)] == ["7 rows in 4 days"]


def test_what_a_category_says_is_whole_whatever_is_in_it() -> None:
    text = "two\nlines of </a> \"and\" 'quotes' #010203 " + "n" * 99
    svg = plots.bars("x", {text: 1.0})
    assert bars(svg)[0].says == f"{text}: 100.00% measured"


def test_every_bar_of_whole_numbers_holds_as_many_of_them() -> None:
    assert plots._edges(np.array([3.0, 5.0, 8.0]), None).tolist() == [2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5]
    assert np.ptp(np.diff(plots._edges(np.arange(0.0, 360.0), None))) == 0
    assert len(plots._edges(np.array([0.25, 7.5]), None)) == 37
    assert np.diff(plots._edges(np.array([1e17, 1e17]), None)).min() > 0
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
