"""What is declared ``NOT NULL`` inside of structs and arrays is so in every schema of the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import factory
import pyarrow as pa
import pyarrow.parquet as pq

from pytest_synthdata import Array, Categorical, Dataset, History, Key, Poisson, TableFactory


class AddressFactory(TableFactory):
    city = Categorical(["a", "b"]).nulls(0.5)
    code = Categorical(["1", "2"]).not_null()


class PlaceFactory(TableFactory):
    class Meta:
        table = "places"
        rows = 30
        history = History("2024-01-01", "2024-12-31", updates={"visits": 2})

    place_id = Key("P{}").not_null()
    visits = Poisson(3)
    address = factory.SubFactory(AddressFactory)
    tags = Array(Categorical(["x", "y"]).not_null(), length=Poisson(2))
    others = Array(factory.SubFactory(AddressFactory), length=Poisson(2))


ADDRESS = pa.struct([pa.field("city", pa.string()), pa.field("code", pa.string(), nullable=False)])


def test_every_view_and_file_has_it(tmp_path: Path) -> None:
    places = Dataset({PlaceFactory: 30}).places
    schema = places.schema
    assert schema.field("address").type == ADDRESS
    assert schema.field("tags").type == pa.list_(pa.field("item", pa.string(), nullable=False))
    assert schema.field("others").type == pa.list_(ADDRESS)
    views: list[Any] = [places, Dataset({PlaceFactory: 30}).take(places=[3, 7]).places, places.at("2024-06-30")]
    for view in views:
        table = view.to_arrow()
        assert table.schema == schema
        table.validate(full=True)
    places.to_parquet(tmp_path / "places.parquet")
    assert pq.read_table(tmp_path / "places.parquet").schema.equals(schema)
    assert PlaceFactory.build().address.code in ("1", "2")
