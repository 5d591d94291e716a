"""Any rows with what they refer to are a dataset: cells, keys, types and order are those of the whole."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pytest
from test_any_declaration import PARENTS, ROWS, Declarations, OwnerFactory, comparable

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    DeclarationError,
    Duplicates,
    ForeignKey,
    Key,
    Missing,
    Poisson,
    SynthDataError,
    TableFactory,
    Timeline,
    col,
)
from pytest_synthdata.factories import CustomerFactory, OrderFactory, TicketFactory


class CountryFactory(TableFactory):
    class Meta:
        table = "countries"
        key = ("continent", "number")

    continent = Categorical({"EU": 0.5, "AS": 0.5})
    number = factory.Sequence(lambda number: number)


class PersonFactory(TableFactory):
    class Meta:
        table = "people"

    person_id = Key("P{}")
    boss = ForeignKey("self")
    country = ForeignKey(CountryFactory)


class AddressFactory(factory.DictFactory):
    street = factory.Faker("street_name")
    owner = factory.SelfAttribute("..sender_id")


class ParcelFactory(TableFactory):
    class Meta:
        table = "parcels"

    parcel_id = Key("X{}")
    sender = ForeignKey(PersonFactory)
    receiver = ForeignKey(PersonFactory, where=col("receiver.person_id") != col("sender.person_id"))
    address = factory.SubFactory(AddressFactory)
    sent = Dates("2024-01-01", "2024-12-31")


class ScanFactory(TableFactory):
    """Rows counted from their parents' and shuffled in time."""

    class Meta:
        table = "scans"

    scan_id = Key("S{}")
    parcel = ForeignKey(ParcelFactory, per_parent=Poisson(2))
    at = Timeline("2024-01-01", "2024-03-31")


def post() -> Dataset:
    return Dataset({CountryFactory: 20, PersonFactory: 200, ParcelFactory: 400, ScanFactory: None}, seed=8)


def assert_shows_its_rows_of(whole: Dataset, taken: Dataset) -> None:
    for table in taken:
        expected = whole[table.name].to_arrow().take(pa.array(table.row_numbers))
        assert table.to_arrow().schema.equals(expected.schema)
        assert list(map(comparable, table.to_arrow().to_pylist())) == list(map(comparable, expected.to_pylist()))


@pytest.mark.parametrize("seed", range(20))
def test_rows_of_any_declaration_are_those_of_the_whole(seed: int) -> None:
    drawn = Declarations(seed).factory()
    try:
        dataset = Dataset({OwnerFactory: PARENTS, drawn: ROWS}, seed=seed)
    except DeclarationError:
        return  # test_any_declaration says how few these are
    chosen = random.Random(seed).sample(range(ROWS), k=seed + 1)
    taken = dataset.take(things=chosen)
    assert taken.things.row_numbers.tolist() == sorted(chosen)
    assert taken.owners.num_rows == len(set(taken.things.bound.at(taken.things.row_numbers).read("owner").tolist()))
    assert_shows_its_rows_of(dataset, taken)


def test_whatever_a_row_refers_to_comes_along_at_any_depth() -> None:
    whole = post()
    taken = whole.take(scans=[3, 500])
    assert_shows_its_rows_of(whole, taken)
    rows = {table.name: table.to_arrow().to_pylist() for table in taken}
    people = {row["person_id"]: row for row in rows["people"]}
    parcels = {row["parcel_id"]: row for row in rows["parcels"]}
    countries = {(row["continent"], row["number"]) for row in rows["countries"]}
    assert {row["parcel_id"] for row in rows["scans"]} == parcels.keys()
    for parcel in parcels.values():
        assert parcel["address"]["owner"] == parcel["sender_id"]
    wanted = {parcel[name] for parcel in parcels.values() for name in ("sender_id", "receiver_id")}
    while wanted - {None}:
        assert wanted - {None} <= people.keys()
        wanted = {people[person]["boss_id"] for person in wanted - {None}}
    assert {(row["country_continent"], row["country_number"]) for row in people.values()} == countries


def test_nothing_comes_along_that_nobody_refers_to() -> None:
    whole = post()
    needed = whole.take(parcels=[7])
    numbers = {table.name: table.row_numbers.tolist() for table in needed}
    assert numbers["scans"] == []
    for person in numbers["people"]:
        fewer = {"people": sorted({*numbers["people"]} - {person})}
        again = whole.take(**fewer, parcels=[7])
        assert again.people.row_numbers.tolist() == numbers["people"], "each is needed: it comes back by itself"


def test_a_subset_of_a_subset_is_one_of_the_whole() -> None:
    whole = post()
    once = whole.take(parcels=range(0, 400, 3))
    twice = once.take(parcels=[9, 99])
    direct = whole.take(parcels=[99, 9])
    assert {table.name: table.row_numbers.tolist() for table in twice} == {
        table.name: table.row_numbers.tolist() for table in direct
    }
    with pytest.raises(SynthDataError, match=r"parcels: row 10 is not among the 134 rows that were taken"):
        once.take(parcels=[9, 10])


def test_a_table_of_a_billion_rows_gives_some_at_once() -> None:
    taken = Dataset({OrderFactory: 10**9}, seed=3).take(orders=[999_999_999, 5])
    few = Dataset({OrderFactory: 10}, seed=3).orders.to_arrow().to_pylist()
    assert taken.orders.to_arrow().to_pylist()[0] == few[5]
    assert taken.customers.num_rows == 2


def test_everything_taken_is_everything() -> None:
    whole = post()
    taken = whole.take(**{table.name: table.row_numbers for table in whole})
    assert taken.fingerprints() == whole.fingerprints()


def test_what_was_taken_shows_in_its_name() -> None:
    taken = post().take(parcels=[7])
    assert f"people: {taken.people.num_rows} of 200, parcels: 1 of 400, scans: 0 of " in repr(taken)
    assert repr(taken.parcels) == "<Table parcels: 1 of 400 rows, seed 8>"


def test_nothing_taken_is_empty_tables() -> None:
    taken = post().take()
    assert [table.num_rows for table in taken] == [0, 0, 0, 0]
    assert taken.parcels.to_arrow().schema.equals(post().parcels.schema)


def test_every_form_has_the_same_rows(tmp_path: Path) -> None:
    taken = Dataset(seed=5).take(orders=[17, 403], tickets=[8])
    expected = taken.orders.to_arrow()
    assert taken.orders.to_pandas().to_dict("list") == expected.to_pandas().to_dict("list")
    for form in ("parquet", "csv", "json", "delta"):
        taken.orders.to_files(tmp_path / form, form)
    assert taken.validate({"orders": tmp_path / "csv"}).ok
    import pyarrow.dataset as ds

    for path, form in ((tmp_path / "parquet", "parquet"), (tmp_path / "delta", "parquet")):
        files = [str(file) for file in path.rglob("*.parquet")]
        assert ds.dataset(files, format=form).to_table().equals(expected)
    assert taken.orders.to_arrow(1).equals(expected.slice(1))
    assert [batch.num_rows for batch in taken.orders.batches(size=1)] == [1, 1]


def test_build_gives_rows_of_the_whole() -> None:
    whole = Dataset({CustomerFactory: 100, OrderFactory: 1_000}, seed=5)
    expected = whole.orders.to_arrow().to_pylist()
    with whole.take(orders=[403]).factories():
        assert OrderFactory.build(__sequence=403) == expected[403]
        assert OrderFactory.build(__sequence=0) == expected[0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"orders": [17, 1_000]}, r"orders: there is no row 1000: rows are numbered from 0 to 999"),
        ({"orders": [-1]}, r"orders: there is no row -1: rows are numbered from 0 to 999"),
        ({"orders": [2**70]}, r"orders: there is no row 1180591620717411303424: rows are numbered from 0 to 999"),
        ({"orders": [17, 3, 17]}, r"orders: row 17 is named twice; name each row once"),
        ({"orders": np.array([4, 4])}, r"orders: row 4 is named twice; name each row once"),
        ({"ordrs": [17]}, r"no table 'ordrs' in this dataset: did you mean 'orders'"),
        ({"orders": 17}, r"orders: 17 is not a list of row numbers; write \[17, 403\]"),
        ({"orders": "17"}, r"orders: '17' is not a list of row numbers"),
        ({"orders": [1.5]}, r"orders: 1.5 is not a row number; write integers"),
        ({"orders": [True]}, r"orders: True is not a row number; write integers"),
        ({"orders": ["ORD-000017"]}, r"orders: 'ORD-000017' is not a row number; write integers"),
    ],
)
def test_what_cannot_be_taken_is_named(rows: dict[str, Any], message: str) -> None:
    dataset = Dataset({CustomerFactory: 100, OrderFactory: 1_000})
    with pytest.raises(SynthDataError, match=message):
        dataset.take(**rows)


def test_an_empty_table_has_no_row_to_take() -> None:
    with pytest.raises(SynthDataError, match=r"orders: there is no row 0: the table has no rows here"):
        Dataset({OrderFactory: 0}).take(orders=[0])


def test_a_time_of_the_whole_stays() -> None:
    # A timeline's times belong to the number of rows, which in a subset is still the whole table's.
    whole = Dataset({CustomerFactory: 100, TicketFactory: 1_000}, seed=5)
    assert_shows_its_rows_of(whole, whole.take(tickets=[0, 500, 999]))


def test_a_subset_of_dirty_data_is_as_dirty() -> None:
    defects = {OrderFactory: [Missing("status", 0.2), Duplicates(0.1)]}
    whole = Dataset({CustomerFactory: 20, OrderFactory: 100}, defects=defects)
    chosen = [3, 50, *whole.orders.row_numbers[-2:].tolist()]
    taken = whole.take(orders=chosen)
    chosen += whole.orders.view.origins(whole.orders.row_numbers[-2:]).tolist()
    assert taken.orders.to_arrow().equals(whole.orders.to_arrow().take(pa.array(sorted(chosen))))
    assert set(taken.orders.to_arrow()["customer_id"].to_pylist()) == set(
        taken.customers.to_arrow()["customer_id"].to_pylist()
    )
    origins = whole.orders.view.origins(np.array(chosen, np.uint64))
    assert set(taken.clean.orders.row_numbers.tolist()) == set(origins.tolist())


def test_executors_make_them(synth_spark: Any) -> None:
    pytest.importorskip("pandas", reason="pyspark asks for pandas where executors make rows")
    taken = post().take(parcels=range(0, 400, 7))
    for table in taken:
        expected = table.to_arrow().to_pylist()
        for distributed in (False, True):
            frame = table.to_spark(synth_spark, distributed=distributed, partitions=3 if distributed else None)
            found = [row.asDict(recursive=True) for row in frame.collect()]
            assert [str(row) for row in found] == [str(row) for row in _in_spark(expected)], table.name


def _in_spark(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Times as Spark's rows have them: in the machine's zone, without saying so."""
    return [
        {
            name: value.astimezone().replace(tzinfo=None) if hasattr(value, "astimezone") else value
            for name, value in row.items()
        }
        for row in rows
    ]
