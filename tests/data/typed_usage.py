"""What type checkers, and editors with them, know of the public names: they alone read this file."""

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from typing_extensions import assert_type

from pytest_synthdata import Categorical, Constant, Dataset, ForeignKey, Given, Key, LogNormal, Synth, Table, col, when
from pytest_synthdata.columns.expressions.conditions import When
from pytest_synthdata.columns.expressions.operators import Call, Column, Operation
from pytest_synthdata.columns.generators.modifiers import Clipped, Nullable, Rounded, Unique
from pytest_synthdata.factories import CustomerFactory, OrderFactory


def what_a_test_holds(synth: Synth) -> None:
    assert_type(synth.orders, DataFrame)
    assert_type(synth["payments"], DataFrame)
    assert_type(synth.clean["orders"], DataFrame)
    assert_type(synth.spark, SparkSession)
    assert_type(synth.seed, int)
    assert_type(synth.dataset.orders, Table)
    assert_type(synth.defects["orders"], Table)


def tables(spark: SparkSession) -> None:
    dataset = Dataset({CustomerFactory: 10, OrderFactory: None}, seed=7)
    assert_type(dataset.orders, Table)
    assert_type(dataset["orders"], Table)
    assert_type(dataset.take(orders=[1]), Dataset)
    assert_type(dataset.orders.num_rows, int)
    assert_type(dataset.orders.row_numbers.dtype, np.dtype[np.uint64])
    assert_type(dataset.orders.to_spark(spark), DataFrame)
    _: pa.Table = dataset.orders.to_arrow()


class PaymentFactory(OrderFactory):
    payment_id = Key("PAY-{:04d}")
    payer = ForeignKey(CustomerFactory)
    fee = LogNormal(0, 0.3).round(2)
    method = Categorical({"card": 0.8, "invoice": 0.2})


def declarations() -> None:
    assert_type(PaymentFactory.payment_id, Key)
    assert_type(PaymentFactory.payer, ForeignKey)
    assert_type(PaymentFactory.fee, Rounded)
    assert_type(PaymentFactory.method, Categorical)
    assert_type(LogNormal(0, 1).clip(0, 9), Clipped)
    assert_type(LogNormal(0, 1).nulls(0.1), Nullable)
    assert_type(Constant(1).unique(), Unique)
    assert_type(Given("tier", {"Free": 1}), Given)
    assert_type(col("amount"), Column)
    assert_type(col("amount") * 2 > 10, Operation)
    assert_type(col("name").contains("x"), Call)
    assert_type(when(col("amount") > 1, "much").otherwise("little"), When)
