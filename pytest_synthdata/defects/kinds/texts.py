"""Texts that went wrong: the wrong format of an e-mail, date, number or code, and typing errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.defects.kind import Kind, wrong_type

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_CODE = re.compile(r"[A-Za-z]+[-_/ ]?\d+|\d+[-_/ ][\d-]+", re.DOTALL)
_NEIGHBOURS = {
    letter: row[position - 1] if position else row[1]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
    for position, letter in enumerate(row)
}


@dataclass(frozen=True)
class _ChangedText(Kind):
    """A text that is changed by some random bits, one at a time; nulls are passed over."""

    column: str
    rate: float | None = None

    def check_type(self, bound: BoundTable, column: str, type_: pa.DataType) -> None:
        if not pa.types.is_string(type_):
            raise wrong_type(bound, column, type_, self, "texts")

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        del bound
        pairs = zip(clean[0].to_pylist(), cells.bits().tolist(), strict=True)
        return [arrow_array([None if text is None else self.changed(text, bit) for text, bit in pairs], pa.string())]

    def changed(self, text: str, bits: int) -> str:
        """The text as it went wrong."""
        raise NotImplementedError


@dataclass(frozen=True)
class Malformed(_ChangedText):
    """A value of the wrong format in a text column: an e-mail without ``@``, the 31st of February, ``1.234,56``.

    What the clean value looks like decides how it breaks: e-mails, dates, numbers, codes such as keys, other texts
    (broken encodings, cut or stray quotes). Nulls are passed over.

    Args:
        column: texts.
        rate: the share of the rows, from 0 to 1.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> malformed("ada@example.com", 0)
    'adaexample.com'
    >>> malformed("ORD-000017", 1)
    'ORD000017'
    """

    def changed(self, text: str, bits: int) -> str:
        return malformed(text, bits)


@dataclass(frozen=True)
class Typos(_ChangedText):
    """A typing error in a text: two letters exchanged, one left out, doubled, missed by a key, or of the wrong case.

    Nulls and empty texts are passed over.

    Args:
        column: texts.
        rate: the share of the rows, from 0 to 1.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> misspelt("Enterprise", 10)
    'Enetrprise'
    """

    def changed(self, text: str, bits: int) -> str:
        return misspelt(text, bits)


def malformed(text: str, bits: int) -> str:
    """A text in a wrong format of its own kind, chosen by some random bits."""
    options = next(options for matches, options in _FORMATS if matches(text))
    return options[bits % len(options)](text)


def _whole(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


def _is_email(text: str) -> bool:
    return text.count("@") == 1 and not text.startswith("@")


def _without_dot(text: str) -> str:
    name, _, domain = text.partition("@")
    return f"{name}@{domain.replace('.', '')}" if "." in domain else f"{name}@"


def _letters(text: str) -> str:
    """Letters that look like the digits."""
    return re.sub("[015]", lambda match: {"0": "O", "1": "l", "5": "S"}[match[0]], text)


def _lettered(text: str) -> str:
    changed = _letters(text)
    return changed if changed != text else f"{text}x"


def _other_case(text: str) -> str:
    return text.lower() if text != text.lower() else text.upper()


def _joined(text: str) -> str:
    joined = re.sub(r"[-_/ ]", "", text)
    return joined if joined != text else f"{text}-"


def _date(form: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        match = _DATE.fullmatch(text)
        assert match is not None  # noqa: S101 - what it looks like decided
        year, month, day, rest = match.groups()
        return form.format(year=year, month=month, day=day, short=year[2:], rest=rest)

    return change


def _twice_encoded(text: str) -> str:
    """UTF-8 that was read as Latin-1."""
    changed = text.encode().decode("latin-1")
    return changed if changed != text else f"{text[: len(text) // 2]}Ã©{text[len(text) // 2 :]}"


_EMAIL = (
    lambda text: text.replace("@", ""),
    _without_dot,
    lambda text: text.replace("@", " @ "),
    lambda text: text.replace("@", "@@"),
    lambda text: text.partition("@")[0] + "@",
    lambda text: f"<{text}",
)
_DATES = (
    _date("{year}-13-{day}{rest}"),
    _date("{year}-02-31{rest}"),
    _date("{day}/{month}/{year}"),
    _date("{month}-{day}-{short}"),
    _date("{year}{month}{day}"),
    lambda _: "0000-00-00",
)
_NUMBERS = (
    lambda text: f"{text},00 EUR",
    _lettered,
    lambda text: f"{text}x",
    lambda _: "#REF!",
    lambda text: f"({text})",
    lambda text: f"{text}.1.2",
)
_CODES = (_other_case, _joined, _lettered, lambda text: f" {text}", lambda text: f"{text}?", lambda _: "#N/A")
_TEXTS = (
    _twice_encoded,
    lambda text: f"{text[: max(1, len(text) // 2)]}\ufffd",
    lambda text: f'"{text}',
    lambda text: f"{text}\r\n",
    lambda text: f"<b>{text}</b>",
    lambda text: f"\ufeff{text}",
)
# What a text looks like, and the ways in which that breaks.
_FORMATS: tuple[tuple[Callable[[str], bool], tuple[Callable[[str], str], ...]], ...] = (
    (_is_email, _EMAIL),
    (_whole(_DATE), _DATES),
    (_whole(_NUMBER), _NUMBERS),
    (_whole(_CODE), _CODES),
    (lambda _: True, _TEXTS),
)


def misspelt(text: str, bits: int) -> str:
    """A text with one typing error, chosen by some random bits; an empty one as it is."""
    if not text:
        return text
    how, place = bits % 5, (bits // 5) % len(text)
    for offset in range(len(text)):
        at = (place + offset) % len(text)
        changed = _TYPOS[how](text, at)
        if changed != text:
            return changed
    return f"{text}{text[-1]}"


def _exchanged(text: str, at: int) -> str:
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


def _left_out(text: str, at: int) -> str:
    return text[:at] + text[at + 1 :] if len(text) > 1 else text


def _doubled(text: str, at: int) -> str:
    return text[: at + 1] + text[at:]


def _neighbour(text: str, at: int) -> str:
    letter = text[at]
    hit = _NEIGHBOURS.get(letter.lower(), letter)
    return text[:at] + (hit.upper() if letter.isupper() else hit) + text[at + 1 :]


def _case_changed(text: str, at: int) -> str:
    return text[:at] + text[at].swapcase() + text[at + 1 :]


_TYPOS = (_exchanged, _left_out, _doubled, _neighbour, _case_changed)

__all__ = ["Malformed", "Typos", "malformed", "misspelt"]
