"""A subset shows chosen rows of a view as they are in the whole, to every sink."""

from pathlib import Path

import cloudpickle
import factory
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_synthdata import Array, ForeignKey, GenerationError, Integers, Key, Sum, TableFactory, col
from pytest_synthdata.columns.tables.subset import Subset
from pytest_synthdata.columns.tables.table_view import TableView
from pytest_synthdata.dataset import Dataset
from pytest_synthdata.factories import CustomerFactory, OrderFactory
from pytest_synthdata.files import write_files
from pytest_synthdata.pickling import pickled_table

CHOSEN = np.array([0, 3, 17, 400, 401, 999], np.uint64)


@pytest.fixture(scope="module")
def whole() -> TableView:
    return Dataset({CustomerFactory: 50, OrderFactory: 1_000})["orders"].view


def rows_of(view: TableView) -> pa.Table:
    return pa.Table.from_batches(view.batches(0, view.num_rows, 4), schema=view.schema)


def test_its_rows_are_those_of_the_whole(whole: TableView) -> None:
    subset = Subset.of(whole, CHOSEN)
    assert rows_of(subset).equals(rows_of(whole).take(pa.array(CHOSEN)))
    assert subset.batch(2, 4).equals(subset.record_batch(CHOSEN[2:4]))
    assert subset.row_numbers(1, 3).tolist() == [3, 17]
    assert (subset.num_rows, subset.name, subset.seed) == (6, "orders", 42)


def test_what_is_declared_stays_the_whole_table(whole: TableView) -> None:
    assert Subset.of(whole, CHOSEN).bound.num_rows == 1_000


def test_a_subset_of_a_subset_is_one_of_the_whole(whole: TableView) -> None:
    twice = Subset.of(Subset.of(whole, CHOSEN), CHOSEN[2:4])
    assert twice.whole is whole
    assert rows_of(twice).equals(rows_of(whole).take([17, 400]))


def test_files_and_other_processes_get_its_rows(whole: TableView, tmp_path: Path) -> None:
    subset = Subset.of(whole, CHOSEN[1:])
    path = write_files(subset, tmp_path / "orders.parquet")
    assert pq.read_table(path).equals(rows_of(subset))
    there = cloudpickle.loads(pickled_table(subset, cloudpickle))
    assert rows_of(there).equals(rows_of(subset))


def test_one_without_rows_has_the_schema(whole: TableView) -> None:
    none = Subset.of(whole, CHOSEN[:0])
    assert rows_of(none).schema == whole.schema
    assert rows_of(none).num_rows == 0


class TagFactory(TableFactory):
    class Meta:
        table = "tags"

    tag_id = Key("T{:03d}")
    weight = Integers(1, 9)


class PostFactory(TableFactory):
    class Meta:
        table = "posts"
        where = col("words") > col("least")

    post_id = Key("P{:03d}")
    tags = Array(ForeignKey(TagFactory, weights=col("weight")), length=Integers(0, 4))
    words = Integers(1, 100)
    least = Integers(1, 50)


def test_the_rows_whose_keys_an_array_lists_come_along_and_no_others() -> None:
    dataset = Dataset({TagFactory: 500, PostFactory: 300})
    whole = dataset["posts"].to_arrow()["tags"].to_pylist()
    for row in range(0, 300, 9):
        taken = dataset.take(posts=[row])
        assert set(taken["tags"].to_arrow()["tag_id"].to_pylist()) == set(whole[row])


class BasketFactory(TableFactory):
    class Meta:
        table = "baskets"

    basket_id = Key("B{:03d}")
    lines = factory.RelatedFactoryList("test_subset.BasketLineFactory", "basket", size=3)
    total = Sum("lines.amount")


class BasketLineFactory(TableFactory):
    class Meta:
        table = "basket_lines"

    line_id = Key("L{:03d}")
    basket = ForeignKey(BasketFactory)
    amount = Integers(1, 9)


def test_children_whose_number_is_stated_are_taken_without_those_of_their_parent() -> None:
    dataset = Dataset({BasketLineFactory: 50})
    taken = dataset.take(basket_lines=[3])
    assert taken["basket_lines"].to_arrow().equals(dataset["basket_lines"].to_arrow(3, 4))
    assert taken["baskets"].num_rows == 1
    with pytest.raises(GenerationError, match="'baskets' sums up these rows, whose number was stated"):
        dataset["baskets"].to_arrow()
    counted = Dataset({BasketFactory: 20}).take(basket_lines=[3])
    assert (counted["basket_lines"].num_rows, counted["baskets"].num_rows) == (3, 1)


def test_a_table_is_a_stream_of_arrow() -> None:
    table = Dataset({CustomerFactory: 300}).customers
    assert pa.table(table).equals(table.to_arrow())
    assert pa.RecordBatchReader.from_stream(table.to_arrow(3, 5)).read_all().equals(table.to_arrow(3, 5))
