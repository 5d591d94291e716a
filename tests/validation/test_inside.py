"""Checks of what is inside of structs, arrays and maps: the fields that read others, lengths, keys and times."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import factory
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Array,
    Categorical,
    Dataset,
    Dates,
    Given,
    Integers,
    Key,
    Normal,
    Poisson,
    TableFactory,
    Times,
    Uniform,
    assert_matches,
    col,
    when,
)
from pytest_synthdata import functions as F


class DoseFactory(TableFactory):
    given_at = Times("2024-01-01", "2024-12-31")
    on = Dates("2024-01-01", "2024-12-31")
    mg = Uniform(1, 9).round(2)
    twice = col("mg") * 2
    kind = Categorical(["a", "b", None])
    per = when(col("kind") == "a", Integers(1, 3)).otherwise(Normal(10, 2))
    above = col("..n") + Uniform(0, 1)


def branched(low: int, unit: str) -> Any:
    return F.struct(low=Integers(low, low + 2), unit=F.lit(unit))


class ObsFactory(TableFactory):
    class Meta:
        table = "obs"

    obs_id = Key("O{:04d}")
    n = Integers(0, 5).nulls(0.2)
    code = Categorical(["HR", "TEMP"])
    dose = factory.SubFactory(DoseFactory)
    maybe = F.struct(x=col("n") * 2, y=Integers(1, 2).nulls(0.5), z=Categorical(["a", "b"])).nulls(0.3)
    ref = factory.Dict({"low": Given("..code", {"HR": 60, "TEMP": 36}), "deep": factory.Dict({"n": col("...n")})})
    ext: dict[str, str] = factory.Dict({"device": Categorical(["A1", "B2"]), "note": "x", "n": Integers(1, 4)})
    doses = Array(factory.SubFactory(DoseFactory), length=Given("code", {"HR": 2, "TEMP": 1}))
    tags = Array(Given("code", {"HR": "h", "TEMP": Categorical(["x", "y"])}), length=Integers(1, 3))
    k = Integers(0, 3)
    by_column = Array("u", length=col("k"))
    by_numbers = Array(Normal(col("n"), 1), length=Uniform(0.5, 3.5).nulls(0.2)).nulls(0.1)
    lists = Array(Array(Categorical(["x", "y"]), length=Integers(0, 2)), length=Poisson(1))
    small = F.struct(a=Uniform(1, 2).round(2), b=Normal(5, 1), c=Uniform(1, 9), d=Integers(1, 3)).cast(
        "struct<a:float,b:decimal(9,1),c:int,d:string>"
    )
    chosen = Given("code", {"HR": branched(1, "x"), "TEMP": branched(7, "y")})
    held = when(col("n") > 2, F.struct(n=col("n"), low=Integers(1, 3))).otherwise(None)


@pytest.fixture(scope="module")
def made() -> pa.Table:
    return Dataset({ObsFactory: 60}, seed=1).obs.to_arrow()


@pytest.mark.parametrize("seed", range(8))
def test_right_data_raises_no_alarm(seed: int) -> None:
    assert Dataset({ObsFactory: 300}, seed=seed).validate().ok


LONG_AGO = dt.datetime(1999, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("ref", "low"), 999, "ref.low: not as computed"),
        (("ref", "low"), None, "ref.low: not as computed"),
        (("ref", "deep", "n"), 77, "ref.deep.n: not as computed"),
        (("dose", "given_at"), LONG_AGO, "dose.given_at: outside of the period"),
        (("dose", "twice"), 1.0, "dose.twice: not as computed"),
        (("dose", "per"), -99.0, "dose.per: outside of the range"),
        (("dose", "above"), 99.0, "dose.above: outside of the range"),
        (("doses", 0, "given_at"), LONG_AGO, "doses.item.given_at: outside of the period"),
        (("maybe", "z"), "zz", "maybe.z: other values"),
        (("maybe", "x"), 999, "maybe.x: not as computed"),
        (("chosen", "low"), 5, "chosen.low: outside of the range"),
        (("chosen", "unit"), "z", "chosen.unit: not as computed"),
        (("held", "low"), None, "held.low: nulls"),
        (("tags",), [], "tags.length: outside of the range"),
        (("tags",), ["h"] * 50, "tags.length: outside of the range"),
        (("tags", 0), "q", "tags.item: not as computed"),
        (("by_column",), ["u"] * 9, "by_column.length: not as computed"),
        (("ext",), [("device", "A1"), ("note", "y"), ("n", "1")], "ext.note: not as computed"),
        (("ext",), [("device", "A1"), ("note", "x"), ("n", "1"), ("foo", "x")], "ext.key: other values"),
        (("small", "c"), 50, "small.c: outside of the range"),
    ],
)
def test_one_wrong_value_is_found_in_its_row(made: pa.Table, path: tuple[Any, ...], value: Any, place: str) -> None:
    rows = made.to_pylist()
    at = next(
        number
        for number, row in enumerate(rows)
        if row["code"] == "HR" and (row["n"] or 0) > 2 and row["maybe"] and (row["dose"]["kind"] == "a")
    )
    *way, last = path
    inner = rows[at]
    for step in way:
        inner = inner[step]
    inner[last] = value
    result = Dataset({ObsFactory: 60}).validate({"obs": pa.Table.from_pylist(rows, made.schema)})
    assert {(f"{one.column}: {one.kind}", one.examples) for one in result.failed} == {(place, (at,))}


def test_a_message_shows_the_part_that_is_wrong(made: pa.Table) -> None:
    rows = made.to_pylist()
    rows[3]["dose"]["mg"] = 77.0
    with pytest.raises(AssertionError) as error:
        assert_matches(pa.Table.from_pylist(rows, made.schema), ObsFactory)
    assert re.search(r"row +obs_id +dose\.mg .*\n +3 +O0003 +77\.0 ", str(error.value))
