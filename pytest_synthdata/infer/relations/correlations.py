"""Rank correlations of a table's columns, as those of normal scores that give the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pytest_synthdata.columns.arrow.ranks import correlation, ranks
from pytest_synthdata.columns.arrow.values import to_arrow
from pytest_synthdata.columns.correlation import cholesky, matrix
from pytest_synthdata.columns.rules import decides, may_correlate
from pytest_synthdata.declarations.factory_class import FactoryClass
from pytest_synthdata.infer.inferred import Inferred
from pytest_synthdata.infer.relations.needs import evenly
from pytest_synthdata.infer.relations.significance import discoveries, p_of_none, p_of_same
from pytest_synthdata.infer.times.instants import floats_of

Floats = npt.NDArray[np.float64]

_LOOKED_AT = 5_000  # rows in which correlations are measured
_FEWEST = 20
_LEAST = 0.05  # a correlation that is worth a line
_FALSE = 0.1  # of the correlations that are printed, how many may be chance, on average: half by either test
_ROUNDS = 4
_MOST = 0.98
_MOST_COLUMNS = 40
_CLOSE = 0.02
_TURNS = 100
_NARROWEST = 0.02  # the least eigenvalue, so that two digits are enough


def correlated(
    inferred: Inferred,
    made: FactoryClass,
    values: Mapping[str, pa.Array],
    readers: Mapping[str, Callable[[pa.Array], pa.Array]],
    module: str,
) -> Inferred:
    """A factory with the correlations that its columns had.

    Args:
        inferred: the factory without them.
        made: its class.
        values: the columns whose order means something, by attribute; texts as numbers or times.
        readers: how those texts are read.
        module: where its class stands.
    """
    columns = made._meta.plan().columns
    names = [name for name in values if name in columns and may_correlate(columns[name])][:_MOST_COLUMNS]
    if len(names) < 2:  # noqa: PLR2004
        return inferred
    numbers = _numbers({name: values[name] for name in names})
    wanted, known = _ranks_correlate(numbers), np.isfinite(numbers).astype(np.int64)
    pairs = [
        (one, other)
        for number, one in enumerate(names)
        for other in names[number + 1 :]
        if np.isfinite(wanted[names.index(one), names.index(other)])
        and not decides(other, columns[one], columns)
        and not decides(one, columns[other], columns)
    ]
    goal = {pair: float(wanted[names.index(pair[0]), names.index(pair[1])]) for pair in pairs}
    # What the columns have in common already, by what they are given alike.
    measured, made_rows = _measured(made, names, readers), _rows_made(made)
    scores: dict[tuple[str, str], float] = dict.fromkeys(pairs, 0.0)
    off = {pair: abs(goal[pair] - measured.get(pair, 0.0)) for pair in pairs}
    both = {(a, b): int(known[names.index(a)] @ known[names.index(b)]) for a, b in pairs}
    there = discoveries({pair: p_of_none(goal[pair], both[pair]) for pair in pairs}, _FALSE / 2)
    differ = {pair: p_of_same(goal[pair], measured.get(pair, 0.0), both[pair], made_rows) for pair in pairs}
    apart = discoveries(differ, _FALSE / 2)
    live = [
        pair
        for pair in pairs
        if (pair in there and abs(goal[pair]) >= _LEAST) or (pair in apart and off[pair] >= _LEAST)
    ]
    if not live:
        return inferred
    best: tuple[float, dict[tuple[str, str], float]] | None = None
    for _ in range(_ROUNDS):
        for pair in live:
            more = (goal[pair] - measured.get(pair, 0.0)) * _slope(goal[pair])
            scores[pair] = float(np.clip(scores[pair] + more, -_MOST, _MOST))
        kept = _possible({pair: scores[pair] for pair in live}, names, frozenset(pairs))
        scores |= kept
        measured = _measured(replace(inferred, correlations=kept).factory(module), names, readers) if kept else {}
        off_by = max((abs(goal[pair] - measured.get(pair, 0.0)) for pair in live), default=0.0)
        total = float(np.mean([abs(goal[pair] - measured.get(pair, 0.0)) for pair in live]))
        if best is None or total < best[0]:
            best = total, kept
        if off_by < _CLOSE:
            break
    assert best is not None  # noqa: S101 - there is a round
    return replace(inferred, correlations=best[1])


def _slope(goal: float) -> float:
    """How much more the scores correlate than the ranks: those of ranks that correlate by r do by 2 sin(pi r / 6)."""
    return 1.05 if abs(goal) < 0.9 else 0.7  # noqa: PLR2004


def _possible(
    scores: Mapping[tuple[str, str], float], names: list[str], free: frozenset[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Correlations to two digits that can be at once.

    Args:
        scores: what they would be.
        names: the columns.
        free: pairs that may be correlated.
    """
    rounded = {pair: round(value, 2) for pair, value in scores.items() if abs(value) >= _LEAST / 2}
    used = [name for name in names if any(name in pair for pair in rounded)]
    if rounded and cholesky(matrix(rounded, used)) is None:
        rounded = _nearest(rounded, used, free)
        fewer = {pair: value for pair, value in rounded.items() if abs(value) >= _LEAST / 2}
        if cholesky(matrix(fewer, used)) is not None:
            return fewer
    return rounded


def _nearest(
    scores: Mapping[tuple[str, str], float], names: list[str], free: frozenset[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Correlations near to others that can be at once: without the negative directions, and nearer to none at all.

    The projection onto matrices that can be, and that onto those whose other pairs are 0, take turns (Higham 2002,
    "Computing the nearest correlation matrix").
    """
    projected = np.array(matrix(scores, names))
    fixed = np.array([[one != other and not {(one, other), (other, one)} & free for other in names] for one in names])
    for _ in range(_TURNS):
        values, vectors = np.linalg.eigh(projected)
        if values[0] >= _NARROWEST / 2:
            break
        projected = (vectors * np.maximum(values, _NARROWEST)) @ vectors.T
        scale = np.sqrt(np.diag(projected))
        projected /= np.outer(scale, scale)
        projected[fixed] = 0.0
    for shrink in np.linspace(1, 0, 51):
        # Pairs that are not given have no correlation at all, which they need not: all are given a value.
        rounded = {
            (a, b): round(float(shrink * projected[number, number + 1 + more]), 2)
            for number, a in enumerate(names)
            for more, b in enumerate(names[number + 1 :])
            if (a, b) in free
        }
        if cholesky(matrix(rounded, names)) is not None:
            return {pair: value for pair, value in rounded.items() if value}
    return {}


def _numbers(values: Mapping[str, pa.Array]) -> Floats:
    """Columns as numbers, NaN where null, of some rows."""
    some = (evenly(array, _LOOKED_AT) for array in values.values())
    # Of truths, true comes first.
    return np.stack([floats_of(pc.invert(one) if pa.types.is_boolean(one.type) else one) for one in some])


def _ranks_correlate(columns: Floats) -> Floats:
    """Spearman's correlations, each pair over the rows that have both; NaN where there are too few."""
    count = len(columns)
    found = np.full((count, count), np.nan)
    finite = np.isfinite(columns)
    whole = [ranks(one) if known.all() else None for one, known in zip(columns, finite, strict=True)]
    for a in range(count):
        for b in range(a + 1, count):
            both = finite[a] & finite[b]
            if both.sum() < _FEWEST:
                continue
            x, y = whole[a], whole[b]
            if x is None or y is None:
                x, y = ranks(columns[a][both]), ranks(columns[b][both])
            found[a, b] = found[b, a] = correlation(x, y) if x.std() * y.std() > 0 else np.nan
    return found


def _rows_made(made: FactoryClass) -> int:
    """How many rows of a factory are looked at."""
    return int(min(_LOOKED_AT, max(made._meta.bound().num_rows, 1_000)))


def _measured(
    made: FactoryClass, names: list[str], readers: Mapping[str, Callable[[pa.Array], pa.Array]]
) -> dict[tuple[str, str], float]:
    """The rank correlations of a factory's columns."""
    bound = made._meta.bound()
    reader = bound.at(np.arange(_rows_made(made), dtype=np.uint64))
    made_values: dict[str, Any] = {name: to_arrow(reader.read(name)) for name in names}
    for name in readers.keys() & made_values.keys():
        made_values[name] = readers[name](made_values[name].cast(pa.string()))
    found = _ranks_correlate(_numbers(made_values))
    return {
        (one, other): 0.0 if np.isnan(found[a, b]) else float(found[a, b])
        for a, one in enumerate(names)
        for b, other in enumerate(names)
        if a < b
    }


__all__ = ["correlated"]
