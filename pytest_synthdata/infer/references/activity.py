"""How often the rows of a table are referred to: by their kind, one by one, or by a distribution."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_synthdata.columns.arrow.values import to_numpy
from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.listed import Listed
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.infer.references.popularity import popularity
from pytest_synthdata.infer.relations.dependence import weights as weights_by_kind
from pytest_synthdata.infer.values.fitting import SHORT, significant
from pytest_synthdata.infer.values.quantile_fit import corners, quantiles_of

_FEWEST = 3  # rows whose popularity can differ
_CROWDED = 2.0  # times the variance that chance alone gives
_LISTED = 60  # rows whose popularity is stated one by one
_EVEN = 0.05  # how far the shares of references below any key may be off, for all parents to be alike
_BRIDGE = 1.95  # the greatest distance that chance exceeds in one of 1,000 orders (Kolmogorov)
_NEAR, _MOST_PARTS = 0.02, 30  # how far off intervals of keys may be, and how many there are


def activity(picks: npt.NDArray[np.int64], parent: Parent) -> Generator | None:
    """How often the parents are referred to: by their kind, else by a distribution of its own."""
    if not len(picks):
        return None
    by_kind = weights_by_kind(picks, parent.deciders) if parent.deciders else None
    if by_kind is not None or parent.sample is None or not parent.sample.is_whole:
        return by_kind
    keys = parent.keys
    children = np.bincount(picks, minlength=parent.sample.num_rows).astype(np.float64)
    mean = children.mean()
    # Of references that are spread by chance, the variance of the counts is their mean (Poisson).
    if len(children) < _FEWEST or children.var() <= _CROWDED * mean:
        return None
    listed = any(isinstance(one, Listed) for one in parent.factory._meta.plan().columns.values())
    if listed and keys is not None and len(children) <= _LISTED:
        return Given(str(parent.key), {key: int(count) for key, count in zip(keys.to_pylist(), children, strict=True)})
    if (by_key := _by_key(children, parent)) is not None:
        return by_key
    if (law := popularity(children)) is not None:
        return law
    if len(children) < SHORT or children.min() == children.max():
        return None
    return Quantiles(quantiles_of(np.round(children / mean, 3), None, 0.02))


def counts_by_key(children: npt.NDArray[np.int64], parent: Parent) -> Given | None:
    """How many children each of a few parents has, by its key; None for many, and where these differ by chance only."""
    keys = parent.keys
    if keys is None or not _FEWEST <= len(keys) <= _LISTED or children.var() <= _CROWDED * children.mean():
        return None
    counts = dict(zip(keys.to_pylist(), children.tolist(), strict=True))
    if any(isinstance(one, Listed) for one in parent.factory._meta.plan().columns.values()):
        return Given(str(parent.key), counts)
    if not pa.types.is_integer(keys.type):
        return None
    return Given(str(parent.key), counts, default=round(float(children.mean())))


def _by_key(children: npt.NDArray[np.float64], parent: Parent) -> Given | None:
    """How often parents are referred to by the intervals of their numbers, where these differ."""
    found = intervals(children, parent)
    if found is None:
        return None
    edges, pieces = found
    mean = float(children.mean())
    return Given(
        str(parent.key), bins=edges, then=[significant(float(children[piece].mean()) / mean, 3) for piece in pieces]
    )


def intervals(children: npt.NDArray[np.float64], parent: Parent) -> tuple[list[int], list[npt.NDArray[np.intp]]] | None:
    """Where intervals of the parents' numbers begin whose children are more or fewer, and the parents of each."""
    keys = parent.keys
    if keys is None or not pa.types.is_integer(keys.type):
        return None
    numbers = to_numpy(keys).astype(np.int64)
    order = np.argsort(numbers, kind="stable")
    places = np.arange(len(order) + 1, dtype=np.float64)
    below = np.concatenate([[0.0], np.cumsum(children[order])]) / children.sum()
    off = float(np.abs(below - places / len(order)).max())
    # Where a few parents have most of the children, these lie somewhere: the distance of a Brownian bridge tells.
    bridge = off * float(children.sum()) / max(float(children.std()) * math.sqrt(len(order)), 1e-12)
    if off <= _EVEN or bridge <= _BRIDGE:
        return None
    for tolerance in (_NEAR, 1.5 * _NEAR, 2 * _NEAR):
        kept = corners(places, below, tolerance)
        if len(kept) <= _MOST_PARTS:
            return [int(numbers[order[place]]) for place in kept[1:-1]], np.split(order, kept[1:-1])
    return None


__all__ = ["activity", "counts_by_key", "intervals"]
