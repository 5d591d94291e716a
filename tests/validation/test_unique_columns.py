"""Keys are checked for the numbers that a row can have, and what is unique by its declaration for duplicates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pytest_synthdata import (
    Categorical,
    Dataset,
    Dates,
    Email,
    Fake,
    ForeignKey,
    Integers,
    Key,
    TableFactory,
    Template,
    Uniform,
    col,
)


class PartFactory(TableFactory):
    part_id = Key("{}", start=100, step=5).cast("bigint")
    code = Key("X{:03d}", start=10, step=5)
    gappy = Key("G-{}", start=7, step=47.3)
    padded = Key("{:05d}").cast("int")
    number = Key("9{:03d}", start=1).cast("bigint")
    spare = Key("S{}", start=3).nulls(0.2)
    serial = Integers(1, 100_000).unique()
    price = Uniform(0, 1_000).round(2).unique().cast("decimal(12,2)")
    made = Dates("2000-01-01", "2024-12-31").unique()
    name = Fake("name")
    mail = Email("name")
    policy = Template("Z{n}", n=Integers(1, 100_000).unique())
    label = Template("L{#|base36}")
    grade = Template("{serial}-{kind}")
    kind = Categorical({"a": 0.5, "b": 0.5})


class UseFactory(TableFactory):
    use_id = Key("U{}", start=5)
    part = ForeignKey(PartFactory)
    serial = col("part.serial").cast("bigint")


@pytest.mark.parametrize("seed", range(8))
def test_correct_data_passes(seed: int) -> None:
    dataset = Dataset({PartFactory: 400, UseFactory: 900}, seed=seed)
    assert (result := dataset.validate()).ok, "\n".join(map(str, result.failed))
    taken = dataset.take(uses=[7, 400, 899]).validate()
    assert taken.ok, "\n".join(map(str, taken.failed))


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset({PartFactory: 400})


def failures(dataset: Dataset, column: str, value: Any) -> set[tuple[str, str]]:
    rows = dataset.parts.to_arrow().to_pylist()
    rows[3][column] = rows[4][column] if value is TWICE else value
    changed = pa.Table.from_pylist(rows, dataset.parts.schema)
    return {(check.column, check.kind) for check in dataset.validate({"parts": changed}).failed}


TWICE = object()


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("part_id", 101, "other numbers"), ("part_id", 95, "other numbers"), ("part_id", -5, "format"),
        ("code", "X901", "other numbers"), ("code", "X005", "other numbers"), ("code", "X12", "format"),
        ("gappy", "G-8", "other numbers"), ("padded", -1, "format"), ("number", 9000, "other numbers"),
        ("number", 8001, "format"), ("spare", "S2", "other numbers"), ("part_id", None, "nulls"),
        ("serial", 0, "outside of the range"), ("serial", None, "nulls"),
        *((name, TWICE, "duplicates") for name in ("part_id", "serial", "price", "made", "mail", "policy", "label")),
    ],
)  # fmt: skip
def test_one_wrong_value_is_found(dataset: Dataset, column: str, value: Any, kind: str) -> None:
    found = {one for one in failures(dataset, column, value) if one[0] == column}
    assert found == {(column, kind)}


def test_the_numbers_are_named(dataset: Dataset) -> None:
    titles = {check.title for check in dataset.validate()["parts"].checks if check.column == "part_id"}
    assert "other numbers (not 100, 105, 110, …)" in titles


def test_what_several_parts_make_is_not_taken_for_unique(dataset: Dataset) -> None:
    checked = {check.column for check in dataset.validate()["parts"].checks if check.kind == "duplicates"}
    assert "grade" not in checked
    assert PartFactory.expectations("dqx")
    rules = {rule["name"] for rule in PartFactory.expectations("dqx")}
    assert {"mail_unique", "policy_unique", "part_id_unique"} <= rules
    assert "serial_unique" not in {rule["name"] for rule in UseFactory.expectations("dqx")}


@pytest.mark.parametrize("step", [1, 3, 20.65, 47.3, 17.83, 1.1])
@pytest.mark.parametrize("first", [0, 10**9])
def test_the_row_of_every_number_is_found(step: float, first: int) -> None:
    key = Key("{}", start=2, step=step)
    rows = np.arange(first, first + 20_000, dtype=np.uint64)
    numbers = key.numbers(rows).astype(np.int64)
    assert np.array_equal(key.rows(numbers), rows.astype(np.int64))
    others = np.setdiff1d(numbers + 1, numbers)
    assert (key.rows(others[:-1]) == -1).all()
