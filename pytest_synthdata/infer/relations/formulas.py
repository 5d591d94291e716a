"""Columns of numbers that are computed from others of their row: sums, products, multiples, parts of their digits."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.kinds import is_number
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.infer.naming import words
from pytest_synthdata.infer.values.fitting import Resolution
from pytest_synthdata.infer.values.numbers import lattice_for

Floats = npt.NDArray[np.float64]

FEWEST = 20  # rows in which a relation is believed
FIRST = 200  # rows in which each relation is looked for, before all rows are looked at
ALL = 0.999  # of the rows follow a formula
_MOST_COLUMNS = 30
_DISTINCT = 6  # values of a column, at least, for a formula to mean something
_TERMS = 8
_GLANCED = 12  # rows in which all pairs are tried at once
_FINE = 0.02  # of a column's spread, up to which its grid may hide what rounding did
_DIVISORS = (10, 60, 100, 1_000, 10_000)
_TOTALS = {
    "total",
    "sum",
    "gross",
    "net",
    "amount",
    "overall",
    "subtotal",
    "all",
    "balance",
    "duration",
    "delta",
    "diff",
}


@dataclass(frozen=True)
class Computed:
    """A column that follows from others.

    Args:
        generator: what it is computed by, of the attributes of the others; not yet in its type.
        reads: the columns that it is computed from.
    """

    generator: Generator
    reads: frozenset[str]


@dataclass(frozen=True)
class _Numbers:
    name: str
    values: Floats  # NaN where null
    resolution: Resolution

    @property
    def slack(self) -> Floats:
        """How far a formula may be off in each row: what rounding does, and the last digits of floats."""
        with np.errstate(all="ignore"):
            spread = float(np.nanstd(self.values))
        step = self.resolution.step or 0.0
        # A coarse grid holds the roundings of much that it has nothing to do with.
        half = step / 2 if step <= _FINE * spread else 0.0
        return half * 1.001 + np.abs(self.values) * 1e-9 + 1e-12


def formulas(columns: Mapping[str, tuple[pa.DataType, pa.Array]], attributes: Mapping[str, str]) -> dict[str, Computed]:
    """Columns of numbers that are sums, differences, products, quotients or multiples of others, exactly.

    Args:
        columns: their types and values, by name.
        attributes: what the columns are called in expressions.
    """
    numbers = [one for name, (type_, array) in columns.items() if (one := _numbers(name, type_, array)) is not None]
    numbers = numbers[:_MOST_COLUMNS]
    found: dict[str, Computed] = {}
    needed: dict[str, set[str]] = {}
    order = sorted(range(len(numbers)), key=lambda n: (not set(words(numbers[n].name)) & _TOTALS, -n))
    # A total is made from its parts rather than a part from its total: differences would add up what is by chance.
    for only_sums, number in itertools.product((True, False), order):
        target = numbers[number]
        if target.name in found:
            continue
        terms = [one for one in numbers if one is not target and target.name not in needed.get(one.name, ())]
        if len(distinct(target.values[np.isfinite(target.values)])) < _DISTINCT:
            terms = [one for one in terms if np.array_equal(one.values, target.values, equal_nan=True)][:1]
        made = _formula(target, terms, attributes, only_sums=only_sums)
        if made is None:
            continue
        found[target.name] = made
        needed[target.name] = set(made.reads).union(*(needed.get(one, set()) for one in made.reads))
    return found


def _numbers(name: str, type_: pa.DataType, array: pa.Array) -> _Numbers | None:
    if not is_number(type_):
        return None
    values = to_numpy(array.cast(pa.float64(), safe=False).fill_null(np.nan)).astype(np.float64)
    finite = values[np.isfinite(values)]
    if len(finite) < FEWEST or finite.min() == finite.max():
        return None
    return _Numbers(name, np.where(np.isfinite(values), values, np.nan), lattice_for(type_, finite))


def _formula(
    target: _Numbers, terms: Sequence[_Numbers], attributes: Mapping[str, str], *, only_sums: bool
) -> Computed | None:
    valid = np.isfinite(target.values)
    first = np.flatnonzero(valid)
    if len(first) > FIRST:
        first = first[np.linspace(0, len(first) - 1, FIRST).astype(int)]
    wanted, slack = target.values[first], target.slack[first]

    def holds(values: Floats) -> bool:
        """Whether a formula gives the column in all rows, and nothing where there is nothing."""
        off = np.abs(values - target.values) <= target.slack
        return bool((np.isfinite(values) == valid).mean() >= ALL and off[valid].mean() >= ALL)

    names = {one.name: col(attributes[one.name]) for one in terms}
    with np.errstate(all="ignore"):
        for values, all_values, expression, reads in _of_few(terms, names, first, wanted, slack, only_sums=only_sums):
            if (np.abs(values - wanted) <= slack).all() and holds(all_values()):
                return Computed(expression(), frozenset(reads))
        return _sum_of_many(target, terms, names, first, holds, only_sums=only_sums)


def _of_few(
    terms: Sequence[_Numbers],
    names: Mapping[str, Any],
    first: npt.NDArray[np.intp],
    wanted: Floats,
    slack: Floats,
    *,
    only_sums: bool,
) -> Iterator[tuple[Floats, Callable[[], Floats], Callable[[], Any], list[str]]]:
    """Formulas of one column or two: what they give in the first rows, in all, how they are written, what they read."""
    for one in terms:
        factor = _factor(one.values[first], wanted)
        if factor is not None:
            few, all_rows = one.values[first] * factor, partial(np.multiply, one.values, factor)
            yield few, all_rows, partial(_times, names[one.name], factor), [one.name]
    for one in terms if not only_sums else ():
        few = one.values[first]
        if one.resolution.digits == 0 and np.isfinite(few).all() and few.min() >= 0:
            for place, (values, expression) in enumerate(_parts_of_digits(few, names[one.name])):
                again = partial(_parts_of_digits, one.values, names[one.name])
                yield values, partial(_nth, again, place), partial(_same, expression), [one.name]
    if len(terms) < 2:  # noqa: PLR2004
        return
    few = np.stack([one.values[first[:_GLANCED]] for one in terms])
    left, right = np.triu_indices(len(terms), 1)
    glanced = _of_two(few[left], few[right], None, None, only_sums=only_sums)
    for place, (guessed, _) in enumerate(glanced):
        close = (np.abs(guessed - wanted[:_GLANCED]) <= slack[:_GLANCED]).all(axis=1)
        for pair in np.flatnonzero(close).tolist():
            one, other = terms[left[pair]], terms[right[pair]]
            again = partial(_of_two, one.values, other.values, names[one.name], names[other.name], only_sums=only_sums)
            make = next(itertools.islice(again(), place, None))[1]
            whole = partial(_nth, again, place)
            yield whole()[first], whole, make, [one.name, other.name]


def _times(name: Any, factor: float) -> Any:
    return name if factor == 1 else name * _short(factor)


def _same(expression: Any) -> Any:
    return expression


def _nth(found: Callable[[], Iterator[tuple[Floats, Any]]], place: int) -> Floats:
    return next(itertools.islice(found(), place, None))[0]


def _parts_of_digits(values: Floats, name: Any) -> Iterator[tuple[Floats, Any]]:
    """The first digits and the last of whole numbers, such as the hour and the minute of 1745."""
    for divisor in _DIVISORS:
        yield np.floor(values / divisor), name // divisor
        yield values % divisor, name % divisor


def _factor(values: Floats, wanted: Floats) -> float | None:
    """What one column may be multiplied by to give another; None where no number can be meant."""
    usable = np.abs(values) > 0
    if not usable.any() or not np.isfinite(values).all():
        return None
    largest = int(np.abs(values).argmax())
    ratio = float(wanted[largest] / values[largest])
    factor = float(f"{ratio:.6g}")
    if factor == 0 or (factor != 1 and len(distinct(values)) < _DISTINCT):
        return None
    return factor


def _short(value: float) -> float:
    return int(value) if float(value).is_integer() else value


def _of_two(x: Floats, y: Floats, a: Any, b: Any, *, only_sums: bool) -> Iterator[tuple[Floats, Callable[[], Any]]]:
    """What two columns may give, and how it is written."""
    yield x + y, lambda: a + b
    yield x * y, lambda: a * b
    yield x * 100 + y, lambda: a * 100 + b  # hours and minutes
    yield y * 100 + x, lambda: b * 100 + a
    if only_sums:
        return
    yield x - y, lambda: a - b
    yield y - x, lambda: b - a
    yield x / y, lambda: a / b
    yield y / x, lambda: b / a
    yield x / y * 100, lambda: a / b * 100
    yield y / x * 100, lambda: b / a * 100
    yield x * (1 - y), lambda: a * (1 - b)
    yield x * (1 + y), lambda: a * (1 + b)
    yield y * (1 - x), lambda: b * (1 - a)
    yield y * (1 + x), lambda: b * (1 + a)


def _sum_of_many(
    target: _Numbers,
    terms: Sequence[_Numbers],
    names: Mapping[str, Any],
    first: npt.NDArray[np.intp],
    holds: Any,
    *,
    only_sums: bool,
) -> Computed | None:
    """A sum of some of the columns, some of them with a minus."""
    usable = [one for one in terms if np.isfinite(one.values[first]).all()]
    if len(usable) < 3 or len(first) < 3 * len(usable):  # noqa: PLR2004
        return None
    matrix = np.stack([one.values[first] for one in usable], axis=1)
    scale = np.abs(matrix).max(axis=0)
    scale[scale == 0] = 1
    weights = np.linalg.lstsq(matrix / scale, target.values[first], rcond=1e-10)[0] / scale
    signs = np.rint(weights)
    chosen = [(one, int(sign)) for one, sign in zip(usable, signs.tolist(), strict=True) if sign in (1, -1)]
    if not 2 <= len(chosen) <= _TERMS or not any(sign == 1 for _, sign in chosen):  # noqa: PLR2004
        return None
    if only_sums and any(sign == -1 for _, sign in chosen):
        return None
    values = np.sum([one.values * sign for one, sign in chosen], axis=0)
    if not holds(values):
        return None
    chosen.sort(key=lambda pair: -pair[1])
    expression = names[chosen[0][0].name]
    for one, sign in chosen[1:]:
        expression = expression + names[one.name] if sign == 1 else expression - names[one.name]
    return Computed(expression, frozenset(one.name for one, _ in chosen))


__all__ = ["ALL", "FEWEST", "FIRST", "Computed", "Floats", "formulas"]
