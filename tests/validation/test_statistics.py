"""The statistics of validation are those of `scipy.stats`, without its import."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pytest_synthdata import Exponential, LogNormal, Normal, Pareto, Poisson, Uniform
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.describe import describe
from pytest_synthdata.validation.declared.expectations import Leaf
from pytest_synthdata.validation.statistics import (
    Whole,
    binomial_p,
    chi_square_p,
    distance_p,
    frozen,
    normal_p,
    sum_of_squares_p,
)


@pytest.mark.parametrize(
    ("law", "same"),
    [
        (Normal(3, 2), stats.norm(3, 2)),
        (LogNormal(7, 0.8), stats.lognorm(0.8, scale=np.exp(7))),
        (Pareto(2.5), stats.lomax(2.5)),
        (Exponential(12), stats.expon(scale=12)),
        (Uniform(-1, 4), stats.uniform(-1, 5)),
        (Poisson(3.5), stats.poisson(3.5)),
    ],
    ids=lambda item: type(item).__name__,
)
def test_laws(law: Any, same: Any) -> None:
    ours = frozen(law)
    assert ours is not None
    shares = np.array([1e-4, 0.1, 0.25, 0.5, 0.9, 0.9999])
    assert ours.ppf(shares) == pytest.approx(same.ppf(shares))
    x = np.concatenate([same.ppf(shares), same.ppf(shares) + 0.3, [-2.0]])
    assert ours.cdf(x) == pytest.approx(same.cdf(x), abs=1e-12)
    assert ours.support() == pytest.approx(same.support())


def test_days() -> None:
    same, shares = stats.randint(10, 41), np.linspace(0.001, 0.999, 200)
    assert Whole(10, 40).ppf(shares) == pytest.approx(same.ppf(shares))
    assert Whole(10, 40).cdf(np.arange(5, 50)) == pytest.approx(same.cdf(np.arange(5, 50)))


@pytest.mark.parametrize("size", [30, 2_000, 2_001, 25_000, 10**7])
def test_distances(size: int) -> None:
    for scaled in (1.2, 2.0, 3.0, 4.0):
        ours, exact = distance_p(scaled / size**0.5, size), stats.kstwo.sf(scaled / size**0.5, size)
        assert exact * (1 - 1e-9) <= ours <= (1.05 if exact > 1e-6 else 1.15) * exact


@pytest.mark.parametrize(("count", "total", "share"), [(850, 1_000, 0.85), (5, 100, 0.01), (2_505_000, 10**7, 0.25)])
def test_counts(count: int, total: int, share: float) -> None:
    sides: tuple[Any, Any] = ("less", "greater")
    tails = [stats.binomtest(count, total, share, alternative=side).pvalue for side in sides]
    assert binomial_p(count, total, share) == pytest.approx(min(1.0, 2 * min(tails)))
    assert binomial_p(0, 10, 0.3) == pytest.approx(2 * 0.7**10)


def test_squares_and_cells() -> None:
    counts, likely = np.array([18, 22, 31, 29]), np.array([0.2, 0.2, 0.3, 0.3])
    assert chi_square_p(counts, likely) == pytest.approx(stats.chisquare(counts, likely * 100).pvalue)
    rare = np.array([0.2, 0.2, 0.3, 0.27, 0.02, 0.01])  # the last two expect 3 rows: they go with the one before
    merged = stats.chisquare([18, 22, 31, 29], [20, 20, 30, 30]).pvalue
    assert chi_square_p(np.array([18, 22, 31, 27, 1, 1]), rare) == pytest.approx(merged)
    assert sum_of_squares_p(20.0, 10) == pytest.approx(stats.chi2.sf(20.0, 10))
    assert normal_p(-3.0) == pytest.approx(2 * stats.norm.sf(3.0))


def curve_of(generator: Any) -> Curve:
    node = describe(generator)
    assert isinstance(node, Leaf)
    assert isinstance(node.law, Curve)
    return node.law


@pytest.mark.parametrize(
    "generator",
    [
        Normal(10, 4).round(1),
        Normal(10, 4).clip(5, 12).round(0),
        LogNormal(2, 1).cast("int"),
        Exponential(3).cast("decimal(10,1)"),
        (Pareto(3) + 1) * 100,
        7 - Exponential(2),
        Uniform(0, 10).round(0).cast("int"),
        (Normal(0, 3) / 2).round(0),
    ],
    ids=repr,
)
def test_what_is_done_to_a_law_is_done_to_its_curve(generator: Any) -> None:
    """Against 200,000 values of the generator: the greatest distance stays below its 1 in 10^5 quantile."""
    from pytest_synthdata import TableFactory

    factory = type("SampleFactory", (TableFactory,), {"x": generator})
    values = factory._meta.bound().batch(0, 200_000).column(0).cast("float64").to_numpy()
    curve = curve_of(generator)
    points = np.unique(curve.ppf(np.linspace(0.01, 0.99, 99)))
    measured = np.searchsorted(np.sort(values), points + 1e-9, side="right") / len(values)
    assert np.abs(measured - curve.cdf(points)).max() < stats.kstwo.isf(1e-5, len(values))
    least, most = curve.support()
    assert least <= values.min()
    assert values.max() <= most


def test_validation_does_not_wait_for_scipy_stats() -> None:
    code = "import sys; from pytest_synthdata import Dataset; print(Dataset().validate().ok)"
    code += "; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "False"]
