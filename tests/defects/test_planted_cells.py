"""Every kind of defect: labels are exactly the cells and rows that differ, clean cells never move."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pytest_synthdata import (
    Array,
    Categorical,
    Dataset,
    Dates,
    DeclarationError,
    Defect,
    Duplicates,
    Email,
    Fake,
    ForeignKey,
    GenerationError,
    Key,
    Late,
    LogNormal,
    Malformed,
    Missing,
    Nasty,
    Normal,
    Orphans,
    OutOfRange,
    Repeated,
    Stale,
    Swapped,
    TableFactory,
    Times,
    Typos,
    Uniform,
    col,
    column,
)
from pytest_synthdata.defects.differences import as_text, differ
from pytest_synthdata.factories import CustomerFactory, OrderFactory

ROWS, RATE = 6_000, 0.04


class PersonFactory(TableFactory):
    class Meta:
        table = "people"

    person_id = Key("P{:05d}")
    name = Fake("name")
    email = Email("name")
    tier = Categorical({"Free": 0.6, "Pro": 0.3, "Enterprise": 0.1})


class VisitFactory(TableFactory):
    """A column of each type."""

    class Meta:
        table = "visits"

    visit_id = Key("V-{:06d}")
    number = Uniform(0, 10**9).cast("int").unique()
    person = ForeignKey(PersonFactory)
    person_tier = col("person.tier")
    name = Fake("name")
    email = Email("name")
    code = Categorical({"A-1": 0.5, "B-2": 0.5})
    score = Categorical({1: 0.2, 2: 0.3, 5: 0.5})
    price = LogNormal(3, 1).round(2).nulls(0.1)
    balance = LogNormal(3, 1).round(2).cast("decimal(12,2)")
    anything = Normal(0, 10)
    small = Uniform(0, 100).cast("tinyint")
    flag = Categorical({True: 0.5, False: 0.5})
    day = Dates("2024-01-01", "2024-12-31")
    other_day = Dates("2024-01-01", "2024-12-31")
    at = Times("2024-01-01", "2024-12-31")
    tags = Array(Categorical({"x": 0.5, "y": 0.5}), length=2)


def doubled(values: Any, small: Any) -> Any:
    return values * 2 + small + 1


KINDS = [
    Missing("price", RATE),
    Missing("visit_id", RATE),
    Missing("tags", RATE),
    *(Nasty(name, RATE) for name in ("name", "score", "price", "balance", "small", "day", "at", "tags")),
    *(OutOfRange(name, RATE) for name in ("code", "score", "price", "balance", "anything", "small", "day", "at")),
    OutOfRange("anything", RATE, low=-100, high=100),
    *(Malformed(name, RATE) for name in ("email", "code", "name", "visit_id")),
    *(Typos(name, RATE) for name in ("name", "email")),
    Swapped("name", "email", RATE),
    Swapped("day", "other_day", RATE),
    Repeated("visit_id", RATE),
    Repeated("number", RATE),
    Stale("person_tier", RATE),
    Orphans("person", RATE),
    Late("day", RATE),
    Late("at", RATE, by=dt.timedelta(hours=3)),
    Late("at", RATE, by=(-0.5, -0.25)),
    Duplicates(RATE),
    Duplicates(RATE, changing=["name", "price", "balance", "small", "flag", "day", "at"]),
    Defect("doubled", doubled, "anything", RATE),
    Missing("price", RATE, where=col("person.tier") == "Pro"),
    Missing("email", exactly=123),
    Duplicates(exactly=77, where=col("score") == 5),
]


@pytest.fixture(scope="module")
def clean() -> Dataset:
    return Dataset({PersonFactory: 300, VisitFactory: ROWS}, seed=5)


def dirty_with(*kinds: Any, rows: int = ROWS, seed: int = 5) -> Dataset:
    return Dataset({PersonFactory: 300, VisitFactory: rows}, seed=seed, defects={VisitFactory: list(kinds)})


def differing(clean: pa.Table, dirty: pa.Table) -> set[tuple[int, str, str | None, str | None]]:
    """The cells that differ, of the rows that both have."""
    found = set()
    for name in clean.schema.names:
        one = clean[name].combine_chunks()
        other = dirty[name].slice(0, clean.num_rows).combine_chunks()
        index = np.flatnonzero(differ(one, other))
        texts = (as_text(array.take(pa.array(index))).to_pylist() for array in (one, other))
        found |= set(zip(index.tolist(), [name] * len(index), *texts, strict=True))
    return found


def labelled(labels: pa.Table, below: int) -> set[tuple[int, str, str | None, str | None]]:
    cells = labels.filter(pc.and_(pc.is_valid(labels["column"]), pc.less(labels["row"], below)))
    return set(zip(*(cells[name].to_pylist() for name in ("row", "column", "clean", "dirty")), strict=True))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_labels_are_exactly_what_differs(clean: Dataset, kind: Any) -> None:
    dataset = dirty_with(kind)
    dirty, labels = dataset.visits.to_arrow(), dataset.defects["visits"].to_arrow()
    copies = dirty.num_rows - ROWS
    assert differing(clean.visits.to_arrow(), dirty) == labelled(labels, ROWS)
    rows = labels.filter(pc.is_null(labels["column"]))
    assert rows["row"].to_pylist() == list(range(ROWS, ROWS + copies))
    assert labels.num_rows == len(set(zip(*(labels[name].to_pylist() for name in ("row", "column")), strict=True)))
    changed = copies or len(set(labels["row"].to_pylist()))
    if kind.exactly is not None:
        assert changed == kind.exactly
    elif kind.where is None:
        # A binomial number is within 5 standard deviations but for 1 in 1.7 million. Some cells cannot change: nulls
        # (a tenth of the prices), dates that two columns share, a price that is the same number again.
        possible = 0.85 if "price" in kind.named() or kind.named() == ("day", "other_day") else 0.97
        assert changed < ROWS * RATE + 5 * math.sqrt(ROWS * RATE)
        assert changed > possible * ROWS * RATE - 5 * math.sqrt(ROWS * RATE)
    assert set(labels["kind"].to_pylist()) == {kind.label}


def test_copies_are_their_originals_but_for_what_is_labelled(clean: Dataset) -> None:
    dataset = dirty_with(Missing("email", 0.1), Duplicates(RATE, changing=["name", "day"]))
    dirty, labels = dataset.visits.to_arrow(), dataset.defects["visits"].to_arrow()
    numbers = np.arange(ROWS, dirty.num_rows, dtype=np.uint64)
    originals = dataset.visits.view.origins(numbers)
    copies, declared = dirty.slice(ROWS), clean.visits.to_arrow().take(pa.array(originals))
    cells = {(row + ROWS, *rest) for row, *rest in differing(declared, copies)}
    assert cells == labelled(labels, dirty.num_rows) - labelled(labels, ROWS)
    assert {name for _, name, *_ in cells} == {"email", "name", "day"}
    assert dirty["email"].null_count == labels.filter(pc.equal(labels["kind"], "missing")).num_rows


def test_a_kind_that_is_added_changes_no_other() -> None:
    few = [Missing("price", 0.2), Duplicates(0.1), Orphans("person", 0.1)]
    more = [
        *few,
        Nasty("price", 0.5),
        Typos("name", 0.3),
        Missing("price", 0.3),
        Duplicates(0.05),
        Late("day", exactly=9),
    ]
    before, after = (dirty_with(*kinds, rows=2_000).defects["visits"].to_arrow() for kinds in (few, more))

    def of_declared(labels: pa.Table) -> set[Any]:
        return {tuple(row.values()) for row in labels.to_pylist() if row["kind"] in ("orphans", "duplicates")}

    assert of_declared(before) <= of_declared(after)
    missing = {row["row"] for row in before.to_pylist() if row["kind"] == "missing"}
    assert missing <= {row["row"] for row in after.to_pylist() if row["kind"] == "missing"}
    rows = [(row["row"], row["column"]) for row in after.to_pylist()]
    assert len(rows) == len(set(rows)), "a cell has one defect"


def test_more_rows_and_parts_change_no_defect() -> None:
    kinds = [
        Missing("price", 0.1),
        Duplicates(0.1),
        Repeated("visit_id", 0.1),
        Orphans("person", 0.1),
        Stale("person_tier", 0.3),
    ]
    small, large = (dirty_with(*kinds, rows=rows) for rows in (1_000, 4_000))
    assert small.visits.to_arrow(0, 1_000).equals(large.visits.to_arrow(0, 1_000))
    whole = large.visits.to_arrow()
    parts = [large.visits.to_arrow(start, start + 333) for start in range(0, whole.num_rows, 333)]
    assert pa.concat_tables(parts).combine_chunks().equals(whole.combine_chunks())
    labels = large.defects["visits"]
    pieces = [labels.to_arrow(start, start + 77) for start in range(0, labels.num_rows, 77)]
    assert pa.concat_tables(pieces).combine_chunks().equals(labels.to_arrow().combine_chunks())


def test_orphans_stay_orphans_when_parents_are_added() -> None:
    few, many = (
        Dataset({PersonFactory: rows, VisitFactory: 500}, defects={"visits": [Orphans("person", 0.2)]})
        for rows in (300, 3_000)
    )
    keys = set(many.people.to_arrow()["person_id"].to_pylist())
    orphans = {row["dirty"] for row in few.defects["visits"].to_arrow().to_pylist()}
    assert orphans == {row["dirty"] for row in many.defects["visits"].to_arrow().to_pylist()}
    assert orphans.isdisjoint(keys)


def test_children_refer_to_clean_parents() -> None:
    dirty = Dataset(
        {CustomerFactory: 100, OrderFactory: 1_000},
        defects={CustomerFactory: [Missing("customer_id", 1), Nasty("tier", 1)]},
    )
    assert dirty.orders.fingerprint() == Dataset({CustomerFactory: 100, OrderFactory: 1_000}).orders.fingerprint()
    assert dirty.customers.to_arrow()["customer_id"].null_count == 100


def test_stale_values_of_a_parent_agree() -> None:
    dataset = dirty_with(Stale("person_tier", 0.5))
    older: dict[str, set[str]] = {}
    people = dataset.visits.to_arrow()["person_id"].to_pylist()
    for label in dataset.defects["visits"].to_arrow().to_pylist():
        older.setdefault(people[label["row"]], set()).add(label["dirty"])
    assert all(len(values) == 1 for values in older.values())


def test_taken_rows_keep_their_defects() -> None:
    dataset = dirty_with(Missing("price", 0.3), Duplicates(0.1), rows=1_000)
    copies = [1_003, 1_050]
    originals = dataset.visits.view.origins(np.array(copies, np.uint64)).tolist()
    taken = dataset.take(visits=[3, 17, *copies])
    numbers = sorted({3, 17, *originals, *copies})  # a copy without its original would be no copy
    assert taken.visits.to_arrow().combine_chunks().equals(dataset.visits.to_arrow().take(numbers).combine_chunks())
    expected = [row for row in dataset.defects["visits"].to_arrow().to_pylist() if row["row"] in numbers]
    assert taken.defects["visits"].to_arrow().to_pylist() == expected
    assert taken.clean.visits.row_numbers.tolist() == numbers[:-2]
    assert taken.clean.visits.to_arrow()["price"].null_count <= dataset.clean.visits.to_arrow()["price"].null_count


def test_views_are_pickled_with_what_they_know() -> None:
    dataset = dirty_with(Missing("price", exactly=50), Duplicates(0.1), rows=1_000)
    for table in (dataset.visits, dataset.defects["visits"]):
        again = pickle.loads(pickle.dumps(table.view))
        assert again.batch(0, again.num_rows).equals(table.view.batch(0, table.num_rows))


def test_values_are_what_the_kinds_promise() -> None:
    dataset = dirty_with(
        OutOfRange("price", 0.1), OutOfRange("day", 0.1), OutOfRange("balance", 0.1), Late("at", 0.1, by=2)
    )
    clean, dirty = dataset.clean.visits.to_arrow(), dataset.visits.to_arrow()

    def cells(name: str) -> list[tuple[Any, Any]]:
        index = np.flatnonzero(differ(clean[name].combine_chunks(), dirty[name].combine_chunks()))
        return list(zip(clean[name].take(index).to_pylist(), dirty[name].take(index).to_pylist(), strict=True))

    assert all(value < 0 for _, value in cells("price"))
    assert all(value < Decimal(0) for _, value in cells("balance"))
    first, last = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
    days = [value for _, value in cells("day")]
    assert all(not first <= day <= last for day in days)
    assert {day < first for day in days} == {True, False}
    assert {before - after for before, after in cells("at")} == {dt.timedelta(days=2)}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Missing("price", 1.5), "the rate is 1.5; it must lie between 0 and 1"),
        (lambda: Missing("price", -0.1), "must lie between 0 and 1"),
        (lambda: Missing("price", float("nan")), "must lie between 0 and 1"),
        (lambda: Missing("price", True), "must be a number"),
        (lambda: Missing("price"), "give either a rate from 0 to 1 or exactly="),
        (lambda: Missing("price", 0.1, exactly=3), "give either a rate"),
        (lambda: Duplicates(exactly=-1), "a number of rows, 0 or more"),
        (lambda: Missing("price", 0.1, where="tier"), "is not a condition"),
        (lambda: Late("at", 0.1, by=(3, 1)), "the least delay and then the greatest"),
        (lambda: Late("at", 0.1, by="1h"), "a delay is a timedelta or a number of days"),
        (lambda: Late("at", 0.1, by=0), "by=0: a delay of 0 changes nothing"),
        (lambda: Late("at", 0.1, by=(0, dt.timedelta(0))), "a delay of 0 changes nothing"),
        (lambda: Late("at", 0.1, by=float("nan")), "by=nan: a delay is at most 365,250 days"),
        (lambda: Late("at", 0.1, by=(1, 1e300)), "a delay is at most 365,250 days"),
        (lambda: Late("at", 0.1, by=(1, 2, 3)), "give the least and the greatest delay"),
        (lambda: Duplicates(0.1, changing=5), "changing=5; give columns' names"),
        (lambda: Defect("one", lambda: 1, "price", 0.1), "must take the column's values as its first argument"),
        (lambda: Defect("", abs, "price", 0.1), "the name is ''; write a text that is not empty"),
        (lambda: dirty_with(Missing(["price"], 0.1)), "['price'] is not a column's name"),  # type: ignore[arg-type]
        (lambda: dirty_with(Missing(None, 0.1)), "None is not a column's name"),  # type: ignore[arg-type]
        (lambda: dirty_with(Swapped("name", "name", 0.1)), "both are the same column; name two different ones"),
        (lambda: dirty_with(OutOfRange("price", 0.1, low=5, high=1)), "low=5 is greater than high=1"),
        (lambda: dirty_with(OutOfRange("price", 0.1, low="5")), "low='5' is not a finite number"),  # type: ignore[arg-type]
        (lambda: dirty_with(Orphans("person", 0.1, where=col("score") + 1)), "not a condition"),
        (lambda: dirty_with(Orphans("person", 0.1, where=col("scor") == 1)), "there is no column 'scor'"),
        (lambda: dirty_with(Orphans(["person"], 0.1)), "there is no reference ['person']"),  # type: ignore[arg-type]
        (
            lambda: dirty_with(Missing("prise", 0.1)),
            "visits: Missing('prise'): there is no column 'prise': did you mean 'price'",
        ),
        (lambda: dirty_with(Missing("person", 0.1)), "there is no column 'person'"),
        (
            lambda: dirty_with(Late("price", 0.1)),
            "visits.price: Late('price') needs dates or times, and the column is double",
        ),
        (
            lambda: dirty_with(OutOfRange("name", 0.1)),
            "visits.name: OutOfRange('name') of texts needs a column that lists its values",
        ),
        (lambda: dirty_with(OutOfRange("flag", 0.1)), "needs numbers"),
        (lambda: dirty_with(Typos("day", 0.1)), "visits.day: Typos('day') needs texts"),
        (lambda: dirty_with(Malformed("score", 0.1)), "needs texts"),
        (lambda: dirty_with(Nasty("flag", 0.1)), "visits.flag: Nasty('flag') needs texts, numbers"),
        (lambda: dirty_with(Swapped("day", "name", 0.1)), "two columns of one type can be exchanged"),
        (lambda: dirty_with(Stale("price", 0.1)), "needs a column that copies one of a parent's"),
        (lambda: dirty_with(Orphans("persons", 0.1)), "there is no reference 'persons': did you mean 'person'"),
        (lambda: dirty_with(Duplicates(0.1, changing=["tags"])), "visits.tags"),
        (lambda: dirty_with(Missing("price", 0.1, where=col("score") + 1)), "not a condition"),
        (lambda: dirty_with("missing"), "'missing' is not a defect"),
        (
            lambda: Dataset({PersonFactory: 9}, defects={"people": [Orphans("boss", 0.1)]}),
            "has no reference to another one",
        ),
        (lambda: Dataset({PersonFactory: 9}, defects={"persons": []}), "no table 'persons'"),
        (lambda: Dataset({PersonFactory: 9}, defects={"people": "all"}), "give a list"),
        (lambda: Dataset({PersonFactory: 9}, defects=[Missing("name", 0.1)]), "give kinds by table"),
    ],
)
def test_what_cannot_be_is_explained(make: Any, message: str) -> None:
    with pytest.raises(DeclarationError) as error:
        make()
    assert message in str(error.value)


@pytest.mark.parametrize("function", [np.negative, lambda *values: -values[0]])
def test_functions_without_named_parameters(function: Any) -> None:
    dataset = dirty_with(Defect("minus", function, "price", 1.0), rows=20)
    dirty, clean = (one.visits.to_arrow()["price"].to_pylist() for one in (dataset, dataset.clean))
    assert dirty == [None if value is None else -value for value in clean]


def test_numpy_numbers_are_delays() -> None:
    assert Late("at", 0.1, by=np.int64(3)) == Late("at", 0.1, by=3)


def test_more_rows_than_there_are_are_refused() -> None:
    dataset = dirty_with(Missing("price", exactly=1_000), rows=1_000)
    with pytest.raises(GenerationError, match=r"exactly=1,000 rows, but only \d\d\d of 1,000 can have it"):
        dataset.visits.to_arrow()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda values: values[:1].repeat(2), r"visits.price: the defect 'one' gave 2 values for \d+ rows"),
        (lambda values: 1 / 0, "visits.price: the defect 'one': ZeroDivisionError: division by zero"),
        (lambda values: {}["cents"], "visits.price: the defect 'one': KeyError: 'cents'"),
        (lambda values: 1 if values > 1 else 2, "truth value .* write np.where"),
        (lambda values: values.__imul__(2), "read-only.* write a = a "),
        (lambda values: object(), "gave what no column can hold: .*; give one value a row"),
        (lambda values: [1, "a"] * len(values), "gave what no column can hold: .*; give one value a row"),
    ],
)
def test_a_function_that_fails_or_gives_what_cannot_be_is_explained(function: Any, message: str) -> None:
    dataset = dirty_with(Defect("one", function, "price", 1.0), rows=100)
    for table in (dataset.visits, dataset.defects["visits"]):
        with pytest.raises(GenerationError, match=message):
            table.to_arrow()


def test_a_condition_that_fails_names_the_defect() -> None:
    dataset = dirty_with(Missing("price", 0.1, where=column(lambda price: price["x"])), rows=100)
    with pytest.raises(GenerationError, match=r"^Missing\('price'\): where: visits.price: the @column function"):
        dataset.visits.to_arrow()
