"""`assert_caught` and `assert_repaired`: exact, and a message that says which rows and what kind."""

from __future__ import annotations

import re
from typing import Any

import factory
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pytest_synthdata import (
    Array,
    Categorical,
    Constant,
    Dataset,
    Duplicates,
    Integers,
    Key,
    Late,
    Malformed,
    Missing,
    Normal,
    Orphans,
    OutOfRange,
    Repeated,
    SynthDataError,
    TableFactory,
    Typos,
    assert_caught,
    assert_matches,
    assert_repaired,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory

KINDS = [Missing("amount", 0.02), OutOfRange("amount", 0.01), Orphans("customer", 0.01), Duplicates(0.02)]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset({CustomerFactory: 200, OrderFactory: 2_000}, seed=3, defects={OrderFactory: KINDS})


def bad_rows(dataset: Dataset) -> pa.Table:
    """What a right pipeline throws out: nulls, negative amounts, orphans, and the second of two equal keys."""
    orders, customers = dataset.orders.to_arrow(), dataset.customers.to_arrow()
    wrong = pc.or_(
        pc.or_(pc.is_null(orders["amount"]), pc.fill_null(pc.less(orders["amount"], 0), False)),
        pc.invert(pc.is_in(orders["customer_id"], value_set=customers["customer_id"])),
    )
    seen: set[str] = set()
    again = [key in seen or bool(seen.add(key)) for key in orders["order_id"].to_pylist()]
    return orders.filter(pc.or_(wrong, pa.array(again)))


@pytest.mark.parametrize(
    "form", [lambda bad: bad, pa.Table.to_pandas, pa.Table.to_pylist], ids=["arrow", "pandas", "list"]
)
def test_what_is_caught_passes(dataset: Dataset, form: Any) -> None:
    assert_caught(form(bad_rows(dataset)), dataset.defects["orders"])
    assert_caught(form(bad_rows(dataset).select(["order_id"])), dataset.defects["orders"])


def test_what_is_missed_is_told_by_kind(dataset: Dataset) -> None:
    bad = bad_rows(dataset)
    caught = bad.filter(pc.or_kleene(pc.is_null(bad["amount"]), pc.greater(bad["amount"], 0)))
    with pytest.raises(AssertionError) as error:
        assert_caught(caught, dataset.defects["orders"])
    message = str(error.value)
    labels = dataset.defects["orders"].to_pandas()
    planted = int((labels.kind == "out_of_range").sum())
    first = labels[labels.kind == "out_of_range"].iloc[0]
    assert f"out_of_range  amount       {planted}" in message
    assert "0.000" in message
    assert f"{first.order_id}  out_of_range  amount  {first.clean}" in message
    assert re.search(r"missing +amount +(\d+) +\1 +1\.000", message)
    assert "clean rows thrown out" not in message


def test_clean_rows_that_are_thrown_out_are_told(dataset: Dataset) -> None:
    clean = dataset.clean.orders.to_arrow()
    dirty = {row["order_id"] for row in dataset.defects["orders"].to_arrow().to_pylist()}
    good = clean.filter(pc.invert(pc.is_in(clean["order_id"], pa.array(sorted(dirty))))).slice(0, 7)
    with pytest.raises(AssertionError, match="7 clean rows thrown out") as error:
        assert_caught(pa.concat_tables([bad_rows(dataset), good]), dataset.defects["orders"])
    assert good["order_id"][0].as_py() in str(error.value)


def test_of_a_row_and_its_copy_one_is_caught(dataset: Dataset) -> None:
    labels = dataset.defects["orders"].to_pandas()
    cells = set(labels[labels.column.notna()].order_id)
    copied = next(key for key in labels[labels.kind == "duplicates"].order_id if key not in cells)
    orders, bad = dataset.orders.to_arrow(), bad_rows(dataset)
    both = orders.filter(pc.equal(orders["order_id"], copied))
    others = bad.filter(pc.not_equal(bad["order_id"], copied))
    assert both.num_rows == 2
    assert_caught(pa.concat_tables([others, both.slice(0, 1)]), dataset.defects["orders"])
    with pytest.raises(AssertionError, match="1 clean row thrown out"):
        assert_caught(pa.concat_tables([others, both]), dataset.defects["orders"])
    with pytest.raises(AssertionError, match=r"1 of .* dirty rows missed"):
        assert_caught(others, dataset.defects["orders"])


def test_other_kinds_may_be_caught_or_not(dataset: Dataset) -> None:
    orders = dataset.orders.to_arrow()
    nulls = orders.filter(pc.is_null(orders["amount"]))
    assert_caught(nulls, dataset.defects["orders"], kinds=[Missing])
    assert_caught(bad_rows(dataset), dataset.defects["orders"], kinds="missing")
    with pytest.raises(AssertionError, match="dirty rows missed"):
        assert_caught(nulls.slice(1), dataset.defects["orders"], kinds=Missing)
    with pytest.raises(SynthDataError, match="no defect of kind 'Late' was planted"):
        assert_caught(nulls, dataset.defects["orders"], kinds=[Late])


def test_rows_with_a_dirty_key_are_found_by_it() -> None:
    dataset = Dataset(
        {OrderFactory: 1_000},
        defects={OrderFactory: [Missing("order_id", 0.02), Malformed("order_id", 0.02), Repeated("order_id", 0.02)]},
    )
    orders, labels = dataset.orders.to_pandas(), dataset.defects["orders"]
    assert_caught(orders.iloc[sorted(set(labels.to_pandas().row))], labels)
    with pytest.raises(AssertionError, match="1 of"):
        assert_caught(orders.iloc[sorted(set(labels.to_pandas().row))[1:]], labels)


@pytest.mark.parametrize(
    "kind", [Repeated("order_id", exactly=7), Duplicates(exactly=7, changing=["amount"])], ids=["repeated", "changed"]
)
def test_of_rows_with_one_key_the_dirty_one_is_caught(kind: Any) -> None:
    dataset = Dataset({OrderFactory: 500}, defects={OrderFactory: [kind]})
    orders, labels = dataset.orders.to_pandas(), dataset.defects["orders"]
    dirty = sorted(set(labels.to_pandas().row))
    right = orders.iloc[dirty]
    clean = orders[orders.order_id.isin(right.order_id)].drop(index=dirty)
    assert_caught(right, labels)
    # What the pipeline changed tells nothing, and what is left still tells; the key alone does not.
    assert_caught(right.assign(order_date="unknown", status=right.status.str.upper()), labels)
    assert_caught(clean[["order_id"]], labels)
    assert_caught(clean.assign(amount=right.amount.to_numpy()).drop(columns=["customer_id", "order_date"]), labels)
    with pytest.raises(AssertionError, match=r"7 of 7 dirty rows missed, 7 clean rows thrown out") as error:
        assert_caught(clean.assign(status="lost"), labels)
    last = str(error.value).splitlines()[-2:]
    assert [line.split()[0] for line in last] == [str(sorted(clean.index)[4]), "…"]


def test_a_message_says_which_columns_it_leaves_out() -> None:
    wide = type(
        "WideFactory", (TableFactory,), {"wide_id": Key("W-{}"), **{f"column_{n}": Constant(n) for n in range(20)}}
    )
    dataset = Dataset({wide: 10}, defects={wide: [Missing("column_0", exactly=1)]})
    clean = dataset.clean.wides.to_arrow()
    with pytest.raises(AssertionError) as error:
        assert_caught(clean.slice(0, 1), dataset.defects["wides"])
    assert re.search(r"column_\d  …$", str(error.value), re.MULTILINE)
    with pytest.raises(AssertionError, match=r"3 rows missing") as error:
        assert_repaired(clean.slice(3), dataset.clean.wides)
    assert re.search(r"column_\d  …$", str(error.value), re.MULTILINE)


class ReadingFactory(TableFactory):
    """A table without a key."""

    sensor = Categorical({"a": 0.5, "b": 0.5})
    value = Normal(0, 1)


def test_rows_without_a_key_are_found_by_all_cells() -> None:
    dataset = Dataset({ReadingFactory: 500}, defects={ReadingFactory: [Typos("sensor", 0.05)]})
    readings, labels = dataset.readings.to_pandas(), dataset.defects["readings"]
    assert "reading_id" not in labels.schema.names
    bad = readings[~readings.sensor.isin(["a", "b"])]
    assert_caught(bad, labels)
    with pytest.raises(AssertionError, match="1 of"):
        assert_caught(bad.iloc[1:], labels)


def test_rows_that_the_table_does_not_have_are_told(dataset: Dataset) -> None:
    bad = bad_rows(dataset).to_pandas()
    bad.loc[0, "order_id"] = "ord-x"
    with pytest.raises(AssertionError, match=r"1 of .* missed, 1 row that orders does not have"):
        assert_caught(bad, dataset.defects["orders"])


def test_a_frame_without_the_key_is_refused(dataset: Dataset) -> None:
    with pytest.raises(SynthDataError, match="has no column 'order_id', by which rows of orders are found"):
        assert_caught(bad_rows(dataset).drop_columns(["order_id"]), dataset.defects["orders"])
    with pytest.raises(SynthDataError, match="is not the labels of a table"):
        assert_caught(bad_rows(dataset), dataset.orders)


def test_mended_data_passes_and_other_is_told(dataset: Dataset) -> None:
    clean = dataset.clean.orders
    shuffled = clean.to_pandas().sample(frac=1, random_state=1).assign(loaded="today")
    assert_repaired(shuffled, clean)
    assert_repaired(shuffled, clean.to_arrow())
    with pytest.raises(AssertionError) as error:
        assert_repaired(dataset.orders.to_arrow().slice(0, 1_990), clean)
    message = str(error.value)
    assert "orders is not repaired: 10 rows missing" in message
    assert message.splitlines()[-1] == "  …"
    assert re.search(r"^amount .*(\n +ORD.*){4}\n +…$", message, re.MULTILINE)
    first = next(row for row in dataset.defects["orders"].to_arrow().to_pylist() if row["column"] == "amount")
    assert first["order_id"] in message
    with pytest.raises(AssertionError, match="rows too many"):
        assert_repaired(dataset.orders.to_arrow(), clean)
    with pytest.raises(SynthDataError, match="no column 'order_id'"):
        assert_repaired(shuffled[["amount"]], clean)


def test_rows_of_one_key_are_compared_in_any_order(dataset: Dataset) -> None:
    clean = dataset.clean.orders
    shuffled = clean.to_pandas().sample(frac=1, random_state=1)
    assert_repaired(shuffled, clean, key="customer_id")
    with pytest.raises(AssertionError, match="1 cell wrong in 1 of 5 columns"):
        assert_repaired(shuffled.assign(amount=[-1.0, *shuffled.amount[1:]]), clean, key="customer_id")


class PartFactory(TableFactory):
    class Meta:
        table = "probes"

    reading_id = Key("R{:02d}")
    tags: dict[str, str] = factory.Dict({"device": Categorical(["A1", "B2"]), "method": "ear"})
    ref = factory.Dict({"about": "a long description of the range", "high": Integers(5, 9)})
    parts = Array("x", length=2)


def test_maps_in_another_order_are_repaired() -> None:
    clean = Dataset({PartFactory: 20}).probes
    rows = clean.to_arrow().to_pylist()
    turned = [{**row, "tags": row["tags"][::-1]} for row in rows]
    assert_repaired(pa.Table.from_pylist(turned, clean.schema), clean)
    assert_repaired(
        pa.Table.from_pylist(turned, clean.schema).drop(["reading_id"]), clean.to_arrow().drop(["reading_id"])
    )
    assert_matches(pa.Table.from_pylist(turned, clean.schema), PartFactory)


@pytest.mark.parametrize(
    ("column", "value", "line"),
    [
        ("ref", {"about": "a long description of the range", "high": 77}, r"ref\.high +1 +R03 +\d +77"),
        (
            "ref",
            {"about": "a long description of this one", "high": 7},
            r"\.about .*…on of the range +…on of this",
        ),
        ("parts", ["x"], "parts +1 +R03 +2 items +1 item"),
        ("parts", ["x", "y"], r"parts\[1\] +1 +R03 +x +y"),
        ("tags", [("method", "ear")], r"tags\.device +1 +R03 +there +missing"),
    ],
)
def test_the_place_that_differs_inside_of_a_cell_is_shown(column: str, value: Any, line: str) -> None:
    clean = Dataset({PartFactory: 20}).probes
    rows = clean.to_arrow().to_pylist()
    rows[3][column] = value
    with pytest.raises(AssertionError, match=line):
        assert_repaired(pa.Table.from_pylist(rows, clean.schema), clean)


def test_a_list_of_no_rows_has_caught_nothing(dataset: Dataset) -> None:
    with pytest.raises(AssertionError, match=r"(\d+) of \1 dirty rows missed \(recall 0.000, precision -\)"):
        assert_caught([], dataset.defects["orders"])
