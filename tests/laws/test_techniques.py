"""What people write by hand with NumPy and loops to make data realistic has a declaration here, with the same law.

Seeds are fixed, so that nothing flickers; a sound law fails one check of `PROBABLE` once in 10,000 seeds.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    Event,
    Exponential,
    Fake,
    ForeignKey,
    Given,
    Key,
    LogNormal,
    Normal,
    Pareto,
    TableFactory,
    Timeline,
    Uniform,
    col,
)

PROBABLE = 1e-4
ROWS = 50_000
SPIKE = Event("2024-10-15", "2024-10-25", 3.0)
CRITICAL = {"Critical": 4.0, "High": 12.0, "Medium": 48.0, "Low": 48.0}


class MeasureFactory(TableFactory):
    """Non-linear distributions."""

    even = Uniform(10, 1_000)
    price = LogNormal(mean=4.5, sigma=0.8)
    popularity = (Pareto(a=2.5) + 1) * 10
    age = Normal(loc=35, scale=12).clip(18, 80).cast("int")
    region = Categorical({"North": 0.40, "South": 0.25, "East": 0.20, "West": 0.15})


class ClientFactory(TableFactory):
    """A master table whose dates end half a year before its anchor, not before today."""

    client_id = Key("CUST-{:05d}")
    name = Fake("name")
    tier = Categorical({"Free": 0.6, "Pro": 0.3, "Enterprise": 0.1})
    region = Categorical({"North": 0.4, "South": 0.25, "East": 0.2, "West": 0.15})
    created_at = Dates("-2y", "-6m", anchor="2024-12-31")


class SaleFactory(TableFactory):
    """Valid references, amounts by what is referred to."""

    sale_id = Key("ORD-{:06d}")
    client = ForeignKey(ClientFactory)
    amount = Given(
        "client.tier", {"Enterprise": LogNormal(6.0, 0.8), "Pro": LogNormal(4.5, 0.7)}, default=LogNormal(3.5, 0.6)
    ).round(2)
    sold_on = Dates("-6m", "2024-12-31", anchor="2024-12-31")


class CallFactory(TableFactory):
    """Weekdays, seasons, a spike and noise; and rows whose parts agree with each other."""

    client = ForeignKey(ClientFactory, where=col("client.created_at") <= col("called_at"))
    called_at = Timeline(
        "2024-01-01",
        "2024-12-31",
        daily=500,
        weekend=0.6,
        season=[1 + 0.1 * (month - 6) / 6 for month in range(1, 13)],
        events=[SPIKE],
        noise=0.1,
    )
    priority = Given(
        "client.tier",
        {"Enterprise": Categorical({"Critical": 0.3, "High": 0.5, "Medium": 0.2})},
        default=Categorical({"Critical": 0.05, "High": 0.15, "Medium": 0.4, "Low": 0.4}),
    )
    hours = Given("priority", {name: Exponential(scale) for name, scale in CRITICAL.items()})
    csat = Given(
        "hours",
        bins=[8, 24],
        then=[
            Categorical({4: 0.3, 5: 0.7}),
            Categorical({3: 0.2, 4: 0.5, 5: 0.3}),
            Categorical({1: 0.1, 2: 0.2, 3: 0.4, 4: 0.3}),
        ],
    )


Columns = dict[str, npt.NDArray[Any]]


def columns(factory: type[TableFactory], rows: int | None = ROWS) -> Columns:
    dataset = Dataset({ClientFactory: 1_000, factory: rows}, seed=42)
    table = dataset[factory._meta.table].to_arrow()
    return {name: table[name].to_numpy() for name in table.column_names}


@pytest.fixture(scope="module")
def calls() -> Columns:
    return columns(CallFactory, None)


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("even", stats.uniform(10, 990)),
        ("price", stats.lognorm(0.8, scale=np.exp(4.5))),
        ("popularity", stats.pareto(2.5, scale=10)),
    ],
)
def test_distributions(name: str, law: Any) -> None:
    assert stats.kstest(columns(MeasureFactory)[name], law.cdf).pvalue > PROBABLE


def test_ages_are_whole_and_cut_at_both_ends() -> None:
    ages = columns(MeasureFactory)["age"]
    assert (ages.dtype, ages.min(), ages.max()) == (np.int32, 18, 80)
    law = stats.norm(35, 12)
    # All that lies below 19 and, cut there, at 18; of whole numbers each holds the next one's share.
    observed = [np.sum(ages == 18), np.sum((ages > 18) & (ages < 35)), np.sum((ages >= 35) & (ages < 80))]
    expected = np.diff(law.cdf([-np.inf, 19, 35, 80])) * ROWS
    rest = [ROWS - sum(observed), ROWS - expected.sum()]
    assert stats.chisquare([*observed, rest[0]], [*expected, rest[1]]).pvalue > PROBABLE


def test_dates_count_from_the_anchor() -> None:
    joined = columns(ClientFactory, 1_000)["created_at"]
    sold = columns(SaleFactory)["sold_on"]
    assert (joined.min(), joined.max()) >= (np.datetime64("2022-12-31"), np.datetime64("2022-12-31"))
    assert joined.max() <= np.datetime64("2024-06-30")
    assert (sold.min(), sold.max()) == (np.datetime64("2024-06-30"), np.datetime64("2024-12-31"))


def test_references_are_valid_and_amounts_follow_them() -> None:
    clients, sales = columns(ClientFactory, 1_000), columns(SaleFactory)
    tier = dict(zip(clients["client_id"], clients["tier"], strict=True))
    tiers = np.array([tier[client] for client in sales["client_id"]])
    for name, (mean, sigma) in {"Enterprise": (6.0, 0.8), "Pro": (4.5, 0.7), "Free": (3.5, 0.6)}.items():
        amounts = sales["amount"][tiers == name]
        assert stats.kstest(np.log(amounts), stats.norm(mean, sigma).cdf).pvalue > PROBABLE


def daily_volume(day: dt.date) -> float:
    """The expected calls of a day, as one would write it by hand, without noise."""
    volume = 500.0 * (0.6 if day.weekday() >= 5 else 1.0) * (1 + 0.1 * (day.month - 6) / 6)
    return volume * (3.0 if dt.date(2024, 10, 15) <= day <= dt.date(2024, 10, 25) else 1.0)


def test_days_have_their_volume(calls: Columns) -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(366)]
    expected = np.array([daily_volume(day) for day in days])
    assert len(calls["called_at"]) == round(expected.sum())
    position = (calls["called_at"].astype("datetime64[D]") - np.datetime64("2024-01-01")).astype(int)
    ratio = np.bincount(position, minlength=366) / expected
    # The days' multipliers have a standard deviation of 0.1 around 1, and the table's own of 0.1 / sqrt(366) with it.
    assert abs(ratio.std() - 0.1) < 5 * 0.1 / np.sqrt(2 * 366) + 0.01
    assert np.abs(ratio - 1).max() < 0.5
    for chosen in (np.array([day.weekday() >= 5 for day in days]), expected > 1_000):
        assert abs(ratio[chosen].mean() - 1) < 5 * 0.1 / np.sqrt(chosen.sum())


def test_rows_agree_with_themselves(calls: Columns) -> None:
    for priority, scale in CRITICAL.items():
        hours = calls["hours"][calls["priority"] == priority]
        assert stats.kstest(hours, stats.expon(scale=scale).cdf).pvalue > PROBABLE
    bands = {(0, 8): {4: 0.3, 5: 0.7}, (8, 24): {3: 0.2, 4: 0.5, 5: 0.3}, (24, 1e9): {1: 0.1, 2: 0.2, 3: 0.4, 4: 0.3}}
    for (low, high), shares in bands.items():
        scores = calls["csat"][(calls["hours"] >= low) & (calls["hours"] < high)]
        observed = [np.sum(scores == score) for score in shares]
        assert sum(observed) == len(scores)
        assert stats.chisquare(observed, np.array(list(shares.values())) * len(scores)).pvalue > PROBABLE
