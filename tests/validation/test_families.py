"""Data whose totals, pairs or lives are not as declared is found out; what is as declared passes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pytest_synthdata import (
    Count,
    Dataset,
    Exponential,
    ForeignKey,
    Key,
    Lifecycle,
    LogNormal,
    Poisson,
    Step,
    Steps,
    Sum,
    TableFactory,
    Times,
    col,
)


class ProductFactory(TableFactory):
    class Meta:
        table = "products"
        rows = 20

    product_id = Key("P{}")


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"

    order_id = Key("O{}")
    began = Times("2024-01-01", "2024-12-31")
    life = Lifecycle(
        "a", {"a": {"b": 0.7, "c": 0.3}, "b": {"c": 1.0}}, start="began", after={"b": Exponential(5), "c": 9.0}
    )
    total = Sum("lines.price")
    dear = Count("lines", where=col("price") > 20)
    weight = Sum("lines.weight")


class LineFactory(TableFactory):
    class Meta:
        table = "lines"

    order = ForeignKey(OrderFactory, per_parent=Poisson(2) + 1)
    product = ForeignKey(ProductFactory, distinct_within="order")
    price = LogNormal(3, 1).cast("decimal(10,2)")
    weight = LogNormal(0, 1)


class StepFactory(TableFactory):
    class Meta:
        table = "steps"

    order = ForeignKey(OrderFactory, per_parent=Steps("life"))
    step = Step("order.life")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset({OrderFactory: 400, LineFactory: None, StepFactory: None}, seed=6)


def failed(dataset: Dataset, **tables: pa.Table) -> dict[tuple[str, str, str], Any]:
    data = {table.name: tables.get(table.name, table.to_arrow()) for table in dataset}
    checks = dataset.validate(data).failed
    return {(check.table, check.kind, check.subject): check.measured for check in checks}


def replaced(table: pa.Table, column: str, row: int, value: Any) -> pa.Table:
    values = table[column].to_pylist()
    values[row] = value
    return table.set_column(
        table.schema.get_field_index(column), column, pa.array(values, table.schema.field(column).type)
    )


def test_what_is_as_declared_passes_and_is_checked(dataset: Dataset) -> None:
    assert failed(dataset) == {}
    kinds = {(check.table, check.kind, check.subject) for table in dataset.validate().tables for check in table.checks}
    assert {
        ("orders", "not the total", "of lines.price"),
        ("orders", "not the total", "of lines"),
        ("orders", "not the total", "of lines.weight"),
        ("lines", "twice within", "order"),
        ("steps", "illegal transitions", "a, b, c"),
        ("steps", "steps back in time", ""),
    } <= kinds


def test_a_cent_too_much_is_found(dataset: Dataset) -> None:
    orders = dataset.orders.to_arrow()
    off = orders["total"][7].as_py() + orders["total"][7].as_py().__class__("0.01")
    found = failed(dataset, orders=replaced(orders, "total", 7, off))
    assert found == {("orders", "not the total", f"of lines.price: the first is {off}, not {orders['total'][7]}"): 1}


def test_a_line_that_is_missing_is_found(dataset: Dataset) -> None:
    lines = dataset["lines"].to_arrow()
    dear = pc.index(pc.greater(lines["price"], 20), True).as_py()
    found = failed(dataset, lines=pa.concat_tables([lines.slice(0, dear), lines.slice(dear + 1)]))
    totals = {
        subject.partition(":")[0]: count for (_, kind, subject), count in found.items() if kind == "not the total"
    }
    assert totals == {"of lines.price": 1, "of lines": 1, "of lines.weight": 1}


def test_a_product_twice_in_an_order_is_found(dataset: Dataset) -> None:
    lines = dataset["lines"].to_arrow()
    orders = lines["order_id"].to_pylist()
    row = next(row for row in range(1, len(orders)) if orders[row] == orders[row - 1])
    doubled = replaced(lines, "product_id", row, lines["product_id"][row - 1].as_py())
    assert failed(dataset, lines=doubled)["lines", "twice within", "order"] == 1


def test_illegal_and_backward_steps_are_found(dataset: Dataset) -> None:
    steps = dataset.steps.to_arrow()
    rows = steps["step"].to_pylist()
    row = next(row for row in range(1, len(rows)) if rows[row]["number"] == 2 and rows[row]["state"] == "b")
    back = replaced(steps, "step", row, {**rows[row], "at": rows[row - 1]["at"].replace(year=2023)})
    found = failed(dataset, steps=back)
    assert found["steps", "steps back in time", ""] == 1
    illegal = failed(dataset, steps=replaced(steps, "step", row, {**rows[row], "state": "a"}))
    assert illegal["steps", "illegal transitions", "a, b, c"] == 1
