"""A table of the project's own joins the data."""

import pytest
from factories import PaymentFactory
from pyspark.sql import functions as F  # noqa: N812 - Spark's custom


@pytest.mark.synth(customers=500, orders=5_000, seed=7, factories=[PaymentFactory], payments=1_000)
def test_payments_are_half_of_their_order(synth):
    joined = synth.payments.join(synth.orders, "order_id")
    assert joined.count() == 1_000
    assert joined.filter(F.abs(F.col("paid") - F.col("amount") / 2) > 0.006).count() == 0


@pytest.mark.synth(customers=500, orders=5_000, seed=7, factories=[PaymentFactory], payments=1_000)
def test_only_enterprise_pays_by_invoice(synth):
    invoiced = synth.payments.filter("method = 'invoice'").join(synth.orders, "order_id")
    tiers = {row.tier for row in invoiced.join(synth.customers, "customer_id").select("tier").distinct().collect()}
    assert tiers == {"Enterprise"}


def test_one_payment_by_hand():
    payment = PaymentFactory.build(order__amount=20.0)
    assert payment.paid == 10.0
