"""Plots show what they are given: places, lengths, order and shades."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from scipy import stats

from pytest_synthdata.columns.generators.numbers.distributions import LogNormal
from pytest_synthdata.report import plots, terminal
from pytest_synthdata.report.sample import _cramer, _ratio, _spearman
from pytest_synthdata.report.table_content import _both
from pytest_synthdata.validation.declared.expectations import Curve
from pytest_synthdata.validation.declared.steps import Round
from pytest_synthdata.validation.results import Check, Days
from pytest_synthdata.validation.statistics import Continuous

Shape = dict[str, str]


def shapes(svg: str, kind: str) -> list[Shape]:
    """The attributes of a kind of shapes, and their texts."""
    found = [one for one in ET.fromstring(svg) if kind in one.get("class", "").split(" ")]
    return [{**one.attrib, "text": "".join(one.itertext())} for one in found]


def numbers(some: list[Shape], *names: str) -> list[tuple[float, ...]]:
    return [tuple(float(one[name]) for name in names) for one in some]


def lines(svg: str) -> list[tuple[float, float]]:
    """Where upright lines of what is declared are, and the middle of each."""
    ends = [[float(at) for at in re.split("[ ,]", one["points"])] for one in shapes(svg, "declared")]
    return [(left, (one + other) / 2) for left, one, _, other in ends]


def test_bars_are_as_long_as_the_shares_with_a_line_where_each_is_declared() -> None:
    svg = plots.bars("x", {"c": 0.2, "b": 0.7, "a": 0.1}, {"c": 0.3, "b": 0.6, "a": 0.1})
    bars = numbers(shapes(svg, "bar"), "x", "y", "width", "height")
    start, whole = bars[0][0], bars[0][2] / 0.2
    assert [width / whole for _, _, width, _ in bars] == pytest.approx([0.2, 0.7, 0.1], abs=1e-3)
    found = lines(svg)
    assert [(x - start) / whole for x, _ in found] == pytest.approx([0.3, 0.6, 0.1], abs=1e-3)
    assert [y for _, y in found] == pytest.approx([y + height / 2 for _, y, _, height in bars], abs=0.02)
    # The number stands beyond both.
    assert [one["text"] for one in shapes(svg, "small")] == ["20.0%", "70.0%", "10.0%"]
    beyond = [(x - 5 - start) / whole for (x,) in numbers(shapes(svg, "small"), "x")]
    assert beyond == pytest.approx([0.3, 0.7, 0.1], abs=1e-3)


def test_bars_of_what_is_not_declared_are_in_their_order() -> None:
    svg = plots.bars("x", {"a": 0.2, "b": 0.7, "c": 0.1})
    assert [one["text"] for one in shapes(svg, "strong")][:3] == ["b", "a", "c"]
    assert not lines(svg)


def test_cells_of_a_grid_lie_around_their_places_and_are_as_dark_as_their_share_of_the_greatest() -> None:
    # 1970-01-05 was a Monday: two rows on it at 3, one on the Sunday after it at 23.
    svg = plots.heat_map("x", np.array([4 + 3 / 24, 4 + 3.5 / 24, 10 + 23 / 24]))
    cells = np.array(numbers(shapes(svg, "bar"), "x", "y", "width", "height")).reshape(7, 24, 4)
    middles = cells[..., :2] + cells[..., 2:] / 2
    ticks = numbers([one for one in shapes(svg, "") if one.get("text-anchor") == "middle"], "x")
    assert np.ptp(middles[..., 0], axis=0).max() == np.ptp(middles[..., 1], axis=1).max() == 0
    assert middles[0, :, 0] == pytest.approx([x for (x,) in ticks], abs=0.02)
    assert np.ptp(np.diff(middles[:, 0, 1])) < 0.03
    shades = {place: float(one["fill-opacity"]) for place, one in enumerate(shapes(svg, "bar"))}
    assert {place: shade for place, shade in shades.items() if shade > 0.06} == {3: 1.0, 6 * 24 + 23: 0.53}


def test_fan_out_has_a_line_where_it_is_declared() -> None:
    svg = plots.fan_out("x", {"a": (np.array([1.0, 2, 3]), 2.0), "b": (np.array([4.0, 4]), None)})
    ((line, height),) = lines(svg)
    x, y, width, tall = numbers(shapes(svg, "bar"), "x", "y", "width", "height")[0]  # from 1.5 to 2.5
    assert (line, height) == pytest.approx((x + width / 2, y + tall / 2), abs=0.02)


def test_a_histogram_is_as_high_as_its_bars_hold_rows_and_points_are_marked_where_bars_are_few() -> None:
    svg = plots.histogram("x", np.array([1.0, 1, 2]), Curve(stats.randint(1, 3)).then(Round(0)))
    heights = [height for (height,) in numbers(shapes(svg, "bar"), "height")]
    assert heights[0] / heights[1] == pytest.approx(2, abs=1e-3)
    assert min(heights) > 0
    assert [one["text"] for one in shapes(svg, "bar")] == ["0.5 … 1.5: 2 rows", "1.5 … 2.5: 1 row"]
    assert shapes(svg, "diamond")[0]["d"].count("Z") == 2


def test_what_is_cumulative_is_level_between_its_numbers_on_either_scale() -> None:
    (line,) = shapes(plots.cumulative("x", np.array([1.0, 3.0]), Curve(stats.uniform(0, 4))), "measured")
    assert len(set(re.findall(r"V([\d.]+)", line["d"]))) == 3  # none, one of two, both
    assert re.match(r"M[\d.]+ ([\d.]+)V\1H", line["d"])  # level first
    log_normal = Curve(Continuous(LogNormal(0, 2)))
    x = np.append([0.0, 0.0], log_normal.ppf(np.linspace(0.001, 0.999, 500)))  # numbers that have no place on the scale
    assert "logarithmic scale" in plots.cumulative("x", x, log_normal)


def test_a_logarithmic_axis_starts_at_the_first_number_above_0() -> None:
    x = np.append(np.zeros(3), np.geomspace(0.01, 1e4, 997))  # fewer zeros than the 0.5 % that are left out
    assert shapes(plots.histogram("x", x), "bar")[0]["text"].startswith("0.01 … ")


def test_an_event_at_the_end_has_its_multiplier_at_its_left() -> None:
    days = [("2024-01-02", "2024-01-02", 3.0), ("2024-01-04", "2024-01-04", 2.0)]
    svg = plots.volume("x", Days("at", "2024-01-01", (1, 3, 1, 2), (1.0, 3.0, 1.0, 2.0), tuple(days)))
    told = [(one["text"], one["text-anchor"]) for one in shapes(svg, "small")]
    assert told == [("\u00d73", "start"), ("\u00d72", "end")]
    (width,), (other,) = numbers(shapes(svg, "shade"), "width")
    assert width == pytest.approx(other, abs=0.02)
    assert shapes(svg, "bar")[0]["text"] == "7 rows in 4 days"


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
