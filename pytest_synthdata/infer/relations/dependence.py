"""What a column depends on: another column whose values tell its law, by the same criterion that laws are chosen by."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import Rounded
from pytest_synthdata.columns.generators.numbers.whole import Boolean
from pytest_synthdata.infer.values.fitting import Resolution, rounded_shares
from pytest_synthdata.infer.values.numbers import law

MOST_CASES = 12
_FEWEST_ROWS = 30  # of a case
_LOOKED_AT = 50_000  # rows, about, when dependences are looked for
_CLEAR = 20.0  # by how much the criterion must get better
_LEAST_DISTANCE = 0.06  # of the shares in a case from those in all rows: less is not worth a case
_BINS = 8  # of as many numbers each, in which cases are compared
_COARSE = 0.025  # how far the quantiles of a case may be off


@dataclass(frozen=True)
class Predictor:
    """A column that others may depend on.

    Args:
        name: as the depending column calls it.
        categories: its values.
        codes: for each row the position of its value.
    """

    name: str
    categories: tuple[Any, ...]
    codes: npt.NDArray[np.int64]

    @property
    def is_nominal(self) -> bool:
        """Whether its values have no order."""
        return isinstance(self.categories[0], (str, bool))


def decider(name: str, values: pa.Array) -> Predictor | None:
    """A column as one that others may depend on, if it has few values and no nulls."""
    if values.null_count or not len(values) or pa.types.is_uint64(values.type):  # whose greatest Python ints are none
        return None
    coded = _coded(values)
    if not 1 < len(coded.dictionary) <= MOST_CASES:
        return None
    return Predictor(name, tuple(coded.dictionary.to_pylist()), to_numpy(coded.indices).astype(np.int64))


Rows = npt.NDArray[np.intp]


def given(values: pa.Array, resolution: Resolution | None, deciders: Sequence[Predictor]) -> Generator | None:
    """A column as one that depends on another; None where none tells anything about it.

    Args:
        values: the column, without nulls.
        resolution: what its numbers are multiples of; None for texts and truths, of which there are few different ones.
        deciders: what it may depend on.
    """
    codes, make = _numbers(values, resolution) if resolution is not None else _categories(values)
    best: tuple[float, Predictor, list[list[int]]] | None = None
    looked_at = np.arange(0, len(values), max(1, len(values) // _LOOKED_AT))
    rate = _rating(codes)
    alone = rate(looked_at)
    for one in deciders:
        decided = one.codes[looked_at]
        rows = [looked_at[decided == code] for code in range(len(one.categories))]
        if min(map(len, rows)) < _FEWEST_ROWS or _distance(codes[looked_at], decided) < _LEAST_DISTANCE:
            continue
        groups, criterion = _merged(rows, rate)
        if len(groups) > 1 and criterion < (alone - _CLEAR if best is None else best[0]):
            best = criterion, one, groups
    if best is None:
        return None
    _, one, groups = best
    groups.sort(key=len)
    laws = [make(np.flatnonzero(np.isin(one.codes, group))) for group in groups]
    digits = resolution.digits if resolution is not None else None
    is_rounded = digits is not None and any(isinstance(branch, Rounded) for branch in laws)
    laws = [branch.generator if is_rounded and isinstance(branch, Rounded) else branch for branch in laws]
    plain = [branch.value if isinstance(branch, Constant) else branch for branch in laws]
    listed = groups if len(groups[-1]) == 1 else groups[:-1]
    cases = {one.categories[code]: plain[number] for number, group in enumerate(listed) for code in sorted(group)}
    made = Given(one.name, cases) if listed is groups else Given(one.name, cases, default=plain[-1])
    return made.round(digits) if is_rounded and digits is not None else made


def _rating(codes: npt.NDArray[np.int64]) -> Callable[[Rows], float]:
    """How well rows are described by the shares of their codes: the Bayesian information criterion."""

    def rate(rows: Rows) -> float:
        counts = np.bincount(codes[rows])
        seen = counts[counts > 0]
        return (len(seen) - 1) * math.log(len(rows)) - 2 * float((seen * np.log(seen / len(rows))).sum())

    return rate


def _distance(codes: npt.NDArray[np.int64], decided: npt.NDArray[np.int64]) -> float:
    """How far the shares of a case are from those of all rows, on average: the total variation."""
    table = np.zeros((int(decided.max()) + 1, int(codes.max()) + 1))
    np.add.at(table, (decided, codes), 1)
    of_cases = table.sum(axis=1, keepdims=True)
    return float(np.abs(table - of_cases * table.sum(axis=0) / table.sum()).sum() / 2 / table.sum())


def _merged(rows: list[Rows], rate: Callable[[Rows], float]) -> tuple[list[list[int]], float]:
    """The cases, those together that are better described by one law."""
    groups = [[number] for number in range(len(rows))]
    rated: dict[tuple[int, ...], float] = {(number,): rate(rows[number]) for number in range(len(rows))}

    def rating(group: list[int]) -> float:
        key = tuple(sorted(group))
        if key not in rated:
            rated[key] = rate(np.concatenate([rows[number] for number in key]))
        return rated[key]

    while len(groups) > 1:
        gains = {
            (a, b): rating(groups[a]) + rating(groups[b]) - rating(groups[a] + groups[b])
            for a, b in itertools.combinations(range(len(groups)), 2)
        }
        (a, b), gain = max(gains.items(), key=lambda item: item[1])
        if gain <= 0:
            break
        groups[a] += groups.pop(b)
    return groups, math.fsum(rating(group) for group in groups)


def _numbers(values: pa.Array, resolution: Resolution) -> tuple[npt.NDArray[np.int64], Callable[[Rows], Generator]]:
    numbers = to_numpy(values).astype(np.float64)
    edges = np.unique(np.quantile(numbers, np.arange(1, _BINS) / _BINS))
    return np.searchsorted(edges, numbers), lambda rows: law(numbers[rows], resolution, _COARSE)


def _categories(values: pa.Array) -> tuple[npt.NDArray[np.int64], Callable[[Rows], Generator]]:
    coded = _coded(values)
    codes, names = to_numpy(coded.indices).astype(np.int64), coded.dictionary.to_pylist()

    def make(rows: Rows) -> Generator:
        counts = np.bincount(codes[rows], minlength=len(names))
        seen = np.flatnonzero(counts)
        if len(seen) == 1:
            return Constant(names[seen[0]])
        found = dict(zip([names[code] for code in seen], rounded_shares(counts[seen], len(rows)), strict=True))
        if isinstance(names[0], bool):
            return Boolean(found[True])
        return Categorical(dict(sorted(found.items(), key=lambda item: -item[1])))

    return codes, make


def weights(picks: npt.NDArray[np.int64], parents: Sequence[Predictor]) -> Given | None:
    """How much more often the parents of one kind are referred to than those of another.

    Args:
        picks: the parent's row of each child.
        parents: columns of the parents.
    """
    best: tuple[float, Given] | None = None
    for one in parents:
        children = np.bincount(picks, minlength=len(one.codes))
        many = np.bincount(one.codes)
        seen = np.bincount(one.codes, weights=children)
        if many.min() < _FEWEST_ROWS or not seen.all():
            continue
        rates = seen / many
        # Children of one parent may come in crowds: what they vary beyond chance is not evidence.
        crowding = max(1.0, float(((children - rates[one.codes]) ** 2 / rates[one.codes]).mean()))
        expected = many / many.sum() * seen.sum()
        gain = 2 * float((seen * np.log(seen / expected)).sum()) / crowding - (len(many) - 1) * math.log(len(picks))
        if gain > (_CLEAR if best is None else best[0]):
            best = gain, Given(one.name, dict(zip(one.categories, _ratios(rates), strict=True)))
    return None if best is None else best[1]


def _ratios(rates: npt.NDArray[np.float64]) -> Iterator[float]:
    for rate in (rates / rates.min()).tolist():
        ratio = float(f"{rate:.2g}")
        yield int(ratio) if ratio.is_integer() else ratio


def _coded(values: pa.Array) -> pa.DictionaryArray:
    if pa.types.is_float16(values.type):  # which PyArrow before 26 cannot encode
        values = values.cast(pa.float32())
    return values.dictionary_encode()


__all__ = ["Predictor", "decider", "given", "weights"]
