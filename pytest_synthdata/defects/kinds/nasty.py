"""Values that are of the right type and break code all the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.arrays import arrow_array
from pytest_synthdata.columns.cells import Cells
from pytest_synthdata.defects.differences import differ
from pytest_synthdata.defects.kind import Kind, wrong_type

if TYPE_CHECKING:
    from pytest_synthdata.columns.tables.bound_table import BoundTable

_LONG = 10_000  # letters, more than most columns are made for

_TEXTS = (
    "",
    " ",
    "\t",
    "\n",
    "\u00a0",  # a space that does not break
    "\u200b",  # a space without width
    "\u3000",  # an ideographic space
    "null",
    "NULL",
    "None",
    "NaN",
    "undefined",
    "true",
    "0",
    "-1",
    "1e309",
    "007",
    "Zo\u00eb",  # one letter: NFC
    "Zoe\u0308",  # its twin of two: NFD
    "\u212b",  # Angstrom's sign, which NFC turns into a letter
    "stra\u00dfe",  # longer in capitals
    "\u0130stanbul",  # longer in small letters
    "\u05e9\u05dc\u05d5\u05dd",  # right to left
    "\u202eevil",  # an override of the direction
    "\U0001f600",  # beyond the basic plane
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",  # several characters, one picture
    "\u4f60\u597d",
    "\x00",
    "before\x00after",
    "\x1b[31m",  # a terminal's escape
    "\ufeffbom",
    "O'Brien",
    '"quoted"',
    "back\\slash",
    "a,b;c|d",
    "line\r\nbreak",
    "Robert'); DROP TABLE orders;--",
    "1 OR 1=1",
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.com")',  # a spreadsheet runs it
    "${jndi:ldap://example.com/a}",
    "../../etc/passwd",
    "%s%n{0}",
    "x" * _LONG,
)
_FLOATS = (
    *(-0.0, 0.0, float("nan"), float("inf"), float("-inf"), 1.7976931348623157e308, -1.7976931348623157e308, 5e-324),
    *(2.2250738585072014e-308, 0.1 + 0.2, 1 / 3, 2.0**53 + 1, 1e16, 1e-7, -1.0),
)
_INTEGERS = (0, -1, 1, *(sign * 2**power - offset for power in (7, 8, 15, 16, 31, 32, 53, 63) for sign, offset in (
    (1, 0), (1, 1), (-1, 0), (-1, 1)
)))  # fmt: skip
_DAYS = (
    *(dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(1970, 1, 1), dt.date(1969, 12, 31), dt.date(1900, 1, 1)),
    *(dt.date(2000, 2, 29), dt.date(2024, 2, 29), dt.date(1582, 10, 4), dt.date(1582, 10, 15), dt.date(2038, 1, 19)),
    *(dt.date(2024, 12, 30), dt.date(2021, 1, 3)),  # in week 1 of the next year, and in week 53 of the last
)
_TIMES = (
    *(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999_999), dt.datetime(1970, 1, 1)),  # noqa: DTZ001
    *(dt.datetime(1969, 12, 31, 23, 59, 59, 999_999), dt.datetime(2038, 1, 19, 3, 14, 8)),  # noqa: DTZ001
    *(dt.datetime(2024, 2, 29, 12), dt.datetime(1900, 1, 1), dt.datetime(1582, 10, 15)),  # noqa: DTZ001
    # Gaps, which no clock shows, and folds, which it shows twice: New York, Berlin; and a gap of a whole day in Apia.
    *(dt.datetime(2024, 3, 10, 2, 30), dt.datetime(2024, 11, 3, 1, 30)),  # noqa: DTZ001
    *(dt.datetime(2024, 3, 31, 2, 30), dt.datetime(2024, 10, 27, 2, 30)),  # noqa: DTZ001
    *(dt.datetime(2011, 12, 30, 12), dt.datetime(2016, 12, 31, 23, 59, 59, 999_999)),  # noqa: DTZ001
)
_BYTES = (b"", b"\x00", b"\xff\xfe", b"\x80", b"\r\n", b"\x00" * _LONG)


@dataclass(frozen=True)
class Nasty(Kind):
    """A value of the right type that breaks code.

    Texts: empty, blank, composed and decomposed letters, right-to-left, emoji, NUL, quotes, injections, 10,000
    letters. Floats: -0.0, NaN, infinities, the largest and the smallest. Integers and decimals: 0, -1, the ends of
    their type and of smaller ones. Dates and times: the years 1 and 9999, leap days, the epoch, gaps and folds of
    daylight saving. Lists: empty.

    Args:
        column: texts, numbers, dates, times, bytes, or lists.
        rate: the share of the rows, from 0 to 1.
        exactly: a number of rows in place of the rate.
        where: a condition on the clean row.

    >>> Nasty("name", 0.01).label
    'nasty'
    """

    column: str
    rate: float | None = None

    def check_type(self, bound: BoundTable, column: str, type_: pa.DataType) -> None:
        if not len(nasty_values(type_)):
            raise wrong_type(bound, column, type_, self, "texts, numbers, dates, times, bytes or lists")

    def dirty(self, bound: BoundTable, cells: Cells, clean: Sequence[pa.Array]) -> Sequence[pa.Array]:
        del bound
        array = clean[0]
        values = nasty_values(array.type)
        count = np.uint64(len(values))
        picks = cells.bits() % count
        drawn = values.take(arrow_array(picks))
        same = ~differ(array, drawn)  # where the clean value happens to be that one, the next
        if same.any() and count > 1:
            drawn = pc.if_else(arrow_array(same), values.take(arrow_array((picks + np.uint64(1)) % count)), drawn)
        return [drawn]


@cache
def nasty_values(type_: pa.DataType) -> pa.Array:
    """The values that a type has; empty where there are none."""
    test = pa.types
    if test.is_string(type_):
        return arrow_array(_TEXTS)
    if test.is_floating(type_):
        return arrow_array(_FLOATS, pa.float64()).cast(type_, safe=False)
    if test.is_integer(type_):
        limits = np.iinfo(str(type_))
        return arrow_array(list(dict.fromkeys(one for one in _INTEGERS if limits.min <= one <= limits.max)), type_)
    if test.is_decimal(type_):
        most, unit = (Decimal(10) ** type_.precision - 1).scaleb(-type_.scale), Decimal(1).scaleb(-type_.scale)
        return arrow_array([most, -most, Decimal(0), unit, -unit], type_)
    if test.is_date32(type_):
        return arrow_array(_DAYS, type_)
    if test.is_timestamp(type_):
        return arrow_array(_TIMES, pa.timestamp("us")).cast(type_)
    if test.is_binary(type_):
        return arrow_array(_BYTES, type_)
    return arrow_array([[]], type_) if test.is_list(type_) else arrow_array([], type_)


__all__ = ["Nasty", "nasty_values"]
