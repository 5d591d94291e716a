"""The tables tell their story: what happened, whom it hit, what followed, what it cost."""

import datetime as dt

import pytest
from analysis import busiest_days, churn, lost_revenue, share_of
from subscriptions import LEAVING, OUTAGE, CustomerFactory, InvoiceFactory, TicketFactory

from pytest_synthdata import Dataset


@pytest.fixture(scope="module")
def dataset():
    return Dataset({CustomerFactory: 4_000, TicketFactory: 8_000, InvoiceFactory: None}, seed=42)


@pytest.fixture(scope="module")
def tables(dataset):
    return {table.name: table.to_arrow().to_pylist() for table in dataset}


def during(tickets):
    start, end = OUTAGE.days()
    return [ticket for ticket in tickets if start <= ticket["created_at"].date() <= end]


def test_tickets_show_when_it_happened(tables):
    first, last = busiest_days(tables["tickets"])
    start, end = OUTAGE.days()
    assert start <= first <= last <= end
    assert (last - first).days >= 9


def test_tickets_show_what_broke_and_where(tables):
    hit = during(tables["tickets"])
    others = [ticket for ticket in tables["tickets"] if ticket not in hit]
    assert share_of(hit, "category", "Authentication") > 2 * share_of(others, "category", "Authentication")
    region = {row["customer_id"]: row["region"] for row in tables["customers"]}
    west = sum(region[ticket["customer_id"]] == "West" for ticket in hit) / len(hit)
    assert west > 2 * sum(region[ticket["customer_id"]] == "West" for ticket in others) / len(others)


def test_satisfaction_fell(tables):
    hit = [ticket["satisfaction"] for ticket in during(tables["tickets"]) if ticket["category"] == "Authentication"]
    usual = [ticket["satisfaction"] for ticket in tables["tickets"] if ticket["category"] != "Authentication"]
    assert sum(hit) / len(hit) < sum(usual) / len(usual) - 0.4


def test_enterprise_customers_who_were_hit_left_three_weeks_later(tables):
    left = churn(tables["customers"], *LEAVING.days())
    assert left["Enterprise", True] > 0.25
    assert max(share for group, share in left.items() if group != ("Enterprise", True)) < 0.03


def test_what_it_cost(tables):
    lost = lost_revenue(tables["customers"], tables["invoices"], *LEAVING.days())
    hit = sum(
        row["was_hit"]
        and row["tier"] == "Enterprise"
        and row["churned_on"] is not None
        and LEAVING.days()[0] <= row["churned_on"] <= LEAVING.days()[1]
        for row in tables["customers"]
    )
    assert 1_500 * hit <= lost <= 2 * 1_500 * hit  # each has one or two invoices of 1,500 less
    assert sum(row["revenue"] for row in tables["customers"]) == sum(row["amount"] for row in tables["invoices"])


def test_nobody_is_billed_after_leaving(tables):
    churned = {row["customer_id"]: row["churned_on"] for row in tables["customers"]}
    for invoice in tables["invoices"]:
        day = churned[invoice["customer_id"]]
        assert day is None or invoice["issued_at"].date() <= day
    assert max(invoice["issued_at"] for invoice in tables["invoices"]).date() <= dt.date(2024, 12, 31)
