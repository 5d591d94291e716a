"""`validate()` of dirty data finds every kind of defect that contradicts a declaration."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    Defect,
    Duplicates,
    Late,
    Malformed,
    Missing,
    Nasty,
    Normal,
    Orphans,
    OutOfRange,
    Repeated,
    Stale,
    Swapped,
    Typos,
    col,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory


class VisitFactory(OrderFactory):
    class Meta:
        table = "visits"

    tier = col("customer.tier")
    email = col("customer.email")
    next_date = Dates("2025-01-01", "2025-12-31")
    score = Categorical({1: 0.5, 2: 0.5})
    drift = Normal(0, 1)
    total = (col("amount") * 2).round(2)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (Missing("amount", 0.01), "visits.amount: nulls"),
        (Missing("order_id", 0.01), "visits.order_id: nulls"),
        (Missing("customer_id", 0.01), "visits.customer: nulls"),
        (Nasty("status", 0.01), "visits.status: other values"),
        (Nasty("amount", 0.02), "visits.amount: outside of the range"),
        (Nasty("drift", 0.02), "visits.drift: outside of the range"),
        (Nasty("order_date", 0.01), "visits.order_date: outside of the range"),
        (OutOfRange("amount", 0.01), "visits.amount: outside of the range"),
        (OutOfRange("status", 0.01), "visits.status: other values"),
        (OutOfRange("score", 0.01), "visits.score: other values"),
        (OutOfRange("order_date", 0.01), "visits.order_date: outside of the range"),
        (Malformed("order_id", 0.01), "visits.order_id: format"),
        (Malformed("email", 0.01), "visits.email: not as computed"),
        (Typos("status", 0.01), "visits.status: other values"),
        (Swapped("order_date", "next_date", 0.01), "visits.next_date: outside of the range"),
        (Repeated("order_id", 0.01), "visits.order_id: duplicates"),
        (Duplicates(0.01), "visits.order_id: duplicates"),
        (Orphans("customer", 0.01), "visits.customer: orphans"),
        (Late("order_date", 0.01, by=400), "visits.order_date: outside of the range"),
        (Stale("tier", 0.01), "visits.tier: not as computed"),
        (Defect("tripled", lambda total: total * 3, "total", 0.01), "visits.total: not as computed"),
    ],
    ids=lambda value: value.title if hasattr(value, "title") and not isinstance(value, str) else "",
)
def test_what_contradicts_a_declaration_is_found(kind: Any, found: str) -> None:
    dataset = Dataset({CustomerFactory: 100, VisitFactory: 2_000}, defects={VisitFactory: [kind]})
    failed = [str(check) for check in dataset.validate().failed]
    assert any(check.startswith(found) for check in failed), failed
    assert all(check.startswith("visits.") for check in failed)


def test_the_same_rows_without_defects_are_as_declared() -> None:
    dataset = Dataset({CustomerFactory: 100, VisitFactory: 2_000}, defects={VisitFactory: [Nasty("amount", 0.5)]})
    assert dataset.clean.validate().ok
