"""Customers and their orders: Enterprise customers order more often, and more at a time."""

from pytest_synthdata import Categorical, Dates, Email, Fake, ForeignKey, Given, Key, LogNormal, TableFactory, col


class CustomerFactory(TableFactory):
    class Meta:
        table = "customers"
        rows = 2_500

    customer_id = Key("CUST-{:05d}")
    name = Fake("company")
    email = Email("name")
    tier = Categorical({"Free": 0.6, "Pro": 0.3, "Enterprise": 0.1})
    region = Categorical({"North": 0.4, "South": 0.25, "East": 0.2, "West": 0.15})
    created_at = Dates("2022-07-01", "2024-06-30")


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"
        rows = 25_000

    order_id = Key("ORD-{:06d}")
    customer = ForeignKey(
        CustomerFactory,
        weights=Given("tier", {"Enterprise": 5, "Pro": 2, "Free": 1}),
        where=col("customer.created_at") <= col("order_date"),
    )
    amount = Given(
        "customer.tier", {"Enterprise": LogNormal(7, 0.8), "Pro": LogNormal(5, 0.7), "Free": LogNormal(3.5, 0.6)}
    ).round(2)
    status = Categorical({"completed": 0.85, "pending": 0.1, "cancelled": 0.05})
    order_date = Dates("2024-01-01", "2024-12-31")
