"""How wide texts are taken to be, and what is shown of those that are too wide."""

from __future__ import annotations

import pytest

from pytest_synthdata.report.letters import fitted, text_width

pytest.importorskip("matplotlib", reason="its font is measured")


def test_widths_are_those_of_dejavu_sans() -> None:
    assert text_width("Aa ~", 100) == pytest.approx(68.4 + 61.3 + 31.8 + 83.8, abs=0.1)
    assert text_width("Aa ~", 100, bold=True) == pytest.approx(77.4 + 67.5 + 34.8 + 83.8, abs=0.1)


@pytest.mark.filterwarnings("error")
def test_accents_take_no_room_and_ideographs_and_what_the_font_lacks_take_more() -> None:
    assert text_width("e\u0301", 10) == text_width("e", 10)
    assert text_width("日😀क", 10) == pytest.approx(3 * 14)


@pytest.mark.parametrize(
    ("room", "with_end", "text"),
    [(400, False, "visits"), (24, False, "vis…"), (0, False, "…"), (24, True, "vi…s"), (0, True, "…")],
)
def test_a_text_is_cut_to_its_room(room: float, text: str, *, with_end: bool) -> None:
    assert fitted("visits", 10, room, with_end=with_end) == text


def test_a_long_text_is_cut_too() -> None:
    assert fitted("n" * 100_000 + "m", 10, 60, with_end=True) == "nnnn…nnm"
