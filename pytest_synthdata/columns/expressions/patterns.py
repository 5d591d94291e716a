"""Spark's patterns of dates and times (``yyyy-MM-dd HH:mm``): texts written and read by them, without Python per row.

The letters are those of "Datetime patterns for formatting and parsing" in Spark's SQL reference; names are English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array, arrow_scalar, concatenated, null_of, without_nulls
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.errors import DeclarationError

_TOKEN = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^A-Za-z']+)")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LETTERS = "yuMLdDHhKkmsSaEqQXxZzOV"
_QUARTERS = ("Q1", "Q2", "Q3", "Q4")
_NAMED = 3  # letters from which a month or weekday is a name, cut to 3 letters
_FULL = 4


@lru_cache(maxsize=256)
def tokens_of(pattern: str) -> tuple[tuple[str, int], ...]:
    """The letters of a pattern with how often each stands there; texts in between with 0."""
    found: list[tuple[str, int]] = []
    end = 0
    for match in _TOKEN.finditer(pattern):
        if match.start() != end:
            break
        end = match.end()
        if match[3]:
            if match[3] not in _LETTERS:
                raise DeclarationError(
                    f"the letter {match[3]!r} of the pattern {pattern!r} is not known; the letters are "
                    f"{', '.join(_LETTERS)}, other text stands in '…'"
                )
            found.append((match[3], len(match[2])))
        elif match[4] is not None:
            found.append((match[4], 0))
        else:
            found.append((match[1].replace("''", "'") or "'", 0))
    if end != len(pattern):
        raise DeclarationError(f"the pattern {pattern!r} cannot be read: a ' is left open")
    return tuple(found)


def format_times(times: pa.Array, pattern: str) -> pa.Array:
    """Texts of times, each null where the time is."""
    pieces: list[pa.Array | str] = []
    for letter, count in tokens_of(pattern):
        pieces.append(letter if count == 0 else _written(times, letter, count))
    arrays = [piece if isinstance(piece, pa.Array) else _repeated(piece, len(times)) for piece in pieces]
    joined = concatenated(*arrays) if arrays else _repeated("", len(times))
    return pc.if_else(pc.is_null(times), null_of(pa.string()), joined)


def _repeated(text: str, count: int) -> pa.Array:
    return arrow_array([text]).take(arrow_array(np.zeros(count, np.int32)))


def _written(times: pa.Array, letter: str, count: int) -> pa.Array:
    if letter in "qQ" and count >= _NAMED:
        names = ("1st quarter", "2nd quarter", "3rd quarter", "4th quarter") if count >= _FULL else _QUARTERS
        return arrow_array(names).take(pc.subtract(pc.quarter(times), arrow_scalar(1)))
    if letter in _NUMBERS:
        return _digits(_NUMBERS[letter](times), count)
    if letter in "yu":
        year = pc.year(times)
        return _digits(_modulo(year, 100) if count == 2 else year, count)  # noqa: PLR2004
    if letter in "ML":
        month = pc.month(times)
        return _named(pc.subtract(month, arrow_scalar(1)), MONTHS, count) if count >= _NAMED else _digits(month, count)
    if letter == "E":
        return _named(pc.day_of_week(times), WEEKDAYS, count)
    if letter == "a":
        return arrow_array(["AM", "PM"]).take(pc.cast(pc.greater_equal(pc.hour(times), arrow_scalar(12)), pa.int8()))
    if letter == "S":
        micros = pc.add(pc.multiply(pc.millisecond(times), arrow_scalar(1000)), pc.microsecond(times))
        kept = pc.divide(micros, arrow_scalar(10 ** max(6 - count, 0)))
        return concatenated(_digits(kept, min(count, 6)), "0" * max(count - 6, 0))
    if letter in "XxZzOV":
        return _repeated(_zone(letter, count), len(times))
    hour = pc.hour(times)
    if letter in "hK":
        hour = _modulo(hour, 12)
    midnight = arrow_scalar({"h": 12, "k": 24}.get(letter, 0))
    return _digits(pc.if_else(pc.equal(hour, arrow_scalar(0)), midnight, hour), count)


_NUMBERS: dict[str, Callable[[pa.Array], pa.Array]] = {
    **dict.fromkeys("qQ", pc.quarter),
    "D": pc.day_of_year,
    "d": pc.day,
    "m": pc.minute,
    "s": pc.second,
}


def _zone(letter: str, count: int) -> str:
    """UTC as the letters for a zone's offset write it."""
    if letter == "X":
        return "Z"
    if letter in "zV":
        return "UTC" if count < _FULL else "Coordinated Universal Time"
    if letter == "O" or (letter == "Z" and count == _FULL):
        return "GMT"
    if letter == "Z":
        return "+0000"
    return {1: "+00", 3: "+00:00", 5: "+00:00"}.get(count, "+0000")


def _modulo(numbers: pa.Array, divisor: int) -> pa.Array:
    by = arrow_scalar(divisor)
    return pc.subtract(numbers, pc.multiply(pc.divide(numbers, by), by))


def _digits(numbers: pa.Array, width: int) -> pa.Array:
    """Numbers with zeros before them: each distinct one is written once."""
    coded = numbers.dictionary_encode()
    return arrow_array([f"{number:0{width}d}" for number in coded.dictionary.to_pylist()], pa.string()).take(
        coded.indices
    )


def _named(numbers: pa.Array, names: tuple[str, ...], count: int) -> pa.Array:
    return arrow_array(names if count >= _FULL else [name[:3] for name in names]).take(numbers)


def parse_times(texts: pa.Array, pattern: str) -> pa.Array:
    """Times, naive, from texts of a pattern.

    Raises:
        pa.ArrowInvalid: for the first text that does not follow the pattern, else the first that is no day or time.
    """
    found = pc.extract_regex(texts, pattern=f"^{''.join(_groups(pattern))}$")
    present = {field.name: number for number, field in enumerate(found.type)}
    is_text = to_numpy(pc.is_valid(texts))
    _require_times(texts, is_text & ~to_numpy(pc.is_valid(found)), pattern)

    def number(name: str, otherwise: int) -> npt.NDArray[np.int64]:
        if name not in present:
            return np.full(len(texts), otherwise)
        text = found.field(present[name])
        valid = pc.and_(pc.is_valid(found), pc.not_equal(text, arrow_scalar("")))
        digits = pc.if_else(valid, text, arrow_scalar("0"))
        return to_numpy(pc.if_else(valid, digits.cast(pa.int64()), arrow_scalar(otherwise)))

    year = number("y", 1970) + (2000 if ("y", 2) in tokens_of(pattern) else 0)
    month = number("M", 1)
    if "N" in present:
        name = pc.utf8_slice_codeunits(found.field(present["N"]), 0, 3)
        listed = arrow_array([name[:3] for name in MONTHS])
        month = to_numpy(without_nulls(pc.index_in(name, value_set=listed), 0)).astype(np.int64) + 1
    hour = number("H", 0)
    if "h" in present:
        hour = number("h", 0) % 12
        if "a" in present:
            afternoon = pc.equal(found.field(present["a"]), arrow_scalar("PM"))
            hour = hour + 12 * to_numpy(without_nulls(afternoon, False))
    day, minute, second = number("d", 1), number("m", 0), number("s", 0)
    digits = next((count for letter, count in tokens_of(pattern) if letter == "S"), 6)
    micros = number("S", 0) * 10 ** max(6 - digits, 0) // 10 ** max(digits - 6, 0)
    first = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    length = ((first + 1).astype("M8[D]") - first.astype("M8[D]")).astype(np.int64)
    wrong = (month < 1) | (month > 12) | (day < 1) | (day > length) | (hour > 23) | (minute > 59) | (second > 59)  # noqa: PLR2004
    _require_times(texts, is_text & wrong, pattern)
    seconds = (hour * 60 + minute) * 60 + second
    days = first.astype("M8[D]") + (day - 1).astype("m8[D]")
    made = days.astype("M8[us]") + (seconds * 10**6 + micros).astype("m8[us]")
    return pc.if_else(pc.is_valid(texts), arrow_array(made), null_of(pa.timestamp("us")))


def _require_times(texts: pa.Array, wrong: npt.NDArray[np.bool_], pattern: str) -> None:
    if wrong.any():
        text = texts[int(np.flatnonzero(wrong)[0])].as_py()
        raise pa.ArrowInvalid(f"{text!r} is not a time of the pattern {pattern!r}")


def _groups(pattern: str) -> Iterator[str]:
    for letter, count in tokens_of(pattern):
        if count == 0:
            yield re.escape(letter)
        elif letter in "yu":
            yield r"(?P<y>\d{2})" if count == 2 else rf"(?P<y>\d{{{count},}})"  # noqa: PLR2004
        elif letter in "ML" and count >= _NAMED:
            yield f"(?P<N>{'|'.join(name if count >= _FULL else name[:3] for name in MONTHS)})"
        elif letter == "E":
            yield "(?:" + "|".join(name if count >= _FULL else name[:3] for name in WEEKDAYS) + ")"
        elif letter == "a":
            yield "(?P<a>AM|PM)"
        elif letter in "MLdHhms":
            yield rf"(?P<{'M' if letter == 'L' else letter}>\d{{{count},2}})"
        elif letter == "S":
            yield rf"(?P<S>\d{{{count}}})"
        else:
            raise DeclarationError(f"the letter {letter!r} of the pattern {pattern!r} can be written, but not read")


__all__ = ["MONTHS", "WEEKDAYS", "format_times", "parse_times", "tokens_of"]
