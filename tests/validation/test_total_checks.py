"""A total that is wrong is named by its own row; columns that are compared with other rows count as checked."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pytest_synthdata import (
    Count,
    Dataset,
    ForeignKey,
    Integers,
    Key,
    Max,
    Normal,
    Ordinal,
    Poisson,
    Readings,
    ReadingTime,
    RunningSum,
    Share,
    Sum,
    TableFactory,
    Timeline,
    assert_matches,
)
from pytest_synthdata.validation import Check, validate


class HomeFactory(TableFactory):
    class Meta:
        table = "homes"

    home_id = Key("H{}")
    bill = Integers(100, 900).cast("decimal(8,2)")
    meters = Count("meters")
    kwh = Sum("meters.kwh")
    most = Max("meters.kwh")


class MeterFactory(TableFactory):
    class Meta:
        table = "meters"

    home = ForeignKey(HomeFactory, per_parent=Poisson(2).clip(0, 4))
    number = Ordinal("home")
    kwh = Normal(9, 1).round(1)
    total = RunningSum("kwh")
    part = Share("home.bill")


def homes(seed: int = 1) -> Dataset:
    return Dataset({HomeFactory: 50, MeterFactory: None}, seed=seed)


def with_more(table: pa.Table, column: str, row: int, more: Any = 1) -> pa.Table:
    values = table[column].to_pylist()
    values[row] += more
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))


def failed(dataset: Dataset, **changed: pa.Table) -> list[Check]:
    return dataset.validate({table.name: changed.get(table.name, table.to_arrow()) for table in dataset}).failed


@pytest.mark.parametrize("seed", range(5))
def test_right_data_passes_and_nothing_of_it_is_unchecked(seed: int) -> None:
    result = homes(seed).validate()
    assert result.ok, [*map(str, result.failed)]
    assert {table.table: table.unchecked for table in result.tables} == {"homes": {}, "meters": {}}


@pytest.mark.parametrize(("column", "path"), [("meters", "meters"), ("kwh", "meters.kwh"), ("most", "meters.kwh")])
def test_a_wrong_total_is_named_by_its_own_row(column: str, path: str) -> None:
    dataset = homes()
    rows = dataset.homes.to_arrow()
    row = next(at for at, count in enumerate(rows["meters"].to_pylist()) if at > 20 and count)
    right = rows[column][row].as_py()
    (found,) = failed(dataset, homes=with_more(rows, column, row))
    assert (found.place, found.kind, found.examples) == (f"homes.{column}", "not the total", (row,))
    assert found.subject == f"of {path}: the first is {right + 1}, not {right}"


def test_what_is_shown_are_rows_of_the_table_that_holds_the_cell() -> None:
    dataset = homes()
    wrong = with_more(dataset.homes.to_arrow(), "meters", 33)
    with pytest.raises(AssertionError, match=r"homes\.meters: not the total[^\n]*\n.*\n.*\n.*\n +33 +H33 "):
        assert_matches(dataset.meters.to_arrow(), MeterFactory, parents={"homes": wrong})
    reader = wrong.to_reader()
    with pytest.raises(AssertionError, match=r"homes\.meters: not the total[^\n]*\n.*\n.*\n +rows 33\b"):
        assert_matches(dataset.meters.to_arrow(), MeterFactory, parents={"homes": reader})


def test_a_parent_with_too_many_children_is_named_as_a_row_of_its_table() -> None:
    dataset = homes()
    meters = dataset.meters.to_arrow()
    more = pa.concat_tables([meters, *[meters.slice(at, 1) for at in [3] * 5]])
    home = int(meters["home_id"][3].as_py()[1:])
    found = next(one for one in failed(dataset, meters=more) if one.kind == "children a parent: outside of the range")
    assert (found.place, found.examples, found.examples_of) == ("meters.home", (home,), "homes")
    assert str(found).endswith(f"(rows {home} of homes)")


def test_shares_of_another_amount_are_named_by_the_first_of_them() -> None:
    dataset = homes()
    meters = dataset.meters.to_arrow()
    second = meters["number"].to_pylist().index(2)
    (found,) = failed(dataset, meters=with_more(meters, "part", second))
    assert (found.place, found.kind, found.examples) == ("meters.part", "shares of another amount", (second - 1,))


def test_totals_are_never_null() -> None:
    dataset = homes()
    for table, column, row in (("homes", "meters", 3), ("homes", "kwh", 3), ("meters", "total", 5)):
        rows = dataset[table].to_arrow()
        values = rows[column].to_pylist()
        values[row] = None
        at = rows.schema.get_field_index(column)
        changed = rows.set_column(at, column, pa.array(values, rows.schema.field(at).type))
        assert (column, "nulls") in {(one.column, one.kind) for one in failed(dataset, **{table: changed})}
    assert {"meters_not_null", "kwh_not_null"} <= {*HomeFactory.expectations()}


def test_what_needs_rows_that_are_not_there_says_so() -> None:
    dataset = homes()
    alone = dataset.validate({"homes": dataset.homes}).tables[0].unchecked
    assert alone["meters"].endswith(": compared with all rows of meters, where they are checked, too")
    (meters,) = validate(dataset.views, {"meters": dataset.meters}, parents={}).tables
    assert meters.unchecked["total"] == "RunningSum('kwh'): the rows of homes are not at hand"
    taken = dataset.take(meters=[3, 4, 5]).validate()
    assert taken["meters"].unchecked["part"].endswith(": not all rows of meters and homes are at hand")
    assert taken["homes"].unchecked.keys() == {"meters", "kwh", "most"}


@pytest.mark.parametrize(("more", "rows"), [(4, 1), (-2, 1), (-1, 2)], ids=["with a gap", "below the first", "twice"])
def test_a_wrong_number_is_found_and_hides_nothing(more: int, rows: int) -> None:
    dataset = homes()
    meters = dataset.meters.to_arrow()
    row = meters["number"].to_pylist().index(2)
    wrong = with_more(meters, "number", row, more)
    (ordinal,) = failed(dataset, meters=wrong)
    assert (ordinal.place, ordinal.kind, ordinal.measured) == ("meters.number", "numbers of rows", rows)
    assert row in ordinal.examples
    both = failed(dataset, meters=with_more(wrong, "total", row))
    assert [(one.column, one.examples) for one in both if one.column == "total"] == [("total", (row,))]


class EventFactory(TableFactory):
    class Meta:
        table = "events"

    home = ForeignKey(HomeFactory, per_parent=Poisson(3))
    at = Timeline("2024-01-01", "2024-12-31")
    number = Ordinal("home", start=0)


class ReadingFactory(TableFactory):
    class Meta:
        table = "readings"

    home = ForeignKey(HomeFactory, per_parent=Readings("1d", start="2024-01-01", end="2024-01-04", jitter=1.0))
    at = ReadingTime()
    number = Ordinal("home")


@pytest.mark.parametrize("factory", [EventFactory, ReadingFactory])
def test_numbers_follow_the_order_of_time(factory: type[TableFactory]) -> None:
    for seed in range(4):
        assert Dataset({HomeFactory: 20, factory: None}, seed=seed).validate().ok
    dataset = Dataset({HomeFactory: 20, factory: None})
    (name,) = {*dataset.tables} - {"homes", "meters"}
    rows = dataset[name].to_arrow()
    first = next(at for at, number in enumerate(rows["number"].to_pylist()) if number == rows["number"][0].as_py() + 1)
    home, number = rows["home_id"][first].as_py(), rows["number"][first].as_py()
    other = next(
        at for at, row in enumerate(rows.to_pylist()) if row["home_id"] == home and row["number"] == number - 1
    )
    swapped = with_more(with_more(rows, "number", first, -1), "number", other)
    (found,) = dataset.validate({name: swapped, "homes": dataset.homes}).failed
    assert (found.column, found.kind, found.subject) == ("number", "not numbered in the order of time", "at")
