"""A column of numbers or truths: keys, counts, shares of values, laws, and the range that they stay in."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.expressions.operators import Operation
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.modifiers import Rounded
from pytest_synthdata.columns.generators.numbers.distributions import Exponential, LogNormal, Normal, Poisson, Uniform
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.columns.generators.numbers.whole import Boolean, Integers
from pytest_synthdata.infer.times.written_times import days_as_numbers
from pytest_synthdata.infer.values.distinct import all_differ
from pytest_synthdata.infer.values.fitting import (
    MOST_CATEGORIES,
    SHORT,
    Numbers,
    Resolution,
    fit,
    is_list,
    resolution_of,
    rounded_shares,
)
from pytest_synthdata.infer.values.meanings import NUMBERS, ColumnName, is_identifier, points_elsewhere
from pytest_synthdata.infer.values.personal import personal_number
from pytest_synthdata.infer.values.quantile_fit import outward, plain, quantiles_of, tolerance_for
from pytest_synthdata.infer.values.unique import drawn_once, key_of_numbers

_FEWEST_KEYS = 3
_LARGE = 2.0**63
_EXACT = 1e12  # up to here a decimal's last digit is a number of its own
_WIDE = 1e6  # what goes to here holds all that names suggest
_SURELY = 3  # pairs that would be alike by chance, if numbers differed by chance only
_ROOM = 10  # numbers for each row, at least, that unique ones are taken from
_FEWEST_MULTIPLES = 30
_FINE = 10_000  # parts of the range that ends are rounded to


def truth(values: pa.Array | None) -> Generator:
    """The generator of a column of booleans."""
    if values is None or not len(values):
        return Boolean(0.5)
    true = int(pc.sum(values.cast(pa.int64())).as_py())
    if true in (0, len(values)):
        return Constant(true > 0)
    return Boolean(rounded_shares([true, len(values) - true], len(values))[0])


def number(column: ColumnName, type_: pa.DataType, values: pa.Array | None, *, is_first: bool) -> Generator:
    """The generator of a column of numbers.

    Args:
        column: its name.
        type_: its type.
        values: its values without nulls; None or none where only the schema is known.
        is_first: whether it is the table's first column.
    """
    if values is None or not len(values):
        return _within(_by_name(column, type_, is_first=is_first), type_)
    if (found := personal_number(column, values)) is not None:
        return found
    if pa.types.is_integer(type_):
        if _is_key(column, values, is_first=is_first):
            keys = to_numpy(values.cast(pa.int64())).astype(np.int64)
            return key_of_numbers(keys) or drawn_once(keys)
        if (days := days_as_numbers(values)) is not None:
            return days
    numbers = to_numpy(values).astype(np.float64)
    resolution = lattice_for(type_, numbers)
    numbers = np.clip(numbers, resolution.least, resolution.most)
    if resolution.digits == 0 and _is_unique_by_design(numbers):
        return Integers(int(numbers.min()), int(numbers.max())).unique()
    return law(numbers, resolution)


def _is_unique_by_design(numbers: Numbers) -> bool:
    """Whether so many whole numbers of one range, each as likely as any other, would hardly all differ by chance."""
    low, high, count = numbers.min(), numbers.max(), len(numbers)
    room = high - low + 1
    if room > 1e15 or count**2 < _SURELY * 2 * room or count * _ROOM > room:  # noqa: PLR2004
        return False
    ordered = np.sort(numbers)
    if not (np.diff(ordered) > 0).all():
        return False
    off = np.abs((ordered - low) / (high - low) - np.arange(count) / (count - 1)).max()
    return bool(off < 1 / count**0.5)


def span(type_: pa.DataType, values: pa.Array | None) -> Generator:
    """The generator of times of day and of durations: numbers of their unit."""
    if values is None or not len(values):
        unit = 10 ** (3 * ("s", "ms", "us", "ns").index(type_.unit))
        numbers_of = Integers(0, 86_399)  # seconds of a day
        return numbers_of if unit == 1 else numbers_of * unit
    width = pa.int32() if pa.types.is_time32(type_) else pa.int64()
    numbers = to_numpy(values.cast(width)).astype(np.float64)
    return law(numbers, Resolution(0)).cast(width)


def lattice_for(type_: pa.DataType, numbers: Numbers) -> Resolution:
    """What the values of a type are multiples of, and between what they are."""
    least, most = _limits(type_)
    if pa.types.is_integer(type_):
        return Resolution(0, least, most)
    if pa.types.is_float32(type_):  # 0.1 is not a multiple of 0.1 there
        numbers = np.array([float(f"{one:.7g}") for one in numbers.tolist()])
    return replace(resolution_of(numbers), least=least, most=most)


def _limits(type_: pa.DataType) -> tuple[float, float]:
    """The least and the greatest number that a type can hold; infinite where none will come near them."""
    if pa.types.is_integer(type_):
        bounds = np.iinfo(str(type_))
        is_exact = type_.bit_width < 64  # noqa: PLR2004
        return int(bounds.min), int(bounds.max) if is_exact else math.nextafter(float(bounds.max), 0)
    if pa.types.is_floating(type_):
        most = float(np.finfo(to_numpy(pa.array([], type_)).dtype).max)
        return -most, most
    if pa.types.is_decimal(type_):
        end = 10.0 ** (type_.precision - type_.scale)
        most = round(end - 10.0**-type_.scale, type_.scale) if end < _EXACT else end
        most = min(most, math.nextafter(end, 0))
        return -most, most
    return -math.inf, math.inf


def _is_key(column: ColumnName, values: pa.Array, *, is_first: bool) -> bool:
    least, greatest = pc.min(values).as_py(), pc.max(values).as_py()
    if len(values) < _FEWEST_KEYS or least < 0 or not all_differ(values):
        return False
    is_dense = greatest - least + 1 == len(values)
    return (
        is_dense
        or _is_regular(values)
        or is_identifier(column.name, column.table)
        or (is_first and points_elsewhere(column.name))
    )


def _is_regular(values: pa.Array) -> bool:
    """Whether each row's number is as much greater than the one before, whatever the column is called."""
    if len(values) < _FEWEST_MULTIPLES:
        return False
    numbers = to_numpy(values.cast(pa.int64(), safe=False)).astype(np.int64)
    steps = np.diff(numbers)
    return bool(steps[0] > 0 and (steps == steps[0]).all())


def law(numbers: Numbers, resolution: Resolution, tolerance: float = 0.012, most: int = MOST_CATEGORIES) -> Generator:
    """The best distribution of some numbers, within their range and rounded as they are.

    Args:
        numbers: at least one.
        resolution: what they are multiples of.
        tolerance: how far the shares of quantiles may be off.
        most: how many values may be listed, where there are more than a few.
    """
    unit = _multiple(numbers, resolution)
    if unit is not None:
        made = law(numbers / unit, resolution, tolerance, most)
        if isinstance(made, Rounded) and isinstance(made.generator, Quantiles):
            listed = quantiles_of(numbers, float(unit), tolerance_for(len(numbers), tolerance))
            return Quantiles(listed, unit).round()
        return made * unit

    def names(distinct: Numbers) -> list[float]:
        is_whole = resolution.digits == 0 and max(-distinct[0], distinct[-1]) < _LARGE
        return [int(one) for one in distinct] if is_whole else distinct.tolist()

    generator = fit(numbers, resolution, names, tolerance, most)
    if isinstance(generator, Poisson):
        return generator.clip(None, _plain(min(float(numbers.max()), resolution.most)))
    if isinstance(generator, (Constant, Categorical)):
        return generator
    if isinstance(generator, Uniform) and resolution.digits == 0:
        return Integers(int(generator.low), int(generator.high))
    if isinstance(generator, Quantiles):
        ends = resolution.least, resolution.most
        points = dict(generator.listed())
        generator = Quantiles({share: _within_ends(point, ends) for share, point in points.items()})
    if isinstance(generator, (Normal, LogNormal, Exponential, Operation)):
        low, high = _ends(numbers, resolution)
        generator = generator.clip(max(low, resolution.least), min(high, resolution.most))
    return generator if resolution.digits is None else generator.round(resolution.digits)


def _plain(value: float) -> float:
    return int(value) if float(value).is_integer() else value


def _within_ends(point: Any, ends: tuple[float, float]) -> Any:
    if isinstance(point, tuple):
        return tuple(_within_ends(one, ends) for one in point)
    return min(max(point, ends[0]), ends[1])


def _multiple(numbers: Numbers, resolution: Resolution) -> int | None:
    """What whole numbers are all multiples of, such as 5 or 100; None for 1."""
    if resolution.digits != 0 or float(np.abs(numbers).max()) >= _EXACT:
        return None
    whole = numbers.astype(np.int64)
    if is_list(distinct(numbers[:10_000]), len(numbers), resolution) and len(distinct(numbers)) <= SHORT:
        return None
    unit = int(np.gcd.reduce(whole))
    return unit if unit > 1 and len(numbers) >= _FEWEST_MULTIPLES and len(distinct(whole)) > SHORT else None


def _ends(numbers: Numbers, resolution: Resolution) -> tuple[float, float]:
    """The least and the greatest number; of those that are not rounded, with digits by their spread, moved outward."""
    low, high = float(numbers.min()), float(numbers.max())
    unit = (high - low) / _FINE if math.isfinite(high - low) else 0.0
    if resolution.digits is not None or not unit > 0:
        return plain(low, resolution.step or 0), plain(high, resolution.step or 0)
    return outward(low, unit, -1), outward(high, unit, 1)


def _within(generator: Generator, type_: pa.DataType) -> Generator:
    """A generator by name that does not leave a narrow type."""
    most = float(_limits(type_)[1])
    is_narrow = most < _WIDE and not isinstance(generator, (Key, Uniform, Categorical))
    return generator.clip(None, int(most) if most.is_integer() else most) if is_narrow else generator


def _by_name(column: ColumnName, type_: pa.DataType, *, is_first: bool) -> Generator:
    if pa.types.is_integer(type_):
        if is_identifier(column.name, column.table) or (is_first and points_elsewhere(column.name)):
            return Key("{}", start=1)
        if points_elsewhere(column.name):
            return Uniform(1, 1_000 if type_.bit_width > 8 else 100)  # noqa: PLR2004
    found = column.find(NUMBERS)
    if found is not None:
        return found
    return Poisson(10) if pa.types.is_integer(type_) else LogNormal(3, 1).round(2)


__all__ = ["lattice_for", "law", "number", "span", "truth"]
