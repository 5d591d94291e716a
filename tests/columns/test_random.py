"""The raw uniforms: independent between rows, columns, tables and seeds, at row numbers of any size."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from pytest_synthdata.columns.distinct import distinct
from pytest_synthdata.columns.random import Bits, Floats, Stream, remix, uniform

COUNT = 200_000
PROBABLE = 1e-4  # a sound generator fails a single test once in 10,000; the words are fixed, so that it never flickers

STARTS = [0, 1, 10**6, 2**31 - COUNT // 2, 2**32 - COUNT // 2, 2**53 - COUNT // 2, 2**62, 2**63 - COUNT]
STREAMS = [("42", "orders", "amount"), ("0", "a", "b"), ("18446744073709551615", "tickets", "csat_score")]


def rows(start: int, count: int = COUNT, step: int = 1) -> Bits:
    return np.uint64(start) + np.arange(count, dtype=np.uint64) * np.uint64(step)


def correlation(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> float:
    return float(stats.pearsonr(x, y).pvalue)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("names", STREAMS)
def test_each_row_is_uniform_and_tells_nothing_of_the_next(names: tuple[str, ...], start: int) -> None:
    values = Stream(names).uniform(rows(start))
    assert values.min() > 0 and values.max() < 1  # noqa: PT018 - one promise
    assert stats.kstest(values, "uniform").pvalue > PROBABLE
    for lag in (1, 2, 7, 64, 4_096):
        assert correlation(values[:-lag], values[lag:]) > PROBABLE, lag
    pairs = np.histogram2d(values[::2], values[1::2], bins=32)[0].ravel()
    assert stats.chisquare(pairs).pvalue > PROBABLE


@pytest.mark.parametrize("step", [2, 3, 2**16, 2**32 + 1, 2**40])
def test_rows_far_apart_are_as_good_as_neighbours(step: int) -> None:
    values = Stream(STREAMS[0]).uniform(rows(5, 100_000, step))
    assert stats.kstest(values, "uniform").pvalue > PROBABLE
    assert correlation(values[:-1], values[1:]) > PROBABLE


def test_names_that_resemble_each_other_have_nothing_in_common() -> None:
    names = [
        ("42", "orders", "amount"),
        ("43", "orders", "amount"),
        ("42", "orders", "amounts"),
        ("42", "order", "samount"),
        ("42", "customers", "amount"),
        ("42", "orders", "amount", "nulls"),
    ]
    drawn = {key: Stream(key).uniform(rows(0)) for key in names}
    for first, second in combinations(names, 2):
        assert correlation(drawn[first], drawn[second]) > PROBABLE
        for shift in (1, 2, 1_000):
            assert correlation(drawn[first][shift:], drawn[second][:-shift]) > PROBABLE
        table = np.histogram2d(drawn[first], drawn[second], bins=16)[0].ravel()
        assert stats.chisquare(table).pvalue > PROBABLE


def test_many_streams_at_one_row_are_uniform() -> None:
    first = np.array([Stream((str(seed), "t", "c")).bits(rows(0, 1))[0] for seed in range(20_000)])
    assert stats.kstest(uniform(first), "uniform").pvalue > PROBABLE


@pytest.mark.parametrize("start", [0, 2**40, 2**63 - 2**20])
def test_words_collide_no_more_often_than_chance(start: int) -> None:
    """Among n words of 64 bits, cut to 40, n²/2⁴¹ pairs are expected to be equal: a Poisson number of them."""
    count = 1 << 20
    words = Stream(STREAMS[0]).bits(rows(start, count))
    assert len(distinct(words)) == count
    for cut in (words >> np.uint64(24), words & np.uint64(2**40 - 1)):
        collisions = count - len(distinct(cut))
        expected = count**2 / 2**41
        assert stats.poisson(expected).cdf(collisions) > PROBABLE
        assert stats.poisson(expected).sf(collisions - 1) > PROBABLE


def test_every_bit_is_fair_and_changes_with_every_bit_of_the_row() -> None:
    count = 20_000
    base = Stream(STREAMS[1]).bits(rows(0, count))
    bounds = stats.binom(count, 0.5).ppf([PROBABLE / 64 / 64, 1 - PROBABLE / 64 / 64])

    def ones(words: Bits) -> npt.NDArray[np.int64]:
        return np.array([int(((words >> np.uint64(bit)) & np.uint64(1)).sum()) for bit in range(64)])

    assert (bounds[0] <= ones(base)).all()
    assert (ones(base) <= bounds[1]).all()
    for flipped in range(64):
        other = Stream(STREAMS[1]).bits(rows(0, count) ^ np.uint64(1 << flipped))
        changed = ones(base ^ other)
        assert (bounds[0] <= changed).all(), flipped
        assert (changed <= bounds[1]).all(), flipped


def test_a_remixed_word_is_independent_of_the_word() -> None:
    words = Stream(STREAMS[0]).bits(rows(0))
    first, second = uniform(words), uniform(remix(words))
    assert stats.kstest(second, "uniform").pvalue > PROBABLE
    assert correlation(first, second) > PROBABLE


def test_the_ends_are_never_reached() -> None:
    extremes: Floats = uniform(np.array([0, 2**64 - 1], np.uint64))
    assert extremes.tolist() == [2.0**-53, 1 - 2.0**-53]
