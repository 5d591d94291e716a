"""How often parents are referred to is found as the distribution that it was made with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from test_infer import inferred

from pytest_synthdata import Dataset, Exponential, LogNormal, Pareto
from pytest_synthdata.infer.references.popularity import popularity

PARENTS, CHILDREN = 2_000, 16_000
LAWS: dict[str, tuple[Callable[[Any], Any], type, tuple[float, float]]] = {
    # Of 2,000 draws the exponent a is told within a / sqrt(2,000), 2.2 %, if they were seen themselves.
    "heavy": (lambda random: random.pareto(1.2, PARENTS), Pareto, (1.0, 1.5)),
    "pareto": (lambda random: random.pareto(2.0, PARENTS), Pareto, (1.7, 2.4)),
    "log-normal": (lambda random: np.exp(random.normal(0, 1, PARENTS)), LogNormal, (0.9, 1.1)),
    "exponential": (lambda random: random.exponential(1, PARENTS), Exponential, (1.0, 1.0)),
}


def picked(weights: npt.NDArray[np.float64], random: Any) -> npt.NDArray[np.int64]:
    return np.asarray(random.choice(len(weights), CHILDREN, p=weights / weights.sum()))


@pytest.mark.parametrize("name", LAWS)
def test_the_law_is_found(name: str) -> None:
    make, kind, (least, most) = LAWS[name]
    random = np.random.default_rng(4)
    found = popularity(np.bincount(picked(make(random), random), minlength=PARENTS).astype(np.float64))
    assert isinstance(found, kind)
    (*_, number) = vars(found).values()
    assert least <= number <= most


def test_two_kinds_of_parents_are_no_law() -> None:
    random = np.random.default_rng(4)
    weights = np.where(random.random(PARENTS) < 0.1, 20.0, 1.0)
    assert popularity(np.bincount(picked(weights, random), minlength=PARENTS).astype(np.float64)) is None


def test_a_tail_that_ends_is_no_heavy_one() -> None:
    random = np.random.default_rng(4)
    weights = np.minimum(np.exp(random.normal(0, 2.2, PARENTS)), 30.0)
    picks = random.choice(PARENTS, 6_000, p=weights / weights.sum())
    assert popularity(np.bincount(picks, minlength=PARENTS).astype(np.float64)) is None


def test_a_few_that_have_most_are_no_trend_of_the_keys() -> None:
    """745 of 1,000 have children in such a source: a standard deviation of 14, and as much in what is generated."""
    random = np.random.default_rng(2)
    weights = random.pareto(1.2, 1_000)
    picks = random.choice(1_000, 8_000, p=weights / weights.sum())
    tables = {
        "customers": pa.table({"customer_id": range(1, 1_001), "tier": random.choice(["a", "b"], 1_000)}),
        "orders": pa.table({"order_id": range(1, 8_001), "customer_id": picks + 1}),
    }
    _, classes, source = inferred(tables)
    assert "weights=Pareto(1." in source
    made = Dataset({classes["customers"]: 1_000, classes["orders"]: 8_000}).orders.to_arrow()
    assert abs(len(made["customer_id"].unique()) - len(np.unique(picks))) < 100
