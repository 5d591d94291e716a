"""Parameters that differ by row, correlations and totals: data as declared passes, data by other numbers fails."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Boolean,
    Categorical,
    Dataset,
    Dates,
    Exponential,
    ForeignKey,
    Given,
    Integers,
    Key,
    LogNormal,
    Max,
    Mean,
    Min,
    Normal,
    Poisson,
    Readings,
    ReadingTime,
    Share,
    TableFactory,
    Uniform,
    col,
)
from pytest_synthdata import functions as F

FIRST: dict[str, Any] = {
    "n": Integers(1, 6),
    "vip": Boolean(0.3),
    "mu": Uniform(0, 3).round(3),
    "since": Dates("2020-01-01", "2023-12-31"),
}
BY_ROW: dict[str, Any] = {
    "count": Poisson(col("n")),
    "amount": LogNormal(col("mu"), 0.5),
    "cents": LogNormal(col("mu"), 0.5).round(1),
    "weight": Normal(col("n") * 0.8, 0.4).clip(0.5, 4).round(2),
    "wait": Exponential(Given("vip", {True: 5.0}, default=1.0)),
    "share": Uniform(0, col("n")).cast("decimal(6,2)"),
    "piece": Integers(1, col("n")),
    "late": Boolean(col("mu") / 3),
    "due": Dates(col("since"), F.date_add("since", 30)).nulls(0.2),
}
# The same with other numbers, near enough that no value lies out of range.
OTHERWISE: dict[str, Any] = {
    "count": Poisson(col("n") * 1.1),
    "amount": LogNormal(col("mu") + 0.1, 0.5),
    "cents": LogNormal(col("mu"), 0.6).round(1),
    "weight": Normal(col("n") * 0.8, 0.5).clip(0.5, 4).round(2),
    "wait": Exponential(Given("vip", {True: 4.0}, default=1.0)),
    "share": (Uniform(0, 1) * Uniform(0.9, 1) * col("n")).cast("decimal(6,2)"),
    "piece": Integers(1, F.greatest(col("n") - 1, F.lit(1))),
    "late": Boolean(col("mu") / 3.5),
    "due": Dates(col("since"), F.date_add("since", 25)).nulls(0.2),
}


def table(columns: dict[str, Any], **meta: Any) -> type[TableFactory]:
    options = type("Meta", (), {"table": "things", "rows": 5_000, **meta})
    return type("ThingFactory", (TableFactory,), {"__module__": __name__, "Meta": options, **columns})


@pytest.mark.parametrize("seed", range(3))
def test_numbers_by_the_parameters_of_their_rows_pass(seed: int) -> None:
    dataset = Dataset({table({**FIRST, **BY_ROW}): None}, seed=seed)
    result = dataset.validate()
    assert not result.failed
    assert set(BY_ROW) <= {check.column for check in result.tables[0].checks if check.kind == "shape"}


def test_numbers_by_others_fail() -> None:
    declared = Dataset({table({**FIRST, **BY_ROW}): None})
    data = Dataset({table({**FIRST, **OTHERWISE}): None}, seed=5)["things"].to_arrow()
    assert {check.column for check in declared.validate({"things": data}).failed} == set(BY_ROW)


def test_a_number_out_of_its_row_s_range_is_shown() -> None:
    dataset = Dataset({table({**FIRST, **BY_ROW}): None})
    rows = dataset["things"].to_arrow().to_pylist()
    rows[17]["piece"] = rows[17]["n"] + 1
    failed = dataset.validate({"things": pa.Table.from_pylist(rows, dataset["things"].schema)}).failed
    assert [(one.column, one.kind, one.examples) for one in failed] == [("piece", "outside of the range", (17,))]


COPULA: dict[str, Any] = {
    "age": Normal(45, 12).clip(18, 90).round(0),
    "income": LogNormal(10.5, 0.4).round(2).nulls(0.1),
    "size": Categorical({"small": 0.5, "middle": 0.3, "large": 0.2}),
    "since": Dates("2020-01-01", "2023-12-31"),
}
PAIRS = {("age", "income"): 0.6, ("income", "size"): -0.5, ("since", "age"): 0.3}


@pytest.mark.parametrize("where", [None, col("age") + col("income") / 1_000 < 100])
def test_correlations_are_looked_at_by_rank(where: Any) -> None:
    meta = {} if where is None else {"where": where}
    dataset = Dataset({table(COPULA, correlations=PAIRS, **meta): None}, seed=3)
    result = dataset.validate()
    assert not result.failed
    assert sum(check.kind == "rank correlation" for check in result.tables[0].checks) == len(PAIRS)
    weaker = {**PAIRS, ("age", "income"): 0.5}
    data = Dataset({table(COPULA, correlations=weaker, **meta): None}, seed=3)["things"].to_arrow()
    failed = [one for one in dataset.validate({"things": data}).failed if one.kind == "rank correlation"]
    assert [one.subject for one in failed] == ["age, income"]


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"
        rows = 300

    order_id = Key("O{}")
    budget = LogNormal(5, 1).cast("decimal(12,2)")
    dearest = Max("lines.price")
    first = Min("lines.day")
    mean = Mean("lines.price", where=col("day") > F.lit("2024-02-01").cast("date"))


class LineFactory(TableFactory):
    class Meta:
        table = "lines"

    order = ForeignKey(OrderFactory, per_parent=Poisson(col("budget").cast("double").clip(0, 200) / 40))
    price = LogNormal(3, 1).cast("decimal(10,2)")
    day = Dates("2024-01-01", "2024-03-31").nulls(0.1)
    part = Share("order.budget")


def test_totals_and_shares_are_computed_again() -> None:
    dataset = Dataset({OrderFactory: 300, LineFactory: None})
    assert not dataset.validate().failed
    lines = dataset["lines"].to_arrow()
    for column, wrong, found in [
        ("part", Decimal("0.01"), "shares of another amount"),
        ("price", Decimal(900), "not the total"),
    ]:
        values = lines[column].to_pylist()
        values[40] += wrong
        at = lines.schema.get_field_index(column)
        field = lines.schema.field(at)
        changed = lines.set_column(at, field, pa.array(values, field.type))
        kinds = {one.kind for one in dataset.validate({"lines": changed}).failed}
        assert found in kinds
    days = lines["day"].to_pylist()
    earliest = min(range(len(days)), key=lambda at: (days[at] is None, days[at]))
    days[earliest] = None
    at = lines.schema.get_field_index("day")
    changed = lines.set_column(at, lines.schema.field(at), pa.array(days, pa.date32()))
    failed = dataset.validate({"lines": changed}).failed
    assert {one.place for one in failed} >= {"orders.first"}


class MeterFactory(TableFactory):
    class Meta:
        table = "meters"
        rows = 20

    meter_id = Key("M{}")
    since = Dates("2024-01-01", "2024-01-20")


class ReadingFactory(TableFactory):
    class Meta:
        table = "readings"

    meter = ForeignKey(MeterFactory, per_parent=Readings("6h", start="since", end="2024-02-10", jitter=0.25))
    at = ReadingTime()


def test_readings_are_taken_at_their_times() -> None:
    dataset = Dataset({MeterFactory: 20, ReadingFactory: None})
    assert not dataset.validate().failed
    assert not dataset.take(readings=[3, 17]).validate().failed
    table = dataset["readings"].to_arrow()
    times = table["at"].to_pylist()
    times[5] += dt.timedelta(hours=2)  # later than a quarter of six hours
    times[41] = times[40]
    failed = dataset.validate({"readings": table.set_column(1, "at", pa.array(times, table["at"].type))}).failed
    assert {(one.kind, one.measured) for one in failed} == {
        ("reading at another time", 1),
        ("two readings at a time", 1),
    }
