"""Reference data: listed rows and files as tables that generated ones refer to."""

from __future__ import annotations

import datetime as dt
import pickle
from pathlib import Path
from typing import Any

import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    DeclarationError,
    ForeignKey,
    Given,
    LogNormal,
    Rows,
    SynthDataError,
    TableFactory,
    col,
)

COUNTRIES = [
    {"code": "DE", "name": "Germany", "people": 84, "joined": dt.date(1958, 1, 1)},
    {"code": "FR", "name": "France", "people": 68, "joined": dt.date(1958, 1, 1)},
    {"code": "MT", "name": "Malta", "people": 1, "joined": dt.date(2004, 5, 1)},
]


class CountryFactory(TableFactory):
    class Meta:
        table = "countries"
        rows = Rows(COUNTRIES, weights="people")

    currency = "EUR"


class OrderFactory(TableFactory):
    class Meta:
        table = "orders"

    country = ForeignKey(CountryFactory)
    name = col("country.name")
    vat = Given("country.code", {"DE": 0.19, "FR": 0.2, "MT": 0.18})
    amount = LogNormal(3, 1)


def test_listed_rows_are_a_table_that_others_refer_to() -> None:
    dataset = Dataset({OrderFactory: 6_000}, seed=2)
    assert dataset.countries.to_arrow().to_pylist() == [{**row, "currency": "EUR"} for row in COUNTRIES]
    orders = dataset.orders.to_arrow().to_pylist()
    assert all({"DE": "Germany", "FR": "France", "MT": "Malta"}[row["country_id"]] == row["name"] for row in orders)
    # 84 of 153 parts of 6,000: 4 standard errors of the share are 0.026.
    assert abs(sum(row["country_id"] == "DE" for row in orders) / 6_000 - 84 / 153) < 0.026
    assert not dataset.validate().failed
    assert pickle.loads(pickle.dumps(dataset.orders.bound)).batch(5, 9).to_pylist() == orders[5:9]
    with dataset.factories():
        assert CountryFactory.build(__sequence=1).name == "France"
        assert dict(OrderFactory.build(__sequence=7)) == orders[7]


def test_a_reference_may_weigh_listed_rows_otherwise() -> None:
    class VisitFactory(TableFactory):
        country = ForeignKey(CountryFactory, weights=Given("code", {"MT": 1}, default=0))

    assert set(Dataset({VisitFactory: 50}).visits.to_arrow()["country_id"].to_pylist()) == {"MT"}


def test_a_file_is_a_table_that_others_refer_to(tmp_path: Path) -> None:
    (tmp_path / "countries.csv").write_text("code,name,people\nDE,Germany,84\nFR,France,68\n", "utf-8")
    countries = TableFactory.from_file(tmp_path / "countries.csv", weights="people")

    class BranchFactory(TableFactory):
        class Meta:
            table = "branches"

        country = ForeignKey(countries)
        size = Categorical([1, 2])

    dataset = Dataset({BranchFactory: 40}, seed=1)
    assert dataset.countries.to_arrow().to_pylist()[1] == {"code": "FR", "name": "France", "people": 68}
    assert set(dataset.branches.to_arrow()["country_id"].to_pylist()) == {"DE", "FR"}
    with pytest.raises(SynthDataError):
        TableFactory.from_file(tmp_path / "none.csv")


def made(rows: Any, count: int | None = None, **options: Any) -> Any:
    meta = type("Meta", (), {"table": "things", "rows": Rows(rows, **options)})
    return Dataset({type("ThingFactory", (TableFactory,), {"Meta": meta}): count})["things"]


def test_what_is_no_list_of_rows_is_said() -> None:
    assert made({"a": [1, 2]}).to_arrow().to_pylist() == [{"a": 1}, {"a": 2}]
    assert made([{"a": 1}, {"b": "x"}]).to_arrow().to_pylist() == [{"a": 1, "b": None}, {"a": None, "b": "x"}]
    with pytest.raises(DeclarationError, match="give a list of dictionaries, one for each row, not list"):
        made([1, 2])
    with pytest.raises(DeclarationError, match="values of several types"):
        made([{"a": 1}, {"a": "x"}])
    with pytest.raises(DeclarationError, match="no column 'people'"):
        made([{"a": 1}], weights="people")
    with pytest.raises(DeclarationError, match="'a' is not a key: its values repeat"):
        made([{"a": 1}, {"a": 1}], key="a")
    with pytest.raises(DeclarationError, match=r"things\.a: 2 rows are listed, and the table is to have 5: leave out"):
        made({"a": [1, 2]}, count=5)
