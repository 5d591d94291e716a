"""Defects as Python source, for markers and commands that are pasted."""

from __future__ import annotations

import datetime as dt
import shlex

import pytest

from pytest_synthdata import (
    AddedColumn,
    Categorical,
    Dataset,
    Defect,
    Duplicates,
    Late,
    Missing,
    Orphans,
    OutOfRange,
    ReorderedColumns,
    RetypedColumn,
    col,
)
from pytest_synthdata import functions as F
from pytest_synthdata.factories import CustomerFactory, OrderFactory
from pytest_synthdata.report.content import part_of
from pytest_synthdata.report.planted import with_planted
from pytest_synthdata.written_defects import read_by_table, written, written_by_table

KINDS = [
    Missing("amount", 0.01),
    Missing("amount", exactly=3, where=(col("status") == "completed") & (col("amount") > 10)),
    *(
        Missing("amount", 0.1, where=where)
        for where in (
            col("status").is_null(),
            col("status").is_not_null() & ~col("amount").between(1, 2),
            col("status").isin("open", "shipped"),
            (~(col("amount") * 2 > 3)).is_null(),
            F.lower(col("status")) == "open",
        )
    ),
    OutOfRange("amount", 0.02, low=-5),
    Orphans("customer", 0.01),
    Late("order_date", 0.1, by=dt.timedelta(days=3)),
    Duplicates(0.01, changing=["status"]),
    AddedColumn("coupon", Categorical({"A": 0.5, None: 0.5}), since="2024-07-01"),
    ReorderedColumns(),
    RetypedColumn("amount", "string", since=dt.date(2024, 7, 1)),
]


@pytest.mark.parametrize("kind", KINDS, ids=written)
def test_what_is_written_is_the_same_kind(kind: object) -> None:
    text = written_by_table({"orders": [kind], "customers": []})  # type: ignore[list-item]
    assert text is not None
    (found,) = read_by_table(text)["orders"]
    assert repr(found) == repr(kind)


def test_functions_of_ones_own_cannot_be_written_in_a_command() -> None:
    doubled = Defect("doubled", lambda amount: amount * 2, "amount", 0.1)
    assert written_by_table({"orders": [doubled]}) is None
    assert written_by_table({}) == ""


def test_the_command_that_makes_a_report_again_plants_the_same() -> None:
    pytest.importorskip("matplotlib")
    dataset = Dataset({CustomerFactory: 30, OrderFactory: 200}, seed=3, defects={OrderFactory: KINDS[:2]})
    part = part_of(dataset, with_planted(dataset.clean.validate(), dataset), most=0)  # nothing is drawn
    *_, option, defects = shlex.split(part["command"])
    assert option == "--defects"
    again = Dataset({CustomerFactory: 30, OrderFactory: 200}, seed=3, defects=read_by_table(defects))
    assert again.orders.fingerprint() == dataset.orders.fingerprint()
