"""What a failure of chispa's ends with: the cells that differ and the numbers of the rows that they were made as."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import Row

from pytest_synthdata import Dataset
from pytest_synthdata.factories import CustomerFactory, OrderFactory
from pytest_synthdata.plugin.differences import explain

DATASET = Dataset({CustomerFactory: 50, OrderFactory: 200})


def rows(start: int = 0, stop: int = 30, **changes: Any) -> list[Any]:
    """Rows of orders as Spark collects them; `changes` are cells of row 17."""
    found = [Row(**cells) for cells in DATASET.orders.to_arrow(start, stop).to_pylist()]
    return [Row(**{**row.asDict(), **changes}) if row["order_id"] == "ORD-000017" else row for row in found]


def said(one: Sequence[Any], other: Sequence[Any]) -> list[str]:
    return explain(one, other, [DATASET]).splitlines()


def test_cells_are_listed_with_the_number_of_their_row() -> None:
    expected = DATASET.orders.to_arrow(17, 18)["amount"][0].as_py()
    lines = said(rows(amount=1.5, status="lost"), rows())
    assert lines[0] == "orders differ in amount, status: 1 row"
    assert lines[1].split() == ["row", "order_id", "column", "df1", "df2"]
    assert lines[2].split() == ["17", "ORD-000017", "amount", "1.5", str(expected)]
    assert lines[3].split()[:4] == ["17", "ORD-000017", "status", "lost"]
    assert lines[4] == "row 17 as it was generated: dataset.take(orders=[17]).orders.to_arrow()"


def test_rows_are_matched_by_their_key_not_by_their_place() -> None:
    lines = said(rows(amount=1.5), list(reversed(rows())))
    assert lines[0] == "orders differ in amount: 1 row"


def test_missing_rows_are_named() -> None:
    lines = said(rows(0, 12), rows(2, 12))
    assert lines[0] == "orders differ in (the row): 2 rows"
    assert lines[2].split() == ["0", "ORD-000000", "(the", "row)", "there", "missing"]
    assert lines[3].split() == ["1", "ORD-000001", "(the", "row)", "there", "missing"]


def test_another_order_is_said() -> None:
    assert said(rows(), list(reversed(rows()))) == [
        "both frames have the same rows, in another order: ignore_row_order=True compares without it"
    ]


def test_many_cells_are_cut() -> None:
    other = [Row(**{**row.asDict(), "status": "lost"}) for row in rows()]
    lines = said(rows(), other)
    assert lines[0] == "orders differ in status: 30 rows"
    assert lines[-2] == "… and 20 cells more"


def test_a_table_is_known_by_most_of_its_columns() -> None:
    """Orders hold the key of customers too; an aggregate by customer holds nothing else of them."""
    totals = [Row(customer_id=f"CUST-{number:05d}", total=number) for number in range(5)]
    other = [*totals[:4], Row(customer_id="CUST-00004", total=9)]
    assert said(totals, other)[2].split() == ["4", "CUST-00004", "total", "4", "9"]


def test_a_key_that_comes_several_times_is_compared_each_time() -> None:
    one = [Row(customer_id="CUST-00003", total=number) for number in (1, 2)]
    other = [Row(customer_id="CUST-00003", total=number) for number in (1, 5)]
    assert said(one, other)[2].split() == ["3", "CUST-00003", "total", "2", "5"]


def test_nothing_is_said_of_other_frames() -> None:
    assert said([Row(a=1)], [Row(a=2)]) == []
    assert said([Row(order_id="none of ours", a=1)], [Row(order_id="none of ours", a=2)]) == []
    assert said([], rows()) == []


# Rows as chispa's own function compares them. It is imported late: then no session is started, and none is needed.
FAILING = """
def test_it(synth):
    from chispa.rows_comparer import assert_basic_rows_equality
    from pyspark.sql import Row

    rows = [Row(**cells) for cells in synth.dataset.orders.to_arrow(0, 30).to_pylist()]
    other = [Row(**{**row.asDict(), "amount": 1.5}) if number == 17 else row for number, row in enumerate(rows)]
    assert_basic_rows_equality(rows, other)
"""


def test_a_failure_of_chispas_ends_with_the_differences(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsynth_differences = true\n")
    pytester.makepyfile(FAILING)
    result = pytester.runpytest_subprocess("-W", "error", "-n", "1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "*DataFramesNotEqualError*", "orders differ in amount: 1 row",
        "*dataset.take(orders=[[]17]).orders.to_arrow()",
    ])  # fmt: skip


def test_it_is_not_shown_where_it_is_not_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILING)
    result = pytester.runpytest_subprocess("-W", "error")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("orders differ in*")
