"""Customers: companies in three tiers, whose revenue follows from the tier."""

from __future__ import annotations

from pytest_synthdata.columns.generators.categories import Categorical
from pytest_synthdata.columns.generators.given import Given
from pytest_synthdata.columns.generators.keys import Key
from pytest_synthdata.columns.generators.numbers.distributions import LogNormal
from pytest_synthdata.columns.providers.fake import Fake
from pytest_synthdata.columns.text.template import Email
from pytest_synthdata.columns.time.dates import Dates
from pytest_synthdata.factories.base import TableFactory

# How many times as many orders and tickets a customer of each tier makes.
ACTIVITY = {"Enterprise": 5, "Pro": 2, "Free": 1}


class CustomerFactory(TableFactory):
    """The master table. Everyone signed up before the year of business began, between 2 years and 6 months ago."""

    class Meta:
        table = "customers"
        rows = 2_500

    customer_id = Key("CUST-{:05d}")
    name = Fake("company")
    email = Email("name")  # at the company's own domain, which the row number makes unique
    tier = Categorical({"Free": 0.60, "Pro": 0.30, "Enterprise": 0.10})
    region = Categorical({"North": 0.40, "South": 0.25, "East": 0.20, "West": 0.15})
    # Annual recurring revenue: a median of about 60,000 for Enterprise and 3,000 for Pro.
    arr = Given("tier", {"Enterprise": LogNormal(11, 0.5), "Pro": LogNormal(8, 0.6), "Free": 0.0}).round(2)
    created_at = Dates("-2y", "-6m", anchor="2024-01-01")
