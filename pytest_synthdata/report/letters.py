"""How wide texts are before a browser has drawn them: in DejaVu Sans, which is as wide as any font of readers."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# The advance of each letter from the space to the tilde, in hundredths of the font's size.
_REGULAR = (
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 30, 30, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 68,
    61, 68, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63,
    59, 82, 59, 59, 52, 64, 34, 64, 84,
)  # fmt: skip
_BOLD = (
    35, 46, 52, 84, 70, 100, 87, 31, 46, 46, 52, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 40, 40, 84,
    84, 84, 58, 100, 77, 76, 73, 83, 68, 68, 82, 84, 37, 37, 77, 64, 100, 84, 85, 73, 85, 77, 72, 68, 81, 77, 110, 77,
    72, 73, 46, 37, 46, 84, 50, 50, 67, 72, 59, 72, 68, 44, 72, 71, 34, 34, 66, 34, 104, 71, 69, 72, 72, 49, 60, 48,
    71, 65, 92, 64, 65, 58, 71, 37, 71, 84,
)  # fmt: skip
_WIDE = 140  # ideographs, kana, most emoji: DejaVu Sans lacks them
_OTHERS = {"Lu": 80, "Ll": 70}  # letters of other alphabets
_OTHER = 85


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is, in pixels.

    Args:
        text: the text.
        size: of the font, in pixels.
        bold: whether its letters are bold.
    """
    return sum(_advance(letter, bold) for letter in text) * size / 100


@lru_cache(4096)
def _advance(letter: str, bold: bool) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE
    base = unicodedata.normalize("NFD", letter)[0]  # an accent takes no room
    if " " <= base <= "~":
        return (_BOLD if bold else _REGULAR)[ord(base) - ord(" ")]
    return _OTHERS.get(unicodedata.category(base), _OTHER) * (1.15 if bold else 1.0)


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """As much of a text as there is room for, in pixels."""
    if text_width(text, size, bold=bold) <= room:
        return text
    while text and text_width(f"{text}…", size, bold=bold) > room:
        text = text[:-1]
    return f"{text}…"


__all__ = ["fitted", "text_width"]
