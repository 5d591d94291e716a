"""Customers who change their plan and their city, and leave."""

from pytest_synthdata import Categorical, History, Key, TableFactory, Update


class CustomerFactory(TableFactory):
    class Meta:
        table = "customers"
        rows = 60
        history = History(
            "2024-06-01",
            "2024-06-06",
            updates={
                "plan": Update(90, to={"Free": {"Pro": 0.6}, "Pro": {"Free": 0.2, "Team": 0.3}, "Team": {"Pro": 0.3}}),
                "city": 36,
            },
            deletes=6,
        )

    customer_id = Key("CUST-{:04d}")
    plan = Categorical({"Free": 0.6, "Pro": 0.3, "Team": 0.1})
    city = Categorical(["Oslo", "Rome", "Lima", "Cork"])
