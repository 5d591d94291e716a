from shop.latest import latest_orders


def test_every_customer_has_one_latest_order(synth):
    latest = latest_orders(synth.orders)
    assert latest.count() == latest.select("customer_id").distinct().count()
