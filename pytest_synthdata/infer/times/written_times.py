"""Dates and times that are written as texts or numbers: read in the form that they have, and written back in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.expressions.operators import Call
from pytest_synthdata.columns.expressions.patterns import format_times, parse_times
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.errors import SynthDataError
from pytest_synthdata.infer.times.moments import spread_out

_DAYS = (
    *("yyyy-MM-dd", "MM/dd/yyyy", "dd/MM/yyyy", "M/d/yyyy", "d/M/yyyy", "dd.MM.yyyy", "d.M.yyyy", "yyyy/MM/dd"),
    *("MM-dd-yyyy", "dd-MM-yyyy", "yyyy.MM.dd", "yyyyMMdd", "M/d/yy", "MM/dd/yy", "dd/MM/yy", "d/M/yy", "yyyy-M-d"),
    *("MMM d yyyy", "MMM d, yyyy", "MMMM d, yyyy", "MMM dd yyyy", "MMM dd, yyyy", "MMMM dd, yyyy", "MMMM d yyyy"),
    *("d MMM yyyy", "dd MMM yyyy", "d MMMM yyyy", "dd MMMM yyyy", "dd-MMM-yyyy", "dd-MMM-yy", "d-MMM-yy", "d-MMM-yyyy"),
    *("MMM-yy", "MMM yyyy", "MMMM yyyy", "yyyy-MM", "yyyy/MM", "MM/yyyy", "EEE, d MMM yyyy", "EEE, dd MMM yyyy"),
)  # fmt: skip
_TIMES = (
    *(" HH:mm:ss", "'T'HH:mm:ss", " HH:mm", "'T'HH:mm:ss'Z'", " HH:mm:ss.SSS", " HH:mm:ss.SSSSSS", "'T'HH:mm"),
    *("'T'HH:mm:ss.SSS'Z'", "'T'HH:mm:ss.SSS", " hh:mm:ss a", " h:mm:ss a", " hh:mm a", " h:mm a", " H:mm", " H:mm:ss"),
    *("'T'HH:mm:ss.SSSSSS", "'T'HH:mm:ss'+00:00'", " HH:mm:ss'+00:00'"),
)  # fmt: skip
_FIRST_TRIED = 20  # texts
_FIRST_READ = 200  # rows whose texts these are
_SHORTEST, _LONGEST = 5, 40
_LEAST_DAY, _MOST_DAY = 19_000_101, 21_001_231
_FEWEST = 20  # numbers that may be days


def pattern_of(texts: pa.Array) -> str | None:
    """The pattern in which all of some texts are dates or times, as `functions.date_format` takes it; None for others.

    >>> pattern_of(pa.array(["3/14/2024", "12/1/2023"]))
    'M/d/yyyy'
    """
    distinct = texts.unique()
    return next((one for one in _of_first(distinct) if _is_written(distinct, one)), None)


def patterns_of(texts: pa.Array) -> list[str]:
    """The patterns in which the first of some texts are dates or times.

    >>> patterns_of(pa.array(["3/4/2024", "1/2/2023"]))
    ['M/d/yyyy', 'd/M/yyyy']
    """
    return list(_of_first(texts.slice(0, _FIRST_READ).unique()))


def _of_first(distinct: pa.Array) -> Iterator[str]:
    first = distinct.slice(0, _FIRST_TRIED)
    lengths = pc.min_max(pc.utf8_length(first)).as_py()
    digits = pc.all(pc.match_substring_regex(first, r"\d")).as_py()
    if not digits or lengths["min"] < _SHORTEST or lengths["max"] > _LONGEST:
        return
    has_time = pc.all(pc.match_substring_regex(first, r"\d:\d\d")).as_py()
    patterns = (a + b for a, b in itertools.product(_DAYS, _TIMES)) if has_time else iter(_DAYS)
    yield from (one for one in patterns if _is_written(first, one))


def _is_written(texts: pa.Array, pattern: str) -> bool:
    times = _read(texts, pattern)
    return times is not None and bool(pc.all(pc.equal(format_times(times, pattern), texts)).as_py())


def _read(texts: pa.Array, pattern: str) -> pa.Array | None:
    try:
        times = parse_times(texts, pattern).cast(pa.timestamp("us"))
    except (SynthDataError, pa.ArrowException, ValueError, TypeError):
        return None
    return None if times.null_count else times


def read_times(texts: pa.Array, pattern: str) -> pa.Array:
    """Texts as the dates or times that they say."""
    times = parse_times(texts, pattern).cast(pa.timestamp("us"))
    return times if any(letter in pattern for letter in "Hhms") else times.cast(pa.date32(), safe=False)


def written(generator: Generator, pattern: str) -> Generator:
    """A generator of dates or times as one of texts."""
    return Call("date_format", (generator,), (pattern,))


def days_as_numbers(values: pa.Array) -> Generator | None:
    """The generator of whole numbers that are days, such as 20241231; None for others."""
    ends = pc.min_max(values).as_py()
    if len(values) < _FEWEST or ends["min"] < _LEAST_DAY or ends["max"] > _MOST_DAY or ends["min"] == ends["max"]:
        return None
    texts = values.cast(pa.int64()).cast(pa.string())
    if not _is_written(texts.unique(), "yyyyMMdd"):
        return None
    return written(spread_out(read_times(texts, "yyyyMMdd")), "yyyyMMdd")


__all__ = ["days_as_numbers", "pattern_of", "patterns_of", "read_times", "written"]
