"""Relations between the columns of a row: sums and products, dates that follow dates, hierarchies, missing together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.operators import Call, col
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.infer.fitting import Resolution
from pytest_synthdata.infer.naming import words
from pytest_synthdata.infer.numbers import lattice_for, law

Floats = npt.NDArray[np.float64]

_FEWEST = 20  # rows in which a relation is believed
_FIRST = 200  # rows in which each relation is looked for, before all rows are looked at
_MOST_COLUMNS = 30
_DISTINCT = 6  # values of a column, at least, for a formula to mean something
_ALL = 0.999  # of the rows follow a formula
_TERMS = 8
_FEWEST_FINE = 3  # values that each belong to one of another column
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
_NARROW = 0.5  # of the spread of dates: what follows them at a smaller distance belongs to them
_MICROS_A_DAY = 86_400_000_000


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
        half = 0.0 if self.resolution.step is None else self.resolution.step / 2
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
        if target.name in found or len(np.unique(target.values[np.isfinite(target.values)])) < _DISTINCT:
            continue
        terms = [one for one in numbers if one is not target and target.name not in needed.get(one.name, ())]
        made = _formula(target, terms, attributes, only_sums=only_sums)
        if made is None:
            continue
        found[target.name] = made
        needed[target.name] = set(made.reads).union(*(needed.get(one, set()) for one in made.reads))
    return found


def _numbers(name: str, type_: pa.DataType, array: pa.Array) -> _Numbers | None:
    test = pa.types
    if not (test.is_integer(type_) or test.is_floating(type_) or test.is_decimal(type_)):
        return None
    values = to_numpy(array.cast(pa.float64(), safe=False).fill_null(np.nan)).astype(np.float64)
    finite = values[np.isfinite(values)]
    if len(finite) < _FEWEST or finite.min() == finite.max():
        return None
    return _Numbers(name, values, lattice_for(type_, finite))


def _formula(
    target: _Numbers, terms: Sequence[_Numbers], attributes: Mapping[str, str], *, only_sums: bool
) -> Computed | None:
    valid = np.isfinite(target.values)
    first = np.flatnonzero(valid)
    if len(first) > _FIRST:
        first = first[np.linspace(0, len(first) - 1, _FIRST).astype(int)]
    wanted, slack = target.values[first], target.slack[first]

    def holds(values: Floats) -> bool:
        """Whether a formula gives the column in all rows, and nothing where there is nothing."""
        off = np.abs(values - target.values) <= target.slack
        return bool((np.isfinite(values) == valid).mean() >= _ALL and off[valid].mean() >= _ALL)

    names = {one.name: col(attributes[one.name]) for one in terms}
    with np.errstate(all="ignore"):
        for one in terms:
            factor = _factor(one.values[first], wanted, slack)
            if factor is not None and holds(one.values * factor):
                expression = names[one.name] if factor == 1 else names[one.name] * _short(factor)
                return Computed(expression, frozenset([one.name]))
        for a, b in itertools.combinations(terms, 2):
            for values, make in _of_two(a, b, only_sums=only_sums):
                if (np.abs(values[first] - wanted) <= slack).all() and holds(values):
                    return Computed(make(names), frozenset([a.name, b.name]))
        return _sum_of_many(target, terms, names, first, holds, only_sums=only_sums)


def _factor(values: Floats, wanted: Floats, slack: Floats) -> float | None:
    """What one column is multiplied by to give another; None where no number does."""
    usable = np.abs(values) > 0
    if not usable.any() or not np.isfinite(values).all():
        return None
    largest = int(np.abs(values).argmax())
    ratio = float(wanted[largest] / values[largest])
    factor = float(f"{ratio:.6g}")
    if factor == 0 or len(np.unique(values)) < _DISTINCT:
        return None
    return factor if (np.abs(values * factor - wanted) <= slack).all() else None


def _short(value: float) -> float:
    return int(value) if float(value).is_integer() else value


def _of_two(a: _Numbers, b: _Numbers, *, only_sums: bool) -> Iterator[tuple[Floats, Any]]:
    x, y = a.values, b.values
    yield x + y, lambda names: names[a.name] + names[b.name]
    yield x * y, lambda names: names[a.name] * names[b.name]
    if only_sums:
        return
    yield x - y, lambda names: names[a.name] - names[b.name]
    yield y - x, lambda names: names[b.name] - names[a.name]
    yield x / y, lambda names: names[a.name] / names[b.name]
    yield y / x, lambda names: names[b.name] / names[a.name]
    yield x / y * 100, lambda names: names[a.name] / names[b.name] * 100
    yield y / x * 100, lambda names: names[b.name] / names[a.name] * 100
    yield x * (1 - y), lambda names: names[a.name] * (1 - names[b.name])
    yield x * (1 + y), lambda names: names[a.name] * (1 + names[b.name])
    yield y * (1 - x), lambda names: names[b.name] * (1 - names[a.name])
    yield y * (1 + x), lambda names: names[b.name] * (1 + names[a.name])


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


def following(
    columns: Mapping[str, tuple[pa.DataType, pa.Array]], attributes: Mapping[str, str]
) -> dict[str, Computed]:
    """Dates and times that never precede others of their row, as those plus what lies between.

    Args:
        columns: their types and values, by name.
        attributes: what the columns are called in expressions.
    """
    times = {
        name: (type_, _micros(array))
        for name, (type_, array) in columns.items()
        if (pa.types.is_date(type_) or pa.types.is_timestamp(type_)) and len(array) - array.null_count >= _FEWEST
    }
    order = sorted(times, key=lambda name: float(np.nanmean(times[name][1])))
    found: dict[str, Computed] = {}
    for number, after in enumerate(order):
        best: tuple[float, str] | None = None
        type_, later = times[after]
        for before in order[:number]:
            if times[before][0] != type_:
                continue
            distance = _distance(times[before][1], later)
            if distance is not None and (best is None or distance < best[0]):
                best = distance, before
        if best is not None:
            apart = later - times[best[1]][1]
            expression = _later(type_, attributes[best[1]], apart[np.isfinite(apart)])
            found[after] = Computed(expression, frozenset([best[1]]))
    return found


def _micros(array: pa.Array) -> Floats:
    micros = array.cast(pa.timestamp("us")).cast(pa.int64())
    return to_numpy(micros.cast(pa.float64(), safe=False).fill_null(np.nan)).astype(np.float64)


def _distance(earlier: Floats, later: Floats) -> float | None:
    """How far the times that follow others are from them; None where they do not, or whatever the others are."""
    both = np.isfinite(earlier) & np.isfinite(later)
    if both.sum() < max(_FEWEST, _ALL * np.isfinite(later).sum()):
        return None
    a, b = earlier[both], later[both]
    apart = b - a
    if apart.min() < 0 or a.max() <= b.min() or apart.min() == apart.max() == 0:
        return None
    typical = float(np.quantile(apart, 0.95) - np.quantile(apart, 0.05))
    spread = float(np.quantile(b, 0.95) - np.quantile(b, 0.05))
    return typical if typical <= _NARROW * spread else None


def _later(type_: pa.DataType, before: str, apart: Floats) -> Generator:
    if pa.types.is_date(type_):
        days = law(apart / _MICROS_A_DAY, Resolution(0))
        return Call("date_add", (col(before), days if isinstance(days, Constant) else days.cast("int")))
    for unit, micros in (("days", _MICROS_A_DAY), ("hours", 3.6e9), ("minutes", 6e7), ("seconds", 1e6)):
        if unit == "seconds" or not (apart % micros).any():
            numbers = apart / micros
            whole = not (numbers % 1).any()
            return col(before) + Call(unit, (law(numbers, Resolution(0 if whole else 3)),))
    raise AssertionError("seconds hold all times")


def hierarchies(columns: Mapping[str, pa.Array], most: int) -> dict[str, str]:
    """Columns of texts whose values each belong to one value of another column: the other, by name.

    Args:
        columns: columns of repeated values.
        most: how many different values a column may have.
    """
    coded = {name: array.dictionary_encode() for name, array in columns.items() if not array.null_count}
    sizes = {name: len(one.dictionary) for name, one in coded.items()}
    codes = {name: to_numpy(one.indices).astype(np.int64) for name, one in coded.items()}
    found: dict[str, str] = {}
    needed: dict[str, set[str]] = {}
    for fine in sorted(sizes, key=lambda name: -sizes[name]):
        if not _FEWEST_FINE <= sizes[fine] <= most:
            continue
        # The finest of those that it belongs to, so that a city is in a state, and the state in a country.
        for coarse in sorted((one for one in sizes if one != fine), key=lambda name: -sizes[name]):
            if not 1 < sizes[coarse] <= sizes[fine] or fine in needed.get(coarse, ()) or coarse == fine:
                continue
            pairs = codes[fine] * sizes[coarse] + codes[coarse]
            if len(np.unique(pairs)) == sizes[fine]:
                found[fine] = coarse
                needed[fine] = {coarse, *needed.get(coarse, ())}
                for other, needs in needed.items():
                    if fine in needs:
                        needed[other] = needs | needed[fine]
                break
    return found


def missing_with(columns: Mapping[str, pa.Array], order: Sequence[str]) -> dict[str, str]:
    """Columns that are null wherever another one before them is, if that is most of their nulls: the other, by name.

    Args:
        columns: the table's.
        order: in which they are made.
    """
    masks = {name: to_numpy(columns[name].is_null()) for name in order if columns[name].null_count}
    found: dict[str, str] = {}
    for number, name in enumerate(order):
        if name not in masks or masks[name].all():
            continue
        mine = masks[name]
        best: tuple[int, str] | None = None
        for other in order[:number]:
            if other not in masks or masks[other].all():
                continue
            theirs = masks[other]
            count = int(theirs.sum())
            together = int((mine & theirs).sum())
            if together >= _ALL * count and count >= 0.3 * mine.sum() and (best is None or count > best[0]):
                best = count, other
        if best is not None and best[0] > _FEWEST / 4:
            found[name] = best[1]
    return found


__all__ = ["Computed", "following", "formulas", "hierarchies", "missing_with"]
