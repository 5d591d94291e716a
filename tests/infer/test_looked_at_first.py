"""What is told from a column's first values alone is what all of them say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from pytest_synthdata.columns.time.calendar import OFFICE_HOURS
from pytest_synthdata.infer.relations.deciders import decider, in_parts
from pytest_synthdata.infer.times.moments import _step_of
from pytest_synthdata.infer.times.timelines import usual_hours
from pytest_synthdata.infer.values.distinct import all_differ, may_be_few
from pytest_synthdata.infer.values.fitting import resolution_of

COUNT = 20_000


@pytest.mark.parametrize("first", [True, False])
def test_one_value_that_comes_twice_is_seen_wherever_it_stands(first: bool) -> None:
    for numbers in (np.arange(COUNT), np.random.default_rng(1).permutation(COUNT)):
        assert all_differ(pa.array(numbers))
        numbers[1 if first else -1] = numbers[0]
        assert not all_differ(pa.array(numbers))


def test_few_values_are_told_from_many() -> None:
    late = pa.array([*[1] * COUNT, *range(2, 60)])
    assert may_be_few(late, 40), "the first are few: all are to be looked at"
    assert decider("late", late) is None
    assert not may_be_few(pa.array(range(COUNT)), 40)
    few = decider("few", pa.array([*[1] * COUNT, 2]))
    assert few is not None
    assert few.categories == (1, 2)


def test_the_finest_value_decides_wherever_it_stands() -> None:
    assert resolution_of(np.array([*[1.5] * COUNT, 1.25])).digits == 2
    assert _step_of(np.array([*np.arange(COUNT) * 3_600_000_000, 60_000_000])) == 60_000_000


def test_parts_are_the_same_in_order_and_not() -> None:
    numbers = np.arange(COUNT)
    mixed = np.random.default_rng(2).permutation(COUNT)
    ordered, shuffled = (in_parts("number", pa.array(one)) for one in (numbers, mixed))
    assert ordered is not None
    assert shuffled is not None
    assert ordered.categories == shuffled.categories
    assert np.array_equal(ordered.codes[mixed], shuffled.codes)


@pytest.mark.parametrize("shift", [0, 1])
def test_office_hours_are_told_by_the_chi_square_test(shift: int) -> None:
    usual = np.array(OFFICE_HOURS, float)
    hours = np.random.default_rng(3).choice(24, 2_000, p=np.roll(usual / usual.sum(), shift))
    expected = usual / usual.sum() * len(hours)
    p_value = stats.chisquare(np.bincount(hours, minlength=24), expected).pvalue
    assert (usual_hours(hours * 3_600) is None) == (p_value > 0.001) == (shift == 0)
