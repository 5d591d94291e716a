"""Support tickets: a year with quiet weekends and one incident, in which nobody could log in."""

from __future__ import annotations

from pytest_synthdata.columns.expressions.conditions import when
from pytest_synthdata.columns.expressions.operators import col
from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.numbers.distributions import Exponential
from pytest_synthdata.columns.time.calendar import Timeline
from pytest_synthdata.columns.time.events import Event
from pytest_synthdata.declarations.foreign_keys import ForeignKey
from pytest_synthdata.factories.base import TableFactory
from pytest_synthdata.factories.customers import ACTIVITY, CustomerFactory

INCIDENT = Event("2024-10-15", "2024-10-25", 3.0)

_in_incident = col("created_at").during(INCIDENT)
_OTHER_PRIORITIES = Categorical({"Critical": 0.05, "High": 0.20, "Medium": 0.45, "Low": 0.30})


class TicketFactory(TableFactory):
    """Tickets in the order of their creation; the slower the resolution, the less satisfied the customer."""

    class Meta:
        table = "tickets"
        rows = 8_000

    ticket_id = Key("TKT-{:06d}")
    customer = ForeignKey(
        CustomerFactory,
        weights=Given("tier", ACTIVITY),
        where=col("customer.created_at") <= col("created_at"),
    )
    category = when(
        _in_incident,
        Categorical({"Authentication": 0.65, "Network": 0.15, "Billing": 0.10, "Account": 0.10}),
    ).otherwise(Categorical({"Authentication": 0.25, "Network": 0.30, "Billing": 0.25, "Account": 0.20}))
    priority = Given(
        "customer.tier",
        {"Enterprise": Categorical({"Critical": 0.3, "High": 0.5, "Medium": 0.2})},
        default=_OTHER_PRIORITIES,
    )
    resolution_hours = Given(
        "priority", {"Critical": Exponential(4), "High": Exponential(12)}, default=Exponential(36)
    ).round(1)
    csat_score = when(
        _in_incident & (col("category") == "Authentication"),
        Categorical({1: 0.15, 2: 0.25, 3: 0.35, 4: 0.20, 5: 0.05}),
    ).otherwise(
        Given(
            "resolution_hours",
            bins=[8, 24],
            then=[
                Categorical({3: 0.1, 4: 0.3, 5: 0.6}),
                Categorical({2: 0.1, 3: 0.2, 4: 0.4, 5: 0.3}),
                Categorical({1: 0.1, 2: 0.25, 3: 0.4, 4: 0.25}),
            ],
        )
    )
    created_at = Timeline("2024-01-01", "2024-12-31", daily=25, weekend=0.6, events=[INCIDENT], noise=0.15)
