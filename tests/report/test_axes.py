"""Axes: round numbers and the starts of months, in texts that can be told apart and have room."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_synthdata.report.axes import FONT, axis_of, compact, date_axis, log_axis, names_axis, percent
from pytest_synthdata.report.letters import text_width

pytest.importorskip("matplotlib", reason="its locators find the ticks")


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0, 567, ["0", "100", "200", "300", "400", "500"]),
        (-1.2, 1.2, ["-1", "-0.5", "0", "0.5", "1"]),
        (0, 0.13, ["0", "0.025", "0.05", "0.075", "0.1", "0.125"]),
        (1e6, 1e6 + 1, ["1M", "1.0000002M", "1.0000004M", "1.0000006M", "1.0000008M", "1.000001M"]),
        (1e17, 1e17 + 600, ["1e+17"]),
        (10_000, 10_010, ["10k", "10.002k", "10.004k", "10.006k", "10.008k", "10.01k"]),
    ],
)
def test_ticks_are_round_numbers_that_can_be_told_apart(low: float, high: float, texts: list[str]) -> None:
    assert [text for _, text in axis_of(low, high, compact).ticks] == texts


def test_ticks_of_small_shares_and_counts_can_be_told_apart() -> None:
    shares = [text for _, text in axis_of(0, 0.003, percent).ticks]
    assert shares == ["0%", "0.05%", "0.1%", "0.15%", "0.2%", "0.25%", "0.3%"]
    assert [text for _, text in axis_of(0, 2.1, compact, whole=True).ticks] == ["0", "1", "2"]


def test_ticks_side_by_side_have_room() -> None:
    for room in (300, 150, 80):
        ticks = axis_of(1_000_000, 1_000_080, compact, room=room).ticks
        assert sum(text_width(text, FONT) for _, text in ticks) <= room
    assert names_axis(["n" * 40], 60).ticks == ((0, "nnnnnnn…"),)


def test_names_that_begin_alike_stay_different() -> None:
    assert [text for _, text in names_axis([f"{'n' * 40}{end}" for end in "ab"], 60).ticks] == ["nnnn…nna", "nnnn…nnb"]
    assert [text for _, text in names_axis(["n" * 40] * 2, 60).ticks] == ["nnnnnnn…"] * 2


@pytest.mark.parametrize(("low", "high"), [(1.2, 1.9), (40, 700), (0.002, 9e6), (1e-9, 1e12), (15, 16), (3, 31)])
def test_logarithmic_axes_have_labels(low: float, high: float) -> None:
    ticks = [tick for tick, _ in log_axis(low, high).ticks]
    assert 2 <= len(ticks) <= 8
    assert all(low <= tick <= high for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_shares_of_an_axis_are_those_of_its_scale() -> None:
    assert log_axis(1, 100).share([0, 1, 10, 1000]).tolist() == pytest.approx([0, 0, 0.5, 1])
    assert names_axis(["a", "b"], 99).share([0, 1]).tolist() == [0.75, 0.25]  # the first one is at the top


@pytest.mark.parametrize(
    ("first", "last", "texts"),
    [
        ("2024-02-27", "2024-03-02", ["27", "28", "29", "Mar", "02"]),
        ("2024-01-01", "2024-12-31", ["2024", "Mar", "May", "Jul", "Sep", "Nov"]),
        ("1968-05-01", "1974-05-01", ["1969", "1970", "1971", "1972", "1973", "1974"]),
        ("2024-01-01", "2024-01-01", ["00:00"]),
    ],
)
def test_ticks_of_dates_are_days_or_starts_of_months_and_years(first: str, last: str, texts: list[str]) -> None:
    low, high = (float(np.datetime64(day).astype(int)) for day in (first, last))
    ticks = date_axis(low, high).ticks
    assert [text for _, text in ticks] == texts
    assert all(low <= tick <= high for tick, _ in ticks)
