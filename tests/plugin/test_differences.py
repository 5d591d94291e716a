"""What a failure of chispa's ends with: the cells that differ and the numbers of the rows that they were made as."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import Row

from pytest_synthdata import Categorical, Dataset, ForeignKey, Key, Ordinal, TableFactory, Uniform
from pytest_synthdata.factories import CustomerFactory, OrderFactory
from pytest_synthdata.plugin.failures.differences import explain
from pytest_synthdata.plugin.failures.differing_cells import Compared, _as_collected, rows_compared

DATASET = Dataset({CustomerFactory: 50, OrderFactory: 200})


def rows(start: int = 0, stop: int = 30, **changes: Any) -> list[Any]:
    """Rows of orders as Spark collects them; `changes` are cells of row 17."""
    found = [Row(**cells) for cells in DATASET.orders.to_arrow(start, stop).to_pylist()]
    return [Row(**{**row.asDict(), **changes}) if row["order_id"] == "ORD-000017" else row for row in found]


def said(one: Sequence[Any], other: Sequence[Any]) -> list[str]:
    return explain(Compared(one, other), [DATASET]).splitlines()


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


def compared_by_chispa(one: Sequence[Any], other: Sequence[Any], **arguments: Any) -> Compared:
    """What the traceback of chispa's failure holds, with the function that it compares rows by."""
    from chispa.row_comparer import are_rows_approx_equal, are_rows_equal_enhanced
    from chispa.rows_comparer import assert_basic_rows_equality, assert_generic_rows_equality

    equal = are_rows_approx_equal if "precision" in arguments else are_rows_equal_enhanced
    how = (assert_generic_rows_equality, equal, arguments) if arguments else (assert_basic_rows_equality,)
    with pytest.raises(Exception, match=r"df1") as caught:
        how[0](list(one), list(other), *how[1:])
    found = rows_compared(caught.tb)
    assert found is not None
    return found


def test_cells_within_the_precision_are_not_listed() -> None:
    close = [Row(**{**row.asDict(), "amount": row["amount"] + 0.004}) for row in rows()]
    other = [Row(**{**row.asDict(), "amount": 1.5}) if row["order_id"] == "ORD-000017" else row for row in close]
    lines = explain(compared_by_chispa(rows(), other, precision=0.01), [DATASET]).splitlines()
    assert lines[0] == "orders differ in amount: 1 row"
    assert lines[2].split()[:3] == ["17", "ORD-000017", "amount"]
    nothing = [Row(**{**row.asDict(), "amount": float("nan")}) for row in rows()]
    cancelled = [Row(**{**row.asDict(), "status": "lost"}) if n == 3 else row for n, row in enumerate(nothing)]
    lines = explain(compared_by_chispa(nothing, cancelled, precision=0.01, allow_nan_equality=True), [DATASET])
    assert "orders differ in status: 1 row" in lines


def test_nan_differs_where_chispa_says_so() -> None:
    nothing = [Row(**{**row.asDict(), "amount": float("nan")}) for row in rows(0, 3)]
    again = [Row(**{**row.asDict(), "amount": float("nan")}) for row in rows(0, 3)]
    assert "differ in amount: 3 rows" in explain(compared_by_chispa(nothing, again), [DATASET])


def joined(**changes: Any) -> list[Any]:
    """Orders with all of their customers, of whom there is more than of orders; `changes` are of order 17."""
    customers = {row["customer_id"]: row for row in DATASET.customers.to_arrow().to_pylist()}
    found = [{**row, **customers[row["customer_id"]]} for row in DATASET.orders.to_arrow(0, 30).to_pylist()]
    return [Row(**{**row, **changes}) if row["order_id"] == "ORD-000017" else Row(**row) for row in found]


def test_after_a_join_each_table_answers_for_its_own_columns() -> None:
    assert len({*DATASET.customers.schema.names} & {*joined()[0].__fields__}) > 5  # more than orders have
    assert said(joined(amount=1.5), joined())[0] == "orders differ in amount: 1 row"
    other_tier = [
        Row(**{**row.asDict(), "tier": "lost"}) if row["customer_id"] == joined()[17]["customer_id"] else row
        for row in joined()
    ]
    lines = said(other_tier, joined())
    number = int(joined()[17]["customer_id"].removeprefix("CUST-"))
    assert lines[0] == "customers differ in tier: 1 row"
    assert lines[2].split()[:4] == [str(number), f"CUST-{number:05d}", "tier", "lost"]
    assert lines[-1] == f"row {number} as it was generated: dataset.take(customers=[{number}]).customers.to_arrow()"


def test_integer_keys_are_recognised() -> None:
    class SeatFactory(TableFactory):
        seat_id = Key("{}", start=1000).cast("bigint")
        price = Uniform(1, 9).round(2)

    class BadgeFactory(TableFactory):
        class Meta:
            key = "number"

        number = Uniform(1, 99_999).cast("bigint").unique()
        colour = Categorical(["red", "blue"])

    dataset = Dataset({SeatFactory: 40, BadgeFactory: 40})
    for table, column, key in (("seats", "price", "seat_id"), ("badges", "colour", "number")):
        cells = dataset[table].to_arrow().to_pylist()
        changed = [Row(**{**row, column: None}) if n == 7 else Row(**row) for n, row in enumerate(cells)]
        lines = explain(Compared([Row(**row) for row in cells], changed), [dataset]).splitlines()
        assert lines[0] == f"{table} differ in {column}: 1 row"
        assert lines[2].split()[:3] == ["7", str(cells[7][key]), column]


def test_keys_of_two_columns_are_recognised() -> None:
    class LineFactory(TableFactory):
        class Meta:
            key = ("order_id", "line")

        order = ForeignKey(OrderFactory, per_parent=2)
        line = Ordinal("order")
        units = Uniform(1, 9).cast("int")

    dataset = Dataset({CustomerFactory: 5, OrderFactory: 10, LineFactory: None})
    cells = dataset.lines.to_arrow().to_pylist()
    changed = [Row(**{**row, "units": -1}) if n == 7 else Row(**row) for n, row in enumerate(cells)]
    lines = explain(Compared([Row(**row) for row in cells], list(reversed(changed))), [dataset]).splitlines()
    assert lines[0] == "lines differ in units: 1 row"
    assert lines[1].split() == ["row", "order_id", "line", "column", "df1", "df2"]
    assert lines[2].split()[:5] == ["7", cells[7]["order_id"], str(cells[7]["line"]), "units", str(cells[7]["units"])]


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


def test_times_are_looked_up_as_spark_collects_them() -> None:
    noon = dt.datetime(2024, 7, 1, 12, tzinfo=dt.timezone.utc)
    here = dt.datetime.fromtimestamp(noon.timestamp())  # noqa: DTZ006 - without a zone, in that of the machine
    assert _as_collected(noon) == here
    assert _as_collected(here) == here
