"""What a column depends on: other columns whose values tell its law, by the same criterion that laws are chosen by.

That a column goes along with another one is said in one number by their correlation. What is given by cases must
describe it better than that: the Bayesian information criterion of the cases is compared with the criterion of a
Gaussian copula. Where there are many values for few rows a criterion takes chance for evidence, so that cases must also
pass a test that holds there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.base import Constant, Generator, literal
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.modifiers import Rounded
from pytest_synthdata.columns.generators.numbers.whole import Boolean
from pytest_synthdata.infer.relations.copula import likelihood
from pytest_synthdata.infer.relations.deciders import Codes, Predictor, coded_values, in_order
from pytest_synthdata.infer.relations.significance import p_of_independence
from pytest_synthdata.infer.values.fitting import MOST_CATEGORIES, Resolution, rounded_shares
from pytest_synthdata.infer.values.numbers import law

_FEWEST_ROWS = 12  # of a case
_FEWEST_PARENTS = 8  # of a kind
_LOOKED_AT = 20_000  # rows, about, when dependences are looked for
_MEASURED = 100_000  # numbers whose quantiles are the edges of bins
_CLEAR = 10.0  # by how much the criterion must get better
_LEAST_GAIN = 0.05  # and for each row, of numbers twice as much: less is not worth a case
_PRICE = 0.03  # by how much for each row a group of cases must be better described alone
_BINS = 10  # of as many numbers each, in which cases are compared
_COARSE = 0.07  # how far the quantiles of a case may be off
_MOST_GROUPS = 4  # of cases with a law of their own each
_JOINED = 3  # columns of which each two are tried together
_MOST_JOINED = 24  # pairs of values
_FALSE = 0.002  # of columns that depend on nothing: how many may get cases by chance

Rows = npt.NDArray[np.intp]


def given(
    values: pa.Array,
    resolution: Resolution | None,
    deciders: Sequence[Predictor],
    *,
    order: Sequence[Any] = (),
    correlates: bool = False,
    is_list: bool = False,
) -> Generator | None:
    """A column as one that depends on others; None where none tells more about it than a correlation would.

    Args:
        values: the column, without nulls.
        resolution: what its numbers are multiples of; None for texts and truths, of which there are few different ones.
        deciders: what it may depend on.
        order: its texts, in the order in which they are correlated with other columns.
        correlates: whether it may be correlated with others.
        is_list: whether its numbers are codes, of which there are no others.
    """
    looked_at = rows_looked_at(len(values))
    if resolution is None:
        codes, make = _categories(values, order)
        few = codes[looked_at]
    else:
        few, make = _numbers(values, resolution, looked_at, is_list=is_list)
    found = cases(few, deciders, looked_at, correlates=correlates, joined=_JOINED)
    return None if found is None else _written(*found, make, resolution)


def rows_looked_at(count: int) -> Rows:
    """The rows of so many in which dependences are looked for."""
    return np.arange(0, count, max(1, count // _LOOKED_AT))


def cases(
    few: Codes, deciders: Sequence[Predictor], looked_at: Rows, *, correlates: bool = False, joined: int = 0
) -> tuple[Predictor, list[list[int]]] | None:
    """Which column tells most about another one, and its values in groups; None where none tells enough.

    Args:
        few: the other one's values in some rows, as codes.
        deciders: what it may depend on.
        looked_at: these rows.
        correlates: whether it may be correlated with others.
        joined: of how many columns each two are tried together.
    """
    alone = _criterion(np.bincount(few))
    found: list[tuple[float, Predictor, list[list[int]]]] = []
    for one in deciders:
        decided = one.codes[looked_at]
        least = likelihood(few, decided) if correlates and one.correlates else alone
        tried = _tried(one, decided, few)
        wanted = max(_CLEAR, _LEAST_GAIN * (2 if one.is_ordered else 1) * len(few))
        if tried is not None and least - tried[0] > wanted and _p_of(one, decided, few) * len(deciders) < _FALSE:
            found.append((tried[0], one, tried[1]))
    # Numbers may as well follow from the column as decide it: of them twice as much is asked.
    found.sort(key=lambda each: (each[0] - alone) * (1 if each[1].is_ordered else 2))
    # Two may decide together what neither decides alone.
    nominal = [one for _, one, _ in found] + [one for one in deciders if all(one is not other for _, other, _ in found)]
    nominal = [one for one in nominal if not one.is_ordered][:joined]
    for one, other in itertools.combinations(nominal, 2):
        if len(one.categories) * len(other.categories) <= _MOST_JOINED:
            both = one.beside(other)
            tried = _tried(both, both.codes[looked_at], few)
            least = found[0][0] if found else alone
            is_better = tried is not None and least - tried[0] > max(_CLEAR, _LEAST_GAIN * len(few))
            if tried is not None and is_better and _both_tell(one, other, looked_at, few):
                found.insert(0, (tried[0], both, tried[1]))
    return found[0][1:] if found else None


def _written(
    one: Predictor, groups: list[list[int]], make: Callable[[Rows], Generator], resolution: Resolution | None
) -> Generator:
    """The cases, each group's once: intervals of numbers, else values; the rest is the default."""
    groups = sorted(groups, key=min if one.is_ordered else lambda group: (-1 in group, len(group)))
    laws = [make(np.flatnonzero(np.isin(one.codes, group))) for group in groups]
    digits = resolution.digits if resolution is not None else None
    is_rounded = digits is not None and any(isinstance(branch, Rounded) for branch in laws)
    laws = [branch.generator if is_rounded and isinstance(branch, Rounded) else branch for branch in laws]
    made = _of_cases(one, groups, laws)
    return made.round(digits) if is_rounded and digits is not None else made


def _of_cases(one: Predictor, groups: list[list[int]], laws: list[Generator]) -> Generator:
    plain = [branch.value if isinstance(branch, Constant) else branch for branch in laws]
    if one.is_ordered and isinstance(one.name, str):
        if any(isinstance(category, (int, float)) for category in one.categories):
            return Given(one.name, bins=[one.categories[min(group)] for group in groups[1:]], then=plain)
        conditions = tuple(col(one.name) < one.categories[min(group)] for group in groups[1:])
        return When(conditions, tuple(map(literal, plain)))
    values = [[one.categories[code] for code in sorted(group) if code >= 0] for group in groups]
    if isinstance(one.name, str) and any(len(some) > 1 for some in values[:-1]):
        conditions = tuple(_is_one_of(one, some) for some in values[:-1])
        return When(conditions, tuple(map(literal, plain)))
    is_listed = isinstance(one.name, str) and len(groups[-1]) == 1 and groups[-1] != [-1] and not one.has_nulls
    is_listed &= sum(map(len, values)) == len(one.categories)  # those that no row has here, a parent may have
    listed = values if is_listed else values[:-1]
    cases = {case: plain[number] for number, some in enumerate(listed) for case in some}
    return Given(one.name, cases) if is_listed else Given(one.name, cases, default=plain[-1])


def _is_one_of(one: Predictor, some: list[Any]) -> Generator:
    column = col(str(one.name))
    if len(some) == len(one.categories):
        return column.is_not_null()
    return column == some[0] if len(some) == 1 else column.isin(some)


def _criterion(counts: Codes) -> float:
    """How well rows are described by the shares of their codes: the Bayesian information criterion."""
    seen, total = counts[counts > 0], int(counts.sum())
    return (len(seen) - 1) * math.log(total) - 2 * float((seen * np.log(seen / total)).sum())


def _tried(one: Predictor, decided: Codes, codes: Codes) -> tuple[float, list[list[int]]] | None:
    """The criterion of a column's cases, and which of them are described together; None where they are all one.

    Args:
        one: the column.
        decided: its values in some rows, as places among its categories.
        codes: those of the column that may depend on it.
    """
    groups, table = _table_of(one, decided, codes)
    if len(groups) < 2:  # noqa: PLR2004
        return None
    merged, criterion = _merged(table, only_neighbours=one.is_ordered)
    if len(merged) < 2:  # noqa: PLR2004
        return None
    return criterion, [[code for number in some for code in groups[number]] for some in merged]


def _table_of(one: Predictor, decided: Codes, codes: Codes) -> tuple[list[list[int]], Codes]:
    """A column's values, rare ones together, and how often each of these groups has each code."""
    counts = np.bincount(decided + 1)
    seen = [int(code) for code in np.flatnonzero(counts) - 1]
    if one.is_ordered:
        groups = _neighbours(seen, counts)
    else:
        rare = [code for code in seen if counts[code + 1] < _FEWEST_ROWS or code < 0]
        groups = [[code] for code in seen if code not in rare]
        groups += [rare] if rare and groups else []
    number_of = np.zeros(len(counts), np.int64)
    for number, group in enumerate(groups):
        number_of[np.array(group) + 1] = number
    return groups, _counted(number_of[decided + 1], codes, len(groups))


def _counted(decided: Codes, codes: Codes, groups: int) -> Codes:
    size = int(codes.max(initial=0)) + 1
    return np.bincount(decided * size + codes, minlength=groups * size).reshape(-1, size)


def _p_of(one: Predictor, decided: Codes, codes: Codes) -> float:
    return p_of_independence(_table_of(one, decided, codes)[1])


def _both_tell(one: Predictor, other: Predictor, looked_at: Rows, codes: Codes) -> bool:
    """Whether either of two columns says something in the rows of one value of the other."""
    for mine, theirs in ((one, other), (other, one)):
        decided, given = mine.codes[looked_at] + 1, theirs.codes[looked_at]
        strata = (given == value for value in np.unique(given))
        tables = (_counted(decided[rows], codes[rows], len(mine.categories) + 1) for rows in strata)
        if p_of_independence(*tables) * _JOINED >= _FALSE:
            return False
    return True


def _neighbours(seen: list[int], counts: Codes) -> list[list[int]]:
    """Values in their order, rare ones with those beside them."""
    groups: list[list[int]] = []
    many = 0
    for code in seen:
        if groups and many < _FEWEST_ROWS:
            groups[-1].append(code)
        else:
            groups.append([code])
            many = 0
        many += int(counts[code + 1])
    if len(groups) > 1 and many < _FEWEST_ROWS:
        last = groups.pop()
        groups[-1] += last
    return groups


def _merged(table: Codes, *, only_neighbours: bool) -> tuple[list[list[int]], float]:
    """The cases, each a row of how often each code is there; those together that are better described by one law."""
    groups = [[number] for number in range(len(table))]
    rated: dict[tuple[int, ...], float] = {}

    def rating(group: list[int]) -> float:
        key = tuple(sorted(group))
        if key not in rated:
            rated[key] = _criterion(table[list(key)].sum(axis=0))
        return rated[key]

    price = _PRICE * int(table.sum())
    while len(groups) > 1:
        places = range(len(groups))
        pairs = itertools.pairwise(places) if only_neighbours else itertools.combinations(places, 2)
        gains = {(a, b): rating(groups[a]) + rating(groups[b]) - rating(groups[a] + groups[b]) for a, b in pairs}
        (a, b), gain = max(gains.items(), key=lambda item: item[1])
        if gain <= -price and len(groups) <= _MOST_GROUPS:
            break
        groups[a] += groups.pop(b)
    return groups, math.fsum(rating(group) for group in groups)


def _numbers(
    values: pa.Array, resolution: Resolution, looked_at: Rows, *, is_list: bool
) -> tuple[Codes, Callable[[Rows], Generator]]:
    """The bins of the numbers in some rows, and the law of those in any."""
    numbers = to_numpy(values).astype(np.float64)
    few = numbers[:: max(1, len(numbers) // _MEASURED)]
    edges = np.unique(np.quantile(few, np.arange(1, _BINS) / _BINS))
    return np.searchsorted(edges, numbers[looked_at]), lambda rows: law(
        numbers[rows], resolution, _COARSE, MOST_CATEGORIES if is_list else 0
    )


def _categories(values: pa.Array, order: Sequence[Any]) -> tuple[Codes, Callable[[Rows], Generator]]:
    coded = coded_values(values)
    found = coded.dictionary.to_pylist()
    names = in_order(found, order)
    place = np.array([names.index(one) for one in found], np.int64)
    codes = place[to_numpy(coded.indices).astype(np.int64)]

    def make(rows: Rows) -> Generator:
        counts = np.bincount(codes[rows], minlength=len(names))
        seen = np.flatnonzero(counts)
        if len(seen) == 1:
            return Constant(names[seen[0]])
        shares = dict(zip([names[code] for code in seen], rounded_shares(counts[seen], len(rows)), strict=True))
        if isinstance(names[0], bool):
            return Boolean(shares[True])
        return Categorical(shares if order else dict(sorted(shares.items(), key=lambda item: -item[1])))

    return codes, make


def weights(picks: npt.NDArray[np.int64], parents: Sequence[Predictor]) -> Given | None:
    """How much more often the parents of one kind are referred to than those of another.

    Args:
        picks: the parent's row of each child.
        parents: columns of the parents.
    """
    best: tuple[float, Given] | None = None
    for one in parents:
        codes = np.where(one.codes < 0, len(one.categories), one.codes)  # those without are a kind, too
        children = np.bincount(picks, minlength=len(codes))
        many = np.bincount(codes)
        seen = np.bincount(codes, weights=children)
        if many.min() < _FEWEST_PARENTS or not seen.all():
            continue
        rates = seen / many
        # Children of one parent may come in crowds: what they vary beyond chance is not evidence.
        crowding = max(1.0, float(((children - rates[codes]) ** 2 / rates[codes]).mean()))
        expected = many / many.sum() * seen.sum()
        gain = 2 * float((seen * np.log(seen / expected)).sum()) / crowding - (len(many) - 1) * math.log(len(picks))
        if gain > (2 * _CLEAR if best is None else best[0]):
            ratios = list(_ratios(rates))
            cases = dict(zip(one.categories, ratios, strict=False))
            given = (
                Given(str(one.name), cases, default=ratios[-1]) if one.codes.min() < 0 else Given(str(one.name), cases)
            )
            best = gain, given
    return None if best is None else best[1]


def _ratios(rates: npt.NDArray[np.float64]) -> Iterator[float]:
    for rate in (rates / rates.min()).tolist():
        ratio = float(f"{rate:.2g}")
        yield int(ratio) if ratio.is_integer() else ratio


__all__ = ["cases", "given", "rows_looked_at", "weights"]
