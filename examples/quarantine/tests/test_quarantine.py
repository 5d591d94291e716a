import pytest
from intake.quarantine import split
from planted import BAD_DAY

from pytest_synthdata import assert_caught

pytestmark = pytest.mark.synth(customers=200, orders=3_000, tickets=1)


def test_clean_orders_are_all_good(synth):
    good, bad = split(synth.orders, synth.customers)
    assert (good.count(), bad.count()) == (3_000, 0)


@pytest.mark.synth(defects=BAD_DAY)
def test_exactly_the_dirty_orders_are_bad(synth):
    good, bad = split(synth.orders, synth.customers)
    assert_caught(bad, synth.defects["orders"])
    assert good.count() + bad.count() == synth.orders.count()


@pytest.mark.synth(defects=BAD_DAY)
def test_good_orders_are_as_they_should_be(synth):
    good, _ = split(synth.orders, synth.customers)
    dirty = synth.defects["orders"].to_spark(synth.spark)
    untouched = synth.clean["orders"].join(dirty.where("column IS NOT NULL"), "order_id", "left_anti")
    assert untouched.select("order_id").exceptAll(good.select("order_id")).count() == 0
