"""Correlations that chance gives are not printed: a share of false ones that is stated, over many tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr

from pytest_synthdata import Dataset, Given, TableFactory
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.infer.relations.significance import (
    discoveries,
    p_of_independence,
    p_of_none,
    p_of_same,
)
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import sample_of


def correlations(columns: dict[str, np.ndarray]) -> dict[tuple[str, str], float]:
    read = {"table": sample_of(pa.table(columns), "test")}
    return dict(next(iter(infer_tables(read, base=TableFactory)))[0].correlations)


def test_of_independent_columns_hardly_any_is_found() -> None:
    """With nothing to find, a tenth of the tables has a false one at most; of 20, 6 or more with a chance of 1.1 %."""
    random = np.random.default_rng(5)
    tables = [{f"c{k}": random.normal(0, 1, 400).round(3) for k in range(6)} for _ in range(20)]
    assert sum(bool(correlations(columns)) for columns in tables) < 6


def test_what_is_there_is_found_among_many_that_are_not() -> None:
    random = np.random.default_rng(6)
    columns = {f"c{k}": random.normal(0, 1, 500) for k in range(8)}
    columns["c1"] = 0.4 * columns["c0"] + 0.9 * columns["c1"]
    found = correlations({name: values.round(3) for name, values in columns.items()})
    assert found[("c0", "c1")] == pytest.approx(0.4, abs=0.12)  # 3 standard errors of 500 rows
    assert len(found) <= 2


def test_p_values_are_those_of_permutations() -> None:
    random = np.random.default_rng(7)
    one, other = np.arange(60) // 4, np.arange(60)  # with ties
    drawn = [abs(np.corrcoef(random.permutation(one), other)[0, 1]) for _ in range(4_000)]
    for correlation in (0.1, 0.2, 0.3):
        # A share of 4,000 has a standard error of 0.008 at most; the normal law is as near as 0.005.
        assert np.mean(np.array(drawn) >= correlation) == pytest.approx(p_of_none(correlation, 60), abs=0.03)


def test_samples_of_one_distribution_are_the_same() -> None:
    assert p_of_same(0.5, 0.5, 100, 100) == 1
    assert p_of_same(0.99, -0.2, 100, 100) < 1e-9
    assert p_of_same(1.0, 1.0, 10, 10) == 1


def test_discoveries_depend_on_how_many_are_looked_at() -> None:
    assert discoveries({"a": 0.01}, 0.05) == {"a"}
    assert discoveries({"a": 0.01, **{f"x{k}": 0.5 for k in range(20)}}, 0.05) == set()
    assert discoveries({}, 0.05) == set()


def test_many_strong_correlations_are_kept_at_once() -> None:
    """Counts that all follow one size, some missing where others are: no correlation is lost for the others' sake."""
    random = np.random.default_rng(8)
    size = random.lognormal(3, 1, 3_000)
    columns = {f"c{k}": random.poisson(size * (k + 1) / 8).astype(np.float64) for k in range(16)}
    missing = random.uniform(size=3_000) < 0.3
    for name in ("c3", "c5"):
        columns[name] = np.where(missing, np.nan, columns[name])
    read = {"table": sample_of(pa.table({name: pa.array(one, from_pandas=True) for name, one in columns.items()}), "x")}
    made = next(iter(infer_tables(read, base=TableFactory)))[1]
    table = Dataset({made: 3_000}, seed=1)["table"].to_arrow()
    for one, other in (("c0", "c15"), ("c3", "c5"), ("c8", "c9"), ("c3", "c12")):
        pairs = np.stack([np.asarray(table[name].to_numpy(), np.float64) for name in (one, other)])
        source = np.stack([columns[one], columns[other]])
        found, wanted = (spearmanr(*both[:, np.isfinite(both).all(axis=0)]).statistic for both in (pairs, source))
        assert found == pytest.approx(wanted, abs=0.1)


def test_an_order_of_many_values_is_no_relation() -> None:
    """Texts in the order of another column's means go along with it by chance; of 12 tables at most 3 find an order."""
    random = np.random.default_rng(9)
    texts = [f"text {number}" for number in range(60)]
    found = 0
    for _ in range(12):
        columns = {"kind": random.choice(texts, 800), **{f"c{k}": random.normal(0, 1, 800).round(3) for k in range(3)}}
        found += any("kind" in pair for pair in correlations(columns))
    assert found <= 3


def cases(columns: dict[str, list[str | None]]) -> list[str]:
    """The columns that are declared by cases of others."""
    read = {"table": sample_of(pa.table(columns), "test")}
    declared = next(iter(infer_tables(read, base=TableFactory)))[0].declarations
    return [name for name, one in declared.items() if isinstance(one, (Given, When))]


def drawn(random: np.random.Generator, count: int) -> dict[str, list[str | None]]:
    """Texts that have nothing to do with each other: some of few values, one of some 200 for at most 600 rows."""
    return {
        "month": [f"2024-{one:02d}" for one in random.integers(1, 10, count)],
        "flag": [(None, "Y", "N")[one] for one in random.integers(0, 3, count)],
        "code": [f"{'AB'[one]}{number}" for one, number in random.integers((0, 1), (2, 100), (count, 2))],
        "kind": [f"k{number}" for number in random.exponential(8, count).astype(int)],
    }


def test_independent_texts_are_not_given_by_cases() -> None:
    """Of columns that depend on nothing one in 500 may: of these 48 more than two with a chance of 1 in 8,000."""
    random = np.random.default_rng(9)
    assert sum(len(cases(drawn(random, count))) for count in (100, 300, 600) * 4) <= 2


def test_texts_that_depend_on_others_still_do() -> None:
    random = np.random.default_rng(10)
    columns = drawn(random, 600)
    columns["kind"] = [f"{flag}{one}" for flag, one in zip(columns["flag"], random.integers(0, 20, 600), strict=True)]
    assert cases(columns) == ["kind"]


def test_sparse_tables_have_the_p_values_of_permutations() -> None:
    random = np.random.default_rng(11)
    rows, columns = random.integers(0, 18, 600), random.integers(0, 200, 600)

    def table() -> np.ndarray:
        return np.bincount(random.permutation(rows) * 200 + columns, minlength=3_600).reshape(18, 200)

    p_values = np.array([p_of_independence(table()) for _ in range(1_500)])
    # Shares of 1,500 have standard errors of 0.006 and 0.013; the gamma law is as near as 0.01.
    assert (p_values < 0.05).mean() == pytest.approx(0.05, abs=0.03)
    assert (p_values < 0.5).mean() == pytest.approx(0.5, abs=0.06)


def test_what_a_third_column_explains_is_no_dependence() -> None:
    """In each value of the third column both others stand still or are independent."""
    of_one, of_other = np.array([[40, 40], [0, 0]]), np.array([[0, 0], [20, 20]])
    assert p_of_independence(of_one + of_other) == pytest.approx(1)
    assert p_of_independence(np.array([[40, 2], [2, 9]]), np.array([[9, 2], [2, 40]])) < 1e-6
    assert p_of_independence(np.array([[3, 0]])) == 1
