"""Columns of few values, which others may depend on: their values in an order, and which of them is read first."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.ranks import ranks
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.infer.relations.needs import evenly
from pytest_synthdata.infer.relations.significance import discoveries
from pytest_synthdata.infer.times.instants import floats_of, plain_times

Codes = npt.NDArray[np.int64]

_MOST_CASES = 40
_LOOKED_AT = 5_000  # rows in which columns are compared
_MOST_PARTS, _ROWS_A_PART = 12, 15  # of a series
_FALSE = 0.05  # of the orders that are found, how many may be chance, on average
_ROWS_A_VALUE = 10  # or the means of the ranks say more of these rows than of their values
_LEAST = 0.02  # of a column's variance that another one explains, from which on it is worth an order


@dataclass(frozen=True)
class Predictor:
    """A column that others may depend on; or two of them together.

    Args:
        name: as the depending column calls it.
        categories: its values, in an order; those of two columns as pairs.
        codes: for each row the position of its value; -1 for null.
        correlates: whether the column may be correlated with others.
        has_nulls: whether it may be null, in whatever rows.
    """

    name: str | tuple[str, ...]
    categories: tuple[Any, ...]
    codes: Codes = field(repr=False)
    correlates: bool = False
    has_nulls: bool = False

    @property
    def is_ordered(self) -> bool:
        """Whether its values are in an order of their own: numbers, dates and times."""
        return isinstance(self.name, str) and not isinstance(self.categories[0], (str, bool))

    def of(self, rows: npt.NDArray[Any]) -> Predictor:
        """The column at some rows."""
        return replace(self, codes=self.codes[rows])

    def beside(self, other: Predictor) -> Predictor:
        """Two columns together."""
        size = len(other.categories)
        pairs = tuple((one, more) for one in self.categories for more in other.categories)
        codes = np.where((self.codes < 0) | (other.codes < 0), -1, self.codes * size + other.codes)
        return Predictor((str(self.name), str(other.name)), pairs, codes)


def decider(name: str, values: pa.Array, order: Sequence[Any] = (), *, correlates: bool = False) -> Predictor | None:
    """A column as one that others may depend on, if it has few values.

    Args:
        name: its attribute.
        values: the column.
        order: its values, if they are to be in another order than their own.
        correlates: whether it may be correlated with others.
    """
    if pa.types.is_uint64(values.type) or pa.types.is_nested(values.type):  # whose greatest Python ints are none
        return None
    if len(coded_values(evenly(values, _LOOKED_AT)).dictionary) > _MOST_CASES:  # there are more in all rows, then
        return None
    coded = coded_values(values)
    found = coded.dictionary.to_pylist()
    if not 1 < len(found) <= _MOST_CASES or (values.null_count and not isinstance(found[0], (str, bool))):
        return None
    ordered = in_order(found, order)
    place = np.array([ordered.index(one) for one in found], np.int64)
    codes = to_numpy(coded.indices.fill_null(0)).astype(np.int64)
    codes = np.where(to_numpy(coded.is_valid()), place[codes], -1)
    return Predictor(name, tuple(ordered), codes, correlates, bool(values.null_count))


def deciders_of(table: pa.Table) -> list[Predictor]:
    """The columns of listed rows that others may depend on: of those that tell all rows apart the last, a label."""
    found = [decider(name, table[name].combine_chunks()) for name in table.column_names]
    telling = [one for one in found if one is not None and len(one.categories) == table.num_rows]
    return [one for one in found if one is not None and (one not in telling or one is telling[-1])]


def in_parts(name: str, values: pa.Array) -> Predictor | None:
    """A column in whose order the rows stand as one that others may depend on, by its parts of as many rows each.

    Args:
        name: its attribute.
        values: the column, without nulls.
    """
    parts = min(_MOST_PARTS, len(values) // _ROWS_A_PART)
    if parts < 2:  # noqa: PLR2004
        return None
    numbers = to_numpy(plain_times(values))
    is_in_order = bool((numbers[1:] >= numbers[:-1]).all())
    ordered = values if is_in_order else values.take(pc.array_sort_indices(values))
    starts = [ordered[int(place)] for place in np.linspace(0, len(values), parts + 1)[:-1]]
    edges = pa.array([one.as_py() for one in starts], values.type)
    if len(edges.unique()) < parts:
        return None
    places = np.searchsorted(to_numpy(plain_times(edges)), numbers, side="right") - 1
    return Predictor(name, tuple(edges.to_pylist()), places.astype(np.int64))


def in_order(values: Sequence[Any], order: Sequence[Any]) -> list[Any]:
    """Different values in an order that may not have all of them; in their own where there is none."""
    if not order:
        return sorted(values)
    place = {one: number for number, one in enumerate(order)}
    return sorted(values, key=lambda one: (place.get(one, len(place)), one))


def coded_values(values: pa.Array) -> pa.DictionaryArray:
    """A column as numbers into a list of its values."""
    if pa.types.is_float16(values.type):  # which PyArrow before 26 cannot encode
        values = values.cast(pa.float32())
    return values.dictionary_encode()


def orders_of(texts: Mapping[str, pa.Array], numbers: Mapping[str, pa.Array]) -> dict[str, list[str]]:
    """The values of columns of texts in the order in which they have most to do with another column.

    Args:
        texts: columns of repeated texts.
        numbers: columns of numbers, dates and times.
    """
    coded = {name: coded_values(evenly(values, _LOOKED_AT)) for name, values in texts.items()}
    sizes = {name: len(one.dictionary) for name, one in coded.items()}
    codes = {name: _codes(one) for name, one in coded.items() if sizes[name] > 2}  # noqa: PLR2004 - two are in order
    scores: dict[str, npt.NDArray[np.float64]] = {name: _ranked(values) for name, values in numbers.items()}
    tried = {
        (name, other): _explained(mine, theirs, sizes[name])
        for name, mine in codes.items()
        for other, theirs in scores.items()
    }
    tried |= {
        (name, other): _first_axis(codes[name], codes[other], sizes[name], sizes[other])
        for name, other in itertools.permutations(codes, 2)
        if sizes[name] <= _MOST_CASES and sizes[other] <= _MOST_CASES
    }
    sure = discoveries({pair: one.p_value for pair, one in tried.items()}, _FALSE)
    found = {}
    for name in codes:
        enough = [one for pair, one in tried.items() if pair[0] == name and pair in sure and one.explained > _LEAST]
        if enough:
            best = max(enough, key=lambda one: one.explained)
            names = coded[name].dictionary.to_pylist()
            rest = sorted(set(texts[name].drop_null().unique().to_pylist()) - set(names))
            found[name] = [*(names[place] for place in np.argsort(best.places, kind="stable").tolist()), *rest]
    return found


def by_association(columns: Mapping[str, pa.Array]) -> list[str]:
    """Columns of few values, those that say most of the others first, each after the one that says most of it."""
    codes = {name: _codes(coded_values(evenly(values, _LOOKED_AT))) + 1 for name, values in columns.items()}
    names = list(codes)
    shared = np.zeros((len(names), len(names)))
    for a, one in enumerate(names):
        for b in range(a):
            shared[a, b] = shared[b, a] = _information(codes[one], codes[names[b]])
    order: list[int] = []
    while len(order) < len(names):
        rest = [number for number in range(len(names)) if number not in order]
        strength = shared[:, order].max(axis=1) if order else shared.sum(axis=1)
        order.append(max(rest, key=lambda number: (strength[number], -number)))
    return [names[number] for number in order]


def _codes(coded: pa.DictionaryArray) -> Codes:
    return to_numpy(coded.indices.fill_null(-1)).astype(np.int64)


def _ranked(values: pa.Array) -> npt.NDArray[np.float64]:
    """Ranks between -1 and 1; NaN where null."""
    numbers = floats_of(evenly(values, _LOOKED_AT))
    known = np.isfinite(numbers)
    placed = np.full(len(numbers), np.nan)
    if known.any():
        placed[known] = 2 * (ranks(numbers[known]) - 0.5) / known.sum() - 1
    return placed


@dataclass(frozen=True)
class _Order:
    """An order of a column's values by another column.

    Args:
        explained: the share of the other's variance that the values explain beyond chance.
        p_value: the probability that values which have nothing to do with it explain as much.
        places: where each value stands.
    """

    explained: float
    p_value: float
    places: npt.NDArray[np.float64]


def _explained(codes: Codes, scores: npt.NDArray[np.float64], size: int) -> _Order:
    """The order of a column's values by the means of another one's ranks, with an F test of these means."""
    from scipy.special import fdtrc

    known = (codes >= 0) & np.isfinite(scores)
    count = int(known.sum())
    mine, theirs = codes[known], scores[known]
    if count < _ROWS_A_VALUE * size or theirs.std() == 0:
        return _Order(0.0, 1.0, np.zeros(size))
    many = np.bincount(mine, minlength=size)
    means = np.bincount(mine, weights=theirs, minlength=size) / np.maximum(many, 1)
    between = float(many @ (means - theirs.mean()) ** 2) / count / float(theirs.var())
    freedom = size - 1, count - size
    ratio = between / freedom[0] * freedom[1] / max(1 - between, 1e-12)
    return _Order(between - freedom[0] / (count - 1), float(fdtrc(*freedom, ratio)), means)


def _first_axis(one: Codes, other: Codes, size: int, others: int) -> _Order:
    """The first axis of a correspondence analysis (Greenacre 2007), with the chi-square test of the whole table."""
    from scipy.special import chdtrc

    both = (one >= 0) & (other >= 0)
    count = int(both.sum())
    if count <= size * others:
        return _Order(0.0, 1.0, np.zeros(size))
    table = np.bincount(one[both] * others + other[both], minlength=size * others).reshape(size, others) / count
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    scale = np.sqrt(np.maximum(np.outer(rows, columns), 1e-12))
    left, singular, _ = np.linalg.svd((table - np.outer(rows, columns)) / scale, full_matrices=False)
    axis = left[:, 0] / np.sqrt(np.maximum(rows, 1e-12))
    axis = axis if axis[int(np.argmax(np.abs(axis)))] > 0 else -axis
    p_value = float(chdtrc((size - 1) * (others - 1), count * float(singular @ singular)))
    return _Order(float(singular[0] ** 2) - (size - 1) / (count - 1), p_value, np.round(axis, 9))


def _information(one: Codes, other: Codes) -> float:
    """The mutual information of two columns of few values, without what chance gives."""
    sizes = int(one.max(initial=0)) + 1, int(other.max(initial=0)) + 1
    table = np.bincount(one * sizes[1] + other, minlength=sizes[0] * sizes[1]).reshape(sizes) / max(len(one), 1)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    seen = table > 0
    bias = (sizes[0] - 1) * (sizes[1] - 1) / (2 * max(len(one), 1))
    return max(float((table[seen] * np.log(table[seen] / expected[seen])).sum()) - bias, 0.0)


__all__ = [
    "Codes",
    "Predictor",
    "by_association",
    "coded_values",
    "decider",
    "deciders_of",
    "in_order",
    "in_parts",
    "orders_of",
]
