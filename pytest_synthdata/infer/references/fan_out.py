"""Tables whose rows are counted from another's: numbered within each, one for each, or with no pair twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.ranks import correlation, ranks
from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.generators.base import Constant, Generator
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.infer.references.activity import counts_by_key, intervals
from pytest_synthdata.infer.references.links import Referring
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.infer.values.fitting import Resolution, rounded_shares
from pytest_synthdata.infer.values.numbers import law

_FEWEST = 20  # rows in which it is believed
_FEW = 12  # different counts that are listed
_RARE = 0.1  # picks of the most popular row in the largest group: more would come twice, and be picked anew
_SEVERAL, _IN_ORDER = 1.2, 0.9  # rows for each, and the rank correlation with its place, of what is counted by order


@dataclass(frozen=True)
class FanOut:
    """How the rows of a table are counted from another table's.

    Args:
        column: the column of the reference.
        per_parent: how many rows each row of the other table has.
        number: the column that numbers them.
        start: the number of the first.
        other: the column of another reference, of which no value comes twice for one parent.
        is_key: whether these columns tell each row from any other.
        is_weighted: whether enough rows are referred to by the other for some to be picked more often.
    """

    column: str
    per_parent: Generator
    number: str | None = None
    start: int = 1
    other: str | None = None
    is_key: bool = True
    is_weighted: bool = False


def fan_out(
    references: Mapping[str, Referring], columns: Mapping[str, tuple[pa.DataType, pa.Array]], count: int
) -> FanOut | None:
    """How the rows of a table are counted from another one's; None where they have rows of their own.

    Args:
        references: to other tables, by column.
        columns: the types and values of the others, by name.
        count: how many rows there are.
    """
    if count < _FEWEST:
        return None
    known = {name: one.picks for name, one in references.items() if one.picks is not None}
    children_of = {name: np.bincount(picks, minlength=_size(references[name])) for name, picks in known.items()}
    for name, children in children_of.items():
        if children.max() == 1:
            return FanOut(name, _counted(children, references[name].parent))
    for name, picks in known.items():
        children = children_of[name]
        for number, (type_, values) in columns.items():
            if pa.types.is_integer(type_) and not values.null_count:
                start = _numbered(picks, to_numpy(values).astype(np.float64))
                if start is not None and children.max() > 1:
                    counted = _counted(children, references[name].parent)
                    return FanOut(name, counted, number=number, start=start)
    found = _of_two(references, known, children_of, count)
    return _in_order(references, known, children_of) if found is None else found


def _in_order(
    references: Mapping[str, Referring],
    known: Mapping[str, npt.NDArray[np.int64]],
    children_of: Mapping[str, npt.NDArray[np.int64]],
) -> FanOut | None:
    """Rows that stand in the order of the rows that they refer to, several of which belong to one."""
    best: tuple[float, str] | None = None
    for name, picks in known.items():
        if children_of[name].mean() < _SEVERAL or picks.min() == picks.max():
            continue
        order = correlation(ranks(picks.astype(np.float64)), np.arange(1.0, len(picks) + 1))
        if order >= _IN_ORDER and (best is None or order > best[0]):
            best = order, name
    if best is None:
        return None
    return FanOut(best[1], _counted(children_of[best[1]], references[best[1]].parent), is_key=False)


def _of_two(
    references: Mapping[str, Referring],
    known: Mapping[str, npt.NDArray[np.int64]],
    children_of: Mapping[str, npt.NDArray[np.int64]],
    count: int,
) -> FanOut | None:
    """Two references that are the key together, counted from the one whose rows have most alike many."""
    names = list(known)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            pairs = np.unique(np.stack([known[one], known[other]]), axis=1).shape[1]
            expected = count**2 / 2 / (_size(references[one]) * _size(references[other]))
            if pairs < count or expected < 3:  # noqa: PLR2004 - else no pair would come twice by chance either
                continue
            counts = {name: children_of[name] for name in (one, other)}
            first = min(counts, key=lambda name: (float(counts[name].var() / counts[name].mean()), name != one))
            counted = _counted(counts[first], references[first].parent)
            second = other if first == one else one
            largest = float(children_of[second].max()) / count * float(children_of[first].max())
            is_weighted = largest < _RARE
            return FanOut(first, counted, other=second, is_weighted=is_weighted)
    return None


def _size(reference: Referring) -> int:
    """How many rows the other table has."""
    return len(reference.parent.keys or ())


def _numbered(picks: npt.NDArray[np.int64], numbers: npt.NDArray[np.float64]) -> int | None:
    """Where numbers start that count the rows of each parent without gaps; None for others."""
    order = np.lexsort((numbers, picks))
    parents, ordered = picks[order], numbers[order]
    is_first = np.append(True, parents[1:] != parents[:-1])
    start = ordered[0]
    place = np.arange(len(order)) - np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    is_so = start in (0, 1) and not is_first.all() and bool((ordered == start + place).all())
    return int(start) if is_so else None


def _counted(children: npt.NDArray[np.int64], parent: Parent) -> Generator:
    """How many rows the parents have: of few ones by their keys, else as a distribution of its own."""
    if (by_key := counts_by_key(children, parent)) is not None:
        return by_key
    if (found := intervals(children.astype(np.float64), parent)) is not None:
        edges, pieces = found
        laws = [_law(children[piece]) for piece in pieces]
        return Given(
            str(parent.key), bins=edges, then=[one.value if isinstance(one, Constant) else one for one in laws]
        )
    return _law(children)


def _law(children: npt.NDArray[np.int64]) -> Generator:
    distinct, counts = np.unique(children, return_counts=True)
    if len(distinct) == 1:
        return Constant(int(distinct[0]))
    if len(distinct) <= _FEW:
        return Categorical(dict(zip(distinct.tolist(), rounded_shares(counts, len(children)), strict=True)))
    return law(children.astype(np.float64), Resolution(0)).cast("int")


def key_of(found: FanOut, attributes: Mapping[str, str]) -> str | tuple[str, ...]:
    """The columns that make up the key of such a table."""
    if found.number is not None:
        return found.column, attributes[found.number]
    return found.column if found.other is None else (found.column, found.other)


__all__ = ["FanOut", "fan_out", "key_of"]
