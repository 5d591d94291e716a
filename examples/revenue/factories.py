"""This project's own table: payments of orders."""

from pytest_synthdata import Categorical, Exponential, ForeignKey, Given, Key, TableFactory, column
from pytest_synthdata.factories import OrderFactory


class PaymentFactory(TableFactory):
    class Meta:
        table = "payments"

    payment_id = Key("PAY-{:06d}")
    order = ForeignKey(OrderFactory)
    method = Given(
        "order.customer.tier",
        {"Enterprise": Categorical({"invoice": 0.9, "card": 0.1})},
        default=Categorical({"card": 0.7, "wallet": 0.3}),
    )
    days_late = Given("method", {"invoice": Exponential(12).round()}, default=0.0)

    @column
    def paid(order__amount):  # noqa: N805 - a column of amounts
        """Half of the amount now, half later."""
        return (order__amount / 2).round(2)
