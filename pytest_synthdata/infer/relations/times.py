"""Dates and times that follow exactly from others of their row: the same again in another form, and durations later."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.arrow.types import TIMESTAMP
from pytest_synthdata.columns.expressions.intervals import MICROSECONDS
from pytest_synthdata.columns.expressions.operators import FUNCTIONS, Call, col
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.infer.relations.formulas import ALL, FEWEST, FIRST, Computed, Floats
from pytest_synthdata.infer.times.instants import floats_of
from pytest_synthdata.infer.times.written_times import patterns_of, read_times

Columns = Mapping[str, tuple[pa.DataType, pa.Array]]

_NAMES = ("EEEE", "EEE", "MMMM", "MMM")  # of days and months
_MOST_NAMES = 12
_UNITS = ("day", "hour", "minute", "week", "month", "quarter", "year")
_UNITS_OF_DATES = ("week", "month", "quarter", "year")
_NUMBERS = ("yyyyMMdd", "yyyyMM")
_FEWEST_BITS = 32  # of numbers such as 20241231
_MOST_TIMES = 12  # of which each two are tried together


@dataclass(frozen=True)
class _Moment:
    """A column of dates or times.

    Args:
        type_: its type.
        said: it as a date or time, in expressions.
        times: its values, as dates or times.
    """

    type_: pa.DataType
    said: Generator
    times: pa.Array


def times_again(columns: Columns, attributes: Mapping[str, str]) -> dict[str, Computed]:
    """Columns that say in each row what another one says: the same date or time, its day, its month, as text or number.

    Args:
        columns: their types and values, by name.
        attributes: what the columns are called in expressions.
    """
    filled = {name: pair for name, pair in columns.items() if _may_say(*pair)}
    typed = [name for name, (type_, _) in filled.items() if is_temporal(type_)]
    typed.sort(key=lambda name: -len(filled[name][1].slice(0, FIRST).unique()))  # the finest first
    typed.sort(key=lambda name: pa.types.is_date(filled[name][0]))
    texts = {name: array.drop_null() for name, (type_, array) in filled.items() if pa.types.is_string(type_)}
    patterns = {name: some for name, array in texts.items() if (some := patterns_of(array))}
    written = sorted(patterns, key=lambda name: "m" not in patterns[name][0])  # those with minutes say most
    bases = [*typed, *(written if len(written) > 1 else ())]
    found: dict[str, Computed] = {}
    for place, base in enumerate(bases):
        type_, values = columns[base]
        others = [name for name in filled if name not in bases[: place + 1] and name not in found]
        if base in found or not others:
            continue
        said: Generator = col(attributes[base])
        moment = _read(values, said, patterns[base]) if base in patterns else _Moment(type_, said, values)
        if moment is None:
            continue
        for name in others:
            again = _again(columns[name], moment, patterns.get(name, ()))
            if again is not None:
                found[name] = Computed(again, frozenset([base]))
    return found


def _may_say(type_: pa.DataType, values: pa.Array) -> bool:
    """Whether a column may hold dates and times, in whatever form."""
    test = pa.types
    is_number = test.is_integer(type_) and type_.bit_width >= _FEWEST_BITS and type_ != pa.uint64()
    may_be = is_number or is_temporal(type_) or test.is_string(type_)
    return may_be and len(values) - values.null_count >= FEWEST


def _read(values: pa.Array, said: Generator, patterns: Sequence[str]) -> _Moment | None:
    """A column of texts as the dates or times that all of them say."""
    for pattern in patterns:
        try:
            times = read_times(values, pattern)
        except pa.ArrowException:
            continue
        function = "to_date" if pa.types.is_date(times.type) else "to_timestamp"
        return _Moment(times.type, Call(function, (said,), (pattern,)), times)
    return None


def _again(column: tuple[pa.DataType, pa.Array], moment: _Moment, patterns: Sequence[str]) -> Generator | None:
    """A column by a date or time of its row; None where it is not made from that."""
    type_, values = column
    has_one_value = len(values.slice(0, FIRST).unique().drop_null()) < 2  # noqa: PLR2004
    if has_one_value or pc.any(pc.and_(values.is_valid(), moment.times.is_null())).as_py():
        return None
    for made, of in _ways(type_, moment, patterns, values):
        first = slice(0, FIRST)
        if all(_equal(of(moment.times[some]), values[some]) for some in (first, slice(None))):
            return made
    return None


def _equal(made: pa.Array, values: pa.Array) -> bool:
    """Whether values are those that are made, wherever there are some."""
    type_ = pa.int64() if pa.types.is_integer(values.type) else values.type
    same = pc.equal(made.cast(type_), values.cast(type_)).drop_null()
    return len(same) == 0 or pc.mean(same.cast(pa.int8())).as_py() >= ALL


Way = tuple[Generator, Callable[[pa.Array], pa.Array]]


def _ways(type_: pa.DataType, moment: _Moment, patterns: Sequence[str], values: pa.Array) -> Iterator[Way]:
    """What a column of a type may be of a date or time: as it is written, and how it is computed."""
    if pa.types.is_date(type_):
        yield (moment.said if pa.types.is_date(moment.type_) else Call("to_date", (moment.said,))), FUNCTIONS["to_date"]
        yield from (_call("trunc", moment, unit) for unit in _UNITS_OF_DATES)
    elif pa.types.is_timestamp(type_):
        yield (moment.said if type_ == moment.type_ else Call("to_timestamp", (moment.said,))), _plain
        yield from (_call("date_trunc", moment, unit) for unit in _UNITS)
    elif pa.types.is_string(type_):
        names = _NAMES if len(values.slice(0, FIRST).unique()) <= _MOST_NAMES else ()
        yield from (_call("date_format", moment, pattern) for pattern in (*patterns, *names))
    elif pa.types.is_integer(type_):
        yield from (_call("date_format", moment, pattern) for pattern in _NUMBERS)
        yield from _epochs(moment)


def _call(function: str, moment: _Moment, option: str) -> Way:
    return Call(function, (moment.said,), (option,)), lambda times: _plain(FUNCTIONS[function](times, option))


def _plain(times: pa.Array) -> pa.Array:
    """Times without their zone."""
    return times if pa.types.is_string(times.type) or pa.types.is_date(times.type) else times.cast(pa.timestamp("us"))


def _epochs(moment: _Moment) -> Iterator[Way]:
    """Seconds and milliseconds since 1970."""
    said = moment.said if moment.type_ == TIMESTAMP else moment.said.cast("timestamp")

    def of(times: pa.Array, factor: int) -> pa.Array:
        micros = times.cast(pa.timestamp("us")).cast(pa.int64())
        return pc.multiply(pc.divide(micros, 1_000_000), factor)

    yield said, partial(of, factor=1)  # which is cast to a number
    yield said.cast("bigint") * 1000, partial(of, factor=1000)


def later_by(columns: Columns, attributes: Mapping[str, str]) -> dict[str, Computed]:
    """Dates and times that lie as long after others of their row as a number says: an end, by its start and the nights.

    Args:
        columns: their types and values, by name.
        attributes: what the columns are called in expressions.
    """
    numbers: dict[str, Floats] = {}
    times: dict[str, Floats] = {}
    for name, (type_, values) in columns.items():
        if pa.types.is_integer(type_) or pa.types.is_floating(type_):
            numbers[name] = floats_of(values)
        elif is_temporal(type_) and len(times) < _MOST_TIMES:
            times[name] = floats_of(values.cast(pa.timestamp("us")))
    found: dict[str, Computed] = {}
    for end, start in itertools.permutations(times if numbers else (), 2):
        type_ = columns[end][0]
        if end in found or columns[start][0] != type_:
            continue
        apart = times[end] - times[start]
        if np.isfinite(apart).sum() < FEWEST or not np.nanmean(apart) > 0:
            continue
        units = ("days",) if pa.types.is_date(type_) else tuple(MICROSECONDS)
        for name, unit in itertools.product(numbers, units):
            if _is_between(apart, numbers[name] * MICROSECONDS[unit], times[end]):
                later = _later(type_, col(attributes[start]), col(attributes[name]), columns[name][0], unit)
                found[end] = Computed(later, frozenset([start, name]))
                break
    return found


def _is_between(apart: Floats, said: Floats, end: Floats) -> bool:
    """Whether numbers say how long it is to an end, to the second, and are there wherever it is."""
    few = slice(0, FIRST)
    if len(np.unique(said[few])) < 2:  # noqa: PLR2004
        return False
    for rows in (few, slice(None)):
        known = np.isfinite(end[rows])
        close = np.abs(apart[rows] - said[rows]) < MICROSECONDS["seconds"]
        if not known.any() or close[known].mean() < ALL:
            return False
    return True


def _later(type_: pa.DataType, start: Generator, number: Generator, own: pa.DataType, unit: str) -> Generator:
    if pa.types.is_date(type_):
        return Call("date_add", (start, number if pa.types.is_integer(own) else number.cast("int")))
    return start + Call(unit, (number,))


__all__ = ["later_by", "times_again"]
