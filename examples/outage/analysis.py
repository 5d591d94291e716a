"""What an analyst would compute: when tickets rose, who left, and what that cost."""

import datetime as dt
from collections import Counter
from decimal import Decimal

WEEK = dt.timedelta(days=7)


def busiest_days(tickets, times=2.0):
    """The days with more than so many times the usual number of tickets, first and last."""
    days = Counter(ticket["created_at"].date() for ticket in tickets)
    usual = sorted(days.values())[len(days) // 2]
    busy = sorted(day for day, count in days.items() if count > times * usual)
    return busy[0], busy[-1]


def share_of(rows, column, value):
    """How many of some rows have a value."""
    return sum(row[column] == value for row in rows) / max(len(rows), 1)


def churn(customers, start, end):
    """By tier and whether they were hit: the share of customers who left between two days."""
    groups = {}
    for row in customers:
        groups.setdefault((row["tier"], row["was_hit"]), []).append(
            row["churned_on"] is not None and start <= row["churned_on"] <= end
        )
    return {group: sum(left) / len(left) for group, left in groups.items()}


def lost_revenue(customers, invoices, start, end):
    """What those who left between two days would still have paid until the end of the year, at their usual rate."""
    leavers = {
        row["customer_id"]: row["churned_on"]
        for row in customers
        if row["was_hit"] and row["tier"] == "Enterprise" and row["churned_on"] and start <= row["churned_on"] <= end
    }
    amount, last = {}, {}
    for invoice in invoices:
        customer = invoice["customer_id"]
        if customer in leavers:
            amount[customer], last[customer] = invoice["amount"], invoice["issued_at"].date()
    year_end = dt.date(2024, 12, 31)
    return sum((amount[one] * ((year_end - last[one]).days // 30) for one in amount), Decimal())
