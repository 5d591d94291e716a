"""What the printed source says of the rows that it was inferred from, and which tables it takes as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import TableFactory
from pytest_synthdata.cli.own_rows import with_own_rows
from pytest_synthdata.columns.generators.listed import Rows
from pytest_synthdata.infer.tables import infer_tables
from pytest_synthdata.sources.samples import sample_of

KEYS = [f"DE{number}" for number in np.random.default_rng(1).integers(10**17, 10**18, 60)]


def comments(bookings: list[str]) -> dict[str, str]:
    tables = {
        "account": pa.table({"iban": KEYS, "kind": ["a", "b", "b"] * 20}),
        "booking": pa.table({"booking_id": range(len(bookings)), "account": bookings}),
    }
    samples = {name: sample_of(table, "test") for name, table in tables.items()}
    found = with_own_rows(list(infer_tables(samples, base=TableFactory)), samples)
    return {one.table: one.comments.get("", "") for one in found}


def test_keys_that_are_made_anew_are_no_missing_parents() -> None:
    said = comments([KEYS[number % 60] for number in range(0, 2_100, 7)])
    assert "keys are made anew (iban)" in said["account"]
    assert "keys are made anew (account_account)" in said["booking"]
    assert "no parent" not in said["booking"]


def test_parents_that_are_missing_are_told() -> None:
    said = comments([KEYS[number % 60] if number % 99 else "DE0" for number in range(0, 2_100, 7)])
    assert "some references have no parent (account_account)" in said["booking"]


@pytest.mark.parametrize(
    ("columns", "is_taken"),
    [
        ({"iso": ["DE", "FR", "AT"], "vat": [0.19, 0.2, 0.2]}, True),
        ({"land": ["DEU", "FRA", "AUT"], "in_eu": [True, True, True]}, True),
        ({"code": ["x1", "x2", "x3"], "rate": [0.5, 0.25, 0.1]}, False),
        ({"code": ["A", "B", "C"], "label": [None, "red", "green"], "note": [None, None, None]}, True),
        ({"iso": ["DE", "FR", "AT"], "high": [1.5, 2.5, 3.5], "low": [0.5, 0.2, 0.1]}, False),
    ],
)
def test_the_shape_of_a_short_table_decides_whether_it_is_taken(columns: dict[str, Any], is_taken: bool) -> None:
    found, _ = next(iter(infer_tables({"table": sample_of(pa.table(columns), "test")}, base=TableFactory)))
    assert isinstance(found.rows, Rows) is is_taken
