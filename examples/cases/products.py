"""Products and their sales: a few products sell most, and categories differ in price."""

from pytest_synthdata import (
    Categorical,
    Fake,
    ForeignKey,
    Given,
    Key,
    LogNormal,
    Pareto,
    Poisson,
    TableFactory,
    Timeline,
    col,
)


class ProductFactory(TableFactory):
    class Meta:
        table = "products"
        rows = 500

    product_id = Key("P-{:04d}")
    name = Fake("catch_phrase")
    category = Categorical({"Clothing": 0.4, "Home": 0.3, "Electronics": 0.2, "Toys": 0.1})
    price = Given(
        "category", {"Electronics": LogNormal(5.5, 0.8), "Home": LogNormal(4, 0.7)}, default=LogNormal(3, 0.5)
    ).cast("decimal(10,2)")


class SaleFactory(TableFactory):
    class Meta:
        table = "sales"
        rows = 20_000

    sale_id = Key("S-{:06d}")
    # A popularity of its own for each product, and electronics three times as popular as the rest.
    product = ForeignKey(
        ProductFactory, weights=Given("category", {"Electronics": Pareto(2.5) * 3.0}, default=Pareto(2.5))
    )
    quantity = Poisson(0.4) + 1
    amount = (col("product.price") * col("quantity")).cast("decimal(12,2)")
    sold_at = Timeline("2024-01-01", "2024-12-31", weekend=1.4, season={11: 1.5, 12: 2.0})
