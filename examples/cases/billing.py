"""Customers, orders and line items: an order's total is the exact sum of its lines, and no product is on it twice."""

from pytest_synthdata import (
    Categorical,
    Count,
    Dates,
    Fake,
    ForeignKey,
    Given,
    Key,
    LogNormal,
    Ordinal,
    Poisson,
    Sum,
    TableFactory,
    col,
)


class CustomerFactory(TableFactory):
    class Meta:
        table = "customers"
        rows = 200

    customer_id = Key("C-{:04d}")
    name = Fake("name")
    segment = Categorical({"consumer": 0.7, "business": 0.3})


class ProductFactory(TableFactory):
    class Meta:
        table = "products"
        rows = 300

    product_id = Key("P-{:04d}")
    price = LogNormal(3, 0.9).cast("decimal(10,2)")


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"
        rows = 2_000

    order_id = Key("O-{:06d}")
    customer = ForeignKey(CustomerFactory, weights=Given("segment", {"business": 4, "consumer": 1}))
    ordered_on = Dates("2024-01-01", "2024-12-31")
    total_amount = Sum("line_items.amount")
    num_lines = Count("line_items")


class LineItemFactory(TableFactory):
    class Meta:
        table = "line_items"

    order = ForeignKey(OrderFactory, per_parent=Poisson(2) + 1)
    line = Ordinal("order")
    product = ForeignKey(ProductFactory, distinct_within="order")
    quantity = Poisson(1) + 1
    amount = (col("product.price") * col("quantity")).cast("decimal(12,2)")
