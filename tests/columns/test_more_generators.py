"""Arrays, quantiles and times: their laws, and that any part of them is the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

import factory
import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Array,
    Categorical,
    Dataset,
    DeclarationError,
    Fake,
    GenerationError,
    Given,
    Normal,
    Poisson,
    Quantiles,
    TableFactory,
    Times,
    col,
)
from pytest_synthdata import functions as F
from pytest_synthdata.columns.arrow.types import arrow_type
from pytest_synthdata.columns.time.calendar import OFFICE_HOURS

ROWS = 20_000


class ShelfFactory(TableFactory):
    class Meta:
        table = "shelves"

    kind = Categorical({"a": 0.5, "b": 0.5})
    tags = Array(Categorical({"red": 0.7, "blue": 0.3}), length=Poisson(2))
    pair = Array(Poisson(5), length=2)
    by_kind = Array(Given("kind", {"a": 1.0, "b": Normal(100, 1)}), length=Given("kind", {"a": 1, "b": 3}))
    words = Array(Fake("word"), length=Poisson(1))
    none = Array("x", length=0)
    kinds = Array(col("kind"), length=2).nulls(0.1)
    nested = Array(Array(Poisson(1), length=Poisson(1)), length=2)
    deciles = Quantiles([0, 10, 100])
    seen_at = Times("2024-01-01", "2024-12-31")
    at_night = Times("-1m", "+0d", anchor="2024-03-31", hours=[1, *[0] * 23])


@pytest.fixture(scope="module")
def table() -> Any:
    return Dataset({ShelfFactory: ROWS}, seed=5)["shelves"]


@pytest.fixture(scope="module")
def rows(table: Any) -> Any:
    return table.to_arrow()


def test_any_part_is_the_same(table: Any, rows: Any) -> None:
    assert table.to_arrow(12_345, 12_400).equals(rows.slice(12_345, 55))
    assert table.to_arrow(0, 3).equals(rows.slice(0, 3))


def test_build_gives_the_rows(table: Any, rows: Any) -> None:
    dataset = Dataset({ShelfFactory: ROWS}, seed=5)
    with dataset.factories():
        assert [ShelfFactory.build(__sequence=number) for number in range(20)] == rows.slice(0, 20).to_pylist()


def test_types(table: Any) -> None:
    types = {field.name: field.type for field in table.schema}
    assert types["tags"] == types["words"] == types["none"] == types["kinds"] == pa.list_(pa.string())
    assert types["nested"] == pa.list_(pa.list_(pa.int64()))
    assert types["seen_at"] == pa.timestamp("us", "UTC")


def test_lengths_and_items_follow_their_laws(rows: Any) -> None:
    tags = rows["tags"].to_pylist()
    lengths = np.array([len(one) for one in tags])
    # A Poisson's mean is known to sqrt(2 / n); 5 of that.
    assert abs(lengths.mean() - 2) < 5 * (2 / ROWS) ** 0.5
    items = [tag for one in tags for tag in one]
    assert abs(items.count("red") / len(items) - 0.7) < 5 * (0.7 * 0.3 / len(items)) ** 0.5
    pairs = np.array(rows["pair"].to_pylist())
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 5 / ROWS**0.5


def test_items_and_lengths_may_depend_on_the_row(rows: Any) -> None:
    for kind, items, kinds in zip(
        *(rows[name].to_pylist()[:300] for name in ("kind", "by_kind", "kinds")), strict=True
    ):
        assert items == [1.0] if kind == "a" else (len(items) == 3 and len(set(items)) == 3 and min(items) > 90)
        assert kinds in (None, [kind, kind])


def test_longer_arrays_begin_as_the_shorter() -> None:
    def made(length: Any) -> Any:
        kind = type("LongFactory", (TableFactory,), {"items": Array(Poisson(50), length=length)})
        return Dataset({kind: 100})["longs"].to_arrow()["items"].to_pylist()

    assert [one[:3] for one in made(5)] == made(3)


@pytest.mark.parametrize(
    ("length", "error"), [(Normal(0, 1), GenerationError), (-1, DeclarationError), ("x", DeclarationError)]
)
def test_lengths_that_cannot_be(length: Any, error: Any) -> None:
    kind = type("WrongFactory", (TableFactory,), {"items": Array(1, length=length)})
    with pytest.raises(error, match=r"wrongs\.items: "):
        Dataset({kind: 100})["wrongs"].to_arrow()


def test_quantiles(rows: Any) -> None:
    values = rows["deciles"].to_numpy()
    assert 0 <= values.min() <= values.max() <= 100
    share = (values < 10).mean()
    assert abs(share - 0.5) < 5 * 0.5 / ROWS**0.5
    # Evenly spread between neighbours: the mean of the upper half is 55, its deviation 90 / sqrt(12).
    upper = values[values >= 10]
    assert abs(upper.mean() - 55) < 5 * 90 / (12 * len(upper)) ** 0.5


@pytest.mark.parametrize("quantiles", [[], [1], [2, 1], [0, "x"], [0, float("nan")]])
def test_quantiles_that_cannot_be(quantiles: Any) -> None:
    kind = type("WrongFactory", (TableFactory,), {"value": Quantiles(quantiles)})
    with pytest.raises(DeclarationError, match=r"wrongs\.value: Quantiles"):
        kind._meta.plan()


def test_times_are_of_the_days_and_hours(rows: Any) -> None:
    times = rows["seen_at"].to_pylist()
    assert {time.year for time in times} == {2024}
    hours = np.bincount([time.hour for time in times], minlength=24) / ROWS
    expected = np.array(OFFICE_HOURS) / sum(OFFICE_HOURS)
    assert (np.abs(hours - expected) < 5 * np.sqrt(expected / ROWS)).all()
    days = np.bincount([time.timetuple().tm_yday for time in times])[1:]
    assert len(days) == 366
    assert ((days - days.mean()) ** 2 / days.mean()).sum() < 365 + 5 * (2 * 365) ** 0.5  # chi-square
    assert sorted(times) != times
    nights = rows["at_night"].to_pylist()
    assert {time.hour for time in nights} == {0}
    assert (min(nights).date(), max(nights).date()) == (dt.date(2024, 2, 29), dt.date(2024, 3, 31))


@pytest.mark.parametrize("hours", [[1] * 23, [0] * 24, [-1] * 24, ["x"] * 24])
def test_hours_that_cannot_be(hours: Any) -> None:
    kind = type("WrongFactory", (TableFactory,), {"value": Times("2024-01-01", "2024-12-31", hours=hours)})
    with pytest.raises(DeclarationError, match=r"wrongs\.value: .*24 weights"):
        kind._meta.plan()


class CountedFactory(TableFactory):
    count = Poisson(1).nulls(0.3)
    tags = Array("x", length=col("count"))
    size = F.size("tags")
    parts = Array(factory.Dict({"a": 1}), length=1).cast("array<struct<a:smallint>>")


def test_an_array_is_null_where_its_length_is() -> None:
    dataset = Dataset({CountedFactory: 300})
    rows = dataset.counteds.to_arrow().to_pylist()
    assert all(row["tags"] == (None if row["count"] is None else ["x"] * row["count"]) for row in rows)
    assert dataset.counteds.to_arrow().schema.field("parts").type == arrow_type("array<struct<a:smallint>>")
    assert CountedFactory.build().parts == [{"a": 1}] == rows[0]["parts"]
    assert [row["size"] for row in rows] == [row["count"] for row in rows]
    assert not dataset.validate().failed
    assert "tags_not_null" not in CountedFactory.expectations()
