"""Defects stay what they say to the last microsecond, cent and letter."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import Dataset, Dates, Duplicates, Integers, Key, Late, Rows, TableFactory, Times, Uniform
from pytest_synthdata.defects.kinds.nasty import nasty_values
from pytest_synthdata.defects.kinds.orphans import absent_keys
from pytest_synthdata.defects.kinds.ranges import _decimals, _from_numbers, _mirrored, _ticks
from pytest_synthdata.defects.kinds.texts import misspelt

LAST = dt.datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001


def test_an_end_counts_its_hours_minutes_seconds_and_microseconds() -> None:
    moment, type_ = dt.datetime(1970, 1, 3, 4, 5, 6, 7), pa.timestamp("us")  # noqa: DTZ001
    assert _ticks(moment, type_) == ((2 * 24 + 4) * 3_600 + 5 * 60 + 6) * 1_000_000 + 7
    assert _ticks(moment.date(), type_) == 2 * 86_400 * 1_000_000
    assert _ticks(moment, pa.date32()) == 2
    assert _ticks(None, type_) is None


@pytest.mark.parametrize(
    ("low", "high", "upwards", "expected"),
    [
        (None, 10, True, [19, 15, 11]),
        (0, None, False, [-1, -5, -10]),
        (0, 10, True, [19, 15, 11]),
        (0, 10, False, [-1, -5, -10]),
        (None, None, True, [2e6, 6e6, 11e6]),
    ],
)
def test_numbers_are_as_far_beyond_an_end_as_they_were_within(
    low: int | None, high: int | None, upwards: bool, expected: list[float]
) -> None:
    assert _mirrored(np.array([1, 5, 10]), np.full(3, upwards), low, high).tolist() == expected


def test_numbers_beyond_what_a_type_holds_become_its_last() -> None:
    nothing = np.zeros(2, np.bool_)
    far = np.array([2.0**70, -(2.0**70)])
    first = dt.datetime(1, 1, 1)  # noqa: DTZ001
    assert _from_numbers(far, pa.array([], pa.timestamp("us")), nothing).to_pylist() == [LAST, first]
    assert _from_numbers(far, pa.array([], pa.date32()), nothing).to_pylist() == [LAST.date(), dt.date(1, 1, 1)]
    assert _from_numbers(far, pa.array([], pa.int8()), nothing).to_pylist() == [127, -128]


def test_decimals_without_a_range_are_moved_as_far_as_they_can_be() -> None:
    values, up = pa.array([Decimal("1.00"), None], pa.decimal128(12, 2)), np.ones(2, np.bool_)
    assert _decimals(values, up, None, None).to_pylist() == [Decimal(2_000_000), None]
    assert _decimals(values.cast(pa.decimal128(5, 2)), up, None, None).to_pylist()[0] == Decimal("999.99")


def test_the_longest_and_the_shortest_decimals_of_a_type() -> None:
    longest, unit = Decimal("999.99"), Decimal("0.01")
    assert nasty_values(pa.decimal128(5, 2)).to_pylist() == [longest, -longest, 0, unit, -unit]


@pytest.mark.parametrize("bits", range(40))
def test_one_typing_error_is_one_letter(bits: int) -> None:
    text = "Summer"
    made, how = misspelt(text, bits), bits % 5
    assert made != text
    assert len(made) == len(text) + {1: -1, 2: 1}.get(how, 0)
    other = [(a, b) for a, b in zip(text, made, strict=False) if a != b]
    if how == 0:
        assert sorted(made) == sorted(text)
    elif how in (3, 4):
        assert len(other) == 1
        assert (other[0][0].lower() == other[0][1].lower()) == (how == 4)
    assert misspelt("", bits) == ""


@pytest.mark.parametrize(
    ("drawn", "unit"),
    [
        (Integers(10_000, 10**9), 1),
        (Integers(-(2**63), -(2**63) + 9), 1),
        (Integers(2**63 - 9, 2**63 - 1), 1),
        (Integers(1, 120), 1),
        (Integers(-128, 127).cast("tinyint"), 1),
        (Uniform(1, 10**9).cast("decimal(38,2)"), Fraction(1, 100)),
        (Uniform(0, 1).cast("decimal(5,2)"), Fraction(1, 100)),
    ],
    ids=repr,
)
def test_numbers_of_copies_differ_by_a_hundredth_or_their_last_digit(drawn: Any, unit: Any) -> None:
    class PaymentFactory(TableFactory):
        amount = drawn

    dataset = Dataset({PaymentFactory: 40}, defects={PaymentFactory: Duplicates(1.0, changing="amount")})
    amounts = [Fraction(amount) for amount in dataset.payments.to_arrow()["amount"].to_pylist()]
    for before, after in zip(amounts[:40], amounts[40:], strict=True):
        assert abs(abs(after - before) - max(abs(before) / 100, unit)) <= unit
        assert after != before


def test_dates_are_late_by_the_days_that_are_declared() -> None:
    class ParcelFactory(TableFactory):
        sent = Dates("2024-01-01", "2024-12-31")

    dataset = Dataset({ParcelFactory: 400}, defects={ParcelFactory: [Late("sent", 1.0, by=(2, 4))]})
    clean, dirty = (one.parcels.to_arrow()["sent"].to_pylist() for one in (dataset.clean, dataset))
    # A third of 400 each: the probability that one of the three never comes is below 10^-70.
    assert {(before - after).days for before, after in zip(clean, dirty, strict=True)} == {2, 3, 4}


@pytest.mark.parametrize("by", [(1, 7), (dt.timedelta(seconds=1.5), dt.timedelta(seconds=3.5)), (-0.5, 0.5)])
def test_times_of_whole_seconds_are_late_by_whole_seconds(by: tuple[float, float]) -> None:
    class ParcelFactory(TableFactory):
        sent_at = Times("2024-01-01", "2024-12-31")

    dataset = Dataset({ParcelFactory: 400}, defects={ParcelFactory: [Late("sent_at", 1.0, by=by)]})
    clean, dirty = (one.parcels.to_arrow()["sent_at"].to_pylist() for one in (dataset.clean, dataset))
    delays = {before - after for before, after in zip(clean, dirty, strict=True)}
    low, high = (end if isinstance(end, dt.timedelta) else dt.timedelta(days=end) for end in by)
    assert all(low <= delay <= high and delay and not delay.microseconds for delay in delays)


def test_a_delay_below_a_second_stays_one() -> None:
    class ParcelFactory(TableFactory):
        sent_at = Times("2024-01-01", "2024-12-31")

    by = dt.timedelta(milliseconds=500)
    dataset = Dataset({ParcelFactory: 40}, defects={ParcelFactory: [Late("sent_at", 1.0, by=by)]})
    clean, dirty = (one.parcels.to_arrow()["sent_at"].to_pylist() for one in (dataset.clean, dataset))
    assert {before - after for before, after in zip(clean, dirty, strict=True)} == {by}


def test_a_key_that_no_parent_has_lies_above_the_highest() -> None:
    class HouseFactory(TableFactory):
        house_id = Key("{}", start=40 * 10**9).cast("bigint")
        number = Uniform(0, 95 * 10**8).cast("bigint").unique()

    houses = Dataset({HouseFactory: 50}).houses.bound
    keys = pa.array([1] * 50, pa.int64())
    absent = absent_keys(houses, "house_id", np.arange(50), keys).to_pylist()
    assert not {*absent} & {*houses.batch(0, 50).column(0).to_pylist()}
    # Where their end is known to lie beyond the numbers that orphans have else, they have those after it.
    assert min(absent_keys(houses, "number", np.arange(50), keys).to_pylist()) > 95 * 10**8 - 1


@pytest.mark.parametrize(
    ("key", "rows", "pattern"),
    [
        (Key("HOUSE-{:05d}"), 50, r"HOUSE-9\d{4}"),
        (Key("H{:03d}", start=1), 899, r"H9\d{2}"),
        (Key("H{:03d}", start=1), 901, r"H[1-9]\d{9}"),
        (Key("H{}"), 50, r"H[1-9]\d{9}"),
        (Key("H{:05d}", step=3), 50, r"H[1-9]\d{10}"),
    ],
    ids=repr,
)
def test_a_key_that_no_parent_has_is_as_long_as_others(key: Key, rows: int, pattern: str) -> None:
    made = type("HouseFactory", (TableFactory,), {"__module__": __name__, "house_id": key})
    houses = Dataset({made: rows}).houses.bound
    keys = houses.batch(0, rows).column(0)
    absent = absent_keys(houses, "house_id", np.arange(50, dtype=np.uint64), keys.slice(0, 50)).to_pylist()
    assert all(re.fullmatch(pattern, one) for one in absent)
    assert not {*absent} & {*keys.to_pylist()}


def test_an_orphan_of_listed_keys_has_their_form() -> None:
    class IllnessFactory(TableFactory):
        class Meta:
            table = "illnesses"
            rows = Rows([{"code": "J18.9"}, {"code": "I10"}, {"code": "DE"}, {"code": "?"}])

    keys = pa.array(["J18.9", "I10", "DE", "?", None] * 40)
    bound = Dataset({IllnessFactory: None}).illnesses.bound
    absent = absent_keys(bound, "code", np.arange(200, dtype=np.uint64), keys).to_pylist()
    assert not {*absent} & {*keys.to_pylist()}
    forms = (r"J\d\d\.\d", r"I\d\d", "[A-Z]{2}", r"\?\?\d+", r"\?\d+")
    assert all(re.fullmatch(form, one) for one, form in zip(absent, forms * 40, strict=True))
