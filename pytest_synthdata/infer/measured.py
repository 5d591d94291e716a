"""What statistics say of columns beside their names and types, in a factory: ranges, shares of nulls, row counts."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import is_temporal
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Call, Column, col
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import NotNull, unwrapped
from pytest_synthdata.columns.generators.numbers.distributions import Uniform
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.columns.generators.numbers.whole import Integers
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.columns.time.times import Times
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.infer.column_types import in_type
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.infer.values.fitting import rounded_shares
from pytest_synthdata.infer.values.meanings import ColumnName
from pytest_synthdata.infer.values.personal import FEWEST_DIGITS, identifies_people
from pytest_synthdata.sources.samples import Sample
from pytest_synthdata.sources.statistics.extents import ColumnStatistics, has_range

_MOST = 2**63 - 1
_ROOM = 10  # numbers for each row, at least, of keys that have gaps
_WIDEST = 10**15  # numbers that unique ones are drawn from
_MOST_DIGITS = 6  # of floats that are rounded as their ends are
_BINS = 20  # of a histogram that are written
_FEWEST_BINS = 2
_FIRST_YEAR, _LAST_YEAR = 1_000, 3_000  # what lies before or after stands for "never"
_NO_RANGE = "No range is kept of it: its name and type decide."
_NEVER = 'A day that stands for "never" ends its range: its name and type decide.'


def as_measured(inferred: Inferred, sample: Sample, attributes: Mapping[str, str], key: str | None) -> Inferred:
    """A factory by its table's statistics; as it was, where there are none.

    Args:
        inferred: what names and types say.
        sample: the table.
        attributes: of the columns that are not references to other tables.
        key: the column that other tables refer to, if any do.
    """
    said = sample.statistics
    if said is None:
        return inferred
    declarations, comments = dict(inferred.declarations), dict(inferred.comments)
    references = {
        declared.column or f"{name}_id": name for name, declared in declarations.items() if type(declared) is ForeignKey
    }
    known = {attributes[name]: one for name, one in said.columns.items() if name in attributes}
    for field in sample.schema:
        name = references.get(field.name) or attributes.get(field.name)
        one = said.columns.get(field.name, ColumnStatistics())
        if name not in declarations or not isinstance(declarations[name], (Generator, ForeignKey)):
            continue
        declared, comment = declarations[name], _NO_RANGE
        if isinstance(one.low, dt.date) and (one.low.year < _FIRST_YEAR or one.high.year > _LAST_YEAR):
            one, comment = ColumnStatistics(one.nulls), _NEVER
        if name not in references.values():
            column = ColumnName(field.name, inferred.table, {})
            before = {other: known[other] for other in _columns_read(declared) if other in known}
            if before:
                declared = _following(declared, one, before)
            else:
                declared = _measured(declared, column, field.type, one, said.rows, is_key=field.name == key)
            if one.low is None and one.nulls != said.rows and has_range(field.type) and not _is_fixed(declared):
                comments.setdefault(name, comment)
        if one.nulls and said.rows and field.name != key:
            there = max([known[other].nulls or 0 for other in _columns_read(declared) if other in known], default=0)
            declared = _with_nulls(declared, field.type, one.nulls - there, said.rows - there)
        elif one.nulls == 0 and isinstance(declared, ForeignKey):
            declared = declared.nulls(0.0)
        declarations[name] = declared
    is_counted = any(type(one) is ForeignKey and one.per_parent is not None for one in declarations.values())
    rows = said.rows if inferred.rows is None and not is_counted else inferred.rows
    return replace(inferred, declarations=declarations, comments=comments, rows=rows)


def _is_fixed(generator: Any) -> bool:
    """Whether a column needs no range: it is a key, or follows from others."""
    return isinstance(unwrapped(generator), Key) or bool(_columns_read(generator))


def _columns_read(declared: Any) -> set[str]:
    """The columns that a column follows from: where they are null, it is."""
    if isinstance(declared, Column):
        return {declared.name}
    children = declared.children() if isinstance(declared, Generator) else ()
    return {name for child in children for name in _columns_read(child)}


def _following(generator: Generator, one: ColumnStatistics, before: Mapping[str, ColumnStatistics]) -> Generator:
    """What follows another date or time, up to the end of its range, unless the other may be later than that."""
    (name, other), *_ = before.items()
    if one.high is None or other.high is None or one.high < other.high:
        return generator
    capped = Call("least", (generator, Constant(one.high)))  # which is also the least where the other is null
    return capped if other.nulls == 0 else When((col(name).is_not_null(),), (capped,))


def _with_nulls(declared: Any, type_: pa.DataType, nulls: int, rows: int) -> Any:
    if nulls <= 0:
        return declared
    if nulls >= rows:
        return declared.nulls(1.0) if isinstance(declared, ForeignKey) else in_type(Constant(None), type_)
    share = rounded_shares([nulls, rows - nulls], rows)[0]
    return (declared.generator if isinstance(declared, NotNull) else declared).nulls(share)


def _measured(
    generator: Generator,
    column: ColumnName,
    type_: pa.DataType,
    one: ColumnStatistics,
    rows: int | None,
    *,
    is_key: bool,
) -> Generator:
    """A column within its range."""
    if one.low is None or not has_range(type_):
        return generator
    inner = unwrapped(generator)
    if pa.types.is_boolean(type_):
        return generator if one.low != one.high else Constant(one.low)
    if (spread := _by_quantiles(one, column, type_)) is not None and not isinstance(inner, (Key, Timeline)):
        made = spread
    elif is_temporal(type_):
        made = _days(one, type_, may_order=isinstance(inner, Timeline))
    elif isinstance(inner, Key) and pa.types.is_integer(type_):
        made = _key(int(one.low), int(one.high), rows, is_key=is_key)
    else:
        made = _numbers(one, column, type_)
    made = in_type(made, type_)
    return made.not_null() if isinstance(generator, NotNull) else made


def _by_quantiles(one: ColumnStatistics, column: ColumnName, type_: pa.DataType) -> Generator | None:
    """A column as a histogram of it has it; None where there is none, or its ends are somebody's."""
    count = len(one.quantiles) - 1
    is_alike = one.low == one.high or (pa.types.is_timestamp(type_) and one.low.replace(microsecond=0) >= one.high)
    if count < _FEWEST_BINS or is_alike or identifies_people(column):
        return None
    places = sorted({round(number * count / _BINS) for number in range(_BINS + 1)})
    values = [min(max(one.quantiles[place], one.low), one.high) for place in places]
    if is_temporal(type_):
        texts = [str(value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value) for value in values]
        return _quantiles(texts, places)
    numbers = [float(f"{float(value):.5g}") for value in values]
    if pa.types.is_integer(type_):
        return _quantiles([int(value) for value in values], places).round()
    scale = type_.scale if pa.types.is_decimal(type_) else max(map(_digits, map(float, one.quantiles)))
    ends = [float(one.low), *(min(max(number, float(one.low)), float(one.high)) for number in numbers[1:-1])]
    made = _quantiles([*ends, float(one.high)], places)
    return made.round(scale) if scale <= _MOST_DIGITS or pa.types.is_decimal(type_) else made


def _quantiles(values: list[Any], places: list[int]) -> Generator:
    """By a list, where as much lies between all neighbours, else by the shares below each."""
    if len({place - before for before, place in itertools.pairwise(places)}) == 1:
        return Quantiles(values)
    return Quantiles({round(place / places[-1], 4): value for place, value in zip(places, values, strict=True)})


def _days(one: ColumnStatistics, type_: pa.DataType, *, may_order: bool) -> Generator:
    low, high = one.low, one.high
    if pa.types.is_date(type_):
        return Constant(low) if low == high else Dates(low.isoformat(), high.isoformat())
    midnight = dt.time()
    if low.time() == high.time() == midnight and low != high and not may_order:
        return Dates(low.date().isoformat(), high.date().isoformat())
    first = low.replace(microsecond=0) + dt.timedelta(seconds=1 if low.microsecond else 0)
    last = high.replace(microsecond=0)
    if first >= last:  # times are made of whole seconds
        return Constant(low)
    ends = [end.replace(tzinfo=None).isoformat(" ") for end in (first, last)]
    return Timeline(*ends) if may_order else Times(*ends)


def _key(low: int, high: int, rows: int | None, *, is_key: bool) -> Generator:
    """Whole numbers of which no two are the same, unless there are too few of them."""
    room = high - low + 1
    if rows is not None and room < rows and not is_key:
        return Integers(low, high) if low < high else Constant(low)
    if low < 0 or (rows is not None and high <= _MOST and rows * _ROOM <= room <= _WIDEST):
        return Integers(low, high).unique()
    return Key("{}", start=low)


def _numbers(one: ColumnStatistics, column: ColumnName, type_: pa.DataType) -> Generator:
    low, high = one.low, one.high
    if identifies_people(column) and low >= 0 and high >= 10**FEWEST_DIGITS:
        # The ends are somebody's: as many digits are enough.
        low, high = 10 ** (len(str(int(low))) - 1), 10 ** len(str(int(high))) - 1
        if pa.types.is_integer(type_):
            high = min(high, 2 ** (type_.bit_width - 1) - 1)
    if low == high:
        return Constant(low)
    is_whole = pa.types.is_integer(type_) or (pa.types.is_decimal(type_) and type_.scale == 0)
    if is_whole and low >= -_MOST and high <= _MOST:
        return Integers(int(low), int(high))
    if pa.types.is_decimal(type_):
        end = math.nextafter(10.0 ** (type_.precision - type_.scale), 0)
        return Uniform(max(float(low), -end), min(float(high), end)).round(type_.scale)
    if pa.types.is_float32(type_):
        low, high = (float(f"{end:.7g}") for end in (low, high))
    made = Uniform(float(low) + 0.0, float(high) + 0.0)  # Parquet writes the least zero as -0.0
    digits = max(_digits(end) for end in (float(low), float(high)))
    # Of two ends that have no fraction nothing follows: shares lie between 0 and 1.
    return made.round(digits) if 0 < digits <= _MOST_DIGITS else made


def _digits(number: float) -> int:
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


__all__ = ["as_measured"]
