"""How often the rows of a table are referred to: by their kind, one by one, or by a distribution."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_synthdata.columns.generators.base import Generator
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.listed import Listed
from pytest_synthdata.columns.generators.numbers.quantiles import Quantiles
from pytest_synthdata.infer.references.parents import Parent
from pytest_synthdata.infer.relations.dependence import weights as weights_by_kind
from pytest_synthdata.infer.values.fitting import SHORT
from pytest_synthdata.infer.values.quantile_fit import quantiles_of

_FEWEST = 3  # rows whose popularity can differ
_CROWDED = 2.0  # times the variance that chance alone gives
_LISTED = 60  # rows whose popularity is stated one by one


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
    if len(children) < SHORT or children.min() == children.max():
        return None
    return Quantiles(quantiles_of(np.round(children / mean, 3), None, 0.02))


__all__ = ["activity"]
