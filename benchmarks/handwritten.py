"""What a team writes by hand: NumPy and Faker in a loop, one row after the other, then `createDataFrame` and `count`.

The same business as ours, as far as a loop can: the customers' dates follow the calendar of today, an order may
precede its customer, and whatever exceeds 8,000 tickets is cut off, which loses December.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from faker import Faker

Rows = list[dict[str, Any]]

YEAR = datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2024-12-31")
INCIDENT = datetime.fromisoformat("2024-10-15"), datetime.fromisoformat("2024-10-25")
AMOUNTS = {"Enterprise": (7.0, 0.8), "Pro": (5.0, 0.7), "Free": (3.5, 0.6)}
HOURS = {"Critical": 4.0, "High": 12.0}
WEIGHTS = {"Enterprise": 5.0, "Pro": 2.0, "Free": 1.0}


def pick(shares: dict[Any, float]) -> Any:
    # NumPy's own string type is none that Spark knows.
    return np.random.choice(list(shares), p=list(shares.values())).item()


def customers(fake: Faker, count: int) -> Rows:
    rows = []
    for number in range(count):
        tier = pick({"Free": 0.60, "Pro": 0.30, "Enterprise": 0.10})
        revenue = {"Enterprise": lambda: np.random.lognormal(11, 0.5), "Pro": lambda: np.random.lognormal(8, 0.6)}
        rows.append(
            {
                "customer_id": f"CUST-{number:05d}",
                "name": fake.company(),
                "email": fake.company_email(),
                "tier": tier,
                "region": pick({"North": 0.40, "South": 0.25, "East": 0.20, "West": 0.15}),
                "arr": round(float(revenue.get(tier, float)()), 2),
                "created_at": fake.date_between(start_date="-2y", end_date="-6m"),
            }
        )
    return rows


def chooser(parents: Rows) -> Callable[[], dict[str, Any]]:
    by_id = {row["customer_id"]: row for row in parents}
    weights = np.array([WEIGHTS[row["tier"]] for row in parents])
    weights /= weights.sum()
    ids = list(by_id)
    return lambda: by_id[np.random.choice(ids, p=weights)]


def orders(fake: Faker, choose: Callable[[], dict[str, Any]], count: int) -> Rows:
    rows = []
    for number in range(count):
        customer = choose()
        rows.append(
            {
                "order_id": f"ORD-{number:06d}",
                "customer_id": customer["customer_id"],
                "amount": round(float(np.random.lognormal(*AMOUNTS[customer["tier"]])), 2),
                "status": pick({"completed": 0.85, "pending": 0.10, "cancelled": 0.05}),
                "order_date": fake.date_between(start_date=YEAR[0], end_date=YEAR[1]),
            }
        )
    return rows


def ticket_days() -> list[datetime]:
    days = []
    for offset in range((YEAR[1] - YEAR[0]).days + 1):
        day = YEAR[0] + timedelta(days=offset)
        volume = 15.0 if day.weekday() >= 5 else 25.0
        volume *= 3 if INCIDENT[0] <= day <= INCIDENT[1] else 1
        days += [day] * max(1, int(volume * np.random.normal(1, 0.15)))
    return days


def satisfaction(hours: float, *, locked_out: bool) -> int:
    if locked_out:
        return int(pick({1: 0.15, 2: 0.25, 3: 0.35, 4: 0.20, 5: 0.05}))
    if hours < 8:
        return int(pick({3: 0.1, 4: 0.3, 5: 0.6}))
    if hours < 24:
        return int(pick({2: 0.1, 3: 0.2, 4: 0.4, 5: 0.3}))
    return int(pick({1: 0.1, 2: 0.25, 3: 0.4, 4: 0.25}))


def tickets(choose: Callable[[], dict[str, Any]], count: int) -> Rows:
    rows = []
    for number, day in enumerate(ticket_days()[:count]):
        customer = choose()
        incident = INCIDENT[0] <= day <= INCIDENT[1]
        shares = (0.65, 0.15, 0.10, 0.10) if incident else (0.25, 0.30, 0.25, 0.20)
        category = pick(dict(zip(("Authentication", "Network", "Billing", "Account"), shares, strict=True)))
        if customer["tier"] == "Enterprise":
            priority = pick({"Critical": 0.3, "High": 0.5, "Medium": 0.2})
        else:
            priority = pick({"Critical": 0.05, "High": 0.20, "Medium": 0.45, "Low": 0.30})
        hours = float(np.random.exponential(HOURS.get(priority, 36.0)))
        rows.append(
            {
                "ticket_id": f"TKT-{number:06d}",
                "customer_id": customer["customer_id"],
                "category": category,
                "priority": priority,
                "resolution_hours": round(hours, 1),
                "csat_score": satisfaction(hours, locked_out=incident and category == "Authentication"),
                "created_at": day.strftime("%Y-%m-%d %H:%M:%S"),
            }
        )
    return rows


def business(customer_count: int, order_count: int, ticket_count: int) -> dict[str, Rows]:
    np.random.seed(42)
    random.seed(42)
    Faker.seed(42)
    fake = Faker()
    parents = customers(fake, customer_count)
    choose = chooser(parents)
    return {
        "customers": parents,
        "orders": orders(fake, choose, order_count),
        "tickets": tickets(choose, ticket_count),
    }
