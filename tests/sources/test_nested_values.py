"""Nested values in files are read by the same rules as columns: objects of JSON as maps, dates in structs and lists."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TypedDict

import factory
import pandas as pd
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Array,
    Boolean,
    Categorical,
    Dataset,
    Dates,
    Key,
    SynthDataError,
    TableFactory,
    Uniform,
    assert_matches,
)
from pytest_synthdata.sources import source_of
from pytest_synthdata.sources.source import in_type
from pytest_synthdata.validation.shape import column_checks_of

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


class FlagFactory(TableFactory):
    class Meta:
        table = "flags"

    flag_id = Key("F{}")
    flags: dict[str, bool] = factory.Dict({"vip": Boolean(0.5), "gdpr": Boolean(0.9).nulls(0.1)})
    texts: dict[str, str] = factory.Dict({"a": Categorical(["x", "y"])})
    inside: Term = factory.SubFactory(TermFactory)
    many: list[Term] = factory.List([factory.SubFactory(TermFactory)])


def as_entries(array: pa.ChunkedArray) -> pa.Array:
    return pa.array(
        [None if cell is None else [{"key": key, "value": value} for key, value in cell] for cell in array.to_pylist()]
    )


FORMS = {
    "pandas": lambda table: table.to_pandas(),
    "rows": lambda table: table.to_pylist(),
    "dicts": lambda table: pd.DataFrame({name: [*map(dict, table[name].to_pylist())] for name in ("flags", "texts")}),
    "entries": lambda table: pa.table({name: as_entries(table[name]) for name in ("flags", "texts")}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(3))
def test_maps_are_read_in_every_form_that_libraries_have_for_them(form: str, seed: int) -> None:
    table = Dataset({FlagFactory: 50}, seed=seed).flags
    data, declared = FORMS[form](table.to_arrow()), table.to_arrow()
    assert not [one for one in column_checks_of(table.view, data, 50) if not one.passed]
    (found,) = source_of(data, "flags").in_types(declared.schema, "flags")
    for name, array in found.items():
        expected = declared[name].to_pylist()
        if form == "dicts":  # in which a key without a value is not there
            expected = [[(key, value) for key, value in cell if value is not None] for cell in expected]
        assert array.to_pylist() == expected
    assert "flags" in found


def test_a_frame_with_maps_matches() -> None:
    flags = Dataset({FlagFactory: 50}).flags
    assert_matches(flags.to_pandas(), FlagFactory)
    assert (
        source_of(flags.to_pandas()[["flags"]], "flags").schema.field("flags").type == flags.schema.field("flags").type
    )


def test_values_of_several_types_in_rows_are_refused_in_words() -> None:
    with pytest.raises(SynthDataError, match="the column 'flags' has values of several types"):
        source_of([{"flags": [("vip", True), ("gdpr", "x")]}], "flags")
