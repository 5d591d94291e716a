"""Nulls are found wherever none are declared, and texts of other columns are made again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypedDict

import factory
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Array,
    Categorical,
    Dataset,
    Dates,
    Email,
    Fake,
    ForeignKey,
    Integers,
    Key,
    Normal,
    Place,
    Poisson,
    TableFactory,
    Template,
    Uniform,
    assert_matches,
    col,
    when,
)


class Point(TypedDict):
    lat: float
    lon: float


class PointFactory(TableFactory):
    lat = Uniform(47, 55).round(4)
    lon = Uniform(6, 15).round(4)


class ClinicFactory(TableFactory):
    clinic_id = Key("C{}")
    city = Fake("city")
    hint = Fake("word").nulls(0.3)


class PersonFactory(TableFactory):
    person_id = Key("P{}")
    clinic = ForeignKey(ClinicFactory)
    name = Fake("name")
    nick = Fake("first_name").nulls(0.4)
    mail = Email("name")
    other_mail = Email("nick")
    spare_mail = Email("name").nulls(0.5)
    hello = Template("Hello {name|upper}")
    short = Template("{nick|initial}.{name|slug}")
    where = Template("{clinic.city}: {spot.lat}")
    hinted = Template("{clinic.hint}!")
    payload = Template('{{"n": {nick|json}}}')
    code = Template("{name|label}-{#}")
    kind = Template("{part}-{name}", part=Categorical({"a": 0.5, "b": 0.5}))
    tags: list[str] = Array(Categorical({"a": 0.5, "b": 0.5}), length=Poisson(1))
    spot: Point = factory.SubFactory(PointFactory)
    grades: list[float] = Array(Uniform(1, 6).cast("float"), length=2)
    scores: list[Decimal] = Array(Normal(50, 10).round(1).clip(0, 100.004), length=Integers(0, 4))
    rows: list[int] = Array(Integers(1, 6).nulls(0.2), length=Integers(0, 4))
    fees: dict[str, float] = factory.Dict({"a": Uniform(0, 1)})
    home = Place("fr_FR")
    born = Dates("1950-01-01", "2000-12-31")
    met = Dates(col("born"), "2024-12-31")
    score = Normal(0, 1) + Uniform(0, 1)
    count = Poisson(col("size"))
    size = Integers(1, 9)
    state = when(col("size") > 4, Fake("word")).otherwise(Fake("city"))


class AnswerFactory(TableFactory):
    given = Fake("null_boolean")
    chosen = Fake("random_element", elements=("a", None))


NEVER = ["name", "mail", "hello", "where", "payload", "code", "kind", "tags", "spot", "fees", "home", "born", "met",
         "score", "count", "size", "state"]  # fmt: skip


def dataset(rows: int = 400, seed: int = 42) -> Dataset:
    return Dataset({ClinicFactory: 20, PersonFactory: rows}, seed=seed)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rows", [20, 400])
def test_correct_data_passes(seed: int, rows: int) -> None:
    made = dataset(rows, seed)
    result = made.validate()
    assert result.ok, "\n".join(map(str, result.failed))
    assert_matches(made.persons.to_arrow(), PersonFactory)
    assert_matches(made.persons.to_arrow(), PersonFactory, parents=made)


@pytest.fixture(scope="module")
def made() -> Dataset:
    return dataset()


def failures(made: Dataset, row: int | None, **cells: Any) -> set[tuple[str, str]]:
    """What fails where some cells of a row, or of all rows, are others."""
    rows = made.persons.to_arrow().to_pylist()
    for one in rows if row is None else rows[row : row + 1]:
        one.update(cells)
    changed = pa.Table.from_pylist(rows, made.persons.schema)
    result = made.validate({"persons": changed, "clinics": made.clinics.to_arrow()})
    return {(check.column, check.kind) for check in result.failed}


@pytest.mark.parametrize("name", NEVER)
def test_one_null_is_found(made: Dataset, name: str) -> None:
    assert (name, "not as computed" if name in ("hello", "where", "payload") else "nulls") in failures(
        made, 3, **{name: None}
    )


@pytest.mark.parametrize("name", ["nick", "spare_mail"])
@pytest.mark.parametrize("value", [None, "x"])
def test_other_shares_of_nulls_are_found(made: Dataset, name: str, value: str | None) -> None:
    assert (name, "nulls") in failures(made, None, **{name: value})


@pytest.mark.parametrize("name", ["hello", "short", "where", "hinted", "payload"])
def test_a_text_of_other_columns_is_made_again(made: Dataset, name: str) -> None:
    assert failures(made, 3, **{name: "x"}) == {(name, "not as computed")}


def test_what_is_made_of_a_null_is_null(made: Dataset) -> None:
    nicks = made.persons.to_arrow()["nick"].to_pylist()
    without, with_one = (
        next(row for row, nick in enumerate(nicks) if (nick is None) == none) for none in (True, False)
    )
    assert failures(made, without, other_mail="a@b.example") == {("other_mail", "values")}
    assert failures(made, with_one, other_mail=None) == {("other_mail", "nulls")}


def test_a_key_of_a_parent_that_is_not_at_hand_is_not_null(made: Dataset) -> None:
    rows = made.persons.to_arrow().to_pylist()
    rows[3]["clinic_id"] = None
    with pytest.raises(AssertionError, match=r"persons\.clinic_id: nulls"):
        assert_matches(pa.Table.from_pylist(rows, made.persons.schema), PersonFactory)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("tags", ["a", "z"], "item: other values"), ("tags", ["a", None], "item: nulls"),
        ("spot", {"lat": 999.0, "lon": 7.0}, "lat: outside of the range"),
        ("spot", {"lat": 50.12345, "lon": 7.0}, "lat: not rounded"),
        ("spot", {"lat": None, "lon": 7.0}, "lat: nulls"), ("fees", {"a": 2.0}, "a: outside of the range"),
        ("fees", {}, "a: nulls"),
        ("grades", [1.0, 6.5], "item: outside of the range"),
    ],
)  # fmt: skip
def test_values_inside_are_checked(made: Dataset, name: str, value: Any, kind: str) -> None:
    part, _, fault = kind.partition(": ")
    found = failures(made, 3, **{name: value}) - {("where", "not as computed")}  # which is made of a field
    assert found == {(f"{name}.{part}", fault)}


def test_the_reasons_say_what_is_left(made: Dataset) -> None:
    unchecked = made.validate()["persons"].unchecked
    assert unchecked["name"] == "Fake('name'): any value may come out"
    assert "of its items and lengths only ranges, listed values, formulas and nulls are checked" in unchecked["tags"]
    assert unchecked["spot"] == "of its fields only ranges, listed values, formulas and nulls are checked"
    assert not {"hello", "short", "where", "hinted", "payload"} & {*unchecked}


def test_expectations_know_the_same() -> None:
    rules = PersonFactory.expectations()
    assert {f"{name}_not_null" for name in NEVER} - {"where_not_null", "payload_not_null"} <= {*rules}
    assert not {name for name in AnswerFactory.expectations() if name.endswith("not_null")}
    assert Dataset({AnswerFactory: 50}).validate().ok
