"""Orders: more and larger ones from customers of the higher tiers."""

from __future__ import annotations

from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.numbers.distributions import LogNormal
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.factories.base import TableFactory
from pytest_synthdata.factories.customers import ACTIVITY, CustomerFactory


class OrderFactory(TableFactory):
    """A year of orders, none of which precedes its customer."""

    class Meta:
        table = "orders"
        rows = 25_000

    order_id = Key("ORD-{:06d}")
    customer = ForeignKey(
        CustomerFactory,
        weights=Given("tier", ACTIVITY),
        where=col("customer.created_at") <= col("order_date"),
    )
    amount = Given(
        "customer.tier",
        {"Enterprise": LogNormal(7, 0.8), "Pro": LogNormal(5, 0.7)},
        default=LogNormal(3.5, 0.6),
    ).round(2)
    status = Categorical({"completed": 0.85, "pending": 0.10, "cancelled": 0.05})
    order_date = Dates("2024-01-01", "2024-12-31")
