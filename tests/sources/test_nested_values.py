"""Nested values in files are read by the same rules as columns: objects of JSON as maps, dates in structs and lists."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TypedDict

import factory
import pyarrow as pa
import pytest

from pytest_synthdata import Array, Dataset, Dates, Key, TableFactory, Uniform, assert_matches
from pytest_synthdata.sources.source import in_type

PRICES = pa.map_(pa.string(), pa.float64())


class Term(TypedDict):
    begins: dt.date
    fees: dict[str, float]


class TermFactory(TableFactory):
    begins = Dates("2024-01-01", "2024-12-31")
    fees: dict[str, float] = factory.Dict({"setup": Uniform(0, 9).round(2)})


class ContractFactory(TableFactory):
    contract_id = Key("V-{:03d}")
    discounts: dict[str, float] = factory.Dict({"loyal": Uniform(0, 0.3).round(2), "cash": Uniform(0, 0.1).nulls(0.5)})
    term: Term = factory.SubFactory(TermFactory)
    paid: list[dt.date] = Array(Dates("2024-01-01", "2024-12-31"), length=2)


@pytest.mark.parametrize("format_", ["json", "parquet"])
def test_what_was_written_is_read_and_matches(tmp_path: Path, format_: str) -> None:
    Dataset({ContractFactory: 60}).write(tmp_path, format=format_)
    assert_matches(tmp_path / "contracts", ContractFactory)


@pytest.mark.parametrize("start", [0, 1])
def test_objects_are_read_as_maps_of_what_they_have(start: int) -> None:
    objects = pa.array([{"a": 1, "b": None}, None, {"a": None, "b": 2.5}, {}])[start:]
    expected = [[("a", 1.0)], None, [("b", 2.5)], []][start:]
    assert in_type(objects, pa.field("prices", PRICES), "orders").to_pylist() == expected


def test_maps_are_read_inside_of_lists_and_structs() -> None:
    lists = pa.array([[{"p": {"a": 1.0}}], None, [], [{"p": {"a": None}}, {"p": None}]])
    target = pa.list_(pa.struct([("p", PRICES)]))
    assert in_type(lists, pa.field("prices", target), "orders").to_pylist() == [
        [{"p": [("a", 1.0)]}], None, [], [{"p": []}, {"p": None}],
    ]  # fmt: skip
