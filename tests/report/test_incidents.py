"""What an incident did: rows a day before and during it, and what share of them was of which kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pytest_synthdata.report.terminal import incident
from pytest_synthdata.validation.results import Check, Days

EVENT = ("2024-01-05", "2024-01-06", 3.0)
DAYS = Days("at", "2024-01-01", (1, 2, 3, 2, 8, 4, 1), (1.0,) * 7, (EVENT,))


def check(kind: str, condition: str, subject: str = "login") -> Check:
    return Check("t", "category", kind, subject, condition, 0.6, 0.55, 9, 0.5, None, True, ())


def test_volumes_and_shares_are_those_of_its_days() -> None:
    within = "at in 2024-01-05 … 2024-01-06"
    others = [check("share", "other"), check("unlike", within), check("median", within), check("Share", within)]
    table: Any = SimpleNamespace(checks=[*others, check("share", within), check("share", within, "billing")])
    facts = incident(table, DAYS, EVENT)
    assert (facts["before"], facts["during"], facts["multiplier"], facts["declared"]) == (2.0, 6.0, 3.0, 3.0)
    assert facts["shares"] == {"category": [("login", 0.55, 0.6), ("billing", 0.55, 0.6)]}


def test_its_own_check_says_the_multiplier() -> None:
    table: Any = SimpleNamespace(checks=[check("event", "", "2024-01-05 … 2024-01-06")])
    assert incident(table, DAYS, EVENT)["multiplier"] == 0.55


def test_an_incident_on_the_first_day_has_nothing_before_it() -> None:
    event = ("2024-01-01", "2024-01-02", 3.0)
    facts = incident(SimpleNamespace(checks=[]), DAYS, event)  # type: ignore[arg-type]
    assert (facts["before"], facts["during"], facts["multiplier"]) == (0.0, 1.5, 0.0)
