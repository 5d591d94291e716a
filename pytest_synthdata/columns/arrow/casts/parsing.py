"""Texts as numbers, booleans, dates and times, read as Spark's ANSI casts read them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array

_TRUTHS = dict.fromkeys(("t", "true", "y", "yes", "1"), True) | dict.fromkeys(("f", "false", "n", "no", "0"), False)
_DATE = r"([+-]?\d{4,6})(?:-(\d{1,2})(?:-(\d{1,2}))?)?"
_TIME = r"(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?"
_ZONE = r"\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?"
_DAY = re.compile(rf"{_DATE}(?:[ T].*)?")
_MOMENT = re.compile(rf"{_DATE}(?:[ T]{_TIME}{_ZONE})?")
_EXACT = Context(prec=76)


def parse(texts: pa.Array, target: pa.DataType) -> pa.Array:
    """Texts in another type, with the blanks around them left out; a time without a zone is in UTC.

    Raises:
        pa.ArrowInvalid: for a text that Spark would not read.
    """
    texts = pc.utf8_trim_whitespace(texts)
    test = pa.types
    if test.is_boolean(target):
        return _each(texts, target, _truth)
    if test.is_integer(target):
        return pc.replace_substring_regex(texts, r"^\+(\d)", r"\1").cast(target)
    try:
        if test.is_timestamp(target):
            return texts.cast(pa.timestamp(target.unit)).cast(target)
        return texts.cast(target)
    except pa.ArrowInvalid:
        if test.is_decimal(target):
            return _each(texts, target, lambda text: _decimal(text, target))
        if test.is_date(target):
            return _each(texts, target, _date)
        if test.is_timestamp(target):
            return _each(texts, target, lambda text: _moment(text, zoned=target.tz is not None))
        raise


def _each(texts: pa.Array, target: pa.DataType, read: Callable[[str], Any]) -> pa.Array:
    """Each distinct text read once."""
    coded = texts.dictionary_encode()
    values = []
    for text in coded.dictionary.to_pylist():
        value = read(text)
        if value is None:
            raise pa.ArrowInvalid(f"{text!r} is not a {target}")
        values.append(value)
    return arrow_array(values, target).take(coded.indices)


def _truth(text: str) -> bool | None:
    return _TRUTHS.get(text.lower())


def _decimal(text: str, target: Any) -> Decimal | None:
    try:
        number = Decimal(text).quantize(Decimal(1).scaleb(-target.scale), ROUND_HALF_UP, _EXACT)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < target.precision - target.scale else None


def _date(text: str) -> dt.date | None:
    found = _DAY.fullmatch(text)
    try:
        return found and dt.date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None


def _moment(text: str, *, zoned: bool) -> dt.datetime | None:
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        moment = dt.datetime(  # noqa: DTZ001 - its zone is added below
            *(int(year), int(month or 1), int(day or 1)),
            *(int(hour or 0), int(minute or 0), int(second or 0), int((fraction or "").ljust(6, "0")[:6])),
        )
    except ValueError:
        return None
    # A time without a zone is what the clock on the wall shows: there a zone in the text is left out.
    return moment.replace(tzinfo=dt.timezone.utc) - _offset(zone) if zoned else moment


def _offset(zone: str | None) -> dt.timedelta:
    if zone is None or zone in ("Z", "UTC", "GMT"):
        return dt.timedelta()
    digits = zone[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")  # noqa: PLR2004
    offset = dt.timedelta(hours=int(hours), minutes=int(minutes))
    return -offset if zone[0] == "-" else offset


__all__ = ["parse"]
