"""The business as plain factory_boy factories: Faker and Python's `random`, an object a row."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import factory
import factory.random

Rows = list[dict[str, Any]]

YEAR = [date(2024, 1, 1) + timedelta(days=offset) for offset in range(366)]
DAY_WEIGHTS = [
    (0.6 if day.weekday() >= 5 else 1.0) * (3.0 if date(2024, 10, 15) <= day <= date(2024, 10, 25) else 1.0)
    for day in YEAR
]
AMOUNTS = {"Enterprise": (7.0, 0.8), "Pro": (5.0, 0.7), "Free": (3.5, 0.6)}
randgen = factory.random.randgen


def pick(shares: dict[Any, float]) -> Any:
    return randgen.choices(list(shares), list(shares.values()))[0]


class Customers(factory.DictFactory):
    customer_id = factory.Sequence("CUST-{:05d}".format)
    name = factory.Faker("company")
    email = factory.Faker("company_email")
    tier = factory.LazyFunction(lambda: pick({"Free": 0.60, "Pro": 0.30, "Enterprise": 0.10}))
    region = factory.LazyFunction(lambda: pick({"North": 0.40, "South": 0.25, "East": 0.20, "West": 0.15}))
    arr = factory.LazyAttribute(
        lambda row: round({"Free": 0.0, "Pro": randgen.lognormvariate(8, 0.6)}.get(
            row.tier, randgen.lognormvariate(11, 0.5)), 2)
    )  # fmt: skip
    created_at = factory.Faker("date_between", start_date=date(2022, 1, 1), end_date=date(2023, 7, 1))


class Orders(factory.DictFactory):
    order_id = factory.Sequence("ORD-{:06d}".format)
    amount = factory.LazyAttribute(lambda row: round(randgen.lognormvariate(*AMOUNTS[row.customer["tier"]]), 2))
    customer_id = factory.LazyAttribute(lambda row: row.customer["customer_id"])
    status = factory.LazyFunction(lambda: pick({"completed": 0.85, "pending": 0.10, "cancelled": 0.05}))
    order_date = factory.Faker("date_between", start_date=YEAR[0], end_date=YEAR[-1])

    class Meta:
        exclude = ("customer",)

    class Params:
        customer: Any = None


class Tickets(factory.DictFactory):
    ticket_id = factory.Sequence("TKT-{:06d}".format)
    customer_id = factory.LazyAttribute(lambda row: row.customer["customer_id"])
    category = factory.LazyFunction(
        lambda: pick({"Authentication": 0.25, "Network": 0.30, "Billing": 0.25, "Account": 0.20})
    )
    priority = factory.LazyFunction(lambda: pick({"Critical": 0.05, "High": 0.20, "Medium": 0.45, "Low": 0.30}))
    resolution_hours = factory.LazyAttribute(
        lambda row: round(randgen.expovariate(1 / {"Critical": 4, "High": 12}.get(row.priority, 36)), 1)
    )
    csat_score = factory.LazyFunction(lambda: pick({1: 0.1, 2: 0.25, 3: 0.4, 4: 0.25}))
    created_at = factory.LazyFunction(lambda: randgen.choices(YEAR, DAY_WEIGHTS)[0])

    class Meta:
        exclude = ("customer",)

    class Params:
        customer: Any = None


def business(customer_count: int, order_count: int, ticket_count: int) -> dict[str, Rows]:
    factory.random.reseed_random(42)
    customers = Customers.build_batch(customer_count)
    weights = [{"Enterprise": 5, "Pro": 2, "Free": 1}[row["tier"]] for row in customers]

    def children(one: Any, count: int) -> Rows:
        return [one.build(customer=customer) for customer in randgen.choices(customers, weights, k=count)]

    return {
        "customers": customers,
        "orders": children(Orders, order_count),
        "tickets": children(Tickets, ticket_count),
    }
