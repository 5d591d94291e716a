"""How wide texts are taken to be."""

from __future__ import annotations

import pytest

from pytest_synthdata.report.letters import fitted, text_width


def test_widths_are_those_of_dejavu_sans() -> None:
    assert text_width("Aa ~", 100) == 68 + 61 + 32 + 84
    assert text_width("Aa ~", 100, bold=True) == 77 + 67 + 35 + 84


def test_accents_take_no_room_and_ideographs_take_more() -> None:
    assert text_width("e\u0301é", 10) == 2 * text_width("e", 10)
    assert text_width("日😀", 10) == 2 * 14
    assert text_width("Ж", 10, bold=True) > text_width("ж", 10, bold=True) > text_width("ж", 10)


@pytest.mark.parametrize(("room", "text"), [(400, "visits"), (24, "vis…"), (0, "…")])
def test_a_text_is_cut_to_its_room(room: float, text: str) -> None:
    assert fitted("visits", 10, room) == text
