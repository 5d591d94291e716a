"""The business that is shipped follows the laws that it declares, each within what chance allows.

Data are fixed by the seed, so that nothing here flickers. A sound law fails a single check of `PROBABLE` once in
10,000 seeds.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from scipy import stats

from pytest_synthdata import Dataset
from pytest_synthdata.columns.text.template import ROLES
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory

PROBABLE = 1e-4
ACTIVITY = {"Enterprise": 5, "Pro": 2, "Free": 1}
INCIDENT = (np.datetime64("2024-10-15"), np.datetime64("2024-10-25"))

Array = npt.NDArray[Any]


class Business:
    """A dataset's tables as NumPy columns, with the customers' tiers at hand."""

    def __init__(self, seed: int) -> None:
        dataset = Dataset({CustomerFactory: 25_000, OrderFactory: 100_000, TicketFactory: 40_000}, seed=seed)
        self.customers, self.orders, self.tickets = (columns(table.to_arrow()) for table in dataset)
        self.tier = dict(zip(self.customers["customer_id"], self.customers["tier"], strict=True))
        self.joined = dict(zip(self.customers["customer_id"], self.customers["created_at"], strict=True))

    def tiers_of(self, table: dict[str, Array]) -> Array:
        return np.array([self.tier[customer] for customer in table["customer_id"]])

    @property
    def in_incident(self) -> Array:
        days = self.tickets["created_at"].astype("datetime64[D]")
        return (days >= INCIDENT[0]) & (days <= INCIDENT[1])


def columns(table: pa.Table) -> dict[str, Array]:
    return {name: table[name].to_numpy() for name in table.column_names}


@pytest.fixture(scope="module", params=[42, 7, 20_241_015])
def business(request: pytest.FixtureRequest) -> Business:
    return Business(request.param)


def assert_shares(values: Array, shares: dict[Any, float]) -> None:
    found = dict(zip(*np.unique(values, return_counts=True), strict=True))
    assert found.keys() <= shares.keys()
    observed = [found.get(value, 0) for value in shares]
    assert stats.chisquare(observed, np.array(list(shares.values())) * len(values)).pvalue > PROBABLE


def assert_log_normal(values: Array, mean: float, sigma: float) -> None:
    """Rounding to cents moves the distribution by far less than the test can see."""
    assert stats.kstest(np.log(values), stats.norm(mean, sigma).cdf).pvalue > PROBABLE


def test_customers(business: Business) -> None:
    customers = business.customers
    assert_shares(customers["tier"], {"Free": 0.60, "Pro": 0.30, "Enterprise": 0.10})
    assert_shares(customers["region"], {"North": 0.40, "South": 0.25, "East": 0.20, "West": 0.15})
    assert (customers["arr"][customers["tier"] == "Free"] == 0).all()
    assert_log_normal(customers["arr"][customers["tier"] == "Enterprise"], 11, 0.5)
    assert_log_normal(customers["arr"][customers["tier"] == "Pro"], 8, 0.6)
    assert len(set(customers["customer_id"])) == len(set(customers["email"])) == 25_000


def test_an_address_says_whose_it_is_and_in_which_row() -> None:
    """That the row can be read from it makes it unique, at ten million rows as at any number."""
    table = Dataset({CustomerFactory: 10_000_000}).customers
    for start in (0, 1_295, 46_655, 1_679_615, 9_999_900):
        for row, customer in enumerate(table.to_arrow(start, start + 100).to_pylist(), start):
            role, _, domain = customer["email"].partition("@")
            company, _, number = domain.removesuffix(".example").rpartition("-")
            assert role in ROLES
            assert company == re.sub("[^a-z]+", "-", customer["name"].lower())
            assert int(number, 36) == row


def test_an_address_follows_a_given_name() -> None:
    customer = CustomerFactory.build(__sequence=36, name="Æther & Söhne GmbH")
    assert customer.email.endswith("@aether-sohne-gmbh-10.example")


def test_tier_and_region_are_independent(business: Business) -> None:
    table = stats.contingency.crosstab(business.customers["tier"], business.customers["region"]).count
    assert stats.chi2_contingency(table).pvalue > PROBABLE


def test_orders(business: Business) -> None:
    orders, tiers = business.orders, business.tiers_of(business.orders)
    assert_shares(orders["status"], {"completed": 0.85, "pending": 0.10, "cancelled": 0.05})
    for tier, (mean, sigma) in {"Enterprise": (7, 0.8), "Pro": (5, 0.7), "Free": (3.5, 0.6)}.items():
        assert_log_normal(orders["amount"][tiers == tier], mean, sigma)
    days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2025-01-01"))
    assert_shares(orders["order_date"].astype("datetime64[D]"), dict.fromkeys(days, 1 / 366))


def test_amounts_say_nothing_of_the_status_nor_of_the_next_order(business: Business) -> None:
    orders, tiers = business.orders, business.tiers_of(business.orders)
    amounts = orders["amount"][tiers == "Free"]
    status = orders["status"][tiers == "Free"]
    assert stats.kruskal(*(amounts[status == one] for one in np.unique(status))).pvalue > PROBABLE
    assert stats.spearmanr(amounts[:-1], amounts[1:]).pvalue > PROBABLE


@pytest.mark.parametrize("table", ["orders", "tickets"])
def test_customers_are_active_by_tier_five_to_two_to_one(business: Business, table: str) -> None:
    """Each pick takes a customer in proportion to its weight, so that tiers are taken in proportion to their sums."""
    weights = {tier: ACTIVITY[tier] * (business.customers["tier"] == tier).sum() for tier in ACTIVITY}
    shares = {tier: weight / sum(weights.values()) for tier, weight in weights.items()}
    assert_shares(business.tiers_of(getattr(business, table)), shares)


def test_within_a_tier_no_customer_is_preferred(business: Business) -> None:
    taken = dict(zip(*np.unique(business.orders["customer_id"], return_counts=True), strict=True))
    for tier in ACTIVITY:
        of_tier = business.customers["customer_id"][business.customers["tier"] == tier]
        assert stats.chisquare([taken.get(customer, 0) for customer in of_tier]).pvalue > PROBABLE


@pytest.mark.parametrize(("table", "moment"), [("orders", "order_date"), ("tickets", "created_at")])
def test_nothing_precedes_its_customer(business: Business, table: str, moment: str) -> None:
    rows = getattr(business, table)
    joined = np.array([business.joined[customer] for customer in rows["customer_id"]])
    assert (joined <= rows[moment]).all()


def test_customers_came_between_two_years_and_six_months_before_the_year(business: Business) -> None:
    joined = business.customers["created_at"].astype("datetime64[D]")
    assert joined.min() == np.datetime64("2022-01-01")
    assert joined.max() == np.datetime64("2023-07-01")


def test_categories_in_and_out_of_the_incident(business: Business) -> None:
    category, incident = business.tickets["category"], business.in_incident
    assert_shares(category[incident], {"Authentication": 0.65, "Network": 0.15, "Billing": 0.10, "Account": 0.10})
    assert_shares(category[~incident], {"Authentication": 0.25, "Network": 0.30, "Billing": 0.25, "Account": 0.20})


def test_priority_by_tier(business: Business) -> None:
    tiers, priority = business.tiers_of(business.tickets), business.tickets["priority"]
    assert_shares(priority[tiers == "Enterprise"], {"Critical": 0.3, "High": 0.5, "Medium": 0.2})
    for tier in ("Pro", "Free"):
        assert_shares(priority[tiers == tier], {"Critical": 0.05, "High": 0.20, "Medium": 0.45, "Low": 0.30})


def test_resolution_by_priority(business: Business) -> None:
    """Hours are rounded to tenths: the share of each tenth is what the exponential gives to its interval."""
    priority, hours = business.tickets["priority"], business.tickets["resolution_hours"]
    for name, scale in {"Critical": 4, "High": 12, "Medium": 36, "Low": 36}.items():
        law = stats.expon(scale=scale)
        edges = np.unique(np.round(law.ppf(np.linspace(0, 1, 41)[:-1]), 1)) - 0.05
        edges[0] = 0.0
        shares = np.diff(law.cdf([*edges, np.inf]))
        found = np.histogram(hours[priority == name], [*edges, np.inf])[0]
        assert stats.chisquare(found, shares * found.sum()).pvalue > PROBABLE, name


def test_satisfaction_by_resolution_and_in_the_incident(business: Business) -> None:
    tickets = business.tickets
    locked_out = business.in_incident & (tickets["category"] == "Authentication")
    assert_shares(tickets["csat_score"][locked_out], {1: 0.15, 2: 0.25, 3: 0.35, 4: 0.20, 5: 0.05})
    bands: list[tuple[float, float, dict[Any, float]]] = [
        (0, 8, {3: 0.1, 4: 0.3, 5: 0.6}),
        (8, 24, {2: 0.1, 3: 0.2, 4: 0.4, 5: 0.3}),
        (24, np.inf, {1: 0.1, 2: 0.25, 3: 0.4, 4: 0.25}),
    ]
    for low, high, shares in bands:
        band = ~locked_out & (tickets["resolution_hours"] >= low) & (tickets["resolution_hours"] < high)
        assert_shares(tickets["csat_score"][band], shares)


def daily_counts(business: Business) -> tuple[Array, Array]:
    days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2025-01-01"))
    created = business.tickets["created_at"].astype("datetime64[D]")
    return days, np.bincount((created - days[0]).astype(int), minlength=366)


def mean_ratio(first: Array, second: Array) -> tuple[float, float]:
    """The ratio of two means and its standard error, from the values' own scatter."""
    ratio = first.mean() / second.mean()
    error = ratio * np.hypot(stats.sem(first) / first.mean(), stats.sem(second) / second.mean())
    return float(ratio), float(error)


def test_the_incident_triples_the_volume_and_the_rest_is_flat_but_for_weekends(business: Business) -> None:
    days, counts = daily_counts(business)
    weekend = np.is_busday(days, weekmask="0000011")
    incident = (days >= INCIDENT[0]) & (days <= INCIDENT[1])
    assert (counts > 0).all()

    volume = counts / np.where(weekend, 0.6, 1.0)
    ratio, error = mean_ratio(volume[incident], volume[~incident])
    assert abs(ratio - 3) < 4 * error
    ratio, error = mean_ratio(counts[weekend & ~incident], counts[~weekend & ~incident])
    assert abs(ratio - 0.6) < 4 * error

    months = days.astype("datetime64[M]").astype(int) % 12
    flat = [volume[~incident & (months == month)] for month in range(12)]
    assert stats.f_oneway(*flat).pvalue > PROBABLE
    weekdays = (days.astype(int) + 3) % 7
    assert stats.f_oneway(*(counts[~incident & (weekdays == day)] for day in range(5))).pvalue > PROBABLE


def test_the_days_scatter_by_the_declared_noise(business: Business) -> None:
    """A day's relative deviation has the declared 0.15; which of the year's rows fall on it adds next to nothing."""
    days, counts = daily_counts(business)
    incident = (days >= INCIDENT[0]) & (days <= INCIDENT[1])
    volume = counts / np.where(np.is_busday(days, weekmask="0000011"), 0.6, 1.0) / np.where(incident, 3.0, 1.0)
    scatter = volume.std(ddof=1) / volume.mean()
    low, high = np.sqrt(stats.chi2(365).ppf([PROBABLE / 2, 1 - PROBABLE / 2]) / 365)
    assert 0.15 * low < scatter < np.hypot(0.15, 1 / np.sqrt(counts.mean())) * high


def test_tickets_come_in_the_order_of_time_at_all_hours(business: Business) -> None:
    created = business.tickets["created_at"]
    assert (np.diff(created) >= np.timedelta64(0)).all()
    hours = (created - created.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    by_hour = np.bincount(hours, minlength=24)
    assert (by_hour > 0).all()
    assert by_hour[9:17].mean() > 3 * by_hour[0:5].mean()


def test_seeds_have_nothing_in_common() -> None:
    first, second = (Dataset({OrderFactory: 50_000}, seed=seed).orders.to_arrow() for seed in (42, 43))
    assert stats.spearmanr(first["amount"], second["amount"]).pvalue > PROBABLE
    table = stats.contingency.crosstab(first["status"].to_numpy(), second["status"].to_numpy()).count
    assert stats.chi2_contingency(table).pvalue > PROBABLE
    same = np.mean(first["customer_id"].to_numpy() == second["customer_id"].to_numpy())
    assert same < 0.01


def test_timestamps_are_instants_in_utc() -> None:
    created = Dataset({TicketFactory: 10}).tickets.to_arrow()["created_at"]
    assert created.type == pa.timestamp("us", "UTC")
    assert created[0].as_py().tzinfo is not None
    assert created[0].as_py().date() >= dt.date(2024, 1, 1)
