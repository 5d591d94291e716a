"""Distribution functions and p-values are those of SciPy, which is not imported to calculate them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from pytest_synthdata import Dataset, TableFactory, Uniform
from pytest_synthdata.validation.declared.curves import Curve
from pytest_synthdata.validation.declared.steps import Round, Scale
from pytest_synthdata.validation.keys.forms import Form, numbers_in
from pytest_synthdata.validation.measures import CurveMeasure
from pytest_synthdata.validation.rows import Rows
from pytest_synthdata.validation.statistics import Counting, Whole, chi_square_p

SHARES = (np.arange(1, 40) / 40).tolist()


def test_chi_square_is_scipys_for_cells_that_are_common_enough() -> None:
    counts, likely = np.array([18, 35, 27, 20]), np.array([0.25, 0.25, 0.25, 0.25])
    assert chi_square_p(counts, likely) == pytest.approx(stats.chisquare(counts, likely * 100).pvalue)
    assert chi_square_p(np.array([25, 25, 25, 25]), likely) == pytest.approx(1)


@pytest.mark.parametrize("lam", [0.3, 7.0, 40_000.0])
def test_counts_are_poissons(lam: float) -> None:
    counts = Counting(lam)
    assert counts.ppf(SHARES).tolist() == stats.poisson(lam).ppf(SHARES).tolist()
    assert counts.cdf([-1, 0, lam]) == pytest.approx(stats.poisson(lam).cdf([-1, 0, lam]), rel=1e-9)
    assert counts.ppf(0.0) == max(0, int(lam - 12 * lam**0.5 - 40))


def test_whole_numbers_are_evenly_spread() -> None:
    assert Whole(3, 7).ppf([0.0, 0.1, 0.2, 0.5, 0.99, 1.0]).tolist() == [3, 3, 3, 5, 7, 7]
    assert Whole(3, 7).cdf([2, 3, 5, 7, 9]) == pytest.approx([0, 0.2, 0.6, 1, 1])


@pytest.mark.parametrize("digits", [-2, 0, 1])
def test_rounded_numbers_have_the_probability_of_what_is_rounded_to_them(digits: int) -> None:
    unit = 10.0**-digits
    curve = Curve(stats.norm(0, 3 * unit)).then(Scale(2.0, 0.0)).then(Round(digits))
    at = np.array([-4, -1, 0, 1, 3]) * unit
    # Up to 1.5 units, what is below becomes 1 or less: halves go to the even neighbour, and have no probability.
    assert curve.cdf(at) == pytest.approx(stats.norm(0, 6 * unit).cdf(at + unit / 2), abs=1e-5)


def test_the_middle_and_the_spread_of_numbers_have_the_p_values_of_a_mean() -> None:
    class ReadingFactory(TableFactory):
        x = Uniform(0, 1)

    rows = Rows(Dataset({ReadingFactory: 1}).readings.bound, {})

    def p_values(values: Any) -> dict[str, Any]:
        measure = CurveMeasure(Curve(stats.uniform(0, 1)))
        measure.add(values, np.arange(len(values)), rows)
        return {finding[0]: finding[5] for finding in measure.checks()}

    even = (np.arange(400) + 0.5) / 400
    lower, narrower = p_values(even * 0.9), p_values(0.5 + (even - 0.5) * 0.9)
    # The standard deviation of a mean of 400 uniform numbers is 1 / √4,800; of their distances from 0.5, 1 / √19,200.
    assert lower["median"] == pytest.approx(2 * stats.norm.sf(0.05 * 4_800**0.5), rel=0.1)
    assert narrower["median"] == pytest.approx(1, abs=0.01)
    assert narrower["spread"] == pytest.approx(2 * stats.norm.sf(0.025 * 19_200**0.5), rel=0.1)
    assert "spread" not in p_values(even[:29])
    assert "spread" in p_values(even[:30])


def test_a_key_has_its_numbers_between_the_texts_around_it_and_no_others() -> None:
    keys = pa.array(["A01-x", "A02-x", "A3-x", "A04-y", "B05-x", "A100-x", "A006-x", None, "A0b-x"])
    assert numbers_in(keys, Form("A", 2, "-x")).tolist() == [1, 2, -1, -1, -1, 100, -1, -1, -1]
