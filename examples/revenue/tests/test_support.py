"""Support: deadlines, and an incident that the data has and the pipeline must find."""

import datetime as dt

from shop.support import incident_days, missed_deadlines


def test_the_incident_is_found_and_nothing_else(tickets_df):
    days = {row.day for row in incident_days(tickets_df).collect()}
    assert days == {dt.date(2024, 10, day) for day in range(15, 26)}


def test_low_priority_waits_longest(tickets_df):
    missed = {row.priority: row.missed for row in missed_deadlines(tickets_df).collect()}
    assert set(missed) == {"Critical", "High", "Medium", "Low"}
    assert all(0 < share < 1 for share in missed.values())
    assert missed["Low"] < missed["Medium"]
