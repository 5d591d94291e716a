"""When something happens to the rows of a table."""

import numpy as np
import pytest

from pytest_synthdata.columns.random import Stream
from pytest_synthdata.columns.versions.occurrences import DAY, NEVER, YEAR, Occurrences


def occurrences(rate: float) -> Occurrences:
    return Occurrences(Stream(("42", "accounts", "tier", "version", "time")), rate)


@pytest.mark.parametrize("rate", [0.05, 0.8, 5.0, 40.0])
def test_it_happens_as_often_as_declared(rate: float) -> None:
    rows = np.arange(50_000, dtype=np.uint64)
    counts = occurrences(rate).count(rows, 54 * YEAR, 55 * YEAR)
    # A count has at most Poisson's variance: five standard deviations of the mean.
    assert abs(counts.mean() - rate) < 5 * np.sqrt(rate / len(rows))


def test_rows_do_not_know_of_each_other() -> None:
    counts = occurrences(2.0).count(np.arange(50_000, dtype=np.uint64), 0, YEAR)
    # The correlation of independent rows is normal around 0 with a standard deviation of 1 / sqrt(n).
    assert abs(np.corrcoef(counts[:-1], counts[1:])[0, 1]) < 5 / np.sqrt(50_000)
    assert counts.var() > 0.7 * 2.0  # near to a Poisson process, whose variance is its mean


def test_every_time_of_a_year_is_as_likely() -> None:
    rows = np.arange(20_000, dtype=np.uint64)
    months = [occurrences(6.0).count(rows, YEAR * n // 12, YEAR * (n + 1) // 12).mean() for n in range(12)]
    # Half an occurrence a row and month: five standard deviations of a mean with Poisson's variance.
    assert np.allclose(months, 0.5, atol=5 * np.sqrt(0.5 / 20_000))


@pytest.mark.parametrize("rate", [0.02, 0.8, 30.0, 400.0])
def test_the_rows_of_a_day_are_found_from_the_day(rate: float) -> None:
    start, stop = 19_000 * DAY, 19_003 * DAY - 1
    rows, times = occurrences(rate).between(start, stop, 1_000, 9_500)
    all_rows = np.arange(1_000, 9_500, dtype=np.uint64)
    counts = occurrences(rate).count(all_rows, start - 1, stop)
    assert counts.sum() > 0
    assert np.array_equal(np.bincount(rows.astype(int), minlength=9_500)[1_000:], counts)
    assert times.min() >= start
    assert times.max() <= stop


def test_the_first_occurrence_is_the_first_of_them() -> None:
    rows = np.arange(3_000, dtype=np.uint64)
    since = np.full(3_000, 10 * YEAR)
    first = occurrences(0.3).first(rows, since, 12 * YEAR)
    some, times = occurrences(0.3).between(10 * YEAR + 1, 12 * YEAR, 0, 3_000)
    expected = np.full(3_000, NEVER)
    np.minimum.at(expected, some.astype(int), times)
    assert np.array_equal(first, expected)
    assert (first == NEVER).any()


def test_a_row_is_the_same_among_any_others() -> None:
    whole = occurrences(3.0).count(np.arange(100_000, dtype=np.uint64), 0, YEAR)
    some = np.array([99_999, 5, 4_096, 5], np.uint64)
    assert occurrences(3.0).count(some, 0, YEAR).tolist() == whole[some].tolist()


def test_the_last_occurrence_is_the_last_of_them() -> None:
    rows = np.arange(3_000, dtype=np.uint64)
    since, until = np.full(3_000, 10 * YEAR), 11 * YEAR + rows.astype(np.int64) * DAY // 10
    last = occurrences(0.3).last(rows, since, until)
    some, times = occurrences(0.3).between(10 * YEAR + 1, 12 * YEAR, 0, 3_000)
    expected = since.copy()
    known = times <= until[some.astype(int)]
    np.maximum.at(expected, some.astype(int)[known], times[known])
    assert np.array_equal(last, expected)
    assert (last == since).any()
