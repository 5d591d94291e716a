"""The filter lets good orders pass and says what is wrong with the others."""

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F  # noqa: N812 - Spark's custom
from shop.quality import split_orders


@pytest.mark.synth(customers=200, orders=2_000)
class TestSplit:
    def test_coherent_orders_pass(self, synth):
        good, bad = split_orders(synth.orders, synth.customers)
        assert bad.count() == 0
        assert_df_equality(good, synth.orders, ignore_row_order=True, ignore_column_order=True)

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ({"customer_id": "CUST-99999"}, "unknown customer"),
            ({"amount": 0.0}, "no amount"),
            ({"amount": None}, "no amount"),
            ({"order_date": "1999-01-01"}, "before sign-up"),
        ],
    )
    def test_faults_are_named(self, synth, fault, reason):
        ((column, value),) = fault.items()
        broken = F.col("order_id") == "ORD-000017"
        type_ = dict(synth.orders.dtypes)[column]
        orders = synth.orders.withColumn(column, F.when(broken, F.lit(value).cast(type_)).otherwise(F.col(column)))
        good, bad = split_orders(orders, synth.customers)
        assert [(row.order_id, row.reason) for row in bad.collect()] == [("ORD-000017", reason)]
        assert good.count() == 1_999
