"""Rows that were taken from more are checked for what each of them must meet, and not for how many there are."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pytest_synthdata import Categorical, Dataset, ForeignKey, Key, Poisson, TableFactory
from pytest_synthdata.factories import CustomerFactory, OrderFactory
from pytest_synthdata.report.content import content_of
from pytest_synthdata.report.page import write
from pytest_synthdata.report.terminal import to_text
from pytest_synthdata.validation import Validation


@pytest.fixture(scope="module")
def taken() -> Dataset:
    dataset = Dataset({CustomerFactory: 200, OrderFactory: 2_000}, seed=4)
    pending = [row for row, status in enumerate(dataset.orders.to_arrow()["status"].to_pylist()) if status == "pending"]
    return dataset.take(orders=pending)


def test_rows_that_no_draw_would_give_are_as_declared(taken: Dataset) -> None:
    # All 200 or so orders are pending, of which 10 % are declared.
    result = taken.validate()
    assert result.ok
    assert {check.p_value for check in result} == {None}
    assert {check.kind for check in result} >= {"orphans", "pairs that break", "duplicates", "format", "other values"}
    assert (result["orders"].rows, result["orders"].some_of) == (taken.orders.num_rows, 2_000)


def test_the_result_says_what_was_left_out(taken: Dataset) -> None:
    result = taken.validate()
    text = " ".join(to_text([result], width=200).split())
    assert f"orders {taken.orders.num_rows} of 2,000" in text
    assert "shares and distributions unchecked: some rows were taken" in text
    assert all(table.shares_unchecked for table in Validation.from_dict(result.to_dict()).tables)
    assert "unchecked: some rows" not in to_text([Dataset({CustomerFactory: 200}).validate()])


def test_rows_that_break_a_rule_are_found_by_their_place_in_the_data(taken: Dataset) -> None:
    orders = taken.orders.to_arrow()
    place = orders.schema.get_field_index("status")
    status = ["lost", *orders["status"].to_pylist()[1:]]
    (failed,) = taken.validate({"orders": orders.set_column(place, "status", pa.array(status))}).failed
    assert (failed.kind, failed.examples) == ("other values", (0,))


def test_a_whole_table_whose_parents_were_all_taken_is_checked_as_ever(taken: Dataset) -> None:
    whole = taken.take(**{table.name: table.row_numbers for table in taken})
    everything = Dataset({CustomerFactory: 200, OrderFactory: 2_000}, seed=4)
    all_rows = everything.take(**{table.name: table.row_numbers for table in everything})
    assert len(all_rows.validate().checks) == len(everything.validate().checks)
    assert len(whole.validate().checks) == len(taken.validate().checks)


class BasketFactory(TableFactory):
    basket_id = Key("B{}")
    kind = Categorical({"small": 0.5, "large": 0.5})


class ItemFactory(TableFactory):
    item_id = Key("I{}")
    basket = ForeignKey(BasketFactory, per_parent=Poisson(3).clip(1, 5))


def test_children_are_not_counted_where_some_are_missing() -> None:
    dataset = Dataset({BasketFactory: 50, ItemFactory: None})
    assert any(check.kind.startswith("children a parent") for check in dataset.validate())
    result = dataset.take(baskets=range(50), items=[0, 1]).validate()
    assert result.ok
    assert not any(check.kind.startswith("children a parent") for check in result)
    assert result["baskets"].some_of is None
    assert result["baskets"].shares_unchecked is False


@pytest.mark.parametrize("rows", [{"orders": [17, 403]}, {"customers": [3]}, {}])
def test_the_report_shows_them(rows: dict[str, list[int]], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    some = Dataset({CustomerFactory: 200, OrderFactory: 2_000}, seed=4).take(**rows)
    page = write(content_of(some, some.validate()), tmp_path / "report.html").read_text("utf-8")
    assert f"{some.orders.num_rows} of 2,000 rows" in " ".join(page.split())
    assert "shares and distributions are not checked" in page
