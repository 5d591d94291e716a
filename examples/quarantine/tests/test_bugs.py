"""Tests on clean data pass with every bug; tests on dirty data fail with each."""

import pytest
from intake.as_first_written import BUGS
from planted import BAD_DAY

from pytest_synthdata import assert_caught

pytestmark = pytest.mark.synth(customers=200, orders=3_000, tickets=1)
each_bug = pytest.mark.parametrize("split", BUGS.values(), ids=BUGS)


@each_bug
def test_clean_data_does_not_see_it(synth, split):
    good, bad = split(synth.orders, synth.customers)
    assert (good.count(), bad.count()) == (3_000, 0)


@each_bug
@pytest.mark.synth(defects=BAD_DAY)
def test_dirty_data_sees_it(synth, split):
    _, bad = split(synth.orders, synth.customers)
    with pytest.raises(AssertionError, match=r"dirty rows missed|clean rows thrown out"):
        assert_caught(bad, synth.defects["orders"])
