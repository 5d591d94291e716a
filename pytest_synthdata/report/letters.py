"""How wide texts are before a browser has drawn them: in DejaVu Sans, which is as wide as any font of readers."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

_NARROWEST = 0.27  # of the font's size
_WIDE = 1.4  # of the font's size: ideographs, kana, emoji, and what the font lacks


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is, in pixels.

    Args:
        text: the text.
        size: of the font, in pixels.
        bold: whether its letters are bold.
    """
    return sum(_advance(letter, bold) for letter in text) * size


def fitted(text: str, size: float, room: float, *, bold: bool = False, with_end: bool = False) -> str:
    """As much of a text as there is room for.

    Args:
        text: the text.
        size: of the font, in pixels.
        room: in pixels.
        bold: whether its letters are bold.
        with_end: whether a text that is too long keeps its last letters, and loses some in its middle.
    """
    most = int(room / (_NARROWEST * size)) + 1
    if len(text) > 2 * most:  # texts may be long, and what is in their middle is not shown
        text = text[:most] + text[-most:]
    shown, kept = text, len(text)
    while kept and text_width(shown, size, bold=bold) > room:
        kept -= 1
        end = kept // 2 if with_end else 0
        shown = f"{text[: kept - end]}…{text[len(text) - end :]}"
    return shown


@lru_cache(4096)
def _advance(letter: str, bold: bool) -> float:
    """The width of a letter for a size of 1, measured once."""
    if unicodedata.combining(letter):
        return 0.0
    font = _font(bold)
    if unicodedata.east_asian_width(letter) in "WF" or not font.get_char_index(ord(letter)):
        return _WIDE
    return float(font.load_char(ord(letter)).linearHoriAdvance) / 65_536 / 100  # a 16.16 fixed-point number


@lru_cache(2)
def _font(bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")))
    font.set_size(100, 72)
    return font


__all__ = ["fitted", "text_width"]
